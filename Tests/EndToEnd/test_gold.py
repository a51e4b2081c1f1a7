"""The gold price, route by route as Pawn Shop's document has it, against a running `sala dev` with its stand-in for the gold traders.

The document has three chapters of the same routes that differ; each is held to what it shows.
"""

import json
from datetime import datetime, timedelta, timezone

import pytest
from conftest import request, unique, wait_for
from device import Device

BANGKOK = timezone(timedelta(hours=7))
BASE = "/t/pawnshop/api/v1"


class Shop:
    """The façade, as a front end of the platform calls it."""

    def __init__(self, sala):
        self.sala = sala

    def ask(self, method, path, token=None, role="admin"):
        token = token or self.sala.token("pawnshop", role)
        status, headers, text = request(method, self.sala.http + BASE + path, token=token)
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(text)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def announce(self, price, **more):
        """The traders announce what a bar costs."""
        self.sala.control("gold", price=str(price), **more)

    def sync(self, **more):
        return self.ask("POST", "/gold-price/sync", **more)

    def set(self, price, **more):
        self.announce(price, **more)
        status, answer = self.sync()
        assert status in (200, 202), answer
        return answer["data"]

    def command(self, name, role="staff", **data):
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/feed/gold/commands", {"name": name, "data": data},
            self.sala.token("pawnshop", role), **{"Idempotency-Key": unique("k")})
        return status, json.loads(text)

    @property
    def state(self):
        status, _, text = request("GET", f"{self.sala.http}/v1/sessions/feed/gold", token=self.sala.token("pawnshop", "staff"))
        assert status == 200, text
        return json.loads(text)["state"]

    @property
    def sell(self):
        return self.get("/gold-price/current")[1]["data"]["sellPrice"]


@pytest.fixture
def shop(sala):
    """With a known price, and nothing held."""
    shop = Shop(sala)
    sala.calm()
    shop.set(66_400)
    if shop.state.get("held"):
        shop.command("feed.confirm")
    assert shop.sell == 66_400
    yield shop
    sala.calm()
    # A price that a test has left far away is not to be what the next one begins with.
    shop.set(66_400)
    if shop.state.get("held"):
        shop.command("feed.confirm")


def recent(text):
    """A time of RFC 3339 of the last minutes."""
    return abs((datetime.now(timezone.utc) - datetime.fromisoformat(text)).total_seconds()) < 600


# GET /gold-price/latest


def test_latest(shop):
    shop.set(66_450)
    status, body = shop.get("/gold-price/latest")
    assert status == 200 and body["success"] is True
    assert body["message"] == "Latest gold price retrieved successfully"
    data = body["data"]
    # The first chapter.
    assert (data["goldBarBuy"], data["goldBarSell"], data["goldJewelrySell"]) == (66_250, 66_450, 67_250)
    assert isinstance(data["goldJewelryBuy"], (int, float)) and data["goldJewelryBuy"] < data["goldBarBuy"]
    assert data["comparePrevious"] == "+50" and data["compareYesterday"][0] in "+-0" and recent(data["createdAt"])
    # The second.
    price = data["goldPrice"]
    assert set(price) == {"id", "buyPrice", "sellPrice", "date", "source", "createdAt"}
    assert (price["buyPrice"], price["sellPrice"], price["source"]) == (66_250, 66_450, "EXTERNAL_API")
    assert isinstance(price["id"], int) and price["date"] == datetime.now(BANGKOK).strftime("%Y-%m-%d")


def test_current(shop):
    status, body = shop.get("/gold-price/current")
    assert status == 200 and body["success"] is True
    assert body["message"] == "Current gold price retrieved successfully"
    data = body["data"]
    assert {"id", "buyPrice", "sellPrice", "lastUpdated", "source", "isActive"} <= set(data)
    assert (data["buyPrice"], data["sellPrice"], data["source"], data["isActive"]) == (66_200, 66_400, "External API", True)
    assert recent(data["lastUpdated"])


# GET /gold-price/history


def test_history(shop):
    for price in (66_450, 66_300, 66_350):
        shop.set(price)
    status, body = shop.get("/gold-price/history?page=1&limit=3&sortOrder=desc")
    assert status == 200 and body["success"] is True
    assert body["message"] == "Gold price history retrieved successfully"
    rows = body["data"]
    assert [row["sellPrice"] for row in rows] == [66_350, 66_300, 66_450]
    assert [row["priceChange"] for row in rows] == [50, -150, 50]
    assert rows[0]["percentageChange"] == 0.08 and rows[1]["percentageChange"] == -0.23
    assert {"id", "buyPrice", "sellPrice", "date", "source", "createdAt", "lastUpdated"} <= set(rows[0])
    pagination = body["pagination"]
    assert (pagination["page"], pagination["limit"]) == (1, 3) and pagination["total"] >= 4
    assert pagination["totalPages"] == -(-pagination["total"] // 3)
    # What a page ends with the next one goes on from.
    _, second = shop.get("/gold-price/history?page=2&limit=3")
    assert second["data"][0]["id"] < rows[-1]["id"]
    _, oldest = shop.get("/gold-price/history?page=1&limit=3&sortOrder=asc")
    assert [row["id"] for row in oldest["data"]] == sorted(row["id"] for row in oldest["data"])


def test_history_of_days(shop):
    today = datetime.now(BANGKOK).strftime("%Y-%m-%d")
    for first, last in (("startDate", "endDate"), ("dateFrom", "dateTo")):
        _, body = shop.get(f"/gold-price/history?{first}={today}&{last}={today}")
        assert body["data"] and all(row["date"] == today for row in body["data"])
        _, body = shop.get(f"/gold-price/history?{first}=2020-01-01&{last}=2020-12-31")
        assert body["data"] == [] and body["pagination"]["total"] == 0
    # Without a page, the first chapter's limit; with one, the last's.
    assert shop.get("/gold-price/history")[1]["pagination"]["limit"] == 100
    assert shop.get("/gold-price/history?page=1")[1]["pagination"]["limit"] == 10


@pytest.mark.parametrize("query, field", [
    ("page=0", "page"), ("limit=none", "limit"), ("limit=501", "limit"), ("startDate=01-01-2026", "startDate"),
    ("dateTo=2026-02-30", "dateTo"), ("startDate=2026-02-02&endDate=2026-02-01", "endDate"), ("sortOrder=best", "sortOrder"),
])
def test_history_refuses_by_field(shop, query, field):
    status, body = shop.get(f"/gold-price/history?{query}")
    assert status == 400 and body["success"] is False and body["message"] == "Validation failed"
    assert body["error"]["code"] == "VALIDATION_ERROR" and field in body["error"]["details"]
    assert [each["field"] for each in body["errors"]] == [field]


# POST /gold-price/sync


@pytest.mark.parametrize("path", ["/gold-price/sync", "/sync-pawn-data/gold-prices"])
def test_sync(shop, path):
    shop.announce(66_550)
    status, body = shop.ask("POST", path)
    assert status == 200 and body["message"] == "Gold price synchronized successfully"
    data = body["data"]
    assert data["previousPrice"] == {"buyPrice": 66_200, "sellPrice": 66_400}
    assert data["currentPrice"] == {"buyPrice": 66_350, "sellPrice": 66_550}
    assert data["change"] == {"amount": 150, "percentage": 0.23} and recent(data["syncedAt"])
    # Nothing new: no change, no row, no event.
    _, before = shop.get("/gold-price/history?limit=1")
    status, body = shop.ask("POST", path)
    assert status == 200 and body["data"]["change"] == {"amount": 0, "percentage": 0}
    _, after = shop.get("/gold-price/history?limit=1")
    assert before["pagination"]["total"] == after["pagination"]["total"]


@pytest.mark.parametrize("behaviour, details", [
    ({"status": 500}, "did not answer"), ({"challenge": True}, "refuses"), ({"status": 429}, "refuses"),
    ({"swapped": True}, "cannot be right"), ({"missingOrnament": True}, "unknown format"),
    ({"disconnectAfterBytes": 20}, "answer"),
])
def test_sync_tells_why_there_is_no_price(shop, behaviour, details):
    shop.sala.control("gold", **behaviour)
    status, body = shop.sync()
    assert status == 502 and body["success"] is False and body["error"]["code"] == "EXTERNAL_API_ERROR"
    assert details in body["error"]["details"]
    # The last good price stays.
    assert shop.sell == 66_400 and shop.state["check"]["result"] == "failed"


def test_a_source_that_failed_is_asked_again_by_itself(shop):
    shop.announce(66_500)
    shop.sala.control("gold", status=503)
    assert shop.sync()[0] == 502
    shop.sala.control("gold", status=None)
    wait_for("the second attempt, two seconds later", lambda: shop.sell == 66_500, patience=20)


def test_a_jump_waits_for_staff(shop):
    shop.announce(79_680)
    status, body = shop.sync()
    assert status == 202 and body["success"] is True
    assert body["data"]["heldPrice"] == {"buyPrice": 79_480, "sellPrice": 79_680}
    assert body["data"]["currentPrice"]["sellPrice"] == 66_400 and shop.sell == 66_400
    held = shop.state["held"]
    assert held["reason"] == "jump" and held["value"]["bar"]["sell"] == "79680.00"
    # Not a customer's to decide, and not about another one.
    assert shop.command("feed.confirm", "customer")[0] == 403
    assert shop.command("feed.confirm", held=held["offset"] - 1)[1]["code"] == 2401
    assert shop.command("feed.confirm", held=held["offset"])[0] == 200
    assert shop.sell == 79_680
    assert shop.get("/gold-price/history?limit=1")[1]["data"][0]["sellPrice"] == 79_680
    # Down again is a jump, too; refused, it is not asked about again.
    shop.announce(66_400)
    assert shop.sync()[0] == 202
    assert shop.command("feed.reject")[0] == 200
    assert shop.sync()[0] == 200 and shop.sell == 79_680
    shop.announce(66_450)
    assert shop.sync()[0] == 202
    assert shop.command("feed.confirm")[0] == 200


def test_what_is_held_and_known_survives_a_kill(shop):
    if not shop.sala.can_crash:
        pytest.skip("no server that we could kill")
    shop.set(66_500)
    shop.announce(79_680)
    assert shop.sync()[0] == 202
    before = shop.state
    shop.sala.kill()
    # The stand-ins begin anew: what they say now is not what was held.
    shop.sala.start()
    after = shop.state
    assert after["held"] == before["held"] and after["history"] == before["history"]
    assert shop.command("feed.confirm", held=after["held"]["offset"])[0] == 200
    assert shop.sell == 79_680


# Rights


def test_rights_are_what_the_platforms_token_says(shop):
    sala = shop.sala
    reader = sala.mint(tenant="pawnshop", role="staff", menuPermissions=["Reports"], permissions=["READ:Report"])
    other = sala.mint(tenant="pawnshop", role="staff", menuPermissions=["Dashboard"], permissions=["READ:Report"])
    unpermitted = sala.mint(tenant="pawnshop", role="staff", menuPermissions=["Reports"], permissions=["READ:User"])
    syncer = sala.mint(tenant="pawnshop", role="staff", menuPermissions=["Gold Price"], permissions=["SYNC:Data"])
    for path in ("/gold-price/latest", "/gold-price/history"):
        assert shop.get(path, token=reader)[0] == 200
        status, body = shop.get(path, token=other)
        assert status == 403 and body["error"]["code"] == "MENU_ACCESS_DENIED"
        status, body = shop.get(path, token=unpermitted)
        assert status == 403 and body["message"] == "Insufficient permissions"
        assert body["error"]["details"] == "You need 'READ:Report' permission to perform this action"
        assert shop.get(path, role="customer")[0] == 403
    assert shop.get("/gold-price/current", role="customer")[0] == 200
    assert shop.sync(token=syncer)[0] == 200
    assert shop.sync(token=reader)[0] == 403 and shop.sync(role="staff")[0] == 403


def test_without_a_token(shop):
    for method, path in (("GET", "latest"), ("GET", "current"), ("GET", "history"), ("POST", "sync")):
        status, headers, text = request(method, f"{shop.sala.http}{BASE}/gold-price/{path}")
        body = json.loads(text)
        assert status == 401 and body["success"] is False and body["error"]["code"] == "INVALID_CREDENTIALS"
        assert headers["WWW-Authenticate"].startswith("Bearer")
    status, body = shop.get("/gold-price/current", token=shop.sala.token("jeco", "admin"))
    assert status == 403 and body["error"]["code"] == "INSUFFICIENT_PERMISSIONS"


# The feed itself


def test_every_change_is_pushed(shop):
    subscribe = [{"id": 1, "session": "feed/gold", "mode": "all"}]
    with Device(shop.sala, shop.sala.token("pawnshop", "customer"), subscribe) as device:
        state = device.wait(type="snapshot")["state"]
        assert state["latest"]["value"]["bar"]["sell"] == "66400.00"
        shop.set(66_500)
        event = device.wait(type="event", name="feed.published")
        assert event["data"]["value"]["bar"] == {"buy": "66300.00", "sell": "66500.00"}
        assert event["data"]["value"]["change"]["previous"] == "100.00"
        assert device.wait(type="value", name="check")["data"]["result"] == "published"


def test_a_feed_of_the_tenants_own(sala):
    name = f"feed/{unique('branch')}"
    service = sala.token("pawnshop", "service")
    url = f"{sala.http}/v1/sessions/{name}"
    facts = {"title": "สาขาสยาม", "read": ["customer"], "history": 2}
    assert request("PUT", url, facts, service)[0] == 201
    assert request("PUT", url, facts, service)[0] == 200
    for value in ({"open": True}, {"open": False}, {"open": True, "until": "20:00"}):
        status, _, text = request("POST", url + "/commands", {"name": "feed.publish", "data": {"value": value}}, service)
        assert status == 200, text
    status, _, text = request("GET", url, token=sala.token("pawnshop", "customer"))
    state = json.loads(text)["state"]
    assert status == 200 and state["latest"]["value"] == {"open": True, "until": "20:00"}
    assert [entry["value"]["open"] for entry in state["history"]] == [False, True]
    assert request("GET", url, token=sala.token("pawnshop", "rider"))[0] == 403
    assert request("GET", url, token=sala.token("jeco", "staff"))[0] == 404
    publish = {"name": "feed.publish", "data": {"value": {"open": False}}}
    assert request("POST", url + "/commands", publish, sala.token("pawnshop", "customer"))[0] == 403
    big = {"name": "feed.publish", "data": {"value": {"text": "x" * 8_192}}}
    status, _, text = request("POST", url + "/commands", big, service)
    assert json.loads(text)["code"] == 2202
