"""The page of the gold price, /demo/gold/, in headless Chromium.

First the page alone: a script in the tab plays the server, frame by frame, so that every state can be looked at. Then against a running
`sala dev`, whose stand-in for the gold traders announces prices.
"""

import json
from datetime import datetime, timedelta, timezone

import pytest
from browser import COLLECT_VIOLATIONS, POLICY, TOO_WIDE, Tab
from browser import tabs as opened_tabs
from conftest import request

BANGKOK = timezone(timedelta(hours=7))

# The server, played by the page's own tab. The state that it begins with stands in the tab's name; null: there is no such session.
PLAYED_SERVER = """
    window.server = {
        heard: [], socket: null, offset: 0, state: JSON.parse(window.name || 'null'),
        send(frame) { this.socket.onmessage({ data: JSON.stringify({ session: 'feed/gold', ...frame }) }); },
        event(name, data) {
            this.offset += 1;
            this.send({ type: 'event', offset: this.offset, name, at: new Date().toISOString(), data });
        },
        subscribed(frame) {
            if (this.state === null) {
                return this.send({ type: 'fault', id: frame.id, code: this.code ?? 2301, name: 'subscription.noSuchSession', retryable: false });
            }
            this.send({ type: 'subscribed', id: frame.id, outcome: 'snapshot', epoch: 'e', offset: this.offset });
            this.send({ type: 'snapshot', epoch: 'e', offset: this.offset, state: this.state });
        },
        take(frame) {
            this.heard.push(frame);
            if (frame.type === 'hello') {
                this.send({ type: 'welcome', subject: 'u_1', tenant: 't', time: new Date().toISOString(), heartbeatSeconds: 25 });
                for (const each of frame.subscribe ?? []) this.subscribed(each);
            }
            if (frame.type === 'subscribe') this.subscribed(frame);
            if (frame.type === 'ping') this.send({ type: 'pong', n: frame.n });
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
        close() { this.readyState = 3; }
    };
    const whole = window.fetch;
    window.fetch = (address, options) => {
        const answer = (status, body) => Promise.resolve(new Response(JSON.stringify(body), { status }));
        if (window.away) return Promise.reject(new TypeError('no network'));
        if (String(address).endsWith('/demo/gold/token')) return answer(window.tokenless ? 404 : 200, { token: 'a.b.c' });
        if (String(address).includes('/demo/gold/demo/')) return answer(404, {});
        return whole(address, options);
    };
"""

NAMELESS = """
    return [...document.querySelectorAll('button, input, select, textarea, a, svg[role]')].filter((element) =>
        element.closest('[hidden]') === null && !element.ariaLabel && !element.textContent.trim() && !element.title
        && (element.labels?.length ?? 0) === 0).map((element) => element.outerHTML);
"""

CUT_NETWORK = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(...facts) {
            super(...facts);
            window.sockets.push(this);
            if (window.away) this.close();
        }
    };
"""


class Page(Tab):
    prelude = COLLECT_VIOLATIONS + CUT_NETWORK

    def shows(self, element):
        return self.script("return document.getElementById(arguments[0]).closest('[hidden]') === null", element)

    def wait_shows(self, element):
        self.wait(element, lambda: self.shows(element))

    def wait_text(self, selector, text):
        self.wait(f"{text} in {selector}", lambda: text in self.text(selector))

    def speak(self, language):
        if self.language != language:
            self.click("#language")
            self.wait("the language", lambda: self.language == language)

    @property
    def sell(self):
        return self.text("#bar-sell")

    @property
    def rounds(self):
        return self.script("return [...document.querySelectorAll('#rounds li')].map((item) => item.children[1].textContent)")

    @property
    def line(self):
        return self.script("return document.querySelector('#chart .line')?.getAttribute('d') ?? null")


class PlayedPage(Page):
    """A page whose server is played by the test."""

    prelude = COLLECT_VIOLATIONS + PLAYED_SERVER

    def event(self, name, **data):
        self.script("window.server.event(arguments[0], arguments[1])", name, data)

    def publish(self, price):
        self.event("feed.published", value=price, at=price["announcedAt"])

    def check(self, result, **more):
        data = {"number": 9, "at": datetime.now(timezone.utc).isoformat(), "result": result, **more}
        self.script("window.server.send({ type: 'value', name: 'check', asOf: arguments[0].at, data: arguments[0] })", data)


def at(hour, minute=0, days=0):
    """A time in Bangkok; today, or so many days later."""
    day = datetime.now(BANGKOK) + timedelta(days=days)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0).isoformat()


def gold(sell, when=None, previous=None, day=None, number=1):
    change = {}
    if previous is not None:
        change["previous"] = f"{previous:.2f}"
    if day is not None:
        change["day"] = f"{day:.2f}"
    return {
        "id": str(number), "round": number, "announcedAt": when or at(9),
        "bar": {"buy": f"{sell - 200:.2f}", "sell": f"{sell:.2f}"},
        "ornament": {"buy": f"{sell - 1530.36:.2f}", "sell": f"{sell + 800:.2f}"}, **({"change": change} if change else {})}


def state(*prices, **facts):
    history = [{"value": price, "at": price["announcedAt"], "offset": 0} for price in prices]
    now = datetime.now(timezone.utc).isoformat()
    return {
        "id": "gold", "title": "ราคาทองคำ", "source": "gold", "createdAt": now, "updatedAt": now, "history": history,
        **({"latest": history[-1]} if history else {}), "check": {"number": 1, "at": now, "result": "unchanged"}, **facts}


@pytest.fixture
def play(sala, chromium):
    """Opens a page whose server is played, with the feed in that state."""
    with opened_tabs(chromium) as tabs:
        def open_one(state, language="th", ready=True):
            # The tab begins with a file of ours that does nothing: there its name is set, which outlives what comes next.
            tab = PlayedPage(chromium, f"{sala.http}/demo/gold/base.css")
            tabs.append(tab)
            tab.script("window.name = arguments[0]; sessionStorage.clear()", json.dumps(state))
            with tab.front() as browser:
                browser.get(f"{sala.http}/demo/gold/")
            tab.wait("the page", lambda: tab.script("return document.documentElement.dataset.ready") == ("true" if ready else "false"))
            tab.speak(language)
            return tab

        yield open_one


# The page alone


def test_the_price_its_changes_and_the_course_of_the_day(play):
    page = play(state(gold(66_200, at(16, days=-1)), gold(66_300, at(9, 5), 100, 100), gold(66_250, at(10), -50, 50)))
    assert page.sell == "66,250" and page.text("#bar-buy") == "66,050"
    assert page.text("#ornament-sell") == "67,050" and page.text("#ornament-buy") == "64,719.64"
    assert page.text("#change-day") == "จากเมื่อวาน ▲ +50" and page.text("#change-previous") == "จากครั้งก่อน ▼ −50"
    assert page.script("return document.getElementById('change-previous').dataset.way") == "down"
    assert "ครั้งที่ 1" in page.text("#announced") and page.text("#checked").startswith("ตรวจกับแหล่งราคาล่าสุด")
    assert page.rounds == ["66,250", "66,300"], "of the day alone, the newest first"
    assert page.line.count("V") == 1 and page.script("return document.querySelector('#chart .before') !== null")
    assert page.text("#chart-summary") == "ต่ำสุด 66,250 สูงสุด 66,300 บาท · เส้นประคือราคาปิดวันก่อน 66,200"
    page.speak("en")
    assert page.text("#change-previous") == "Since the last price ▼ −50" and page.text("#bar h2") == "Gold bar"


def test_a_new_price_comes_by_itself(play):
    page = play(state(gold(66_300, at(9), day=0)), language="en")
    before = page.line
    page.publish(gold(66_450, at(9, 30), 150, 150))
    page.wait("the price", lambda: page.sell == "66,450")
    assert page.rounds == ["66,450", "66,300"] and page.line != before and page.line.count("V") == 1
    assert page.text("#announcer") == "New price: a gold bar costs 66,450 baht"
    assert page.text("#change-day") == "Since yesterday ▲ +150"
    # The same event again changes nothing; a gap asks for everything anew.
    page.script("window.server.offset -= 1")
    page.publish(gold(60_000, at(9, 40)))
    page.script("window.server.state = arguments[0]; window.server.offset += 5", state(gold(66_500, at(10))))
    page.publish(gold(60_000, at(9, 50)))
    page.wait("the snapshot", lambda: page.sell == "66,500")


def test_a_held_price_is_told_and_not_shown(play):
    page = play(state(gold(66_300)))
    assert not page.shows("held")
    page.event("feed.held")
    page.wait_shows("held")
    assert "รอเจ้าหน้าที่ยืนยัน" in page.text("#held") and page.sell == "66,300"
    page.event("feed.confirmed", held=1)
    page.publish(gold(79_680, at(10), 13_380))
    page.wait("the price", lambda: page.sell == "79,680" and not page.shows("held"))
    page.event("feed.held")
    page.wait_shows("held")
    page.event("feed.rejected", held=4, why="rejected")
    page.wait("its end", lambda: not page.shows("held"))
    assert page.sell == "79,680"


def test_before_the_first_price(play):
    page = play(state(), language="en")
    assert page.shows("empty") and not page.shows("sheet") and page.text("#empty-text") == "Waiting for the first price of the source."
    page.check("failed", failure="unreachable")
    page.wait_text("#empty-text", "does not answer")
    page.publish(gold(66_300))
    page.wait("the price", lambda: page.sell == "66,300" and not page.shows("empty"))


def test_a_source_that_does_not_answer_is_told(play):
    page = play(state(gold(66_300)))
    assert not page.shows("banner")
    page.check("failed", failure="refused")
    page.wait_shows("banner")
    assert "แหล่งราคายังไม่ตอบ" in page.text("#banner")
    page.check("unchanged")
    page.wait("its end", lambda: not page.shows("banner"))


def test_a_lost_connection_is_told_and_made_good(play):
    page = play(state(gold(66_300)), language="en")
    page.script("window.away = true; window.server.socket.onclose({ code: 1006 })")
    page.wait_shows("banner")
    page.wait_text("#banner", "The connection is lost")
    assert page.sell == "66,300" and page.script("return document.getElementById('now').dataset.old") == "true"
    page.script("window.server.state = arguments[0]; window.server.offset = 3; window.away = false", state(gold(66_350, at(10))))
    page.wait("the price", lambda: page.sell == "66,350" and not page.shows("banner"))


def test_without_a_feed_and_without_the_right(play):
    page = play(None)
    page.wait_shows("problem")
    assert page.text("#problem-title") == "ร้านนี้ยังไม่เปิดราคาทอง"
    # Made meanwhile: the page looks again by itself.
    page.script("window.server.state = arguments[0]", state(gold(66_300)))
    page.wait("the price", lambda: page.shows("sheet") and page.sell == "66,300")
    page.script("window.server.send({ type: 'unsubscribed', why: 'rights' })")
    page.wait_text("#problem-title", "โทเคนนี้ดูราคาทองไม่ได้")
    assert not page.shows("sheet")


def test_one_price_alone_has_a_chart_too(play):
    page = play(state(gold(66_300, at(9))))
    assert "NaN" not in page.line and page.line.startswith("M")
    labels = page.script("return [...document.querySelectorAll('#chart text')].map((text) => text.textContent)")
    assert len(set(labels)) == len(labels) and "08:00" in labels


@pytest.mark.parametrize("language", ["th", "en"])
def test_nothing_is_wider_than_the_smallest_phone(play, language):
    prices = [gold(66_000 + number * 50, at(8 + number // 4, number % 4 * 15), 50, number * 50, number + 1) for number in range(40)]
    page = play(state(*prices, held={"offset": 1, "since": at(10)}), language=language)
    with page.front() as browser:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True})
    assert page.script("return document.documentElement.scrollWidth") <= 320
    assert page.script(TOO_WIDE.replace("'#products-items, .unseen, .skip'", "'svg, .unseen, .skip'")) == []
    assert page.script(NAMELESS) == []
    assert page.script("return /undefined|null|NaN/.test(document.body.innerText)") is False


def test_every_word_is_there_in_both_languages(play):
    page = play(state(gold(66_300)))
    for _ in range(2):
        missing = page.script("""
            return [...document.querySelectorAll('[data-text], [data-label]')].filter((element) =>
                !(element.dataset.text ? element.textContent : element.ariaLabel)).map((element) => element.outerHTML);
        """)
        assert missing == []
        page.click("#language")
    unequal = page.script("""
        const { text } = await import('/demo/gold/strings.js');
        const source = await (await fetch('/demo/gold/strings.js')).text();
        const keys = [...new Set([...source.matchAll(/^    '([^']+)':/gm)].map((match) => match[1]))];
        return keys.filter((key) => text('th', key) === null || text('en', key) === null);
    """)
    assert unequal == []


# Against the server


@pytest.fixture
def live(sala, chromium):
    """The page of a running server, at a known price."""
    def sync():
        status, _, text = request("POST", f"{sala.http}/t/pawnshop/api/v1/gold-price/sync", token=sala.token("pawnshop", "admin"))
        assert status in (200, 202), text
        return status

    def confirm():
        request(
            "POST", f"{sala.http}/v1/sessions/feed/gold/commands", {"name": "feed.confirm", "data": {}},
            sala.token("pawnshop", "staff"))

    def settle():
        sala.calm()
        sala.control("gold", price="66400")
        if sync() == 202:
            confirm()

    settle()
    with opened_tabs(chromium) as tabs:
        page = Page(chromium, f"{sala.http}/demo/gold/")
        tabs.append(page)
        page.wait("the price", lambda: page.shows("sheet") and page.sell == "66,400")
        page.speak("en")
        yield page, sala, sync
    settle()


def test_the_demo_moves_the_price(live):
    page, _, _ = live
    page.wait_shows("demo")
    page.click("#demo-up")
    page.wait("fifty up", lambda: page.sell == "66,450")
    page.click("#demo-down")
    page.wait("fifty down", lambda: page.sell == "66,400")
    page.click("#demo-jump")
    page.wait_shows("held")
    assert page.sell == "66,400"
    page.click("#demo-reject")
    page.wait("its end", lambda: not page.shows("held"))
    page.click("#demo-jump")
    page.wait_shows("held")
    page.click("#demo-confirm")
    page.wait("the price", lambda: not page.shows("held") and page.sell != "66,400")


def test_what_was_missed_comes_after_a_cut(live):
    page, sala, sync = live
    page.script("window.away = true; for (const socket of window.sockets) socket.close()")
    page.wait("the loss", lambda: page.state in ("waiting", "offline"))
    for price in (66_500, 66_550):
        sala.control("gold", price=str(price))
        assert sync() == 200
    assert page.sell == "66,400"
    page.script("window.away = false; window.dispatchEvent(new Event('online'))")
    page.wait("the newest", lambda: page.sell == "66,550")
    assert page.rounds[:2] == ["66,550", "66,500"], "none is missing"


def test_the_page_comes_with_a_strict_policy(sala):
    status, headers, text = request("GET", f"{sala.http}/demo/gold/")
    assert status == 200 and headers["Content-Security-Policy"] == POLICY
    assert " style=" not in text and "<script>" not in text
