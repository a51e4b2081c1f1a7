"""Slow clients, and clients that take what there is (G). What waits for a time limit of the server's waits at once with all
the others."""

import concurrent.futures
import contextlib
import errno
import json
import re
import socket
import struct
import time

from conftest import request, wait_for
from hostile import CLOSE, HEALTH, MemoryBound, RawWebSocket, check_health, frame, handshake, health_seconds, hello
from raw_http import PATIENCE, Raw

# Seconds until the head of a request, a body's progress and a socket's hello must be there (docs/LIMITS.md), and what a
# busy machine may add.
LIMIT, LATENESS = 10, 5
# Seconds between two pieces of what a slow client sends.
PACE = 0.25
HALF_REQUESTS, CONNECTIONS, DROPPED = 400, 1000, 200
# Seconds in which so many connections are accepted and answered.
STORM = 10
# Requests of one client that reads their answers late, and of one that never does: the answers are far more than the 8 MiB
# that a connection may owe, and what the kernel holds.
LATE, MANY = 2000, 300_000


def dribble(client, pieces):
    """Sends piece after piece until the server says something or ends; the seconds that it took, and what came."""
    since = time.monotonic()
    client.socket.settimeout(PACE)
    while time.monotonic() - since < LIMIT + LATENESS:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.socket.sendall(next(pieces, b""))
        try:
            data = client.socket.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            data = b""
        return time.monotonic() - since, data
    raise AssertionError("still open")


def forever(first, piece):
    yield first
    while True:
        yield piece


def is_408(data):
    head, _, body = data.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 408 ") and b"\r\nConnection: close" in head and json.loads(body)["status"] == 408


def is_end(data):
    return data == b""


def is_4502(data):
    """A Close frame: no hello came in time."""
    return data[:1] == bytes([0x80 | CLOSE]) and struct.unpack("!H", data[2:4])[0] == 4502


def slow_clients(server):
    """Name, connection, what it sends, and what it must get."""
    post = b"POST /v1/tickets HTTP/1.1\r\nHost: a\r\n"
    opening = handshake()
    late = frame(json.dumps({"type": "hello", "token": server.mint()}).encode())
    return [
        ("G01 a header byte by byte", Raw(server), forever(b"GET /health HTTP/1.1\r\nHost: a\r\nX: ", b"x"), is_408),
        ("G01b a request line byte by byte", Raw(server), forever(b"GET /", b"x"), is_408),
        ("G02 headers line by line", Raw(server), forever(b"GET /health HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"), is_408),
        ("G03 a body byte by byte", Raw(server), forever(post + b"Content-Length: 100000\r\n\r\n", b"x"), is_408),
        ("G03b chunks byte by byte", Raw(server), forever(post + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), is_408),
        # It has asked for nothing that could be answered.
        ("G04 nothing at all", Raw(server), iter([]), is_end),
        ("G05 a handshake byte by byte", Raw(server), forever(opening[:60], b"x"), is_408),
        ("G06 a silent WebSocket", RawWebSocket(server), iter([]), is_4502),
        # Pings are not a hello. (A greeted one that is silent is closed with 4003; TransportTests show it in virtual time.)
        ("G06b a WebSocket that only pings", RawWebSocket(server), forever(b"", frame(b"", 10)), is_4502),
        ("G07 a frame byte by byte", RawWebSocket(server), (late[n:n + 1] for n in range(len(late) - 1)), is_4502),
    ]


def test_g01_to_g08_slow_clients(victim, bystander):
    """None of them keeps its connection for longer than the limit, and nobody else waits for them."""
    halves = [Raw(victim) for _ in range(HALF_REQUESTS)]
    for raw in halves:
        raw.send(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Half: ")
    clients = slow_clients(victim)
    slowest = []
    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        since = time.monotonic()
        waiting = [pool.submit(dribble, client, pieces) for _, client, pieces, _ in clients]
        while not all(future.done() for future in waiting):
            slowest = max(slowest, sorted(health_seconds(victim) for _ in range(3)))
            concurrent.futures.wait(waiting, timeout=PACE)
        for (name, client, _, expected), future in zip(clients, waiting, strict=True):
            seconds, data = future.result()
            assert expected(data), (name, data[:300])
            assert LIMIT - 1 < seconds < LIMIT + LATENESS, f"{name}: {seconds:.1f} s"
            client.socket.close()
    assert slowest[0] < HEALTH, f"/health took {slowest} s"
    bystander.check()
    # G08: the halves waited along, so that they are over too.
    for raw in halves:
        with raw:
            assert [answer.status for answer in raw.answers()] == [408]
    assert time.monotonic() - since < LIMIT + LATENESS + PATIENCE


def test_a_slow_frame_of_a_greeted_socket_is_read(victim):
    """It may take its time: what it holds is at most one message."""
    with RawWebSocket(victim) as client:
        client.greet(victim)
        text = frame(b'{"type":"ping","n":1}')
        client.send(text[:-1])
        check_health(victim)
        client.send(text[-1:])
        assert client.json() == {"type": "pong", "n": 1}


def test_g09_an_unread_pipeline(victim):
    """A bounded part of what is owed is kept; then the client that reads nothing is given up, with a reset."""
    asked = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
    with Raw(victim) as raw, MemoryBound(victim, 32 * 1024 * 1024) as memory:
        sent = 0
        while sent < MANY and raw.try_send(asked):
            sent += 1000
            memory.look()
            check_health(victim)
        assert sent < MANY, "the server answered all of it"
        with contextlib.suppress(ConnectionResetError):
            while raw.socket.recv(65_536):
                pass


def test_g09_a_pipeline_that_is_read_late(victim):
    """Within the bound every answer is there, in order."""
    with Raw(victim) as raw:
        raw.send(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n" * LATE)
        check_health(victim)
        assert [raw.answer().status for _ in range(2 * LATE)] == [404, 200] * LATE


def test_g10_1000_connects(victim):
    """All at once, all of them answered."""
    since = time.monotonic()
    connections = []
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            raw = socket.socket()
            stack.callback(raw.close)
            raw.setblocking(False)
            assert raw.connect_ex(("127.0.0.1", victim.port)) in (0, errno.EINPROGRESS)
            connections.append(raw)
        check_health(victim)
        for raw in connections:
            raw.settimeout(PATIENCE)
            raw.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        for raw in connections:
            assert raw.recv(65_536).startswith(b"HTTP/1.1 200 ")
        check_health(victim)
    assert time.monotonic() - since < STORM


def open_sockets(server):
    status, _, text = request("GET", server.http + "/metrics")
    assert status == 200
    return float(re.search(r"^sala_socket_active (.*)$", text, re.MULTILINE)[1])


def test_g11_200_dropped_sockets(victim):
    """Gone without a Close frame, by FIN or by RST, greeted or within a frame: they are counted out."""
    before = open_sockets(victim)
    for n in range(DROPPED):
        client = RawWebSocket(victim, extra=hello(victim))
        if n % 2:
            client.json()
            client.send(frame(b"x" * 100)[:20])
        if n % 4 < 2:
            client.reset()
        else:
            client.socket.close()
        check_health(victim)
    wait_for("the sockets that went", lambda: open_sockets(victim) <= before)
