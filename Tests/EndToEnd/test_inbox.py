"""What people are told: the inbox live on several devices, pushes at Firebase's stand-in, one device at a time, and TrustTrade's routes of
notifications (its document §7)."""

import json
import time

import pytest
from conftest import request, unique, wait_for
from device import Device
from test_protocol_documents import closed, complaints, registry, schema_uri

KNOWN = registry(closed)


class Person:
    """A subject of a tenant, and its platform's back end."""

    def __init__(self, sala, tenant="jeco"):
        self.sala, self.tenant = sala, tenant
        self.subject = unique("u")[:40]
        self.session = f"inbox/{self.subject}"
        self.token = sala.mint(self.subject, tenant=tenant)
        self.service = sala.token(tenant, "service")

    def command(self, name, data, token=None, key=None):
        fields = {"Idempotency-Key": key} if key else {}
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/{self.session}/commands", {"name": name, "data": data},
            token or self.token, **fields)
        return status, json.loads(text)

    def tell(self, kind="order", title="ข่าว", **more):
        status, answer = self.command(
            "notification.create", {"type": kind, "title": title, "body": "เนื้อหา", **more}, self.service, unique("k"))
        assert status == 200, answer
        return answer["data"]["id"]

    def register(self, device="phone", platform="android", **more):
        token = unique("fcm")
        status, answer = self.command(
            "device.register", {"device": device, "token": token, "platform": platform, **more})
        assert status == 200, answer
        return token

    def events(self):
        status, _, text = request(
            "GET", f"{self.sala.http}/v1/sessions/{self.session}/log?limit=500", token=self.token)
        return json.loads(text)["events"] if status == 200 else []

    def named(self, *names):
        return [event for event in self.events() if event["name"] in names]

    def pushed(self, token):
        status, _, text = request("GET", f"{self.sala.standins}/_control/fcm/sent?token={token}")
        assert status == 200, text
        return json.loads(text)["sent"]

    def ask(self, method, path, schema=None, token=None, **fields):
        status, headers, text = request(
            method, f"{self.sala.http}/t/{self.tenant}{path}", token=token or self.token, **fields)
        answer = json.loads(text)
        name = schema or ("trade.error" if status >= 400 else None)
        if name:
            assert complaints(answer, schema_uri(name), KNOWN) == [], text
        return status, answer


@pytest.fixture
def person(sala):
    return Person(sala)


@pytest.fixture
def consumer(sala):
    return Person(sala, "trusttrade")


# Live


def test_the_unread_counter_is_live_on_every_device(sala, person):
    with Device(sala, person.token) as phone, Device(sala, person.token) as tablet:
        for device in (phone, tablet):
            state = device.snapshot(person.session)["state"]
            assert state["unread"] == 0 and state["notifications"] == []
        first, second = person.tell(), person.tell("payment")
        for device in (phone, tablet):
            assert [device.event("notification.created")["data"]["unread"] for _ in range(2)] == [1, 2]
        phone.ok(person.session, "notification.read", {"id": first})
        assert tablet.event("notification.read")["data"] == {"id": first, "unread": 1}
        tablet.ok(person.session, "notification.readAll")
        assert phone.event("notification.allRead")["data"] == {"unread": 0}
        phone.ok(person.session, "notification.delete", {"id": second})
        assert tablet.event("notification.deleted")["data"] == {"id": second, "unread": 0}
        assert phone.fault(person.session, "notification.read", {"id": second})["code"] == 2401


def test_an_inbox_is_nobody_elses(sala, person):
    person.tell()
    with Device(sala, sala.mint()) as stranger:
        number = stranger.ask({"type": "subscribe", "session": person.session})
        assert stranger.answer(number)["code"] == 2102
    assert person.command("notification.create", {"type": "order", "title": "x"})[0] == 403


def test_an_order_tells_its_customer(sala, person):
    order = unique("o")[:40]
    status, _, text = request(
        "PUT", f"{sala.http}/v1/sessions/order/{order}", {"customer": person.subject, "lifecycle": "baanfoodie"},
        person.service)
    assert status == 201, text
    status, _, text = request(
        "POST", f"{sala.http}/v1/sessions/order/{order}/commands",
        {"name": "order.cancel", "data": {"reason": "ของหมด"}}, person.service)
    assert status == 200, text
    event = wait_for("a notification", lambda: person.named("notification.created"))[0]
    told = event["data"]["notification"]
    assert told["type"] == "order" and told["data"]["session"] == f"order/{order}"
    assert len(person.named("notification.created")) == 1


# Pushes


def test_who_is_not_there_is_pushed_to_once(sala, person):
    token = person.register(language="en")
    person.tell(title={"th": "กำลังจัดส่ง", "en": "On its way"}, data={"session": "order/441"})
    sent = wait_for("a push", lambda: person.pushed(token))
    assert len(sent) == 1
    assert sent[0]["title"] == "On its way" and sent[0]["data"]["session"] == "order/441"
    assert sent[0]["message"]["android"]["collapse_key"] == sent[0]["data"]["notification"]
    end = wait_for("its end", lambda: person.named("push.handedOver"))
    assert end[0]["data"]["devices"] == 1
    assert len(person.pushed(token)) == 1
    assert token not in json.dumps(person.events()), "a device's token is shown to nobody"


def test_who_has_acknowledged_is_not_pushed_to(sala, person):
    token = person.register()
    with Device(sala, person.token) as phone:
        phone.snapshot(person.session)
        person.tell()
        event = phone.event("notification.created")
        phone.send({"type": "ack", "session": person.session, "offset": event["offset"]})
        assert phone.event("push.skipped")["data"]["why"] == "acknowledged"
    assert person.pushed(token) == []


def test_an_open_socket_alone_keeps_nobody_from_being_pushed_to(sala, person):
    token = person.register()
    with Device(sala, person.token) as phone:
        phone.snapshot(person.session)
        person.tell()
        phone.event("push.handedOver")
    assert len(person.pushed(token)) == 1


def test_a_device_that_firebase_does_not_know_is_forgotten(sala, person):
    gone, kept = person.register("old"), person.register("new", "ios")
    sala.control("fcm", unregistered=[gone])
    person.tell()
    wait_for("the end of the push", lambda: person.named("push.handedOver"))
    assert [event["data"] for event in person.named("device.removed")] == [{"device": "old", "why": "unregistered"}]
    assert person.pushed(gone) == [] and len(person.pushed(kept)) == 1


def test_a_firebase_that_fails_is_asked_again(sala, person):
    token = person.register()
    sala.control("fcm", status=503)
    person.tell()
    # For a message, or for the access token that it needs.
    wait_for("a call in vain", lambda: sala.calls("fcm"), 30)
    sala.control("fcm", status=200)
    wait_for("the push", lambda: person.pushed(token))
    wait_for("its end", lambda: person.named("push.handedOver"))
    assert len(person.pushed(token)) == 1


def test_an_access_token_that_counts_no_more_is_replaced(sala, person):
    token = person.register()
    person.tell()
    wait_for("a push", lambda: person.pushed(token))
    sala.control("fcm", expireTokens=True)
    person.tell()
    wait_for("another", lambda: len(person.pushed(token)) == 2)


def test_quiet_hours_hold_all_but_money(sala, person):
    token = person.register()
    now = time.gmtime()
    clock = lambda hours: f"{(now.tm_hour + hours) % 24:02}:{now.tm_min:02}"  # noqa: E731
    hours = {"from": clock(-1), "to": clock(2), "timezone": "+00:00"}
    status, answer = person.command("inbox.configure", {"quietHours": hours})
    assert status == 200 and answer["data"]["quietHours"] == hours, answer
    person.tell("order")
    person.tell("payment")
    wait_for("the push of money", lambda: person.pushed(token))
    assert [push["data"]["type"] for push in person.pushed(token)] == ["payment"]
    assert person.command("inbox.configure", {"quietHours": None})[0] == 200
    wait_for("the other one", lambda: len(person.pushed(token)) == 2)


def test_a_push_survives_the_server_and_comes_once(own_sala):
    server = own_sala("--standins", own_sala().standins)
    person = Person(server)
    tokens = person.register(), person.register("tablet", "web")
    first = person.tell()
    wait_for("the first push", lambda: person.named("push.handedOver"))
    second = person.tell()
    server.kill()
    server.start()
    wait_for("the second push", lambda: len(person.named("push.handedOver")) == 2, 30)
    for token in tokens:
        told = [push["data"]["notification"] for push in person.pushed(token)]
        assert told == [first, second]


# One device


def test_a_new_device_closes_the_old_one_where_the_tenant_says_so(own_sala):
    server = own_sala()
    server.stop()
    keys = server.data / "keys.json"
    tenants = json.loads(keys.read_text())
    tenants["jeco"]["singleDevice"] = True
    keys.write_text(json.dumps(tenants))
    server.start()
    person = Person(server)

    def come(device=None):
        socket = Device(server, hello=False)
        frame = {"type": "hello", "token": person.token}
        socket.send({**frame, "device": device} if device else frame)
        socket.wait(type="welcome")
        return socket

    first, again = come("phone-1"), come("phone-1")
    again.settle()
    first.settle()
    with come("phone-2") as second:
        for old in (first, again):
            assert old.closed() == 4503
            assert [frame["detail"] for frame in old.frames if frame["type"] == "fault"] == [
                "the subject has come with another device"]
        with come() as third:
            assert second.closed() == 4503
            third.settle()
            with Device(server, server.mint(tenant="trusttrade")) as one, Device(server, server.mint()) as other:
                one.settle(), other.settle(), third.settle()
    with Device(server, server.mint(), hello=False) as bad:
        bad.send({"type": "hello", "token": person.token, "device": "a b"})
        assert bad.wait(type="fault")["code"] == 2200


# TrustTrade's façade


def test_the_list_of_notifications(consumer):
    status, answer = consumer.ask("GET", "/notifications", "trade.notifications")
    assert status == 200 and answer["data"] == [] and answer["meta"]["unreadCount"] == 0
    ids = [consumer.tell("booking", {"th": f"ข่าว {n}", "en": f"News {n}"}, data={"n": n}) for n in range(5)]
    consumer.tell("payment")
    status, answer = consumer.ask("GET", "/notifications?page=2&limit=2", "trade.notifications")
    assert status == 200
    assert [row["id"] for row in answer["data"]] == [ids[3], ids[2]]
    assert answer["data"][0]["title"] == "News 3" and answer["data"][0]["data"] == {"n": 3}
    assert not answer["data"][0]["isRead"] and answer["data"][0]["readAt"] is None
    assert answer["pagination"] == {
        "page": 2, "limit": 2, "total": 6, "totalPages": 3, "hasNext": True, "hasPrev": True}
    assert answer["meta"]["unreadCount"] == 6
    _, thai = consumer.ask("GET", "/v1/notifications?limit=1&type=booking", "trade.notifications", **{"Accept-Language": "th"})
    assert thai["data"][0]["title"] == "ข่าว 4" and thai["pagination"]["total"] == 5
    _, beyond = consumer.ask("GET", "/notifications?page=9", "trade.notifications")
    assert beyond["data"] == [] and beyond["pagination"]["total"] == 6


def test_reading_and_deleting(consumer):
    first, second = consumer.tell("review"), consumer.tell("system")
    status, answer = consumer.ask("PUT", f"/notifications/{first}/read", "trade.notification")
    assert status == 200 and answer["data"]["isRead"] and answer["data"]["readAt"]
    again = consumer.ask("PUT", f"/notifications/{first}/read", "trade.notification")[1]
    assert again["data"]["readAt"] == answer["data"]["readAt"]
    _, unread = consumer.ask("GET", "/notifications?isRead=false", "trade.notifications")
    assert [row["id"] for row in unread["data"]] == [second]
    assert consumer.ask("GET", "/notifications/unread-count", "trade.notification-count")[1]["data"] == {"unreadCount": 1}
    status, answer = consumer.ask("PUT", "/notifications/read-all", "trade.notification-count")
    assert status == 200 and answer["data"] == {"updated": 1, "unreadCount": 0}
    status, answer = consumer.ask("DELETE", f"/notifications/{first}", "trade.notification-deleted")
    assert status == 200 and answer["data"] == {"id": first, "deleted": True, "unreadCount": 0}
    for method, path in (("PUT", f"/notifications/{first}/read"), ("DELETE", f"/notifications/{first}")):
        status, answer = consumer.ask(method, path)
        assert status == 404 and answer["error"]["code"] == "NOT_FOUND", answer


def test_what_is_refused(sala, consumer):
    for query, field in (("page=0", "page"), ("limit=5000", "limit"), ("type=gossip", "type"), ("isRead=maybe", "isRead")):
        status, answer = consumer.ask("GET", f"/notifications?{query}")
        assert status == 400 and answer["error"]["code"] == "VALIDATION_ERROR"
        assert [detail["field"] for detail in answer["error"]["details"]] == [field]
    other = consumer.ask("GET", "/notifications?userId=somebody")
    assert other[0] == 403 and other[1]["error"]["code"] == "FORBIDDEN"
    assert consumer.ask("GET", "/notifications", token=sala.mint())[0] == 403
    assert consumer.ask("GET", "/notifications", token="x.y.z")[0] == 401
    status, answer = consumer.ask("PUT", "/notifications/read-all", "trade.notification-count")
    assert status == 200 and answer["data"] == {"updated": 0, "unreadCount": 0}
    assert consumer.ask("DELETE", "/notifications/n_none")[0] == 404


def test_the_platforms_own_name_whose(consumer):
    consumer.tell("loan")
    status, answer = consumer.ask("GET", "/notifications", token=consumer.service)
    assert status == 400 and answer["error"]["details"][0]["field"] == "userId"
    path = f"?userId={consumer.subject}"
    _, answer = consumer.ask("GET", f"/notifications{path}", "trade.notifications", consumer.service)
    assert answer["meta"]["unreadCount"] == 1
    status, answer = consumer.ask("PUT", f"/notifications/read-all{path}", "trade.notification-count", consumer.service)
    assert status == 200 and answer["data"]["updated"] == 1
