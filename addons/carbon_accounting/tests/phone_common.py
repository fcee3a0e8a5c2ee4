import base64
import os
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urljoin

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser, save_test_file


class Phone:
    """A page in a real browser of the size of a phone: what a person does there, and what that person sees."""

    def __init__(self, browser, case):
        self.browser, self.case = browser, case
        self._ask("Network.enable")
        self._ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        self._ask("Emulation.setTimezoneOverride", timezoneId="Asia/Shanghai")

    def _ask(self, method, **params):
        return self.browser._websocket_request(method, params=params, timeout=30.0)

    def js(self, code):
        """Return the value of an expression on the page; promises are awaited."""
        answer = self._ask("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, (code, answer)
        return answer["result"].get("value")

    def wait(self, code, seconds=20):
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not (value := self.js(code)):
            if time.monotonic() > end:
                self.shot("waiting")
                self.case.fail(f"not seen: {code}; on the page: {self.js('document.body.innerText')}")
            time.sleep(0.1)
        return value

    def tap(self, selector):
        """Tap on what is visible."""
        self.wait(f"(e => e && e.offsetParent !== null && !e.disabled)(document.querySelector('{selector}'))")
        self.js(f"document.querySelector('{selector}').click()")

    def type(self, selector, text):
        """Replace what a field holds, as a keyboard does."""
        self.js(
            f"(e => {{ e.focus(); e.value = '{text}'; e.dispatchEvent(new Event('input', {{bubbles: true}})); }})"
            f"(document.querySelector('{selector}'))"
        )

    def text(self, selector):
        """Return the words that are shown."""
        return self.js(f"document.querySelector('{selector}').innerText") or ""

    def offline(self, offline=True):
        """Take the phone off the network, or back."""
        self._ask(
            "Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )

    def shot(self, name):
        """Keep a picture where CARBON_SHOTS names a folder, else with the pictures of failed tests."""
        raw = base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])
        if folder := os.environ.get("CARBON_SHOTS"):
            with open(os.path.join(folder, f"{name}.png"), "wb") as file:
                file.write(raw)
        elif name == "waiting":
            save_test_file(self.case._testMethodName, raw, "phone_")


class PhoneCase(HttpCase):
    """Tests with a phone in the hand."""

    browser_size = "390x844"
    touch_enabled = True

    @contextmanager
    def _phone(self, address, user):
        """Log in and open a page.

        :param address: path of the page
        :param user: ``res.users``; gets a password
        :return: the :class:`Phone`
        """
        user.password = user.login
        browser = ChromeBrowser(self)
        with self.allow_requests(browser=browser), ExitStack() as stack:
            stack.callback(self._wait_remaining_requests)
            self.authenticate(user.login, user.login, browser=browser)
            self.cr.flush()
            self.cr.clear()
            stack.callback(browser.stop)
            phone = Phone(browser, self)
            browser.navigate_to(urljoin(self.base_url(), address), wait_stop=True)
            yield phone
        self.env.invalidate_all()
