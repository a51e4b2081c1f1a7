"""The page to pay on, /demo/pay/{id}, in headless Chromium against a running `sala dev`: transfers and slips of the stand-in bank."""

import base64
import json
import secrets
import shutil
import subprocess

import pytest
from browser import COLLECT_VIOLATIONS, POLICY, TOO_WIDE, Tab
from browser import tabs as opened_tabs
from conftest import request, unique, wait_for
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

TENANT = "baanfoodie"
PROMPTPAY = "0812345678"
PAYEE = {"promptpay": PROMPTPAY, "last4": "5678", "name": "ร้านศาลาสาธิต"}

# Sockets that a test can cut, and keep from coming back; requests that it can lose; how subscriptions were answered.
CUT_NETWORK = """
    window.sockets = [];
    window.outcomes = [];
    window.uploads = [];
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
    const whole = window.fetch;
    window.fetch = (address, options) => {
        if (window.away) return Promise.reject(new TypeError('no network'));
        if (String(address).endsWith('/pictures')) window.uploads.push(options.body);
        return whole(address, options);
    };
"""

# A file from another program, dropped on the page.
DROP = """
    const [address, selector] = arguments;
    const [head, body] = address.split(',');
    const bytes = Uint8Array.from(atob(body), (each) => each.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], 'slip.png', { type: /:(.*);/.exec(head)[1] }));
    const target = document.querySelector(selector);
    for (const name of ['dragenter', 'dragover', 'drop']) {
        target.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }
"""

NAMELESS = """
    return [...document.querySelectorAll('button, input, select, textarea, canvas, img, a')].filter((element) =>
        element.closest('[hidden]') === null && !element.ariaLabel && !element.alt && !element.textContent.trim()
        && (element.labels?.length ?? 0) === 0).map((element) => element.outerHTML);
"""

# Keeps what the list of stages has shown.
WATCH_STEPS = """
    window.seen = [];
    new MutationObserver(() => {
        for (const item of document.querySelectorAll('#steps li[data-state=past]')) {
            if (!window.seen.includes(item.dataset.step)) window.seen.push(item.dataset.step);
        }
    }).observe(document.getElementById('steps'), { subtree: true, attributes: true });
"""


class Bill(Tab):
    """One tab with the page in it."""

    prelude = COLLECT_VIOLATIONS + CUT_NETWORK

    def wait_open(self):
        self.wait("the payment", lambda: self.shows("sheet") and self.state == "online")

    def shows(self, element):
        return self.script("return document.getElementById(arguments[0]).closest('[hidden]') === null", element)

    @property
    def status(self):
        return self.script("return document.getElementById('sheet').dataset.status ?? null")

    @property
    def problem(self):
        return self.script("const box = document.getElementById('problem'); return box.hidden ? null : box.dataset.key")

    def wait_status(self, status):
        self.wait(f"status {status}", lambda: self.status == status)

    def wait_verdict(self, code):
        shown = "return document.getElementById('verdict').hidden ? null : document.getElementById('verdict').dataset.code"
        self.wait(f"verdict {code}", lambda: self.script(shown) == code)

    def drop(self, picture):
        self.script(DROP, picture, "#drop")

    def speak(self, language):
        if self.language != language:
            self.click("#language")
            self.wait("the language", lambda: self.language == language)

    def fact(self, name):
        """What stands beside a word in the lists of facts that are shown."""
        return self.script("""
            const term = [...document.querySelectorAll('.facts dt')].find((each) =>
                each.textContent === arguments[0] && each.closest('[hidden]') === null);
            return term?.nextElementSibling.textContent ?? null;
        """, name)


class Shop:
    """The platform's side: its back end's token, its payments and links, and the customer's bank."""

    def __init__(self, sala):
        self.sala = sala
        self.token = sala.token(TENANT, "service")

    def ask(self, method, path, body=None, token=None):
        status, _, text = request(method, self.sala.http + path, body, token or self.token)
        assert 200 <= status < 300, (path, status, text)
        return json.loads(text)

    def payment(self, amount="345.00", **facts):
        name = unique("p")[:20]
        self.ask("PUT", f"/v1/sessions/payment/{name}", {"payer": "u_1", "amount": amount, "payee": PAYEE, "order": "441", **facts})
        return name

    def ticket(self, token=None):
        return self.ask("POST", "/v1/tickets", token=token)["ticket"]

    def link(self, payment, token=None):
        return f"{self.sala.http}/demo/pay/{payment}?ticket={self.ticket(token)}"

    def transfer(self, amount="345.00", **order):
        status, _, text = request(
            "POST", f"{self.sala.standins}/_control/bank/transfer", {"promptpay": PROMPTPAY, "amount": amount, **order})
        assert status == 200, text
        return json.loads(text)

    def command(self, payment, name, data, token=None):
        status, _, text = request(
            "POST", f"{self.sala.http}/v1/sessions/payment/{payment}/commands", {"name": name, "data": data}, token or self.token)
        return status, json.loads(text)

    def snapshot(self, payment):
        return self.ask("GET", f"/v1/sessions/payment/{payment}")

    def trade(self, payment, ticket):
        status, headers, text = request("POST", f"{self.sala.http}/demo/pay/{payment}/token", {"ticket": ticket})
        return status, headers, json.loads(text)


@pytest.fixture
def shop(sala):
    return Shop(sala)


@pytest.fixture
def bill(chromium):
    """Opens an address in a tab of its own."""
    with opened_tabs(chromium) as tabs:
        def open_one(address):
            tab = Bill(chromium, address)
            tabs.append(tab)
            return tab

        yield open_one


@pytest.fixture
def open_bill(shop, bill):
    def open_one(payment, language="th"):
        tab = bill(shop.link(payment))
        tab.wait_open()
        tab.speak(language)
        return tab

    return open_one


def test_the_code_that_is_shown_is_read_by_a_camera_and_says_what_to_pay(shop, open_bill, tmp_path):
    page = open_bill(shop.payment("1234.50"))
    page.wait("the code", lambda: page.script("const { complete, naturalWidth } = document.getElementById('qr'); return complete && naturalWidth > 0"))
    assert page.text("#amount") == "฿1,234.50"
    assert page.fact("จ่ายให้") == PAYEE["name"] and page.fact("คำสั่งซื้อ") == "441"
    payload = page.script("return document.getElementById('qr').dataset.payload")
    # EMV: the amount in field 54; PromptPay's phone number as 0066….
    assert "54071234.50" in payload and "0066812345678" in payload
    assert page.script("return document.getElementById('save').download").endswith(".png")
    saved = base64.b64decode(page.script("return document.getElementById('save').href").split(",")[1])
    assert saved.startswith(b"\x89PNG")
    pictures = {"saved.png": saved}
    with page.front() as browser:
        # The bar stays above what is scrolled to.
        browser.execute_script("document.getElementById('qr').scrollIntoView({ block: 'end' })")
        pictures["seen.png"] = browser.find_element(By.ID, "qr").screenshot_as_png
    if not shutil.which("zbarimg"):
        pytest.skip("zbarimg (Debian's zbar-tools) is not here to be the camera")
    for name, picture in pictures.items():
        (tmp_path / name).write_bytes(picture)
        read = subprocess.run(["zbarimg", "--quiet", "--raw", tmp_path / name], capture_output=True, text=True)
        assert read.stdout.strip() == payload, name


def test_a_dropped_slip_is_accepted_on_two_open_pages_at_once(sala, shop, open_bill):
    # Slow enough for every stage to be seen.
    sala.control("easyslip", latencyMs=700)
    amount = f"{100 + secrets.randbelow(9000)}.{secrets.randbelow(100):02}"
    payment = shop.payment(amount)
    first, second = open_bill(payment), open_bill(payment)
    for page in (first, second):
        page.script(WATCH_STEPS)
    slip = shop.transfer(amount)
    first.drop(slip["image"])
    second.wait("that the other page shows the slip on its way", lambda: second.shows("steps") and not second.shows("drop"))
    for page in (first, second):
        page.wait_status("accepted")
        assert page.text("#outcome-title") == "ชำระเงินสำเร็จ"
        assert page.fact("เลขที่โอน") == slip["transRef"]
        assert page.fact("ยอดเงิน").replace(",", "") == f"฿{amount}"
        assert page.fact("เวลา")
        assert not page.shows("code") and not page.shows("drop") and not page.shows("time")
        page.wait("all stages", lambda: page.script("return window.seen.length") == 6)
        assert set(page.script("return window.seen")) == {"received", "reading", "checking", "verifying", "claiming", "done"}
    assert first.shows("preview") and not second.shows("preview")
    state = shop.snapshot(payment)["state"]
    assert state["status"] == "accepted" and state["acceptance"]["proof"]["reference"]["transRef"] == slip["transRef"]


@pytest.mark.parametrize("language, title", [("th", "สลิปนี้เคยใช้แล้ว"), ("en", "This slip was used before")])
def test_a_slip_that_paid_something_else_is_refused_in_words(shop, open_bill, language, title):
    slip = shop.transfer()
    paid = open_bill(shop.payment())
    paid.drop(slip["image"])
    paid.wait_status("accepted")
    page = open_bill(shop.payment(), language)
    page.drop(slip["image"])
    page.wait_verdict("DUPLICATE_SLIP")
    assert page.text("#verdict-title") == title
    # And the right one after it is taken.
    page.wait("the place for another", lambda: page.shows("drop"))
    page.drop(shop.transfer()["image"])
    page.wait_status("accepted")


@pytest.mark.parametrize("language, title, amount", [("th", "ยอดเงินไม่ตรง", "344.99"), ("en", "The amount is different", "345.01")])
def test_one_satang_off_does_not_pay(shop, open_bill, language, title, amount):
    page = open_bill(shop.payment(), language)
    page.drop(shop.transfer(amount)["image"])
    page.wait_verdict("AMOUNT_MISMATCH")
    assert page.text("#verdict-title") == title and "฿345.00" in page.text("#verdict-text")
    assert page.status == "pending" and page.shows("code")


@pytest.mark.parametrize("language, title", [("th", "โอนเข้าบัญชีอื่น"), ("en", "Paid to somebody else")])
def test_a_transfer_to_somebody_else_does_not_pay(shop, open_bill, language, title):
    page = open_bill(shop.payment(), language)
    page.drop(shop.transfer(promptpay="0899999999")["image"])
    page.wait_verdict("RECEIVER_MISMATCH")
    assert page.text("#verdict-title") == title and PAYEE["name"] in page.text("#verdict-text")


def test_what_is_no_slip_is_said_so(shop, open_bill):
    payment = shop.payment()
    page = open_bill(payment)
    # Not a picture: the page itself says so.
    page.drop("data:image/png;base64," + base64.b64encode(b"no picture").decode())
    page.wait_verdict("photo.unreadable")
    # The code to pay with, in place of the slip: people do that.
    page.wait("the code", lambda: page.shows("qr"))
    page.drop(page.script("return document.getElementById('save').href"))
    page.wait_verdict("SLIP_INVALID")
    assert page.text("#verdict-title") == "อ่านสลิปนี้ไม่ได้"
    # The same again, as after a restart of the server that held the picture.
    sent = page.script("return window.uploads.length")
    page.click("#retry")
    page.wait("the second refusal", lambda: len(shop.snapshot(payment)["state"]["rejectedSlips"]) == 2)
    page.wait_verdict("SLIP_INVALID")
    assert page.script("return window.uploads.length") == sent + 1
    # No picture at all.
    page.script("document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() }))")
    page.wait_verdict("photo.none")


def test_a_large_photo_is_made_smaller_and_a_slip_that_has_to_wait_says_why(shop, open_bill):
    page = open_bill(shop.payment())
    # Without a code that we can read, so that the slip services are asked, and know nothing yet.
    drawn = page.script("""
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [2400, 3200];
        const pen = canvas.getContext('2d');
        pen.fillStyle = '#d0e0ff';
        pen.fillRect(0, 0, 2400, 3200);
        return canvas.toDataURL('image/png');
    """)
    page.drop(drawn)
    waiting = "#steps li[data-state=wait]"
    page.wait("that it waits", lambda: "ธนาคารยังไม่พบรายการ จะลองอีกครั้งใน" in page.text(f"{waiting} .fine"))
    assert page.text(f"{waiting} .label") == "ตรวจกับธนาคาร"
    size = page.script("""
        const bitmap = await createImageBitmap(window.uploads.at(-1));
        return [window.uploads.at(-1).type, bitmap.width, bitmap.height];
    """)
    assert size == ["image/jpeg", 1200, 1600]


def test_a_slip_is_chosen_with_the_button_and_pasted(shop, open_bill, tmp_path):
    picture = tmp_path / "slip.png"
    for way in ("button", "paste"):
        page = open_bill(shop.payment())
        image = shop.transfer()["image"]
        if way == "button":
            picture.write_bytes(base64.b64decode(image.split(",")[1]))
            with page.front() as browser:
                browser.find_element(By.ID, "file").send_keys(str(picture))
        else:
            page.script("""
                const bytes = Uint8Array.from(atob(arguments[0].split(',')[1]), (each) => each.charCodeAt(0));
                const transfer = new DataTransfer();
                transfer.items.add(new File([bytes], 'slip.png', { type: 'image/png' }));
                document.body.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, clipboardData: transfer }));
            """, image)
        page.wait_status("accepted")


def test_when_time_is_over_the_page_says_so_and_still_takes_a_late_slip(shop, open_bill):
    payment = shop.payment(expiresInSeconds=10)
    page, other = open_bill(payment), open_bill(payment, "en")
    assert page.script("return document.getElementById('time').dataset.state") == "last", "less than a minute is red"
    first = page.text("#countdown")
    page.wait("the time to go by", lambda: page.text("#countdown") < first)
    for each, title in ((page, "หมดเวลาชำระเงิน"), (other, "Time is up")):
        each.wait_status("expired")
        each.speak("th" if title.startswith("ห") else "en")
        assert each.text("#outcome-title") == title
        assert not each.shows("code") and not each.shows("time")
    page.drop(shop.transfer()["image"])
    for each in (page, other):
        each.wait_status("review")
    other.speak("th")
    assert "ไม่ต้องโอนซ้ำ" in other.text("#outcome-text")


def test_more_time_is_shown_at_once(shop, open_bill):
    payment = shop.payment(expiresInSeconds=50)
    page = open_bill(payment)
    assert page.text("#countdown") < "00:51"
    status, _ = shop.command(payment, "timer.extend", {"seconds": 600})
    assert status == 200
    page.wait("more time", lambda: page.text("#countdown") > "10:00")
    assert page.script("return document.getElementById('time').dataset.state") == "running"


def test_staffs_decisions_are_shown(shop, open_bill):
    payment = shop.payment()
    page = open_bill(payment, "en")
    shop.command(payment, "payment.cancel", {})
    page.wait_status("cancelled")
    assert page.text("#outcome-title") == "Payment cancelled"
    payment = shop.payment()
    page = open_bill(payment, "en")
    page.drop(shop.transfer()["image"])
    page.wait_status("accepted")
    for amount, words in (("100.00", "฿100.00 of ฿345.00"), ("245.00", "All of ฿345.00")):
        status, answer = shop.command(payment, "payment.refund", {"amount": amount})
        assert status == 200, answer
        page.wait("the refund", lambda: words in page.text("#outcome-text"))


def test_a_reload_keeps_the_access_and_the_address_has_no_ticket(sala, shop, open_bill):
    payment = shop.payment()
    page = open_bill(payment)
    address = f"{sala.http}/demo/pay/{payment}"
    for _ in range(2):
        assert page.script("return location.href") == address
        page.script("location.reload()")
        page.wait("the page anew", lambda: page.script("return window.outcomes?.length === 1"))
        page.wait_open()
    page.drop(shop.transfer()["image"])
    page.wait_status("accepted")
    page.script("location.reload()")
    page.wait("the page anew", lambda: page.script("return window.outcomes?.length === 1"))
    page.wait_status("accepted")


def test_a_ticket_opens_once(shop, bill):
    link = shop.link(shop.payment())
    first = bill(link)
    first.wait_open()
    second = bill(link)
    second.wait("words for it", lambda: second.problem == "used")
    second.speak("th")
    assert "30 วินาที" in second.text("#problem-text")
    second.speak("en")
    assert "opens once" in second.text("#problem-text") and not second.shows("sheet")
    # In the tab where it was opened it is still good: somebody went back and forth.
    with first.front() as browser:
        browser.get(link)
    first.wait_open()
    third = bill(link.split("?")[0])
    third.wait("words for it", lambda: third.problem == "none")


def test_a_link_opens_its_own_payment_only(sala, shop, bill):
    paid_by_other = shop.payment(payer="u_2")
    page = bill(shop.link(paid_by_other, token=sala.token(TENANT, "customer")))
    page.wait("words for it", lambda: page.problem == "forbidden")
    page = bill(shop.link("nothing-here"))
    page.wait("words for it", lambda: page.problem == "unknown")


def test_what_a_links_token_may_do_and_may_not(sala, shop):
    payment, other = shop.payment(), shop.payment()
    status, headers, answer = shop.trade(payment, shop.ticket())
    assert status == 201 and "no-store" in headers["Cache-Control"]
    token = answer["token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["role"] == "guest" and claims["grants"] == [f"payment/{payment}:write"]
    assert 900 + 3_500 <= claims["exp"] - claims["iat"] <= 900 + 3_600
    for path, expected in ((f"payment/{payment}", 200), (f"payment/{payment}/qr", 200), (f"payment/{other}", 403)):
        assert request("GET", f"{sala.http}/v1/sessions/{path}", token=token)[0] == expected, path
    for name, data in (("payment.cancel", {}), ("payment.refund", {}), ("timer.extend", {"seconds": 600}),
                       ("payment.resolve", {"decision": "accept", "note": "n"}), ("escrow.release", {})):
        status, answer = shop.command(payment, name, data, token)
        assert (status, answer["code"]) == (403, 2102), name
    assert shop.command(other, "slip.submit", {"payload": "x"}, token)[1]["code"] == 2102
    # Nor anything else that customers may: no talk, no further links, no new payment.
    talk = shop.ask("PUT", f"/v1/sessions/conversation/{unique('c')}", {"owner": "u_1"})["session"]
    status, _, text = request("POST", f"{sala.http}/v1/sessions/{talk}/commands", {"name": "message.send", "data": {"text": "x"}}, token)
    assert status == 403, text
    status, _, text = request(
        "POST", f"{sala.http}/v1/sessions/conversation/{unique('c')}/commands", {"name": "message.send", "data": {"text": "x"}}, token)
    assert status in (403, 404), text
    assert request("PUT", f"{sala.http}/v1/sessions/payment/{unique('p')[:20]}", {"payer": "u_1", "amount": "1.00"}, token)[0] == 403
    status, _, answer = shop.trade(payment, shop.ticket(token))
    assert (status, answer["code"]) == (403, 2102)
    # Revoked, it is over.
    assert request("POST", sala.http + "/v1/tokens/revoke", token=token)[0] == 204
    assert request("GET", f"{sala.http}/v1/sessions/payment/{payment}", token=token)[0] == 401


def test_a_longer_payment_has_a_link_of_a_day(shop):
    status, _, answer = shop.trade(shop.payment(expiresInSeconds=5 * 86_400), shop.ticket())
    claims = json.loads(base64.urlsafe_b64decode(answer["token"].split(".")[1] + "=="))
    assert status == 201 and claims["exp"] - claims["iat"] <= 86_400


def test_what_is_no_ticket_is_refused(sala, shop):
    payment = shop.payment()
    for body, code in (({"ticket": "ticket_none"}, 2104), ({"ticket": 7}, 2200), ({}, 2200)):
        status, _, text = request("POST", f"{sala.http}/demo/pay/{payment}/token", body)
        assert json.loads(text)["code"] == code and status in (400, 401), text


def test_what_happened_without_a_network_is_there_afterwards(shop, open_bill):
    payment = shop.payment()
    page = open_bill(payment)
    page.wait("the code", lambda: page.shows("qr"))
    page.script("window.away = true; for (const socket of window.sockets) socket.close();")
    page.wait("words for it", lambda: page.shows("banner") and "ไม่ต้องโอนซ้ำ" in page.text("#banner"))
    assert page.script("return document.getElementById('time').dataset.unsure") == "true"
    # The slip waits for the network; nobody has to give it again.
    page.drop(shop.transfer()["image"])
    page.wait("that it waits", lambda: page.text("#steps li[data-state=wait] .label") == "รอส่งรูปเมื่อกลับมาออนไลน์")
    page.script("window.away = false; window.dispatchEvent(new Event('online'));")
    page.wait_status("accepted")
    assert not page.shows("banner")
    # From where it was, event by event; not from the beginning.
    assert page.script("return window.outcomes") == ["snapshot", "resumed"]


def test_a_hidden_page_that_is_looked_at_again_connects_at_once(shop, open_bill):
    page = open_bill(shop.payment())
    # As after a sleep: the socket is gone, and the next try would be minutes away.
    page.script("""
        window.away = true;
        Math.random = () => 1;
        for (const socket of window.sockets) socket.close();
    """)
    page.wait("several tries", lambda: page.script("return window.sockets.length") >= 4)
    page.script("window.away = false; document.dispatchEvent(new Event('visibilitychange'));")
    page.wait("the connection", lambda: page.state == "online")


def test_a_server_that_goes_away_is_shown_and_the_payment_goes_on_afterwards(sala, shop, open_bill):
    if not sala.can_crash:
        pytest.skip("attached to a server that is not ours to kill")
    payment = shop.payment()
    page = open_bill(payment)
    sala.kill()
    try:
        page.wait("words for it", lambda: page.shows("banner"))
        assert page.shows("amount")
    finally:
        sala.start()
    page.wait("the connection", lambda: page.state == "online")
    page.drop(shop.transfer()["image"])
    page.wait_status("accepted")
    # The token was signed, not kept: a reload is let in by the new process.
    page.script("location.reload()")
    page.wait("the page anew", lambda: page.script("return window.outcomes?.length === 1"))
    page.wait_status("accepted")


@pytest.mark.parametrize("language", ["th", "en"])
def test_nothing_is_wider_than_a_small_phone(shop, open_bill, tmp_path, language):
    payment = shop.payment("1234567.89", payee={**PAYEE, "name": "บริษัท ชื่อยาวมาก " * 6}, order="o" * 40)
    page = open_bill(payment, language)
    page.become_small_phone()
    page.wait("the code", lambda: page.shows("qr"))
    page.drop(shop.transfer("1234567.88")["image"])
    page.wait_verdict("AMOUNT_MISMATCH")

    def check():
        with page.front() as browser:
            assert browser.save_screenshot(str(tmp_path / f"{language}-{page.status}.png"))
        assert page.script("return document.documentElement.scrollWidth") <= 360
        assert page.script(TOO_WIDE) == []
        assert page.script(NAMELESS) == []
        assert page.script("return /undefined|null|NaN/.test(document.body.innerText)") is False

    check()
    page.drop(shop.transfer("1234567.89")["image"])
    page.wait_status("accepted")
    check()


def test_every_word_is_there_in_both_languages(open_bill, shop):
    page = open_bill(shop.payment())
    for _ in range(2):
        missing = page.script("""
            return [...document.querySelectorAll('[data-text], [data-label]')].filter((element) =>
                !(element.dataset.text ? element.textContent : element.ariaLabel)).map((element) => element.outerHTML);
        """)
        assert missing == []
        page.click("#language")
    unequal = page.script("""
        const { text } = await import('/demo/pay/files/strings.js');
        const source = await (await fetch('/demo/pay/files/strings.js')).text();
        const keys = [...new Set([...source.matchAll(/^    '([^']+)':/gm)].map((match) => match[1]))];
        return keys.filter((key) => text('th', key) === null || text('en', key) === null);
    """)
    assert unequal == []


def test_the_language_is_the_readers(shop, open_bill):
    page = open_bill(shop.payment(), "en")
    page.script("localStorage.clear(); location.reload()")
    page.wait("the page anew", lambda: page.script("return window.outcomes?.length === 1"))
    assert page.language == page.script("return navigator.language.startsWith('th') ? 'th' : 'en'")


def test_events_one_by_one_lead_to_the_servers_own_snapshot(sala, shop, open_bill):
    payment = shop.payment()
    page = open_bill(payment)
    page.drop(shop.transfer("344.99")["image"])
    page.wait_verdict("AMOUNT_MISMATCH")
    page.drop(shop.transfer()["image"])
    page.wait_status("accepted")
    shop.command(payment, "payment.refund", {"amount": "5.25"})
    page.wait_status("refunded")
    created = {"status": "pending", "rejectedSlips": [], "refunded": "0.00", "refunds": 0}
    folded, told = page.script("""
        const [session, token, created] = arguments;
        const get = async (path) => (await fetch(path, { headers: { Authorization: `Bearer ${token}` } })).json();
        const { Payment } = await import('/demo/pay/files/payment.js');
        const told = await get(session);
        const payment = new Payment('x');
        const facts = { ...told.state };
        for (const name of ['acceptance', 'acceptedAt', 'evidence']) delete facts[name];
        payment.snapshot({ epoch: told.epoch, offset: 0, state: { ...facts, ...created } });
        const { events } = await get(`${session}/log?after=0&limit=200`);
        const outcomes = new Set(events.map((event) => payment.event(event)));
        if (String([...outcomes]) !== 'applied') throw new Error(String([...outcomes]));
        const sorted = (value) => value === null || typeof value !== 'object' || Array.isArray(value) ? value
            : Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
        return [sorted(payment.state), sorted(told.state)];
    """, f"/v1/sessions/payment/{payment}", shop.token, created)
    assert folded == told


def test_the_demos_shop_and_bank(sala, bill):
    page = bill(f"{sala.http}/demo/pay/")
    page.wait("the box", lambda: page.shows("demo-make"))
    assert page.problem == "empty"
    page.speak("th")
    page.click("#demo-make")
    page.wait("the payment", lambda: page.script("return location.pathname.startsWith('/demo/pay/demo-')"))
    page.wait_open()
    page.wait("the bank", lambda: page.shows("demo-transfer"))
    for how, verdict in (("short", "AMOUNT_MISMATCH"), ("other", "RECEIVER_MISMATCH")):
        with page.front() as browser:
            Select(browser.find_element(By.ID, "demo-how")).select_by_value(how)
        before = page.script("return document.getElementById('demo-slip').src")
        page.click("#demo-transfer")
        page.wait("a slip", lambda: page.script("return document.getElementById('demo-slip').src") != before)
        page.click("#demo-use")
        page.wait_verdict(verdict)
        page.wait("the place for another", lambda: page.shows("drop"))
    with page.front() as browser:
        Select(browser.find_element(By.ID, "demo-how")).select_by_value("exact")
    before = page.script("return document.getElementById('demo-slip').src")
    page.click("#demo-transfer")
    page.wait("a slip", lambda: page.script("return document.getElementById('demo-slip').src") != before)
    page.click("#demo-use")
    page.wait_status("accepted")


def test_the_page_forbids_what_it_does_not_need(sala):
    for path in ("/demo/pay/", "/demo/pay/981", "/demo/pay/files", "/demo/pay/files/pay.js"):
        status, headers, _ = request("GET", sala.http + path)
        assert status == 200, path
        assert headers["Content-Security-Policy"].rstrip("; ") == POLICY
    assert request("GET", sala.http + "/demo/pay/files/nothing.js")[0] == 404
