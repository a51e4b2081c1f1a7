"""HTTP of Protocol/openapi.yaml. Bytes that are no HTTP are in test_hostile_http.py."""

import concurrent.futures
import json

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
    with httpx.Client(base_url=sala.http, trust_env=False, timeout=PATIENCE) as client:
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
