"""Clicks through django-two-factor-auth's pages as a browser does: forms with CSRF tokens, redirects, QR code images.

A form that is sent on has done what it was for; one that comes back says why not in its lists of errors. A session is a
browser: its cookies are kept here, under a number. Logging out leaves them as they were: a session has ended once a
copy of its cookies opens nothing, not where a browser was told to drop them.
"""

from html.parser import HTMLParser

import httpx

from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPairing,
    LogIn,
    LogOut,
    NotOffered,
    Observation,
    Offer,
    RegisterUser,
    RequestReset,
    SetPassword,
    StartPairing,
    UseSession,
)

HOME, LOGIN, SETUP = "/", "/account/login/", "/account/two_factor/setup/"
LOGIN_CODE, PAIRING_CODE = "token-otp_token", "generator-token"
"""What the fields are called that want a code."""
DEAD_LINK = "The password reset link was invalid"
OK, FOUND = 200, 302
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
"""Servers close connections that are idle for minutes, and minutes pass at once here."""


class TwoFactor:
    """One server, over HTTP."""

    offers = frozenset({Offer.SETTINGS, Offer.RESET, Offer.CHANGE, Offer.PICTURE})

    def __init__(self, url: str = "http://127.0.0.1", transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self.transport = transport or httpx.HTTPTransport(limits=NO_REUSE)
        self.reset()

    def reset(self) -> None:
        """People are new in each scenario; the browsers of those before are forgotten."""
        self.browsers: dict[str, httpx.Client] = {}
        self.pairings: dict[str, Page] = {}

    def close(self) -> None:
        self.transport.close()

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(email=email, password=str(password)):
                return self.fill_in("/signup/", LOGIN, username=email, password1=password, password2=password)
            case LogIn(email, password, code):
                return self.log_in(email, password, code)
            case UseSession(session):
                return seen(self.browsers[session].get(HOME))
            case LogOut(session):
                # In a browser of its own with the same cookies: what was copied before is what is tried afterwards.
                return self.log_out(self.browser(self.browsers[session].cookies))
            case StartPairing(session):
                return self.start_pairing(session)
            case ConfirmPairing(session, code):
                page = self.pairings[session]
                answer = page.submit(self.browsers[session], **{PAIRING_CODE: code})
                return seen(answer, SETUP + "complete/")
            case ChangePassword(session, password, new_password):
                done = "/accounts/password_change/done/"
                typed = {"old_password": password} | new(new_password)
                return self.fill_in("/accounts/password_change/", done, self.browsers[session], **typed)
            case RequestReset(email):
                return self.fill_in("/accounts/password_reset/", "/accounts/password_reset/done/", email=email)
            case SetPassword(link, password):
                path = httpx.URL(link).path
                return self.fill_in(path, "/accounts/reset/done/", **new(password))
        raise NotOffered(type(action).__name__)

    def log_in(self, email: str, password: str, code: str | None) -> Observation:
        browser = self.browser()
        typed = {"auth-username": email, "auth-password": password}
        answer = Page(browser.get(LOGIN)).submit(browser, **typed)
        if answer.status_code == OK and LOGIN_CODE in (page := Page(answer)).fields:
            if code is None:
                return Observation(False, asks_for_code=True)
            answer = page.submit(browser, **{LOGIN_CODE: code})
            if code == "" and answer.status_code == OK:  # the form stays, and says that the field is required
                return Observation(False, Page(answer).said, asks_for_code=True)
        if not (observed := seen(answer, HOME)).accepted:
            return observed
        session = str(len(self.browsers))
        self.browsers[session] = browser
        return Observation(True, session=session)

    def log_out(self, browser: httpx.Client) -> Observation:
        answer = browser.get(HOME)
        if answer.status_code == OK:
            answer = Page(answer).submit(browser)
        return seen(answer, LOGIN)

    def start_pairing(self, session: str) -> Observation:
        browser = self.browsers[session]
        answer = browser.get(SETUP)
        if answer.status_code == FOUND:  # to its last page, where there is a pairing, or to the login
            return Observation(False)
        page = Page(Page(answer).submit(browser))
        self.pairings[session] = page
        return Observation(True, picture=browser.get(page.images[0]).content)

    def fill_in(self, path: str, done: str, browser: httpx.Client | None = None, **typed: str) -> Observation:
        """Open the page at `path`, type, and send it; `done` is where that leads."""
        browser = browser or self.browser()
        answer = browser.get(path, follow_redirects=True)
        if answer.status_code == OK and DEAD_LINK in answer.text:
            return Observation(False, DEAD_LINK)
        if answer.history and answer.url.path == LOGIN:  # who is logged in no longer
            return Observation(False)
        return seen(Page(answer).submit(browser, **typed), done)

    def browser(self, cookies: httpx.Cookies | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.url, transport=self.transport, cookies=cookies, timeout=30)


class Page(HTMLParser):
    """What a browser sees of a page: the form with its fields, lists of errors, and images."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        if answer.status_code != OK:
            raise broken(answer)
        self.answer = answer
        self.fields: dict[str, str] = {}
        self.action = answer.url.path
        self.images: list[str] = []
        self.errors: list[str] = []
        self.in_errors = False
        self.feed(answer.text)

    @property
    def said(self) -> str:
        return " ".join(self.errors)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        match tag:
            case "form":
                self.action = given.get("action") or self.action
            case "input" if "name" in given:
                self.fields[given["name"]] = given.get("value", "")
            case "img":
                self.images.append(given["src"])
            case "ul":
                self.in_errors = "errorlist" in given.get("class", "")

    def handle_endtag(self, tag: str) -> None:
        self.in_errors = self.in_errors and tag != "ul"

    def handle_data(self, data: str) -> None:
        if self.in_errors and data.strip():
            self.errors.append(data.strip())

    def submit(self, browser: httpx.Client, **typed: str) -> httpx.Response:
        if not typed.keys() <= self.fields.keys():
            raise broken(self.answer)
        return browser.post(self.action, data=self.fields | typed)


def new(password: str) -> dict[str, str]:
    return {"new_password1": password, "new_password2": password}


def seen(answer: httpx.Response, success: str = "") -> Observation:
    """Tell what a person sees of an answer: sent on to `success`, or shown the page asked for where that is empty."""
    sent_to = httpx.URL(answer.headers.get("location", "")).path if answer.status_code == FOUND else ""
    if answer.status_code == OK and not success:
        return Observation(True)
    if sent_to and sent_to == success:
        return Observation(True)
    if sent_to == LOGIN:
        return Observation(False)
    if answer.status_code == OK and (page := Page(answer)).errors:
        return Observation(False, page.said)
    raise broken(answer)


def broken(answer: httpx.Response) -> RuntimeError:
    page = answer.request.url.path.split("/")[1]  # what follows may be a secret
    return RuntimeError(f"{answer.request.method} /{page} was answered {answer.status_code}")
