"""What tests of pages in Chromium have in common: a tab, patience, and what counts as a complaint of the browser's."""

from contextlib import contextmanager

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# Seconds that anything visible may take on a busy machine.
PATIENCE = 30

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

COLLECT_VIOLATIONS = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
        window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""

# Everything that stands out of a phone's screen, but for what scrolls inside itself.
TOO_WIDE = """
    return [...document.querySelectorAll('body *')].filter((element) => {
        const box = element.getBoundingClientRect();
        return !element.closest('#products-items, .unseen, .skip') && box.width > 0 && box.right > innerWidth + 0.5;
    }).map((element) => element.id || element.className);
"""


class Tab:
    """One tab of the browser. It may be in the background: whoever looks at it has it in front meanwhile."""

    # Runs in every document before its own scripts.
    prelude = COLLECT_VIOLATIONS

    def __init__(self, browser, address):
        self.browser = browser
        self.address = address
        browser.switch_to.new_window("tab")
        self.handle = browser.current_window_handle
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": self.prelude})
        browser.get(address)

    @contextmanager
    def front(self):
        self.browser.switch_to.window(self.handle)
        yield self.browser

    def script(self, source, *arguments):
        with self.front() as browser:
            return browser.execute_script(source, *arguments)

    def wait(self, what, condition, patience=PATIENCE):
        with self.front() as browser:
            waiting = WebDriverWait(browser, patience, 0.03, ignored_exceptions=[StaleElementReferenceException])
            return waiting.until(lambda _: condition(), f"never came: {what}")

    def click(self, selector):
        with self.front() as browser:
            found = lambda: browser.find_elements(By.CSS_SELECTOR, selector)
            usable = lambda: [each for each in found() if each.is_displayed() and each.is_enabled()]
            self.wait(selector, usable)[0].click()

    def text(self, selector):
        return self.script("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    @property
    def state(self):
        return self.script("return document.getElementById('state').dataset.state")

    @property
    def language(self):
        return self.script("return document.documentElement.lang")

    def become_small_phone(self):
        with self.front() as browser:
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": True})

    @property
    def complaints(self):
        with self.front() as browser:
            logged = [entry["message"] for entry in browser.get_log("browser") if is_complaint(entry)]
        return self.script("return window.violations") + logged

    def close(self):
        with self.front() as browser:
            browser.close()


def is_complaint(entry):
    """Script errors and refusals count; a server that is away, or a route that is not offered, does not."""
    if "Content Security Policy" in entry["message"]:
        return True
    return entry["level"] == "SEVERE" and entry["source"] == "javascript" and "WebSocket connection" not in entry["message"]


@contextmanager
def tabs(chromium):
    """A list for tabs: closed afterwards, and none of them may have complained."""
    first = chromium.current_window_handle
    opened = []
    yield opened
    try:
        assert [complaint for tab in opened for complaint in tab.complaints] == []
    finally:
        for tab in opened:
            # The next test finds the browser as it was: the language is remembered.
            tab.script("localStorage.clear()")
            tab.close()
        chromium.switch_to.window(first)
