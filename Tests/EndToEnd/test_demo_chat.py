"""The page that an end user sees at /demo/chat/, in headless Chromium against a running `sala dev`."""

import pytest
from browser import POLICY, TOO_WIDE, Tab, is_complaint, tabs
from conftest import request
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# What a person reads of the thread: one line a message.
THREAD = """
    return [...document.querySelectorAll('#messages > .message')].map((row) => ({
        role: row.dataset.role, status: row.dataset.status, text: row.querySelector('.text').textContent,
    }));
"""


class Page(Tab):
    """One tab with the chat in it."""

    @property
    def thread(self):
        return self.script(THREAD)

    @property
    def last(self):
        thread = self.thread
        return thread[-1] if thread else {"role": None, "status": None, "text": ""}

    def wait_online(self):
        self.wait("the connection", lambda: self.state == "online")
        self.wait("the conversation", lambda: self.script("return document.getElementById('loading').hidden"))

    def wait_reply(self, status="completed"):
        self.wait(
            f"a reply that is {status}",
            lambda: self.last["role"] == "assistant" and self.last["status"] == status,
        )
        return self.last["text"]

    def wait_streaming(self, length=1):
        self.wait(
            "a reply that streams",
            lambda: self.last["status"] == "open" and len(self.last["text"]) >= length,
        )

    def send(self, text):
        with self.front() as browser:
            field = browser.find_element(By.ID, "input")
            field.send_keys(text)
            field.send_keys(Keys.ENTER)


@pytest.fixture
def open_page(sala, chromium, conversation_id):
    """Opens tabs on one conversation; afterwards none of them may have broken the page's own policy."""
    with tabs(chromium) as pages:
        def open_one():
            address = f"{sala.http}/demo/chat/#token={sala.token()}&conversation={conversation_id}"
            page = Page(chromium, address)
            pages.append(page)
            page.wait_online()
            return page

        yield open_one


def test_a_message_is_sent_and_its_reply_streams_in(sala, open_page):
    sala.pace(tokens=40, per_second=20)
    page = open_page()
    page.send("สวัสดีค่ะ อยากวางแผนการเงิน")
    steps = []

    def finished():
        last = page.last
        if last["role"] == "assistant" and last["status"] == "open" and last["text"] not in ["", *steps[-1:]]:
            steps.append(last["text"])
        return last["role"] == "assistant" and last["status"] == "completed"

    page.wait("the whole reply", finished)
    assert len(steps) >= 3, f"the reply came in {len(steps)} steps"
    for step, following in zip(steps, [*steps[1:], page.last["text"]]):
        assert following.startswith(step.rstrip())
    assert [row["role"] for row in page.thread] == ["user", "assistant"]
    assert page.thread[0]["text"] == "สวัสดีค่ะ อยากวางแผนการเงิน"


def test_a_reload_in_mid_reply_finds_the_reply_whole(sala, open_page, conversation_id):
    sala.pace(tokens=60, per_second=20)
    page = open_page()
    page.send("รายได้ประมาณเดือนละ 45,000 บาท")
    page.wait_streaming(length=10)
    seen = page.last["text"]
    with page.front() as browser:
        browser.refresh()
    page.wait_online()
    page.wait("the text from before the reload", lambda: page.last["text"].startswith(seen))
    text = page.wait_reply()
    assert text == sala.conversation(conversation_id)["messages"][-1]["text"]
    assert len(text) > len(seen)


def test_two_tabs_mirror_each_other(sala, open_page):
    sala.pace(tokens=80, per_second=20)
    first = open_page()
    first.send("เขียนจากแท็บแรก")
    first.wait_streaming()
    # The second tab comes in the middle of the reply, and sees it stream too.
    second = open_page()
    second.wait_streaming()
    second.wait_reply()
    first.wait_reply()
    assert first.thread == second.thread
    second.send("เขียนจากแท็บที่สอง")
    first.wait("the second message", lambda: len(first.thread) == 4)
    first.wait_streaming()
    first.wait_reply()
    second.wait_reply()
    assert first.thread == second.thread
    assert [row["role"] for row in first.thread] == ["user", "assistant", "user", "assistant"]


def test_stop_ends_a_reply_and_regenerate_asks_again(sala, open_page):
    sala.pace(tokens=400, per_second=20)
    page = open_page()
    page.send("ตอบยาว ๆ")
    page.wait_streaming(length=5)
    page.click("#stop")
    stopped = page.wait_reply("cancelled")
    assert stopped
    assert page.script("return document.getElementById('stop').hidden")
    assert page.script("return document.querySelector('.message:last-child .mark').textContent") == "Stopped"
    sala.pace(tokens=20, per_second=40)
    page.click(".regenerate")
    assert page.wait_reply("completed")


def test_a_provider_that_fails_is_told_and_may_be_asked_again(sala, open_page):
    sala.pace(status=500)
    page = open_page()
    page.send("ลองดู")
    page.wait_reply("failed")
    sala.pace(tokens=20, per_second=40)
    page.click(".regenerate")
    assert page.wait_reply("completed")


def test_a_server_that_goes_away_is_shown_and_nothing_is_missing_afterwards(sala, open_page, conversation_id):
    if not sala.can_crash:
        pytest.skip("attached to a server that is not ours to kill")
    sala.pace(tokens=400, per_second=20)
    page = open_page()
    page.send("ข้อความก่อนเซิร์ฟเวอร์ล่ม")
    page.wait_streaming(length=10)
    sala.kill()
    try:
        page.wait("the countdown", lambda: page.state == "waiting")
        shown = page.wait("words for it", lambda: page.script(
            "const state = document.getElementById('state'); return state.dataset.state === 'waiting' && state.innerText"))
        assert "Reconnecting in" in shown
        page.send("ข้อความตอนเซิร์ฟเวอร์ไม่อยู่")
        page.wait("the message as pending", lambda: page.last["status"] == "pending")
    finally:
        sala.start()
    sala.pace(tokens=20, per_second=40)
    page.wait("the connection", lambda: page.state == "online")
    page.wait("both messages and their replies", lambda: [row["role"] for row in page.thread if row["status"] != "pending"]
              == ["user", "assistant", "user", "assistant"] and page.last["status"] == "completed")
    thread = page.thread
    assert [row["text"] for row in thread if row["role"] == "user"] == [
        "ข้อความก่อนเซิร์ฟเวอร์ล่ม", "ข้อความตอนเซิร์ฟเวอร์ไม่อยู่"]
    assert thread[1]["status"] == "interrupted"
    stored = sala.conversation(conversation_id)["messages"]
    assert [row["text"] for row in thread] == [message["text"] for message in stored]


def test_the_profile_fills_up(sala, open_page):
    sala.pace(tokens=5, per_second=40)
    page = open_page()
    page.send("รายได้ประมาณเดือนละ 45,000 บาท")
    page.wait("the income", lambda: page.script("return document.getElementById('completeness').value") == 33)
    income = page.script("return document.querySelector('.fact[data-field=income] dd').textContent")
    assert "45,000" in income
    page.wait_reply()


def test_the_language_is_switched_and_remembered(open_page):
    page = open_page()
    before = page.script("return document.documentElement.lang")
    title = page.script("return document.getElementById('title').textContent")
    page.click("#language")
    page.wait("the other language", lambda: page.script("return document.documentElement.lang") != before)
    assert page.script("return document.getElementById('title').textContent") != title
    with page.front() as browser:
        browser.refresh()
    page.wait_online()
    assert page.script("return document.documentElement.lang") != before
    page.click("#language")
    page.wait("the first language", lambda: page.script("return document.documentElement.lang") == before)


def test_enter_belongs_to_the_input_method_while_it_composes(open_page):
    page = open_page()
    page.script("""
        const input = document.getElementById('input');
        input.value = 'ก';
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }));
    """)
    assert page.thread == []
    assert page.script("return document.getElementById('input').value") == "ก"
    page.script("""
        document.getElementById('input').dispatchEvent(
            new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    """)
    page.wait("the message", lambda: len(page.thread) > 0)
    page.wait_reply()


@pytest.mark.parametrize("language", ["th", "en"])
def test_nothing_is_wider_than_a_small_phone(open_page, tmp_path, language):
    page = open_page()
    page.become_small_phone()
    if page.script("return document.documentElement.lang") != language:
        page.click("#language")
    for step, act in enumerate([lambda: None, lambda: (page.send("https://example.com/" + "x" * 120), page.wait_reply())]):
        act()
        with page.front() as browser:
            assert browser.save_screenshot(str(tmp_path / f"{language}-{step}.png"))
        wide = page.script(
            "return [document.documentElement.scrollWidth, document.getElementById('thread').scrollWidth]")
        wide.append(page.script(TOO_WIDE))
        assert wide[0] <= 360 and wide[1] <= 360 and wide[2] == [], wide
    if page.script("return document.documentElement.lang") != "en":
        page.click("#language")


def test_the_page_forbids_what_it_does_not_need(sala, open_page):
    status, headers, _ = request("GET", sala.http + "/demo/chat/")
    assert status == 200
    assert headers["Content-Security-Policy"].rstrip("; ") == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    # The collector of violations is only worth something if it sees one.
    page = open_page()
    page.script("""
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
    """)
    page.wait("the violation", lambda: page.script("return window.violations.length") > 0)
    assert not page.script("return window.ran === true")
    page.script("window.violations.length = 0")
    with page.front() as browser:
        assert any(is_complaint(entry) for entry in browser.get_log("browser"))


def test_the_token_leaves_the_address_at_once(open_page, conversation_id):
    page = open_page()
    with page.front() as browser:
        assert browser.current_url.endswith(f"#conversation={conversation_id}")
