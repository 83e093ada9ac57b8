"""Speaks to Flask-Security's JSON API. A session is a browser: its cookies are kept here, under a number.

Logging out leaves them as they were: a session has ended once a copy of its cookies opens nothing, not where a browser
was told to drop them.
"""

import time
from collections.abc import Sequence
from http.cookiejar import Cookie

import httpx

from kmc_harness.hosting.mail import compile_links, read
from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPairing,
    LogIn,
    LogOut,
    Mail,
    NotOffered,
    Observation,
    Offer,
    RegisterUser,
    RequestReset,
    SetPassword,
    StartPairing,
    UseSession,
)

OK, REFUSALS = 200, (400, 401)
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
"""Servers close connections that are idle for minutes, and minutes pass at once here."""


class FlaskSecurity:
    """One server, over HTTP."""

    offers = frozenset({Offer.SETTINGS, Offer.RESET, Offer.CHANGE})

    def __init__(self, url: str = "http://127.0.0.1", transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self.transport = transport or httpx.HTTPTransport(limits=NO_REUSE)
        self.reset()

    def reset(self) -> None:
        """People are new in each scenario; the browsers of those before are forgotten."""
        self.browsers: dict[str, httpx.Client] = {}
        self.machines: dict[str | None, list[Cookie]] = {}
        self.pairings: dict[str, str] = {}

    def close(self) -> None:
        self.transport.close()

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(email=email, password=str(password)):
                return seen(post(self.browser(), "/register", email=email, **twice("password", password)))
            case LogIn(email, password, code, device=device):
                return self.log_in(email, password, code, device)
            case UseSession(session):
                return seen(self.browsers[session].get("/account"))
            case LogOut(session):
                # In a browser of its own with the same cookies: what was copied before is what is tried afterwards.
                return seen(post(self.browser(self.browsers[session].cookies), "/logout"))
            case StartPairing(session, password):
                return self.start_pairing(session, password)
            case ConfirmPairing(session) if session not in self.pairings:
                return Observation(False, "no pairing was begun in this browser")  # the page has no field for a code
            case ConfirmPairing(session, code):
                return seen(post(self.browsers[session], f"/tf-setup/{self.pairings[session]}", code=code))
            case ChangePassword(session, password, new_password):
                changed = twice("new_password", new_password)
                return seen(post(self.browsers[session], "/change", password=password, **changed))
            case RequestReset(email):
                return seen(post(self.browser(), "/reset", email=email))
            case SetPassword(link, password):
                return seen(post(self.browser(), httpx.URL(link).path, **twice("password", password)))
        raise NotOffered(type(action).__name__)

    def log_in(self, email: str, password: str, code: str | None, device: str | None) -> Observation:
        browser = self.browser()
        for cookie in self.machines.get(device, ()):
            browser.cookies.jar.set_cookie(cookie)
        answer = post(browser, "/login", email=email, password=password)
        if answer.status_code == OK and answer.json()["response"]["tf_required"]:
            if code is None:
                return Observation(False, asks_for_code=True)
            answer = post(browser, "/tf-validate", code=code)
            if code == "" and answer.status_code != OK:  # the form stays, and says that the field is required
                return Observation(False, said(answer), asks_for_code=True)
        if not (observed := seen(answer)).accepted:
            return observed
        session = str(len(self.browsers))
        self.browsers[session] = browser
        if device:
            # What lasts stays on the machine; the session's cookie goes with the window.
            self.machines[device] = [cookie for cookie in browser.cookies.jar if not cookie.discard]
        return Observation(True, session=session)

    def start_pairing(self, session: str, password: str) -> Observation:
        browser = self.browsers[session]
        answer = post(browser, "/verify", password=password)
        if answer.status_code != OK:
            return seen(answer)
        answer = post(browser, "/tf-setup", setup="authenticator")
        if answer.status_code != OK:
            return seen(answer)
        shown = answer.json()["response"]
        self.pairings[session] = shown["tf_state_token"]
        return Observation(True, uri=shown["tf_authr_uri"])

    def browser(self, cookies: httpx.Cookies | None = None) -> httpx.Client:
        headers = {"Accept": "application/json"}
        return httpx.Client(base_url=self.url, transport=self.transport, headers=headers, cookies=cookies, timeout=30)


def post(browser: httpx.Client, path: str, **body: str) -> httpx.Response:
    return browser.post(path, json=body)


def twice(name: str, password: str) -> dict[str, str]:
    return {name: password, f"{name}_confirm": password}


def seen(answer: httpx.Response) -> Observation:
    """Tell what a person sees of an ordinary answer; one that means neither yes nor no is an error."""
    if answer.status_code == OK:
        return Observation(True)
    if answer.status_code in REFUSALS:
        return Observation(False, said(answer))
    page = answer.request.url.path.split("/")[1]  # what follows may be a secret
    raise RuntimeError(f"{answer.request.method} /{page} was answered {answer.status_code}")


def said(answer: httpx.Response) -> str:
    return " ".join(answer.json()["response"]["errors"])


class InProcess(FlaskSecurity):
    """The same site without a server, in this process; Flask-Mailman keeps the mail it sends."""

    def __init__(self) -> None:
        from site_with_flask_security import app

        super().__init__(transport=httpx.WSGITransport(app=app))
        self.app = app
        self.sent = app.extensions["mailman"].outbox = []
        self.mails: list[Mail] = []

    def perform(self, action: Action) -> Observation:
        observed = super().perform(action)
        for sent in self.sent:
            with self.app.app_context():
                raw = sent.message().as_bytes()
            self.mails += read(raw, int(time.time()), sent.to, compile_links({"reset": "/reset/"}))
        self.sent.clear()
        return observed

    def outbox(self, email: str) -> Sequence[Mail]:
        return [mail for mail in self.mails if mail.recipient == email]
