"""The pages of an order on the move, /demo/track/{id} and /demo/ride/{id}, in headless Chromium.

First the pages alone: a script in the tab plays the server, frame by frame, so that every state of an order can be looked at.
Then both against a running `sala dev`: a rider rides, a customer watches.
"""

import json
import math

import pytest
from browser import COLLECT_VIOLATIONS, POLICY, TOO_WIDE, Tab
from browser import tabs as opened_tabs
from conftest import ROOT, request
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
    ({"seconds": 60, "low": 30, "high": 110, "distance": 90}, "อีกไม่เกิน 2 นาที", "Less than 2 min"),
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
    page.tell(moving(position=now, near=True, arrived=True))
    page.wait_text("#when", "ไรเดอร์มาถึงแล้ว")
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
