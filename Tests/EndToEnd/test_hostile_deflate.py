"""Hostile compressed messages (F, RFC 7692): what must end a connection at `/v1/socket`, whose messages are small, and what must
not at the echo route of `sala dev`. They need a server that takes the extension."""

import functools
import os
import random
import time
import zlib

import pytest
from hostile import CONTINUATION, PING, PONG, REFUSAL, TEXT, MemoryBound, RawWebSocket, frame, handshake
from raw_http import Raw

MAX_MESSAGE_BYTES = 65_536
COMPRESSED = 4
TAIL = b"\x00\x00\xff\xff"
# An output that is not capped while it inflates takes more than this; what is allowed is twice the limit, and what the
# allocator keeps.
GROWTH = 16 * 1024 * 1024


OFFER = "Sec-WebSocket-Extensions: permessage-deflate"


def opening():
    return handshake(path="/v1/echo", extra=[OFFER], leave=["sec-websocket-protocol"])


@pytest.fixture(scope="module", autouse=True)
def extension(sala):
    with Raw(sala) as raw:
        raw.send(opening())
        answer = raw.answer()
    if not answer.headers.get("sec-websocket-extensions", "").startswith("permessage-deflate"):
        pytest.skip("the server does not negotiate permessage-deflate")


class Deflated(RawWebSocket):
    """A client with a window of its own for each direction, which lives as long as the connection."""

    def __init__(self, server, request):
        super().__init__(server, request=request)
        self.agreed = self.opened.headers["sec-websocket-extensions"]
        self.deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.inflater = zlib.decompressobj(-15)

    def _unpacked(self, reserved, payload):
        assert reserved in (0, COMPRESSED)
        if reserved == 0:
            return payload
        if "server_no_context_takeover" in self.agreed:
            self.inflater = zlib.decompressobj(-15)
        return self.inflater.decompress(payload + TAIL)

    def deflated(self, data):
        if "client_no_context_takeover" in self.agreed:
            self.deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        assert packed.endswith(TAIL)
        return packed[:-len(TAIL)]

    def echoes(self, data):
        self.send(frame(self.deflated(data), reserved=COMPRESSED))
        assert self.frame() == (TEXT, data)


@pytest.fixture
def client(victim):
    with Deflated(victim, opening()) as client:
        yield client


def packed(data):
    """A message of its own: nothing of it refers to one before."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-len(TAIL)]


def fragments(data, count):
    """The frames of one compressed message."""
    size = -(-len(data) // count)
    pieces = [data[start:start + size] for start in range(0, len(data), size)]
    return [
        frame(piece, CONTINUATION if n else TEXT, final=n == len(pieces) - 1, reserved=0 if n else COMPRESSED)
        for n, piece in enumerate(pieces)]


@functools.cache
def bomb(megabytes):
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"\0" * 1024 * 1024
    return b"".join([*(deflater.compress(block) for _ in range(megabytes)), deflater.flush(zlib.Z_SYNC_FLUSH)])[:-4]


def words(count):
    generator = random.Random(1)
    return b" ".join(b"%x" % generator.getrandbits(32) for _ in range(count))


# What each connection ends with; 1007 (not what the extension says it is) for data that does not inflate. Made when it is
# needed: a bomb takes a while.
ENDS = {
    "F01 256 MiB in one frame": (lambda: frame(bomb(256), reserved=COMPRESSED), 1009),
    "F01b 32 MiB within the size of a message": (lambda: frame(bomb(32), reserved=COMPRESSED), 1009),
    "F02 256 MiB in 16 fragments": (lambda: b"".join(fragments(bomb(256), 16)), 1009),
    "F02b 32 MiB in 16 fragments": (lambda: b"".join(fragments(bomb(32), 16)), 1009),
    "F02c a byte too many": (lambda: frame(packed(b"x" * (MAX_MESSAGE_BYTES + 1)), reserved=COMPRESSED), 1009),
    "F04 not compressed at all": (lambda: frame(b"not compressed at all", reserved=COMPRESSED), 1007),
    "F05 a reserved block type": (lambda: frame(b"\x07\x00", reserved=COMPRESSED), 1007),
    "F06 RSV1 on a continuation": (
        lambda: frame(packed(b"x"), final=False, reserved=COMPRESSED) + frame(b"x", CONTINUATION, reserved=COMPRESSED), 1002),
    "F07 RSV1 on a ping": (lambda: frame(b"x", PING, reserved=COMPRESSED), 1002),
    "F08 bad UTF-8 inside": (lambda: frame(packed(b"abc\xff\xfe"), reserved=COMPRESSED), 1007),
    "F08b UTF-8 cut off inside": (lambda: frame(packed(b"abc\xe0\xb8"), reserved=COMPRESSED), 1007),
    "F11 cut off within a block": (lambda: frame(packed(words(500))[:1500], reserved=COMPRESSED), 1007),
    "F13 a distance beyond the window": (lambda: frame(b"\x4a\x04\x62\x00", reserved=COMPRESSED), 1007),
    "F15 RSV2 beside RSV1": (lambda: frame(packed(b"x"), reserved=COMPRESSED | 2), 1002),
}


@pytest.mark.parametrize("case", ENDS)
def test_bad_messages(victim, case):
    make, code = ENDS[case]
    data = make()
    since = time.monotonic()
    with Deflated(victim, handshake(extra=[OFFER])) as client, MemoryBound(victim, GROWTH):
        client.send(data + frame(b"behind"))
        assert client.close_code() == code
        assert client.is_closed()
    assert b"behind" not in client.received
    assert time.monotonic() - since < REFUSAL


def test_f03_20_messages_just_under_the_limit(client, victim):
    with MemoryBound(victim, GROWTH):
        for n in range(20):
            client.echoes(bytes([0x61 + n]) * MAX_MESSAGE_BYTES)


def test_f09_an_empty_message(client):
    """RFC 7692 §7.2.3.6: one byte, an empty block."""
    client.send(frame(b"\x00", reserved=COMPRESSED))
    assert client.frame() == (TEXT, b"")
    client.echoes(b"next")


def test_f10_a_last_block(client):
    """RFC 7692 §7.2.3.4: a block that says that it is the last one is fine, and no end of the connection's stream."""
    client.send(frame(b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", reserved=COMPRESSED))
    assert client.frame() == (TEXT, b"Hello")
    client.send(frame(packed(b"next"), reserved=COMPRESSED))
    assert client.frame() == (TEXT, b"next")


def test_f12_10_000_stored_blocks(client):
    """All of them empty: some work, no output."""
    since = time.monotonic()
    client.send(frame(b"\x00\x00\x00\xff\xff" * 10_000 + b"\x00", reserved=COMPRESSED))
    assert client.frame() == (TEXT, b"")
    assert time.monotonic() - since < REFUSAL


def test_f14_plain_and_compressed_in_turn(client):
    """A message without RSV1 is as it stands, and does not touch the windows."""
    for n in range(20):
        text = b"%d " % n + os.urandom(20).hex().encode() * 20
        client.echoes(text)
        client.send(frame(b"plain"))
        assert client.frame() == (TEXT, b"plain")
        *first, last = fragments(client.deflated(text), 3)
        client.send(b"".join(first) + frame(b"between", PING) + last)
        assert client.frame() == (PONG, b"between")
        assert client.frame() == (TEXT, text)
