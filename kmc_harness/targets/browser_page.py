"""One page in Chromium: what is seen on it, used with keyboard or mouse, and waited for; whose machine it is on.

Rules of this file:
1. Nothing is known of a page but what stands on it. What is used is what was seen there.
2. A page without scripts changes by a navigation alone. One with scripts is looked at again until nothing is under way
   and it stays as it is.
3. A machine is what a browser keeps: cookies and stores. What it keeps for one tab goes with the tab.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Error, sync_playwright

from kmc_harness.hosting.time_limit import left_s
from kmc_harness.phone.pictures import find_codes
from kmc_harness.targets.browser_words import Word

__all__ = ["FLAGS", "Kept", "Look", "Page", "chromium"]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Instead of Playwright's list, of which these matter here; RenderDocument makes much anew for every page.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding,RenderDocument",
)
PATIENCE_S, SPARE_S = 25.0, 5.0
"""A large front end takes seconds where the machine is busy: until so long before the limit of an answer."""
QUIET_MS = 60
"""So long a page with scripts has to stay as it is."""
WRITABLE_MS = 3_000
"""So long a field may be read-only before one can type: the KMC keeps its password fields so for a second."""
WINDOW_MS = 5_000
"""So long a window may take until it asks for its page."""
SMALLEST_PX = 80
"""A QR code is not smaller on a screen."""
WAITED_FOR = frozenset({"document", "script", "xhr", "fetch"})
"""Kinds of requests that change what a page says."""
SCRIPT = Path(__file__).with_name("_browser_look.js").read_text(encoding="utf-8")


class Kept(NamedTuple):
    """What a browser keeps: on the machine, and in one tab."""

    cookies: Sequence[Any] = ()
    stored: tuple[tuple[str, str], ...] = ()
    of_tab: tuple[tuple[str, str], ...] = ()

    def in_a_new_tab(self) -> "Kept":
        """Return what is there when one comes back another day."""
        return self._replace(of_tab=())


class Look(NamedTuple):
    """What is seen of a page; `field` and `control` are lists of name, value or address, and selectors that fit."""

    field: Sequence[Any] = ()
    control: Sequence[Any] = ()
    said: Sequence[Any] = ()
    lines: Sequence[str] = ()
    pictures: Sequence[str] = ()
    heading: str = ""
    scripted: bool = False
    busy: bool = False
    keeps: bool = False

    def has(self, role: str, word: Word) -> bool:
        """Whether there is a `field` or `control` of that word."""
        return any(word.fits(name, selectors) for name, _, selectors in getattr(self, role))

    def says(self, word: Word) -> bool:
        """Whether a line of the page reads so."""
        return any(word.fits(line, ()) for line in self.lines)


class _Tab:
    """One tab, with what is under way in it, and what has been answered since its page was gone to."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_S * 1000)
        self.devtools = context.new_cdp_session(self.page)
        self.devtools.send("Page.enable")
        self.under_way: set[Any] = set()
        self.answers: list[Any] = []
        self.page.on("request", self._asked)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)
        self.page.on("response", self._answered)

    def _asked(self, request: Any) -> None:
        if request.resource_type in WAITED_FOR:
            self.under_way.add(request)

    def _ended(self, request: Any) -> None:
        self.under_way.discard(request)

    def _answered(self, response: Any) -> None:
        self.answers.append(response)

    def close(self) -> None:
        """Close it."""
        self.page.close()


class Page:
    """A page that one person after another sits at; Chromium starts with the first of them."""

    def __init__(self, origin: str, selectors: Sequence[str], busy: Word, viewport: tuple[int, int]) -> None:
        """Look at `origin`; `selectors`: which elements one needs to be told of; `busy`: what reads as work under way.

        Raises:
            LookupError: there is no Chromium.

        """
        self.look = Look()
        self._origin, self._selectors, self._busy, self._viewport = origin, list(selectors), busy, viewport
        self._chromium = chromium()
        self._context: Any = None
        self._tab: Any = None
        self._close: Callable[[], None] = lambda: None
        self._sat = Kept()
        self._keeps = False
        self._opened: list[Any] = []
        self._leads: dict[str, str] = {}
        self._before: frozenset[str] = frozenset()

    # The browser and its tabs

    def start(self) -> None:
        """Start Chromium, if it has not been."""
        if self._context:
            return
        playwright = sync_playwright().start()
        browser = playwright.chromium.launch(executable_path=self._chromium, args=FLAGS)
        width, height = self._viewport
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self._context.on("page", self._has_opened)
        self._close = partial(_end, browser, playwright)
        self.new_tab()

    def new_tab(self) -> Any:
        """Open another tab, and return the one that is left as it is."""
        left, self._tab = self._tab, _Tab(self._context)
        return left

    def back_to(self, tab: Any) -> None:
        """Go on in a tab that was left, and close this one."""
        self._tab.close()
        self._tab = tab
        self._settle()

    def _has_opened(self, page: Any) -> None:
        self._opened.append(page)

    def close(self) -> None:
        """End the browser."""
        self._close()
        self._context = self._tab = None

    @property
    def address(self) -> str:
        """Where one is."""
        found: str = self._tab.page.url
        return found.removeprefix(self._origin)

    def sit_at(self, kept: Kept) -> None:
        """Sit down at a machine that keeps this."""
        self.start()
        self._context.clear_cookies()
        if kept.cookies:
            self._context.add_cookies(kept.cookies)
        self._sat = kept

    def kept(self) -> Kept:
        """Return what this machine and this tab keep."""
        stores: Any = [[], []]
        if self.look.keeps:
            stores = self._run("[Object.entries(localStorage), Object.entries(sessionStorage)]")
        stored, of_tab = (tuple((name, value) for name, value in each) for each in stores)
        return Kept(self._context.cookies(), stored, of_tab)

    def go(self, path: str) -> None:
        """Load an address, on the machine one sits at; that the page was loaded is not awaited where it says more."""
        self.start()
        self._tab.answers.clear()
        self._tab.under_way.clear()
        self._before = frozenset()
        added = None
        if self._keeps or self._sat.stored or self._sat.of_tab:
            source = _storing(self._origin, self._sat)
            added = self._tab.devtools.send("Page.addScriptToEvaluateOnNewDocument", {"source": source})["identifier"]
        self._tab.page.goto(self._origin + path, wait_until="load", timeout=_patience_s() * 1000)
        if added:
            self._tab.devtools.send("Page.removeScriptToEvaluateOnNewDocument", {"identifier": added})
        self._settle()

    # Looking

    def _run(self, script: str) -> Any:
        """Return what JavaScript makes of the page.

        Not by `page.evaluate` or a locator: they bring so much along for every page that half of the time goes there.
        """
        ran = self._tab.devtools.send("Runtime.evaluate", {"expression": script, "returnByValue": True})
        if "exceptionDetails" in ran:
            raise RuntimeError(ran["exceptionDetails"].get("exception", {}).get("description", "a script failed"))
        return ran["result"].get("value")

    def _ask(self, function: str, *arguments: Any) -> Any:
        said = ", ".join(map(json.dumps, arguments))
        return self._run(f"(() => {{ {SCRIPT}; return {function}({said}); }})()")

    def _see(self) -> Look:
        return Look(**self._ask("kmcLook", self._selectors, SMALLEST_PX))

    def _settle(self) -> None:
        """Look, and where there are scripts look until nothing is under way and what is seen stays.

        Raises:
            LookupError: it says of itself that it is not ready, or nothing is to be seen on it.

        """
        patience_s = _patience_s()
        until = time.monotonic() + patience_s
        seen: Look | None = None
        while True:
            try:
                look = self._see()
            except (Error, RuntimeError):  # it is being left
                if time.monotonic() > until:
                    raise
                look = None
            idle = look and not self._tab.under_way and not look.busy and not look.says(self._busy)
            if look and (not look.scripted or (idle and look == seen) or time.monotonic() > until):
                break
            seen = look if idle else None
            self._tab.page.wait_for_timeout(QUIET_MS)
        if look.scripted and (look.busy or look.says(self._busy)):
            raise LookupError(
                f"{self.address} was not ready after {patience_s:.0f} s; a longer answer_within waits longer"
            )
        self.look = look
        self._keeps = self._keeps or look.keeps

    def picture(self) -> tuple[bytes, str] | None:
        """Return a picture of the page with a QR code on it, and the Cache-Control of the answer that brought that."""
        if not self.look.pictures:
            return None
        picture: bytes = self._tab.page.screenshot(full_page=True)
        return (picture, self._kept_by(self.look.pictures)) if find_codes(picture) else None

    def texts(self, word: Word) -> list[str]:
        """Return what the elements read that a selector finds."""
        return [name for name, _, fits in self.look.control if word.fits(name, fits)]

    def cache_control(self) -> str:
        """Return what says of the page itself whether it may be kept."""
        pages = [each for each in self._tab.answers if each.request.is_navigation_request()]
        return _cache_control(pages[-1]) if pages else ""

    def _kept_by(self, pictures: Sequence[str]) -> str:
        """Return the Cache-Control of what brought a picture: its own answer, or that in whose text it stands."""
        answers = [
            each for each in self._tab.answers if each.request.resource_type in {*WAITED_FOR, "image"} - {"script"}
        ]
        for each in answers:
            if each.url in pictures:
                return _cache_control(each)
        data = [each.partition("base64,")[2] for each in pictures if each.startswith("data:")]
        for each in reversed(answers) if len(answers) > 1 else ():
            with contextlib.suppress(Error, UnicodeDecodeError):  # of an answer that led elsewhere there is no text
                said = each.body().decode().replace("\\/", "/")
                if any(text and text in said for text in data):
                    return _cache_control(each)
        return self.cache_control()

    def told(self) -> str:
        """Return what a person is told by the last thing they did: alerts, or else the lines that were not there."""
        said = [text for _, text in self.look.said]
        names = {name for name, *_ in (*self.look.field, *self.look.control)}
        return " ".join(said or [each for each in self.look.lines if each not in self._before and each not in names])

    # Using what is there

    def _place(self, role: str, word: Word) -> int | None:
        rows = getattr(self.look, role)
        return next((at for at, (name, _, fits) in enumerate(rows) if word.fits(name, fits)), None)

    def _reach(self, role: str, at: int) -> Any:
        """Go to a field or control, as Tab does.

        Raises:
            LookupError: it takes nothing; what is typed would go to wherever one was before.

        """
        until = time.monotonic() + (WRITABLE_MS / 1000 if self.look.scripted else 0)
        while (found := self._ask("kmcGo", self._selectors, role, at, self.look.scripted))["how"] == "nothing":
            if time.monotonic() > until:
                name = getattr(self.look, role)[at][0]
                raise LookupError(f"the {role} {name!r} is on the screen, but takes nothing")
            self._tab.page.wait_for_timeout(QUIET_MS)
        return found

    def fill(self, word: Word, text: str) -> bool:
        """Type `text` into the first field of that word in place of what is there; False where there is none."""
        at = self._place("field", word)
        if at is None:
            return False
        self._reach("field", at)
        # What is there is selected.
        if text:
            self._tab.page.keyboard.insert_text(text)
        else:
            self._tab.page.keyboard.press("Delete")
        return True

    def tick(self, word: Word, on: bool = True) -> bool:
        """Tick the first field of that word, or take the tick away; False where there is none."""
        at = self._place("field", word)
        if at is None:
            return False
        if bool(self.look.field[at][1]) is not on:
            self._reach("field", at)
            self._tab.page.keyboard.press("Space")
            if self.look.scripted:
                self._settle()
        return True

    def click(self, word: Word) -> bool:
        """Use the first control of that word, and wait for what comes; False where there is none.

        Where the browser itself holds a form back, the page stays, with what the browser says of it.
        """
        at = self._place("control", word)
        if at is None:
            return False
        self._before, self._opened[:] = frozenset(self.look.lines), []
        self._press(at)
        for each in self._opened:
            each.close()
        return True

    def _press(self, at: int) -> None:
        found = self._reach("control", at)
        if found["how"] == "keys" and (words := self._ask("kmcHeldBack")):
            self.look = self.look._replace(said=[*self.look.said, ["alert", words]])
            return
        use = partial(self._tab.page.keyboard.press, "Enter")
        if found["how"] == "mouse":
            use = partial(self._tab.page.mouse.click, found["x"], found["y"])
        if self.look.scripted:
            use()
        else:
            with self._tab.page.expect_navigation(wait_until="load"):
                use()
        self._settle()

    def leads(self, word: Word) -> list[str]:
        """Return the addresses of the windows that controls of that word open; each is asked once."""
        found = []
        for at, (name, _, fits) in enumerate(self.look.control):
            if word.fits(name, fits):
                kind = f"{name} {at} of {len(self.look.control)}"
                if address := self._leads.get(kind) or self._window(at):
                    self._leads[kind] = address
                    found.append(address)
        return found

    def _window(self, at: int) -> str:
        """Return the address of the window that a control opens, which is closed again; empty where none opens."""
        asked: list[str] = []

        def note(request: Any) -> None:
            if request.is_navigation_request():
                asked.append(request.url)

        self._opened.clear()
        self._context.on("request", note)
        try:
            self._press(at)
            until = time.monotonic() + WINDOW_MS / 1000
            # Of a page that is there at once no request may be told, of one that cannot be had no address.
            while not (found := [*asked, *(each.url for each in self._opened if each.url.startswith("http"))]):
                if time.monotonic() > until:
                    break
                self._tab.page.wait_for_timeout(QUIET_MS)
        finally:
            self._context.remove_listener("request", note)
            for each in self._opened:
                each.close()
        return found[0] if found and self._opened else ""


def _patience_s() -> float:
    return max(left_s(PATIENCE_S + SPARE_S) - SPARE_S, 1.0)


def chromium() -> str:
    """Return the path of the system's Chromium; raises LookupError where there is none."""
    # The first one has no window to it, and takes half as long.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise LookupError("no Chromium is on the PATH: apt-get install chromium-headless-shell")


def _cache_control(answer: Any) -> str:
    found: str = answer.headers.get("cache-control", "")
    return found


def _storing(origin: str, kept: Kept) -> str:
    """Return what puts into the stores of a new page what a machine and a tab keep, before the page can look."""
    stores = {"localStorage": kept.stored, "sessionStorage": kept.of_tab}
    put = "".join(
        f"{store}.clear(); for (const [name, value] of {json.dumps(pairs)}) {store}.setItem(name, value);"
        for store, pairs in stores.items()
    )
    return f"if (location.origin == {json.dumps(origin)}) {{ {put} }}"


def _end(browser: Any, playwright: Any) -> None:
    browser.close()
    playwright.stop()
