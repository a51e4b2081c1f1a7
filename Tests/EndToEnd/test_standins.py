"""The stand-ins for LINE, EasySlip, SlipOK and a tenant's back end: as their companies' documents and LINE's own library have them."""

import base64
import binascii
import hashlib
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import request, unique
from linebot.v3 import WebhookParser
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import (
    ApiClient,
    ApiException,
    Configuration,
    FlexContainer,
    FlexMessage,
    MessagingApi,
    MessagingApiBlob,
    MulticastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    SetWebhookEndpointRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
    ValidateMessageRequest,
)
from linebot.v3.messaging import TestWebhookEndpointRequest as ProbeRequest

TENANT, OA = "company_a", "oa-1"


def user_id():
    return "U" + uuid.uuid4().hex


def call(method, url, body=None, headers=None):
    """One request; returns `(status, headers, body)` with the body read as JSON where it is."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        content = answer.read()
    return answer.status, answer.headers, json.loads(content) if content[:1] in (b"{", b"[") else content


def form(fields, files):
    """A multipart body and its content type."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, content in files.items():
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="slip.png"\r\n'
            "Content-Type: image/png\r\n\r\n").encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


class Receiver:
    """A bot's server: keeps what it gets, and answers with `status`."""

    def __init__(self):
        self.got = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, self.headers, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Line:
    """The stand-in for LINE, through LINE's library and through its controls."""

    def __init__(self, sala, receiver):
        self.sala = sala
        self.receiver = receiver
        self.base = sala.standins + "/line"
        account = json.loads(request("GET", f"{sala.standins}/_control/line")[2])["accounts"][0]
        assert (account["tenant"], account["oa"]) == (TENANT, OA)
        self.account = account
        self.secret = sala.facts["secrets"]["line"][f"{TENANT}/{OA}"]
        self.parser = WebhookParser(self.secret)
        self.client = ApiClient(Configuration(host=self.base, access_token=account["accessToken"]))
        self.api = MessagingApi(self.client)
        self.content = MessagingApiBlob(self.client)
        self.api.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint=receiver.url))

    def webhook(self, expected=200, **order):
        status, _, answer = call(
            "POST", f"{self.sala.standins}/_control/line/webhook", {"tenant": TENANT, "oa": OA, **order})
        assert status == expected, answer
        return answer

    def events(self):
        """The events of the newest webhook, as LINE's library reads them when its signature is right."""
        _, headers, body = self.receiver.got[-1]
        return self.parser.parse(body.decode(), headers["x-line-signature"])

    def sent(self, user):
        return call("GET", f"{self.sala.standins}/_control/line/sent?tenant={TENANT}&oa={OA}&user={user}")[2]["sent"]

    def raw(self, method, path, body=None, **headers):
        return call(
            method, self.base + path, body, {"Authorization": f"Bearer {self.account['accessToken']}", **headers})


@pytest.fixture
def line(sala):
    receiver = Receiver()
    line = Line(sala, receiver)
    yield line
    line.client.close()
    receiver.close()
    sala.calm()


@pytest.fixture
def slip(line):
    """A slip that a customer has sent: what the control answered."""
    return line.webhook(type="slip", amount=500, user=user_id())


# LINE


def test_a_slip_comes_as_a_webhook_that_line_s_library_takes(line):
    user = user_id()
    answer = line.webhook(type="slip", amount=500, user=user)
    assert answer["status"] == 200 and answer["ms"] >= 0
    path, headers, body = line.receiver.got[-1]
    assert path == "/callback" and headers["user-agent"] == "LineBotWebhook/2.0"
    assert json.loads(body)["destination"] == line.account["destination"]
    event, = line.events()
    assert (event.type, event.message.type, event.message.id) == ("message", "image", answer["message"])
    assert (event.webhook_event_id, event.reply_token) == (answer["event"], answer["replyToken"])
    assert event.source.user_id == user and event.delivery_context.is_redelivery is False
    assert event.message.content_provider.type == "line"
    picture = line.content.get_message_content(answer["message"])
    assert bytes(picture).startswith(b"\x89PNG")
    with pytest.raises(InvalidSignatureError):
        line.parser.parse(body.decode() + " ", headers["x-line-signature"])


def test_every_kind_of_webhook(line):
    user = user_id()
    assert line.webhook(type="text", text="สวัสดี", user=user)["status"] == 200
    assert line.events()[0].message.text == "สวัสดี"
    line.webhook(type="postback", data="action=pay&order=1001", user=user)
    assert line.events()[0].postback.data == "action=pay&order=1001"
    line.webhook(type="unfollow", user=user)
    assert line.events()[0].type == "unfollow"
    line.webhook(type="follow", user=user)
    assert line.events()[0].follow.is_unblocked is True
    line.webhook(type="verify")
    assert line.events() == []
    image = line.webhook(type="image", user=user)
    assert "transRef" not in image and line.content.get_message_content(image["message"])
    line.webhook(type="text", badSignature=True)
    with pytest.raises(InvalidSignatureError):
        line.events()
    for wrong in ({"type": "fax"}, {"amount": -1}, {"user": "x"}, {"tenant": "nobody"}, {"surprise": 1}, {"count": 0}):
        line.webhook(400, **wrong)


def test_several_webhooks_and_several_events_in_one(line):
    answer = line.webhook(type="slip", amount=1, count=3)
    assert len({one["transRef"] for one in answer["sent"]}) == 3 and len(line.receiver.got) == 3
    answer = line.webhook(type="slip", amount=1, count=3, together=True)
    assert [event.webhook_event_id for event in line.events()] == [one["event"] for one in answer["sent"]]
    assert len(line.receiver.got) == 4


def test_a_redelivery_is_the_same_event_and_a_duplicate_the_same_slip(line, slip):
    again = line.webhook(redeliver=slip["event"])
    event, = line.events()
    assert event.delivery_context.is_redelivery is True
    assert (event.webhook_event_id, event.message.id) == (slip["event"], slip["message"])
    assert again["transRef"] == slip["transRef"]
    for original in (slip["transRef"], slip["message"]):
        twice = line.webhook(duplicateOf=original, user=user_id())
        assert twice["transRef"] == slip["transRef"]
        assert twice["message"] != slip["message"] and twice["event"] != slip["event"]
        first, second = (bytes(line.content.get_message_content(one["message"])) for one in (slip, twice))
        assert first == second
    line.webhook(400, duplicateOf="nothing")
    line.webhook(400, redeliver="nothing")


def test_the_control_tells_what_the_server_answered(line):
    line.receiver.status = 500
    assert line.webhook(type="text")["status"] == 500
    line.api.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint="http://127.0.0.1:1/"))
    answer = line.webhook(type="text")
    assert (answer["status"], answer["failure"]) == (0, "unreachable")


def test_the_webhook_s_endpoint_is_the_server_unless_it_is_set(sala, line):
    assert line.api.get_webhook_endpoint().endpoint == line.receiver.url
    test = line.api.test_webhook_endpoint(ProbeRequest(endpoint=line.receiver.url))
    assert test.success and test.status_code == 200 and line.events() == []
    assert request("DELETE", f"{sala.standins}/_control/line")[0] == 204
    assert line.api.get_webhook_endpoint().endpoint == f"{sala.http}/webhook/{TENANT}/{OA}"


def test_a_webhook_reaches_a_server_over_tls(own_sala):
    server = own_sala("--tls")
    status, _, answer = call("POST", f"{server.standins}/_control/line/webhook", {"type": "text"})
    assert status == 200 and answer["status"] > 0 and "failure" not in answer


def test_a_reply_works_once(line):
    user = user_id()
    token = line.webhook(type="text", user=user)["replyToken"]
    reply = ReplyMessageRequest(reply_token=token, messages=[TextMessage(text="ได้รับสลิปแล้ว"), TextMessage(text="ขอบคุณ")])
    answer = line.api.reply_message_with_http_info(reply)
    assert len(answer.data.sent_messages) == 2 and answer.headers["X-Line-Request-Id"]
    told, = line.sent(user)
    assert told["way"] == "reply" and [one["text"] for one in told["messages"]] == ["ได้รับสลิปแล้ว", "ขอบคุณ"]
    with pytest.raises(ApiException) as refusal:
        line.api.reply_message(reply)
    assert refusal.value.status == 400 and json.loads(refusal.value.body)["message"] == "Invalid reply token"
    late = line.webhook(type="text", user=user)["replyToken"]
    line.sala.control("line", replyTokenSeconds=0)
    with pytest.raises(ApiException):
        line.api.reply_message(ReplyMessageRequest(reply_token=late, messages=[TextMessage(text="x")]))
    status, _, body = line.raw(
        "POST", "/v2/bot/message/reply", {"replyToken": late, "messages": [{"type": "text", "text": "x"}]},
        **{"X-Line-Retry-Key": str(uuid.uuid4())})
    assert status == 400 and "retry key" in body["message"]
    assert len(line.sent(user)) == 1


def test_a_push_with_a_retry_key_is_sent_once(line):
    user, key = user_id(), str(uuid.uuid4())
    push = PushMessageRequest(to=user, messages=[TextMessage(text="เครดิตแล้ว")])
    first = line.api.push_message_with_http_info(push, x_line_retry_key=key)
    with pytest.raises(ApiException) as again:
        line.api.push_message(push, x_line_retry_key=key)
    assert again.value.status == 409
    assert again.value.headers["X-Line-Accepted-Request-Id"] == first.headers["X-Line-Request-Id"]
    body = json.loads(again.value.body)
    assert body["message"] == "The retry key is already accepted"
    assert body["sentMessages"][0]["id"] == first.data.sent_messages[0].id
    assert [told["way"] for told in line.sent(user)] == ["push"]
    # Of this channel and call only.
    line.api.multicast(MulticastRequest(to=[user], messages=[TextMessage(text="x")]), x_line_retry_key=key)
    line.api.push_message(push)
    assert len(line.sent(user)) == 3
    assert line.raw("POST", "/v2/bot/message/push", {}, **{"X-Line-Retry-Key": "x"})[0] == 400


def test_both_kinds_of_429_and_the_quota(line):
    user = user_id()
    assert line.api.get_message_quota().type == "none"
    line.sala.control("line", quota=2)
    quota = line.api.get_message_quota()
    assert (quota.type, quota.value) == ("limited", 2)
    push = PushMessageRequest(to=user, messages=[TextMessage(text="x"), TextMessage(text="y")])
    line.api.push_message(push)
    line.api.multicast(MulticastRequest(to=[user], messages=[TextMessage(text="z")]))
    assert line.api.get_message_quota_consumption().total_usage == 2

    def refused(action):
        with pytest.raises(ApiException) as refusal:
            action()
        return refusal.value.status, json.loads(refusal.value.body)["message"]

    monthly = (429, "You have reached your monthly limit.")
    assert refused(lambda: line.api.push_message(push)) == monthly
    # Replies are free.
    token = line.webhook(type="text", user=user)["replyToken"]
    line.api.reply_message(ReplyMessageRequest(reply_token=token, messages=[TextMessage(text="x")]))
    line.sala.control("line", quota=None, quotaExhausted=True)
    assert refused(lambda: line.api.push_message(push)) == monthly
    line.sala.control("line", quotaExhausted=False, rateLimited=True)
    assert refused(line.api.get_message_quota)[1] == "The API rate limit has been exceeded. Try again later."


def test_requests_are_validated_in_line_s_words(line):
    user = user_id()

    def push(messages, to=user):
        status, headers, body = line.raw("POST", "/v2/bot/message/push", {"to": to, "messages": messages})
        assert headers["X-Line-Request-Id"]
        return status, body

    text = {"type": "text", "text": "x"}
    assert push([text] * 6) == (400, {
        "message": "The request body has 1 error(s)",
        "details": [{"message": "Size must be between 1 and 5", "property": "messages"}]})
    assert push([])[1]["details"][0]["message"] == "May not be empty"
    status, body = push([{"type": "text", "text": ""}, {"type": "fax"}])
    assert status == 400 and body["message"] == "The request body has 2 error(s)"
    assert [one["property"] for one in body["details"]] == ["messages[0].text", "messages[1].type"]
    assert push([text], to="somebody")[0] == 400
    assert line.sent(user) == []
    flex = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "x"}]}}
    line.api.validate_push(
        ValidateMessageRequest(messages=[FlexMessage(alt_text="x", contents=FlexContainer.from_dict(flex))]))
    del flex["body"]["contents"][0]["text"]
    assert push([{"type": "flex", "altText": "x", "contents": flex}])[1]["details"][0]["property"] == "/body/contents/0/text"
    assert line.raw("POST", "/v2/bot/message/push", b"{", **{"Content-Type": "application/json"})[0] == 400
    assert line.raw("POST", "/v2/bot/message/push", b"{}", **{"Content-Type": "text/plain"})[0] == 415
    assert line.raw("POST", "/v2/bot/message/push", b" " * (2 * 1024 * 1024 + 1), **{"Content-Type": "application/json"})[0] == 413
    assert line.raw("GET", "/v2/bot/nothing")[0] == 404


def test_a_channel_s_token_is_needed(line):
    client = ApiClient(Configuration(host=line.base, access_token="nobody's"))
    with pytest.raises(ApiException) as refusal:
        MessagingApi(client).get_bot_info()
    client.close()
    assert refusal.value.status == 401
    assert json.loads(refusal.value.body)["message"].startswith("Authentication failed due to the following reason: ")
    assert refusal.value.headers["X-Line-Request-Id"]
    assert line.api.get_bot_info().user_id == line.account["destination"]


def test_profile_loading_and_mark_as_read(line):
    user = user_id()
    answer = line.webhook(type="text", user=user)
    profile = line.api.get_profile(user)
    assert profile.user_id == user and profile.display_name
    line.sala.control("line", blocked=[user])
    with pytest.raises(ApiException) as refusal:
        line.api.get_profile(user)
    assert refusal.value.status == 404
    # Accepted, and never seen.
    line.api.push_message(PushMessageRequest(to=user, messages=[TextMessage(text="x")]))
    assert line.sent(user) == [] and answer["user"] == user
    line.api.show_loading_animation(ShowLoadingAnimationRequest(chat_id=user, loading_seconds=20))
    for seconds in (0, 7, 65):
        assert line.raw("POST", "/v2/bot/chat/loading/start", {"chatId": user, "loadingSeconds": seconds})[0] == 400
    assert line.raw("POST", "/v2/bot/chat/loading/start", {"chatId": user})[0] == 202
    token = line.events()[0].message.mark_as_read_token
    assert line.raw("POST", "/v2/bot/chat/markAsRead", {"markAsReadToken": token})[0] == 200
    assert line.raw("POST", "/v2/bot/chat/markAsRead", {"markAsReadToken": "x"})[0] == 400


def test_content_is_not_ready_at_once_and_not_kept_for_ever(line, slip):
    path = f"/v2/bot/message/{slip['message']}/content"
    line.sala.control("line", contentPendingTimes=2)
    assert [line.raw("GET", path)[0] for _ in range(3)] == [202, 202, 200]
    status, headers, body = line.raw("GET", path + "/preview")
    assert (status, headers["Content-Type"]) == (200, "image/png") and body.startswith(b"\x89PNG")
    line.sala.control("line", contentGone=True)
    assert line.raw("GET", path)[0] == 404
    line.sala.control("line", contentGone=False)
    assert line.raw("GET", "/v2/bot/message/1/content")[0] == 404


# What all have in common


def test_failures_are_worded_as_each_company_does(sala, line):
    wanted = {
        "line": ("/line/v2/bot/info", "message"), "easyslip": ("/easyslip/api/v1/me", "message"),
        "slipok": ("/slipok/api/line/apikey/1/quota", "message"), "backend": ("/backend/jeco/session", "message"),
    }
    for name, (path, member) in wanted.items():
        sala.control(name, status=503, retryAfterSeconds=7)
        status, headers, body = call("GET", sala.standins + path)
        assert (status, headers["Retry-After"]) == (503, "7") and member in body, name
        sala.control(name, status=None, disconnectAfterBytes=3)
        with pytest.raises(Exception):
            call("GET", sala.standins + path)
        assert request("POST", f"{sala.standins}/_control/{name}", {"latencyMs": 5, "nonsense": 1})[0] == 400
        assert json.loads(request("GET", f"{sala.standins}/_control/{name}")[2])["latencyMs"] == 0, "half of it was taken"
        # The settings that all have do not leave the others out.
        assert [one["end"] for one in sala.calls(name)][-2:] in (["answered", "abandoned"], ["answered", "answered"])


def test_calls_show_files_by_their_digest(sala, line, slip):
    picture = bytes(line.content.get_message_content(slip["message"]))
    body, headers = form({"checkDuplicate": "true"}, {"file": picture})
    call("POST", sala.standins + "/easyslip/api/v1/verify", body, {"Authorization": "Bearer k", **headers})
    shown = sala.calls("easyslip")[-1]["body"]
    assert shown["checkDuplicate"] == "true"
    assert (shown["file"]["bytes"], shown["file"]["sha256"]) == (len(picture), hashlib.sha256(picture).hexdigest())
    call("POST", sala.standins + "/easyslip/api/v1/verify", picture, {"Authorization": "Bearer k"})
    assert sala.calls("easyslip")[-1]["body"] == {"bytes": len(picture), "sha256": hashlib.sha256(picture).hexdigest()}


# EasySlip


class EasySlip:
    def __init__(self, sala):
        self.base = sala.standins + "/easyslip"
        self.headers = {"Authorization": f"Bearer {unique('key')}"}

    def v1(self, body=None, payload=None, duplicate=False, headers=None):
        if payload is not None:
            query = urllib.parse.urlencode({"payload": payload, "checkDuplicate": str(duplicate).lower()})
            return call("GET", f"{self.base}/api/v1/verify?{query}", headers=self.headers)[::2]
        return call("POST", self.base + "/api/v1/verify", body, {**self.headers, **(headers or {})})[::2]

    def v2(self, body, headers=None):
        return call("POST", self.base + "/v2/verify/bank", body, {**self.headers, **(headers or {})})[::2]


@pytest.fixture
def easyslip(sala):
    return EasySlip(sala)


def test_easyslip_finds_a_slip_in_every_documented_way(line, easyslip, slip):
    picture = bytes(line.content.get_message_content(slip["message"]))
    address = f"{line.base}/v2/bot/message/{slip['message']}/content"
    encoded = base64.b64encode(picture).decode()
    answers = [
        easyslip.v1(payload=slip["payload"]), easyslip.v1({"image": encoded}), easyslip.v1({"data": encoded}),
        easyslip.v1({"data": "data:image/png;base64," + encoded}), easyslip.v1({"url": address}),
    ]
    body, headers = form({"checkDuplicate": "false"}, {"file": picture})
    answers.append(easyslip.v1(body, headers=headers))
    for status, answer in answers:
        assert (status, answer["status"]) == (200, 200), answer
        assert answer["data"]["transRef"] == slip["transRef"] and answer["data"]["amount"]["amount"] == 500
    body, headers = form({"checkDuplicate": "false", "matchAmount": "500.00"}, {"image": picture})
    answers = [
        easyslip.v2({"payload": slip["payload"]}), easyslip.v2({"base64": encoded}), easyslip.v2({"url": address}),
        easyslip.v2(body, headers),
    ]
    for status, answer in answers:
        assert status == 200 and answer["success"] is True, answer
        assert answer["data"]["rawSlip"]["transRef"] == slip["transRef"] and answer["data"]["isDuplicate"] is False
    assert answers[-1][1]["data"]["isAmountMatched"] is True
    data = answers[0][1]["data"]["rawSlip"]
    assert data["sender"]["bank"]["id"] == slip["bank"] and data["date"].endswith("+07:00")
    for side in ("sender", "receiver"):
        shown = data[side]["account"]["bank"]["account"]
        assert sum(one.isdigit() for one in shown) >= 4 and any(one in "xX" for one in shown)


def test_easyslip_tells_duplicates_to_the_application_that_asked(easyslip, sala, slip):
    for _ in range(2):
        assert easyslip.v1(payload=slip["payload"])[0] == 200
    assert easyslip.v1(payload=slip["payload"], duplicate=True)[0] == 200
    status, answer = easyslip.v1(payload=slip["payload"], duplicate=True)
    assert (status, answer["message"], answer["data"]["transRef"]) == (400, "duplicate_slip", slip["transRef"])
    status, answer = easyslip.v2({"payload": slip["payload"], "checkDuplicate": True})
    assert (status, answer["data"]["isDuplicate"]) == (200, True)
    assert EasySlip(sala).v1(payload=slip["payload"], duplicate=True)[0] == 200


def test_easyslip_matches_amount_and_account(easyslip, line, slip):
    asked = {"payload": slip["payload"], "matchAccount": True, "matchAmount": 499.99, "remark": "o-1"}
    data = easyslip.v2(asked)[1]["data"]
    assert (data["isAmountMatched"], data["amountInOrder"], data["amountInSlip"]) == (False, 499.99, 500)
    assert data["remark"] == "o-1" and data["matchedAccount"]["bank"]["shortCode"] == "KBANK"
    other = line.webhook(type="slip", amount=1, receiver={"account": "9999999999", "nameTh": "นาย ใคร ก็ได้", "bank": "SCB"})
    assert easyslip.v2({**asked, "payload": other["payload"]})[1]["data"]["matchedAccount"] is None


def test_easyslip_refuses(easyslip, sala):
    unknown = "0041000600000101030040220015275120000AKR000015102TH91047C42"
    paying = "00020101021129370016A0000006770101110113006681234567853037645802TH6304823E"
    assert easyslip.v1(payload=unknown) == (404, {"status": 404, "message": "slip_not_found"})
    assert easyslip.v1(payload=unknown[:-1] + "3")[1]["message"] == "invalid_payload"
    assert easyslip.v1(payload=paying)[1]["message"] == "invalid_payload"
    assert easyslip.v1({"image": base64.b64encode(b"no picture").decode()})[1]["message"] == "invalid_image"
    assert easyslip.v1({})[1]["message"] == "invalid_request"
    large = b"\x89PNG\r\n\x1a\n" + bytes(4 * 1024 * 1024)
    body, headers = form({}, {"file": large})
    assert easyslip.v1(body, headers=headers)[1]["message"] == "image_size_too_large"
    codes = {
        "VALIDATION_ERROR": {"payload": "x" * 129}, "IMAGE_URL_UNREACHABLE": {"url": "https://example.com/a.png"},
        "URL_PROTOCOL_NOT_ALLOWED": {"url": "ftp://example.com/a"}, "URL_INVALID_IP_RANGE": {"url": "http://127.0.0.1/a"},
        "SLIP_NOT_FOUND": {"payload": unknown}, "INVALID_IMAGE_FORMAT": {"base64": "AAAA"},
    }
    for code, body in codes.items():
        status, answer = easyslip.v2(body)
        assert status >= 400 and answer["success"] is False and answer["error"]["code"] == code, answer
    easyslip.headers = {}
    assert easyslip.v1(payload=unknown) == (401, {"status": 401, "message": "unauthorized"})
    assert easyslip.v2({"payload": unknown})[1]["error"]["code"] == "MISSING_API_KEY"


def test_easyslip_fails_as_it_is_told(easyslip, sala, slip):
    sala.control("easyslip", slip={slip["transRef"]: {"answer": "slip_pending", "times": 2}})
    answers = [
        easyslip.v1(payload=slip["payload"]), easyslip.v2({"payload": slip["payload"]}), easyslip.v1(payload=slip["payload"])]
    assert answers[0] == (404, {"status": 404, "message": "slip_pending"})
    assert answers[1][1]["error"]["code"] == "SLIP_PENDING" and answers[2][0] == 200
    sala.control("easyslip", answer="quota_exceeded", times=1)
    assert easyslip.v1(payload=slip["payload"]) == (403, {"status": 403, "message": "quota_exceeded"})
    assert easyslip.v1(payload=slip["payload"])[0] == 200
    assert request("POST", f"{sala.standins}/_control/easyslip", {"answer": "made_up"})[0] == 400
    used = call("GET", easyslip.base + "/api/v1/me", headers=easyslip.headers)[2]["data"]["usedQuota"]
    sala.control("easyslip", quota=used)
    assert easyslip.v2({"payload": slip["payload"]})[1]["error"]["code"] == "QUOTA_EXCEEDED"
    info = call("GET", easyslip.base + "/v2/info", headers=easyslip.headers)[2]["data"]
    assert info["application"]["quota"]["remaining"] == 0 and info["branch"]["isActive"] is True


def test_pictures_from_elsewhere_are_read(easyslip, line, slip):
    """A picture that the stand-in did not send: other bytes of a sound slip."""
    turned = line.webhook(type="image", payload=slip["payload"], turnedBy=90)
    picture = bytes(line.content.get_message_content(turned["message"]))
    body, headers = form({}, {"file": picture})
    status, answer = easyslip.v1(body, headers=headers)
    assert status == 200 and answer["data"]["transRef"] == slip["transRef"]
    black = bytes(line.content.get_message_content(line.webhook(type="image")["message"]))
    body, headers = form({}, {"file": black})
    assert easyslip.v1(body, headers=headers)[1]["message"] == "qrcode_not_found"
    payload = "0041000600000101030040220025275120000AKR000015102TH9104"
    payload += f"{crc(payload):04X}"
    elsewhere = line.content.get_message_content(line.webhook(type="image", payload=payload, brightness=0.8)["message"])
    drawn = line.webhook(
        type="slip", amount=12.5, image=base64.b64encode(elsewhere).decode(), payload=payload,
        transferredAt="2026-11-21T10:02:15+07:00", sender={"nameTh": "นาย ทดสอบ ระบบ", "account": "1112345678", "bank": "KBANK"})
    assert drawn["transRef"] == "025275120000AKR00001"
    assert line.content.get_message_content(drawn["message"]) == elsewhere
    data = easyslip.v1(payload=payload)[1]["data"]
    assert (data["amount"]["amount"], data["date"]) == (12.5, "2026-11-21T10:02:15+07:00")
    assert data["sender"]["account"] == {
        "name": {"th": "นาย ทดสอบ ร"}, "bank": {"type": "BANKAC", "account": "xxx-x-x4567-x"}}


def crc(text):
    return binascii.crc_hqx(text.encode(), 0xFFFF)


# SlipOK


class SlipOK:
    def __init__(self, sala):
        self.url = f"{sala.standins}/slipok/api/line/apikey/{uuid.uuid4().int % 10**6}"
        self.headers = {"x-authorization": "SLIPOKXXXXXXX"}

    def check(self, body, headers=None):
        return call("POST", self.url, body, {**self.headers, **(headers or {})})[::2]

    def code(self, body, headers=None):
        status, answer = self.check(body, headers)
        assert status == 400 and answer["message"], answer
        return answer["code"]


@pytest.fixture
def slipok(sala):
    return SlipOK(sala)


def test_slipok_finds_a_slip_in_every_documented_way(line, slipok, slip):
    picture = bytes(line.content.get_message_content(slip["message"]))
    body, headers = form({}, {"files": picture})
    address = f"{line.base}/v2/bot/message/{slip['message']}/content"
    for status, answer in (
        slipok.check({"data": slip["payload"], "amount": 500}), slipok.check(body, headers), slipok.check({"url": address})):
        assert status == 200 and answer["success"] is True
        data = answer["data"]
        assert (data["transRef"], data["sendingBank"], data["amount"]) == (slip["transRef"], slip["bank"], 500)
        assert data["qrcodeData"] == slip["payload"] and data["transTimestamp"].endswith("Z")
    quota = call("GET", slipok.url + "/quota", headers=slipok.headers)[2]["data"]["quota"]
    slipok.check({"data": slip["payload"]})
    assert call("GET", slipok.url + "/quota", headers=slipok.headers)[2]["data"]["quota"] == quota - 1


def test_slipok_refuses_by_number(sala, line, slipok, slip):
    unknown = "0041000600000101030040220015275120000AKR000015102TH91047C42"
    paying = "00020101021129370016A0000006770101110113006681234567853037645802TH6304823E"
    assert slipok.code({}) == 1000
    assert slipok.code({"data": paying}) == 1008
    assert slipok.code({"data": unknown}) == 1011
    assert slipok.code({"url": "https://example.com/x"}) == 1005
    black = bytes(line.content.get_message_content(line.webhook(type="image")["message"]))
    assert slipok.code(*form({}, {"files": black})) == 1007
    assert slipok.code({"data": slip["payload"], "amount": 499}) == 1013
    assert slipok.check({"data": slip["payload"], "log": True})[0] == 200
    status, answer = slipok.check({"data": slip["payload"], "log": True})
    assert answer["code"] == 1012 and answer["data"]["transRef"] == slip["transRef"]
    # Without `log` it remembers nothing and looks at nothing.
    assert slipok.check({"data": slip["payload"]})[0] == 200
    other = line.webhook(type="slip", amount=1, receiver={"account": "9999999999"})
    assert slipok.code({"data": other["payload"], "log": True}) == 1014
    sala.control("slipok", slip={slip["transRef"]: {"answer": 1010, "times": 1}})
    status, answer = slipok.check({"data": slip["payload"]})
    assert (answer["code"], answer["data"]["delay"], answer["data"]["bankCode"]) == (1010, 10, slip["bank"])
    sala.control("slipok", answer="1009", times=1)
    assert slipok.code({"data": slip["payload"]}) == 1009
    assert call("POST", slipok.url, {"data": slip["payload"]})[2]["code"] == 1002
    assert call("POST", slipok.url + "x", {"data": slip["payload"]}, slipok.headers)[2]["code"] == 1001


# A tenant's own back end


class Backend:
    def __init__(self, sala, tenant):
        self.sala = sala
        self.tenant = tenant
        self.base = f"{sala.standins}/backend/{tenant}"
        self.headers = {"Authorization": "Bearer any"}

    def ask(self, method, path, body=None, **headers):
        return call(method, f"{self.base}/{path}", body, {**self.headers, **headers})[::2]

    def credit(self, key, trans_ref, amount="500.00", user="USER1000"):
        order = {
            "userId": user, "toAccountId": "ACC1", "amount": amount, "currency": "THB", "bank": "004", "transRef": trans_ref,
            "transferredAt": "2026-11-21T10:02:15+07:00", "transaction": "t_1"}
        return self.ask("POST", "credits", order, **{"Idempotency-Key": key})

    @property
    def ledger(self):
        return call("GET", f"{self.sala.standins}/_control/backend/ledger?tenant={self.tenant}")[2]


@pytest.fixture
def backend(sala):
    """One that no other test knows."""
    tenant = unique("t")[:20]
    yield Backend(sala, tenant)
    sala.calm()


def test_a_back_end_s_session(backend):
    credentials = {"username": "admin", "password": "p", "captchaId": "demo", "captchaCode": "12345"}
    assert backend.ask("GET", "session")[0] == 200
    captcha = backend.ask("GET", "auth/captcha")[1]
    assert captcha["image"].startswith("data:image/svg+xml;base64,")
    status, session = backend.ask(
        "POST", "auth/login", {**credentials, "captchaId": captcha["captchaId"], "captchaCode": captcha["code"]})
    assert status == 200 and session["username"] == "admin" and session["expiresAt"]
    assert backend.ask("POST", "auth/login", {**credentials, "captchaCode": "0"})[0] == 400
    # A captcha is used up.
    used = {**credentials, "captchaId": captcha["captchaId"], "captchaCode": captcha["code"]}
    assert backend.ask("POST", "auth/login", used)[0] == 400
    assert backend.ask("POST", "auth/login", {**credentials, "password": "wrong"})[0] == 401
    backend.sala.control("backend", tenant=backend.tenant, expired=True)
    status, answer = backend.ask("GET", "accounts")
    assert status == 401 and answer["message"]
    session = backend.ask("POST", "auth/login", credentials)[1]
    backend.headers = {"Authorization": f"Bearer {session['token']}"}
    assert backend.ask("GET", "accounts")[0] == 200
    assert backend.ask("POST", "auth/logout", {})[0] == 204
    assert backend.ask("GET", "accounts")[0] == 401
    backend.headers = {}
    assert backend.ask("GET", "accounts")[0] == 401


def test_a_back_end_finds_who_paid(sala, line, easyslip):
    backend = Backend(sala, TENANT)
    accounts = backend.ask("GET", "accounts")[1]["accounts"]
    assert len(accounts) == 3 and {"id", "accountNumber", "bank", "nameTh", "nameEn"} <= set(accounts[0])
    for _ in range(8):
        user = user_id()
        slip = line.webhook(type="slip", amount=100, user=user)
        data = easyslip.v1(payload=slip["payload"])[1]["data"]
        sender, names = data["sender"], data["sender"]["account"]["name"]
        search = {"maskedAccount": sender["account"]["bank"]["account"], "bank": sender["bank"]["id"]}
        if "th" in names:
            search["nameTh"] = names["th"]
        if "en" in names:
            search["nameEn"] = names["en"]
        found = backend.ask("POST", "users/search", search)[1]["users"]
        expected = call("GET", f"{sala.standins}/_control/backend/users?tenant={TENANT}&line={user}")[2]["users"]
        assert found == expected and len(found) == 1
        assert backend.ask("POST", "users/search", {**search, "bank": "098"})[1] == {"users": []}


def test_a_back_end_credits_a_transfer_once(backend):
    assert backend.credit("k1", "R1") == (201, {"id": "CR1", "amount": "500.00", "userId": "USER1000"})
    assert backend.credit("k1", "R1") == (200, {"id": "CR1", "amount": "500.00", "userId": "USER1000"})
    assert backend.credit("k1", "R1", amount="500.01")[0] == 422
    status, answer = backend.credit("k2", "R1")
    assert (status, answer["id"]) == (409, "CR1") and answer["message"]
    assert backend.credit("k3", "R2", amount="0.25")[0] == 201
    assert backend.credit("k4", "R3", amount="1.234")[0] == 400
    assert backend.credit("k4", "R3", user="nobody")[0] == 400
    assert backend.ask("GET", "credits/k1")[1]["amount"] == "500.00"
    status, answer = backend.ask("GET", "credits/k2")
    assert status == 404 and answer["message"]
    ledger = backend.ledger
    assert (ledger["sum"], ledger["conflicts"]) == ("500.25", 1)
    assert [(one["key"], one["bank"], one["transRef"]) for one in ledger["credits"]] == [("k1", "004", "R1"), ("k3", "004", "R2")]


def test_a_back_end_s_ledger_is_exact_when_all_come_at_once(backend):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: backend.credit(f"k{n % 40}-{n // 200}", f"R{n % 40}", "0.10")[0], range(400)))
    # Forty transfers: each once, and its own key again; the other key is a conflict.
    assert (answers.count(201), answers.count(200), answers.count(409)) == (40, 160, 200)
    assert (backend.ledger["sum"], len(backend.ledger["credits"])) == ("4.00", 40)


def test_a_back_end_loses_its_answer_behind_the_credit(backend):
    backend.sala.control("backend", tenant=backend.tenant, creditAnswer="lost", lostTimes=1)
    with pytest.raises(OSError):
        backend.credit("k1", "R1")
    assert backend.ask("GET", "credits/k1")[0] == 200
    assert backend.credit("k1", "R1")[0] == 200 and len(backend.ledger["credits"]) == 1
    backend.sala.control("backend", tenant=backend.tenant, refuse="ปิดปรับปรุง")
    assert backend.credit("k2", "R2") == (400, {"message": "ปิดปรับปรุง"})
    assert len(backend.ledger["credits"]) == 1


def test_a_back_end_s_people_can_be_replaced(backend):
    users = [{"id": "u", "memberCode": "m", "fullname": "นาย เอ บี", "bankAccount": "1112345678", "bank": "SCB", "phone": ""}]
    accounts = [{"id": "a", "accountNumber": "2223456789", "bank": "004", "nameTh": "ร้าน", "nameEn": "SHOP"}]
    backend.sala.control("backend", tenant=backend.tenant, users=users, accounts=accounts)
    assert backend.ask("GET", "accounts")[1] == {"accounts": accounts}
    found = backend.ask("POST", "users/search", {"nameTh": "นายเอ บ", "maskedAccount": "xxx-x-x4567-x", "bank": "014"})[1]
    assert found == {"users": [{**users[0], "bank": "014"}]}
    assert request("POST", f"{backend.sala.standins}/_control/backend", {"users": users})[0] == 400
    backend.sala.calm()
    assert len(backend.ask("GET", "accounts")[1]["accounts"]) == 3
