"""What the hostile cases share: a WebSocket on a bare socket, and what must hold behind every case.

The cases are numbered by group: A request line, B headers, C framing, D handshake, E frames, F compression, G slowness and
resources, T tokens. A case is sent to the fixture `victim` of conftest.py, which looks after it: `/health` answers in time,
and a WebSocket that was open before any case still is, and answers.
"""

import base64
import itertools
import json
import os
import struct
import time

from raw_http import Raw

# Seconds in which `/health` answers, whatever else goes on. The best of so many requests counts: the machine that the
# tests run on has hiccups of its own.
HEALTH, HEALTH_TRIES = 0.1, 3
# Seconds until a refused request, and a WebSocket behind its Close frame, are over: far below every time limit of the
# server, so that none of them passes for a refusal.
REFUSAL, CLOSING = 5, 3
# What an attacker wants to have answered.
EMBEDDED = b"GET /health?embedded HTTP/1.1\r\nHost: a\r\n\r\n"
# A value that no answer may repeat.
SECRET = b"s3cr3t-0f-th3-cl13nt"
# Bytes that an answer and a request may have in common by chance: names of header fields.
COMMON = 24

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


# HTTP


def health_seconds(server):
    """The time of one request on a connection of its own."""
    since = time.monotonic()
    with Raw(server) as raw:
        raw.send(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = raw.answer()
    assert answer.status == 200 and json.loads(answer.body)["status"] == "ok"
    return time.monotonic() - since


def check_health(server):
    seconds = []
    while len(seconds) < HEALTH_TRIES:
        seconds.append(health_seconds(server))
        if seconds[-1] < HEALTH:
            return
    raise AssertionError(f"/health took {seconds} s")


def repeats(received, sent):
    """Whether an answer holds a piece of the request."""
    ends = sent if len(sent) < 131_072 else sent[:65_536] + sent[-65_536:]
    return SECRET in received or any(
        received[start:start + COMMON] in ends for start in range(max(0, len(received) - COMMON)))


def refused(server, data, *statuses):
    """Sends bytes and a good request behind them: one answer, of one of the statuses, then the end; nothing
    of what was sent is repeated."""
    since = time.monotonic()
    with Raw(server) as raw:
        raw.send(data + EMBEDDED)
        answers = raw.answers()
        assert [answer.status for answer in answers] in [[status] for status in statuses]
        assert answers[0].headers["connection"] == "close"
        assert answers[0].headers["content-type"] == "application/problem+json"
        assert json.loads(answers[0].body)["status"] == answers[0].status
        assert b'"status":"ok"' not in raw.received
        assert not repeats(raw.received, data), raw.received
    assert time.monotonic() - since < REFUSAL


# WebSocket


def frame(payload=b"", opcode=TEXT, final=True, reserved=0, mask=b"abcd", declared=None, length=None):
    """A client's frame. `declared`: another length than the payload's. `length`: the bytes of the length field, whole.
    Without `mask` the frame is not masked."""
    size = len(payload) if declared is None else declared
    bit = 0 if mask is None else 0x80
    if length is not None:
        length = bytes([bit | length[0]]) + length[1:]
    elif size < 126:
        length = bytes([bit | size])
    elif size < 65_536:
        length = bytes([bit | 126]) + struct.pack("!H", size)
    else:
        length = bytes([bit | 127]) + struct.pack("!Q", size)
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode]) + length
    return head + payload if mask is None else head + mask + masked(payload, mask)


def masked(payload, mask):
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def close_frame(code=None, reason=b""):
    return frame(b"" if code is None else struct.pack("!H", code) + reason, CLOSE)


def json_frame(value, **options):
    return frame(json.dumps(value, ensure_ascii=False).encode(), **options)


def hello(server):
    return json_frame({"type": "hello", "token": server.mint()})


def handshake(method="GET", path="/v1/socket", version="HTTP/1.1", extra=(), leave=(), **fields):
    """The bytes of an opening handshake. `fields` replace what would stand there (`_` for `-`), `leave` leaves fields out,
    `extra` are further lines."""
    lines = {
        "host": "127.0.0.1", "upgrade": "websocket", "connection": "Upgrade",
        "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(), "sec-websocket-version": "13",
        "sec-websocket-protocol": "sala.v1.json",
    }
    lines.update({name.replace("_", "-"): value for name, value in fields.items()})
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if name not in leave)
    text = f"{method} {path} {version}\r\n{text}" + "".join(line + "\r\n" for line in extra) + "\r\n"
    return text.encode()


class RawWebSocket(Raw):
    """A WebSocket behind its handshake. It sends any bytes, and reads frames strictly."""

    def __init__(self, server, extra=b"", request=None):
        super().__init__(server)
        self.send((request or handshake()) + extra)
        self.opened = self.answer()
        assert self.opened.status == 101, self.opened

    def greet(self, server):
        self.send(hello(server))
        assert self.json()["type"] == "welcome"
        return self

    def frame(self):
        """The next frame as `(opcode, payload)`; None at the end of the connection."""
        if not self.buffer and not self._more():
            return None
        first, size = self._exactly(2)
        assert first & 0x80, "the server does not fragment"
        assert size < 0x80, "a server's frame is not masked"
        if size == 126:
            size = struct.unpack("!H", self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._exactly(8))[0]
        return first & 0x0F, self._unpacked(first >> 4 & 7, self._exactly(size))

    def _unpacked(self, reserved, payload):
        assert reserved == 0, "no extension was agreed on"
        return payload

    def json(self):
        """The next text, read as JSON; the server's pings are answered."""
        while (found := self.frame())[0] == PING:
            self.send(frame(found[1], PONG))
        assert found[0] == TEXT, found
        return json.loads(found[1])

    def close_code(self):
        """Reads up to the Close frame; its code (None: it has none)."""
        while (found := self.frame()) is not None:
            opcode, payload = found
            if opcode == CLOSE:
                payload[2:].decode()
                return struct.unpack("!H", payload[:2])[0] if payload else None
        raise AssertionError("the connection ended without a Close frame")

    def ends_with(self, code):
        """The very next frame is a Close with that code, and the connection ends behind it without our answer."""
        found = self.frame()
        assert found is not None and found[0] == CLOSE, found
        assert struct.unpack("!H", found[1][:2])[0] == code if found[1] else code is None, (found, code)
        since = time.monotonic()
        assert self.is_closed(CLOSING)
        assert time.monotonic() - since < CLOSING

    def answers(self, number):
        """Asks for a pong of the sub-protocol and gets it: the connection is alive, and nothing else was said."""
        self.send(json_frame({"type": "ping", "n": number}))
        assert self.json() == {"type": "pong", "n": number}


class Bystander(RawWebSocket):
    """Somebody else's WebSocket, open while the cases run."""

    def __init__(self, server):
        super().__init__(server)
        self.greet(server)
        self.numbers = itertools.count(1)

    def check(self):
        """A ping of ours is answered; before it came nothing but pings of the server's."""
        payload = b"bystander %d" % next(self.numbers)
        self.send(frame(payload, PING))
        while (found := self.frame()) is not None and found[0] == PING:
            self.send(frame(found[1], PONG))
        assert found == (PONG, payload), f"the bystander was disturbed: {found}"


# The process


def resident_bytes(server):
    """The server's memory; None when it is not ours to look at."""
    if server.process is None:
        return None
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


class MemoryBound:
    """Around a case: the server's memory grows by at most so many bytes."""

    def __init__(self, server, limit):
        self.server, self.limit = server, limit

    def __enter__(self):
        self.before = resident_bytes(self.server)
        self.highest = self.before
        return self

    def look(self):
        if self.before is not None:
            self.highest = max(self.highest, resident_bytes(self.server))

    def __exit__(self, kind, *_):
        self.look()
        if kind is None and self.before is not None:
            grown = self.highest - self.before
            assert grown <= self.limit, f"{grown} bytes more, {self.limit} allowed"
