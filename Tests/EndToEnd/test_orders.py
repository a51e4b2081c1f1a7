"""Orders on the move, as a platform's back end, its customers, riders and staff see them."""

import json
import math
from datetime import datetime, timedelta, timezone

import pytest
from conftest import request, unique, wait_for
from device import Device
from test_protocol_documents import closed, complaints, registry, schema_uri

TENANT = "baanfoodie"
BRANCH = {"id": "12", "name": "สาขาสยาม", "lat": 13.7456, "lng": 100.5341}
DESTINATION = {"lat": 13.7636, "lng": 100.5341, "address": "99/1 ถนนพญาไท"}
RIDER = {"name": "ไรเดอร์ ทดสอบ", "phone": "081-234-5678", "vehicle": "1กก 1234"}
KNOWN = registry(closed)


def now(seconds=0):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def place(metres_left, seconds=0, **members):
    """A point so many metres south of the destination."""
    return {"lat": round(DESTINATION["lat"] - metres_left / 111_195, 7), "lng": DESTINATION["lng"], "accuracy": 5,
            "at": now(seconds), **members}


class Orders:
    """A tenant's orders, with a customer and a rider of their own."""

    def __init__(self, sala):
        self.sala = sala
        self.service = sala.token(TENANT, "service")
        self.customer = unique("u")
        self.rider = unique("r")
        self.tokens = {
            "customer": sala.mint(self.customer, tenant=TENANT), "staff": sala.token(TENANT, "staff"),
            "rider": sala.mint(self.rider, "rider", tenant=TENANT), "service": self.service,
            "stranger": sala.mint(tenant=TENANT)}

    def facts(self, **members):
        return {
            "customer": self.customer, "lifecycle": "baanfoodie", "branch": BRANCH, "destination": DESTINATION, **members}

    def put(self, identifier, facts, token=None):
        status, headers, text = request(
            "PUT", f"{self.sala.http}/v1/sessions/order/{identifier}", facts, token or self.service)
        return status, json.loads(text)

    def make(self, **members):
        identifier = unique("o")[:40]
        status, answer = self.put(identifier, self.facts(**members))
        assert status == 201, answer
        return identifier

    def get(self, identifier, who="staff"):
        status, _, text = request("GET", f"{self.sala.http}/v1/sessions/order/{identifier}", token=self.tokens[who])
        answer = json.loads(text)
        if status == 200:
            assert complaints(answer["state"], schema_uri("order-state"), KNOWN) == [], text
        return status, answer

    def state(self, identifier, who="staff"):
        status, answer = self.get(identifier, who)
        assert status == 200, answer
        return answer["state"]

    def log(self, identifier, who="staff"):
        status, _, text = request(
            "GET", f"{self.sala.http}/v1/sessions/order/{identifier}/log", token=self.tokens[who])
        assert status == 200, text
        return json.loads(text)["events"]

    def command(self, identifier, name, data, who="staff"):
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/order/{identifier}/commands", {"name": name, "data": data},
            self.tokens[who])
        return status, json.loads(text)

    def ok(self, identifier, name, data, who="staff"):
        status, answer = self.command(identifier, name, data, who)
        assert status == 200, answer
        return answer["data"]

    def code(self, identifier, name, data, who="staff"):
        status, answer = self.command(identifier, name, data, who)
        assert status != 200, answer
        return answer["code"]

    def ride(self, **members):
        """An order that its rider is on the way with."""
        order = self.make(**members)
        self.ok(order, "rider.assign", {"rider": {"id": self.rider, **RIDER}})
        self.ok(order, "status.advance", {"to": "PREPARE"})
        self.ok(order, "status.advance", {"to": "DELIVERY"}, "rider")
        return order

    def device(self, who, order=None, **subscription):
        subscribe = [{"session": f"order/{order}", **subscription}] if order else None
        return Device(self.sala, self.tokens[who], subscribe=subscribe)

    def pay(self, **members):
        """A payment from nobody's pocket yet; returns its id."""
        identifier = unique("p")[:40]
        facts = {"payer": self.customer, "amount": "345.00", "payee": {"promptpay": "0812345678"}, **members}
        status, _, text = request(
            "PUT", f"{self.sala.http}/v1/sessions/payment/{identifier}", facts, self.service)
        assert status == 201, text
        return identifier

    def accept(self, payment):
        _, _, text = request(
            "POST", f"{self.sala.standins}/_control/bank/transfer", {"amount": "345.00", "promptpay": "0812345678"})
        self.settle(payment, "slip.submit", {"payload": json.loads(text)["payload"]})

    def settle(self, payment, name, data):
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/payment/{payment}/commands", {"name": name, "data": data}, self.service)
        assert status == 200, text


@pytest.fixture
def orders(sala):
    return Orders(sala)


def statuses(state):
    return [entry["status"] for entry in state["history"]]


class TestStatus:
    def test_from_order_to_delivered(self, orders):
        order = orders.make()
        assert orders.put(order, orders.facts()) == (200, {"session": f"order/{order}"})
        assert orders.put(order, orders.facts(number="2"))[0] == 409
        state = orders.state(order, "customer")
        assert (state["status"], state["display"]["label"]["th"], state["cancellable"]) == ("PENDING", "รอยืนยันออเดอร์", True)
        assert [step["status"] for step in state["steps"]] == ["PENDING", "PREPARE", "DELIVERY", "COMPLETED"]
        assert [action["to"] for action in orders.state(order)["actions"]] == ["PREPARE", "REJECTED"]
        with orders.device("customer", order) as customer:
            orders.ok(order, "status.advance", {"to": "PREPARE", "note": "อีก 10 นาที"})
            event = customer.event("status.changed")
            assert event["data"] == {"from": "PENDING", "to": "PREPARE", "by": "staff", "note": "อีก 10 นาที"}
            orders.ok(order, "rider.assign", {"rider": {"id": orders.rider, **RIDER}})
            shown = customer.event("rider.assigned")["data"]["rider"]
            assert shown == {"name": RIDER["name"], "phone": "08x-xxx-5678", "vehicle": RIDER["vehicle"]}
            orders.ok(order, "status.advance", {"to": "DELIVERY"}, "rider")
            orders.ok(order, "status.advance", {"to": "COMPLETED"}, "rider")
            assert customer.event("status.changed", offset=4)["data"]["to"] == "COMPLETED"
        state = orders.state(order)
        assert statuses(state) == ["PENDING", "PREPARE", "DELIVERY", "COMPLETED"] and state["terminal"]
        assert state["history"][2]["subject"] == orders.rider and state["actions"] == []
        assert orders.code(order, "status.advance", {"to": "DELIVERY"}) == 2401

    def test_a_status_cannot_lie(self, orders):
        order = orders.make()
        assert orders.code(order, "status.advance", {"to": "COMPLETED"}) == 2401
        assert orders.code(order, "status.advance", {"to": "PREPARE"}, "customer") == 2102
        assert orders.code(order, "status.advance", {"to": "PREPARE"}, "stranger") == 2102
        assert orders.code(order, "status.advance", {"to": "LOST"}) == 2400
        assert orders.code(order, "order.cancel", {}, "customer") == 2400
        assert orders.code(order, "dance", {}) == 2201
        assert orders.get(order, "stranger")[0] == 403
        assert orders.ok(order, "order.cancel", {"reason": "สั่งผิด"}, "customer") == {"status": "REJECTED"}
        assert [event["name"] for event in orders.log(order)] == ["status.changed", "order.cancelled"]
        assert orders.code(order, "order.cancel", {"reason": "สั่งผิด"}, "customer") == 2401

    @pytest.mark.parametrize("wrong, word", [
        ({"lifecycle": "none"}, "lifecycle"), ({"lifecycle": 1}, "lifecycle"), ({"customer": ""}, "customer"),
        ({"branch": {"name": "x"}}, "branch"), ({"destination": {"lat": 91, "lng": 0}}, "destination"),
        ({"payment": "a b"}, "payment"), ({"number": ""}, "number"), ({"details": "x" * 20_000}, "details"),
        ({"details": {"x": "y" * 17_000}}, "details"),
    ])
    def test_facts_that_are_none(self, orders, wrong, word):
        status, answer = orders.put(unique("o"), orders.facts(**wrong))
        assert (status, answer["code"]) == (400, 2400) and word in answer["detail"], answer

    def test_only_the_tenant_s_people_make_orders(self, orders):
        status, answer = orders.put(unique("o"), orders.facts(), orders.tokens["customer"])
        assert (status, answer["code"]) == (403, 2102)

    def test_each_sees_their_own_part(self, orders):
        order = orders.ride(details={"items": [{"name": "ข้าวมันไก่", "quantity": 2}]}, number="ORD-1")
        customer, rider, staff = (orders.state(order, who) for who in ("customer", "rider", "staff"))
        assert "id" not in customer["rider"] and rider["rider"]["id"] == staff["rider"]["id"] == orders.rider
        assert "customer" not in rider and "details" not in rider and customer["details"] == staff["details"]
        assert all("subject" not in entry for entry in customer["history"] + rider["history"])
        assert [entry["data"].get("subject") for entry in orders.log(order, "customer")] == [None] * 3
        assert orders.log(order)[2]["data"]["subject"] == orders.rider
        assert [action["to"] for action in rider["actions"]] == ["COMPLETED"] and customer["actions"] == []
        assert rider["destination"]["address"] == DESTINATION["address"]
        orders.ok(order, "status.advance", {"to": "COMPLETED"}, "rider")
        assert "destination" not in orders.state(order, "rider")
        assert orders.state(order, "customer")["destination"] == DESTINATION

    def test_a_rider_whose_order_is_given_away_sees_nothing_more(self, orders):
        order = orders.ride()
        with orders.device("rider", order) as rider, orders.device("customer", order) as customer:
            rider.wait(type="snapshot")
            orders.ok(order, "rider.assign", {"rider": unique("r")})
            assert rider.wait(type="unsubscribed")["why"] == "rights"
            assert rider.fault(f"order/{order}", "position.report", {"points": [place(500)]})["code"] == 2102
            assert customer.event("rider.assigned")["data"]["rider"] == {}
            number = rider.ask({"type": "subscribe", "session": f"order/{order}"})
            assert rider.answer(number)["code"] == 2102

    def test_replay_is_projected_too(self, orders):
        order = orders.ride()
        with orders.device("customer", order) as customer:
            epoch = customer.wait(type="snapshot")["epoch"]
        with orders.device("customer", order, **{"from": {"epoch": epoch, "offset": 0}}) as customer:
            assert customer.wait(type="subscribed")["outcome"] == "resumed"
            events = [customer.wait(type="event", offset=offset) for offset in (1, 2, 3)]
            assert all(event["replay"] and "subject" not in event["data"] for event in events)
            assert "id" not in events[0]["data"]["rider"]


class TestPayment:
    def test_an_accepted_payment_moves_the_order(self, orders):
        payment = orders.pay()
        order = orders.make(payment=payment)
        with orders.device("customer", order) as customer:
            customer.wait(type="snapshot")
            orders.accept(payment)
            moved = customer.event("status.changed")
            assert moved["data"] == {"from": "PENDING", "to": "PREPARE", "by": "payment"}
        state = orders.state(order, "customer")
        assert state["payment"] == {"id": payment, "status": "accepted"}
        assert [e["name"] for e in orders.log(order)] == ["payment.changed", "payment.changed", "status.changed"]

    def test_the_payment_may_come_later(self, orders):
        identifier = unique("p")[:40]
        order = orders.make(payment=identifier)
        facts = {"payer": orders.customer, "amount": "1.00", "payee": {"promptpay": "0812345678"}, "expiresInSeconds": 900}
        assert request(
            "PUT", f"{orders.sala.http}/v1/sessions/payment/{identifier}", facts, orders.service)[0] == 201
        wait_for("pending", lambda: orders.state(order)["payment"].get("status") == "pending")
        orders.settle(identifier, "payment.cancel", {})
        state = wait_for(
            "cancelled", lambda: (state := orders.state(order))["payment"]["status"] == "cancelled" and state)
        assert state["status"] == "PENDING" and state["display"]["status"] == "CANCELLED"
        # Another payment takes its place.
        second = orders.pay()
        orders.ok(order, "payment.attach", {"payment": second})
        orders.accept(second)
        wait_for("paid", lambda: orders.state(order)["status"] == "PREPARE")
        assert orders.code(order, "payment.attach", {"payment": "other"}) == 2401

    def test_a_payment_that_is_accepted_at_the_crash_moves_the_order_once(self, own_sala):
        orders = Orders(own_sala())
        made = []
        for _ in range(5):
            payment = orders.pay()
            made.append((payment, orders.make(payment=payment)))
        for payment, order in made:
            wait_for("followed", lambda order=order: orders.state(order)["payment"].get("status") == "pending")
        for payment, _ in made:
            orders.accept(payment)

        def are_accepted():
            states = [request("GET", f"{orders.sala.http}/v1/sessions/payment/{payment}", token=orders.service)[2]
                      for payment, _ in made]
            return all(json.loads(state)["state"]["status"] == "accepted" for state in states)

        # The orders may have heard of it, or not.
        wait_for("accepted", are_accepted)
        orders.sala.kill()
        orders.sala.start()
        for _, order in made:
            wait_for("moved", lambda order=order: orders.state(order)["status"] == "PREPARE")
            assert [event["name"] for event in orders.log(order)].count("status.changed") == 1


class TestPositions:
    def test_the_rider_is_seen_until_they_arrive(self, orders):
        order = orders.ride()
        session = f"order/{order}"
        with orders.device("rider", order) as rider, orders.device("customer", order, mode="latest", maxHz=10) as customer:
            customer.wait(type="snapshot")
            assert rider.wait(type="value", name="pace")["data"]["everySeconds"] in (2, 60)
            rider.send({"type": "signal", "session": session, "name": "position.report",
                        "data": {"points": [place(1500, -60, heading=10, speed=7)]}})
            seen = customer.wait(type="value", name="position")
            assert complaints(seen, schema_uri("server.value"), KNOWN) == []
            assert math.isclose(seen["data"]["lat"], DESTINATION["lat"] - 1500 / 111_195, abs_tol=1e-5)
            assert (seen["data"]["heading"], seen["data"]["speed"], seen["data"].get("stale")) == (10, 7, True)
            answer = rider.ok(session, "position.report", {"points": [place(1200, -5), place(9e5, -4)]})
            assert answer["data"] == {"accepted": 1, "dropped": 1, "everySeconds": 2}
            eta = customer.wait(lambda f: f["type"] == "value" and f["name"] == "eta" and f["data"]["distance"] < 1300)
            assert eta["data"]["low"] <= eta["data"]["seconds"] <= eta["data"]["high"]
            assert complaints(eta, schema_uri("server.value"), KNOWN) == []
            state = orders.state(order, "customer")
            assert state["tracking"]["open"] and len(state["tracking"]["track"]) == 2
            rider.ok(session, "position.report", {"points": [place(10, 55)]})
            customer.event("rider.arrived")
            assert "position" not in orders.state(order, "customer")["tracking"]
            assert orders.state(order)["tracking"]["position"]["lat"]
            # Who comes now sees nobody, too.
            with orders.device("customer", order) as late:
                late.wait(type="snapshot")
                rider.ok(session, "status.advance", {"to": "COMPLETED"})
                assert [f["type"] for f in late.until(lambda f: f["type"] == "event")] == ["subscribed", "event"]
        assert "tracking" not in orders.state(order)
        assert orders.code(order, "position.report", {"points": [place(10)]}, "rider") == 2401

    def test_the_pace_follows_who_looks(self, orders):
        order = orders.ride()
        with orders.device("rider", order) as rider:
            assert rider.wait(type="value", name="pace")["data"] == {"everySeconds": 60}
            with orders.device("customer", order) as customer:
                customer.wait(type="snapshot")
                assert rider.wait(type="value", name="pace")["data"] == {"everySeconds": 2}
            assert rider.wait(type="value", name="pace")["data"] == {"everySeconds": 60}

    def test_what_was_measured_without_network_comes_behind(self, orders):
        order = orders.ride()
        orders.ok(order, "position.report", {"points": [place(1000, -10)]}, "rider")
        gap = [place(1900 - step * 10, -100 + step) for step in range(80)]
        answer = orders.ok(order, "position.report", {"points": gap[::-1]}, "rider")
        assert (answer["accepted"], answer["dropped"]) == (80, 0)
        tracking = orders.state(order, "customer")["tracking"]
        assert math.isclose(tracking["position"]["lat"], place(1000)["lat"], abs_tol=1e-5)
        assert len(tracking["track"]) <= 64 and tracking["track"][0][0] < tracking["track"][-1][0]

    @pytest.mark.parametrize("points, where", [
        ([], "points"), ({}, "points"), ([{"lat": "x", "lng": 1, "at": "2026-01-01T00:00:00Z"}], "points/0/lat"),
        ([{"lat": 1, "lng": 181, "at": "2026-01-01T00:00:00Z"}], "points/0/lng"), ([{"lat": 1, "lng": 1}], "points/0/at"),
        ([{"lat": 1, "lng": 1, "at": "now"}], "points/0/at"), ([1], "points/0"),
    ])
    def test_reports_that_are_none(self, orders, points, where):
        order = orders.ride()
        status, answer = orders.command(order, "position.report", {"points": points}, "rider")
        assert (status, answer["code"]) == (400, 2400) and where in answer["detail"], answer

    def test_a_position_survives_a_crash(self, own_sala):
        orders = Orders(own_sala())
        order = orders.ride()
        session = f"order/{order}"
        with orders.device("rider", order) as rider, orders.device("staff", order) as staff:
            staff.wait(type="snapshot")
            rider.ok(session, "position.report", {"points": [place(1500, -5)]})
            # Acknowledged: it must be there, to the metre.
            orders.sala.kill()
        orders.sala.start()
        orders.tokens["staff"] = orders.sala.token(TENANT, "staff")
        state = orders.state(order)
        assert state["status"] == "DELIVERY"
        assert math.isclose(state["tracking"]["position"]["lat"], place(1500)["lat"], abs_tol=1e-6)

    def test_signals_are_kept_within_seconds(self, own_sala):
        orders = Orders(own_sala())
        order = orders.ride()
        session = f"order/{order}"
        with orders.device("rider", order) as rider, orders.device("staff", order) as staff:
            staff.wait(type="snapshot")
            # Five seconds of movement, a point each 100 ms (the server shows no more of them), and more than one checkpoint. No two
            # have the same millisecond, however fast the first one comes back.
            for step in range(50):
                point = place(1900 - step * 0.5, step / 1000)
                rider.send({"type": "signal", "session": session, "name": "position.report", "data": {"points": [point]}})
                staff.wait(lambda f, lat=point["lat"]: f["type"] == "value" and f["name"] == "position"
                           and math.isclose(f["data"]["lat"], lat, abs_tol=1.1e-6))
            killed = now()
            orders.sala.kill()
        orders.sala.start()
        kept = orders.state(order)["tracking"]["position"]["asOf"]
        age = datetime.fromisoformat(killed) - datetime.fromisoformat(kept)
        assert age < timedelta(seconds=5), age
