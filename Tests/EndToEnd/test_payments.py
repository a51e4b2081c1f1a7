"""Payments, as a platform's back end, a payer's page and the gateways see them."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import random
import time
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import request, sign, unique, wait_for
from device import Device
from websockets.asyncio.client import connect

PROMPTPAY = "0812345678"
PAYEE = {"promptpay": PROMPTPAY, "last4": "5678", "name": "ร้านข้าวสาธิต"}


class Payments:
    """A tenant's payments."""

    def __init__(self, sala, tenant="baanfoodie"):
        self.sala = sala
        self.tenant = tenant
        self.service = sala.token(tenant, "service")

    def facts(self, **members):
        return {"payer": "u_1", "amount": "345.00", "payee": PAYEE, **members}

    def make(self, **members):
        """A new payment; returns its id."""
        identifier = unique("p")[:40]
        status, text = self.put(identifier, self.facts(**members))
        assert status == 201, text
        return identifier

    def put(self, identifier, facts):
        status, _, text = request(
            "PUT", f"{self.sala.http}/v1/sessions/payment/{identifier}", facts, self.service)
        return status, text

    def state(self, identifier):
        status, _, text = request(
            "GET", f"{self.sala.http}/v1/sessions/payment/{identifier}", token=self.service)
        assert status == 200, text
        return json.loads(text)["state"]

    def log(self, identifier):
        status, _, text = request(
            "GET", f"{self.sala.http}/v1/sessions/payment/{identifier}/log", token=self.service)
        assert status == 200, text
        return json.loads(text)["events"]

    def names(self, identifier):
        return [event["name"] for event in self.log(identifier)]

    def command(self, identifier, name, data=None, token=None):
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/payment/{identifier}/commands", {"name": name, "data": data or {}},
            token or self.service)
        return status, json.loads(text)

    def ok(self, identifier, name, data=None):
        status, answer = self.command(identifier, name, data)
        assert status == 200, answer
        return answer["data"]

    def transfer(self, amount="345.00", **members):
        status, _, text = request(
            "POST", f"{self.sala.standins}/_control/bank/transfer", {"promptpay": PROMPTPAY, "amount": amount, **members})
        assert status == 200, text
        return json.loads(text)

    def show(self, identifier, transfer):
        self.ok(identifier, "slip.submit", {"payload": transfer["payload"]})

    def until(self, identifier, status):
        return wait_for(
            f"payment {status}", lambda: (state := self.state(identifier))["status"] == status and state)

    def rejection(self, identifier):
        """The code of the newest slip that did not pay."""
        return wait_for("a rejected slip", lambda: self.state(identifier)["rejectedSlips"])[-1]["code"]

    def hook(self, gateway, payment, amount="345.00", status="paid", **members):
        """A signed webhook of the gateway's; returns what the server answered."""
        order = {"tenant": self.tenant, "payment": payment, "amount": amount, "status": status, **members}
        code, _, text = request("POST", f"{self.sala.standins}/_control/{gateway}/webhook", order, timeout=30)
        assert code == 200, text
        return json.loads(text)


@pytest.fixture
def payments(sala):
    return Payments(sala)


@pytest.fixture
def trade(sala):
    return Payments(sala, "trusttrade")


class TestFacts:
    def test_the_same_facts_again(self, payments):
        identifier = payments.make()
        assert payments.put(identifier, payments.facts())[0] == 200
        assert payments.put(identifier, payments.facts(amount="345.01"))[0] == 409

    @pytest.mark.parametrize("members", [
        {"amount": "0"}, {"amount": "-1"}, {"amount": "1.001"}, {"amount": None}, {"amount": "1e3"},
        {"currency": "USD"}, {"method": "cash"}, {"purpose": "gift"}, {"payer": ""}, {"expiresInSeconds": 1},
        {"expiresInSeconds": 10_000_000}, {"payee": {"promptpay": "12"}}, {"payee": {"last4": "12345"}},
        {"gateway": "stripe"}, {"order": "a b"}, {"purpose": "deposit", "method": "balance"},
        {"platform": {"note": "x" * 5_000}},
    ])
    def test_wrong_facts_are_named(self, payments, members):
        status, text = payments.put(unique("p")[:40], payments.facts(**members))
        assert status == 400 and json.loads(text)["code"] == 2400, text

    def test_a_decimal_is_exact(self, payments):
        identifier = unique("p")[:40]
        body = json.dumps({**payments.facts(), "amount": 0}).replace('"amount": 0', '"amount": 90071992547409.93')
        connection = http.client.HTTPConnection("127.0.0.1", payments.sala.port)
        connection.request(
            "PUT", f"/v1/sessions/payment/{identifier}", body.replace("90071992547409.93", "900719925474.93"),
            {"Authorization": f"Bearer {payments.service}", "Content-Type": "application/json"})
        assert connection.getresponse().status == 201
        connection.close()
        assert payments.state(identifier)["amount"] == "900719925474.93"


class TestCode:
    def test_what_to_pay_with(self, payments):
        identifier = payments.make()
        url = f"{payments.sala.http}/v1/sessions/payment/{identifier}/qr"
        status, _, text = request("GET", url, token=payments.service)
        answer = json.loads(text)
        assert status == 200 and answer["payload"].startswith("00020101021229370016A000000677010111")
        assert "5406345.00" in answer["payload"]
        assert base64.b64decode(answer["png"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
        assert ElementTree.fromstring(answer["svg"]).tag.endswith("svg")

    def test_none_without_a_promptpay_id(self, payments):
        identifier = payments.make(payee={"last4": "5678"})
        status, _, _ = request(
            "GET", f"{payments.sala.http}/v1/sessions/payment/{identifier}/qr", token=payments.service)
        assert status in (404, 409)


class TestSlip:
    def test_pays(self, payments):
        identifier = payments.make()
        session = f"payment/{identifier}"
        payer = payments.sala.mint("u_1", tenant="baanfoodie")
        with Device(payments.sala, payer) as device:
            device.subscribe(session)
            countdown = device.wait(type="value", name="countdown")
            assert 890 < countdown["data"]["secondsLeft"] <= 900 and countdown["asOf"]
            transfer = payments.transfer()
            device.ok(session, "slip.submit", {"payload": transfer["payload"]})
            changed = device.event("status.changed")
            assert (changed["data"]["from"], changed["data"]["to"]) == ("pending", "accepted")
            proof = changed["data"]["evidence"]["proof"]
            assert proof["reference"]["transRef"] == transfer["transRef"] and proof["amount"] == "345.00"
        assert payments.state(identifier)["status"] == "accepted"
        stages = [event["data"]["stage"] for event in payments.log(identifier) if event["name"] == "slip.stage"]
        assert stages == ["received", "read", "verified"]

    def test_a_picture_pays(self, payments):
        identifier = payments.make()
        picture = base64.b64decode(payments.transfer()["image"].split(",")[1])
        connection = http.client.HTTPConnection("127.0.0.1", payments.sala.port)
        connection.request(
            "POST", f"/v1/sessions/payment/{identifier}/pictures", picture,
            {"Authorization": f"Bearer {payments.service}", "Content-Type": "image/png"})
        answer = connection.getresponse()
        held = json.loads(answer.read())
        connection.close()
        assert answer.status == 201
        payments.ok(identifier, "slip.submit", {"image": held["image"]})
        payments.until(identifier, "accepted")

    def test_pays_one_payment_only(self, payments):
        first, second = payments.make(), payments.make()
        transfer = payments.transfer()
        payments.show(first, transfer)
        payments.until(first, "accepted")
        payments.show(second, transfer)
        assert payments.rejection(second) == "DUPLICATE_SLIP"
        assert payments.state(second)["status"] == "pending"

    @pytest.mark.parametrize("amount", ["344.99", "345.01", "34.50"])
    def test_of_another_amount(self, payments, amount):
        identifier = payments.make()
        payments.show(identifier, payments.transfer(amount))
        assert payments.rejection(identifier) == "AMOUNT_MISMATCH"
        # The reference is free: it may be what another payment asks for.
        other = payments.make(amount=amount)
        payments.show(other, payments.transfer(amount))
        payments.until(other, "accepted")

    def test_to_another_receiver(self, payments):
        identifier = payments.make()
        payments.show(identifier, payments.transfer(promptpay="0899999999"))
        assert payments.rejection(identifier) == "RECEIVER_MISMATCH"
        assert payments.state(identifier)["status"] == "pending"

    def test_no_slip_at_all(self, payments):
        identifier = payments.make()
        payments.ok(identifier, "slip.submit", {"payload": "00020101021229370016A000000677010111"})
        assert payments.rejection(identifier) == "SLIP_INVALID"

    def test_in_another_currency(self, trade):
        identifier = trade.make(currency="PHP")
        trade.show(identifier, trade.transfer())
        assert trade.rejection(identifier) == "AMOUNT_MISMATCH"

    def test_after_the_end_a_person_decides(self, payments):
        identifier = payments.make()
        payments.ok(identifier, "payment.cancel")
        payments.show(identifier, payments.transfer())
        assert payments.until(identifier, "review")["review"]["reason"] == "late"
        status, answer = payments.command(identifier, "payment.resolve", {"decision": "accept"})
        assert status == 400 and answer["code"] == 2400
        payments.ok(identifier, "payment.resolve", {"decision": "accept", "note": "the order was made anew"})
        assert payments.state(identifier)["status"] == "accepted"


class TestEnd:
    def test_expires_once(self, payments):
        identifier = payments.make(expiresInSeconds=10)
        payments.until(identifier, "expired")
        assert payments.names(identifier) == ["status.changed"]
        status, answer = payments.command(identifier, "payment.cancel")
        assert answer["code"] == 2403, answer

    def test_expires_also_when_nobody_was_there(self, own_sala):
        server = own_sala()
        payments = Payments(server)
        identifier = payments.make(expiresInSeconds=10)
        due = time.monotonic() + 10
        server.kill()
        wait_for("the time to be over", lambda: time.monotonic() > due)
        server.start()
        payments.until(identifier, "expired")
        assert payments.names(identifier) == ["status.changed"]

    def test_rights(self, payments):
        identifier = payments.make()
        stranger = payments.sala.mint("u_2", tenant="baanfoodie")
        payer = payments.sala.mint("u_1", tenant="baanfoodie")
        url = f"{payments.sala.http}/v1/sessions/payment/{identifier}"
        assert request("GET", url, token=stranger)[0] == 403
        assert request("GET", url, token=payer)[0] == 200
        assert request("GET", url, token=payments.sala.token("jeco", "service"))[0] == 404
        assert payments.command(identifier, "slip.submit", {"payload": "x"}, stranger)[1]["code"] == 2102
        assert payments.command(identifier, "payment.refund", {}, payer)[1]["code"] == 2102
        assert payments.command(identifier, "payment.resolve", {}, payer)[1]["code"] == 2102
        assert payments.command(identifier, "payment.nothing", {}, payer)[1]["code"] == 2201
        assert payments.command(identifier, "payment.refund", {})[1]["code"] == 2401


class TestBalance:
    def test_a_deposit_is_spent(self, payments):
        payer = unique("u")
        deposit = payments.make(payer=payer, purpose="deposit", amount="100.00")
        payments.show(deposit, payments.transfer("100.00"))
        payments.until(deposit, "accepted")
        first, second = (payments.make(payer=payer, method="balance", amount="60.00") for _ in range(2))
        outcomes = sorted(
            wait_for("an outcome", lambda: (s := payments.state(one)["status"]) != "pending" and s)
            for one in (first, second))
        assert outcomes == ["accepted", "rejected"]
        rest = payments.make(payer=payer, method="balance", amount="40.00")
        payments.until(rest, "accepted")
        paid = first if payments.state(first)["status"] == "accepted" else second
        assert payments.ok(paid, "payment.refund", {"amount": "10.00"})["status"] == "refunded"
        assert payments.state(paid)["refunded"] == "10.00"
        again = payments.make(payer=payer, method="balance", amount="10.00")
        payments.until(again, "accepted")
        # The deposit has been spent: it cannot go back.
        payments.ok(deposit, "payment.refund", {"note": "by the customer's wish"})
        wait_for("the refusal", lambda: "refund.failed" in payments.names(deposit))
        assert payments.state(deposit)["status"] == "accepted"


GATEWAYS = [("2c2p", "jeco", "THB"), ("omise", "jeco", "THB"), ("paymongo", "trusttrade", "PHP")]


class TestGateways:
    @pytest.fixture(params=GATEWAYS, ids=[gateway for gateway, _, _ in GATEWAYS])
    def desk(self, request, sala):
        gateway, tenant, currency = request.param
        return gateway, Payments(sala, tenant), currency

    def test_paid(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        first = payments.hook(gateway, identifier, currency=currency)
        assert first["status"] == 200
        state = payments.until(identifier, "accepted")
        assert state["acceptance"]["charge"]["gateway"] == gateway
        before = payments.log(identifier)
        again = payments.hook(gateway, identifier, currency=currency, event=first["event"])
        assert again["status"] == 200 and payments.log(identifier) == before

    def test_asked_again_it_has_not_been_paid(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        assert payments.hook(gateway, identifier, currency=currency, asked="pending")["status"] == 200
        wait_for("the question", lambda: "notice.delayed" in payments.names(identifier))
        assert payments.state(identifier)["status"] == "pending"

    def test_failed(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        payments.hook(gateway, identifier, currency=currency, status="failed")
        payments.until(identifier, "rejected")

    @pytest.mark.parametrize("amount", ["344.99", "345.01"])
    def test_of_another_amount(self, desk, amount):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        assert payments.hook(gateway, identifier, amount, currency=currency)["status"] == 200
        ignored = wait_for(
            "what was ignored", lambda: [e for e in payments.log(identifier) if e["name"] == "notice.ignored"])
        assert ignored[0]["data"]["reason"] == "amount-mismatch"
        assert payments.state(identifier)["status"] == "pending"

    def test_in_another_currency(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency="PHP" if currency == "THB" else "THB")
        payments.hook(gateway, identifier, currency=currency)
        wait_for("what was ignored", lambda: "notice.ignored" in payments.names(identifier))
        assert payments.state(identifier)["status"] == "pending"

    def test_for_nothing_of_ours(self, desk):
        gateway, payments, currency = desk
        assert payments.hook(gateway, unique("p")[:40], currency=currency)["status"] == 200

    def test_with_a_wrong_signature(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        assert payments.hook(gateway, identifier, currency=currency, wrongSignature=True)["status"] == 401
        assert payments.log(identifier) == []

    def test_refunded(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        paid = payments.hook(gateway, identifier, currency=currency)
        payments.until(identifier, "accepted")
        payments.hook(gateway, identifier, currency=currency, status="refunded", charge=paid["charge"])
        assert payments.until(identifier, "refunded")["refunded"] == "345.00"

    def test_thousands_of_bodies_that_nobody_signed(self, desk):
        gateway, payments, currency = desk
        identifier = payments.make(method="card", currency=currency)
        # Of another amount: it is ignored, so nothing of it is under way.
        sent = payments.hook(gateway, identifier, "1.00" if gateway == "2c2p" else "100.00", currency=currency)["sent"]
        before = payments.log(identifier)
        body, chance = sent["body"].encode(), random.Random(20261121)
        connection = http.client.HTTPConnection("127.0.0.1", payments.sala.port)
        headers = {name: value for name, value in dict(sent["headers"]).items()}
        headers["Content-Type"] = "application/json"
        seen = {}
        for _ in range(3_400):
            text = bytearray(body)
            for _ in range(chance.randrange(1, 4)):
                place = chance.randrange(len(text))
                match chance.randrange(3):
                    case 0: text[place] = chance.randrange(256)
                    case 1: del text[place]
                    case 2: text.insert(place, chance.randrange(256))
            if bytes(text) == body:
                continue
            connection.request("POST", f"/webhooks/{payments.tenant}/{gateway}", bytes(text), headers)
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] = seen.get(answer.status, 0) + 1
        connection.close()
        # White space between JSON's tokens is not signed by 2C2P: that is the same message, and it came before.
        assert set(seen) <= ({200, 400, 401} if gateway == "2c2p" else {400, 401}), seen
        assert seen[401] > 300 and sum(seen.values()) > 3_000
        assert payments.log(identifier) == before


def test_a_thousand_pages_see_one_acceptance(own_sala):
    """The server is killed at the moment of acceptance; every page comes back and has seen it once."""
    server = own_sala()
    payments = Payments(server)
    identifier = payments.make()
    session = f"payment/{identifier}"
    token = server.mint("u_1", tenant="baanfoodie")
    transfer = payments.transfer()
    address = server.http.replace("http", "ws", 1) + "/v1/socket"
    pages = 1_000

    async def page(seen, ready):
        position = None
        while True:
            try:
                async with connect(
                    address, subprotocols=["sala.v1.json"], compression=None, ping_interval=None, proxy=None,
                    open_timeout=60,
                ) as socket:
                    subscribe = {"session": session, **({"from": position} if position else {})}
                    await socket.send(json.dumps({"type": "hello", "token": token, "subscribe": [subscribe]}))
                    async for text in socket:
                        frame = json.loads(text)
                        if frame["type"] == "snapshot":
                            position = {"epoch": frame["epoch"], "offset": frame["offset"]}
                            assert frame["state"]["status"] == "pending"
                            ready.set()
                        elif frame["type"] == "event":
                            assert frame["offset"] == position["offset"] + 1, "a gap or a repetition"
                            position["offset"] = frame["offset"]
                            if frame["name"] == "status.changed":
                                seen.append(frame["data"]["to"])
                        if seen and position["offset"] >= 4:
                            return
            except (OSError, asyncio.TimeoutError) as error:
                await asyncio.sleep(0.2)
            except Exception as error:
                if type(error).__module__.split(".")[0] != "websockets":
                    raise
                await asyncio.sleep(0.2)

    async def run():
        seen = [[] for _ in range(pages)]
        ready = [asyncio.Event() for _ in range(pages)]
        tasks = []
        for index in range(pages):
            tasks.append(asyncio.create_task(page(seen[index], ready[index])))
            if index % 50 == 49:
                await asyncio.wait_for(asyncio.gather(*(one.wait() for one in ready[: index + 1])), 60)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, payments.show, identifier, transfer)
        # The first page that knows is the moment: the others may or may not have been told.
        while not any(seen):
            await asyncio.sleep(0)
        server.kill()
        await loop.run_in_executor(None, server.start)
        nonlocal address
        await asyncio.wait_for(asyncio.gather(*tasks), 120)
        return seen

    seen = asyncio.run(run())
    assert all(one == ["accepted"] for one in seen)
    assert payments.names(identifier).count("status.changed") == 1
