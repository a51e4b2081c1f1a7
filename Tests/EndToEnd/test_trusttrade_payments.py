"""TrustTrade's payments, transactions and escrow, against the stand-in of PayMongo."""

import json

import pytest
from conftest import request, unique, wait_for
from test_wallet_topup import call

BASE = "/t/trusttrade/v1"


class Trade:
    """The façade, as one consumer, one provider and the platform use it."""

    def __init__(self, sala):
        self.sala = sala
        self.consumer = unique("u")[:40]
        self.provider = unique("p")[:40]
        self.tokens = {
            "consumer": sala.mint(self.consumer, tenant="trusttrade"),
            "provider": sala.mint(self.provider, role="provider", tenant="trusttrade"),
            "other": sala.mint(unique("u")[:40], tenant="trusttrade"),
            "service": sala.token("trusttrade", "service"),
        }

    def ask(self, method, path, body=None, who="consumer", **fields):
        return call(self.sala, method, BASE + path, body, self.tokens[who], **fields)

    def make(self, **members):
        status, answer = self.ask(
            "POST", "/payments/create",
            {"amount": "345.00", "method": "gcash", "bookingId": "b-1", "escrow": {"provider": self.provider}, **members})
        assert status == 201, answer
        return answer["data"]

    def payment(self, identifier):
        status, answer = self.ask("GET", f"/payments/{identifier}")
        assert status == 200, answer
        return answer["data"]

    def pay(self, identifier):
        status, _, text = request(
            "POST", f"{self.sala.standins}/_control/paymongo/webhook",
            {"tenant": "trusttrade", "payment": identifier, "status": "paid",
             "url": f"{self.sala.http}{BASE}/payments/webhook"})
        assert (status, json.loads(text)["status"]) == (200, 200), text
        wait_for("the payment's money", lambda: self.payment(identifier)["status"] == "accepted")

    def refund(self, identifier, amount):
        return self.ask(
            "POST", "/payments/refund", {"paymentId": identifier, "amount": amount, "reason": "late"}, "service")

    def refunded(self, identifier, amount):
        wait_for(f"a refund of {amount}", lambda: self.payment(identifier)["refundedAmount"] == amount)


@pytest.fixture
def trade(sala):
    return Trade(sala)


def test_paid_held_released(trade):
    made = trade.make()
    identifier = made["id"]
    assert made["checkoutUrl"].startswith("https://checkout.paymongo.com/cs_")
    assert (made["status"], made["escrowStatus"]) == ("pending", "pending")
    trade.pay(identifier)
    assert trade.payment(identifier)["escrowStatus"] == "held"
    status, answer = trade.ask("GET", f"/transactions/{identifier}", who="provider")
    assert status == 200
    data = answer["data"]
    assert (data["consumerId"], data["providerId"]) == (trade.consumer, trade.provider)
    assert (data["platformFee"], data["providerAmount"]) == ("0.00", "345.00")
    for who in ("provider", "other"):
        assert trade.ask("PUT", f"/transactions/{identifier}/release", who=who)[0] == 403
    status, answer = trade.ask("PUT", f"/transactions/{identifier}/release")
    assert status == 200 and answer["data"]["escrowStatus"] == "released" and answer["data"]["escrowReleasedAt"]
    status, answer = trade.refund(identifier, "1.00")
    assert (status, answer["error"]["code"]) == (409, "INVALID_STATE"), "the money is the provider's"


def test_given_back_in_parts(trade):
    identifier = trade.make()["id"]
    trade.pay(identifier)
    for amount, total in (("45.00", "45.00"), ("100.00", "145.00")):
        status, answer = trade.refund(identifier, amount)
        assert status == 202 and answer["data"]["refund"]["status"] == "processing"
        trade.refunded(identifier, total)
        assert trade.payment(identifier)["escrowStatus"] == "held"
    status, answer = trade.refund(identifier, "200.01")
    assert (status, answer["error"]["code"]) == (409, "INVALID_STATE"), "more than is left"
    status, answer = trade.ask("POST", f"/escrow/{identifier}/refund", {"reason": "all of it"}, "service")
    assert status == 202 and answer["data"]["refund"]["amount"] == "200.00"
    trade.refunded(identifier, "345.00")
    wait_for("the end of the escrow", lambda: trade.payment(identifier)["escrowStatus"] == "refunded")
    assert trade.ask("POST", f"/escrow/{identifier}/release")[0] == 409
    sums = [call["body"] for call in trade.sala.calls("paymongo") if call["path"].endswith("/refunds")]
    assert len(sums) >= 3, "PayMongo gave it back"


def test_a_webhook_again_and_one_without_its_signature(trade):
    identifier = trade.make()["id"]
    order = {"tenant": "trusttrade", "payment": identifier, "status": "paid"}
    path = f"{trade.sala.http}{BASE}/payments/webhook"
    _, _, text = request(
        "POST", f"{trade.sala.standins}/_control/paymongo/webhook", {**order, "url": path, "wrongSignature": True})
    assert json.loads(text)["status"] == 401, text
    assert trade.payment(identifier)["status"] == "pending"
    trade.pay(identifier)
    trade.pay(identifier)
    _, answer = trade.ask("GET", "/transactions")
    mine = [item for item in answer["data"] if item["id"] == identifier]
    assert len(mine) == 1 and mine[0]["status"] == "accepted"


@pytest.mark.parametrize("path", ["/transactions/escrow", "/escrow/create"])
def test_escrow_of_its_own(trade, path):
    status, answer = trade.ask("POST", path, {"amount": 50, "method": "card", "providerId": trade.provider})
    assert status == 201 and answer["data"]["escrowStatus"] == "pending"
    trade.pay(answer["data"]["id"])
    status, answer = trade.ask("POST", f"/escrow/{answer['data']['id']}/release", who="service")
    assert status == 200 and answer["data"]["escrowStatus"] == "released"


def test_the_list(trade):
    made = [trade.make(bookingId=f"b-{number}")["id"] for number in range(3)]
    status, answer = trade.ask("GET", "/transactions?limit=2")
    assert status == 200 and [item["id"] for item in answer["data"]] == made[:0:-1]
    assert answer["pagination"] == {
        "page": 1, "limit": 2, "total": 3, "totalPages": 2, "hasNext": True, "hasPrev": False}
    status, answer = trade.ask("GET", "/transactions?limit=2&page=2")
    assert [item["id"] for item in answer["data"]] == made[:1] and not answer["pagination"]["hasNext"]
    assert trade.ask("GET", f"/transactions?consumerId={trade.consumer}", who="other")[0] == 403
    status, answer = trade.ask("GET", f"/transactions?consumerId={trade.consumer}", who="service")
    assert status == 200 and answer["pagination"]["total"] == 3


def test_the_platforms_fee(trade):
    status, answer = trade.ask(
        "POST", "/payments/create",
        {"amount": "345.00", "method": "gcash", "consumerId": trade.consumer, "escrow": {"provider": trade.provider},
         "feeBasisPoints": 250}, "service")
    assert status == 201, answer
    _, answer = trade.ask("GET", f"/transactions/{answer['data']['id']}")
    assert (answer["data"]["platformFee"], answer["data"]["providerAmount"]) == ("8.63", "336.37")
    status, answer = trade.ask(
        "POST", "/payments/create",
        {"amount": 50, "method": "card", "escrow": {"provider": trade.provider}, "feeBasisPoints": 0})
    assert (status, answer["error"]["code"]) == (403, "FORBIDDEN")
    status, answer = trade.ask("POST", "/payments/create", {"amount": 50, "method": "card", "feeBasisPoints": 0}, "service")
    assert (status, answer["error"]["details"][0]["field"]) == (400, "feeBasisPoints")


def test_paymongo_is_down_or_says_no(trade):
    key = {"Idempotency-Key": unique("k")}
    order = {"amount": "345.00", "method": "gcash"}
    trade.sala.control("paymongo", status=500)
    try:
        status, answer = trade.ask("POST", "/payments/create", order, **key)
        assert (status, answer["error"]["code"]) == (502, "GATEWAY_UNAVAILABLE")
    finally:
        trade.sala.calm()
    first, again = (trade.ask("POST", "/payments/create", order, **key) for _ in range(2))
    assert first[0] == again[0] == 201 and first[1]["data"] == again[1]["data"], "one payment, one page"
    status, answer = trade.ask("POST", "/payments/create", {"amount": "19.99", "method": "card"})
    assert (status, answer["error"]["code"]) == (422, "GATEWAY_REFUSED"), "PayMongo's least is 20 pesos"


@pytest.mark.parametrize("order,fields", [
    ({}, ["amount", "method"]),
    ({"amount": 0, "method": "cash", "currency": "USD"}, ["amount", "currency", "method"]),
    ({"amount": 1.005, "method": "card"}, ["amount"]),
    ({"amount": 1, "method": "card", "bookingId": "b 1", "escrow": {}}, ["escrow.provider", "bookingId"]),
])
def test_what_is_not_valid(trade, order, fields):
    status, answer = trade.ask("POST", "/payments/create", order, **{"X-Request-ID": "req-12345"})
    assert status == 400 and answer["success"] is False and answer["meta"]["requestId"] == "req-12345"
    assert answer["error"]["code"] == "VALIDATION_ERROR"
    assert [detail["field"] for detail in answer["error"]["details"]] == fields


def test_only_trusttrade(trade):
    sala = trade.sala
    identifier = trade.make()["id"]
    for path in (f"/payments/{identifier}", f"/transactions/{identifier}"):
        assert trade.ask("GET", path, who="other")[1]["error"]["code"] == "FORBIDDEN"
        assert call(sala, "GET", BASE + path)[1]["error"]["code"] == "UNAUTHORIZED"
        assert call(sala, "GET", BASE + path, token=sala.token("jeco", "service"))[0] == 403
        assert call(sala, "GET", "/t/jeco" + path, token=sala.token("jeco", "service"))[0] == 404
        assert call(sala, "GET", "/t/trusttrade" + path, token=trade.tokens["consumer"])[0] == 200
    assert trade.ask("GET", "/payments/none")[1]["error"]["code"] == "NOT_FOUND"
