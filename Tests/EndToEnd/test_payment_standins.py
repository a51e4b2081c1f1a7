"""The stand-ins for payment gateways and for a payer's bank: their APIs, and the webhooks that controls have them send."""

import base64
import hashlib
import hmac
import json
import subprocess
import time
import uuid

import omise
import pytest
from conftest import free_port, request, sign, wait_for
from test_standins import Receiver, call, form


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def is_signed(token, secret):
    """Whether a JWT has the signature of that secret (HS256)."""
    content, _, signature = token.rpartition(".")
    proof = base64.urlsafe_b64encode(hmac.digest(secret.encode(), content.encode(), hashlib.sha256)).rstrip(b"=")
    return decoded(content.split(".")[0])["alg"] == "HS256" and proof.decode() == signature


class Gateway:
    """One gateway's stand-in; its webhooks come to `receiver`."""

    def __init__(self, sala, name, receiver):
        self.sala = sala
        self.name = name
        self.receiver = receiver
        self.base = f"{sala.standins}/{name}"
        self.secret = sala.facts["secrets"][name]

    def order(self, expected=200, **order):
        status, _, answer = call(
            "POST", f"{self.sala.standins}/_control/{self.name}/webhook",
            {"tenant": "jeco", "url": self.receiver.url, **order})
        assert status == expected, answer
        return answer

    def ask(self, method, path, body=None, key=None):
        key = self.sala.facts["apiKeys"].get(self.name, "") if key is None else key
        basic = base64.b64encode(f"{key}:".encode()).decode()
        return call(method, f"{self.base}/{path}", body, {"Authorization": f"Basic {basic}"})[::2]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(params=["2c2p", "omise", "paymongo", "slipok"])
def gateway(request, sala, receiver):
    yield Gateway(sala, request.param, receiver)
    sala.calm()


def payment_id():
    return uuid.uuid4().hex[:16]


# What all have in common


def believed(gateway, headers, body):
    """Whether a server that follows the gateway's documents takes this for the gateway's, in test mode."""
    secret = gateway.secret
    if gateway.name == "2c2p":
        return is_signed(json.loads(body)["payload"], secret)
    if gateway.name == "omise":
        content = headers["Omise-Signature-Timestamp"].encode() + b"." + body
        return hmac.digest(base64.b64decode(secret), content, hashlib.sha256).hex() == headers["Omise-Signature"]
    if gateway.name == "paymongo":
        fields = dict(field.split("=") for field in headers["Paymongo-Signature"].split(","))
        assert fields["li"] == ""
        return hmac.digest(secret.encode(), fields["t"].encode() + b"." + body, hashlib.sha256).hex() == fields["te"]
    return headers["x-authorization"] == secret


def test_a_webhook_is_signed_as_documented(gateway):
    answer = gateway.order(payment=payment_id(), amount="345.00")
    assert (answer["status"], answer["tries"]) == (200, 1) and answer["ms"] >= 0
    path, headers, body = gateway.receiver.got[-1]
    assert path == "/callback" and headers["Content-Type"].startswith("application/json")
    assert answer["sent"]["body"] == body.decode() and believed(gateway, headers, body)
    gateway.order(payment=payment_id(), amount="345.00", wrongSignature=True)
    _, headers, body = gateway.receiver.got[-1]
    assert not believed(gateway, headers, body)


def test_an_event_is_sent_again_as_it_was(gateway):
    first = gateway.order(payment=payment_id(), event=f"evt_{payment_id()}")
    again = gateway.order(event=first["event"])
    assert again["event"] == first["event"]
    (_, _, body), (_, headers, repeated) = gateway.receiver.got
    assert body == repeated and believed(gateway, headers, repeated)
    assert gateway.order(400, event="none")["error"]


def test_a_webhook_is_repeated_until_it_is_taken(gateway):
    gateway.receiver.status = 503
    answer = gateway.order(payment=payment_id(), retries=2)
    assert (answer["status"], answer["tries"], len(gateway.receiver.got)) == (503, 3, 3)
    assert len({body for _, _, body in gateway.receiver.got}) == 1
    gateway.receiver.status = 200
    assert gateway.order(payment=payment_id(), retries=2)["tries"] == 1


@pytest.mark.parametrize("gateway", ["2c2p", "omise", "paymongo"], indirect=True)
def test_what_a_gateway_has_can_be_listed(gateway):
    paid, failed = payment_id(), payment_id()
    currency = "PHP" if gateway.name == "paymongo" else "THB"
    charge = gateway.order(payment=paid, amount="345.50", currency=currency)["charge"]
    gateway.order(payment=failed, status="failed")
    gateway.order(charge=charge, status="refunded", amount="45.50", currency=currency)
    status, _, answer = call("GET", f"{gateway.sala.standins}/_control/{gateway.name}/payments")
    listed = {payment["reference"]: payment for payment in answer["payments"]}
    assert status == 200 and listed[failed]["status"] == "failed"
    assert (listed[paid]["id"], listed[paid]["status"]) == (charge, "refunded")
    assert (listed[paid]["amount"], listed[paid]["currency"], listed[paid]["refunded"]) == ("345.50", currency, "45.50")


def test_without_an_address_it_goes_to_the_server(gateway, sala):
    answer = gateway.order(payment=payment_id(), url=None)
    assert answer["sent"]["url"] == f"{sala.http}/webhooks/jeco/{gateway.name}" and answer["status"] > 0


def test_bad_orders_are_refused(gateway):
    for order in ({}, {"payment": "1", "status": "done"}, {"payment": "1", "amount": "x"}, {"payment": "1", "fax": 1}):
        assert gateway.order(400, **order)["error"]
    assert gateway.receiver.got == []


def test_gateways_fail_as_they_are_told(gateway, sala):
    path = {"2c2p": "payment/4.3/paymentInquiry", "omise": "account", "paymongo": "v1/payments/pay_1",
            "slipok": "api/line/apikey/1/quota"}[gateway.name]
    method = "POST" if gateway.name == "2c2p" else "GET"
    sala.control(gateway.name, status=503)
    assert gateway.ask(method, path)[0] == 503
    # A webhook is no call.
    assert gateway.order(payment=payment_id())["status"] == 200
    sala.control(gateway.name, status=None, latencyMs=50)
    start = time.monotonic()
    gateway.ask(method, path)
    assert time.monotonic() - start >= 0.05
    assert [call["path"] for call in sala.calls(gateway.name)] == [f"/{gateway.name}/{path}"] * 2


def test_secrets_are_those_of_the_folder(executable, receiver, tmp_path):
    """`sala standins` with what an earlier release left: what can stay does, what has not the gateway's form is made anew."""
    old = {"line": {}, "2c2p": "kept", "omise": "not_base-64", "paymongo": "whsk_kept", "slipok": "kept"}
    (tmp_path / "secrets.json").write_text(json.dumps(old))
    port = free_port()
    process = subprocess.Popen(
        [*executable, "standins", "--port", str(port), "--data", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}/_control"
        order = {"tenant": "jeco", "payment": "981", "url": receiver.url}

        def is_up():
            try:
                return request("GET", base + "/slipok")[0] == 200
            except OSError:
                return False

        wait_for("the stand-ins", is_up)
        assert call("POST", base + "/slipok/webhook", order)[2]["status"] == 200
        assert receiver.got[-1][1]["x-authorization"] == "kept"
        assert call("POST", base + "/omise/webhook", order)[2]["status"] == 200
        secrets = json.loads((tmp_path / "secrets.json").read_text())
        new = {"omise": "", "line": {}, "apiKeys": {}, "fcmKey": ""}
        assert {**secrets, **new} == {**old, **new}
        _, headers, body = receiver.got[-1]
        content = headers["Omise-Signature-Timestamp"].encode() + b"." + body
        proof = hmac.digest(base64.b64decode(secrets["omise"], validate=True), content, hashlib.sha256).hex()
        assert proof == headers["Omise-Signature"]
    finally:
        process.terminate()
        assert process.wait(20) == 0


# 2C2P


class TwoC2P(Gateway):
    def __init__(self, sala, receiver):
        super().__init__(sala, "2c2p", receiver)
        self.merchant = sala.facts["merchants"]["2c2p"]

    def post(self, method, claims, secret=None, header=None):
        claims = {"merchantID": self.merchant, **claims}
        token = sign(header or {"alg": "HS256", "typ": "JWT"}, claims, secret or self.secret)
        return self.raw(method, {"payload": token})

    def raw(self, method, body):
        status, _, answer = call("POST", f"{self.base}/payment/4.3/{method}", body)
        assert status == 200
        if "payload" not in answer:
            return answer
        assert is_signed(answer["payload"], self.secret)
        return decoded(answer["payload"].split(".")[1])

    def token(self, invoice, **claims):
        return self.post("paymentToken", {
            "invoiceNo": invoice, "description": "order", "amount": "345.00000", "currencyCode": "THB",
            "backendReturnUrl": "https://example.com/x", **claims})

    def inquire(self, invoice):
        return self.post("paymentInquiry", {"invoiceNo": invoice, "locale": "th"})


@pytest.fixture
def two_c2p(sala, receiver):
    yield TwoC2P(sala, receiver)
    sala.calm()


def test_2c2p_tells_how_a_payment_stands(two_c2p):
    invoice = payment_id()
    assert two_c2p.inquire(invoice)["respCode"] == "2002"
    token = two_c2p.token(invoice, userDefined1="u")
    assert token["respCode"] == "0000" and token["webPaymentUrl"].startswith("http") and token["paymentToken"]
    assert two_c2p.inquire(invoice)["respCode"] == "2001"
    assert two_c2p.token(invoice) == {"respCode": "9015", "respDesc": "Existing invoice number"}
    answer = two_c2p.order(payment=invoice)
    claims = decoded(json.loads(two_c2p.receiver.got[-1][2])["payload"].split(".")[1])
    assert (claims["invoiceNo"], claims["amount"], claims["currencyCode"]) == (invoice, "345.00", "THB")
    assert (claims["respCode"], claims["tranRef"], claims["userDefined1"]) == ("0000", answer["charge"], "u")
    assert (claims["merchantID"], len(claims["transactionDateTime"])) == (two_c2p.merchant, 14)
    asked = two_c2p.inquire(invoice)
    assert asked == claims
    assert two_c2p.post("paymentInquiry", {"paymentToken": token["paymentToken"]}) == claims
    for status, code in (("pending", "0001"), ("failed", "4051"), ("cancelled", "0003"), ("expired", "5009")):
        other = payment_id()
        assert two_c2p.order(payment=other, status=status)["respCode"] == code
        assert two_c2p.inquire(other)["respCode"] == code
    assert two_c2p.order(payment=payment_id(), status="failed", kind="4005")["respCode"] == "4005"


def test_2c2p_finds_an_invoice_by_what_the_merchant_says_of_it(two_c2p):
    invoice, payment = payment_id(), payment_id()
    two_c2p.token(invoice, userDefined1=payment)
    answer = two_c2p.order(payment=payment)
    assert (answer["invoiceNo"], two_c2p.inquire(invoice)["respCode"]) == (invoice, "0000")


def test_2c2p_answers_what_a_control_says(two_c2p, sala):
    invoice, unknown = payment_id(), payment_id()
    two_c2p.order(payment=invoice, amount="99.50")
    sala.control("2c2p", inquiry={invoice: "0001", unknown: {"respCode": "0000", "amount": "1.00", "currencyCode": "THB"}})
    asked = two_c2p.inquire(invoice)
    assert (asked["respCode"], asked["amount"]) == ("0001", "99.50")
    asked = two_c2p.inquire(unknown)
    assert (asked["respCode"], asked["amount"], asked["currencyCode"]) == ("0000", "1.00", "THB")
    sala.control("2c2p", inquiry={invoice: None}, numericAmounts=True)
    assert (two_c2p.inquire(invoice)["respCode"], two_c2p.inquire(invoice)["amount"]) == ("0000", 99.5)
    assert two_c2p.order(payment=invoice, asked="pending")["respCode"] == "0000"
    assert two_c2p.inquire(invoice)["respCode"] == "0001"
    assert request("POST", f"{sala.standins}/_control/2c2p", {"inquiry": {"x": "paid"}})[0] == 400


def test_2c2p_refuses_by_number(two_c2p):
    def code(*arguments, **options):
        answer = two_c2p.post(*arguments, **options)
        assert answer["respDesc"]
        return answer["respCode"]

    asked = {"invoiceNo": payment_id()}
    assert two_c2p.raw("paymentInquiry", {})["respCode"] == "9005"
    assert two_c2p.raw("paymentInquiry", {"payload": "x"})["respCode"] == "6103"
    assert code("paymentInquiry", asked, header={"alg": "none"}) == "6103"
    assert code("paymentInquiry", asked, secret="other") == "9042"
    assert code("paymentInquiry", {**asked, "merchantID": "JT99"}) == "9007"
    assert code("paymentInquiry", {}) == "9005"
    assert code("paymentInquiry", {"paymentToken": "x"}) == "9040"
    whole = {**asked, "description": "x", "amount": "1.00", "currencyCode": "THB"}
    for name in ("invoiceNo", "description", "amount", "currencyCode"):
        assert code("paymentToken", {key: value for key, value in whole.items() if key != name}) == "9005"
    assert code("paymentToken", {**whole, "amount": "1.005"}) == "9009"
    assert code("paymentToken", {**whole, "currencyCode": "USD"}) == "9004"
    assert code("paymentToken", {**whole, "invoiceNo": "x" * 51}) == "9004"


# Omise


@pytest.fixture
def opn(sala, receiver, monkeypatch):
    """The stand-in for Omise, with Omise's library set to it."""
    monkeypatch.setattr(omise, "api_main", sala.standins + "/omise/")
    monkeypatch.setattr(omise, "api_secret", sala.facts["apiKeys"]["omise"])
    yield Gateway(sala, "omise", receiver)
    sala.calm()


def test_omise_s_library_takes_the_charges(opn):
    assert omise.Account.retrieve().currency == "thb"
    payment = payment_id()
    charge = omise.Charge.create(
        amount=34500, currency="thb", source={"type": "promptpay"}, metadata={"payment": payment}, description="order")
    assert (charge.status, charge.paid, charge.amount) == ("pending", False, 34500) and charge.id.startswith("chrg_test_")
    answer = opn.order(payment=payment)
    assert (answer["charge"], answer["key"]) == (charge.id, "charge.complete")
    event = json.loads(opn.receiver.got[-1][2])
    assert (event["object"], event["id"], event["livemode"]) == ("event", answer["event"], False)
    assert (event["data"]["id"], event["data"]["status"], event["data"]["metadata"]) == (
        charge.id, "successful", {"payment": payment})
    charge = omise.Charge.retrieve(charge.id)
    assert (charge.status, charge.paid, charge.amount) == ("successful", True, 34500)
    refund = charge.refund(amount=10000)
    assert (refund.amount, refund.charge, charge.refunded_amount) == (10000, charge.id, 10000)
    with pytest.raises(omise.errors.FailedRefundError):
        charge.refund(amount=24501)
    answer = opn.order(payment=payment, status="refunded", amount="45.00")
    event = json.loads(opn.receiver.got[-1][2])
    assert (event["key"], event["data"]["object"], event["data"]["amount"]) == ("refund.create", "refund", 4500)
    assert omise.Charge.retrieve(charge.id).refunded_amount == 14500


def test_omise_s_library_takes_the_errors(opn, sala, monkeypatch):
    with pytest.raises(omise.errors.NotFoundError):
        omise.Charge.retrieve("chrg_test_none")
    with pytest.raises(omise.errors.InvalidChargeError):
        omise.Charge.create(amount=100, currency="thb", card="tokn_test_1")
    sala.control("omise", cardFailure="insufficient_fund")
    charge = omise.Charge.create(amount=34500, currency="thb", card="tokn_test_1")
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", "insufficient_fund", False)
    sala.control("omise", cardFailure=None)
    assert omise.Charge.create(amount=34500, currency="thb", card="tokn_test_1").paid is True
    monkeypatch.setattr(omise, "api_secret", "skey_test_wrong")
    with pytest.raises(omise.errors.AuthenticationFailureError):
        omise.Account.retrieve()
    status, answer = opn.ask("GET", "charges/chrg_1")
    assert status == 404 and answer["object"] == "error" and set(answer) == {"object", "location", "code", "message"}


def test_omise_takes_forms_and_sources(opn):
    status, source = opn.ask("POST", "sources", {"type": "promptpay", "amount": 34500, "currency": "THB"})
    assert status == 200 and source["flow"] == "offline"
    basic = base64.b64encode(f"{opn.sala.facts['apiKeys']['omise']}:".encode()).decode()
    body = f"amount=34500&currency=THB&source={source['id']}&metadata[order_id]=1001".encode()
    status, _, charge = call("POST", f"{opn.base}/charges", body, {
        "Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"})
    assert (status, charge["status"], charge["metadata"]) == (200, "pending", {"order_id": "1001"})
    assert charge["source"]["type"] == "promptpay"
    assert opn.ask("POST", f"charges/{charge['id']}/expire")[1]["status"] == "expired"


def test_what_omise_says_may_differ_from_its_webhook(opn):
    answer = opn.order(payment=payment_id(), asked="pending")
    assert json.loads(opn.receiver.got[-1][2])["data"]["status"] == "successful"
    assert omise.Charge.retrieve(answer["charge"]).status == "pending"
    statuses = {"failed": "failed", "cancelled": "failed", "expired": "expired", "pending": "pending"}
    for status, word in statuses.items():
        assert omise.Charge.retrieve(opn.order(payment=payment_id(), status=status)["charge"]).status == word
    live = opn.order(payment=payment_id(), mode="live", signedSecondsAgo=600)
    assert live["charge"].startswith("chrg_") and "test" not in live["charge"]
    age = time.time() - int(opn.receiver.got[-1][1]["Omise-Signature-Timestamp"])
    assert 599 <= age <= 620


# PayMongo


@pytest.fixture
def paymongo(sala, receiver):
    yield Gateway(sala, "paymongo", receiver)
    sala.calm()


def wrapped(**attributes):
    return {"data": {"attributes": attributes}}


def test_paymongo_s_checkout_is_paid(paymongo):
    reference = payment_id()
    status, answer = paymongo.ask("POST", "v1/checkout_sessions", wrapped(
        line_items=[{"name": "booking", "amount": 39950, "currency": "PHP", "quantity": 2}],
        payment_method_types=["gcash"], reference_number=reference, metadata={"order_id": "1001"}))
    session = answer["data"]
    assert status == 200 and session["type"] == "checkout_session" and session["id"].startswith("cs_")
    assert session["attributes"]["checkout_url"].startswith("https://") and session["attributes"]["payments"] == []
    order = paymongo.order(payment=reference)
    event = json.loads(paymongo.receiver.got[-1][2])["data"]
    assert (event["type"], event["attributes"]["type"]) == ("event", "checkout_session.payment.paid")
    data = event["attributes"]["data"]
    assert (data["id"], data["attributes"]["reference_number"]) == (session["id"], reference)
    assert data["attributes"]["metadata"] == {"order_id": "1001"}
    payment, = data["attributes"]["payments"]
    assert (payment["id"], payment["attributes"]["amount"], payment["attributes"]["status"]) == (order["charge"], 79900, "paid")
    assert payment["attributes"]["source"]["type"] == "gcash"
    assert data["attributes"]["payment_intent"]["attributes"]["status"] == "succeeded"
    assert paymongo.ask("GET", f"v1/checkout_sessions/{session['id']}")[1]["data"] == data
    assert paymongo.ask("GET", f"v1/payments/{payment['id']}")[1]["data"] == payment


def test_paymongo_gives_money_back(paymongo):
    payment = paymongo.order(payment=payment_id(), amount="799.00")
    assert (payment["type"], payment["currency"]) == ("payment.paid", "PHP")
    status, answer = paymongo.ask("POST", "v1/refunds", wrapped(
        amount=10000, payment_id=payment["charge"], reason="requested_by_customer"))
    refund = answer["data"]
    assert status == 200 and (refund["type"], refund["attributes"]["status"]) == ("refund", "succeeded")
    assert paymongo.ask("GET", f"v1/refunds/{refund['id']}")[1]["data"] == refund
    shown = paymongo.ask("GET", f"v1/payments/{payment['charge']}")[1]["data"]["attributes"]
    assert shown["status"] == "partially_refunded"
    status, answer = paymongo.ask("POST", "v1/refunds", wrapped(
        amount=69901, payment_id=payment["charge"], reason="others"))
    assert status == 400 and answer["errors"][0]["source"] == {"pointer": "amount", "attribute": "amount"}


def test_paymongo_refuses(paymongo):
    assert paymongo.ask("GET", "v1/payments/pay_1", key="sk_test_wrong")[0] == 401
    assert paymongo.ask("GET", "v1/payments/pay_1", key="")[0] == 401
    status, answer = paymongo.ask("GET", "v1/payments/pay_1")
    assert (status, answer["errors"][0]["code"]) == (404, "resource_not_found")
    for path, body in (("checkout_sessions", wrapped()), ("refunds", {}), ("webhooks", wrapped(url="https://x")), (
            "checkout_sessions", wrapped(line_items=[{"amount": 1, "quantity": 1}], payment_method_types=["gcash"]))):
        status, answer = paymongo.ask("POST", f"v1/{path}", body)
        assert status == 400 and answer["errors"][0]["detail"] and answer["errors"][0]["source"]["pointer"]


def test_paymongo_registers_a_webhook(paymongo):
    status, answer = paymongo.ask("POST", "v1/webhooks", wrapped(url="https://example.com/x", events=["payment.paid"]))
    attributes = answer["data"]["attributes"]
    assert status == 200 and (attributes["status"], attributes["livemode"]) == ("enabled", False)
    assert attributes["secret_key"] == paymongo.secret and paymongo.secret.startswith("whsk_")


def test_paymongo_s_live_mode_has_its_own_field(paymongo):
    answer = paymongo.order(payment=payment_id(), mode="live")
    _, headers, body = paymongo.receiver.got[-1]
    seconds, test, live = headers["Paymongo-Signature"].split(",")
    assert test == "te=" and json.loads(body)["data"]["attributes"]["livemode"] is True
    proof = hmac.digest(paymongo.secret.encode(), seconds[2:].encode() + b"." + body, hashlib.sha256).hex()
    assert live == f"li={proof}" and answer["sent"]["headers"]["Paymongo-Signature"] == headers["Paymongo-Signature"]


# SlipOK's webhook, and the bank


def verified(sala, payload):
    """The slip as EasySlip and SlipOK answer it; None for what they do not know."""
    easy = call("GET", f"{sala.standins}/easyslip/api/v1/verify?payload={payload}", headers={"Authorization": "Bearer x"})
    slipok = call(
        "POST", f"{sala.standins}/slipok/api/line/apikey/1", {"data": payload, "log": True}, {"x-authorization": "x"})
    assert (easy[0] == 200) == (slipok[0] == 200)
    return (easy[2]["data"], slipok[2]["data"]) if easy[0] == 200 else None


def test_slipok_tells_of_a_slip(sala, receiver):
    slipok = Gateway(sala, "slipok", receiver)
    payment = payment_id()
    answer = slipok.order(
        payment=payment, amount="345.00", promptpay="0812345678",
        receiver={"nameTh": "บริษัท ครัวบ้าน จำกัด", "nameEn": "KRUA BAAN CO., LTD.", "account": "1112345678", "bank": "014"})
    message = json.loads(receiver.got[-1][2])
    assert set(message) == {"txnId", "data"} and message["txnId"] == payment
    data = message["data"]
    assert (data["transRef"], data["amount"], data["qrcodeData"]) == (answer["transRef"], 345, answer["payload"])
    assert data["receiver"] == {
        "displayName": "บจก. ครัวบ้าน", "name": "KRUA BAAN CO., LTD.", "proxy": {"type": "MSISDN", "value": "xxx-xxx-5678"},
        "account": {"type": "BANKAC", "value": "xxx-x-x4567-x"}}
    easy, again = verified(sala, answer["payload"])
    assert {**again, "rqUID": data["rqUID"]} == data and easy["transRef"] == answer["transRef"]
    other = slipok.order(payment=payment_id(), duplicateOf=answer["transRef"])
    assert other["transRef"] == answer["transRef"] and json.loads(receiver.got[-1][2])["data"]["amount"] == 345
    forged = slipok.order(payment=payment_id(), status="failed", amount="345.00")
    assert verified(sala, forged["payload"]) is None


def transfer(sala, expected=200, **order):
    status, _, answer = call("POST", f"{sala.standins}/_control/bank/transfer", order)
    assert status == expected, answer
    return answer


def test_a_promptpay_code_is_paid(sala):
    code = "00020101021229370016A0000006770101110113006681234567853037645406199.005802TH6304E8F1"
    slip = transfer(sala, promptpay=code, transferredAt="2026-11-21T10:02:15+07:00", sender={"nameTh": "นาย สมชาย ทดสอบ"})
    assert (slip["amount"], slip["transferredAt"]) == ("199.00", "2026-11-21T10:02:15+07:00")
    easy, slipok = verified(sala, slip["payload"])
    assert easy["amount"]["amount"] == slipok["amount"] == 199
    assert easy["sender"]["account"]["name"]["th"] == "นาย สมชาย ท"
    assert easy["receiver"]["account"]["proxy"] == {"type": "MSISDN", "account": "xxx-xxx-5678"}
    assert "bank" not in easy["receiver"]["account"]
    assert slipok["receiver"]["proxy"] == {"type": "MSISDN", "value": "xxx-xxx-5678"}
    assert slipok["receiver"]["account"] == {"type": "", "value": ""}
    kind, picture = slip["image"].split(",")
    assert kind == "data:image/png;base64"
    body, headers = form({}, {"file": base64.b64decode(picture)})
    found = call(
        "POST", f"{sala.standins}/easyslip/api/v1/verify", body, {**headers, "Authorization": "Bearer x"})[2]
    assert found["data"]["transRef"] == slip["transRef"]


def test_a_transfer_has_an_amount_and_a_receiver_that_can_be(sala):
    assert transfer(sala, 400, promptpay="0812345678")["error"]
    assert transfer(sala, 400, amount="1.00", promptpay="0812")["error"]
    damaged = "00020101021229370016A0000006770101110113006681234567853037645406299.005802TH6304E8F1"
    assert transfer(sala, 400, promptpay=damaged)["error"]
    assert transfer(sala, 400, amount="1.001")["error"]
    first = transfer(sala, amount=1)
    again = transfer(sala, duplicateOf=first["transRef"])
    assert again == first
    assert transfer(sala, amount=1)["transRef"] != first["transRef"]
