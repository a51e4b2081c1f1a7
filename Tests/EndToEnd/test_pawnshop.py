"""Pawn Shop's own routes, route by route as its document shows them: chat, conversations, history, tokens and cookies, activity log,
metrics, health."""

import base64
import hashlib
import http.client
import json
import subprocess
import time

import pytest
from conftest import request, run_dev, unique
from device import Device
from store import query
from test_protocol_documents import closed, complaints, registry, schema_uri

KNOWN = registry(closed)
TENANT = "pawnshop"
READER = {"menuPermissions": ["Log", "Metrics"], "permissions": ["READ:ActivityLog", "DELETE:ActivityLog"]}


class Shop:
    """The tenant's façade; each call as the bearer of a token."""

    def __init__(self, sala):
        self.sala = sala
        self.base = f"{sala.http}/t/{TENANT}"

    def token(self, subject=None, role="staff", menus=("Chat",), **claims):
        claims.setdefault("menuPermissions", list(menus))
        return self.sala.mint(subject or unique("u"), role, tenant=TENANT, **claims)

    def ask(self, method, path, token=None, body=None, schema=None, status=200, **fields):
        code, headers, text = request(method, self.base + path, body, token, timeout=30, **fields)
        assert code == status, text
        answer = json.loads(text)
        form = "error" if status >= 300 else schema
        assert form, "every answer is held against a schema"
        assert complaints(answer, schema_uri(f"pawnshop.{form}"), KNOWN) == [], text
        assert answer["success"] is (status < 300)
        return answer, headers

    def get(self, path, token, schema, **more):
        return self.ask("GET", path, token, schema=schema, **more)[0]

    def refused(self, method, path, token, status, code, body=None, **fields):
        answer, headers = self.ask(method, path, token, body, status=status, **fields)
        assert answer["error"]["code"] == code, answer
        return answer, headers

    def chat(self, message, token, conversation=None, path="/api/v1/chat"):
        body = {"message": message, **({"conversationId": conversation} if conversation else {})}
        return self.ask("POST", path, token, body, "chat-answer")[0]["data"]


@pytest.fixture
def shop(sala):
    sala.pace(tokens=8, per_second=400, first_ms=5)
    return Shop(sala)


def stream(server, path, token, body):
    """The answer's head and the moments at which its text came, chunk by chunk."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(
        "POST", f"/t/{TENANT}{path}", json.dumps(body),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "*/*"})
    answer = connection.getresponse()
    pieces = []
    while piece := answer.read1():
        pieces.append((time.monotonic(), piece))
    connection.close()
    return answer, pieces


# Chat


def test_a_message_is_answered_in_the_documents_json(shop):
    token = shop.token()
    first = shop.chat("สวัสดี ช่วยอธิบายเรื่องการจำนำได้ไหม", token)
    assert first["isComplete"] is True and first["response"]
    again = shop.chat("ขอบคุณครับ", token, first["conversationId"])
    assert again["conversationId"] == first["conversationId"]


@pytest.mark.parametrize("base", ["/api/v1", "/api", ""])
def test_a_message_is_answered_in_chunks_of_plain_text(shop, base):
    shop.sala.pace(tokens=20, per_second=20, first_ms=50)
    token = shop.token()
    answer, pieces = stream(shop.sala, base + "/chat/send", token, {"message": "ช่วยอธิบายเรื่องการจำนำทองคำหน่อยครับ"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    text = b"".join(piece for _, piece in pieces).decode()
    assert len(pieces) > 3 and pieces[-1][0] - pieces[0][0] > 0.1, "it comes as it is said"
    conversation = answer.headers["X-Conversation-ID"]
    history = shop.get(f"/chat/history?conversationId={conversation}", token, "history")["data"]
    assert [message["content"] for message in history["messages"]][1] == text


def test_the_menu_is_needed_and_the_token_is_the_tenants(shop):
    for menus in ([], ["Reports"]):
        shop.refused("POST", "/api/v1/chat", shop.token(menus=menus), 403, "MENU_ACCESS_DENIED", {"message": "x"})
    none, headers = shop.refused("GET", "/api/v1/chat/conversations", None, 401, "INVALID_CREDENTIALS")
    assert none["message"] == "Access denied: No token provided" and headers["WWW-Authenticate"]
    stranger = shop.sala.mint(menuPermissions=["Chat"])
    shop.refused("GET", "/api/v1/chat/conversations", stranger, 403, "INSUFFICIENT_PERMISSIONS")
    assert shop.chat("สวัสดี", shop.sala.token(TENANT, "customer"))["isComplete"], "the tokens of sala dev have it"


def test_sala_token_says_menus_and_permissions(shop):
    def made(*options):
        return subprocess.run(
            [shop.sala.command[0], "token", "--tenant", TENANT, "--subject", "7", "--role", "admin", "--data",
             str(shop.sala.data), *options], capture_output=True, text=True, check=True).stdout.strip()

    token = made("--menu", "Chat", "--menu", "Log", "--permission", "READ:ActivityLog", "--email", "user@example.com")
    me = shop.get("/api/auth/me", token, "me")["data"]
    assert me["email"] == "user@example.com" and me["role"]["permissions"] == [{"name": "READ:ActivityLog"}]
    assert me["role"]["menuPermissions"] == [{"name": "Chat"}, {"name": "Log"}]
    shop.get("/activity-logs", token, "activities")
    shop.refused("GET", "/api/v1/chat/conversations", made(), 403, "MENU_ACCESS_DENIED")


def test_a_wrong_message_is_a_list_of_fields(shop):
    token = shop.token()
    answer, _ = shop.refused("POST", "/api/v1/chat", token, 400, "REQUIRED_FIELD_MISSING", {})
    assert answer["message"] == "Validation failed"
    assert answer["errors"] == [{"field": "message", "message": "message is required", "code": "REQUIRED"}]
    assert answer["error"]["details"] == {"message": "message is required"}
    shop.refused("POST", "/api/v1/chat", token, 400, "VALIDATION_ERROR", {"message": "x", "conversationId": "a b"})


def test_a_model_that_is_down_is_told_in_the_envelope(shop):
    for name in ("openai", "anthropic", "gemini"):
        shop.sala.control(name, status=400)
    answer, _ = shop.refused(
        "POST", "/api/v1/chat/send", shop.token(), 502, "EXTERNAL_API_ERROR", {"message": "x"}, Accept="text/plain")
    assert answer["message"] == "Chat service temporarily unavailable"


def test_conversations_are_listed_searched_and_deleted(shop):
    token = shop.token()
    made = [shop.chat(f"เรื่องที่ {number}{' ทองคำแท่ง' * (number == 1)}", token)["conversationId"] for number in range(3)]
    path = "/api/v1/chat/conversations"
    first = shop.get(path + "?page=1&limit=2", token, "conversations")
    assert first["message"] == "Conversations retrieved successfully"
    assert [item["id"] for item in first["data"]["items"]] == made[:0:-1]
    assert first["data"]["stats"] == {
        "totalItems": 3, "totalPages": 2, "currentPage": 1, "itemsPerPage": 2, "hasNextPage": True,
        "hasPreviousPage": False}
    newest = first["data"]["items"][0]
    assert newest["title"] == "เรื่องที่ 2" and newest["messageCount"] == 2 and newest["lastMessage"]
    second = shop.get(path + "?page=2&limit=2", token, "conversations")["data"]
    assert [item["id"] for item in second["items"]] == made[:1] and second["stats"]["hasPreviousPage"]
    found = shop.get(path + "?search=%E0%B9%81%E0%B8%97%E0%B9%88%E0%B8%87", token, "conversations")["data"]
    assert [item["id"] for item in found["items"]] == [made[1]]
    assert shop.get(path, shop.token(), "conversations")["data"]["stats"]["totalItems"] == 0
    for wrong in ("page=0", "limit=101", "limit=x"):
        answer, _ = shop.refused("GET", f"{path}?{wrong}", token, 400, "VALIDATION_ERROR")
        assert [error["field"] for error in answer["errors"]] == [wrong.split("=")[0]]
    shop.refused("DELETE", f"{path}/{made[0]}", shop.token(role="admin"), 403, "INSUFFICIENT_PERMISSIONS")
    done, _ = shop.ask("DELETE", f"{path}/{made[0]}", token, schema="done")
    assert done["message"] == "Conversation deleted successfully"
    shop.refused("DELETE", f"{path}/{made[0]}", token, 404, "NOT_FOUND")
    assert shop.get(path, token, "conversations")["data"]["stats"]["totalItems"] == 2


def test_history_is_paged_and_cleared(shop):
    token = shop.token()
    conversation = shop.chat("หนึ่ง", token)["conversationId"]
    shop.chat("สอง", token, conversation)
    for base in ("", "/api", "/api/v1"):
        page = shop.get(f"{base}/chat/history?conversationId={conversation}&page=1&limit=3", token, "history")
        assert page["message"] == "Chat history retrieved successfully" and page["data"]["totalMessages"] == 4
        assert page["pagination"] == {"page": 1, "limit": 3, "total": 4, "totalPages": 2}
        assert [message["role"] for message in page["data"]["messages"]] == ["user", "assistant", "user"]
        assert [message["content"] for message in page["data"]["messages"]][::2] == ["หนึ่ง", "สอง"]
    shop.refused("GET", f"/chat/history?conversationId={conversation}", shop.token(), 403, "INSUFFICIENT_PERMISSIONS")
    shop.refused("GET", "/chat/history", token, 400, "REQUIRED_FIELD_MISSING")
    done, _ = shop.ask("DELETE", f"/chat/history?conversationId={conversation}", token, schema="done")
    assert done["message"] == "Chat history cleared successfully"
    shop.refused("GET", f"/chat/history?conversationId={conversation}", token, 404, "NOT_FOUND")


# Tokens


def stored_name(token):
    """What the store calls a token that has an identifier of its own (docs/adr/0026)."""
    claims = token.split(".")[1]
    identifier = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
    digest = hashlib.sha256(TENANT.encode() + b"\0\x01" + identifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def cookies(headers):
    return headers.get_all("Set-Cookie") or []


@pytest.mark.parametrize("place", ["bearer", "cookie"])
def test_logging_out_ends_the_token_and_its_sockets(shop, place):
    subject = unique("u")
    token, other = shop.token(subject), shop.token(subject)
    # More than there are event loops.
    devices = [Device(shop.sala, token) for _ in range(5)]
    kept = Device(shop.sala, other)
    fields = {"Cookie": f"accessToken={token}", "Origin": shop.sala.http} if place == "cookie" else {}
    answer, headers = shop.ask(
        "POST", "/api/auth/logout", token if place == "bearer" else None, schema="done", **fields)
    assert answer == {"success": True, "message": "Logout successful", "data": None}
    assert cookies(headers) == [
        f"{name}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict" for name in ("accessToken", "token")]
    for device in devices:
        assert device.closed() == 4503
    assert not kept.settle()
    kept.socket.close()
    again, _ = shop.refused("GET", "/api/auth/me", token, 401, "TOKEN_BLACKLISTED")
    assert again["message"] == "Token has been revoked"
    with Device(shop.sala, hello=False) as late:
        late.send({"type": "hello", "token": token})
        assert late.closed() == 4507


def test_a_token_that_is_revoked_closes_with_4507(shop):
    token = shop.token()
    with Device(shop.sala, token) as device:
        status, _, text = request(
            "POST", shop.sala.http + "/v1/tokens/revoke", {"token": token}, shop.sala.token(TENANT, "service"))
        assert status == 204, text
        assert device.closed() == 4507


def test_a_logout_outlives_the_server(executable, tmp_path):
    server = run_dev(executable, tmp_path)
    server.start()
    try:
        shop = Shop(server)
        token = shop.token()
        shop.ask("POST", "/auth/logout", token, schema="done")
        server.kill()
        server.start()
        shop = Shop(server)
        shop.refused("GET", "/auth/me", token, 401, "TOKEN_BLACKLISTED")
    finally:
        server.stop()
        server.log.close()


def test_what_another_process_revokes_ends_here(shop):
    """Another process writes into the same store; here the test is that process."""
    token, twin = shop.token(jti="j-1" + unique("")), shop.token()
    with Device(shop.sala, token) as device, Device(shop.sala, twin) as kept:
        query(
            shop.sala.data,
            "INSERT INTO revoked_token (tenant, token, until, cause) "
            "VALUES (:'tenant', :'token', now() + interval '1 hour', 'loggedOut')", tenant=TENANT, token=stored_name(token))
        assert device.closed() == 4503
        assert not kept.settle()
    shop.refused("GET", "/auth/me", token, 401, "TOKEN_BLACKLISTED")


def test_a_bearers_token_becomes_a_cookie(shop):
    token = shop.token("41", email="user@example.com")
    answer, headers = shop.ask("POST", "/api/auth/session", token, schema="session")
    assert answer["data"] == {"userId": 41}
    (cookie,) = cookies(headers)
    value, *properties = cookie.split("; ")
    assert value == f"accessToken={token}"
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= set(properties)
    assert any(field.startswith("Max-Age=") and 3500 < int(field[8:]) <= 3600 for field in properties)
    # A page of the same host: its browser names no origin when it reads, and says that it is the same.
    own = {"Cookie": value, "Sec-Fetch-Site": "same-origin"}
    me = shop.get("/api/auth/me", None, "me", **own)["data"]
    assert me["id"] == 41 and me["email"] == "user@example.com" and me["role"]["name"] == "staff"
    shop.refused("GET", "/api/auth/me", None, 403, "INSUFFICIENT_PERMISSIONS", Cookie=value)
    shop.refused("GET", "/api/auth/me", None, 403, "INSUFFICIENT_PERMISSIONS", Cookie=value, Origin="https://evil.example")


def test_attempts_are_counted_for_each_address_and_person(own_sala):
    shop = Shop(own_sala(SALA_RATE_LIMITS="on"))
    for _ in range(5):
        shop.refused("POST", "/api/auth/logout", "guessed.token.x", 401, "INVALID_CREDENTIALS")
    answer, headers = shop.refused("POST", "/api/auth/logout", "guessed.token.y", 429, "RATE_LIMIT_EXCEEDED")
    assert answer["message"] == "Too many requests"
    assert answer["error"]["details"] == "Maximum 5 attempts per 15 minutes allowed"
    assert 0 < int(headers["Retry-After"]) <= 180
    # Another person, from the same address.
    shop.ask("POST", "/api/auth/session", shop.token(email="b@example.com"), schema="session")


# Activity log


def test_the_activity_log_says_who_did_what_and_not_what_was_said(shop):
    subject = unique("u")
    token, admin = shop.token(subject), shop.token(role="admin", **READER)
    conversation = shop.chat("ความลับมาก", token)["conversationId"]
    shop.ask("DELETE", f"/api/v1/chat/conversations/{conversation}", token, schema="done")
    shop.ask("POST", "/auth/logout", token, schema="done", **{"User-Agent": "Pawn/1"})
    for path in ("/api/v1/activity/logs", "/api/v1/activity-logs", "/activity-logs"):
        page = shop.get(f"{path}?userId={subject}", admin, "activities")
        assert page["message"] == "Activity logs retrieved successfully"
        items = page["data"]["items"]
        assert [item["activity"] for item in items] == ["LOGOUT", "CHAT_DELETE", "CHAT_MESSAGE"]
        assert [item["action"] for item in items] == ["LOGOUT", "DELETE", "CREATE"]
        assert items[0]["ipAddress"] == "127.0.0.1" and items[0]["userAgent"] == "Pawn/1"
        assert items[1]["entityId"] == items[2]["entityId"] == conversation
        assert page["data"]["stats"]["totalItems"] == 3
        assert "ความลับ" not in json.dumps(page, ensure_ascii=False)
        one = shop.get(f"{path}/{items[0]['id']}", admin, "activity-answer")
        assert one["data"]["activityLog"] == items[0]
        assert shop.get(f"{path}?userId={subject}&activity=LOGOUT", admin, "activities")["data"]["stats"]["totalItems"] == 1
        assert shop.get(f"{path}?search={conversation}", admin, "activities")["data"]["stats"]["totalItems"] == 2
        none = shop.get(f"{path}?userId={subject}&endDate=2020-01-01", admin, "activities")
        assert none["data"]["stats"]["totalItems"] == 0
        statistics = shop.get(f"{path}/stats", admin, "activity-statistics")["data"]
        assert statistics["totalActivities"] >= 3 and statistics["uniqueUsers"] >= 1
        shop.refused("GET", f"{path}/999999999", admin, 404, "NOT_FOUND")
        shop.refused("GET", f"{path}?startDate=yesterday", admin, 400, "VALIDATION_ERROR")
        own = shop.get(f"{path}/user/{subject}", shop.token(subject), "activities")["data"]
        assert own["stats"]["totalItems"] == 3
        shop.refused("GET", f"{path}/user/{subject}", shop.token(), 403, "INSUFFICIENT_PERMISSIONS")
        shop.refused("GET", path, shop.token(role="staff", **READER), 403, "INSUFFICIENT_PERMISSIONS")
        shop.refused("GET", path, shop.token(role="admin"), 403, "MENU_ACCESS_DENIED")


def test_a_clean_up_forgets_what_is_older(shop):
    subject, admin = unique("u"), shop.token(role="admin", **READER)
    token = shop.token(subject)
    shop.ask("POST", "/auth/logout", token, schema="done")
    query(
        shop.sala.data, "UPDATE activity_log SET at = at - interval '40 days' WHERE subject = :'subject'", subject=subject)
    kept, _ = shop.ask("DELETE", "/api/v1/activity/logs/cleanup?days=90", admin, schema="activity-cleanup")
    assert kept["data"] == {"deletedCount": 0, "days": 90}
    gone, _ = shop.ask("DELETE", "/activity-logs?olderThan=30", admin, schema="activity-cleanup")
    assert gone["data"]["deletedCount"] == 1
    assert shop.get(f"/activity-logs?userId={subject}", admin, "activities")["data"]["stats"]["totalItems"] == 0
    shop.refused("DELETE", "/api/v1/activity-logs/cleanup?days=0", admin, 400, "VALIDATION_ERROR")
    newest = shop.get("/activity-logs?activity=ACTIVITY_LOG_CLEANUP&limit=1", admin, "activities")["data"]["items"][0]
    assert newest["details"] == {"days": 30, "role": "admin"}


# Metrics and health


def test_metrics_are_of_the_tenants_own_routes(shop):
    admin = shop.token(role="admin", **READER)
    shop.ask("DELETE", "/api/metrics/reset", admin, schema="done")
    assert request("GET", f"{shop.sala.http}/t/jeco/api/v1/chat/conversations", token=shop.sala.token())[0] == 200
    for _ in range(3):
        shop.get("/api/auth/me", admin, "me")
    shop.refused("GET", "/api/v1/chat/conversations", None, 401, "INVALID_CREDENTIALS")
    summary = shop.get("/api/metrics", admin, "metrics")["data"]
    # The request that began anew is the first.
    assert summary["totalRequests"] == summary["requestsToday"] == 5 and summary["errorRate"] == 0
    assert {"endpoint": "GET /api/auth/me", "count": 3}.items() <= summary["popularEndpoints"][0].items()
    api = shop.get("/api/metrics/api", admin, "metrics-api")["data"]
    assert api["api"]["statusCodes"] == {"200": 5, "401": 1} and api["environment"] == "development"
    assert api["system"]["memoryUsage"]["used"] > 5 and api["system"]["uptime"] > 0
    recent = shop.get("/api/metrics/requests?limit=2", admin, "requests")["data"]
    assert [item["endpoint"] for item in recent] == ["/api/metrics/api", "/api/metrics"]
    performance = shop.get("/api/metrics/performance", admin, "performance")["data"]
    assert performance["responseTimes"]["requests"] == 8
    assert shop.get("/api/metrics/health", admin, "health")["data"]["system"]["cpuUsage"] >= 0
    shop.refused("GET", "/api/metrics", shop.token(**READER), 403, "INSUFFICIENT_PERMISSIONS")
    shop.refused("GET", "/api/metrics", shop.token(role="admin"), 403, "MENU_ACCESS_DENIED")


def test_health_needs_no_token(shop):
    answer = shop.get("/api/health", None, "health")
    assert answer["message"] == "System health check completed"
    assert answer["data"]["services"]["database"]["status"] == "healthy"
    assert shop.get("/api/health/detailed", None, "health")["data"]["system"]["uptime"] >= 0


def test_other_tenants_have_no_such_routes(shop):
    for method, path in (("POST", "/api/v1/chat"), ("GET", "/api/metrics"), ("GET", "/api/health"), ("GET", "/activity-logs")):
        assert request(method, f"{shop.sala.http}/t/jeco{path}", token=shop.sala.token())[0] == 404
