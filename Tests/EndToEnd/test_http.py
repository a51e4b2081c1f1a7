"""HTTP of Protocol/openapi.yaml. Bytes that are no HTTP are in test_hostile_http.py."""

import concurrent.futures
import gzip
import json
import os
import re
import socket
import ssl
import struct
import subprocess
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
    assert answer.headers["Connection"] == "Upgrade"
    assert answer.json()["status"] == 426


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


# What every answer says


def test_every_answer_is_dated_and_nothing_to_embed_or_store(sala, chat, bearer, http):
    requests = [
        ("GET", "/health"), ("HEAD", "/health"), ("GET", "/metrics"), ("GET", chat), ("GET", "/nothing"), ("PUT", "/health"),
        ("GET", "/v1/socket"), ("POST", "/v1/tickets"), ("OPTIONS", chat), ("GET", f"{chat}/log"), ("GET", "/")]
    for method, path in requests:
        answer = http.request(method, path, headers=bearer, follow_redirects=False)
        for name, value in {
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        }.items():
            assert answer.headers.get(name) == value, (method, path, name)
        assert answer.headers["Date"] and "Origin" in answer.headers["Vary"], (method, path)
        assert answer.headers["Cache-Control"] == ("private, no-cache" if path == chat and method == "GET" else "no-store") \
            or path == "/v1/tickets", (method, path)
    page = http.get("/demo/chat/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-cache"
    with Raw(sala) as raw:
        raw.send(b"nonsense\r\n\r\n")
        refused = raw.answer()
        assert refused.status == 400 and refused.headers["date"] and refused.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("expectation,status", [("100-Continue", 200), ("nonsense", 417), ("100-continue, nonsense", 417)])
def test_expectations(sala, expectation, status):
    with Raw(sala) as raw:
        raw.send(f"GET /health HTTP/1.1\r\nHost: a\r\nExpect: {expectation}\r\n\r\n".encode())
        assert raw.answer().status == status


def test_head_of_every_get_is_its_head(sala, http, chat, bearer):
    document = (PROTOCOL / "openapi.yaml").read_text()
    count = 0
    for path, _ in re.findall(r"^  (/\S*):\n((?:    .*\n)*?)    get:", document, re.MULTILINE):
        if "echo" in path:
            continue
        count += 1
        path = path.replace("{kind}/{id}", chat.split("/", 3)[3]).replace("{id}", chat.rsplit("/", 1)[1])
        with http.stream("GET", path, headers=bearer) as get:
            pass
        head = http.head(path, headers=bearer)
        assert head.status_code == get.status_code, path
        ours = {name: head.headers.get(name) for name in head.headers if name not in ("date", "content-length")}
        assert ours == {name: get.headers.get(name) for name in get.headers if name not in ("date", "content-length")}, path
        assert head.content == b""
    assert count > 8


def test_ranges_of_nothing_are_not_looked_at(http, chat, bearer):
    many = "bytes=" + ",".join(f"{n}-{n}" for n in range(1000))
    for path in ("/demo/chat/", "/health", chat, "/metrics"):
        for value in ("bytes=0-0", "bytes=5-4", "bytes=999999999-", "bytes=-0", many):
            answer = http.get(path, headers={**bearer, "Range": value})
            assert answer.status_code == 200 and "Content-Range" not in answer.headers, (path, value[:20])
    assert http.get("/demo/chat/").headers["Accept-Ranges"] == "none"


# CORS


def preflight(http, path, origin, **fields):
    return http.options(path, headers={
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type", **fields})


def test_preflights_name_the_origin_and_what_it_may_do(sala, http):
    for path in ("/v1/tickets", "/t/jeco/api/v1/chat/messages"):
        answer = preflight(http, path, sala.http)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == sala.http
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        for name in ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"):
            assert name in answer.headers["Access-Control-Allow-Headers"]
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        for origin in ("https://evil.example", "null", sala.http + ".evil.example"):
            refused = preflight(http, path, origin)
            assert not [name for name in refused.headers if name.startswith("access-control-")], origin
            assert "Origin" in refused.headers["Vary"]


def test_every_tenant_has_its_own_pages(own_sala):
    server = own_sala()
    server.stop()
    keys = server.data / "keys.json"
    tenants = json.loads(keys.read_text())
    tenants["jeco"].update(origins=["https://jeco.example"], hosts=["api.jeco.example"])
    tenants["company_a"].update(origins=["https://a.example"])
    keys.write_text(json.dumps(tenants))
    server.start()
    with httpx.Client(base_url=server.http, trust_env=False, timeout=PATIENCE) as http:
        allows = lambda *args, **fields: preflight(http, *args, **fields).headers.get("Access-Control-Allow-Origin")  # noqa: E731
        chat = "/t/jeco/api/v1/chat/messages"
        assert allows(chat, "https://jeco.example") == "https://jeco.example"
        assert allows(chat, "https://a.example") is None
        assert allows("/api/v1/chat/messages", "https://jeco.example", Host="api.jeco.example") == "https://jeco.example"
        assert allows("/v1/tickets", "https://a.example", Host="api.jeco.example") is None
        assert allows("/v1/tickets", "https://a.example") == "https://a.example"
        bearer = {"Authorization": f"Bearer {server.mint()}"}
        own = http.post("/v1/tickets", headers={**bearer, "Origin": "https://jeco.example"})
        assert own.status_code == 201 and own.headers["Access-Control-Allow-Origin"] == "https://jeco.example"
        for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-ID"):
            assert name in own.headers["Access-Control-Expose-Headers"]
        other = http.post("/v1/tickets", headers={**bearer, "Origin": "https://a.example"})
        problem(other, 403, 2105)
        assert "Access-Control-Allow-Origin" not in other.headers and "Origin" in other.headers["Vary"]
        cookie = {"Cookie": f"accessToken={server.mint()}"}
        assert http.post("/v1/tickets", headers={**cookie, "Origin": "https://jeco.example"}).status_code == 201
        problem(http.post("/v1/tickets", headers={**cookie, "Origin": "https://a.example"}), 403, 2105)


# Content codings


def test_long_answers_are_compressed_for_who_takes_it(sala, http, chat, bearer):
    say(http, chat, bearer, "เก็บเงินดาวน์บ้าน " * 100)
    for path in (chat, f"{chat}/log"):
        plain = http.get(path, headers={**bearer, "Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers and "Accept-Encoding" in plain.headers["Vary"]
        with http.stream("GET", path, headers={**bearer, "Accept-Encoding": "gzip"}) as answer:
            coded = b"".join(answer.iter_raw())
        assert answer.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer.headers["Vary"]
        assert gzip.decompress(coded) == plain.content and len(coded) < len(plain.content)
        for value in ("gzip;q=0", "br", "gzip;q=0.1, identity;q=0.2"):
            assert "Content-Encoding" not in http.get(path, headers={**bearer, "Accept-Encoding": value}).headers, value
    short = http.get("/health", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in short.headers
    forced = http.get("/health", headers={"Accept-Encoding": "gzip, *;q=0"})
    assert forced.headers["Content-Encoding"] == "gzip" and forced.json()["status"] == "ok"


def test_streams_and_secrets_are_not_compressed(http, chat, bearer):
    with http.stream("GET", f"{chat}/events", headers={**bearer, "Accept-Encoding": "gzip, *;q=0"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert Events(answer).next()[1]["type"] == "subscribed"
    ticket = http.post("/v1/tickets", headers={**bearer, "Accept-Encoding": "gzip, *;q=0"})
    assert "Content-Encoding" not in ticket.headers and "no-transform" in ticket.headers["Cache-Control"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_coded_bodies_are_415(http, chat, bearer, coding):
    body = gzip.compress(b'{"name":"message.send","data":{"text":"x"}}')
    answer = http.post(f"{chat}/commands", headers={**bearer, "Content-Encoding": coding}, content=body)
    problem(answer, 415, 2203)
    assert answer.headers["Accept-Encoding"] == "identity"


def test_pages_are_told_apart_by_their_content(http):
    path = "/demo/chat/chat.js"
    plain = http.get(path, headers={"Accept-Encoding": "identity"})
    coded = http.get(path, headers={"Accept-Encoding": "gzip"})
    assert coded.headers["Content-Encoding"] == "gzip" and coded.content == plain.content
    assert int(coded.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    tags = plain.headers["ETag"], coded.headers["ETag"]
    assert tags[0] != tags[1] and not any(tag.startswith("W/") for tag in tags)
    for tag, encoding in zip(tags, ("identity", "gzip")):
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = http.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": known})
            assert answer.status_code == 304 and answer.content == b"", known
            assert answer.headers["ETag"] == tag and answer.headers["Cache-Control"] == "no-cache"
            assert "Accept-Encoding" in answer.headers["Vary"] and answer.headers["Date"]
            assert answer.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]
        other = {"identity": "gzip", "gzip": "identity"}[encoding]
        assert http.get(path, headers={"Accept-Encoding": other, "If-None-Match": tag}).status_code == 200


# Proxies


def proxy_header(client="192.0.2.1"):
    addresses = socket.inet_aton(client) + socket.inet_aton("198.51.100.2") + struct.pack(">HH", 56324, 443)
    return b"\r\n\r\n\0\r\nQUIT\n" + b"\x21\x11" + struct.pack(">H", len(addresses)) + addresses


def test_the_proxy_protocol_is_required_of_proxies_and_of_nobody_else(own_sala):
    server = own_sala(SALA_TRUSTED_PROXIES="127.0.0.2, 2001:db8::/32", SALA_PROXY_PROTOCOL="on")
    request = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    with Raw(server, source="127.0.0.2") as raw:
        raw.send(proxy_header() + request)
        assert raw.answer().status == 200
        raw.send(request)
        assert raw.answer().status == 200, "the header comes once a connection"
    for first in (request, b"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n", proxy_header()[:14] + b"\xff\xff"):
        with Raw(server, source="127.0.0.2") as raw:
            raw.send(first)
            assert raw.is_closed(), "dropped without a word"
    with Raw(server) as raw:
        raw.send(request)
        assert raw.answer().status == 200, "no header from who is no proxy"
    with Raw(server) as raw:
        raw.send(proxy_header() + request)
        assert raw.answer().status == 400


@pytest.mark.parametrize("environment,key", [
    ({"SALA_TRUSTED_PROXIES": "10.0.0.1/8"}, "SALA_TRUSTED_PROXIES"), ({"SALA_TRUSTED_PROXIES": "all"}, "SALA_TRUSTED_PROXIES"),
    ({"SALA_PROXY_PROTOCOL": "on"}, "SALA_PROXY_PROTOCOL"),
    ({"SALA_TRUSTED_PROXIES": "10.0.0.0/8", "SALA_PROXY_PROTOCOL": "yes"}, "SALA_PROXY_PROTOCOL")])
def test_proxies_that_cannot_be_are_named_at_the_start(executable, tmp_path, environment, key):
    ended = subprocess.run(
        [*executable, "serve"], cwd=tmp_path, env={**os.environ, **environment}, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 78 and key + ":" in ended.stderr + ended.stdout
