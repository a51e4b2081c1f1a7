"""The pages of an order on the move, /demo/track/{id} and /demo/ride/{id}, in headless Chromium.

First the pages alone: a script in the tab plays the server, frame by frame, so that every state of an order can be looked at.
Then both against a running `sala dev`: a rider rides, a customer watches.
"""

import base64
import json
import math
from datetime import datetime, timedelta, timezone

import pytest
from browser import COLLECT_VIOLATIONS, POLICY, TOO_WIDE, Tab
from browser import tabs as opened_tabs
from conftest import ROOT, request, unique
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

TENANT = "baanfoodie"
HERE = {"lat": 13.7456, "lng": 100.5347}
THERE = {"lat": 13.7243, "lng": 100.53352, "address": "ถนนคอนแวนต์ สีลม"}
LABELS = {
    "PENDING": {"th": "รอยืนยัน", "en": "Pending"}, "PREPARE": {"th": "กำลังเตรียม", "en": "Preparing"},
    "DELIVERY": {"th": "กำลังจัดส่ง", "en": "On its way"}, "COMPLETED": {"th": "สำเร็จ", "en": "Completed"},
    "REJECTED": {"th": "ยกเลิก", "en": "Cancelled"},
}
STEPS = ["PENDING", "PREPARE", "DELIVERY", "COMPLETED"]

# The server, played by the page's own tab: `server.send(frame)` to the page, `server.heard` from it.
PLAYED_SERVER = """
    window.server = {
        heard: [], socket: null, snapshot: window.name ? JSON.parse(window.name) : null, offset: 0,
        send(frame) { this.socket.onmessage({ data: JSON.stringify({ session: location.pathname.includes('/ride/')
            ? 'order/' + location.pathname.slice(11) : 'order/' + location.pathname.slice(12), ...frame }) }); },
        tell(state) {
            if (state) this.snapshot = state;
            this.offset += 1;
            this.send({ type: 'event', offset: this.offset, name: 'status.changed', at: new Date().toISOString(), data: {} });
        },
        subscribed(id) {
            this.send({ type: 'subscribed', id, outcome: 'snapshot', epoch: 'e', offset: this.offset });
            this.send({ type: 'snapshot', epoch: 'e', offset: this.offset, state: this.snapshot });
        },
        take(frame) {
            this.heard.push(frame);
            if (frame.type === 'hello') {
                this.send({ type: 'welcome', subject: 'u_1', tenant: 't', time: new Date().toISOString(), heartbeatSeconds: 25 });
                for (const each of frame.subscribe ?? []) this.subscribed(each.id);
            }
            if (frame.type === 'subscribe') this.subscribed(frame.id);
            if (frame.type === 'ping') this.send({ type: 'pong', n: frame.n });
            if (frame.type === 'command' && this.answer) this.send({ ...this.answer(frame), id: frame.id });
        },
    };
    window.WebSocket = class {
        static OPEN = 1;
        readyState = 0;
        constructor() {
            setTimeout(() => {
                if (window.away) return this.onclose?.({ code: 1006 });
                this.readyState = 1;
                window.server.socket = this;
                this.onopen?.();
            });
        }
        send(text) { const frame = JSON.parse(text); setTimeout(() => window.server.take(frame)); }
        close() { this.readyState = 3; window.server.closed = true; }
    };
    const whole = window.fetch;
    window.fetch = (address, options) => {
        const answer = (status, body) => Promise.resolve(new Response(JSON.stringify(body), { status }));
        if (window.away) return Promise.reject(new TypeError('no network'));
        if (String(address).endsWith('/token') && options?.method === 'POST') return answer(201, { token: 'a.b.c' });
        if (String(address).endsWith('/demo/token')) return answer(200, { token: 'a.b.c' });
        if (String(address).includes('/demo/shop')) return answer(404, {});
        return whole(address, options);
    };
"""

# Sockets that a test can cut and keep from coming back.
CUT_NETWORK = """
    window.sockets = [];
    window.frames_in = [];
    window.WebSocket = class extends WebSocket {
        constructor(...facts) {
            super(...facts);
            window.sockets.push(this);
            this.addEventListener('message', ({ data }) => window.frames_in.push(JSON.parse(data)));
            if (window.away) this.close();
        }
    };
"""

NAMELESS = """
    return [...document.querySelectorAll('button, input, select, textarea, a')].filter((element) =>
        element.closest('[hidden]') === null && !element.ariaLabel && !element.textContent.trim() && !element.title
        && (element.labels?.length ?? 0) === 0).map((element) => element.outerHTML);
"""

# What stands out of the page; a map is cut at its box.
OUTSIDE = TOO_WIDE.replace("'#products-items, .unseen, .skip'", "'.leaflet-container, .unseen, .skip'")

PIN = "const pin = document.querySelector(`.pin[data-id=\"${arguments[0]}\"]`); return pin && { ...pin.dataset, title: pin.title }"


class Page(Tab):
    """One tab with one of the two pages in it."""

    prelude = COLLECT_VIOLATIONS + CUT_NETWORK

    def shows(self, element):
        return self.script("return document.getElementById(arguments[0]).closest('[hidden]') === null", element)

    def wait_shows(self, element):
        self.wait(element, lambda: self.shows(element))

    def wait_text(self, selector, text):
        self.wait(f"{text} in {selector}", lambda: text in self.text(selector))

    @property
    def problem(self):
        return self.script("const box = document.getElementById('problem'); return box.hidden ? null : box.dataset.key")

    @property
    def status(self):
        return self.script("return document.getElementById('sheet').dataset.status ?? null")

    def wait_status(self, status):
        self.wait(f"status {status}", lambda: self.status == status)

    def pin(self, name):
        """A marker on the map: its place, and what it is called; None when it is not there."""
        return self.script(PIN, name)

    def place(self, name="rider"):
        pin = self.pin(name)
        return pin and {"lat": float(pin["lat"]), "lng": float(pin["lng"])}

    def speak(self, language):
        if self.language != language:
            self.click("#language")
            self.wait("the language", lambda: self.language == language)

    def fact(self, name):
        return self.script("""
            const term = [...document.querySelectorAll('.facts dt')].find((each) =>
                each.textContent === arguments[0] && each.closest('[hidden]') === null);
            return term?.nextElementSibling.textContent ?? null;
        """, name)

    def check_widths(self, language):
        self.speak(language)
        with self.front() as browser:
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride", {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True})
        assert self.script("return document.documentElement.scrollWidth") <= 320
        assert self.script(OUTSIDE) == []
        assert self.script(NAMELESS) == []
        assert self.script("return /undefined|null|NaN/.test(document.body.innerText)") is False


class PlayedPage(Page):
    """A page whose server is played by the test."""

    prelude = COLLECT_VIOLATIONS + PLAYED_SERVER

    def tell(self, state):
        """Something has happened: the page asks what is true now."""
        self.script("window.server.tell(arguments[0])", state)

    def value(self, name, data, age=0):
        """`age`: how long ago it was true, in seconds."""
        self.script("""
            const [name, data, age] = arguments;
            window.server.send({ type: 'value', name, data, asOf: new Date(Date.now() - age * 1000).toISOString() });
        """, name, data, age)

    def heard(self, kind):
        return self.script("return window.server.heard.filter((frame) => frame.type === arguments[0])", kind)


def order(status="DELIVERY", **facts):
    """A state as snapshots have it."""
    reached = STEPS.index(status) if status in STEPS else 0
    steps = [
        {"status": each, "label": LABELS[each], **({"at": f"2020-11-21T10:0{index}:00+07:00"} if index <= reached else {})}
        for index, each in enumerate(STEPS)]
    return {
        "id": "o1", "lifecycle": "baanfoodie", "status": status, "display": {"status": status, "label": LABELS[status]},
        "terminal": status in ("COMPLETED", "REJECTED"), "customer": "u_1", "number": "ORD-441",
        "createdAt": "2020-11-21T10:00:00+07:00", "updatedAt": "2020-11-21T10:05:00+07:00",
        "branch": {"id": "12", "name": "ครัวศาลา สยาม", **HERE}, "destination": THERE,
        "history": [{"status": status, "at": "2020-11-21T10:05:00+07:00", "by": "staff"}], "steps": steps, "actions": [],
        "cancellable": False, "tracking": {"open": False}, **facts}


RIDER = {"name": "สมชาย", "phone": "08x-xxx-5678", "vehicle": "1กข 1234"}


def moving(**tracking):
    return order(rider=RIDER, tracking={"open": True, **tracking})


@pytest.fixture
def play(sala, chromium):
    """Opens a page whose server is played, with an order in the state that is given."""
    with opened_tabs(chromium) as tabs:
        def open_one(state, page="track", language="th"):
            # The tab begins with a page of ours that does nothing: there its name is set, which outlives what comes next.
            tab = PlayedPage(chromium, f"{sala.http}/demo/{page}/files/base.css")
            tabs.append(tab)
            tab.script("window.name = arguments[0]", json.dumps(state))
            with tab.front() as browser:
                browser.get(f"{sala.http}/demo/{page}/o1?ticket=t")
            tab.wait("the order", lambda: tab.shows("sheet") and tab.state == "online")
            tab.speak(language)
            return tab

        yield open_one


def metres(a, b):
    x = math.radians(b["lng"] - a["lng"]) * math.cos(math.radians((a["lat"] + b["lat"]) / 2))
    return 6_371_008.8 * math.hypot(x, math.radians(b["lat"] - a["lat"]))


# The page of who waits


def test_an_order_without_a_rider_says_so_and_shows_what_is_known(play):
    page = play(order("PENDING", payment={"id": "981", "status": "accepted"}))
    assert page.text("#status") == "รอยืนยัน" and page.text("#when") == "ยังไม่มีไรเดอร์รับงานนี้"
    assert not page.shows("rider") and page.fact("การชำระเงิน") == "ชำระแล้ว"
    assert page.fact("เลขที่คำสั่งซื้อ") == "ORD-441" and page.fact("ส่งที่") == THERE["address"]
    page.wait("the places", lambda: page.pin("branch") and page.pin("destination"))
    assert page.pin("branch")["title"] == "ร้าน ครัวศาลา สยาม" and page.pin("rider") is None
    assert page.script("return document.querySelectorAll('.leaflet-overlay-pane .street').length") > 20
    hello = page.heard("hello")[0]
    assert hello["subscribe"][0]["mode"] == "latest" and hello["subscribe"][0]["maxHz"] == 2
    assert page.script("return location.search") == "", "the ticket is gone"
    page.tell(order("PREPARE", rider=RIDER))
    page.wait_text("#when", "ไรเดอร์รับงานแล้ว")
    assert page.text("#rider-name") == "สมชาย" and "08x-xxx-5678" in page.text("#rider-about")
    page.tell(moving())
    page.wait_text("#when", "ยังไม่ได้รับตำแหน่ง")
    # Nowhere to draw anything: no empty map.
    page.tell(order("PENDING", branch=None, destination=None))
    page.wait("no map", lambda: not page.shows("map-panel"))


def test_the_timeline_follows_the_status(play):
    page = play(order("PREPARE"), language="en")
    states = "return [...document.querySelectorAll('#steps li')].map((item) => [item.dataset.step, item.dataset.state])"
    assert page.script(states) == [["PENDING", "past"], ["PREPARE", "now"], ["DELIVERY", "next"], ["COMPLETED", "next"]]
    assert page.text("#steps li:first-child .label") == "Pending" and ":" in page.text("#steps li:first-child .fine")
    page.tell(order("COMPLETED"))
    page.wait_status("COMPLETED")
    assert [state for _, state in page.script(states)] == ["past"] * 4
    assert page.script("return document.getElementById('head').dataset.ending") == "good"
    page.tell(order("REJECTED", history=[{"status": "REJECTED", "at": "2020-11-21T10:05:00+07:00", "by": "staff", "note": "sold out"}]))
    page.wait_status("REJECTED")
    assert page.script("return document.getElementById('head').dataset.ending") == "bad"
    assert "sold out" in page.text("#when") and page.text("#announcer") == "Status: Cancelled"


def test_the_marker_glides_behind_what_is_known_and_turns(play):
    page = play(moving(position={**HERE, "heading": 90, "asOf": "2020-11-21T10:00:00+07:00", "stale": False}))
    page.wait("the rider", lambda: page.pin("rider"))
    # Old as it is, it is shown as that.
    page.wait("that it is old", lambda: page.pin("rider")["faded"] == "true" and page.shows("seen"))
    first, second = dict(HERE), {"lat": 13.7456, "lng": 100.5357}
    page.value("position", {**first, "heading": 90, "speed": 6}, age=2)
    page.wait("that it is not any more", lambda: page.pin("rider")["faded"] == "false" and not page.shows("seen"))
    page.script("""
        window.seen = [];
        const pin = document.querySelector('.pin[data-id="rider"]');
        new MutationObserver(() => window.seen.push(Number(pin.dataset.lng))).observe(pin, { attributeFilter: ['data-lng'] });
    """)
    page.value("position", {**second, "heading": 45, "speed": 6})
    page.wait("the marker", lambda: page.place() == second)
    seen = page.script("return window.seen")
    assert len(seen) > 5 and seen == sorted(seen), "step by step, and never back"
    assert all(first["lng"] <= each <= second["lng"] for each in seen), "never ahead of what is known"
    heading = "return document.querySelector('.pin[data-id=\"rider\"]').style.getPropertyValue('--heading')"
    assert page.script(heading) == "45deg"
    # Who has been somewhere else is there, without a flight across the town.
    page.script("window.seen = []")
    page.value("position", {"lat": 13.72, "lng": 100.53})
    page.wait("the marker", lambda: page.place() == {"lat": 13.72, "lng": 100.53})
    assert set(page.script("return window.seen")) == {100.53}
    # An older report, and the same one again, change nothing.
    page.value("position", {"lat": 13.73, "lng": 100.54}, age=60)
    page.value("position", {"lat": 13.7201, "lng": 100.5301})
    page.wait("the marker", lambda: page.place() == {"lat": 13.7201, "lng": 100.5301})


@pytest.mark.parametrize("eta, thai, english", [
    ({"seconds": 300, "low": 240, "high": 420, "distance": 1240}, "อีกประมาณ 4–7 นาที", "About 4–7 more minutes"),
    ({"seconds": 200, "low": 180, "high": 180, "distance": 900}, "อีกประมาณ 3 นาที", "About 3 more minutes"),
    ({"seconds": 60, "low": 15, "high": 110, "distance": 90}, "อีกไม่เกิน 2 นาที", "Less than 2 min"),
])
def test_the_time_that_is_left_is_a_range_in_words(play, eta, thai, english):
    page = play(moving(position={**HERE, "asOf": "2020-11-21T10:00:00+07:00"}))
    page.value("position", HERE)
    arrives = page.script("return new Date(Date.now() + arguments[0] * 1000 + 500).toISOString()", eta["seconds"])
    page.value("eta", {**eta, "arrivesAt": arrives})
    page.wait_text("#when", thai)
    assert page.text("#left").startswith("เหลือระยะทาง ")
    page.speak("en")
    assert page.text("#when") == english
    assert page.text("#left") == ("1.2 km to go" if eta["distance"] > 1000 else f"{round(eta['distance'] / 10) * 10} m to go")


def test_near_and_arrived_and_over(play):
    now = {**HERE, "asOf": "2099-11-21T10:00:00+07:00"}
    page = play(moving(position=now, near=True))
    page.wait_text("#when", "ไรเดอร์ใกล้ถึงแล้ว")
    page.wait("the rider", lambda: page.pin("rider"))
    # With the arrival the rider's place is nobody's business any more.
    page.tell(order(rider=RIDER, tracking={"open": False, "near": True, "arrived": True}))
    page.wait_text("#when", "ไรเดอร์มาถึงแล้ว")
    page.wait("the rider's leaving", lambda: page.pin("rider") is None)
    page.tell(moving(position=now))
    page.wait("the rider", lambda: page.pin("rider"))
    page.tell(order("COMPLETED", rider=RIDER))
    page.wait("the rider's leaving", lambda: page.status == "COMPLETED" and page.pin("rider") is None)
    assert not page.shows("rider") and page.text("#when").startswith("เสร็จสิ้นเมื่อ")
    # What was on its way when it ended is not drawn.
    page.value("position", HERE)
    page.tell(order("COMPLETED", rider=RIDER, number="LAST"))
    page.wait("the next snapshot", lambda: page.fact("เลขที่คำสั่งซื้อ") == "LAST")
    assert page.pin("rider") is None


def test_who_was_not_heard_of_is_last_seen(play):
    page = play(moving(position={**HERE, "asOf": "2020-11-21T10:00:00+07:00"}, eta={"seconds": 60, "low": 60, "high": 60}))
    page.value("position", {**HERE, "stale": True}, age=45)
    page.wait_text("#seen", "เห็นล่าสุดเมื่อ 45 วินาทีที่แล้ว")
    page.wait_text("#seen", "46 วินาที")
    page.speak("en")
    page.wait_text("#seen", "Last seen 4")
    assert page.text("#when") == "The rider is coming", "no time is promised on an old place"


def test_cancelling_asks_first_and_says_how_it_went(play):
    page = play(order("PENDING", cancellable=True), language="en")
    page.script("""window.server.answer = () =>
        ({ type: 'fault', code: 2401, name: 'command.rejected', detail: 'the kitchen has begun', retryable: false })""")
    page.click("#cancel-open")
    page.wait_shows("cancel-ask")
    assert page.script("return document.activeElement.id") == "cancel-no" and page.heard("command") == []
    page.click("#cancel-no")
    page.wait("the question's end", lambda: not page.shows("cancel-ask"))
    page.click("#cancel-open")
    page.click("#cancel-yes")
    page.wait_text("#cancel-fault", "too late")
    command = page.heard("command")[0]
    assert command["name"] == "order.cancel" and command["data"] == {"reason": "I changed my mind"} and command["key"]
    page.script("window.server.answer = () => ({ type: 'ok', offset: 2, data: {} })")
    page.click("#cancel-open")
    page.click("#cancel-yes")
    page.wait("the answer", lambda: not page.shows("cancel-ask") and not page.shows("cancel-fault"))
    page.tell(order("REJECTED"))
    page.wait("the end", lambda: not page.shows("cancel"))


def test_several_events_at_once_lead_to_the_newest_state(play):
    page = play(order("PENDING"))
    page.script("""
        for (const state of arguments[0]) window.server.tell(state);
    """, [order("PREPARE"), moving(), order("COMPLETED")])
    page.wait_status("COMPLETED")


def test_a_map_that_was_moved_stays_until_it_is_asked_back(play):
    page = play(moving(position={**HERE, "asOf": "2099-11-21T10:00:00+07:00"}))
    page.wait("the rider", lambda: page.pin("rider"))
    assert not page.shows("centre")
    with page.front() as browser:
        # By its middle, where no marker is in the way.
        ActionChains(browser).drag_and_drop_by_offset(browser.find_element(By.ID, "map"), 60, 30).perform()
    page.value("position", HERE)
    page.wait_shows("centre")
    page.click("#centre")
    page.wait("the button's leaving", lambda: not page.shows("centre"))


@pytest.mark.parametrize("language", ["th", "en"])
def test_nothing_is_wider_than_the_smallest_phone(play, language):
    long = {"number": "ORD-" + "9" * 40, "branch": {"name": "ร้านชื่อยาวมาก " * 6, **HERE},
            "destination": {**THERE, "address": "ถนนคอนแวนต์ " * 12}, "cancellable": True, "payment": {"id": "1", "status": "pending"}}
    position = {**HERE, "asOf": "2020-11-21T10:00:00+07:00"}
    page = play({**moving(position=position), **long, "rider": {**RIDER, "name": "สมชาย " * 10}}, language=language)
    page.wait("the rider", lambda: page.pin("rider"))
    page.click("#cancel-open")
    page.wait_shows("cancel-ask")
    page.check_widths(language)
    page = play({**moving(position=position), **long, "actions": [{"to": "COMPLETED", "label": LABELS["COMPLETED"]}]}, "ride", language)
    page.wait("the rider", lambda: page.pin("rider"))
    page.check_widths(language)


@pytest.mark.parametrize("name", ["track", "ride"])
def test_every_word_is_there_in_both_languages(play, name):
    page = play(order(), name)
    for _ in range(2):
        missing = page.script("""
            return [...document.querySelectorAll('[data-text], [data-label]')].filter((element) =>
                !(element.dataset.text ? element.textContent : element.ariaLabel)).map((element) => element.outerHTML);
        """)
        assert missing == []
        page.click("#language")
    unequal = page.script("""
        const { text } = await import(`/demo/${arguments[0]}/files/strings.js`);
        const source = await (await fetch(`/demo/${arguments[0]}/files/strings.js`)).text();
        const keys = [...new Set([...source.matchAll(/^    '([^']+)':/gm)].map((match) => match[1]))];
        return keys.filter((key) => text('th', key) === null || text('en', key) === null);
    """, name)
    assert unequal == []


# The rider's page


def test_reports_are_as_often_as_the_server_asks(play):
    page = play(moving(), "ride")
    page.value("pace", {"everySeconds": 2})
    page.wait("the pace", lambda: page.fact("เซิร์ฟเวอร์ขอทุก") == "2 วินาที")
    page.click("#play")
    page.wait("two reports", lambda: len(page.heard("signal")) >= 2)
    first, second = page.heard("signal")[:2]
    assert first["name"] == "position.report" and 1 <= len(second["data"]["points"]) <= 3
    point = second["data"]["points"][-1]
    assert set(point) == {"lat", "lng", "heading", "speed", "accuracy", "at"}
    assert metres(point, HERE) < 100
    # Once nobody looks, it is told now and then; what was noted down meanwhile comes along.
    page.value("pace", {"everySeconds": 60})
    page.wait("places that wait", lambda: int(page.script("return document.getElementById('figures').dataset.waiting")) >= 3)
    assert page.heard("command") == []


def test_what_was_noted_down_without_a_network_comes_in_batches_afterwards(play):
    page = play(moving(), "ride")
    page.value("pace", {"everySeconds": 60})
    page.script("""window.server.answer = ({ data }) => ({ type: 'ok',
        data: { accepted: data.points.length - 1, dropped: 1, everySeconds: 7 } })""")
    page.click("#play")
    page.click("#network")
    page.wait("that it is closed", lambda: page.script("return window.server.closed === true") and page.state == "idle")
    # An hour of places, at once.
    page.script("const now = Date.now(); let passed = 0; Date.now = () => now + (passed += 500);")
    page.wait("places that wait", lambda: int(page.script("return document.getElementById('figures').dataset.waiting")) >= 3)
    before = int(page.script("return document.getElementById('figures').dataset.waiting"))
    page.click("#network")
    page.wait("the batch", lambda: len(page.heard("command")) >= 1)
    page.wait("the answer", lambda: page.fact("เซิร์ฟเวอร์ขอทุก") == "7 วินาที")
    command = page.heard("command")[0]
    assert command["name"] == "position.report" and len(command["data"]["points"]) >= before and command["key"]
    times = [point["at"] for point in command["data"]["points"]]
    assert times == sorted(times) and len(set(times)) == len(times)
    assert page.fact("ชุดย้อนหลัง: รับ") == str(len(times) - 1) and page.fact("ชุดย้อนหลัง: ทิ้ง") == "1"


def test_what_a_phone_keeps_and_sends(play):
    """The reporter by itself: batches of 256 at most, an hour at most, nothing twice, and nothing lost while there is no place."""
    page = play(order(), "ride")
    assert page.script("""
        const { Reporter } = await import('/demo/ride/files/reporter.js');
        const reporter = new Reporter();
        const sent = [];
        let places = 2;
        const command = (points) => (places-- > 0 ? (sent.push(points), `k${sent.length}`) : null);
        const never = () => { throw new Error('a gap is no signal'); };
        for (let n = 0; n < 600; n += 1) reporter.add(n);
        reporter.interrupt();
        reporter.send(0, never, command);
        const first = [sent.map((each) => each.length), reporter.waiting];
        places = 9;
        reporter.send(0, never, command);
        reporter.settle('k1', { accepted: 250, dropped: 6, everySeconds: 3 }, null);
        reporter.settle('k1', { accepted: 250, dropped: 6 }, null);
        const all = sent.flat();
        const signals = [];
        reporter.add(600);
        reporter.send(1_000, (points) => signals.push(points), never);
        reporter.send(3_000, () => false, never);
        reporter.send(3_000, (points) => signals.push(points), never);
        for (let n = 0; n < 5_000; n += 1) reporter.add(n);
        return JSON.stringify([first, sent.map((each) => each.length), all.every((each, n) => each === n), reporter.accepted,
            reporter.dropped, reporter.pace, signals, reporter.waiting]);
    """) == json.dumps([[[256, 256], 600], [256, 256, 88], True, 250, 6, 3, [[600]], 3600 + 256 + 88], separators=(",", ":")).replace(
        "True", "true")


def test_the_riders_buttons_are_what_the_server_allows(play):
    page = play({**moving(), "actions": [{"to": "COMPLETED", "label": LABELS["COMPLETED"]}]}, "ride", "en")
    page.script("window.server.answer = () => ({ type: 'ok', offset: 9, data: {} })")
    page.click("#actions button")
    page.wait("the command", lambda: page.heard("command"))
    assert page.heard("command")[0]["name"] == "status.advance" and page.heard("command")[0]["data"] == {"to": "COMPLETED"}
    page.tell({**order("COMPLETED"), "actions": []})
    page.wait_text("#what", "over")
    assert page.script("return document.getElementById('actions').children.length") == 0
    # Nothing is told of an order that is over.
    page.click("#play")
    page.wait("the ride", lambda: page.fact("Time on the way") not in (None, "0:00 / 28:03"))
    assert page.heard("signal") == []


def test_the_ride_is_on_the_streets_and_slow_enough_for_sixteen_times(sala):
    _, _, text = request("GET", f"{sala.http}/demo/ride/files/route.json")
    route = json.loads(text)
    _, _, text = request("GET", f"{sala.http}/demo/ride/files/streets.json")
    streets = json.loads(text)
    assert len(text.encode()) < 60_000 and len(route["points"]) > 300
    lines = [feature["geometry"]["coordinates"] for feature in streets["features"] if feature["geometry"]["type"] == "LineString"]
    segments = [(a, b) for line in lines for a, b in zip(line, line[1:])]

    def beside(lat, lng):
        scale = math.cos(math.radians(lat))
        flat = lambda point: ((point[0] - lng) * 111_195 * scale, (point[1] - lat) * 111_195)
        def off(a, b):
            (ax, ay), (bx, by) = flat(a), flat(b)
            part = max(0, min(1, -(ax * (bx - ax) + ay * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)))
            return math.hypot(ax + part * (bx - ax), ay + part * (by - ay))
        return min(off(a, b) for a, b in segments)

    assert max(beside(lat, lng) for _, lat, lng, *_ in route["points"]) < 25
    for (t1, lat1, lng1, *_), (t2, lat2, lng2, *_) in zip(route["points"], route["points"][1:]):
        # 200 km/h is what the server believes.
        assert t2 > t1 and metres({"lat": lat1, "lng": lng1}, {"lat": lat2, "lng": lng2}) / (t2 - t1) * 16 < 55
    end = dict(zip(("lat", "lng"), route["points"][-1][1:3]))
    assert metres(end, route["destination"]) < 50


# What is served


@pytest.mark.parametrize("name", ["track", "ride"])
def test_the_page_forbids_what_it_does_not_need(sala, name):
    for path in (f"/demo/{name}/", f"/demo/{name}/441", f"/demo/{name}/files/{name}.js", "/demo/assets/leaflet/leaflet.css"):
        status, headers, _ = request("GET", sala.http + path)
        assert status == 200, path
        assert headers["Content-Security-Policy"].rstrip("; ") == POLICY
    assert request("GET", f"{sala.http}/demo/{name}/files/nothing.js")[0] == 404
    assert not list(ROOT.glob("Sources/**/leaflet*")), "it is Debian's, not ours"


def test_without_leaflet_the_page_says_so_and_goes_on(own_sala, chromium, tmp_path):
    server = own_sala(SALA_LEAFLET_DIR=str(tmp_path))
    assert request("GET", server.http + "/demo/assets/leaflet/leaflet.min.js")[0] == 404
    with opened_tabs(chromium) as tabs:
        for name in ("track", "ride"):
            tab = PlayedPage(chromium, f"{server.http}/demo/{name}/files/base.css")
            tabs.append(tab)
            tab.script("window.name = arguments[0]", json.dumps(order("PREPARE")))
            with tab.front() as browser:
                browser.get(f"{server.http}/demo/{name}/o1?ticket=t")
            tab.wait("the order", lambda: tab.shows("sheet"))
            tab.speak("th")
            tab.wait_text("#map-note", "libjs-leaflet")
            assert tab.text("#status") == "กำลังเตรียม" and not tab.shows("map")
        assert tabs[0].script("return document.querySelectorAll('#steps li').length") == 4


def test_tiles_come_from_where_they_are_set_up(own_sala, chromium):
    """No tile server is there: what counts is where the browser asks, and that the policy lets it."""
    server = own_sala(SALA_MAP_TILES="https://localhost:1/{z}/{x}/{y}.png")
    with opened_tabs(chromium) as tabs:
        tab = PlayedPage(chromium, f"{server.http}/demo/track/files/base.css")
        tabs.append(tab)
        tab.script("window.name = arguments[0]", json.dumps(order("PREPARE")))
        with tab.front() as browser:
            browser.get(f"{server.http}/demo/track/o1?ticket=t")
        tab.wait("tiles", lambda: tab.script("return performance.getEntriesByType('resource').some(({ name }) => "
                                             "/^https:..localhost:1.1[0-9].[0-9]+.[0-9]+.png$/.test(name))"))
        assert tab.text(".leaflet-control-attribution").endswith("localhost:1")


# Both pages, and the server


class Kitchen:
    """The platform's side: its back end makes orders, and its staff sends them on their way."""

    def __init__(self, sala):
        self.sala = sala
        self.token = sala.token(TENANT, "service")

    def ask(self, method, path, body=None, token=None):
        status, _, text = request(method, self.sala.http + path, body, token or self.token)
        assert 200 <= status < 300, (path, status, text)
        return json.loads(text)

    def order(self, **facts):
        name = unique("o")[:20]
        self.ask("PUT", f"/v1/sessions/order/{name}", {
            "customer": "u_1", "lifecycle": "baanfoodie", "number": "ORD-441",
            "branch": {"id": "12", "name": "ครัวศาลา สยาม", **HERE}, "destination": THERE, **facts})
        return name

    def underway(self, **facts):
        """An order that the rider has."""
        name = self.order(**facts)
        self.command(name, "rider.assign", {"rider": {"id": "r_1", "name": "สมชาย", "phone": "081-234-5678", "vehicle": "1กข 1234"}})
        for status in ("PREPARE", "DELIVERY"):
            self.command(name, "status.advance", {"to": status})
        return name

    def command(self, name, command, data, token=None):
        return self.ask("POST", f"/v1/sessions/order/{name}/commands", {"name": command, "data": data}, token)

    def report(self, name, place, age=0):
        at = datetime.now(timezone.utc) - timedelta(seconds=age)
        point = {"lat": place["lat"], "lng": place["lng"], "accuracy": 5, "at": at.isoformat()}
        return self.command(name, "position.report", {"points": [point]}, self.sala.token(TENANT, "rider"))

    def snapshot(self, name, token=None):
        return self.ask("GET", f"/v1/sessions/order/{name}", token=token)["state"]

    def ticket(self, token=None):
        return self.ask("POST", "/v1/tickets", token=token)["ticket"]

    def link(self, name, token=None):
        return f"{self.sala.http}/demo/track/{name}?ticket={self.ticket(token)}"

    def trade(self, name, ticket):
        status, _, text = request("POST", f"{self.sala.http}/demo/track/{name}/token", {"ticket": ticket})
        return status, json.loads(text)


@pytest.fixture
def kitchen(sala):
    return Kitchen(sala)


@pytest.fixture
def page_at(chromium):
    """Opens an address in a tab of its own."""
    with opened_tabs(chromium) as tabs:
        def open_one(address):
            tab = Page(chromium, address)
            tabs.append(tab)
            return tab

        yield open_one


@pytest.fixture
def watch(kitchen, page_at):
    def open_one(name, language="th"):
        tab = page_at(kitchen.link(name))
        tab.wait("the order", lambda: tab.shows("sheet") and tab.state == "online")
        tab.speak(language)
        return tab

    return open_one


@pytest.fixture
def ride(sala, page_at):
    def open_one(name, part=0, speed=1, language="th"):
        """`part`: where on the way the rider is, 0…1."""
        tab = page_at(f"{sala.http}/demo/ride/{name}#token={sala.token(TENANT, 'rider')}")
        tab.wait("the order", lambda: tab.shows("sheet") and tab.state == "online")
        tab.speak(language)
        tab.script("""
            const place = document.getElementById('place');
            place.value = String(arguments[0] * 1000);
            place.dispatchEvent(new Event('input'));
            document.querySelector(`#speed input[value="${arguments[1]}"]`).click();
        """, part, speed)
        return tab

    return open_one


def figure(page, name):
    return int(page.script("return document.getElementById('figures').dataset[arguments[0]]", name))


def test_a_rider_rides_and_a_customer_watches_to_the_end(sala, kitchen, watch, ride):
    name = kitchen.underway()
    customer = watch(name)
    assert customer.text("#rider-name") == "สมชาย" and "081" not in customer.text("#rider-about")
    assert customer.pin("rider") is None
    # The last part of the way: far enough for a time, near enough to see the end.
    rider = ride(name, part=0.8, speed=16)
    rider.wait("that somebody looks", lambda: figure(rider, "pace") <= 2)
    rider.click("#play")
    customer.wait("the rider", lambda: customer.pin("rider"))
    first = customer.place()
    customer.wait("a time", lambda: "อีก" in customer.text("#when"))
    customer.wait("that the rider moves", lambda: metres(customer.place(), first) > 50)
    assert "L" in customer.script("return document.querySelector('.leaflet-overlay-pane .way').getAttribute('d')"), "a line behind it"
    customer.wait_text("#when", "ใกล้ถึงแล้ว")
    assert metres(customer.place(), THERE) < 450
    customer.wait_text("#when", "มาถึงแล้ว")
    customer.wait("the rider's leaving", lambda: customer.pin("rider") is None)
    # Nothing was refused on the way: the speed is one that the server believes.
    assert figure(rider, "told") > 5 and not rider.shows("notice")
    rider.click("#actions button[data-to=COMPLETED]")
    customer.wait_status("COMPLETED")
    assert not customer.shows("rider") and customer.pin("rider") is None
    assert customer.script("return document.getElementById('head').dataset.ending") == "good"
    rider.wait_text("#what", "จบแล้ว")
    assert rider.fact("ส่งที่") is None, "where a customer lives is no rider's business any more"
    assert "position" not in kitchen.snapshot(name, sala.token(TENANT, "customer")).get("tracking", {})


def test_a_lost_network_is_caught_up_with(kitchen, watch, ride):
    name = kitchen.underway()
    customer = watch(name)
    rider = ride(name, part=0.2, speed=4)
    rider.click("#play")
    customer.wait("the rider", lambda: customer.pin("rider"))
    rider.click("#network")
    rider.wait("that it is away", lambda: rider.state == "idle")
    # The socket is really closed: nothing of what is noted down now comes through.
    rider.wait("places that wait", lambda: figure(rider, "waiting") >= 4)
    waited = figure(rider, "waiting")
    before = customer.place()
    rider.click("#network")
    rider.wait("the answer", lambda: figure(rider, "accepted") >= waited and figure(rider, "waiting") < waited)
    assert figure(rider, "dropped") == 0
    customer.wait("the rider further on", lambda: metres(customer.place(), before) > 20)
    # What was passed without a network is on the line, too.
    track = kitchen.snapshot(name)["tracking"]["track"]
    assert len(track) >= 2


def test_a_rider_who_is_not_heard_of_is_last_seen(kitchen, watch):
    name = kitchen.underway()
    kitchen.report(name, HERE, age=40)
    customer = watch(name)
    customer.wait("that it is old", lambda: customer.shows("seen") and customer.pin("rider")["faded"] == "true")
    assert "วินาทีที่แล้ว" in customer.text("#seen")
    kitchen.report(name, {"lat": 13.7457, "lng": 100.5349})
    customer.wait("that it is not any more", lambda: not customer.shows("seen") and customer.pin("rider")["faded"] == "false")


def test_a_customer_without_a_network_is_told_and_caught_up(kitchen, watch):
    name = kitchen.underway()
    customer = watch(name)
    kitchen.report(name, HERE)
    customer.wait("the rider", lambda: customer.pin("rider"))
    customer.script("window.away = true; for (const socket of window.sockets) socket.close();")
    customer.wait_shows("banner")
    kitchen.report(name, {"lat": 13.7450, "lng": 100.5380})
    kitchen.command(name, "status.advance", {"to": "COMPLETED"})
    assert customer.status == "DELIVERY"
    customer.script("window.away = false; window.dispatchEvent(new Event('online'));")
    customer.wait_status("COMPLETED")
    assert customer.pin("rider") is None and not customer.shows("banner")


def test_a_server_that_goes_away_is_shown_and_the_ride_goes_on_afterwards(sala, kitchen, watch, ride):
    if not sala.can_crash:
        pytest.skip("attached to a server that is not ours to kill")
    name = kitchen.underway()
    customer = watch(name)
    rider = ride(name, part=0.3, speed=4)
    rider.click("#play")
    customer.wait("the rider", lambda: customer.pin("rider"))
    before = customer.place()
    sala.kill()
    try:
        customer.wait_shows("banner")
        rider.wait("places that wait", lambda: figure(rider, "waiting") >= 2)
    finally:
        sala.start()
    for page in (customer, rider):
        page.wait("the connection", lambda: page.state == "online")
    rider.wait("the gap's answer", lambda: figure(rider, "accepted") >= 2)
    customer.wait("the rider further on", lambda: customer.pin("rider") and metres(customer.place(), before) > 20)
    # The token was signed, not kept: a reload is let in by the new process.
    customer.script("location.reload()")
    customer.wait("the page anew", lambda: customer.shows("sheet") and customer.state == "online")
    assert customer.status == "DELIVERY"


def test_a_ticket_opens_its_own_order_once_and_for_its_customer(sala, kitchen, page_at):
    name, other = kitchen.order(), kitchen.order(customer="u_2")
    link = kitchen.link(name)
    first = page_at(link)
    first.wait("the order", lambda: first.shows("sheet"))
    assert first.script("return location.href") == f"{sala.http}/demo/track/{name}"
    customer = sala.token(TENANT, "customer")
    for address, problem in (
        (link, "used"), (link.split("?")[0], "none"), (kitchen.link("nothing-here"), "unknown"),
        (kitchen.link(other, customer), "forbidden"), (f"{sala.http}/demo/track/", "empty"),
    ):
        page = page_at(address)
        page.wait("words for it", lambda: page.problem == problem)
        page.speak("th")
        assert page.text("#problem-title") and page.text("#problem-text")
    # A rider and a provider see it; not as its customer.
    for role, assigned in (("rider", {}), ("provider", {"provider": "p_1"})):
        mine = kitchen.underway(**assigned)
        assert kitchen.snapshot(mine, sala.token(TENANT, role))["status"] == "DELIVERY"
        status, answer = kitchen.trade(mine, kitchen.ticket(sala.token(TENANT, role)))
        assert (status, answer["code"]) == (403, 2102), role


def test_what_a_links_token_may_do_and_may_not(sala, kitchen):
    name, other = kitchen.order(), kitchen.order()
    for ticket in (kitchen.ticket(), kitchen.ticket(sala.token(TENANT, "customer"))):
        status, answer = kitchen.trade(name, ticket)
        assert status == 201, answer
    token = answer["token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["role"] == "guest" and claims["grants"] == [f"order/{name}:write"]
    assert claims["exp"] - claims["iat"] == 86_400
    assert kitchen.snapshot(name, token)["number"] == "ORD-441"
    assert request("GET", f"{sala.http}/v1/sessions/order/{other}", token=token)[0] == 403
    for command, data in (
        ("status.advance", {"to": "PREPARE"}), ("rider.assign", {"rider": "r_1"}), ("payment.attach", {"payment": "1"}),
        ("position.report", {"points": [{**HERE, "at": "2020-11-21T10:00:00+07:00"}]}),
    ):
        status, _, text = request(
            "POST", f"{sala.http}/v1/sessions/order/{name}/commands", {"name": command, "data": data}, token)
        assert (status, json.loads(text)["code"]) == (403, 2102), command
    status, answer = kitchen.trade(name, kitchen.ticket(token))
    assert (status, answer["code"]) == (403, 2102), "a link makes no further links"
    kitchen.command(name, "order.cancel", {"reason": "changed my mind"}, token)
    # Of what is over there is only to be seen how it ended.
    status, answer = kitchen.trade(name, kitchen.ticket())
    claims = json.loads(base64.urlsafe_b64decode(answer["token"].split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == 3_600


def test_a_customer_cancels_in_time(kitchen, watch):
    name = kitchen.order()
    page = watch(name, "en")
    page.click("#cancel-open")
    page.click("#cancel-yes")
    page.wait_status("REJECTED")
    assert "I changed my mind" in page.text("#when") and not page.shows("cancel")


def test_the_demos_shop(sala, page_at):
    page = page_at(f"{sala.http}/demo/track/")
    page.wait("the box", lambda: page.shows("demo-make"))
    assert page.problem == "empty"
    page.speak("th")
    page.click("#demo-make")
    page.wait("the order", lambda: page.script("return location.pathname.startsWith('/demo/track/demo-')"))
    page.wait_status("PENDING")
    page.click("#demo-actions [data-key=assign]")
    page.wait("the rider's name", lambda: page.text("#rider-name") == "สมชาย")
    page.click("#demo-actions [data-key=PREPARE]")
    page.wait_status("PREPARE")
    page.click("#demo-actions [data-key=DELIVERY]")
    page.wait_status("DELIVERY")
    rider = page_at(page.script("return document.getElementById('demo-ride').href"))
    rider.wait("the order", lambda: rider.shows("sheet"))
    rider.click("#play")
    page.wait("the rider", lambda: page.pin("rider"))
    for each in (page, rider):
        each.check_widths("th")


def test_another_riders_order_is_said_to_be_one(sala, kitchen, page_at):
    name = kitchen.order()
    page = page_at(f"{sala.http}/demo/ride/{name}#token={sala.token(TENANT, 'rider')}")
    page.speak("en")
    page.wait_text("#notice", "not this rider")
    assert page.script("return location.hash") in ("", "#")
    page = page_at(f"{sala.http}/demo/ride/")
    page.wait_text("#notice", "/demo/ride/")
