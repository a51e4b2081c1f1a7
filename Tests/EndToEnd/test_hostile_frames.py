"""Hostile WebSocket frames (E)."""

import contextlib
import json
import random
import struct
import threading
import time

import pytest
from hostile import (
    BINARY, CLOSE, CLOSING, CONTINUATION, PING, PONG, TEXT, MemoryBound, RawWebSocket, check_health, close_frame,
    frame, hello, json_frame)

# The largest message (docs/LIMITS.md), its fragments, and empty fragments in a row.
MAX_MESSAGE_BYTES, MAX_FRAGMENTS, MAX_EMPTY_FRAGMENTS = 65_536, 1024, 16
# Malformed frames until the server has enough.
MAX_MALFORMED = 8
# Seconds until a connection is over whose peer does not answer our Close frame.
UNANSWERED = 10
# What the server may grow by in a case. One connection's share is far below; the allocator keeps what it once had.
GROWTH = 32 * 1024 * 1024
# What a client would like to do behind the bad frame.
BEHIND = json_frame({"type": "ping", "n": "behind"})


@pytest.fixture
def client(victim):
    with RawWebSocket(victim) as client:
        yield client


@pytest.fixture
def greeted(victim):
    with RawWebSocket(victim) as client:
        yield client.greet(victim)


def part(payload, opcode=CONTINUATION, **options):
    """A fragment that is not the last."""
    return frame(payload, opcode, final=False, **options)


# Frames that end the connection with a Close of that code, whatever stands behind them.
VIOLATIONS = {
    "E01 no mask": (frame(b"hi", mask=None), 1002),
    "E02 RSV1": (frame(b"hi", reserved=4), 1002),
    "E03 RSV2": (frame(b"hi", reserved=2), 1002),
    "E04 RSV3": (frame(b"hi", reserved=1), 1002),
    **{f"E{n:02} opcode {opcode:X}": (frame(b"hi", opcode), 1002)
       for n, opcode in enumerate([3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF], 5)},
    "E15 a ping of 126 bytes": (frame(b"x" * 126, PING), 1002),
    "E15b a close of 126 bytes": (close_frame(1000, b"x" * 124), 1002),
    "E16 a fragmented ping": (part(b"x", PING), 1002),
    "E17 a fragmented close": (part(struct.pack("!H", 1000), CLOSE), 1002),
    "E18 a close of one byte": (frame(b"\x03", CLOSE), 1002),
    **{f"E{n:02} close code {code}": (close_frame(code), 1002)
       for n, code in enumerate([0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000], 19)},
    "E29 a close reason that is not UTF-8": (close_frame(1000, b"\xff\xfe"), 1007),
    "E30 a continuation of nothing": (frame(b"hi", CONTINUATION), 1002),
    "E31 a message within another": (part(b"hi", TEXT) + frame(b"ho", TEXT), 1002),
    "E32 UTF-8: overlong": (frame(b"\xc0\x80"), 1007),
    "E33 UTF-8: a surrogate": (frame(b"\xed\xa0\x80"), 1007),
    "E34 UTF-8: beyond U+10FFFF": (frame(b"\xf4\x90\x80\x80"), 1007),
    "E35 UTF-8: a continuation byte alone": (frame(b"a\x80"), 1007),
    "E36 UTF-8: cut off at the end": (frame(b"\xe0\xb8"), 1007),
    "E37 UTF-8: a byte that never is": (frame(b"\xff"), 1007),
    "E38 UTF-8: wrong over two fragments": (part(b"\xe0", TEXT) + frame(b"\x41", CONTINUATION), 1007),
    "E38b UTF-8: wrong before its fragment ends": (frame(b"\xff", TEXT, final=False), 1007),
    "E39 a length of 2^63": (frame(length=b"\x7f" + struct.pack("!Q", 2**63)), 1002),
    "E40 a length of 2^63-1": (frame(declared=2**63 - 1), 1009),
    "E41 a length of 2^40": (frame(declared=2**40), 1009),
    "E42 a length of 2^32+1": (frame(declared=2**32 + 1), 1009),
    "E43 a byte more than the limit": (frame(declared=MAX_MESSAGE_BYTES + 1), 1009),
    "E44 125 in a 16-bit length": (frame(b"x" * 125, length=b"\x7e" + struct.pack("!H", 125)), 1002),
    "E45 65535 in a 64-bit length": (frame(b"", length=b"\x7f" + struct.pack("!Q", 65_535)), 1002),
    "E46 0 in a 16-bit length": (frame(b"", length=b"\x7e\0\0"), 1002),
    "E47 0 in a 64-bit length": (frame(b"", length=b"\x7f" + b"\0" * 8), 1002),
    "E48 20 000 empty fragments": (part(b"", TEXT) + part(b"") * 20_000, 1009),
    "E49 200 000 fragments of one byte": (part(b"x", TEXT) + part(b"x") * 200_000, 1009),
    "E50 fragments beyond the limit": (part(b"x" * 40_000, TEXT) + frame(b"x" * 25_537, CONTINUATION), 1009),
    "E76 a close code of nobody's within its range": (close_frame(1100), 1002),
}


@pytest.mark.parametrize("case", VIOLATIONS)
def test_bad_frames(client, victim, case):
    """The Close is the very next frame: nothing behind the bad bytes is answered. A length that is too much is found in the
    header: the payload never comes."""
    data, code = VIOLATIONS[case]
    with MemoryBound(victim, GROWTH):
        client.send(data + BEHIND)
        client.ends_with(code)


@pytest.mark.parametrize("size,ends", [(MAX_FRAGMENTS, False), (MAX_FRAGMENTS + 1, True)], ids=["all", "one more"])
def test_the_bound_of_fragments(greeted, size, ends):
    """As many as are allowed are one message."""
    greeted.send(part(b" ", TEXT) + part(b" ") * (size - 2) + json_frame({"type": "ping", "n": 1}, opcode=CONTINUATION))
    if ends:
        greeted.ends_with(1009)
    else:
        assert greeted.json() == {"type": "pong", "n": 1}


# Frames that are unusual and right: the message behind or within them is answered.


def test_e51_a_ping_within_fragments(greeted):
    text = json.dumps({"type": "ping", "n": "ไทย"}, ensure_ascii=False).encode()
    # The cut goes through a character: UTF-8 holds for the message, not for the frame.
    cut = text.index("ไ".encode()) + 1
    greeted.send(part(text[:cut], TEXT) + frame(b"between", PING) + frame(text[cut:], CONTINUATION))
    assert greeted.frame() == (PONG, b"between")
    assert greeted.json() == {"type": "pong", "n": "ไทย"}


def test_e52_a_mask_of_zeros(greeted):
    greeted.send(json_frame({"type": "ping", "n": 1}, mask=b"\0\0\0\0"))
    assert greeted.json() == {"type": "pong", "n": 1}


def test_e53_pongs_that_nobody_asked_for(greeted):
    greeted.send((frame(b"", PONG) + frame(b"x" * 125, PONG)) * 1000)
    greeted.answers(1)


def test_e54_frames_byte_by_byte(greeted):
    for byte in json_frame({"type": "ping", "n": "x" * 200}) + frame(b"p", PING) + close_frame(1001, b"bye"):
        greeted.send(bytes([byte]))
    assert greeted.json() == {"type": "pong", "n": "x" * 200}
    assert greeted.frame() == (PONG, b"p")
    greeted.ends_with(1001)


def test_e55_5000_pings(greeted):
    """Each is answered, or its answer is left out in favour of a later one's (RFC 6455 §5.5.3); the last one never is."""
    greeted.send(b"".join(frame(b"%d" % n, PING) for n in range(5000)))
    last = -1
    while last < 4999:
        opcode, payload = greeted.frame()
        assert opcode == PONG and int(payload) > last
        last = int(payload)
    greeted.answers(1)


def test_e56_50_000_texts(greeted, victim):
    """Every one is answered, in order, by a server that others use meanwhile."""
    count = 50_000
    texts = b"".join(frame(b'{"type":"ping","n":%d}' % n) for n in range(count))
    sender = threading.Thread(target=greeted.send, args=(texts,))
    sender.start()
    try:
        for n in range(count):
            opcode, payload = greeted.frame()
            assert (opcode, payload) == (TEXT, b'{"type":"pong","n":%d}' % n)
            if n % 10_000 == 0:
                check_health(victim)
    finally:
        sender.join()


@pytest.mark.parametrize("behind", [
    BEHIND, close_frame(1000) * 100, frame(b"p", PING) * 10, b"\xff" * 1000],
    ids=["E57 data", "E58 100 closes", "E57b pings", "E57c garbage"])
def test_what_follows_a_close(greeted, behind):
    """One Close comes back, and nothing else."""
    greeted.send(close_frame(1000, b"bye") + behind)
    greeted.ends_with(1000)


@pytest.mark.parametrize("code", [None, 1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_a_good_close_is_echoed(client, code):
    client.send(close_frame(code))
    client.ends_with(code)


def test_e59_a_close_within_a_message(greeted):
    greeted.send(part(b'{"type":', TEXT) + close_frame(1000))
    greeted.ends_with(1000)


def test_e60_a_half_closed_connection(greeted):
    """A WebSocket ends with a Close frame; the end of the input without one is the end of it (RFC 6455 §7.1.1)."""
    greeted.finish()
    since = time.monotonic()
    assert greeted.is_closed(CLOSING)
    assert time.monotonic() - since < CLOSING


def test_e61_resets_within_a_frame(victim):
    for n in range(50):
        client = RawWebSocket(victim, extra=hello(victim))
        client.send(frame(b"x" * 1000)[:n * 20 + 1])
        client.reset()
    check_health(victim)


def test_e62_a_close_that_gets_no_answer(client):
    """The server's own; the peer goes on instead."""
    client.send(json_frame({"type": "hello", "token": "none"}))
    since = time.monotonic()
    assert client.json()["code"] == 2100
    assert client.close_code() == 4500
    client.send(BEHIND)
    assert client.is_closed(UNANSWERED)
    assert time.monotonic() - since < UNANSWERED


def test_e63_32_mib_of_pings_and_no_reading(greeted, victim):
    payload = b"x" * 125
    data = frame(payload, PING) * 1000
    count = 32 * 1024 * 1024 // len(data) + 1
    with MemoryBound(victim, GROWTH) as memory:
        for _ in range(count):
            greeted.send(data)
            memory.look()
        check_health(victim)
        greeted.send(BEHIND)
        # Less was kept for the peer than it would have been owed.
        pongs = 0
        while (found := greeted.frame()) == (PONG, payload):
            pongs += 1
    assert found == (TEXT, b'{"type":"pong","n":"behind"}')
    assert pongs < count * 1000


def test_e64_16_mib_of_texts_and_no_reading(greeted, victim):
    """Every text wants an answer of its size. The server keeps a bounded part of them, then gives the peer up. There is no
    Close frame that it would read: what ends it is a reset, not 4002."""
    data = json_frame({"type": "ping", "n": "x" * 60_000})
    with MemoryBound(victim, 2 * GROWTH) as memory:
        sent = 0
        while sent < 64 * 1024 * 1024 and greeted.try_send(data):
            sent += len(data)
            memory.look()
        check_health(victim)
    assert sent < 64 * 1024 * 1024, "the server kept all of it"
    with contextlib.suppress(ConnectionResetError):
        while greeted.socket.recv(65_536):
            pass


# Messages that are right as frames: the answer is a fault, and the connection goes on.
FAULTS = {
    "E65 deep arrays": (b"[" * 30_000 + b"]" * 30_000, TEXT, 2200),
    "E65b deep objects": (b'{"type":' * 7000, TEXT, 2200),
    "E66 an exponent beyond all numbers": (b'{"type":"ack","session":"conversation/c","offset":1e999}', TEXT, 2200),
    "E67 a negative fraction": (b'{"type":"ack","session":"conversation/c","offset":-0.5}', TEXT, 2200),
    "E68 a leading zero": (b'{"type":"ping","n":007}', TEXT, 2200),
    "E69 a number of 10 000 digits": (b'{"type":"ack","session":"conversation/c","offset":' + b"9" * 10_000 + b"}", TEXT, 2200),
    "E70 not a number": (b'{"type":"ping","n":NaN}', TEXT, 2200),
    "E71 a lone surrogate": (b'{"type":"ping","n":"\\ud800"}', TEXT, 2200),
    "E72 an empty text": (b"", TEXT, 2200),
    "E73 binary": (b'{"type":"ping","n":1}', BINARY, 2203),
    "E73b an empty binary": (b"", BINARY, 2203),
}


@pytest.mark.parametrize("case", FAULTS)
def test_bad_messages(greeted, case):
    payload, opcode, code = FAULTS[case]
    greeted.send(frame(payload, opcode))
    fault = greeted.json()
    assert (fault["type"], fault["code"]) == ("fault", code)
    greeted.answers(1)


def test_bad_messages_without_end(greeted):
    greeted.send(frame(b"") * (MAX_MALFORMED + 10) + BEHIND)
    for _ in range(MAX_MALFORMED):
        assert greeted.json()["code"] == 2200
    assert greeted.frame() == (CLOSE, struct.pack("!H", 4501) + b"frame.malformed")


def test_e74_the_largest_message(greeted):
    """Whole, and in pieces, it is read; a byte more is the end."""
    head, tail = b'{"type":"ping","n":"', b'"}'
    text = head + b"x" * (MAX_MESSAGE_BYTES - len(head + tail)) + tail
    greeted.send(frame(text))
    assert len(greeted.json()["n"]) == len(text) - len(head + tail)
    size = MAX_MESSAGE_BYTES // 4
    greeted.send(part(text[:size], TEXT) + part(text[size:2 * size]) + frame(text[2 * size:], CONTINUATION))
    assert len(greeted.json()["n"]) == len(text) - len(head + tail)
    greeted.send(frame(text + b" "))
    greeted.ends_with(1009)


def random_stream(seed):
    """Frames, some of them right, with pieces cut out and bytes changed."""
    generator = random.Random(seed)
    frames = [
        frame(
            generator.randbytes(generator.choice([0, 1, 125, 126, 2000])), generator.randrange(16),
            final=generator.random() < 0.7, reserved=generator.choice([0, 0, 0, 0, 1, 4]),
            mask=generator.choice([b"abcd", b"abcd", b"\0\0\0\0", None]))
        if generator.random() < 0.5 else json_frame({"type": "ping", "n": generator.randrange(10**6)})
        for _ in range(generator.randrange(1, 12))]
    data = bytearray(b"".join(frames))
    for _ in range(generator.randrange(3)):
        data[generator.randrange(len(data))] = generator.randrange(256)
    if generator.random() < 0.3:
        del data[generator.randrange(len(data)):]
    return bytes(data)


def test_e75_300_random_streams(victim):
    """Whatever comes, the connection ends when the input does, and what the server says is frames. A Close of the stream's
    own is echoed, so any code that may be sent can come."""
    for seed in range(300):
        with RawWebSocket(victim) as client:
            client.send(random_stream(seed))
            client.finish()
            try:
                while (found := client.frame()) is not None:
                    opcode, payload = found
                    assert opcode in (TEXT, PING, PONG, CLOSE), (seed, found)
                    if opcode == CLOSE and payload:
                        code = struct.unpack("!H", payload[:2])[0]
                        assert 1000 <= code <= 1014 and code not in (1004, 1005, 1006) or 3000 <= code < 5000, (seed, code)
            except ConnectionResetError:
                # The server ended with bytes of ours unread.
                pass
        if seed % 50 == 0:
            check_health(victim)
