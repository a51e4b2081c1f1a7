"""Orders and bookings as the platforms' own front ends read and change them: BaanFoodie §3.8, JECO's and TrustTrade's documents."""

import json

import pytest
from conftest import request, unique, wait_for
from test_protocol_documents import closed, complaints, registry, schema_uri

KNOWN = registry(closed)
PLACES = {
    "branch": {"id": "12", "name": "สาขาสยาม", "lat": 13.7456, "lng": 100.5341},
    "destination": {"lat": 13.7636, "lng": 100.5341, "address": "99/1 ถนนพญาไท"}}


class Platform:
    """A tenant's façade as one customer uses it, and its back end, which makes orders."""

    def __init__(self, sala, tenant, base):
        self.sala, self.tenant = sala, tenant
        self.base = f"{sala.http}/t/{tenant}{base}"
        self.customer, self.provider = unique("u")[:40], unique("p")[:40]
        self.service = sala.token(tenant, "service")
        self.tokens = {
            "customer": sala.mint(self.customer, tenant=tenant), "stranger": sala.mint(tenant=tenant),
            "provider": sala.mint(self.provider, "provider", tenant=tenant), "service": self.service}

    def make(self, lifecycle, identifier=None, **facts):
        identifier = identifier or unique("o")[:40]
        status, _, text = request(
            "PUT", f"{self.sala.http}/v1/sessions/order/{identifier}",
            {"customer": self.customer, "lifecycle": lifecycle, **facts}, self.service)
        assert status == 201, text
        return identifier

    def command(self, identifier, name, data):
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/order/{identifier}/commands", {"name": name, "data": data}, self.service)
        assert status == 200, text

    def ask(self, method, path, schema=None, body=None, who="customer", **fields):
        """A request; an answer that is to be of a schema is held against it."""
        status, _, text = request(method, self.base + path, body, self.tokens[who], **fields)
        answer = json.loads(text)
        if schema:
            assert status == 200, text
            assert complaints(answer, schema_uri(schema), KNOWN) == [], text
        return status, answer

    def get(self, path, schema, who="customer"):
        return self.ask("GET", path, schema, who=who)[1]


@pytest.fixture
def foodie(sala):
    return Platform(sala, "baanfoodie", "/api")


@pytest.fixture
def jeco(sala):
    return Platform(sala, "jeco", "/api/v1")


@pytest.fixture
def trade(sala):
    return Platform(sala, "trusttrade", "/v1")


def transaction(foodie, **members):
    foodie.ask("PUT", "/branches/12", "foodie.branch-answer", {
        "company_id": 3, "name": "สาขาสยาม", "payment_id": "0812345678", "payment_name": "ร้านข้าวสาธิต"}, "service")
    order = {"companyId": 3, "branchId": 12, "txnType": "deposit", "methodId": 1, "amount": 345, **members}
    return foodie.ask("POST", "/transaction/create", "foodie.transaction-answer", order)[1]["body"]["id"]


def test_foodie_orders_of_a_customer(foodie):
    txn = transaction(foodie)
    first = foodie.make("baanfoodie", payment=str(txn), details={"items": [{"menuId": 7, "quantity": 2}]}, **PLACES)
    second = foodie.make("baanfoodie")
    body = foodie.get("/order/list", "foodie.orders-answer")["body"]
    assert [order["id"] for order in body["orders"]] == [second, first]
    assert body["pagination"] == {"page": 1, "size": 2, "total": 2}
    order = body["orders"][1]
    assert (order["status"], order["displayStatus"]) == ("PENDING", "PENDING")
    assert (order["branch_id"], order["txn_id"]) == (12, txn)
    details = order["order_details"]
    assert details["items"] == [{"menuId": 7, "quantity": 2}]
    assert details["customerLocation"]["lat"] == 13.7636 and details["branchLocation"]["name"] == "สาขาสยาม"
    body = foodie.get("/order/list?page=2&size=1", "foodie.orders-answer")["body"]
    assert [order["id"] for order in body["orders"]] == [first]
    assert foodie.get("/order/list", "foodie.orders-answer", "stranger")["body"]["orders"] == []

    told = foodie.get(f"/order/details?orderId={first}", "foodie.order-answer")["body"]
    assert told["txn"]["id"] == txn and told["txnDisplayStatus"] == "PENDING" and told["slipMeta"] is None
    assert foodie.get(f"/order/by-transaction?txnId={txn}", "foodie.order-answer")["body"] == told
    with_order = foodie.get(f"/transaction/details?txnId={txn}", "foodie.details-answer")["body"]
    assert with_order["order"]["id"] == first
    for path in (f"/order/details?orderId={first}", "/order/details?orderId=none"):
        status, answer = foodie.ask("GET", path, who="stranger")
        assert (status, answer["code"]) == (404, "NOT_FOUND")
    status, answer = foodie.ask("GET", f"/order/by-transaction?txnId={txn}", who="stranger")
    assert (status, answer["code"]) == (200, "TRANSACTION_NOT_FOUND")


def test_foodie_a_row_follows_its_order(foodie):
    identifier = foodie.make("baanfoodie")

    def status():
        return foodie.get(f"/order/details?orderId={identifier}", "foodie.order-answer")["body"]["status"]

    for to in ("PREPARE", "DELIVERY", "COMPLETED"):
        foodie.command(identifier, "status.advance", {"to": to})
        assert status() == to, "what a command is answered for can be read"


def test_foodie_an_order_of_a_payment_that_expires_says_so(foodie):
    txn = transaction(foodie, expiresInSec=10)
    foodie.make("baanfoodie", payment=str(txn))

    def told():
        return foodie.get(f"/order/by-transaction?txnId={txn}", "foodie.order-answer")["body"]

    assert told()["displayStatus"] == "PENDING"
    wait_for("the order that shows it", lambda: told()["displayStatus"] == "EXPIRED", patience=30)
    assert told()["status"] == "PENDING" and told()["txnDisplayStatus"] == "EXPIRED"


def test_jeco_orders_of_a_customer(jeco):
    made = [jeco.make("jeco", number=f"ORD-{number}", details={"total": 32_565}) for number in range(3)]
    jeco.command(made[0], "status.advance", {"to": "confirmed", "note": "ขอบคุณ"})
    first = jeco.get("/orders?limit=2", "jeco.orders")["data"]
    assert [item["orderId"] for item in first["items"]] == made[:0:-1]
    assert first["pagination"] == {"nextCursor": "2", "hasMore": True, "total": 3}
    last = jeco.get(f"/orders?limit=2&cursor={first['pagination']['nextCursor']}", "jeco.orders")["data"]
    assert [item["orderId"] for item in last["items"]] == made[:1] and not last["pagination"]["hasMore"]
    order = jeco.get(f"/orders/{made[0]}", "jeco.order")["data"]
    assert (order["status"], order["orderNumber"], order["total"]) == ("confirmed", "ORD-0", 32_565)
    assert order["label"]["en"] == "Confirmed"
    assert [entry["status"] for entry in order["history"]] == ["pending", "confirmed"]
    assert [step["status"] for step in order["steps"] if "at" in step] == ["pending", "confirmed"]
    for who in ("stranger", "service"):
        assert jeco.ask("GET", f"/orders/{made[0]}", who=who)[0] == 404
    assert jeco.ask("GET", "/orders?limit=51")[0] == 400


def book(trade, **facts):
    return trade.make("trusttrade", provider=trade.provider, details={"title": "House cleaning"}, **facts)


def change(trade, booking, to, body=None, who="provider", **fields):
    status, answer = trade.ask("PUT", f"/bookings/{booking}/{to}", None, body, who, **fields)
    schema = "trade.booking" if status == 200 else "trade.error"
    assert complaints(answer, schema_uri(schema), KNOWN) == []
    return (status, answer["data"]) if status == 200 else (status, answer["error"]["code"])


def test_bookings_that_are_done(trade):
    booking = book(trade, destination={"lat": 14.55, "lng": 121.02, "address": "Makati"})
    assert change(trade, booking, "complete") == (409, "INVALID_STATE")
    assert change(trade, booking, "accept", who="customer") == (403, "FORBIDDEN")
    assert change(trade, booking, "accept", who="stranger") == (403, "FORBIDDEN")
    status, accepted = change(trade, booking, "accept", {"note": "see you then"})
    assert status == 200 and accepted["status"] == "accepted" and accepted["location"] == "Makati"
    assert (accepted["history"][-1]["by"], accepted["history"][-1]["note"]) == ("provider", "see you then")
    assert change(trade, booking, "accept") == (409, "INVALID_STATE")
    status, done = change(trade, booking, "complete", who="customer")
    assert status == 200 and done["status"] == "completed"
    assert trade.get(f"/bookings/{booking}", "trade.booking", "provider")["data"] == done
    assert change(trade, booking, "cancel", who="customer") == (409, "INVALID_STATE")
    assert change(trade, "none", "accept") == (404, "NOT_FOUND")
    assert trade.ask("GET", f"/bookings/{booking}", who="stranger")[0] == 403


def test_bookings_that_come_to_nothing(trade):
    rejected, cancelled = book(trade), book(trade)
    assert change(trade, rejected, "reject", {"reason": "fully booked"})[1]["status"] == "rejected"
    status, data = change(trade, cancelled, "cancel", {"reason": "found another"}, "customer")
    assert (status, data["status"], data["cancellationReason"]) == (200, "cancelled", "found another")
    assert change(trade, cancelled, "accept", {"note": ""}) == (400, "VALIDATION_ERROR")


def test_a_transition_with_the_same_key_is_one(trade):
    booking = book(trade)
    key = {"Idempotency-Key": unique("k")}
    for _ in range(2):
        status, data = change(trade, booking, "accept", **key)
        assert status == 200 and len(data["history"]) == 2


def test_lists_of_bookings(trade):
    made = [book(trade) for _ in range(3)]
    change(trade, made[1], "accept")
    for who in ("customer", "provider"):
        answer = trade.get("/bookings?limit=2", "trade.bookings", who)
        assert [item["id"] for item in answer["data"]] == made[:0:-1]
        assert answer["pagination"] == {
            "page": 1, "limit": 2, "total": 3, "totalPages": 2, "hasNext": True, "hasPrev": False}
    answer = trade.get("/bookings?status=accepted", "trade.bookings")
    assert [item["id"] for item in answer["data"]] == [made[1]]
    assert trade.get("/bookings", "trade.bookings", "stranger")["data"] == []
    assert trade.ask("GET", f"/bookings?consumerId={trade.customer}", who="stranger")[0] == 403
    assert trade.get(f"/bookings?providerId={trade.provider}", "trade.bookings", "service")["pagination"]["total"] == 3
