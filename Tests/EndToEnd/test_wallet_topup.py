"""JECO's wallet: POST /api/v1/wallet/topup, against the stand-ins of the bank, the slip services and 2C2P."""

import base64
import json
import re
import urllib.error
import urllib.request

import pytest
from conftest import request, unique, wait_for

PATH = "/t/jeco/api/v1/wallet/topup"


def call(sala, method, path, body=None, token=None, **fields):
    """A request with further fields; returns `(status, body)`."""
    headers = {"Content-Type": "application/json", **fields}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    encoded = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(sala.http + path, encoded, headers, method=method), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def state(sala, identifier, token):
    status, _, text = request("GET", f"{sala.http}/v1/sessions/payment/{identifier}", token=token)
    assert status == 200, text
    return json.loads(text)["state"]


def accepted(sala, identifier, token):
    return wait_for("the payment's money", lambda: state(sala, identifier, token)["status"] == "accepted")


def pays_from_wallet(sala, subject, amount):
    """Whether the subject's wallet covers a payment of that amount; it is paid then."""
    service = sala.token("jeco", "service")
    identifier = unique("w")[:40]
    status, _, text = request(
        "PUT", f"{sala.http}/v1/sessions/payment/{identifier}",
        {"payer": subject, "method": "balance", "amount": amount}, service)
    assert status == 201, text
    wait_for("what the wallet says", lambda: state(sala, identifier, service)["status"] != "pending")
    return state(sala, identifier, service)["status"] == "accepted"


def transfer(sala, amount):
    """A transfer to the demo's PromptPay id; returns the text of the slip's QR code."""
    status, _, text = request(
        "POST", f"{sala.standins}/_control/bank/transfer", {"promptpay": "0812345678", "amount": amount})
    assert status == 200, text
    return json.loads(text)["payload"]


def test_a_transfer_fills_the_wallet_once(sala):
    subject = unique("u")[:40]
    token = sala.mint(subject)
    status, answer = call(sala, "POST", PATH, {"amount": 345.50, "method": "promptpay"}, token)
    assert status == 200 and answer["success"] is True
    data = answer["data"]
    assert list(data) == ["transactionId", "amount", "fee", "method", "qrCode", "reference", "expiresAt"]
    assert (data["amount"], data["fee"], data["method"]) == (345.5, 0, "promptpay")
    assert re.fullmatch(r"JECO20\d{6}\d{10}", data["reference"])
    assert base64.b64decode(data["qrCode"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    identifier = data["transactionId"]

    # The picture is that of the session's own code.
    status, _, text = request("GET", f"{sala.http}/v1/sessions/payment/{identifier}/qr", token=token)
    assert status == 200 and json.loads(text)["png"] == data["qrCode"] and json.loads(text)["amount"] == "345.50"

    payload = transfer(sala, "345.50")
    commands = f"{sala.http}/v1/sessions/payment/{identifier}/commands"
    slip = {"name": "slip.submit", "data": {"payload": payload}}
    status, _, text = request("POST", commands, slip, token)
    assert status == 200, text
    accepted(sala, identifier, token)
    status, _, text = request("POST", commands, slip, token)
    assert status == 409, "the same slip again"

    # The same slip for another top-up, too: it has paid already.
    _, other = call(sala, "POST", PATH, {"amount": "345.50", "method": "promptpay"}, token)
    other = other["data"]["transactionId"]
    status, _, text = request("POST", f"{sala.http}/v1/sessions/payment/{other}/commands", slip, token)
    assert status == 200, text
    rejected = wait_for("its refusal", lambda: state(sala, other, token)["rejectedSlips"])
    assert rejected[0]["code"] == "DUPLICATE_SLIP"

    assert pays_from_wallet(sala, subject, "345.50")
    assert not pays_from_wallet(sala, subject, "0.01"), "the balance was raised once"


def test_a_card_is_paid_at_2c2p(sala):
    subject = unique("u")[:40]
    token = sala.mint(subject)
    status, answer = call(sala, "POST", PATH, {"amount": "99.50", "method": "card"}, token)
    assert status == 200, answer
    data = answer["data"]
    assert data["paymentUrl"].startswith("http") and "qrCode" not in data
    identifier = data["transactionId"]
    order = {"tenant": "jeco", "payment": identifier, "amount": "99.50", "status": "paid"}
    for _ in range(2):
        # The document's own path, below the tenant.
        status, _, text = request(
            "POST", f"{sala.standins}/_control/2c2p/webhook", {**order, "url": f"{sala.http}/t/jeco/webhooks/2c2p"})
        sent = json.loads(text)
        assert (status, sent["status"]) == (200, 200), text
        accepted(sala, identifier, token)
    assert pays_from_wallet(sala, subject, "99.50")
    assert not pays_from_wallet(sala, subject, "0.01")


def test_an_unsigned_webhook_changes_nothing(sala):
    token = sala.mint(unique("u")[:40])
    _, answer = call(sala, "POST", PATH, {"amount": 50, "method": "card"}, token)
    identifier = answer["data"]["transactionId"]
    status, _, text = request(
        "POST", f"{sala.standins}/_control/2c2p/webhook",
        {"tenant": "jeco", "payment": identifier, "amount": "50.00", "status": "paid", "wrongSignature": True,
         "url": f"{sala.http}/t/jeco/webhooks/2c2p"})
    assert status == 200 and json.loads(text)["status"] == 401, text
    assert state(sala, identifier, token)["status"] == "pending"


def test_the_same_key_is_the_same_payment_and_page(sala):
    token = sala.mint(unique("u")[:40])
    key = {"Idempotency-Key": unique("k")}
    order = {"amount": 100, "method": "card"}
    first, again = (call(sala, "POST", PATH, order, token, **key) for _ in range(2))
    assert first == again and first[0] == 200
    status, answer = call(sala, "POST", PATH, {**order, "amount": 101}, token, **key)
    assert (status, answer["error"]["code"]) == (422, 2402)


def test_2c2p_is_down(sala):
    token = sala.mint(unique("u")[:40])
    key = {"Idempotency-Key": unique("k")}
    order = {"amount": 100, "method": "card"}
    sala.control("2c2p", status=500)
    try:
        status, answer = call(sala, "POST", PATH, order, token, **key)
        assert (status, answer["error"]["code"]) == (502, 2500)
    finally:
        sala.calm()
    status, answer = call(sala, "POST", PATH, order, token, **key)
    assert status == 200 and answer["data"]["paymentUrl"]


@pytest.mark.parametrize("order,errors", [
    ({}, [("amount", "REQUIRED"), ("method", "REQUIRED")]),
    ({"amount": 0, "method": "promptpay"}, [("amount", "OUT_OF_RANGE")]),
    ({"amount": -5, "method": "promptpay"}, [("amount", "INVALID_FORMAT")]),
    ({"amount": 20.555, "method": "promptpay"}, [("amount", "INVALID_FORMAT")]),
    ({"amount": "1,000", "method": "promptpay"}, [("amount", "INVALID_FORMAT")]),
    ({"amount": 1, "method": "cheque"}, [("method", "INVALID_VALUE")]),
])
def test_what_is_not_valid(sala, order, errors):
    status, answer = call(sala, "POST", PATH, order, sala.token("jeco"))
    error = answer["error"]
    assert status == error["status"] == 400 and answer["success"] is False
    assert error["type"] == "https://api.jeco.co.th/errors/validation" and error["instance"] == PATH
    assert [(entry["field"], entry["code"]) for entry in error["errors"]] == errors


def test_only_jeco(sala):
    order = {"amount": 1, "method": "promptpay"}
    assert call(sala, "POST", PATH, order)[0] == 401
    assert call(sala, "POST", PATH, order, sala.token("trusttrade"))[0] == 403
    assert call(sala, "POST", PATH.replace("jeco", "trusttrade"), order, sala.token("trusttrade"))[0] == 404
