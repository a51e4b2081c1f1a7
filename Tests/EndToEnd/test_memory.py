"""What an open WebSocket costs: the server's own memory, the kernel's not counted."""

import re
import resource
import time
from pathlib import Path

import pytest
from conftest import unique
from hostile import PONG, RawWebSocket, frame, json_frame

# Enough that neither a page nor the growth of a table by half decides.
SOCKETS, WARM_UP = 4_000, 300
# Bytes that one greeted socket with one subscription may cost (docs/PERFORMANCE.md says what they are).
MOST = 1_152


def private_bytes(server):
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.MULTILINE))
    return (int(sizes["Private_Dirty"]) + int(sizes["Private_Clean"])) * 1024


@pytest.fixture
def descriptors():
    """Room for so many sockets, here and in the servers that the test starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SOCKETS + WARM_UP + 500
    if soft < wanted:
        if hard < wanted:
            pytest.skip(f"{wanted} descriptors are needed, {hard} allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_idle_subscribed_socket(descriptors, own_sala):
    server = own_sala(SALA_LOOPS="1")
    owner = unique("u")
    session = server.open_chat(owner)
    subscribed = {"session": session, "mode": "all"}
    sockets = []

    heard = time.monotonic()

    def open_sockets(count):
        """Each with a token of its own, so that nothing of it can be shared."""
        nonlocal heard
        for _ in range(count):
            # A slow machine takes longer than the server waits for silent peers.
            if time.monotonic() > heard + 10:
                heard = time.monotonic()
                for socket in sockets:
                    socket.send(frame(b"", PONG))
            hello = {"type": "hello", "token": server.mint(owner), "subscribe": [subscribed]}
            socket = RawWebSocket(server, json_frame(hello))
            sockets.append(socket)
            assert [socket.json()["type"] for _ in range(3)] == ["welcome", "subscribed", "snapshot"]

    try:
        open_sockets(WARM_UP)
        before = private_bytes(server)
        open_sockets(SOCKETS)
        each = (private_bytes(server) - before) / SOCKETS
        print(f"{each:,.0f} B for each of {SOCKETS:,} sockets")
        assert each <= MOST
        # They are all there.
        for socket in sockets[::500]:
            socket.answers(7)
    finally:
        for socket in sockets:
            socket.socket.close()
