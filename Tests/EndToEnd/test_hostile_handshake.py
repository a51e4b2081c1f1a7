"""Hostile opening handshakes (D)."""

import base64
import json
import time

import pytest
from hostile import (
    EMBEDDED, REFUSAL, SECRET, TEXT, RawWebSocket, check_health, frame, handshake, hello, refused, repeats)
from raw_http import Raw

SAMPLE = base64.b64encode(b"the sample nonce").decode()
# Resets in a row.
RESETS = 50


def body(answer):
    return json.loads(answer.body)


# Requests that are good HTTP and no handshake: one answer and no 101. The connection goes on, as behind any request.
NO_HANDSHAKES = {
    "D01 no key": (handshake(leave=["sec-websocket-key"]), 400),
    "D02 a key that is not base 64": (handshake(sec_websocket_key="!" * 24), 400),
    "D03 a key of 15 bytes": (handshake(sec_websocket_key=base64.b64encode(b"x" * 15).decode()), 400),
    "D04 a key of 8 KiB": (handshake(sec_websocket_key="QUFB" * 2048), 400),
    "D05 two keys": (handshake(extra=[f"Sec-WebSocket-Key: {SAMPLE}"]), 400),
    "D06 no version": (handshake(leave=["sec-websocket-version"]), 400),
    "D06b an empty version": (handshake(sec_websocket_version=""), 400),
    "D07 version 8": (handshake(sec_websocket_version="8"), 426),
    "D08 version 13abc": (handshake(sec_websocket_version="13abc"), 426),
    "D09 version 2^32 and 13": (handshake(sec_websocket_version=str(2**32 + 13)), 426),
    "D09b version 013": (handshake(sec_websocket_version="013"), 426),
    "D10 no Upgrade": (handshake(leave=["upgrade"]), 426),
    "D11 another Upgrade": (handshake(upgrade="websockets"), 400),
    "D12 no Connection": (handshake(leave=["connection"]), 400),
    "D13 another Connection": (handshake(connection="keep-alive, upgraded"), 400),
    "D18 POST": (handshake(method="POST"), 405),
    "D21 an unknown path": (handshake(path="/v1/sockets"), 404),
    "D22 h2c": (handshake(
        upgrade="h2c", connection="Upgrade, HTTP2-Settings", extra=["HTTP2-Settings: AAMAAABkAAQAAP__"]), 400),
    "D48 a body": (handshake(extra=["Content-Length: 5"]) + b"hello", 400),
}


@pytest.mark.parametrize("case", NO_HANDSHAKES)
def test_no_handshake(victim, case):
    data, status = NO_HANDSHAKES[case]
    with Raw(victim) as raw:
        raw.send(data + EMBEDDED)
        answer = raw.answer()
        assert (answer.status, body(answer)["status"]) == (status, status)
        assert "sec-websocket-accept" not in answer.headers
        assert not repeats(raw.received, data)
        if status == 426:
            assert answer.headers["upgrade"] == "websocket"
            # RFC 9110 §7.8; and §4.4 of RFC 6455 for whoever spoke another version.
            assert answer.headers["connection"] == "Upgrade"
            assert answer.headers.get("sec-websocket-version") == (None if case.startswith("D10") else "13")
        elif status == 405:
            assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
        # What stands behind a handshake that was refused is HTTP.
        assert raw.answer().status == 200


def test_d19_http_1_0(victim):
    """HTTP/1.0 knows no upgrade (RFC 6455 §4.2.1), and its connection ends."""
    with Raw(victim) as raw:
        raw.send(handshake(version="HTTP/1.0"))
        assert [answer.status for answer in raw.answers()] == [400]


# Handshakes that are no good HTTP: one answer and the end.
VIOLATIONS = {
    "D20 no Host": (handshake(leave=["host"]), 400),
    "D23 a length and chunks": (handshake(extra=["Content-Length: 5", "Transfer-Encoding: chunked"]) + b"0\r\n\r\n", 400),
    "D35 2000 headers": (handshake(extra=["X: y"] * 2000), 431),
    "D47 a bare CR": (handshake(sec_websocket_protocol="sala.v1.json\rX-Injected: " + SECRET.decode()), 400),
    "D47b a bare LF": (handshake(sec_websocket_protocol="sala.v1.json\nX-Injected: " + SECRET.decode()), 400),
    "D47c a NUL": (handshake(sec_websocket_protocol="sala.v1.json\0" + SECRET.decode()), 400),
}


@pytest.mark.parametrize("case", VIOLATIONS)
def test_handshakes_that_are_no_http(victim, case):
    refused(victim, *VIOLATIONS[case])


# Handshakes that must work.
VARIANTS = {
    "D14 a list in Connection": handshake(connection="keep-alive, Upgrade"),
    "D15 another case": handshake(upgrade="WebSocket", connection="UPGRADE"),
    "D16 a list in Upgrade": handshake(upgrade="h2c, websocket"),
    "D17 lists over two lines": handshake(connection="keep-alive", extra=["CONNECTION:\tupgrade", "UPGRADE: foo/2"]),
    "D17b empty members in a list": handshake(connection=", ,Upgrade,, "),
    "D33 6000 spaces in the sub-protocols": handshake(sec_websocket_protocol="x," + " " * 6000 + ",sala.v1.json"),
}


def offered(text):
    return handshake(extra=["Sec-WebSocket-Extensions: " + text])


# Offers of an extension that cannot be taken: declined, and never the end of the handshake (RFC 6455 §9.1, RFC 7692 §5.1).
EXTENSIONS = {
    "D24 a pattern that makes expressions backtrack": offered('x; a="' + "\\a" * 3500 + '"'),
    "D25 700 offers": offered(", ".join(f"x{n}" for n in range(700))),
    "D26 __proto__": offered("__proto__; constructor=1, permessage-deflate; __proto__=1"),
    "D27 a window of 7 bits": offered("permessage-deflate; server_max_window_bits=7"),
    "D28 a window of 99 bits": offered("permessage-deflate; client_max_window_bits=99"),
    "D29 a window of 08 bits": offered("permessage-deflate; server_max_window_bits=08"),
    "D30 a window of no bits": offered("permessage-deflate; server_max_window_bits"),
    "D31 a parameter twice": offered("permessage-deflate; server_no_context_takeover; server_no_context_takeover"),
    "D32 an unknown parameter": offered("permessage-deflate; foo=1"),
}


@pytest.mark.parametrize("case", [*VARIANTS, *EXTENSIONS])
def test_handshakes_that_work(victim, case):
    since = time.monotonic()
    with RawWebSocket(victim, request={**VARIANTS, **EXTENSIONS}[case]) as client:
        assert client.opened.headers["upgrade"].lower() == "websocket"
        assert client.opened.headers["connection"].lower() == "upgrade"
        assert client.opened.headers["sec-websocket-protocol"] == "sala.v1.json"
        assert "sec-websocket-extensions" not in client.opened.headers
        client.greet(victim).answers(1)
    assert time.monotonic() - since < REFUSAL


def test_d24_a_quote_that_does_not_end(victim):
    """Not an offer that could be declined: the field breaks its grammar (RFC 6455 §9.1)."""
    since = time.monotonic()
    with Raw(victim) as raw:
        raw.send(offered('x; a="' + "\\a" * 3500))
        assert raw.answer().status == 400
    assert time.monotonic() - since < REFUSAL


def test_d34_an_unknown_sub_protocol(victim):
    """RFC 6455 §4.2.2 lets the handshake go on without one; the contract says why it ends in a Close frame, which a browser
    can tell its page: 4505."""
    with RawWebSocket(victim, request=handshake(sec_websocket_protocol="graphql-ws")) as client:
        assert "sec-websocket-protocol" not in client.opened.headers
        client.send(hello(victim))
        assert client.close_code() == 4505


ORIGINS = {
    "D36 a foreign origin": "https://evil.example",
    "D37 null": "null",
    "D38 our host as a part of another": "http://127.0.0.1.evil.example:{port}",
    "D39 our host behind another's user": "http://127.0.0.1:{port}@evil.example",
    "D40 our host with another's port": "http://127.0.0.1:1{port}",
    "D41 our host with another scheme": "https://127.0.0.1:{port}",
    "D42 our origin with a path": "http://127.0.0.1:{port}/.evil.example",
}


@pytest.mark.parametrize("case", ORIGINS)
def test_foreign_origins(victim, case):
    origin = ORIGINS[case].format(port=victim.port)
    data = handshake(extra=[f"Origin: {origin}", f"Authorization: Bearer {victim.mint()}"])
    with Raw(victim) as raw:
        raw.send(data)
        answer = raw.answer()
        assert (answer.status, body(answer)["code"]) == (403, 2105)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in answer.headers
        assert origin.encode() not in raw.received


def test_two_origins_are_foreign(victim):
    """Though each of them alone is our own."""
    own = f"Origin: {victim.http}"
    RawWebSocket(victim, request=handshake(extra=[own])).socket.close()
    with Raw(victim) as raw:
        raw.send(handshake(extra=[own, own]))
        assert raw.answer().status == 403


def test_d43_a_frame_behind_the_handshake(victim):
    """In one segment with it: read, and only behind the 101."""
    with RawWebSocket(victim, extra=hello(victim)) as client:
        assert client.json()["type"] == "welcome"
        client.answers(1)


@pytest.mark.parametrize("behind", [handshake(), EMBEDDED], ids=["D44 two upgrades", "D45 HTTP behind the upgrade"])
def test_http_behind_the_handshake(victim, behind):
    """What follows is frames: a G is one with a reserved bit."""
    with RawWebSocket(victim, extra=behind) as client:
        client.ends_with(1002)
        assert client.received.count(b"HTTP/1.1 ") == 1


def test_d46_resets(victim):
    """Before the answer, behind it, and behind a frame."""
    for n in range(RESETS):
        if n % 3 == 0:
            raw = Raw(victim)
            raw.send(handshake())
        else:
            raw = RawWebSocket(victim, extra=hello(victim) if n % 3 == 1 else b"")
        raw.reset()
    check_health(victim)


def test_an_accepted_handshake_proves_that_the_key_was_read(victim):
    """The example of RFC 6455 §1.3."""
    with RawWebSocket(victim, request=handshake(sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==")) as client:
        assert client.opened.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        client.send(frame(b"{", TEXT))
        assert client.json()["code"] == 2200
