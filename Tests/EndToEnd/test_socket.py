"""The WebSocket of Protocol/README.md, seen by clients: frames, positions, faults, close codes. Frames against RFC 6455 are in
test_hostile_frames.py."""

import base64
import contextlib
import json
import time
from dataclasses import dataclass

import pytest
from conftest import request, sign, unique, wait_for
from device import PATIENCE, SUBPROTOCOL, Device, offsets
from hostile import RawWebSocket
from websockets.exceptions import InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

# Seconds until a revoked token has lost its sockets (contract).
REVOCATION = 1
MAX_FRAME_BYTES = 65_536


@dataclass
class Chat:
    """A chat of two people, without the advisor."""

    session: str
    owner: str
    owner_token: str
    guest: str
    guest_token: str


@pytest.fixture
def chat(sala):
    owner, guest = unique("u"), unique("u")
    return Chat(sala.open_chat(owner, [guest]), owner, sala.mint(owner), guest, sala.mint(guest))


@pytest.fixture
def device(sala):
    """Connects devices; closes them all."""
    with contextlib.ExitStack() as stack:
        yield lambda token=None, **options: stack.enter_context(Device(sala, token, **options))


# Greeting


def test_welcome_says_who_one_is_and_what_the_limits_are(sala, device):
    subject = unique("u")
    welcome = device(sala.mint(subject, role="provider")).welcome
    assert welcome["connection"] and welcome["build"]
    assert (welcome["tenant"], welcome["subject"], welcome["role"]) == ("jeco", subject, "provider")
    assert welcome["heartbeatSeconds"] == 25
    assert welcome["limits"]["maxFrameBytes"] == MAX_FRAME_BYTES
    assert welcome["limits"]["maxSubscriptions"] == 128 and welcome["limits"]["commandsPerSecond"] == 20
    assert welcome["time"][-6] == "+" and welcome["expires"] > welcome["time"]


def test_subscriptions_may_stand_in_hello(sala, device, chat):
    greeted = device(chat.owner_token, subscribe=[
        {"id": 70, "session": chat.session}, {"id": 71, "session": "conversation/" + unique("c")}])
    assert greeted.wait(type="subscribed", id=70)["outcome"] == "snapshot"
    assert greeted.wait(type="snapshot", session=chat.session)["state"]["owner"] == chat.owner
    assert greeted.wait(type="fault", id=71)["code"] == 2301


@pytest.mark.parametrize("place", ["header", "subprotocol", "cookie", "ticket"])
def test_a_token_may_come_with_the_handshake(sala, device, place):
    subject = unique("u")
    token = sala.mint(subject)
    options = {
        "header": lambda: {"additional_headers": {"Authorization": f"Bearer {token}"}},
        "subprotocol": lambda: {"subprotocols": [SUBPROTOCOL, f"sala.bearer.{token}"]},
        "cookie": lambda: {"additional_headers": {"Cookie": f"accessToken={token}"}, "origin": sala.http},
        "ticket": lambda: {"path": f"/v1/socket?ticket={ticket(sala, token)}"},
    }[place]()
    greeted = device(**options)
    assert greeted.welcome["subject"] == subject
    assert greeted.socket.subprotocol == SUBPROTOCOL


def test_a_cookie_is_worth_nothing_without_an_allowed_origin(sala):
    with pytest.raises(InvalidStatus) as refusal:
        Device(sala, additional_headers={"Cookie": f"accessToken={sala.mint()}"})
    assert refusal.value.response.status_code == 403
    assert json.loads(refusal.value.response.body)["code"] == 2105


def test_the_pages_own_origin_gets_a_socket(sala, device):
    assert device(sala.mint(), origin=sala.http).welcome


def test_another_sub_protocol_is_refused_with_4505(sala, device):
    stranger = device(hello=False, subprotocols=["sala.v99.json"])
    assert stranger.socket.subprotocol is None
    assert stranger.closed() == 4505


def test_the_version_is_chosen_among_others(sala, device):
    assert device(sala.mint(), subprotocols=["sala.v99.json", SUBPROTOCOL]).socket.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize("frame", [
    {"type": "subscribe", "id": 1, "session": "conversation/c_1"}, {"type": "ping", "n": 1},
    {"type": "command", "id": 1, "session": "conversation/c_1", "name": "message.send", "data": {"text": "x"}}])
def test_anything_before_hello_is_2204_and_hello_may_still_come(sala, device, frame):
    early = device(hello=False)
    early.send(frame)
    fault = early.wait(type="fault")
    assert fault["code"] == 2204 and fault["name"] == "frame.helloExpected"
    assert fault.get("id") == frame.get("id")
    early.send({"type": "hello", "token": sala.mint()})
    assert early.wait(type="welcome")


def test_hello_comes_once(sala, device):
    greeted = device(sala.mint())
    greeted.send({"type": "hello", "token": sala.mint()})
    assert greeted.wait(type="fault")["code"] == 2200
    assert not greeted.settle()


# Identity


def bad_tokens(sala):
    keys = json.loads((sala.data / "keys.json").read_text())
    good = sala.mint()
    head, claims, signature = good.split(".")
    secret = keys["jeco"]["keys"][0]["secret"]
    content = json.loads(base64.urlsafe_b64decode(claims + "=="))

    def altered(**header):
        return sign({"alg": "HS256", "typ": "JWT", "kid": "jeco-dev", **header}, content, secret)

    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT","kid":"jeco-dev"}').rstrip(b"=").decode()
    return {
        "no token": "x",
        "empty": "",
        "no signature": f"{head}.{claims}.",
        "broken signature": f"{head}.{claims}.{signature[:-6]}AAAAAA",
        "alg none": f"{none}.{claims}.",
        "alg RS256 over the HMAC secret": altered(alg="RS256"),
        "unknown key": altered(kid="other"),
        "another tenant's key": sign(
            {"alg": "HS256", "typ": "JWT", "kid": keys["company_a"]["keys"][0]["kid"]}, content,
            keys["company_a"]["keys"][0]["secret"]),
        "another audience": sala.mint(aud="elsewhere"),
        "another issuer": sala.mint(iss="elsewhere"),
        "an unknown role": sala.mint(role="emperor"),
        "an operator by a tenant's key": sala.mint(role="operator"),
        "not valid yet": sala.mint(nbf=int(time.time()) + 3600),
        "no expiry": sala.mint(exp=None),
        "no subject": sala.mint(sub=None),
    }


BAD_TOKENS = [
    "no token", "empty", "no signature", "broken signature", "alg none", "alg RS256 over the HMAC secret",
    "unknown key", "another tenant's key", "another audience", "another issuer", "an unknown role",
    "an operator by a tenant's key", "not valid yet", "no expiry", "no subject",
]


@pytest.mark.parametrize("flaw", BAD_TOKENS)
def test_a_bad_token_is_2100_then_4500(sala, device, flaw):
    stranger = device(hello=False)
    token = bad_tokens(sala)[flaw]
    stranger.send({"type": "hello", "token": token})
    fault = stranger.wait(type="fault")
    assert (fault["code"], fault["retryable"]) == (2100, False)
    assert len(token) < 10 or token not in json.dumps(fault)
    assert stranger.closed() == 4500
    assert not stranger.frames


def test_no_token_at_all_is_2100_then_4500(sala, device):
    stranger = device(hello=False)
    stranger.send({"type": "hello"})
    assert stranger.wait(type="fault")["code"] == 2100
    assert stranger.closed() == 4500


def test_an_expired_token_is_2101_then_4200(sala, device):
    late = device(hello=False)
    late.send({"type": "hello", "token": sala.mint(ttl=-3600)})
    assert late.wait(type="fault")["code"] == 2101
    assert late.closed() == 4200


def test_a_token_that_expires_on_an_open_socket_warns_then_2101_then_4200(sala, device):
    short = device(sala.mint(ttl=2))
    warning = short.wait(type="expiring")
    assert 0 <= warning["seconds"] <= 60
    assert short.closed() == 4200
    assert [frame["code"] for frame in short.frames if frame["type"] == "fault"] == [2101]


def test_refresh_keeps_the_socket_and_its_subscriptions(sala, device, chat):
    refreshed = device(sala.mint(chat.owner, ttl=3))
    refreshed.snapshot(chat.session)
    refreshed.wait(type="expiring")
    assert refreshed.answer(refreshed.ask({"type": "refresh", "token": chat.owner_token}))["type"] == "ok"
    other = device(chat.guest_token)
    deadline = time.monotonic() + 4
    sent = 0
    # Beyond the end of the first token.
    while time.monotonic() < deadline:
        sent += 1
        other.say(chat.session, f"{sent}")
        assert refreshed.event("message.created")["data"]["message"]["text"] == f"{sent}"
    assert sent > 1


def test_refresh_takes_no_other_subjects_and_no_bad_token(sala, device):
    greeted = device(sala.mint())
    assert greeted.answer(greeted.ask({"type": "refresh", "token": sala.mint()}))["code"] == 2102
    assert greeted.answer(greeted.ask({"type": "refresh", "token": "x.y.z"}))["code"] == 2100
    assert greeted.answer(greeted.ask({"type": "refresh", "token": sala.mint(ttl=-3600)}))["code"] == 2101
    # Still there, with the old token.
    greeted.send({"type": "ping", "n": "still"})
    assert greeted.wait(type="pong")["n"] == "still"


def ticket(sala, token):
    status, _, text = request("POST", sala.http + "/v1/tickets", token=token)
    assert status == 201, text
    answer = json.loads(text)
    assert answer["expiresInSeconds"] == 30
    return answer["ticket"]


def test_a_ticket_opens_one_socket(sala, device):
    once = ticket(sala, sala.mint())
    assert device(path=f"/v1/socket?ticket={once}").welcome
    for used in (once, "ticket_0000000000"):
        with pytest.raises(InvalidStatus) as refusal:
            Device(sala, path=f"/v1/socket?ticket={used}")
        assert refusal.value.response.status_code == 401
        assert json.loads(refusal.value.response.body)["code"] == 2104


def test_a_token_in_the_address_is_not_looked_at(sala):
    stranger = Device(sala, hello=False, path=f"/v1/socket?token={sala.mint()}&accessToken={sala.mint()}")
    with stranger:
        stranger.send({"type": "hello"})
        assert stranger.wait(type="fault")["code"] == 2100
        assert stranger.closed() == 4500


def revoke(sala, token, by=None):
    status, _, text = request(
        "POST", sala.http + "/v1/tokens/revoke", {"token": token} if by else None, token=by or token)
    assert status == 204, text


def test_a_revoked_token_loses_its_sockets_and_others_do_not(sala, device):
    subject = unique("u")
    token, another = sala.mint(subject), sala.mint(subject)
    # More than there are event loops.
    sockets = [device(token) for _ in range(6)]
    kept = device(another)
    since = time.monotonic()
    revoke(sala, token)
    for each in sockets:
        assert each.closed(REVOCATION + 1) == 4507
    assert time.monotonic() - since < REVOCATION
    assert not kept.settle()
    late = device(hello=False)
    late.send({"type": "hello", "token": token})
    assert late.wait(type="fault")["code"] == 2103
    assert late.closed() == 4507
    assert request("GET", sala.http + "/v1/sessions/conversation/c_1", token=token)[0] == 401


def test_a_token_that_is_revoked_between_handshake_and_hello_greets_nobody(sala, device):
    token = sala.mint()
    waiting = device(hello=False, additional_headers={"Authorization": f"Bearer {token}"})
    revoke(sala, token)
    with contextlib.suppress(Exception):
        waiting.send({"type": "hello"})
    assert waiting.closed() == 4507
    assert not [frame for frame in waiting.frames if frame["type"] == "welcome"]


def test_a_ticket_of_a_revoked_token_is_worth_nothing(sala):
    token = sala.mint()
    once = ticket(sala, token)
    revoke(sala, token)
    with pytest.raises(InvalidStatus) as refusal:
        Device(sala, path=f"/v1/socket?ticket={once}")
    assert refusal.value.response.status_code == 401
    assert json.loads(refusal.value.response.body)["code"] == 2103


def test_who_may_revoke_what(sala, device):
    token = sala.mint()
    victim = device(token)
    body = {"token": token}
    address = sala.http + "/v1/tokens/revoke"
    assert request("POST", address, body, sala.mint())[0] == 403
    assert request("POST", address, body, sala.token("company_a", "service"))[0] == 403
    assert not victim.settle()
    revoke(sala, token, by=sala.token("jeco", "service"))
    assert victim.closed() == 4507


# Subscriptions


def test_a_snapshot_is_exact_for_its_position_and_live_events_follow_it(sala, device, chat):
    owner = device(chat.owner_token)
    for text in ("one", "two"):
        owner.say(chat.session, text)
    reader = device(chat.guest_token)
    answer = reader.subscribe(chat.session)
    snapshot = reader.wait(type="snapshot")
    assert answer["outcome"] == "snapshot" and answer["session"] == chat.session
    assert (snapshot["epoch"], snapshot["offset"]) == (answer["epoch"], answer["offset"])
    assert [message["text"] for message in snapshot["state"]["messages"]] == ["one", "two"]
    assert snapshot["state"]["participants"] == [chat.guest] and not snapshot["state"]["advisor"]
    sent = owner.say(chat.session, "three")
    event = reader.event("message.created")
    assert event["offset"] == snapshot["offset"] + 1 == sent["offset"]
    message = event["data"]["message"]
    assert (message["role"], message["author"], message["text"]) == ("user", chat.owner, "three")
    assert sent["data"]["message"] == message["id"]
    assert event["at"] == message["at"] and "replay" not in event


def test_offsets_count_from_one_without_a_gap(sala, device, chat):
    both = device(chat.owner_token)
    start = both.snapshot(chat.session)["offset"]
    numbers = [both.command(chat.session, "message.send", {"text": f"{n}"}) for n in range(100)]
    answered = [both.answer(number)["offset"] for number in numbers]
    events = [both.event("message.created") for _ in numbers]
    assert answered == offsets(events) == list(range(start + 1, start + 101))
    assert start == 0
    assert [event["data"]["message"]["text"] for event in events] == [f"{n}" for n in range(100)]


def test_a_resume_replays_what_was_missed_and_goes_on_live(sala, device, chat):
    owner = device(chat.owner_token)
    reader = device(chat.guest_token)
    epoch = reader.snapshot(chat.session)["epoch"]
    owner.say(chat.session, "seen")
    seen = reader.event("message.created")["offset"]
    reader.socket.close()
    for n in range(5):
        owner.say(chat.session, f"missed {n}")
    back = device(chat.guest_token)
    answer = back.subscribe(chat.session, **{"from": {"epoch": epoch, "offset": seen}})
    assert (answer["outcome"], answer["epoch"], answer["offset"]) == ("resumed", epoch, seen + 5)
    owner.say(chat.session, "live")
    frames = back.until(lambda frame: frame["type"] == "event" and frame["offset"] == seen + 6)
    assert [frame["type"] for frame in frames] == ["event"] * 6
    assert offsets(frames) == list(range(seen + 1, seen + 7))
    assert [frame.get("replay", False) for frame in frames] == [True] * 5 + [False]
    assert frames[0]["data"]["message"]["text"] == "missed 0"


def test_a_resume_from_the_end_has_nothing_to_replay(sala, device, chat):
    reader = device(chat.owner_token)
    position = {"epoch": reader.snapshot(chat.session)["epoch"], "offset": reader.say(chat.session, "x")["offset"]}
    reader.settle().clear()
    assert reader.subscribe(chat.session, **{"from": position})["outcome"] == "resumed"
    assert not reader.settle()


def test_a_resume_that_is_older_than_memory_comes_from_the_store(sala, device, chat):
    """What sessions keep in memory is bounded (512 records); the log is not."""
    owner = device(chat.owner_token)
    epoch = owner.snapshot(chat.session)["epoch"]
    for _ in range(10):
        numbers = [owner.command(chat.session, "message.send", {"text": "x" * 10}) for _ in range(80)]
        for number in numbers:
            assert owner.answer(number)["type"] == "ok"
    reader = device(chat.guest_token)
    assert reader.subscribe(chat.session, **{"from": {"epoch": epoch, "offset": 3}})["outcome"] == "resumed"
    frames = reader.until(lambda frame: frame["type"] == "event" and frame["offset"] == 800)
    assert offsets(frames) == list(range(4, 801))
    assert all(frame["replay"] for frame in frames)


def test_another_epoch_is_a_reset(sala, device, chat):
    owner = device(chat.owner_token)
    owner.say(chat.session, "one")
    answer = owner.subscribe(chat.session, **{"from": {"epoch": "another", "offset": 1}})
    assert (answer["outcome"], answer["why"]) == ("reset", "epoch")
    snapshot = owner.wait(type="snapshot")
    assert (snapshot["epoch"], snapshot["offset"]) == (answer["epoch"], answer["offset"])
    assert len(snapshot["state"]["messages"]) == 1


@pytest.mark.parametrize("position", [
    {"offset": 2}, {"offset": -1}, {"offset": "1"}, {"offset": None}, {"offset": 1.5}, {"epoch": None, "offset": 0}, "1"])
def test_a_position_that_is_not_in_the_log_is_2304(sala, device, chat, position):
    owner = device(chat.owner_token)
    epoch = owner.snapshot(chat.session)["epoch"]
    owner.say(chat.session, "one")
    start = {"epoch": epoch, **position} if isinstance(position, dict) else position
    assert owner.answer(owner.ask({"type": "subscribe", "session": chat.session, "from": start}))["code"] == 2304


def test_subscribing_again_replaces_the_subscription(sala, device, chat):
    owner = device(chat.owner_token)
    owner.snapshot(chat.session)
    owner.snapshot(chat.session)
    owner.say(chat.session, "once")
    owner.event("message.created")
    assert not [frame for frame in owner.settle() if frame["type"] == "event"]


def test_unsubscribing_ends_the_events(sala, device, chat):
    reader, writer = device(chat.guest_token), device(chat.owner_token)
    reader.snapshot(chat.session)
    number = reader.ask({"type": "unsubscribe", "session": chat.session})
    assert reader.answer(number)["type"] == "ok"
    assert reader.wait(type="unsubscribed")["session"] == chat.session
    writer.say(chat.session, "unheard")
    # A second look at the session comes behind whatever it would have sent.
    request("GET", f"{sala.http}/v1/sessions/{chat.session}", token=chat.guest_token)
    assert not reader.settle()
    assert reader.answer(reader.ask({"type": "unsubscribe", "session": chat.session}))["code"] == 2301


def test_mode_latest_conflates(sala, device, chat):
    reader, writer = device(chat.guest_token), device(chat.owner_token)
    reader.subscribe(chat.session, mode="latest", maxHz=2)
    reader.wait(type="snapshot")
    since = time.monotonic()
    for n in range(60):
        writer.say(chat.session, f"{n}")
    newest = reader.wait(
        lambda frame: frame["type"] == "event" and frame["data"]["message"]["text"] == "59")
    elapsed = time.monotonic() - since
    seen = offsets([frame for frame in reader.frames]) + [newest["offset"]]
    assert seen == sorted(set(seen)), "never backwards, never twice"
    assert len(seen) <= 2 * elapsed + 2


@pytest.mark.parametrize("members", [{"mode": "some"}, {"mode": 1}, {"maxHz": 0}, {"maxHz": "2"}, {"session": 7}, {}])
def test_a_subscription_in_the_wrong_form_is_2200(sala, device, chat, members):
    reader = device(chat.owner_token)
    frame = {"type": "subscribe", "session": chat.session, **members} if members else {"type": "subscribe"}
    assert reader.answer(reader.ask(frame))["code"] == 2200


def test_acknowledging_has_no_answer(sala, device, chat):
    reader = device(chat.owner_token)
    reader.snapshot(chat.session)
    offset = reader.say(chat.session, "x")["offset"]
    reader.event("message.created")
    for acknowledged in (offset, offset - 1, offset + 1000):
        reader.send({"type": "ack", "session": chat.session, "offset": acknowledged})
    reader.send({"type": "ack", "session": "conversation/" + unique("c"), "offset": 1})
    assert not reader.settle()


@pytest.mark.parametrize("n", [7, "seven", None, 1.5, {"deep": [1]}])
def test_ping_gets_its_pong(sala, device, n):
    greeted = device(sala.mint())
    greeted.send({"type": "ping", "n": n})
    assert greeted.wait(type="pong").get("n") == n


def test_protocol_pings_are_answered(sala, device):
    assert device(sala.mint()).socket.ping(b"payload").wait(PATIENCE)


# Compression


def test_a_compressed_socket_says_the_same(sala, device, chat):
    plain, first, second = (
        device(chat.owner_token, compression=compression) for compression in (None, "deflate", "deflate")
    )
    answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    for each in (plain, first, second):
        spoken = None if each is plain else answer
        assert each.socket.response.headers.get("Sec-WebSocket-Extensions") == spoken
        each.snapshot(chat.session)
    texts = ["short", "เงินเดือนสี่หมื่นห้าพันบาท " * 150, "short again", "another long text " * 400]
    for text in texts:
        first.say(chat.session, text)
    for each in (plain, first, second):
        assert [each.event("message.created")["data"]["message"]["text"] for _ in texts] == texts


@pytest.mark.parametrize("bits", [9, 12, 15])
def test_a_client_that_can_bear_a_small_window_only_is_given_one(sala, device, chat, bits):
    offer = ClientPerMessageDeflateFactory(server_max_window_bits=bits, server_no_context_takeover=True)
    small = device(chat.owner_token, compression=None, extensions=[offer])
    assert f"server_max_window_bits={bits}" in small.socket.response.headers["Sec-WebSocket-Extensions"]
    small.snapshot(chat.session)
    text = "".join(f"{number} " for number in range(3_000))
    small.say(chat.session, text)
    assert small.event("message.created")["data"]["message"]["text"] == text


def test_a_compression_bomb_is_1009(sala, device):
    bomber = device(sala.mint(), compression="deflate")
    bomber.send_text("0" * (MAX_FRAME_BYTES + 1))
    assert bomber.closed() == 1009
    assert sala.healthy()


def test_a_signal_reaches_the_others_and_not_its_sender(sala, device, chat):
    sender, other, second = device(chat.owner_token), device(chat.guest_token), device(chat.owner_token)
    for each in (sender, other, second):
        each.snapshot(chat.session)
    sender.send({"type": "signal", "session": chat.session, "name": "typing", "data": {"on": True}})
    for each in (other, second):
        signal = each.wait(type="signal")
        assert (signal["name"], signal["from"], signal["data"]) == ("typing", chat.owner, {"on": True})
        assert signal["session"] == chat.session and "offset" not in signal
    # An event that was sent later has passed whatever the sender would have got before.
    other.say(chat.session, "after")
    sender.event("message.created")
    assert not [frame for frame in sender.frames if frame["type"] == "signal"]


def test_signals_are_refused_like_commands(sala, device, chat):
    stranger = device(sala.mint())
    stranger.send({"type": "signal", "session": chat.session, "name": "typing", "data": {}})
    assert stranger.wait(type="fault")["code"] == 2102
    owner = device(chat.owner_token)
    owner.send({"type": "signal", "session": chat.session, "name": "dancing", "data": {}})
    assert owner.wait(type="fault")["code"] == 2201
    owner.send({"type": "signal", "session": "conversation/" + unique("c"), "name": "typing", "data": {}})
    assert owner.wait(type="fault")["code"] == 2301


def test_two_devices_of_one_person_mirror_each_other(sala, device, chat):
    first, second = device(chat.owner_token), device(chat.owner_token)
    for each in (first, second):
        each.snapshot(chat.session)
    for n in range(10):
        (first if n % 2 else second).say(chat.session, f"{n}")
    seen = [[each.event("message.created") for _ in range(10)] for each in (first, second)]
    assert seen[0] == seen[1]
    assert offsets(seen[0]) == list(range(1, 11))


def test_a_frame_for_many_is_the_same_bytes_for_all(sala, chat):
    with Device(sala, chat.owner_token) as first, Device(sala, chat.guest_token) as second:
        for each in (first, second):
            each.snapshot(chat.session)
        with Device(sala, chat.owner_token) as writer:
            writer.say(chat.session, "ข้อความ 🙂")
        assert first.socket.recv(PATIENCE) == second.socket.recv(PATIENCE)


# Commands


def test_a_customers_first_message_makes_the_conversation(sala, device):
    subject = unique("u")
    session = "conversation/" + unique("c")
    writer = device(sala.mint(subject))
    assert writer.answer(writer.ask({"type": "subscribe", "session": session}))["code"] == 2301
    assert writer.say(session, "สวัสดี")["offset"] == 1
    state = writer.snapshot(session)["state"]
    assert state["owner"] == subject and state["messages"][0]["text"] == "สวัสดี"


@pytest.mark.parametrize("name,data,code", [
    ("message.send", {}, 2400), ("message.send", {"text": ""}, 2400), ("message.send", {"text": " \n\t"}, 2400),
    ("message.send", {"text": 7}, 2400), ("message.send", {"text": "x" * 20_000}, 2202),
    ("message.send", {"text": "x", "attachments": "y"}, 2400), ("message.fling", {}, 2201), ("", {}, 2200),
    ("reply.cancel", {"reply": "r_0"}, 2401), ("reply.cancel", {}, 2400), ("reply.regenerate", {}, 2401),
    ("message.read", {"offset": 99}, 2400), ("message.read", {"offset": "1"}, 2400),
    ("conversation.rename", {}, 2400), ("conversation.rename", {"title": "x" * 121}, 2400)])
def test_commands_that_are_refused(sala, device, chat, name, data, code):
    owner = device(chat.owner_token)
    fault = owner.fault(chat.session, name, data)
    assert (fault["code"], fault["retryable"]) == (code, False)
    assert fault["name"] and fault["detail"]
    # Refused means: nothing happened.
    assert owner.snapshot(chat.session)["offset"] == 0


def test_read_positions_rename_and_archive_are_in_the_log(sala, device, chat):
    owner, guest = device(chat.owner_token), device(chat.guest_token)
    guest.snapshot(chat.session)
    offset = owner.say(chat.session, "read me")["offset"]
    guest.ok(chat.session, "message.read", {"offset": offset})
    read = guest.event("message.read")
    assert read["data"] == {"by": chat.guest, "offset": offset, "unread": 0}
    # Reading further back is no news.
    guest.ok(chat.session, "message.read", {"offset": offset})
    owner.ok(chat.session, "conversation.rename", {"title": "เรื่องเงิน"})
    assert guest.event("conversation.renamed")["data"]["title"] == "เรื่องเงิน"
    owner.ok(chat.session, "conversation.archive")
    assert guest.event("conversation.archived")["offset"] == 4
    assert owner.fault(chat.session, "message.send", {"text": "too late"})["code"] == 2401
    state = owner.snapshot(chat.session)["state"]
    assert (state["title"], state["status"], state["reads"][chat.guest]) == ("เรื่องเงิน", "archived", offset)


def test_the_same_key_gets_the_first_answer_over_both_doors(sala, device, chat):
    owner = device(chat.owner_token)
    key = unique("k")
    first = owner.say(chat.session, "once", key)
    again = owner.say(chat.session, "once", key)
    assert (again["offset"], again["data"]) == (first["offset"], first["data"])
    address = f"{sala.http}/v1/sessions/{chat.session}/commands"
    for text, expected in (("once", 200), ("other", 422)):
        answer = post_with_key(address, chat.owner_token, key, {"name": "message.send", "data": {"text": text}})
        assert answer[0] == expected
        if expected == 200:
            assert (answer[1]["offset"], answer[1]["data"]) == (first["offset"], first["data"])
        else:
            assert answer[1]["code"] == 2402
    assert owner.fault(chat.session, "message.send", {"text": "other"}, key)["code"] == 2402
    assert owner.fault(chat.session, "conversation.archive", {}, key)["code"] == 2402
    assert len(owner.snapshot(chat.session)["state"]["messages"]) == 1


def post_with_key(address, token, key, body):
    import urllib.error
    import urllib.request

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, json.dumps(body).encode(), headers), timeout=PATIENCE
        ) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def test_the_same_key_sent_twice_at_once_has_one_effect(sala, device, chat):
    first, second = device(chat.owner_token), device(chat.owner_token)
    key = unique("k")
    numbers = [each.command(chat.session, "message.send", {"text": "x"}, key) for each in (first, second)]
    answers = [each.answer(number) for each, number in zip((first, second), numbers)]
    assert answers[0]["offset"] == answers[1]["offset"] == 1
    assert answers[0]["data"] == answers[1]["data"]
    assert first.snapshot(chat.session)["offset"] == 1


def test_the_order_of_members_makes_no_other_command(sala, device, chat):
    owner = device(chat.owner_token)
    key = unique("k")
    command = '{{"type":"command","id":{},"session":"{}","name":"message.send","key":"{}","data":{{{}}}}}'
    for number, members in ((901, '"text":"x","attachments":[{"a":1}]'), (902, '"attachments":[ {"a":1} ],"text":"x"')):
        owner.send_text(command.format(number, chat.session, key, members))
        assert owner.answer(number)["type"] == "ok"
    assert owner.snapshot(chat.session)["offset"] == 1


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "ไทย"])
def test_a_key_in_the_wrong_form_is_refused(sala, device, chat, key):
    owner = device(chat.owner_token)
    number = owner.ask({
        "type": "command", "session": chat.session, "name": "message.send", "key": key, "data": {"text": "x"}})
    assert owner.answer(number)["code"] == 2400


def test_restarts_keep_what_was_acknowledged_keys_and_revocations(own_sala):
    """A stop, then a kill: positions, first answers and revoked tokens outlive both."""
    server = own_sala()
    subject = unique("u")
    session = server.open_chat(subject)
    token, revoked = server.mint(subject), server.mint(subject)
    revoke(server, revoked)
    key = unique("k")
    with Device(server, token) as device:
        epoch = device.snapshot(session)["epoch"]
        first = device.say(session, "once", key)
    for end in (server.stop, server.kill):
        end()
        server.start()
        with Device(server, token) as device:
            answer = device.subscribe(session, **{"from": {"epoch": epoch, "offset": 0}})
            assert (answer["outcome"], answer["offset"]) == ("resumed", 1)
            assert device.event("message.created")["replay"]
            again = device.say(session, "once", key)
            assert (again["offset"], again["data"]) == (first["offset"], first["data"])
            assert device.fault(session, "message.send", {"text": "other"}, key)["code"] == 2402
        with Device(server, hello=False) as refused:
            refused.send({"type": "hello", "token": revoked})
            assert refused.wait(type="fault")["code"] == 2103
            assert refused.closed() == 4507


# Rights


def test_a_foreign_session_is_2102_and_an_unknown_one_2301(sala, device, chat):
    stranger = device(sala.mint())
    for frame in (
        {"type": "subscribe", "session": chat.session},
        {"type": "command", "session": chat.session, "name": "message.send", "data": {"text": "x"}},
        {"type": "command", "session": chat.session, "name": "conversation.delete", "data": {}},
    ):
        assert stranger.answer(stranger.ask(frame))["code"] == 2102
    unknown = "conversation/" + unique("c")
    for session in (unknown, "order/1", "nothing/1", "conversation/", "conversation", "conversation/a/b", "/", ""):
        fault = stranger.answer(stranger.ask({"type": "subscribe", "session": session}))
        assert fault["code"] == 2301, (session, fault)
    assert stranger.fault(unknown, "conversation.rename", {"title": "x"})["code"] == 2301


def test_tenants_do_not_see_each_other(sala, device, chat):
    """The same subject and the same address in another tenant: another session, which does not exist."""
    stranger = device(sala.mint(chat.owner, tenant="company_a"))
    assert stranger.answer(stranger.ask({"type": "subscribe", "session": chat.session}))["code"] == 2301
    staff = device(sala.mint(role="staff", tenant="company_a"))
    assert staff.answer(staff.ask({"type": "subscribe", "session": chat.session}))["code"] == 2301
    stranger.say(chat.session, "elsewhere")
    assert device(chat.owner_token).snapshot(chat.session)["offset"] == 0


def test_grants_open_a_session_for_reading_or_writing(sala, device, chat):
    reader = device(sala.mint(grants=[f"{chat.session}:read"]))
    reader.snapshot(chat.session)
    assert reader.fault(chat.session, "message.send", {"text": "x"})["code"] == 2102
    writer = device(sala.mint(grants=[f"{chat.session}:write"]))
    writer.say(chat.session, "granted")
    assert reader.event("message.created")
    assert writer.fault(chat.session, "conversation.delete")["code"] == 2102


def test_the_tenants_staff_may_see_and_speak(sala, device, chat):
    staff = device(sala.mint(role="staff"))
    staff.snapshot(chat.session)
    staff.say(chat.session, "how can we help?")


def test_deleting_tells_everybody_and_the_id_stays_taken(sala, device, chat):
    owner, guest = device(chat.owner_token), device(chat.guest_token)
    for each in (owner, guest):
        each.snapshot(chat.session)
    owner.say(chat.session, "soon gone")
    assert guest.fault(chat.session, "conversation.delete")["code"] == 2102
    owner.ok(chat.session, "conversation.delete")
    for each in (owner, guest):
        assert each.event("conversation.deleted")["offset"] == 2
        ended = each.wait(type="unsubscribed")
        assert (ended["session"], ended["why"]) == (chat.session, "deleted")
        assert each.answer(each.ask({"type": "subscribe", "session": chat.session}))["code"] == 2301
    assert owner.fault(chat.session, "message.send", {"text": "back?"})["code"] in (2301, 2401)


# Bad frames


@pytest.mark.parametrize("text", [
    "", "{", "[]", "7", "null", '"hello"', '{"type":7}', "{}", '{"type":"ping","id":"x"}', '{"type":"ping"}}',
    '{"type":"command","id":1}', '{"type":"ack","session":"conversation/c","offset":-1}',
    "[" * 5000 + "]" * 5000, '{"type":"signal","session":"conversation/c","name":""}'])
def test_a_malformed_frame_is_2200_and_the_socket_stays(sala, device, text):
    clumsy = device(sala.mint())
    clumsy.send_text(text)
    fault = clumsy.wait(type="fault")
    assert (fault["code"], fault["name"]) == (2200, "frame.malformed")
    clumsy.send({"type": "ping", "n": 1})
    assert clumsy.wait(type="pong")


@pytest.mark.parametrize("kind", ["shout", "HELLO", "welcome", "x" * 5000])
def test_an_unknown_type_is_2201(sala, device, kind):
    greeted = device(sala.mint())
    fault = greeted.answer(greeted.ask({"type": kind}))
    assert (fault["code"], fault["name"]) == (2201, "frame.unknownType")
    assert len(json.dumps(fault)) < 1000


def test_unknown_members_are_ignored(sala, device, chat):
    owner = device(chat.owner_token)
    number = owner.ask({
        "type": "command", "session": chat.session, "name": "message.send", "data": {"text": "x", "new": 1}, "new": {}})
    assert owner.answer(number)["type"] == "ok"


def test_a_lone_surrogate_is_malformed_and_harms_nobody(sala, device, chat):
    owner, guest = device(chat.owner_token), device(chat.guest_token)
    guest.snapshot(chat.session)
    owner.send_text(
        '{"type":"command","id":1,"session":"%s","name":"message.send","data":{"text":"\\ud800"}}' % chat.session)
    answer = owner.wait(lambda frame: frame["type"] in ("ok", "fault"))
    assert answer["type"] == "fault" and answer["code"] == 2200
    owner.say(chat.session, "next")
    assert guest.event("message.created")["data"]["message"]["text"] == "next"


@pytest.mark.parametrize("text", ["\u0000", "a\u0000b", "\u202e", "👩‍👩‍👧‍👦", "ก็" * 500, "\\\"\b\f\n\r\t/", "\u2028\u2029", "</script>"])
def test_any_text_comes_back_as_it_was_sent(sala, device, chat, text):
    owner, guest = device(chat.owner_token), device(chat.guest_token)
    guest.snapshot(chat.session)
    number = owner.command(chat.session, "message.send", {"text": "x" + text})
    assert owner.answer(number)["type"] == "ok"
    assert guest.event("message.created")["data"]["message"]["text"] == "x" + text
    assert owner.snapshot(chat.session)["state"]["messages"][0]["text"] == "x" + text


def test_a_subscription_too_many_is_2303(sala, device):
    subject = unique("u")
    reader = device(sala.mint(subject))
    sessions = ["conversation/" + unique("c") for _ in range(129)]
    for session in sessions:
        reader.command(session, "message.read", {"offset": 0})
    # A message would wake the advisor: the chats are made by the platform.
    for session in sessions:
        status, _, _ = request(
            "PUT", f"{sala.http}/v1/sessions/{session}", {"owner": subject, "advisor": False},
            sala.token("jeco", "service"))
        assert status == 201
    for session in sessions[:128]:
        reader.subscribe(session)
    assert reader.answer(reader.ask({"type": "subscribe", "session": sessions[128]}))["code"] == 2303
    assert reader.answer(reader.ask({"type": "unsubscribe", "session": sessions[0]}))["type"] == "ok"
    reader.subscribe(sessions[128])


def test_closed_sockets_are_counted_out(sala, device):
    """What is gone leaves the gauge of open sockets."""
    def open_sockets():
        text = request("GET", sala.http + "/metrics")[2]
        lines = [line for line in text.splitlines() if line.startswith("sala_socket_active ")]
        assert lines, "the gauge is missing"
        return float(lines[0].split()[-1])

    before = open_sockets()
    for each in [device(sala.mint()) for _ in range(5)]:
        each.socket.close()
    for _ in range(5):
        RawWebSocket(sala).greet(sala).reset()
    wait_for("the sockets that went", lambda: open_sockets() <= before)
