"""The contract as an outside client sees it: sockets, HTTP, the advisor, the stand-ins, the command line."""

import json
import subprocess
import time
import uuid

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from conftest import request

PATIENCE = 15  # Seconds that anything may take here; far more than it needs.


class Socket:
    """One device, in the protocol sala.v1.json."""

    def __init__(self, server, token=None, hello=True, **options):
        self.socket = connect(
            server.http.replace("http", "ws", 1) + "/v1/socket", subprotocols=["sala.v1.json"],
            **server.websocket_options, **options
        )
        self.frames = []
        self.ids = 0
        if hello:
            self.send({"type": "hello", "token": token or server.token()})
            self.welcome = self.until(lambda frame: frame["type"] in ("welcome", "fault"))

    def send(self, frame):
        self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def receive(self):
        self.frames.append(json.loads(self.socket.recv(timeout=PATIENCE)))
        return self.frames[-1]

    def until(self, matches):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if matches(frame := self.receive()):
                return frame
        raise AssertionError("the frame did not come")

    def ask(self, frame):
        """Sends a request and returns its answer."""
        self.ids += 1
        self.send({**frame, "id": self.ids})
        return self.until(lambda answer: answer.get("id") == self.ids)

    def command(self, session, name, data=None, key=None):
        extra = {"key": key} if key else {}
        return self.ask({"type": "command", "session": session, "name": name, "data": data or {}, **extra})

    def event(self, *names):
        return self.until(lambda frame: frame["type"] == "event" and frame["name"] in names)

    def close_code(self):
        with pytest.raises(ConnectionClosed):
            while True:
                self.receive()
        return self.socket.protocol.close_code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def chat(sala, conversation_id):
    """A conversation of people: no advisor speaks in between."""
    status, _, text = request(
        "PUT", f"{sala.http}/v1/sessions/conversation/{conversation_id}",
        {"owner": "u_1", "advisor": False, "participants": ["u_2"]}, sala.token(role="service"))
    assert status == 201, text
    return f"conversation/{conversation_id}"


def control(sala, name, **behaviour):
    assert request("POST", f"{sala.standins}/_control/{name}", behaviour)[0] == 200


@pytest.fixture
def models(sala):
    """The stand-ins for the models, as they are by themselves before and after the test."""
    names = ("openai", "anthropic", "gemini")

    def reset():
        for name in names:
            assert request("DELETE", f"{sala.standins}/_control/{name}")[0] == 204
            assert request("DELETE", f"{sala.standins}/_control/{name}/calls")[0] == 204

    reset()
    yield lambda name, **behaviour: control(sala, name, **behaviour)
    reset()


def calls(sala, name):
    return json.loads(request("GET", f"{sala.standins}/_control/{name}/calls")[2])["calls"]


# The socket


def test_the_first_answer_is_a_welcome_with_the_limits(sala):
    with Socket(sala) as device:
        assert device.welcome["type"] == "welcome" and device.welcome["tenant"] == "jeco"
        assert device.welcome["limits"]["maxFrameBytes"] == 65536


def test_a_command_is_answered_and_seen_by_every_device(sala, chat):
    with Socket(sala) as one, Socket(sala) as two:
        for device in (one, two):
            assert device.ask({"type": "subscribe", "session": chat})["outcome"] == "snapshot"
            assert device.receive()["type"] == "snapshot"
        answer = one.command(chat, "message.send", {"text": "สวัสดี"})
        seen = two.event("message.created")
        assert answer["type"] == "ok" and seen["offset"] == answer["offset"] == 1
        assert seen["data"]["message"]["text"] == "สวัสดี"


def test_resume_replays_exactly_what_was_missed(sala, chat):
    with Socket(sala) as device:
        position = device.ask({"type": "subscribe", "session": chat})
        for number in range(5):
            device.command(chat, "message.send", {"text": str(number)})
    with Socket(sala) as device:
        origin = {"epoch": position["epoch"], "offset": 2}
        assert device.ask({"type": "subscribe", "session": chat, "from": origin})["outcome"] == "resumed"
        replayed = [device.receive() for _ in range(3)]
        assert [frame["offset"] for frame in replayed] == [3, 4, 5] and all(frame["replay"] for frame in replayed)
        beyond = device.ask({"type": "subscribe", "session": chat, "from": {**origin, "offset": 99}})
        assert beyond["code"] == 2304
        other = device.ask({"type": "subscribe", "session": chat, "from": {"epoch": "other", "offset": 1}})
        assert other["outcome"] == "reset" and other["why"] == "epoch"


def test_a_key_gets_the_first_answer_again_and_no_other_command(sala, chat):
    with Socket(sala) as device:
        key = str(uuid.uuid4())
        first = device.command(chat, "message.send", {"text": "once"}, key)
        again = device.command(chat, "message.send", {"text": "once"}, key)
        assert (again["offset"], again["data"]) == (first["offset"], first["data"])
        assert device.command(chat, "message.send", {"text": "twice"}, key)["code"] == 2402
    status, _, text = request("GET", f"{sala.http}/v1/sessions/{chat}/log", token=sala.token())
    assert status == 200 and len(json.loads(text)["events"]) == 1


def test_a_signal_reaches_the_others_only(sala, chat):
    with Socket(sala) as one, Socket(sala) as two:
        for device in (one, two):
            device.ask({"type": "subscribe", "session": chat})
            device.receive()
        one.send({"type": "signal", "session": chat, "name": "typing", "data": {}})
        assert two.until(lambda frame: frame["type"] == "signal")["from"] == "u_1"
        one.send({"type": "ping", "n": 7})
        assert one.receive() == {"type": "pong", "n": 7}


@pytest.mark.parametrize(
    "frame, code",
    [
        ("{nope", 2200), ("[]", 2200), ({"type": "fly"}, 2201), ({"type": "command", "session": "x"}, 2200),
        ({"type": "subscribe", "session": "conversation/never"}, 2301),
        ({"type": "subscribe", "session": "castle/1"}, 2301),
        ({"type": "command", "session": "conversation/never", "name": "reply.cancel", "data": {}}, 2301),
        ({"type": "refresh", "token": "x"}, 2100),
    ],
)
def test_bad_frames_get_their_fault_and_the_socket_stays(sala, frame, code):
    with Socket(sala) as device:
        device.send(frame)
        assert device.until(lambda answer: answer["type"] == "fault")["code"] == code
        device.send({"type": "ping", "n": 1})
        assert device.receive()["type"] == "pong"


@pytest.mark.parametrize(
    "name, data, code",
    [
        ("message.send", {}, 2400), ("message.send", {"text": "  "}, 2400), ("message.send", {"text": "x" * 20000}, 2202),
        ("reply.cancel", {"reply": "r_none"}, 2401), ("message.read", {"offset": 99}, 2400), ("fly", {}, 2201),
    ],
)
def test_bad_commands_get_their_fault(sala, chat, name, data, code):
    with Socket(sala) as device:
        assert device.command(chat, name, data)["code"] == code


def test_a_stranger_sees_nothing(sala, chat):
    token = subprocess.run(
        [*sala.command[:1], "token", "--tenant", "jeco", "--subject", "u_9", "--role", "customer",
         "--data", str(sala.dev_json.parent)], capture_output=True, text=True, check=True).stdout.strip()
    with Socket(sala, token) as device:
        assert device.ask({"type": "subscribe", "session": chat})["code"] == 2102
        assert device.command(chat, "message.send", {"text": "x"})["code"] == 2102
    with Socket(sala, sala.token("pawnshop")) as device:
        assert device.ask({"type": "subscribe", "session": chat})["code"] == 2301


def test_bad_credentials_end_the_socket(sala):
    with Socket(sala, hello=False) as device:
        device.send({"type": "hello", "token": "a.b.c"})
        assert device.receive()["code"] == 2100
        assert device.close_code() == 4500


def test_hello_comes_first_and_in_time(sala):
    with Socket(sala, hello=False) as device:
        device.send({"type": "ping", "n": 1})
        assert device.receive()["code"] == 2204
        assert device.close_code() == 4502


def test_oversize_frames_end_the_socket(sala):
    with Socket(sala) as device:
        device.send("x" * 70000)
        assert device.close_code() == 1009


def test_a_foreign_page_is_refused(sala):
    from websockets.exceptions import InvalidStatus
    with pytest.raises(InvalidStatus) as refusal:
        Socket(sala, origin="https://evil.example")
    assert refusal.value.response.status_code == 403


def test_a_revoked_token_loses_its_socket(sala):
    token = subprocess.run(
        [*sala.command[:1], "token", "--tenant", "jeco", "--subject", "u_8", "--role", "customer",
         "--data", str(sala.dev_json.parent)], capture_output=True, text=True, check=True).stdout.strip()
    with Socket(sala, token) as device:
        begin = time.monotonic()
        assert request("POST", f"{sala.http}/v1/tokens/revoke", {}, token)[0] == 204
        assert device.close_code() == 4507 and time.monotonic() - begin < 1
    assert request("GET", f"{sala.http}/v1/sessions/conversation/x", token=token)[0] == 401


# HTTP


def test_snapshots_have_an_etag(sala, chat):
    import urllib.request, urllib.error
    url = f"{sala.http}/v1/sessions/{chat}"
    status, headers, text = request("GET", url, token=sala.token())
    assert status == 200 and json.loads(text)["offset"] == 0
    again = urllib.request.Request(
        url, headers={"Authorization": "Bearer " + sala.token(), "If-None-Match": headers["ETag"]})
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(again)
    assert answer.value.code == 304


def test_creation_is_idempotent_and_staff_only(sala, conversation_id):
    url = f"{sala.http}/v1/sessions/conversation/{conversation_id}"
    facts = {"owner": "u_1", "advisor": True, "title": "เงินเก็บ"}
    assert request("PUT", url, facts, sala.token())[0] == 403
    service = sala.token(role="service")
    assert [request("PUT", url, body, service)[0] for body in (facts, facts, {**facts, "owner": "u_2"})] == [201, 200, 409]


def test_the_log_is_read_in_pages(sala, chat):
    with Socket(sala) as device:
        for number in range(5):
            device.command(chat, "message.send", {"text": str(number)})
    url = f"{sala.http}/v1/sessions/{chat}/log"
    after, offsets = 0, []
    while after is not None:
        page = json.loads(request("GET", f"{url}?after={after}&limit=2", token=sala.token())[2])
        offsets += [event["offset"] for event in page["events"]]
        after = page["next"]
    assert offsets == [1, 2, 3, 4, 5]


def test_an_event_stream_opens_with_a_ticket_that_works_once(sala, chat):
    import urllib.request
    ticket = json.loads(request("POST", f"{sala.http}/v1/tickets", {}, sala.token())[2])["ticket"]
    url = f"{sala.http}/v1/sessions/{chat}/events?ticket={ticket}"
    with urllib.request.urlopen(url, timeout=PATIENCE) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = [stream.readline().decode() for _ in range(2)]
        assert any(line.startswith("data: ") and '"subscribed"' in line for line in lines)
    assert request("GET", url)[0] == 401


def test_problems_are_problem_documents(sala):
    status, headers, text = request("GET", f"{sala.http}/v1/sessions/conversation/x")
    assert status == 401 and headers["Content-Type"] == "application/problem+json" and json.loads(text)["code"] == 2100
    status, headers, _ = request("DELETE", f"{sala.http}/health")
    assert status == 405 and "GET" in headers["Allow"]
    assert request("GET", f"{sala.http}/nowhere")[0] == 404


# The advisor


def test_a_reply_streams_and_adds_up(sala, conversation_id, models):
    text = "เริ่มจากออมก่อนใช้ค่ะ 😀 แล้วค่อยวางแผน"
    models("openai", text=text, tokensPerSecond=60, firstTokenMs=50)
    session = f"conversation/{conversation_id}"
    with Socket(sala) as device:
        reply = device.command(session, "message.send", {"text": "รายได้ 4.5 หมื่นต่อเดือน"})["data"]["reply"]
        device.ask({"type": "subscribe", "session": session})
        done = device.event("reply.completed")
        shown = ""
        for delta in (frame for frame in device.frames if frame["type"] == "delta"):
            assert delta["at"] in (0, len(shown.encode("utf-16-le")) // 2)
            shown = delta["text"] if delta["at"] == 0 else shown + delta["text"]
        assert shown == done["data"]["message"]["text"] == text and done["data"]["reply"] == reply
        assert done["data"]["usage"]["outputTokens"] > 0
    state = sala.conversation(conversation_id)
    assert state["profile"]["income"] == 45000 and state["intent"] == "collect_expense"


def test_cancel_is_durable_and_regenerate_answers_again(sala, conversation_id, models):
    models("openai", tokens=400, tokensPerSecond=20, firstTokenMs=20)
    session = f"conversation/{conversation_id}"
    with Socket(sala) as device:
        reply = device.command(session, "message.send", {"text": "สวัสดี"})["data"]["reply"]
        device.ask({"type": "subscribe", "session": session})
        device.until(lambda frame: frame["type"] == "delta")
        assert device.command(session, "reply.cancel", {"reply": reply})["type"] == "ok"
        assert sala.conversation(conversation_id)["messages"][-1]["status"] == "cancelled"
        assert device.command(session, "reply.cancel", {"reply": reply})["code"] == 2403
        models("openai", tokens=3)
        again = device.command(session, "reply.regenerate")["data"]["reply"]
        assert device.event("reply.completed")["data"]["reply"] == again != reply


def test_a_failing_provider_is_replaced_before_the_first_word(sala, conversation_id, models):
    models("openai", status=500)
    models("anthropic", text="จากอีกเจ้าหนึ่งค่ะ", firstTokenMs=10)
    session = f"conversation/{conversation_id}"
    with Socket(sala) as device:
        device.command(session, "message.send", {"text": "สวัสดี"})
        device.ask({"type": "subscribe", "session": session})
        done = device.event("reply.completed")
        assert done["data"]["message"]["text"] == "จากอีกเจ้าหนึ่งค่ะ" and done["data"]["usage"]["provider"] == "anthropic"


def test_a_break_after_the_first_word_interrupts(sala, conversation_id, models):
    models("openai", tokens=400, tokensPerSecond=200, firstTokenMs=10, disconnectAfterBytes=8000)
    session = f"conversation/{conversation_id}"
    with Socket(sala) as device:
        device.command(session, "message.send", {"text": "สวัสดี"})
        device.ask({"type": "subscribe", "session": session})
        assert device.event("reply.interrupted", "reply.completed", "reply.failed")["name"] == "reply.interrupted"
        assert sala.conversation(conversation_id)["messages"][-1]["text"]


def test_a_second_message_waits_and_is_answered_next(sala, conversation_id, models):
    models("openai", tokens=20, tokensPerSecond=40, firstTokenMs=20)
    session = f"conversation/{conversation_id}"
    with Socket(sala) as device:
        device.command(session, "message.send", {"text": "หนึ่ง"})
        assert "reply" not in device.command(session, "message.send", {"text": "สอง"})["data"]
        device.ask({"type": "subscribe", "session": session})
        first, second = device.event("reply.completed"), device.event("reply.completed")
        assert first["data"]["reply"] != second["data"]["reply"]
    assert any("สอง" in json.dumps(call["body"], ensure_ascii=False) for call in calls(sala, "openai"))


def test_the_platform_s_own_routes(sala, models):
    models("openai", text="ค่าใช้จ่ายต่อเดือนเท่าไหร่คะ", tokensPerSecond=500, firstTokenMs=5)
    base, token, identifier = f"{sala.http}/t/jeco/api/v1/chat", sala.token(), f"conv_{uuid.uuid4().hex}"
    word = f"ก{uuid.uuid4().hex}"
    status, _, text = request(
        "POST", base + "/messages",
        {"conversationId": identifier, "message": f"รายได้ผมประมาณ 45,000 บาทครับ {word}"}, token, timeout=PATIENCE)
    response = json.loads(text)["data"]["response"]
    assert status == 200 and response["content"] == "ค่าใช้จ่ายต่อเดือนเท่าไหร่คะ"
    assert response["intent"] == "collect_expense" and response["financialProfile"]["completeness"] == 33
    listed = json.loads(request("GET", f"{base}/conversations?q={word.replace('ก', '%E0%B8%81')}", token=token)[2])
    assert [item["id"] for item in listed["data"]["items"]] == [identifier]
    history = json.loads(request("GET", f"{base}/conversations/{identifier}/messages", token=token)[2])
    assert [item["role"] for item in history["data"]["items"]] == ["assistant", "user"]
    assert request("PATCH", f"{base}/conversations/{identifier}", {"title": "แผน"}, token)[0] == 200
    with Socket(sala) as device:
        device.ask({"type": "subscribe", "session": f"conversation/{identifier}"})
        assert request("DELETE", f"{base}/conversations/{identifier}", token=token)[0] == 200
        assert device.event("conversation.deleted")
        assert device.until(lambda frame: frame["type"] == "unsubscribed")["why"] == "deleted"
    assert request("GET", f"{base}/conversations/{identifier}/messages", token=token)[0] == 404
    assert request("POST", base + "/messages", {}, token)[0] == 400
    assert json.loads(request("POST", base + "/messages", {})[2])["error"]["status"] == 401


# The stand-ins, through the companies' own libraries


def test_openai_s_library(sala, models):
    import openai
    models("openai", text="สวัสดีค่ะ 😀", tokensPerSecond=500, firstTokenMs=5)
    client = openai.OpenAI(base_url=sala.standins + "/openai/v1", api_key="x", max_retries=0)
    question = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
    assert client.chat.completions.create(**question).choices[0].message.content == "สวัสดีค่ะ 😀"
    parts = client.chat.completions.create(**question, stream=True)
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == "สวัสดีค่ะ 😀"
    models("openai", status=429)
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**question)


def test_anthropic_s_library(sala, models):
    import anthropic
    models("anthropic", text="สวัสดีค่ะ 😀", tokensPerSecond=500, firstTokenMs=5)
    client = anthropic.Anthropic(base_url=sala.standins + "/anthropic", api_key="x", max_retries=0)
    question = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
    assert client.messages.create(**question).content[0].text == "สวัสดีค่ะ 😀"
    with client.messages.stream(**question) as stream:
        assert "".join(stream.text_stream) == "สวัสดีค่ะ 😀"
    models("anthropic", status=529)
    with pytest.raises(anthropic.APIStatusError):
        client.messages.create(**question)


def test_google_s_library(sala, models):
    from google import genai
    models("gemini", text="สวัสดีค่ะ 😀", tokensPerSecond=500, firstTokenMs=5)
    client = genai.Client(api_key="x", http_options=genai.types.HttpOptions(base_url=sala.standins + "/gemini"))
    question = {"model": "gemini-2.5-flash", "contents": "hi"}
    assert client.models.generate_content(**question).text == "สวัสดีค่ะ 😀"
    parts = client.models.generate_content_stream(**question)
    assert "".join(part.text or "" for part in parts) == "สวัสดีค่ะ 😀"


# The command line


def run(sala, *arguments, **environment):
    return subprocess.run(
        [sala.command[0], *arguments], capture_output=True, text=True, timeout=PATIENCE, env={"PATH": "/usr/bin:/bin", **environment})


def test_wrong_usage_is_64(sala):
    for arguments in ([], ["fly"], ["dev", "--wings"], ["token", "--tenant", "jeco"], ["dev", "--port", "x"]):
        answer = run(sala, *arguments)
        assert answer.returncode == 64 and answer.stderr.strip(), arguments
    assert run(sala, "dev", "--help").returncode == 0


def test_serve_names_every_problem_at_once(sala):
    answer = run(sala, "serve", SALA_PORT="nope")
    assert answer.returncode == 78
    for name in ("SALA_DATABASE_URL", "SALA_TENANTS", "SALA_PORT", "SALA_SEALING_KEYS", "SALA_OPENAI_API_KEY"):
        assert name in answer.stderr


def test_two_servers_do_not_share_data_or_a_port(sala, tmp_path):
    data = str(sala.dev_json.parent)
    answer = run(sala, "dev", "--data", data, "--port", "1")
    assert answer.returncode == 69 and data in answer.stderr
