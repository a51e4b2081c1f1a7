"""The page for staff at /demo/oa/, in headless Chromium against a running `sala dev`: slips come in by real webhooks."""

import json
import secrets

import pytest
from browser import COLLECT_VIOLATIONS, POLICY, TOO_WIDE, Tab
from browser import tabs as opened_tabs
from conftest import request, wait_for
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

CARDS = """
    return [...document.querySelectorAll('.column .slip')].map((card) => ({
        transaction: card.dataset.transaction, status: card.dataset.status, column: card.closest('.column').dataset.column,
        amount: card.querySelector('.amount').textContent, reference: card.querySelector('.reference')?.textContent ?? null,
        who: card.querySelector('.who').textContent, step: card.querySelector('.step')?.textContent ?? '',
        progress: card.querySelector('progress').value, labelled: card.querySelector('progress').ariaLabel !== null,
    }));
"""

# Whatever a person can act on, and has no name for who cannot see it.
NAMELESS = """
    return [...document.querySelectorAll('button, input, select, textarea, progress, canvas')].filter((element) =>
        element.closest('[hidden]') === null && !element.ariaLabel && !element.textContent.trim()
        && (element.labels?.length ?? 0) === 0).map((element) => element.outerHTML);
"""


# Sockets that a test can cut, and keep from coming back; and how subscriptions were answered.
CUT_SOCKETS = """
    window.sockets = [];
    window.outcomes = [];
    window.WebSocket = class extends WebSocket {
        constructor(...facts) {
            super(...facts);
            window.sockets.push(this);
            this.addEventListener('message', ({ data }) => {
                const frame = JSON.parse(data);
                if (frame.type === 'subscribed') window.outcomes.push(frame.outcome);
            });
            if (window.away) this.close();
        }
    };
"""


class Desk(Tab):
    """One tab with the page in it."""

    prelude = COLLECT_VIOLATIONS + CUT_SOCKETS

    def wait_open(self):
        self.wait("the connection", lambda: self.state == "online")
        self.wait("the account", lambda: self.script("return document.getElementById('loading').hidden"))
        self.wait("the box that sends", lambda: not self.script("return document.getElementById('send-box').hidden"))

    @property
    def cards(self):
        return self.script(CARDS)

    def counter(self, name):
        return self.text(f"[data-counter={name}]")

    def send(self, amount, who=0):
        """Sends a slip as the customer with that index; -1 is somebody whom the back end does not know."""
        with self.front() as browser:
            field = browser.find_element(By.ID, "send-amount")
            field.clear()
            field.send_keys(amount)
            options = Select(browser.find_element(By.ID, "send-who"))
            options.select_by_index(who if who >= 0 else len(options.options) - 1)
        self.click("#send-button")

    def wait_card(self, amount, status):
        def found():
            return [card for card in self.cards if card["amount"] == amount and card["status"] == status]

        return self.wait(f"a slip of {amount} that is {status}", found)[0]

    def decide(self, transaction, decision, **fields):
        case = f".case[data-transaction='{transaction}']"
        for name, value in fields.items():
            with self.front() as browser:
                browser.find_element(By.CSS_SELECTOR, f"{case} input[name={name}]").send_keys(value)
        self.click(f"{case} button[data-decision={decision}]")


@pytest.fixture
def desk(sala, chromium):
    """Opens the page on an account, as staff of the tenant."""
    with opened_tabs(chromium) as tabs:
        def open_one(account="oa-1", token=None):
            token = token or sala.token("company_a", "staff")
            tab = Desk(chromium, f"{sala.http}/demo/oa/#oa={account}&token={token}")
            tabs.append(tab)
            return tab

        yield open_one


@pytest.fixture
def open_desk(desk):
    def open_one(account="oa-1"):
        tab = desk(account)
        tab.wait_open()
        return tab

    return open_one


@pytest.fixture
def amount():
    """An amount that no other test's slip has, and how the page shows it."""
    satang = 10_000 + secrets.randbelow(9_000_000)
    return f"{satang // 100}.{satang % 100:02}", f"฿{satang // 100:,}.{satang % 100:02}"


def test_a_slip_that_the_page_draws_is_read_and_credited(sala, open_desk, amount):
    page = open_desk()
    before = int(page.counter("credited"))
    typed, shown = amount
    page.send(typed)
    card = page.wait_card(shown, "credited")
    assert card["column"] == "credited" and card["progress"] == 100 and card["labelled"]
    page.wait("the counter", lambda: int(page.counter("credited")) == before + 1)
    status, _, text = request(
        "GET", f"{sala.http}/v1/sessions/line-oa/oa-1", token=sala.token("company_a", "staff"))
    assert status == 200, text
    slip = next(each for each in json.loads(text)["state"]["ended"] if each["transaction"] == card["transaction"])
    # The text comes from our own reading of the drawn code: with what a provider found out there would be none.
    assert slip["claim"]["payload"].startswith("004600060000010103004022502") and slip["proof"]["amount"] == typed
    assert slip["claim"]["transRef"] == card["reference"] and len(card["reference"]) == 25
    page.wait("that the customer was told", lambda: page.wait_card(shown, "credited")["step"] != "")


def test_a_slip_moves_from_column_to_column(sala, open_desk, amount):
    sala.control("easyslip", latencyMs=1_500)
    sala.control("backend", latencyMs=1_500)
    page = open_desk("oa-4")
    page.script("""
        const known = new Set([...document.querySelectorAll('.slip')].map((card) => card.dataset.transaction));
        window.seen = [];
        new MutationObserver(() => {
            for (const card of document.querySelectorAll('.slip')) {
                if (known.has(card.dataset.transaction)) continue;
                const now = [card.closest('.column').dataset.column, card.querySelector('progress').value];
                if (String(window.seen.at(-1)) !== String(now)) window.seen.push(now);
            }
        }).observe(document.getElementById('columns'), { subtree: true, childList: true });
    """)
    typed, shown = amount
    page.send(typed, who=7)
    page.wait_card(shown, "credited")
    seen = page.script("return window.seen")
    ways = [column for index, (column, _) in enumerate(seen) if index == 0 or seen[index - 1][0] != column]
    assert ways == ["pending_verification", "pending", "matched", "credited"]
    assert [progress for _, progress in seen] == sorted({progress for _, progress in seen}), "it only rises"
    page.wait("the name in full", lambda: page.wait_card(shown, "credited")["who"].startswith("นางสาว"))


def test_an_administrator_who_has_to_log_in_is_shown(own_sala, chromium, amount):
    server = own_sala()
    typed, shown = amount
    with opened_tabs(chromium) as opened:
        page = Desk(chromium, f"{server.http}/demo/oa/")
        opened.append(page)
        page.wait_open()
        # Nothing has come yet: that is said, and the page waits for the account's first slip.
        assert "ยังไม่มีสลิป" in page.script("return document.getElementById('empty').innerText")
        server.control("backend", tenant="company_a", expired=True)
        page.send(typed)
        card = page.wait_card(shown, "review")
        assert "ผู้ดูแลต้องเข้าสู่ระบบใหม่" in card["step"]
        assert "หมดอายุ" in page.text("#admin") and page.script("return document.getElementById('empty').hidden")


def test_the_same_slip_again_is_a_duplicate(open_desk, amount):
    page = open_desk()
    typed, shown = amount
    page.send(typed, who=1)
    page.wait_card(shown, "credited")
    duplicates = int(page.counter("duplicate"))
    page.click("#send-again")
    page.wait("the duplicate", lambda: int(page.counter("duplicate")) == duplicates + 1)
    newest = next(card for card in page.cards if card["column"] == "ended")
    assert newest["status"] == "duplicate" and newest["step"] == "สลิปนี้เคยใช้แล้ว"
    assert newest["amount"] == shown, "what is known of the first one"
    assert [card["status"] for card in page.cards if card["amount"] == shown] == ["credited", "duplicate"]


def test_a_sender_whom_nobody_knows_is_decided_by_staff(open_desk, amount):
    page = open_desk("oa-2")
    typed, shown = amount
    page.send(typed, who=-1)
    card = page.wait_card(shown, "review")
    case = f".case[data-transaction='{card['transaction']}']"
    page.wait("the case", lambda: page.text(case))
    assert page.text(f"{case} .why") == "ไม่พบลูกค้าที่ตรงกับผู้โอน"
    assert "นาย ไม่มี" in page.text(f"{case} [data-side=sender]")
    assert "x" in page.text(f"{case} [data-side=sender]").lower()
    assert "ยังไม่พบลูกค้า" in page.text(f"{case} [data-side=user]")
    assert "บจก." in page.text(f"{case} [data-side=receiver]")
    assert "ACC1" in page.text(f"{case} [data-side=account]")
    # Without a note nothing is asked, and nothing happens.
    page.click(f"{case} button[data-decision=credit]")
    assert not page.script("return document.getElementById('confirm').open")
    page.decide(card["transaction"], "credit", user="USER1003", note="โทรถามแล้ว")
    page.wait("the question", lambda: page.script("return document.getElementById('confirm').open"))
    assert shown in page.text("#confirm-text")
    beside = page.text(f"{case} [data-side=user]")
    assert "USER1003" in beside and "นางสาว" in beside, "who is named stands beside the sender"
    assert "นางสาว" in page.text("#confirm-text")
    page.click("#confirm-no")
    assert page.wait_card(shown, "review")
    page.click(f"{case} button[data-decision=credit]")
    page.click("#confirm-yes")
    credited = page.wait_card(shown, "credited")
    assert credited["transaction"] == card["transaction"]
    page.wait("the case to go", lambda: page.text(case) == "")


def test_staff_rejects_a_slip(open_desk, amount):
    page = open_desk("oa-2")
    typed, shown = amount
    page.send(typed, who=-1)
    card = page.wait_card(shown, "review")
    page.decide(card["transaction"], "reject", note="ลูกค้าขอคืนเงิน")
    page.wait("the question", lambda: page.script("return document.getElementById('confirm').open"))
    with page.front() as browser:
        browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait("no question", lambda: not page.script("return document.getElementById('confirm').open"))
    assert page.wait_card(shown, "review")
    # And by the keyboard alone.
    with page.front() as browser:
        browser.switch_to.active_element.send_keys(Keys.ENTER)
        page.wait("the question", lambda: page.script("return document.getElementById('confirm').open"))
        assert page.script("return document.activeElement.id") == "confirm-yes"
        browser.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait("the focus in the queue", lambda: page.script("return document.activeElement.id") == "review")
    assert page.wait_card(shown, "failed")["step"] == "เจ้าหน้าที่ปฏิเสธ"


def test_two_desks_see_the_same(open_desk, amount):
    first, second = open_desk("oa-3"), open_desk("oa-3")
    typed, shown = amount
    first.send(typed, who=2)
    for page in (first, second):
        page.wait_card(shown, "credited")
    second.wait("the same words", lambda: first.cards == second.cards)
    assert first.counter("amount") == second.counter("amount") != "฿0.00"


def test_what_happened_while_the_socket_was_gone_is_there_afterwards(sala, open_desk, amount):
    page = open_desk("oa-3")
    typed, shown = amount
    page.send(typed, who=5)
    page.wait_card(shown, "credited")
    before = page.cards
    page.script("window.away = true; for (const socket of window.sockets) socket.close();")
    page.wait("words for it", lambda: page.state == "waiting" and "เชื่อมต่อใหม่ใน" in page.text("#state-text"))
    order = {"tenant": "company_a", "oa": "oa-3", "type": "slip", "amount": 77.25}
    status, _, text = request("POST", f"{sala.standins}/_control/line/webhook", order)
    reference = json.loads(text).get("transRef")
    assert status == 200 and reference, text

    def credited():
        _, _, text = request("GET", f"{sala.http}/v1/sessions/line-oa/oa-3", token=sala.token("company_a", "staff"))
        return [each for each in json.loads(text)["state"]["ended"]
                if each["status"] == "credited" and each["claim"]["transRef"] == reference]

    wait_for("the credit", credited)
    assert page.cards == before
    page.script("window.away = false")
    # At once, unless the page has tried by itself meanwhile.
    page.script("document.getElementById('state').click()")
    page.wait("the slip", lambda: [card for card in page.cards if card["reference"] == reference])
    page.wait("its end", lambda: [card["status"] for card in page.cards if card["reference"] == reference] == ["credited"])
    # From where it was, event by event; not from the beginning.
    assert page.script("return window.outcomes") == ["snapshot", "resumed"]


def test_a_server_that_goes_away_is_shown_and_nothing_is_missing_afterwards(sala, open_desk, amount):
    if not sala.can_crash:
        pytest.skip("attached to a server that is not ours to kill")
    page = open_desk("oa-4")
    typed, shown = amount
    page.send(typed, who=3)
    page.wait_card(shown, "credited")
    cards = page.cards
    sala.kill()
    try:
        page.wait("words for it", lambda: page.state == "waiting" and "เชื่อมต่อใหม่ใน" in page.text("#state-text"))
        assert page.cards == cards
    finally:
        sala.start()
    page.wait("the connection", lambda: page.state == "online")
    # The stand-ins were in the same process and have forgotten the slip; the log has not.
    page.send(typed, who=3)
    page.wait("the second one", lambda: len(page.cards) == len(cards) + 1)


def test_accounts_are_switched(open_desk, amount):
    page = open_desk("oa-1")
    typed, shown = amount
    page.send(typed, who=4)
    page.wait_card(shown, "credited")
    with page.front() as browser:
        choice = Select(browser.find_element(By.ID, "account"))
        assert [option.text for option in choice.options] == ["oa-1", "oa-2", "oa-3", "oa-4"]
        choice.select_by_value("oa-4")
    page.wait("the other account", lambda: shown not in [card["amount"] for card in page.cards])
    assert page.script("return location.hash") == "#oa=oa-4"
    with page.front() as browser:
        Select(browser.find_element(By.ID, "account")).select_by_value("oa-1")
    page.wait_card(shown, "credited")


def test_a_token_that_is_refused_is_told_in_words(desk):
    page = desk(token="not-a-token")
    page.wait("the token field", lambda: not page.script("return document.getElementById('gate').hidden"))
    assert "เซิร์ฟเวอร์ไม่ยอมรับโทเคนนี้" in page.text("#gate-why")
    assert page.script("return document.getElementById('desk').hidden")
    assert page.script("return document.activeElement.id") == "gate-token"
    page.click("#gate-demo")
    page.wait_open()


def test_a_customer_may_not_see_the_desk(sala, desk):
    page = desk(token=sala.token("company_a", "customer"))
    page.wait("words for it", lambda: "ไม่มีสิทธิ์" in page.text("#notice"))
    assert page.cards == []


def test_what_is_no_amount_is_not_sent(open_desk):
    page = open_desk()
    for typed in ("0", "1.234", "ห้าร้อย", "-5", "1e3"):
        page.send(typed)
        page.wait("words for it", lambda: "จำนวนเงิน" in page.text("#send-outcome"))
        page.script("document.getElementById('send-outcome').textContent = ''")


@pytest.mark.parametrize("language", ["th", "en"])
def test_nothing_is_wider_than_a_small_phone(open_desk, amount, tmp_path, language):
    page = open_desk("oa-2")
    page.become_small_phone()
    if page.language != language:
        page.click("#language")
    typed, shown = amount
    page.send(typed, who=-1)
    page.wait_card(shown, "review")
    with page.front() as browser:
        assert browser.save_screenshot(str(tmp_path / f"{language}.png"))
    assert page.script("return document.documentElement.scrollWidth") <= 360
    assert page.script(TOO_WIDE) == []
    assert page.script(NAMELESS) == []
    assert page.script("return document.body.innerText.includes('undefined')") is False
    if page.language != "th":
        page.click("#language")


def test_every_word_is_there_in_both_languages(open_desk):
    page = open_desk()
    for _ in range(2):
        missing = page.script("""
            return [...document.querySelectorAll('[data-text], [data-label]')].filter((element) =>
                !(element.dataset.text ? element.textContent : element.ariaLabel)).map((element) => element.outerHTML);
        """)
        assert missing == []
        page.click("#language")


def test_events_one_by_one_lead_to_the_servers_own_snapshot(sala, open_desk, amount):
    page = open_desk("oa-2")
    typed, shown = amount
    page.send(typed, who=6)
    page.wait_card(shown, "credited")
    page.click("#send-again")
    page.wait("the duplicate", lambda: [card["status"] for card in page.cards if card["amount"] == shown]
              == ["credited", "duplicate"])
    page.wait("that the customer was told", lambda: page.wait_card(shown, "credited")["step"] == "แจ้งลูกค้าแล้ว")
    folded, told = page.script("""
        const [token] = arguments;
        const get = async (path) => (await fetch(path, { headers: { Authorization: `Bearer ${token}` } })).json();
        return Promise.all([import('/demo/oa/account.js'), import('/demo/oa/slip.js')]).then(async ([{ Account }, slips]) => {
            const session = '/v1/sessions/line-oa/oa-2';
            const [folded, told] = [new Account('oa-2'), new Account('oa-2')];
            const snapshot = await get(session);
            told.snapshot({ epoch: snapshot.epoch, offset: snapshot.offset, state: snapshot.state });
            folded.name = told.name;
            folded.admin = { status: 'ACTIVE' };
            for (let isMore = true; isMore && folded.offset < told.offset;) {
                const { events } = await get(`${session}/log?after=${folded.offset}&limit=200`);
                isMore = events.length > 0;
                for (const event of events) if (event.offset <= told.offset) folded.event(event);
            }
            const facts = ({ offset, name, today, quotas, admin, inFlight, inReview, slips: all }) => ({
                offset, name, quotas, admin, inFlight, inReview, today: { ...today, day: null },
                slips: [...all.values()].map((slip) => ({
                    transaction: slip.transaction, status: slip.status, offset: slip.offset, claim: slip.claim, proof: slip.proof,
                    account: slip.account, user: slip.user, changedAt: slip.changedAt, receivedAt: slip.receivedAt,
                    reason: slip.reason ?? null, credited: slip.credited ?? null, duplicate: slip.duplicate ?? null,
                    progress: slips.progress(slip), step: slips.step(slip), open: slips.hasOpenOrder(slip),
                    result: slip.notices.result?.state ?? 'none',
                })),
            });
            return [facts(folded), facts(told)];
        });
    """, sala.token("company_a", "staff"))
    assert folded["offset"] > 10
    for one, other in zip(folded["slips"], told["slips"]):
        assert one == other
    assert folded == told


def test_what_concerns_the_account_is_taken_from_events_and_what_is_unknown_is_passed_over(open_desk):
    page = open_desk()
    facts = page.script("""
        return import('/demo/oa/account.js').then(({ Account }) => {
            const account = new Account('oa-9');
            const at = '2026-11-21T18:00:00Z';
            let offset = 0;
            const tell = (name, data) => account.event({ name, data, at, offset: offset += 1 });
            const outcomes = [
                tell('admin.expired', {}), tell('quota.changed', { name: 'line', used: 200, limit: 200, exhausted: true }),
                tell('quota.changed', { name: 'easyslip', exhausted: false }),
                tell('slip.received', { transaction: 's_1', user: 'U1' }), tell('slip.shining', { transaction: 's_1' }),
                tell('slip.verified', { transaction: 's_2', amount: '1.00' }), tell('weather.changed', {}),
                tell('slip.review', { transaction: 's_1', reason: 'a-new-one' }),
            ];
            const skipped = account.event({ name: 'slip.received', data: {}, at, offset: offset + 2 });
            const again = account.event({ name: 'slip.received', data: {}, at, offset: 1 });
            return {
                outcomes, skipped, again, admin: account.admin, quotas: account.quotas.map(({ name }) => name), date: account.today.date,
                slips: [...account.slips.values()].map(({ transaction, status }) => [transaction, status]), review: account.inReview,
            };
        });
    """)
    assert set(facts["outcomes"]) == {"applied"} and facts["skipped"] == "gap" and facts["again"] == "duplicate"
    assert facts["admin"] == {"status": "EXPIRED", "since": "2026-11-21T18:00:00Z"} and facts["quotas"] == ["easyslip", "line"]
    assert facts["date"] == "2026-11-22", "it is tomorrow already in Bangkok"
    assert facts["slips"] == [["s_1", "review"]] and facts["review"] == 1


def test_the_code_is_drawn_for_every_length_and_checked(open_desk):
    page = open_desk()
    found = page.script("""
        return import('/demo/oa/code.js').then(({ squares, checksum, slipText, size, maxBytes }) => {
            const sizes = new Set();
            for (let length = 0; length <= maxBytes; length += 1) sizes.add(squares('x'.repeat(length)).length);
            let refused = false;
            try { squares('x'.repeat(maxBytes + 1)); } catch { refused = true; }
            return { sizes: [...sizes], refused, size, checksum: checksum('123456789'), text: slipText('004', '015012345678901AB') };
        });
    """)
    assert found["sizes"] == [found["size"]] == [37] and found["refused"]
    assert found["checksum"] == 0x29B1, "CRC-16/CCITT-FALSE's check value"
    assert found["text"].startswith("0038000600000101030040217015012345678901AB5102TH9104")


def test_the_page_forbids_what_it_does_not_need(sala):
    status, headers, _ = request("GET", sala.http + "/demo/oa/")
    assert status == 200
    assert headers["Content-Security-Policy"].rstrip("; ") == POLICY
    status, headers, _ = request("GET", sala.http + "/demo/oa")
    assert status == 200, "the redirect leads to the page"
