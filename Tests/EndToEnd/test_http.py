"""HTTP of Protocol/openapi.yaml, and what the server makes of bytes that are no HTTP."""

import base64
import concurrent.futures
import json
import ssl
import time

import httpx
import pytest
from conftest import ROOT, unique
from device import Device
from jsonschema import Draft202012Validator
from raw_http import PATIENCE, Raw
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PROTOCOL = ROOT / "Protocol"
# Seconds: `/health` answers in under 0.1; a busy machine may take longer, but not this long.
HEALTH = 1
# Seconds until the head of a request must be there, and what a busy machine may add.
HEAD_TIMEOUT, LATENESS = 10, 5
MAX_BODY_BYTES = 1024 * 1024


@pytest.fixture(scope="module")
def http(sala):
    with httpx.Client(base_url=sala.http, verify=ssl.create_default_context(), trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def owner():
    return unique("u")


@pytest.fixture
def chat(sala, owner):
    """The address of a new chat without the advisor."""
    return "/v1/sessions/" + sala.open_chat(owner)


@pytest.fixture
def bearer(sala, owner):
    return {"Authorization": f"Bearer {sala.mint(owner)}"}


@pytest.fixture(scope="module")
def service(sala):
    return {"Authorization": f"Bearer {sala.token('jeco', 'service')}"}


@pytest.fixture(scope="module")
def schemas():
    paths = (PROTOCOL / "schemas").glob("*.json")
    return Registry().with_resources(
        [(path.as_uri(), Resource(json.loads(path.read_text()), DRAFT202012)) for path in paths])


@pytest.fixture(scope="module")
def check(schemas):
    """Holds a body against a schema of Protocol/."""
    def complain(value, name):
        uri = (PROTOCOL / "schemas" / f"{name}.schema.json").as_uri()
        errors = list(Draft202012Validator({"$ref": uri}, registry=schemas).iter_errors(value))
        assert not errors, [error.message for error in errors]

    return complain


def problem(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["status"]) == (code, status)
    assert body["type"] == f"urn:sala:fault:{body['name']}" and body["title"] and body["detail"]
    return body


def say(http, chat, bearer, text, key=None):
    headers = {**bearer, "Idempotency-Key": key} if key else bearer
    answer = http.post(f"{chat}/commands", headers=headers, json={"name": "message.send", "data": {"text": text}})
    assert answer.status_code == 200, answer.text
    return answer.json()


# Operation


def test_health(http, check):
    answer = http.get("/health")
    assert answer.status_code == 200
    check(answer.json(), "http.health")
    assert answer.json()["status"] == "ok"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Date"]


def test_readiness_names_database_and_providers(http, check):
    answer = http.get("/health/ready")
    assert answer.status_code == 200
    check(answer.json(), "http.readiness")
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "providers": "ok"}}


def test_metrics_are_prometheus_text(http, chat, bearer):
    say(http, chat, bearer, "counted")
    answer = http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families, f"{name} stands twice"
            families[name] = kind
        elif not line.startswith("#"):
            name = line.split("{")[0].split(" ")[0]
            float(line.rsplit(" ", 1)[1])
            family = [each for each in families if name == each or name.startswith(each + "_")]
            assert family and name.startswith("sala_"), line
    for name, kind in {
        "sala_connection_active": "gauge", "sala_socket_active": "gauge", "sala_session_active": "gauge",
        "sala_command_duration": "histogram", "sala_log_write_duration": "histogram",
    }.items():
        assert families.get(name) == kind, (name, sorted(families))
    assert chat.rsplit("/", 1)[1] not in answer.text, "no label may grow with the sessions"


# Sessions


def test_create_again_and_otherwise(http, service, owner, check):
    address = "/v1/sessions/conversation/" + unique("c")
    facts = {"owner": owner, "advisor": False, "participants": [unique("u")], "title": "เก็บเงิน"}
    created = http.put(address, headers=service, json=facts)
    assert created.status_code == 201 and created.headers["Location"] == address
    check(created.json(), "http.created")
    assert http.put(address, headers=service, json=facts).status_code == 200
    for other in ({"owner": unique("u")}, {"advisor": True}, {"participants": []}, {"title": None}):
        problem(http.put(address, headers=service, json={**facts, **other}), 409, 2401)
    answer = http.get(address, headers=service)
    check(answer.json(), "http.session")
    state = answer.json()["state"]
    assert (state["owner"], state["title"], state["advisor"]) == (owner, "เก็บเงิน", False)
    assert answer.json()["offset"] == 0


def test_two_that_create_at_once_get_one_201(http, service, owner):
    address = "/v1/sessions/conversation/" + unique("c")
    facts = {"owner": owner, "advisor": False}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: http.put(address, headers=service, json=facts).status_code, range(8)))
    assert sorted(codes) == [200] * 7 + [201]


@pytest.mark.parametrize("role,status", [
    ("customer", 403), ("provider", 403), ("rider", 403), ("service", 201), ("staff", 201), ("admin", 201)])
def test_who_may_create(sala, http, owner, role, status):
    address = "/v1/sessions/conversation/" + unique("c")
    answer = http.put(
        address, headers={"Authorization": f"Bearer {sala.mint(role=role)}"}, json={"owner": owner, "advisor": False})
    assert answer.status_code == status
    if status == 403:
        problem(answer, 403, 2102)


@pytest.mark.parametrize("facts", [
    {}, {"owner": ""}, {"owner": 7}, {"owner": "x" * 129}, {"owner": "u", "advisor": "yes"},
    {"owner": "u", "participants": "u_2"}, {"owner": "u", "participants": [f"u_{n}" for n in range(65)]},
    {"owner": "u", "title": "x" * 121}, []])
def test_facts_in_the_wrong_form(http, service, facts):
    answer = http.put("/v1/sessions/conversation/" + unique("c"), headers=service, json=facts)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in (2200, 2400)


def test_a_snapshot_has_an_etag_that_changes_with_every_event(http, chat, bearer):
    answer = http.get(chat, headers=bearer)
    body, tag = answer.json(), answer.headers["ETag"]
    assert tag == f'"{body["epoch"]}:0"'
    known = http.get(chat, headers={**bearer, "If-None-Match": tag})
    assert known.status_code == 304 and known.content == b"" and known.headers["ETag"] == tag
    say(http, chat, bearer, "news")
    changed = http.get(chat, headers={**bearer, "If-None-Match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag
    # RFC 9110 §13.1.2: a list, weak comparison, any.
    for known in (f'"x", {changed.headers["ETag"]}', f'W/{changed.headers["ETag"]}', "*"):
        assert http.get(chat, headers={**bearer, "If-None-Match": known}).status_code == 304, known


def test_the_log_is_paged(http, chat, bearer, check):
    for n in range(7):
        say(http, chat, bearer, f"{n}")
    found, after = [], 0
    pages = 0
    while after is not None:
        answer = http.get(f"{chat}/log", headers=bearer, params={"after": after, "limit": 3})
        assert answer.status_code == 200
        page = answer.json()
        check(page, "http.log-page")
        found += page["events"]
        after = page["next"]
        pages += 1
    assert pages == 3
    assert [event["offset"] for event in found] == list(range(1, 8))
    assert all(event["type"] == "event" and "replay" not in event for event in found)
    end = http.get(f"{chat}/log", headers=bearer, params={"after": 7}).json()
    assert (end["events"], end["next"]) == ([], None)
    assert len(http.get(f"{chat}/log", headers=bearer).json()["events"]) == 7


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=501", "limit=x", "after=99999999999999999999"])
def test_a_page_that_cannot_be(http, chat, bearer, query):
    problem(http.get(f"{chat}/log?{query}", headers=bearer), 400, 2304)


def test_the_log_has_the_very_events_that_sockets_got(sala, http, chat, bearer, owner):
    with Device(sala, sala.mint(owner)) as device:
        session = chat.removeprefix("/v1/sessions/")
        device.snapshot(session)
        say(http, chat, bearer, "ข้อความ")
        live = device.event("message.created")
    assert http.get(f"{chat}/log", headers=bearer).json()["events"] == [live]


def test_commands_over_http(http, chat, bearer):
    key = unique("k")
    first = say(http, chat, bearer, "once", key)
    assert first["offset"] == 1 and first["data"]["message"]
    assert say(http, chat, bearer, "once", key) == first
    other = http.post(f"{chat}/commands", headers={**bearer, "Idempotency-Key": key},
                      json={"name": "message.send", "data": {"text": "other"}})
    problem(other, 422, 2402)
    problem(http.post(f"{chat}/commands", headers=bearer, json={"name": "message.fling"}), 400, 2201)
    problem(http.post(f"{chat}/commands", headers=bearer, json={"name": "message.send", "data": {}}), 400, 2400)
    problem(http.post(f"{chat}/commands", headers=bearer, json={"name": "reply.regenerate"}), 409, 2401)
    problem(http.post(f"{chat}/commands", headers=bearer, json={"data": {}}), 400, 2200)
    assert http.get(chat, headers=bearer).json()["offset"] == 1


def test_a_platforms_backend_speaks_in_any_session_of_its_tenant(http, chat, service, sala):
    say(http, chat, service, "from the platform")
    stranger = {"Authorization": f"Bearer {sala.token('company_a', 'service')}"}
    problem(http.post(f"{chat}/commands", headers=stranger, json={"name": "message.read", "data": {"offset": 0}}), 404, 2301)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"name":"\xff"}', b"[" * 200_000, b'{"a":1,"a":2}'])
def test_bodies_that_are_no_command(http, chat, bearer, body):
    problem(http.post(f"{chat}/commands", headers=bearer, content=body), 400, 2200)


@pytest.mark.parametrize("method,path", [
    ("GET", ""), ("GET", "/log"), ("GET", "/events"), ("POST", "/commands"), ("PUT", "")])
def test_rights_over_http(sala, http, chat, method, path):
    body = {"json": {"name": "message.read", "data": {"offset": 0}}} if method == "POST" else {}
    anonymous = http.request(method, chat + path, **body)
    problem(anonymous, 401, 2100)
    assert anonymous.headers["WWW-Authenticate"].startswith("Bearer")
    expired = {"Authorization": f"Bearer {sala.mint(ttl=-3600)}"}
    problem(http.request(method, chat + path, headers=expired, **body), 401, 2101)
    stranger = {"Authorization": f"Bearer {sala.mint()}"}
    problem(http.request(method, chat + path, headers=stranger, **body), 403, 2102)
    if method != "PUT":
        unknown = "/v1/sessions/conversation/" + unique("c")
        problem(http.request(method, unknown + path, headers=stranger, **body), 404, 2301)


def test_two_tokens_are_a_doubt(sala, chat):
    with Raw(sala) as raw:
        token = sala.mint()
        raw.send(f"GET {chat} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
                 f"Authorization: Bearer {token}\r\n\r\n".encode())
        assert raw.answer().status in (400, 401)


# Server-sent events


class Events:
    """The events of a stream: `(id, frame)`."""

    def __init__(self, answer):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        self.lines = answer.iter_lines()

    def next(self):
        identifier, data = None, None
        for line in self.lines:
            if line.startswith("id:"):
                identifier = line[3:].strip()
            elif line.startswith("data:"):
                data = line[5:].strip()
            elif line == "" and data is not None:
                return identifier, json.loads(data)
        return None, None

    def rest(self):
        found = []
        while (event := self.next())[1] is not None:
            found.append(event[1])
        return found


def test_a_stream_begins_with_a_snapshot_and_resumes_from_its_last_event(http, chat, bearer):
    say(http, chat, bearer, "one")
    with http.stream("GET", f"{chat}/events", headers=bearer) as answer:
        events = Events(answer)
        first, subscribed = events.next()
        assert (subscribed["type"], subscribed["outcome"]) == ("subscribed", "snapshot")
        identifier, snapshot = events.next()
        assert snapshot["type"] == "snapshot" and snapshot["offset"] == 1
        assert identifier == first == f"{snapshot['epoch']}:1"
        say(http, chat, bearer, "two")
        identifier, event = events.next()
        assert event["name"] == "message.created" and identifier == f"{snapshot['epoch']}:2"
    for n in range(3):
        say(http, chat, bearer, f"missed {n}")
    with http.stream("GET", f"{chat}/events", headers={**bearer, "Last-Event-ID": identifier}) as answer:
        events = Events(answer)
        assert events.next()[1]["outcome"] == "resumed"
        replayed = [events.next() for _ in range(3)]
        assert [frame["offset"] for _, frame in replayed] == [3, 4, 5]
        assert all(frame["replay"] for _, frame in replayed)
        assert replayed[-1][0] == f"{snapshot['epoch']}:5"
        say(http, chat, bearer, "live")
        assert "replay" not in events.next()[1]


def test_the_position_behind_a_resume_without_news_is_the_old_one(http, chat, bearer):
    say(http, chat, bearer, "one")
    epoch = http.get(chat, headers=bearer).json()["epoch"]
    with http.stream("GET", f"{chat}/events", headers={**bearer, "Last-Event-ID": f"{epoch}:0"}) as answer:
        events = Events(answer)
        identifier, frame = events.next()
        # A client that is cut off here must not skip what is still to be replayed.
        assert frame["outcome"] == "resumed" and identifier in (None, f"{epoch}:0")
        assert events.next()[0] == f"{epoch}:1"


def test_a_ticket_opens_one_stream(http, chat, bearer):
    ticket = http.post("/v1/tickets", headers=bearer)
    assert ticket.status_code == 201
    address = f"{chat}/events?ticket={ticket.json()['ticket']}"
    with http.stream("GET", address) as answer:
        assert Events(answer).next()[1]["type"] == "subscribed"
    problem(http.get(address), 401, 2104)
    # A ticket is for streams and sockets only.
    other = http.post("/v1/tickets", headers=bearer).json()["ticket"]
    problem(http.get(f"{chat}?ticket={other}"), 401, 2100)


@pytest.mark.parametrize("position,code", [("x", 2304), (":", 2304), ("e:-1", 2304), ("e:1.5", 2304)])
def test_a_last_event_that_is_none_of_ours(http, chat, bearer, position, code):
    problem(http.get(f"{chat}/events", headers={**bearer, "Last-Event-ID": position}), 400, code)


def test_a_stream_of_another_history_is_reset(http, chat, bearer):
    with http.stream("GET", f"{chat}/events", headers={**bearer, "Last-Event-ID": "another:1"}) as answer:
        frame = Events(answer).next()[1]
        assert (frame["outcome"], frame["why"]) == ("reset", "epoch")


def test_a_stream_ends_with_its_session(http, chat, bearer):
    with http.stream("GET", f"{chat}/events", headers=bearer) as answer:
        events = Events(answer)
        events.next(), events.next()
        gone = http.post(f"{chat}/commands", headers=bearer, json={"name": "conversation.delete", "data": {}})
        assert gone.status_code == 200
        rest = events.rest()
    assert rest[0]["name"] == "conversation.deleted"
    assert (rest[1]["type"], rest[1]["why"]) == ("unsubscribed", "deleted")
    assert len(rest) == 2


def test_a_stream_ends_with_its_token(sala, http, chat, owner):
    bearer = {"Authorization": f"Bearer {sala.mint(owner)}"}
    with http.stream("GET", f"{chat}/events", headers=bearer) as answer:
        events = Events(answer)
        events.next(), events.next()
        assert http.post("/v1/tokens/revoke", headers=bearer).status_code == 204
        assert [frame["code"] for frame in events.rest()] == [2103]


# HTTP


def test_routes_that_are_not(http):
    for path in ("/nothing", "/v1", "/v1/sessions/conversation", "/v2/socket", "/health/", "/demo/nothing", "/.env"):
        answer = http.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method,path,allowed", [
    ("DELETE", "/health", "GET, HEAD"), ("POST", "/v1/socket", "GET, HEAD"), ("GET", "/v1/tickets", "POST"),
    ("PATCH", "/v1/sessions/conversation/c_1", "GET, HEAD, PUT"), ("PUT", "/v1/sessions/conversation/c_1/log", "GET, HEAD")])
def test_405_says_what_is_allowed(http, method, path, allowed):
    answer = http.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == set(allowed.split(", ")) - {"HEAD"}
    body = answer.json()
    assert body["status"] == 405, "a problem's status is that of its answer (RFC 9457 §3.1.2)"


def test_an_upgrade_is_asked_for(http):
    answer = http.get("/v1/socket")
    assert answer.status_code == 426
    assert answer.headers["Upgrade"].lower() == "websocket"
    assert answer.json()["status"] == 426


@pytest.mark.parametrize("version,status", [("12", 426), ("8", 426), ("13abc", 426), ("", 400)])
def test_only_version_13_is_spoken(sala, version, status):
    with Raw(sala) as raw:
        raw.send(
            b"GET /v1/socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: " + version.encode() + b"\r\n\r\n")
        answer = raw.answer()
        assert answer.status in (400, status)
        if answer.status == 426:
            assert answer.headers["sec-websocket-version"] == "13"


def test_head_is_get_without_the_body(sala, chat, owner):
    token = sala.mint(owner)
    with Raw(sala) as raw:
        for path in ("/health", "/metrics", "/demo/chat/", chat, "/nothing"):
            lengths = []
            for method in ("GET", "HEAD"):
                raw.send(f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
                answer = raw.answer(method)
                lengths.append((answer.status, answer.headers["content-type"]))
            assert lengths[0] == lengths[1]
        assert not raw.buffer


def test_a_connection_is_kept(sala):
    with Raw(sala) as raw:
        for n in range(20):
            raw.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            assert raw.answer().status == 200


def test_connection_close_closes(sala):
    with Raw(sala) as raw:
        raw.send(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = raw.answer()
        assert answer.status == 200 and answer.headers["connection"] == "close"
        assert raw.is_closed()


def test_http_1_0_is_answered_and_closed(sala):
    with Raw(sala) as raw:
        raw.send(b"GET /health HTTP/1.0\r\n\r\n")
        assert raw.answer().status == 200
        assert raw.is_closed()


def test_pipelined_requests_are_answered_in_order(sala, chat, owner):
    token = sala.mint(owner)
    count = 50
    requests = b""
    for n in range(count):
        body = json.dumps({"name": "message.send", "data": {"text": f"{n}"}}).encode()
        requests += (
            f"POST {chat}/commands HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        requests += b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
    with Raw(sala) as raw:
        raw.send(requests)
        answers = [raw.answer() for _ in range(2 * count)]
    assert [answer.status for answer in answers] == [200, 404] * count
    assert [json.loads(answer.body)["offset"] for answer in answers[::2]] == list(range(1, count + 1))


def test_half_closed_clients_get_their_answers(sala):
    with Raw(sala) as raw:
        raw.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
        raw.finish()
        assert [answer.status for answer in raw.answers()] == [200] * 5


def test_one_byte_at_a_time(sala, chat, owner):
    body = json.dumps({"name": "message.send", "data": {"text": "ทีละไบต์"}}).encode()
    chunked = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body) + b"0\r\n\r\n"
    head = (f"POST {chat}/commands HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {sala.mint(owner)}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()
    with Raw(sala) as raw:
        for byte in head + chunked:
            raw.send(bytes([byte]))
        answer = raw.answer()
    assert answer.status == 200, answer.body


def test_expect_100_continue(sala, chat, owner):
    body = json.dumps({"name": "message.send", "data": {"text": "x"}}).encode()
    with Raw(sala) as raw:
        raw.send((f"POST {chat}/commands HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {sala.mint(owner)}\r\n"
                  f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n").encode())
        assert raw.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.send(body)
        assert raw.answer().status == 200


@pytest.mark.parametrize("declared", [str(MAX_BODY_BYTES + 1), str(2**30), str(2**63 - 1)])
def test_a_body_that_is_declared_too_large_is_413_before_it_is_read(sala, declared):
    with Raw(sala) as raw:
        raw.send(f"POST /v1/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: {declared}\r\n\r\n".encode())
        assert raw.answer().status == 413
        assert raw.is_closed()


def test_a_chunked_body_that_becomes_too_large_is_413(sala):
    with Raw(sala) as raw:
        raw.send(b"POST /v1/tickets HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            raw.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        answers = raw.answers()
        assert [answer.status for answer in answers] == [413]


@pytest.mark.parametrize("request_bytes,status", [
    (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", 431)])
def test_heads_that_are_too_large(sala, request_bytes, status):
    with Raw(sala) as raw:
        raw.send(request_bytes)
        answers = raw.answers()
        assert [answer.status for answer in answers] == [status]


# What an attacker wants to have answered.
EMBEDDED = b"GET /health?embedded HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /v1/tickets HTTP/1.1\r\nHost: a\r\n"


def body_with(*fields, body=b"0\r\n\r\n"):
    return POST + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
SMUGGLING = {
    "a length and chunks": body_with(b"Content-Length: 5", CHUNKED),
    "chunks and a length": body_with(CHUNKED, b"Content-Length: 5"),
    "two lengths": body_with(b"Content-Length: 0", b"Content-Length: 5"),
    "two equal lengths": body_with(b"Content-Length: 5", b"Content-Length: 5"),
    "a list of lengths": body_with(b"Content-Length: 5, 5"),
    "a length with a sign": body_with(b"Content-Length: +5"),
    "a negative length": body_with(b"Content-Length: -1"),
    "a length in hexadecimal": body_with(b"Content-Length: 0x5"),
    "a length with a space in it": body_with(b"Content-Length: 5 5"),
    "a length with an exponent": body_with(b"Content-Length: 1e1"),
    "an empty length": body_with(b"Content-Length:"),
    "a length of 2^64": body_with(b"Content-Length: 18446744073709551616"),
    "a length of 40 digits": body_with(b"Content-Length: " + b"9" * 40),
    "a length in Arabic digits": body_with("Content-Length: ٥".encode()),
    "a length behind a space before the colon": body_with(b"Content-Length : 5"),
    "chunks behind a space before the colon": body_with(b"Transfer-Encoding : chunked"),
    "chunks behind a tab before the colon": body_with(b"Transfer-Encoding\t: chunked"),
    "chunks in a folded line": body_with(b"Transfer-Encoding:\r\n chunked"),
    "a folded line of something else": body_with(b"X: y", b" Transfer-Encoding: chunked"),
    "chunks, in another word": body_with(b"Transfer-Encoding: xchunked"),
    "chunks, twice": body_with(b"Transfer-Encoding: chunked, chunked"),
    "chunks that are not last": body_with(b"Transfer-Encoding: chunked, identity"),
    "two encodings in two lines": body_with(CHUNKED, b"Transfer-Encoding: identity"),
    "identity": body_with(b"Transfer-Encoding: identity"),
    "an empty encoding": body_with(b"Transfer-Encoding:"),
    "a quoted encoding": body_with(b'Transfer-Encoding: "chunked"'),
    "an encoding with a vertical tab": body_with(b"Transfer-Encoding: \x0bchunked"),
    "an encoding with a NUL": body_with(b"Transfer-Encoding: chunked\x00"),
    "an encoding with a bare CR": body_with(b"X: y\rTransfer-Encoding: chunked"),
    "bare LF between the lines": b"POST /v1/tickets HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
    "one bare LF": POST + b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /v1/tickets HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": body_with(CHUNKED, body=b"10000000000000000\r\n"),
    "a negative chunk size": body_with(CHUNKED, body=b"-1\r\nx\r\n0\r\n\r\n"),
    "a chunk size with 0x": body_with(CHUNKED, body=b"0x1\r\nx\r\n0\r\n\r\n"),
    "an empty chunk size": body_with(CHUNKED, body=b"\r\nx\r\n0\r\n\r\n"),
    "a space before the chunk size": body_with(CHUNKED, body=b" 1\r\nx\r\n0\r\n\r\n"),
    "no CRLF behind a chunk": body_with(CHUNKED, body=b"1\r\nxx\r\n0\r\n\r\n"),
    "a bare LF behind a chunk size": body_with(CHUNKED, body=b"1\nx\r\n0\r\n\r\n"),
    "a bare LF in a chunk extension": body_with(CHUNKED, body=b"1;a\nx\r\n0\r\n\r\n"),
    "a bare CR in a chunk extension": body_with(CHUNKED, body=b"1;a\rx\r\n0\r\n\r\n"),
    "endless chunk extensions": body_with(CHUNKED, body=b"1;" + b"a" * 10_000 + b"\r\nx\r\n0\r\n\r\n"),
    "endless trailers": body_with(CHUNKED, body=b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n"),
    "a length in the trailers": body_with(CHUNKED, body=b"0\r\nContent-Length: 5\r\nBad Name: x\r\n\r\n"),
    "a header without a colon": body_with(b"Content-Length"),
    "a header without a name": body_with(b": chunked"),
    "no Host": b"GET /health HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a Host with a space": b"GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
    "another version": b"GET /health HTTP/1.1x\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
    "HTTP/0.9": b"GET /health\r\n",
    "a dot-dot segment": b"GET /demo/chat/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "an encoded dot-dot segment": b"GET /demo/chat/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL in the target": b"GET /health\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
}
assert len(SMUGGLING) > 50


@pytest.mark.parametrize("shape", SMUGGLING)
def test_smuggling_is_refused_and_nothing_behind_it_is_answered(sala, shape):
    with Raw(sala) as raw:
        raw.send(SMUGGLING[shape] + EMBEDDED)
        answers = raw.answers()
    assert len(answers) == 1, [answer.status for answer in answers]
    assert answers[0].status in (400, 413, 414, 431, 501, 505), answers[0]
    assert b'"status":"ok"' not in answers[0].body
    assert answers[0].headers["connection"] == "close"


def test_a_get_with_a_body_does_not_make_the_body_a_request(sala):
    with Raw(sala) as raw:
        raw.send(b"GET /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(EMBEDDED) + EMBEDDED)
        raw.finish()
        assert [answer.status for answer in raw.answers()] == [404]


@pytest.mark.parametrize("cut", [
    b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: a\r\n", POST + b"Content-Length: 10\r\n\r\nhalf",
    POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nha"])
def test_half_a_request_and_an_end_gets_no_answer(sala, cut):
    with Raw(sala) as raw:
        raw.send(cut)
        raw.finish()
        assert [answer.status for answer in raw.answers()] in ([], [400])


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


def test_the_protocols_vectors_hold_on_the_wire(sala):
    """Every request of Protocol/vectors/http1 that ends in a violation, sent to the server, with a request behind it."""
    wrong, count = [], 0
    for stem, vector in refused_vectors():
        count += 1
        good = vector["expect"].get("requests", [])
        with Raw(sala) as raw:
            raw.send(raw_bytes(vector["input"]) + EMBEDDED)
            answers = raw.answers([request.get("method", "GET") for request in good])
        statuses = [answer.status for answer in answers]
        if len(statuses) != len(good) + 1 or statuses[-1] != vector["expect"]["status"]:
            wrong.append(f"{stem}: {vector['name']}: {statuses}, not {len(good)} and {vector['expect']['status']}")
    assert not wrong, "\n".join(wrong)
    assert count > 200


# Slowness


def dribble(raw, pieces, patience):
    """Sends piece after piece, one every half second, until the server answers or closes; returns the seconds and answer."""
    since = time.monotonic()
    raw.socket.settimeout(0.5)
    while time.monotonic() - since < patience:
        try:
            raw.socket.sendall(next(pieces, b""))
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            break
        try:
            data = raw.socket.recv(65_536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            data = b""
        return time.monotonic() - since, data
    return time.monotonic() - since, None


def test_slow_heads_and_bodies_get_408_while_health_answers(sala, http):
    def endless(first):
        yield first
        while True:
            yield b"X"

    slow = {
        "nothing at all": (endless(b""), None),
        "a request line": (endless(b"GET /he"), b"HTTP/1.1 408 "),
        "a header line": (endless(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: "), b"HTTP/1.1 408 "),
        "a body": (endless(POST + b"Content-Length: 100000\r\n\r\n"), b"HTTP/1.1 408 "),
    }
    slow["nothing at all"] = (iter([]), b"")
    patience = HEAD_TIMEOUT + LATENESS
    with concurrent.futures.ThreadPoolExecutor(len(slow) + 1) as pool:
        connections = {name: Raw(sala) for name in slow}
        since = time.monotonic()
        dribbling = {
            name: pool.submit(dribble, connections[name], pieces, patience) for name, (pieces, _) in slow.items()}
        slowest = 0
        while not all(future.done() for future in dribbling.values()):
            started = time.monotonic()
            assert http.get("/health").status_code == 200
            slowest = max(slowest, time.monotonic() - started)
            assert time.monotonic() - since < patience + 5
            time.sleep(0.05)
        for name, future in dribbling.items():
            seconds, data = future.result()
            expected = slow[name][1]
            assert data is not None, f"{name}: still open after {seconds:.0f} s"
            assert data.startswith(expected) and (expected or not data), (name, data[:200])
            assert seconds > HEAD_TIMEOUT - 1, f"{name}: {seconds:.1f} s"
            assert expected == b"" or b"connection: close" in data.lower()
            connections[name].socket.close()
    assert slowest < HEALTH, f"/health took {slowest:.2f} s"
