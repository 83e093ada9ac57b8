"""The KMC's screens in Chromium: what a person does is done by role and label, what they see is read there.

Rules of this file:
1. Nothing is known of a page but what stands on it: a QR code is read from the pixels of a screenshot.
   What is used is what was seen there, and it is used with the keyboard.
2. A machine or a session is its cookies; one page shows them all, one after another.
3. A page is looked at once: until somebody leaves it, nothing changes on it but what we type.
"""

import re
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import sync_playwright

from kmc_harness.phone.pictures import find_codes
from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    GoToLogin,
    LogIn,
    LogOut,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    Screen,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UseSession,
)
from kmc_harness.targets._lab import BesideLab
from kmc_harness.targets.browser_words import Words

__all__ = ["FLAGS", "Browser", "chromium"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Instead of Playwright's list, of which these matter here; RenderDocument makes much anew for every page.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,RenderDocument",
)
PATIENCE_MS = 10_000
SMALLEST_PX = 80
"""A QR code is not smaller on a screen."""
NO_SUCH_THING = "there is nothing on the screen to do this with"
FOUND = """
  const seen = e => e.checkVisibility();
  const found = {
    field: [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(seen),
    button: [...document.querySelectorAll('button, [role=button], input[type=submit]')].filter(seen),
    link: [...document.querySelectorAll('a[href]')].filter(seen),
  };"""
LOOK = f"""(() => {{{FOUND}
  const text = e => (e.innerText || e.getAttribute('aria-label') || e.title || e.placeholder || '').trim();
  const ticks = e => ['checkbox', 'radio'].includes(e.type);
  return {{
    field: found.field.map(e => [e.labels?.length ? text(e.labels[0]) : text(e), ticks(e) ? (e.checked ? 'on' : '')
      : e.type == 'password' ? '•'.repeat(e.value.length) : e.value]),
    button: found.button.map(e => [text(e), '']),
    link: found.link.map(e => [text(e), e.href]),
    said: [...document.querySelectorAll('[role=alert], [role=alertdialog], [role=status]')].filter(seen)
      .map(e => [e.getAttribute('role'), text(e)]),
    pictures: [...document.querySelectorAll('img, canvas, svg')].filter(seen)
      .filter(e => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) >= {SMALLEST_PX}).length,
    heading: text(document.querySelector('h1') || document.body),
  }};
}})()"""
HELD_BACK = """(() => {
  const button = document.activeElement, form = button.form;
  if (!form || form.noValidate || button.formNoValidate) return '';
  return [...form.elements].find(e => e.willValidate && !e.validity.valid)?.validationMessage ?? '';
})()"""
"""What a browser says of a form that it does not send, because a field lacks something."""
_Cookies = list[dict[str, Any]]


class Browser(BesideLab):
    """A KMC in Chromium; administration, clock and mail are the lab's."""

    name = "browser"
    by_itself = frozenset(
        {
            Offer.SWITCH,
            Offer.RESET,
            Offer.RENEW,
            Offer.RULES,
            Offer.CHANGE,
            Offer.SCREEN,
            Offer.ACCOUNTS,
            Offer.MEMBERSHIPS,
            Offer.BROWSERS,
        }
    )

    def __init__(self, url: str, token: str = "", words: Words | None = None) -> None:
        """Look at `url`, with what `token` opens beside it (see BesideLab); `words`: what stands on the screens.

        The browser starts when something is to be done in it.

        Raises:
            LookupError: there is no Chromium.

        """
        super().__init__(url, token)
        self._words = words or Words()
        self._chromium = chromium()
        self._page: Any = None
        self._devtools: Any = None
        self._close: Callable[[], None] = lambda: None
        self._machines: dict[tuple[str, str], _Cookies] = {}
        self._sessions: dict[str, tuple[_Cookies, tuple[str, str] | None]] = {}
        self._shown = self._refused_at = ""
        self._look: dict[str, Any] = {}
        self._dones: dict[str, str] = {}
        self._cache_control = ""
        self._acts: dict[type[Action], Callable[[Any], Observation]] = {
            OpenEnrolmentLink: self._open,
            GoToLogin: self._go_to_login,
            LogIn: self._log_in,
            LogOut: self._log_out,
            UseSession: self._use,
            SwitchAccount: self._switch,
            ChangePassword: self._change,
            RequestReset: self._forgot,
            SetPassword: self._restore,
            ConfirmPassword: self._confirm,
        }

    def _start(self) -> None:
        playwright = sync_playwright().start()
        browser = playwright.chromium.launch(executable_path=self._chromium, args=FLAGS)
        self._page = browser.new_context(viewport={"width": 640, "height": 860}).new_page()
        self._page.set_default_timeout(PATIENCE_MS)
        self._devtools = self._page.context.new_cdp_session(self._page)
        self._page.on("response", self._answered)
        self._close = partial(_end, browser, playwright)

    def _answered(self, response: Any) -> None:
        if response.request.is_navigation_request():
            self._cache_control = response.headers.get("cache-control", "")

    def reset(self) -> None:
        """Everybody is new in any case; machines and sessions of the scenario before are forgotten."""
        for kept in (self._machines, self._sessions, self._dones):
            kept.clear()

    def perform(self, action: Action) -> Observation:
        """Do in the browser what users do, and through the lab what they do not."""
        if isinstance(action, RegisterUser | SetUserStatus | SetAccountStatus):
            return self._administer(action)
        if isinstance(action, EnableTwoFactor | DisableTwoFactor):
            return self._administer(action) if action.session is None else self._try_switching(action.session)
        if type(action) not in self._acts:
            raise NotOffered(type(action).__name__)
        if self._page is None:
            self._start()
        return self._acts[type(action)](action)

    def _administer(self, action: Action) -> Observation:
        said = self._with_lab(type(action).__name__).perform(action)
        return Observation(said["accepted"], said["message"])

    def close(self) -> None:
        """End the browser."""
        self._close()
        self._page = None
        super().close()

    # The page

    def _go(self, path: str) -> None:
        self._page.goto(self._url + path, wait_until="load")
        self._look = self._run(LOOK)
        self._shown = self._refused_at = ""

    def _run(self, script: str) -> Any:
        """Return what JavaScript makes of the page.

        Not by `page.evaluate` or a locator: they bring so much along for every page that half of the time goes there.
        """
        ran = self._devtools.send("Runtime.evaluate", {"expression": script, "returnByValue": True})
        if "exceptionDetails" in ran:
            raise RuntimeError(ran["exceptionDetails"].get("exception", {}).get("description", "a script failed"))
        return ran["result"].get("value")

    def _focus(self, role: str, name: re.Pattern[str]) -> bool:
        """Go to the first `field`, `button` or `link` of that name, as Tab does; False where there is none.

        Raises:
            LookupError: it takes nothing; what is typed would go to wherever one was before.

        """
        at = next((at for at, (text, _) in enumerate(self._look[role]) if name.match(text)), None)
        if at is None:
            return False
        go = f"const it = found.{role}[{at}]; it.focus(); it.select?.()"
        if not self._run(f"(() => {{{FOUND} {go}; return document.activeElement == it && !it.readOnly; }})()"):
            raise LookupError(f"the {role} {self._look[role][at][0]!r} is on the screen, but takes nothing")
        return True

    def _sit_at(self, cookies: _Cookies) -> None:
        context = self._page.context
        context.clear_cookies()
        if cookies:
            context.add_cookies(cookies)

    def _cookies(self) -> _Cookies:
        found: _Cookies = self._page.context.cookies()
        return found

    def _click(self, name: re.Pattern[str], role: str = "button") -> bool:
        """Follow it and wait for what comes; False where there is none.

        Where the browser itself holds a form back, the page stays, with what the browser says of it.
        """
        if not self._focus(role, name):
            return False
        if words := self._run(HELD_BACK):
            self._look["said"].append(["alert", words])
            return True
        with self._page.expect_navigation(wait_until="load"):
            self._page.keyboard.press("Enter")
        self._look = self._run(LOOK)
        return True

    def _fill(self, label: re.Pattern[str], text: str) -> bool:
        """Type `text` into a field in place of what is there; False where there is none."""
        if not self._focus("field", label):
            return False
        # What is there is selected.
        if text:
            self._page.keyboard.insert_text(text)
        else:
            self._page.keyboard.press("Delete")
        return True

    def _must(self, was_there: bool, what: re.Pattern[str]) -> None:
        """Break off where something is missing that is always there: that nobody answers is no refusal."""
        if not was_there:
            raise LookupError(f"nothing on the screen reads {what.pattern}")

    def _has(self, label: re.Pattern[str]) -> bool:
        return any(label.match(each) for each, _ in self._look["field"])

    def _tick(self, label: re.Pattern[str], on: bool) -> None:
        if any(label.match(each) and bool(value) is not on for each, value in self._look["field"]):
            self._focus("field", label)
            self._page.keyboard.press("Space")

    def _offers(self, button: re.Pattern[str]) -> bool:
        return any(button.match(text) for text, _ in self._look["button"])

    def _is_told(self, role: str) -> bool:
        """Whether there is an `alert`, an `alertdialog` or a `status`."""
        return any(each == role for each, _ in self._look["said"])

    def _see(self, accepted: bool | None = None, **more: Any) -> Observation:
        """Return what is on the page; `accepted`: None where a QR code says so."""
        look, named = self._look, self._words.named
        names = [named(label) for label, _ in look["field"] + look["button"]]
        names += [named(label, address) for label, address in look["link"]]
        filled_in = {named(label): text for label, text in look["field"]}
        picture = self._page.screenshot(full_page=True) if look["pictures"] else None
        if picture and not find_codes(picture):
            picture = None
        said = " ".join(" ".join(text for _, text in look["said"]).split())
        return Observation(
            accepted=bool(picture) if accepted is None else accepted,
            message=said,
            picture=picture,
            screen=Screen(tuple(dict.fromkeys(names)), filled_in, self._cache_control),
            **more,
        )

    # What people do

    def _address(self, kind: str, link: str) -> str:
        return self._words.links[kind] + quote(link.rpartition("/")[2], safe="=-_%")

    def _open(self, action: OpenEnrolmentLink) -> Observation:
        self._visit(self._address("enrolment", action.link), action.browser)
        self._shown = action.link
        return self._see()

    def _visit(self, address: str, handle: str | None) -> None:
        """Open a mailed link with the cookies of a session, if one is named; what it makes of them is kept."""
        cookies, machine = self._sessions.get(handle or "", ([], None))
        self._sit_at(cookies)
        self._go(address)
        if handle in self._sessions:
            self._sessions[handle] = (self._cookies(), machine)

    def _go_to_login(self, action: GoToLogin) -> Observation:
        self._sit_at(self._machines.get((action.email, action.device or ""), []))
        if action.link is None:
            self._go(self._words.start)
        elif self._shown != action.link or not self._click(self._words.follow):
            return self._see(False)
        return self._see(True)

    def _log_in(self, action: LogIn) -> Observation:
        machine = (action.email, action.device) if action.device else None
        address = self._words.start + (f"?{urlencode({'account': action.account})}" if action.account else "")
        if machine or self._refused_at != address or (action.code is None and self._has(self._words.code)):
            self._sit_at(self._machines.get(machine, []) if machine else [])
            self._go(address)
        fields = self._look["field"]
        self._must(self._fill(self._words.email, action.email), self._words.email)
        self._must(self._fill(self._words.password, action.password), self._words.password)
        self._tick(self._words.remember, machine is not None)
        if self._has(self._words.code):
            self._fill(self._words.code, action.code or "")
        self._must(self._click(self._words.log_in), self._words.log_in)
        asks = self._has(self._words.code)
        if asks and action.code is not None and len(fields) < len(self._look["field"]):
            self._fill(self._words.code, action.code)
            self._click(self._words.log_in)
        if not self._is_inside():
            # The next stranger types into what is there.
            self._refused_at = "" if machine else address
            return self._see(False, asks_for_code=asks and not action.code and self._has(self._words.code))
        self._refused_at = ""
        cookies = self._cookies()
        if machine:
            self._machines[machine] = cookies
        handle = f"cookies of login {len(self._sessions) + 1}"
        self._sessions[handle] = (cookies, machine)
        return self._inside(handle)

    def _is_inside(self) -> bool:
        return self._offers(self._words.log_out)

    def _inside(self, handle: str) -> Observation:
        return self._see(True, session=handle, account=self._here())

    def _here(self) -> str:
        """Return the account that the page is about."""
        heading: str = self._look["heading"]
        return heading

    def _enter(self, handle: str) -> bool:
        """Load the first page with the cookies of a session; whether that is still a page for insiders."""
        if self._page is None:
            self._start()
        self._sit_at(self._sessions[handle][0] if handle in self._sessions else [])
        self._go(self._words.home)
        return self._is_inside()

    def _use(self, action: UseSession) -> Observation:
        return self._inside(action.session) if self._enter(action.session) else self._see(False)

    def _log_out(self, action: LogOut) -> Observation:
        if self._enter(action.session):
            self._click(self._words.log_out)
            if machine := self._sessions[action.session][1]:
                self._machines[machine] = self._cookies()
        return self._see(True)

    def _switch(self, action: SwitchAccount) -> Observation:
        if not self._enter(action.session):
            return self._see(False)
        if self._here() == action.account:
            return self._inside(action.session)
        switch = self._words.switch_to.format(account=action.account)
        if not self._click(re.compile(f"^{re.escape(switch)}$")):
            return Observation(False, NO_SUCH_THING)
        if not self._is_inside() or self._here() != action.account:
            return self._see(False)
        self._sessions[action.session] = (self._cookies(), self._sessions[action.session][1])
        return self._inside(action.session)

    def _try_switching(self, handle: str) -> Observation:
        """Look for a way to switch two-factor authentication, on the pages of somebody logged in."""
        if not self._enter(handle):
            return self._see(False)
        return self._see(self._click(self._words.two_factor))

    def _change(self, action: ChangePassword) -> Observation:
        if not self._enter(action.session) or not self._click(self._words.settings, "link"):
            return self._see(False)
        self._fill(self._words.old_password, action.password)
        self._fill(self._words.code, action.code or "")
        done = self._choose(action.new_password)
        return self._see(done and self._is_told("status"), session=action.session)

    def _choose(self, password: str) -> bool:
        return (
            self._fill(self._words.new_password, password)
            and self._fill(self._words.again, password)
            and self._click(self._words.set_password)
        )

    def _forgot(self, action: RequestReset) -> Observation:
        self._sit_at([])
        self._go(self._words.start)
        self._must(self._click(self._words.forgot, "link"), self._words.forgot)
        self._must(self._fill(self._words.email, action.email), self._words.email)
        self._must(self._click(self._words.send), self._words.send)
        return self._see(self._is_told("status"))

    def _restore(self, action: SetPassword) -> Observation:
        self._visit(self._address("reset", action.link), action.browser)
        if not self._choose(action.password):
            return self._see(False)
        done = self._offers(self._words.ok)
        if done:
            self._dones[action.link] = self._page.url.removeprefix(self._url)
        return self._see(done)

    def _confirm(self, action: ConfirmPassword) -> Observation:
        if action.link not in self._dones:
            return Observation(False, NO_SUCH_THING)
        self._go(self._dones[action.link])
        if not self._click(self._words.ok):
            return self._see(False)
        self._shown = action.link
        seen = self._see()
        return seen if seen.picture or self._is_told("alert") else self._see(True)


def chromium() -> str:
    """Return the path of the system's Chromium; raises LookupError where there is none."""
    # The first one has no window to it, and takes half as long.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise LookupError("no Chromium is on the PATH: apt-get install chromium-headless-shell")


def _end(browser: Any, playwright: Any) -> None:
    browser.close()
    playwright.stop()
