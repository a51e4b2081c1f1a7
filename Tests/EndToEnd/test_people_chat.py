"""Chats of people: AI TrustTrade's routes (§7.1, §7.2) against a running server, and the same chat on two sockets."""

import json

import pytest
from conftest import request, unique
from device import Device
from test_protocol_documents import closed, complaints, registry, schema_uri

KNOWN = registry(closed)
TENANT = "trusttrade"


class Chat:
    """A booking with its two people, and a chat about it."""

    def __init__(self, sala):
        self.sala = sala
        self.consumer, self.provider = unique("u")[:40], unique("p")[:40]
        self.tokens = {
            "consumer": sala.mint(self.consumer, tenant=TENANT),
            "provider": sala.mint(self.provider, "provider", tenant=TENANT),
            "stranger": sala.mint(tenant=TENANT), "service": sala.token(TENANT, "service")}
        self.id = unique("b")[:40]
        self.session = f"conversation/{self.id}"
        status, _, text = request(
            "PUT", f"{sala.http}/v1/sessions/order/{self.id}",
            {"customer": self.consumer, "provider": self.provider, "lifecycle": "trusttrade"},
            self.tokens["service"])
        assert status == 201, text

    def ask(self, method, path, body=None, who="consumer", schema=None, expect=200, base="/v1", **fields):
        status, headers, text = request(
            method, f"{self.sala.http}/t/{TENANT}{base}{path}", body, self.tokens[who], **fields)
        answer = json.loads(text)
        assert status == expect, text
        assert complaints(answer, schema_uri(schema if expect < 300 else "trade.error"), KNOWN) == [], text
        assert headers["X-Request-ID"] == answer["meta"]["requestId"]
        return answer

    def open(self):
        return self.ask("POST", "/chats", {"bookingId": self.id}, schema="trade.chat", expect=201)["data"]

    def say(self, text, who="consumer"):
        return self.ask(
            "POST", f"/chats/{self.id}/messages", {"content": text}, who, "trade.message", 201)["data"]

    def device(self, who, **subscription):
        return Device(self.sala, self.tokens[who], [{"id": 1, "session": self.session, **subscription}])


@pytest.fixture
def chat(sala):
    return Chat(sala)


def test_a_booking_s_chat_from_opening_to_read(chat):
    made = chat.open()
    assert made["participants"] == [
        {"userId": chat.consumer, "role": "consumer"}, {"userId": chat.provider, "role": "provider"}]
    assert chat.ask("POST", "/chats", {"bookingId": chat.id}, "provider", "trade.chat")["data"] == made
    chat.say("ช่างครับ พรุ่งนี้ว่างไหม")
    chat.say("ว่างค่ะ 10 โมงนะคะ", "provider")
    listed = chat.ask("GET", "/chats", schema="trade.chats")
    assert listed["pagination"] == {
        "page": 1, "limit": 20, "total": 1, "totalPages": 1, "hasNext": False, "hasPrev": False}
    row = listed["data"][0]
    assert row["lastMessage"]["text"] == "ว่างค่ะ 10 โมงนะคะ" and row["unreadCount"] == {"consumerId": 1, "providerId": 1}
    read = chat.ask("PUT", f"/chats/{chat.id}/read", None, "provider", "trade.chat")["data"]
    assert read["unreadCount"] == {"consumerId": 1, "providerId": 0}
    messages = chat.ask("GET", f"/chats/{chat.id}/messages?limit=1&page=2", schema="trade.messages")
    assert [message["isRead"] for message in messages["data"]] == [True] and messages["data"][0]["readAt"]
    assert messages["pagination"]["totalPages"] == 2


def test_with_and_without_the_version(chat):
    chat.open()
    assert chat.ask("GET", f"/chats/{chat.id}", schema="trade.chat", base="")["data"]["id"] == chat.id


@pytest.mark.parametrize("method, path, body, who, status, code", [
    ("GET", "/chats/{id}", None, "stranger", 403, "FORBIDDEN"),
    ("GET", "/chats/{id}/messages", None, "stranger", 403, "FORBIDDEN"),
    ("POST", "/chats/{id}/messages", {"content": "x"}, "stranger", 403, "FORBIDDEN"),
    ("PUT", "/chats/{id}/read", None, "stranger", 403, "FORBIDDEN"),
    ("POST", "/chats", {"bookingId": "{id}"}, "stranger", 403, "FORBIDDEN"),
    ("GET", "/chats/none", None, "consumer", 404, "NOT_FOUND"),
    ("POST", "/chats/none/messages", {"content": "x"}, "provider", 404, "NOT_FOUND"),
    ("POST", "/chats", {"bookingId": "none"}, "consumer", 404, "NOT_FOUND"),
    ("POST", "/chats", {}, "consumer", 400, "VALIDATION_ERROR"),
    ("POST", "/chats/{id}/messages", {}, "consumer", 400, "VALIDATION_ERROR"),
    ("POST", "/chats/{id}/messages", {"content": "x" * 16385}, "consumer", 400, "VALIDATION_ERROR"),
    ("GET", "/chats?limit=0", None, "consumer", 400, "VALIDATION_ERROR"),
    ("GET", "/chats", None, "service", 400, "VALIDATION_ERROR"),
])
def test_refusals(chat, method, path, body, who, status, code):
    chat.open()
    if body and body.get("bookingId") == "{id}":
        body = {"bookingId": chat.id}
    answer = chat.ask(method, path.format(id=chat.id), body, who, expect=status)
    assert answer["error"]["code"] == code
    if code == "VALIDATION_ERROR":
        assert answer["error"]["details"]


def test_without_a_token(chat):
    status, headers, text = request("GET", f"{chat.sala.http}/t/{TENANT}/v1/chats")
    assert status == 401 and json.loads(text)["error"]["code"] == "UNAUTHORIZED" and "WWW-Authenticate" in headers


def test_two_devices_see_messages_typing_presence_delivery_and_reading(chat):
    chat.open()
    with chat.device("consumer") as mine, chat.device("provider") as theirs:
        for device in (mine, theirs):
            device.wait(type="snapshot")
        mine.send({"type": "signal", "session": chat.session, "name": "presence", "data": {"state": "online"}})
        seen = theirs.wait(type="signal", name="presence")
        assert seen["from"] == chat.consumer and seen["data"] == {"state": "online"}
        theirs.send({"type": "signal", "session": chat.session, "name": "typing", "data": {}})
        assert mine.wait(type="signal", name="typing")["from"] == chat.provider
        theirs.ok(chat.session, "message.send", {"text": "ถึงแล้วค่ะ"})
        offset = mine.wait(type="event", name="message.created")["offset"]
        mine.send({"type": "ack", "session": chat.session, "offset": offset})
        assert theirs.wait(type="value", name="delivery")["data"]["people"] == {chat.consumer: offset, chat.provider: 0}
        mine.ok(chat.session, "message.read", {"offset": offset})
        assert theirs.wait(type="event", name="message.read")["data"] == {
            "by": chat.consumer, "offset": offset, "unread": 0}
        # Who comes later learns who is there.
        with chat.device("provider") as late:
            assert late.wait(type="signal", name="presence")["from"] == chat.consumer


def test_a_picture_lies_elsewhere(chat):
    chat.open()
    sent = chat.ask("POST", f"/chats/{chat.id}/messages", {
        "messageType": "image", "fileUrl": "https://files.example/7.jpg", "fileName": "ห้องครัว.jpg",
        "fileType": "image/jpeg", "fileSize": 48211}, schema="trade.message", expect=201)["data"]
    assert chat.ask("GET", f"/chats/{chat.id}/messages", schema="trade.messages")["data"] == [sent]
    with chat.device("provider") as device:
        state = device.wait(type="snapshot")["state"]
        assert state["messages"][0]["attachments"][0]["url"] == "https://files.example/7.jpg"
        assert state["people"][1] == {"subject": chat.provider, "read": 0, "delivered": 0, "unread": 1}
        number = device.command(chat.session, "message.send", {
            "text": "", "attachments": [{"type": "image", "url": "javascript:alert(1)"}]})
        assert device.wait(type="fault", id=number)["code"] == 2400


def test_the_same_key_is_the_same_message(chat):
    chat.open()
    field = {"Idempotency-Key": unique("k")}
    path = f"/chats/{chat.id}/messages"
    sent = [chat.ask("POST", path, {"content": "x"}, schema="trade.message", expect=201, **field)["data"] for _ in "12"]
    assert sent[0] == sent[1]
    assert chat.ask("POST", path, {"content": "y"}, expect=422, **field)["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert chat.ask("GET", path, schema="trade.messages")["pagination"]["total"] == 1
