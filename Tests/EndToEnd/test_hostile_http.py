"""Hostile HTTP: request lines (A), headers (B), body framing (C) and tokens (T)."""

import base64
import gzip
import json
import random
import select
import socket
import time

import pytest
from conftest import ROOT, sign, unique
from hostile import EMBEDDED, REFUSAL, SECRET, MemoryBound, check_health, refused
from raw_http import Raw

PROTOCOL = ROOT / "Protocol"
# The head of a request is at most 16 KiB and 100 fields (docs/LIMITS.md).
MAX_HEADER_BYTES, MAX_FIELDS = 16 * 1024, 100
MAX_BODY_BYTES = 1024 * 1024


def get(*fields, target=b"/health", host=b"Host: a"):
    lines = [b"GET " + target + b" HTTP/1.1", *([host] if host else []), *fields]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def lines(first):
    return first + b"\r\nHost: a\r\nX-Secret: " + SECRET + b"\r\n\r\n"


# A: the request line. Each is refused with its status.
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32)) + b"\x00" * 100
REQUEST_LINES = {
    "A02 HTTP/0.9": (b"GET /health\r\n", 400),
    "A03 two spaces": (lines(b"GET  /health HTTP/1.1"), 400),
    "A04 a method in lower case": (lines(b"get /health HTTP/1.1"), 405),
    "A05 an unknown method": (lines(b"FETCH /health HTTP/1.1"), 405),
    "A06 a method of 8 KiB": (lines(b"X" * 8192 + b" /health HTTP/1.1"), 501),
    "A07 version 9.9": (lines(b"GET /health HTTP/9.9"), 505),
    "A08 a version with more behind it": (lines(b"GET /health HTTP/1.1x"), 400),
    "A09 a version in lower case": (lines(b"GET /health http/1.1"), 400),
    "A10 a target of 64 KiB": (lines(b"GET /" + b"x" * 65_536 + b" HTTP/1.1"), 414),
    "A11 a NUL in the target": (lines(b"GET /hea\x00lth HTTP/1.1"), 400),
    "A12 a bare CR in the target": (lines(b"GET /hea\rlth HTTP/1.1"), 400),
    "A13 a tab for the space": (lines(b"GET\t/health\tHTTP/1.1"), 400),
    "A14 a leading space": (lines(b" GET /health HTTP/1.1"), 400),
    "A15 leading control bytes": (lines(b"\x01\x02\x1f\x7fGET /health HTTP/1.1"), 400),
    "A16 2000 empty lines": (b"\r\n" * 2000, 400),
    "A17 bare LF": (b"GET /health HTTP/1.1\nHost: a\n\n", 400),
    "A18 absolute form": (lines(b"GET http://a/health HTTP/1.1"), 400),
    "A19 CONNECT": (lines(b"CONNECT a:80 HTTP/1.1"), 501),
    "A20 OPTIONS for the server": (lines(b"OPTIONS * HTTP/1.1"), 501),
    "A21 TRACE with a secret": (lines(b"TRACE /health HTTP/1.1"), 501),
    "A22 HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "A23 a TLS greeting": (TLS_HELLO, 400),
    "A24 no leading slash": (lines(b"GET health HTTP/1.1"), 400),
    "A25 dot segments": (lines(b"GET /demo/chat/../../../etc/passwd HTTP/1.1"), 400),
    "A26 escaped separators": (lines(b"GET /demo/chat/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1"), 400),
    "A27 broken escapes": (lines(b"GET /demo/%zz HTTP/1.1"), 400),
}
# A well-formed request of a method that the route does not have is no violation: 405 with Allow, and the connection goes
# on (RFC 9110 §15.5.6).
UNKNOWN_METHODS = [case for case, (_, status) in REQUEST_LINES.items() if status == 405]
VIOLATIONS = [case for case in REQUEST_LINES if case not in UNKNOWN_METHODS]


def test_a01_random_bytes(victim):
    for seed in range(30):
        generator = random.Random(seed)
        # Not a letter first: that could be a method, and waits for its end.
        data = bytes([generator.choice(b"\x00\x80\xff{[<>(\x1b")]) + generator.randbytes(4095)
        refused(victim, data, 400)


@pytest.mark.parametrize("case", VIOLATIONS)
def test_bad_request_lines(victim, case):
    refused(victim, *REQUEST_LINES[case])


@pytest.mark.parametrize("case", UNKNOWN_METHODS)
def test_unknown_methods(victim, case):
    data, status = REQUEST_LINES[case]
    with Raw(victim) as raw:
        raw.send(data + get())
        answer = raw.answer()
        assert (answer.status, answer.headers["allow"]) == (status, "GET, HEAD")
        assert SECRET not in raw.received and b"FETCH" not in raw.received
        assert raw.answer().status == 200


@pytest.mark.parametrize("target", [
    b"/demo/chat/..", b"/demo/chat/./index.html", b"/demo/chat/%2e%2e/", b"/demo/chat/..%2f", b"/demo/chat/%5c..%5c",
    b"/demo/chat/%2fetc%2fpasswd", b"/demo/%", b"/demo/%4", b"/demo/%4g", b"/demo/%00", b"/demo/%ff", b"/demo/%c0%ae%c0%ae/"],
    ids=lambda target: "A25-A27 " + target.decode())
def test_more_targets_that_leave_their_place(victim, target):
    refused(victim, get(target=target), 400)


@pytest.mark.parametrize("target", [b"/demo/chat/%252e%252e%252fetc/passwd", b"/demo/chat/etc/passwd", b"/.env", b"//etc/passwd"])
def test_no_file_of_the_machine_is_served(victim, target):
    with Raw(victim) as raw:
        raw.send(get(target=target))
        assert raw.answer().status == 404
        assert b"root:" not in raw.received


# B: headers


HEADERS = {
    "B01 no Host": (get(host=None), 400),
    "B02 two Hosts": (get(b"Host: b"), 400),
    "B03 a Host with a space": (get(host=b"Host: a b"), 400),
    "B04 a space before the colon": (get(b"X-Name : " + SECRET), 400),
    "B05 a folded line": (get(b"X: y", b" " + SECRET), 400),
    "B06 a control character in a name": (get(b"X\x01Y: z"), 400),
    "B07 a NUL in a name": (get(b"X\x00Y: z"), 400),
    "B08 a bare CR in a name": (get(b"X\rY: z"), 400),
    "B09 a name that is not ASCII": (get("Nämé: z".encode()), 400),
    "B10 an empty name": (get(b": " + SECRET), 400),
    "B11 a line without a colon": (get(SECRET), 400),
    "B12 a header of 1 MiB": (get(b"X: " + b"x" * 1024 * 1024), 431),
    "B13 20 000 headers": (get(*[b"X: y"] * 20_000), 431),
    "B14 a cookie of 64 KiB": (get(b"Cookie: a=" + b"x" * 65_536), 431),
    "B24 a NUL in a value": (get(b"X: a\x00b"), 400),
    "B25 a value that is not UTF-8": (get(b"X: caf\xe9"), 400),
    "B26 an unknown expectation": (get(b"Expect: 200-maybe"), 417),
}


@pytest.mark.parametrize("case", HEADERS)
def test_bad_headers(victim, case):
    with MemoryBound(victim, 16 * 1024 * 1024):
        refused(victim, *HEADERS[case])


@pytest.mark.parametrize("case,data", [
    ("B15 an endless line", b"X: " + b"x" * MAX_HEADER_BYTES),
    ("B16 endless headers", b"X: y\r\n" * (MAX_FIELDS + 1))], ids=["B15 an endless line", "B16 endless headers"])
def test_what_has_no_end_is_refused_at_its_bound(victim, case, data):
    """Nothing more is sent than what is too much, so the answer can only come of the bound."""
    since = time.monotonic()
    with Raw(victim) as raw:
        raw.send(b"GET /health HTTP/1.1\r\nHost: a\r\n" + data)
        assert [answer.status for answer in raw.answers()] == [431]
    assert time.monotonic() - since < REFUSAL


def test_b17_one_byte_a_segment(victim, command):
    """A good request, its chunked body too, byte by byte."""
    body = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in message("ทีละไบต์")) + b"0\r\n\r\n"
    with Raw(victim) as raw:
        for byte in command(b"Transfer-Encoding: chunked") + body:
            raw.send(bytes([byte]))
        assert raw.answer().status == 200


def test_b18_a_request_split_at_every_offset(victim, command):
    body = message("split")
    data = command(b"Content-Length: %d" % len(body)) + body
    # The token is long, and one of its bytes is like the other.
    token = data.index(b"Bearer ") + 8
    offsets = [*range(1, token), *range(data.index(b"\r\n", token), len(data))]
    connections = [(Raw(victim), offset) for offset in offsets]
    for raw, offset in connections:
        raw.send(data[:offset])
    # A request that came behind all of these is answered: they are read.
    check_health(victim)
    for raw, offset in connections:
        raw.send(data[offset:])
    for raw, offset in connections:
        with raw:
            assert raw.answer().status == 200, offset


def test_b19_60_kib_in_pieces_of_64_bytes(victim):
    data = b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 60 * 1024
    with Raw(victim) as raw:
        for start in range(0, len(data), 64):
            raw.send(data[start:start + 64])
        assert [answer.status for answer in raw.answers()] == [431]


def test_b20_expect_100_continue(victim, command):
    body = message("x")
    with Raw(victim) as raw:
        raw.send(command(b"Content-Length: %d" % len(body), b"Expect: 100-continue"))
        assert raw.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.send(body)
        assert raw.answer().status == 200
    # What would be refused anyway is refused instead of asked for.
    refused(victim, command(b"Content-Length: 1073741824", b"Expect: 100-continue"), 413)


@pytest.mark.parametrize("case,field", [
    ("B21 1000 ranges", b"Range: bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(1000))),
    ("B22 a huge Accept-Encoding", b"Accept-Encoding: " + b", ".join(b"x%d;q=0.001" % n for n in range(800))),
    ("B23 a junk X-Forwarded-For", b"X-Forwarded-For: " + b"' OR 1=1 --, ::::, 999.1.1.1, " * 50)],
    ids=["B21 1000 ranges", "B22 a huge Accept-Encoding", "B23 a junk X-Forwarded-For"])
def test_headers_that_mean_nothing_here(victim, case, field):
    with Raw(victim) as raw:
        raw.send(get(target=b"/demo/chat/"))
        plain = raw.answer()
        assert plain.status == 200 and plain.body
        raw.send(get(field, target=b"/demo/chat/"))
        answer = raw.answer()
        assert (answer.status, answer.body) == (200, plain.body)
        assert "content-encoding" not in answer.headers


# C: framing


@pytest.fixture(scope="module")
def command(sala):
    """Makes the head of a command in a chat of its own, with the given fields."""
    owner = unique("u")
    session = sala.open_chat(owner)
    token = sala.mint(owner)

    def head(*fields):
        first = f"POST /v1/sessions/{session}/commands HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n".encode()
        return first + b"".join(field + b"\r\n" for field in fields) + b"\r\n"

    return head


def message(text, size=0):
    """A command's body; spaces make it at least so many bytes."""
    return json.dumps({"name": "message.send", "data": {"text": text}}).encode().ljust(size)


POST = b"POST /v1/tickets HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked"


def post(*fields, body=b"0\r\n\r\n"):
    return POST + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def chunked(body):
    return post(CHUNKED, body=body)


FRAMING = {
    "C01 a length and chunks": (post(b"Content-Length: 5", CHUNKED), 400),
    "C02 chunks and a length": (post(CHUNKED, b"Content-Length: 5"), 400),
    "C03 chunks, in another word": (post(b"Transfer-Encoding: xchunked"), 400),
    "C04 chunks, twice": (post(b"Transfer-Encoding: chunked, chunked"), 400),
    "C05 chunks that are not last": (post(b"Transfer-Encoding: chunked, identity"), 400),
    "C06 two encodings in two lines": (post(CHUNKED, b"Transfer-Encoding: identity"), 400),
    "C07 identity": (post(b"Transfer-Encoding: identity"), 400),
    "C08 chunks behind a space before the colon": (post(b"Transfer-Encoding : chunked"), 400),
    "C09 chunks in a folded line": (post(b"Transfer-Encoding:\r\n chunked"), 400),
    "C10 chunks behind a vertical tab": (post(b"Transfer-Encoding: \x0bchunked"), 400),
    "C11 chunks behind a bare CR": (post(b"X: y\rTransfer-Encoding: chunked"), 400),
    "C12 chunks under a name with an underscore": (post(b"Transfer_Encoding: chunked"), 400),
    "C12b another encoding inside the chunks": (post(b"Transfer-Encoding: gzip, chunked"), 501),
    "C12c an empty encoding": (post(b"Transfer-Encoding:"), 400),
    "C12d a quoted encoding": (post(b'Transfer-Encoding: "chunked"'), 400),
    "C12e an encoding with a NUL": (post(b"Transfer-Encoding: chunked\x00"), 400),
    "C12f chunks behind a tab before the colon": (post(b"Transfer-Encoding\t: chunked"), 400),
    "C12g chunks in a folded line of something else": (post(b"X: y", b" Transfer-Encoding: chunked"), 400),
    "C12h chunks behind a bare LF": (POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "C13 a length with a sign": (post(b"Content-Length: +5"), 400),
    "C14 a negative length": (post(b"Content-Length: -1"), 400),
    "C15 a length in hexadecimal": (post(b"Content-Length: 0x5"), 400),
    "C16 a length with a space in it": (post(b"Content-Length: 5 5"), 400),
    "C17 a list of lengths": (post(b"Content-Length: 5,5"), 400),
    "C18 a length with an exponent": (post(b"Content-Length: 1e1"), 400),
    "C19 an empty length": (post(b"Content-Length:"), 400),
    "C20 a length of 2^64": (post(b"Content-Length: 18446744073709551616"), 400),
    "C21 a length of 2^63-1": (post(b"Content-Length: 9223372036854775807"), 413),
    "C22 a length in Arabic digits": (post("Content-Length: ٥".encode()), 400),
    "C23 a length of 40 digits": (post(b"Content-Length: " + b"9" * 40), 400),
    "C23b a length behind a space before the colon": (post(b"Content-Length : 5"), 400),
    "C23c a length without a colon": (post(b"Content-Length"), 400),
    "C24 two lengths": (post(b"Content-Length: 0", b"Content-Length: 5"), 400),
    "C25 two equal lengths": (post(b"Content-Length: 5", b"Content-Length: 5"), 400),
    "C26 chunks in HTTP/1.0": (b"POST /v1/tickets HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "C27 a chunk size beyond 64 bits": (chunked(b"10000000000000000\r\n"), 400),
    "C27b a chunk size of 2^64-1": (chunked(b"ffffffffffffffff\r\n"), 413),
    "C28 a negative chunk size": (chunked(b"-1\r\nx\r\n0\r\n\r\n"), 400),
    "C29 a chunk size with 0x": (chunked(b"0x1\r\nx\r\n0\r\n\r\n"), 400),
    "C29b an empty chunk size": (chunked(b"\r\nx\r\n0\r\n\r\n"), 400),
    "C29c a space before the chunk size": (chunked(b" 1\r\nx\r\n0\r\n\r\n"), 400),
    "C30 no CRLF behind a chunk": (chunked(b"1\r\nxx\r\n0\r\n\r\n"), 400),
    "C31 a bare LF in a chunk extension": (chunked(b"1;a\nx\r\n0\r\n\r\n"), 400),
    "C31b a bare CR in a chunk extension": (chunked(b"1;a\rx\r\n0\r\n\r\n"), 400),
    "C31c a bare LF behind a chunk size": (chunked(b"1\nx\r\n0\r\n\r\n"), 400),
    "C32 a chunk extension of 1 MiB": (chunked(b"1;" + b"a" * 1024 * 1024 + b"\r\nx\r\n0\r\n\r\n"), 400),
    "C33 5000 trailers": (chunked(b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n"), 431),
    "C34 a length in the trailers": (chunked(b"0\r\nContent-Length: 5\r\n\r\n"), 400),
    "C37 a length of 1 GiB": (post(b"Content-Length: 1073741824"), 413),
    "C37b a byte too many": (post(b"Content-Length: %d" % (MAX_BODY_BYTES + 1)), 413),
}


@pytest.mark.parametrize("case", FRAMING)
def test_bad_framing(victim, case):
    with MemoryBound(victim, 16 * 1024 * 1024):
        refused(victim, *FRAMING[case])


def test_c35_20_000_chunks_of_one_byte(victim, command):
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in message("x", 20_000)) + b"0\r\n\r\n"
    since = time.monotonic()
    with Raw(victim) as raw:
        raw.send(command(CHUNKED) + body)
        assert raw.answer().status == 200
    assert time.monotonic() - since < REFUSAL


def test_c36_a_body_that_is_a_request(victim):
    with Raw(victim) as raw:
        raw.send(b"GET /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(EMBEDDED) + EMBEDDED)
        raw.finish()
        assert [answer.status for answer in raw.answers()] == [404]


def test_c37_a_chunked_body_that_becomes_too_large(victim):
    with Raw(victim) as raw, MemoryBound(victim, 16 * 1024 * 1024):
        raw.send(post(CHUNKED, body=b""))
        for _ in range(MAX_BODY_BYTES // 65_536 + 4):
            raw.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert [answer.status for answer in raw.answers()] == [413]


@pytest.mark.parametrize("cut", [
    b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: a\r\n", post(b"Content-Length: 10", body=b"half"),
    chunked(b"5\r\nha"), chunked(b"5\r\nwhole\r\n"), chunked(b"0\r\nX: y\r\n")],
    ids=[f"C38 cut {place}" for place in (
        "in the request line", "in the headers", "in the body", "in a chunk", "behind a chunk", "in the trailers")])
def test_half_a_request_and_an_end(victim, cut):
    """No answer to what is not whole, and no wait for the rest."""
    since = time.monotonic()
    with Raw(victim) as raw:
        raw.send(cut)
        raw.finish()
        assert raw.answers() == []
    assert time.monotonic() - since < REFUSAL


def test_c39_100_pipelined(victim):
    with Raw(victim) as raw:
        raw.send((get() + get(target=b"/nothing")) * 50)
        assert [raw.answer().status for _ in range(100)] == [200, 404] * 50
        assert not raw.buffer


def test_c40_garbage_behind_a_good_request(victim):
    with Raw(victim) as raw:
        raw.send(get() + b"\x00\xff" + SECRET + b"\r\n\r\n" + EMBEDDED)
        answers = raw.answers()
        assert [answer.status for answer in answers] == [200, 400]
        assert answers[-1].headers["connection"] == "close"
        assert SECRET not in raw.received


BODIES = {
    "C41 200 000 nested arrays": (b"application/json", (), b"[" * 200_000 + b"]" * 200_000),
    "C42 a bomb in gzip": (b"application/json", (b"Content-Encoding: gzip",), gzip.compress(b" " * 64 * 1024 * 1024)),
    "C43 a body that is not UTF-8": (b"application/json", (), b'{"name":"message.send","data":{"text":"\xff\xfe"}}'),
    "C44 a multipart without an end": (
        b"multipart/form-data; boundary=x", (), b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + SECRET),
}


@pytest.mark.parametrize("case", BODIES)
def test_bad_bodies(victim, command, case):
    """They are framed as they should be: the answer is a fault's, and the connection goes on."""
    kind, fields, body = BODIES[case]
    with Raw(victim) as raw, MemoryBound(victim, 16 * 1024 * 1024):
        raw.send(command(b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *fields) + body)
        answer = raw.answer()
        # A content coding is refused before anything is inflated (contract).
        assert (answer.status, json.loads(answer.body)["code"]) == ((415, 2203) if "gzip" in case else (400, 2200))
        assert SECRET not in raw.received
        raw.send(get())
        assert raw.answer().status == 200


def raw_bytes(value):
    """The bytes of a vector's input."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return b"".join(map(raw_bytes, value))
    return base64.b64decode(value["base64"]) if "base64" in value else raw_bytes(value["repeat"]) * value["count"]


def refused_vectors():
    for path in sorted((PROTOCOL / "vectors" / "http1").glob("*.json")):
        for vector in json.loads(path.read_text()):
            if vector["decoder"] == "request" and "status" in vector["expect"] and "limits" not in vector:
                yield path.stem, vector


def test_the_protocols_vectors_hold_on_the_wire(victim):
    """Every request of Protocol/vectors/http1 that ends in a violation, sent to the server, with a request behind it."""
    wrong, count = [], 0
    for stem, vector in refused_vectors():
        count += 1
        good = vector["expect"].get("requests", [])
        with Raw(victim) as raw:
            raw.send(raw_bytes(vector["input"]) + EMBEDDED)
            answers = raw.answers([request.get("method", "GET") for request in good])
        statuses = [answer.status for answer in answers]
        if len(statuses) != len(good) + 1 or statuses[-1] != vector["expect"]["status"]:
            wrong.append(f"{stem}: {vector['name']}: {statuses}, not {len(good)} and {vector['expect']['status']}")
    assert not wrong, "\n".join(wrong)
    assert count > 200


# T: tokens


@pytest.fixture(scope="module")
def door(sala):
    """A chat's address, and the claims, header and key of a token that opens it."""
    owner = unique("u")
    tenant = json.loads((sala.data / "keys.json").read_text())["jeco"]
    now = int(time.time())
    claims = {
        "iss": tenant["issuer"], "aud": tenant["audience"], "tenant": "jeco", "sub": owner, "role": "customer",
        "iat": now, "exp": now + 3600, "jti": unique("j"),
    }
    key = tenant["keys"][0]
    header = {"alg": "HS256", "typ": "JWT", "kid": key["kid"]}
    return f"/v1/sessions/{sala.open_chat(owner)}", header, claims, key["secret"]


@pytest.fixture
def listener():
    """Somebody who waits for the server to come and fetch a key."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def knock(server, path, *fields):
    """Asks for a session; the answer and all bytes that came."""
    with Raw(server) as raw:
        raw.send(get(*fields, target=path.encode()))
        return raw.answer(), raw.received


def bearer(token):
    return b"Authorization: Bearer " + token.encode()


def part(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def refused_token(server, path, *fields, code=2100, token=None):
    answer, received = knock(server, path, *fields)
    assert (answer.status, json.loads(answer.body)["code"]) == (401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert token is None or token.encode() not in received


def test_the_door_opens_for_its_token(victim, door):
    """What the other cases change is a token that is good."""
    path, header, claims, secret = door
    assert knock(victim, path, bearer(sign(header, claims, secret)))[0].status == 200


CREDENTIALS = {
    "T01 none": (),
    "T02 empty": (b"Authorization: Bearer ",),
    "T02b nothing at all": (b"Authorization:",),
    "T03 Basic": (b"Authorization: Basic dTpw",),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_no_token(victim, door, case):
    refused_token(victim, door[0], *CREDENTIALS[case])


def test_t04_a_token_of_100_kib(victim, door):
    refused(victim, get(b"Authorization: Bearer " + b"x" * 100 * 1024, target=door[0].encode()), 431)


# `sala dev` has HS256 keys alone; that a configured RS256 key is no HS256 secret is in AuthenticationTests.
PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----
"""
# Header members, claims, and the key to sign with (None: the right one). `{listener}` is the address of a listener of ours.
TOKENS = {
    "T12 relabelled HS512": ({"alg": "HS512"}, {}, None),
    "T12b relabelled ES256": ({"alg": "ES256"}, {}, None),
    "T12c relabelled RS256": ({"alg": "RS256"}, {}, None),
    "T13 signed with an empty key": ({}, {}, ""),
    "T14 kid that climbs": ({"kid": "../../../../dev/null"}, {}, ""),
    "T15 kid in SQL": ({"kid": "x' UNION SELECT 'secret'--"}, {}, "secret"),
    "T16 a public key as the secret": ({}, {}, PUBLIC_KEY),
    "T18 not valid yet": ({}, {"nbf": "later"}, None),
    "T19 exp as text": ({}, {"exp": "9999999999"}, None),
    "T19b exp beyond all time": ({}, {"exp": 10**400}, None),
    "T19c exp missing": ({}, {"exp": None}, None),
    "T19d exp true": ({}, {"exp": True}, None),
    "T20 crit": ({"crit": ["b64"], "b64": False}, {}, None),
    "T21 jku": ({"jku": "{listener}/keys.json", "kid": "theirs"}, {}, "theirs"),
    "T22 x5u": ({"x5u": "{listener}/chain.pem", "kid": "theirs"}, {}, "theirs"),
    "T23 jwk": ({"jwk": {"kty": "oct", "k": "dGhlaXJz", "kid": "theirs"}, "kid": "theirs"}, {}, "theirs"),
    "T24 iss": ({"kid": "theirs"}, {"iss": "{listener}"}, "theirs"),
}


@pytest.mark.parametrize("case", TOKENS)
def test_bad_tokens(victim, door, listener, case):
    path, header, claims, secret = door
    members, changed, key = TOKENS[case]
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def addressed(value):
        return value.replace("{listener}", address) if isinstance(value, str) else value

    header = {**header, **{name: addressed(value) for name, value in members.items()}}
    changed = {name: int(time.time()) + 3600 if value == "later" else addressed(value) for name, value in changed.items()}
    claims = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    token = sign(header, claims, secret if key is None else key)
    refused_token(victim, path, bearer(token), token=token)
    # The address was neither connected to nor about to be: the answer stands.
    assert select.select([listener], [], [], 0.05)[0] == [], "the server came for a key"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""], ids=[
    "T05 none", "T06 None", "T07 NONE", "T08 nOnE", "T09 empty"])
def test_tokens_without_an_algorithm(victim, door, algorithm):
    path, header, claims, secret = door
    content = part({**header, "alg": algorithm}) + "." + part(claims)
    for token in (content, content + ".", sign({**header, "alg": algorithm}, claims, secret)):
        refused_token(victim, path, bearer(token), token=token)


def test_t10_a_stripped_signature(victim, door):
    path, *content = door
    token = sign(*content)
    for stripped in (token[:token.rindex(".") + 1], token[:token.rindex(".")], token[:-1], token + ".", "." + token):
        refused_token(victim, path, bearer(stripped))


def test_t11_changed_claims(victim, door):
    path, header, claims, secret = door
    first, _, signature = sign(header, claims, secret).split(".")
    refused_token(victim, path, bearer(f"{first}.{part({**claims, 'role': 'admin'})}.{signature}"))


def test_t17_an_expired_token(victim, door):
    path, header, claims, secret = door
    refused_token(victim, path, bearer(sign(header, {**claims, "exp": int(time.time()) - 3600}, secret)), code=2101)


def test_t25_two_tokens(victim, door):
    path, *content = door
    refused_token(victim, path, bearer(sign(*content)), bearer(sign(*content)))


@pytest.mark.parametrize("character", [b"\x00", b"\r", b"\n"], ids=["T26 NUL", "T26 CR", "T26 LF"])
def test_control_characters_in_a_token(victim, door, character):
    path, *content = door
    refused(victim, get(bearer(sign(*content)) + character + b"X-Role: admin", target=path.encode()), 400)
