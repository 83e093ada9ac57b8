"""Speaks to Flask-Security's JSON API. A session is a browser: its cookies are kept here, under a number."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import httpx

from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPairing,
    LinkKind,
    LogIn,
    LogOut,
    Mail,
    MailedLink,
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
        self.numbers = count(1)
        self.browsers: dict[str, httpx.Client] = {}
        self.pairings: dict[str, str] = {}

    def reset(self) -> None:
        """People are new in each scenario; their browsers are closed."""
        self.browsers.clear()
        self.pairings.clear()

    def close(self) -> None:
        self.transport.close()

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(_, email, str() as password):
                return self.seen(self.post(self.browser(), "/register", email=email, **twice("password", password)))
            case LogIn(email, password, code):
                return self.log_in(email, password, code)
            case UseSession(session):
                return self.seen(self.browsers[session].get("/account"))
            case LogOut(session):
                return self.seen(self.post(self.browsers[session], "/logout"))
            case StartPairing(session, _):
                answer = self.post(self.browsers[session], "/tf-setup", setup="authenticator")
                shown = answer.json()["response"]
                self.pairings[session] = shown.get("tf_state_token", "")
                return Observation(answer.status_code == OK, said(answer), uri=shown.get("tf_authr_uri"))
            case ConfirmPairing(session, code):
                return self.seen(self.post(self.browsers[session], f"/tf-setup/{self.pairings[session]}", code=code))
            case ChangePassword(session, password, new_password):
                changed = twice("new_password", new_password)
                return self.seen(self.post(self.browsers[session], "/change", password=password, **changed))
            case RequestReset(email):
                return self.seen(self.post(self.browser(), "/reset", email=email))
            case SetPassword(link, password):
                path = httpx.URL(link).path
                return self.seen(self.post(self.browser(), path, **twice("password", password)))
        raise NotOffered(type(action).__name__)

    def log_in(self, email: str, password: str, code: str | None) -> Observation:
        browser, session = self.browser(), str(next(self.numbers))
        answer = self.post(browser, "/login", email=email, password=password)
        if answer.status_code == OK and answer.json()["response"].get("tf_required"):
            if not code:
                return Observation(False, said(answer), asks_for_code=True)
            answer = self.post(browser, "/tf-validate", code=code)
        seen = self.seen(answer)
        if not seen.accepted:
            return seen
        self.browsers[session] = browser
        return Observation(True, session=session)

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, transport=self.transport, headers={"Accept": "application/json"})

    def post(self, browser: httpx.Client, path: str, **body: str) -> httpx.Response:
        return browser.post(path, json=body)

    def seen(self, answer: httpx.Response) -> Observation:
        """Tell what a person sees of an ordinary answer: 200, or a refusal in the product's words."""
        if answer.status_code == OK:
            return Observation(True)
        if answer.status_code in REFUSALS:
            return Observation(False, said(answer))
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}")


def said(answer: httpx.Response) -> str:
    told: dict[str, Any] = answer.json().get("response", {})
    return " ".join(map(str, told.get("errors", [])))


def twice(name: str, password: str) -> dict[str, str]:
    return {name: password, f"{name}_confirm": password}


class InProcess(FlaskSecurity):
    """The same site without a server, in this process; its mail stays in Flask-Mailman's outbox."""

    def __init__(self) -> None:
        from site_with_flask_security import app

        super().__init__(transport=httpx.WSGITransport(app=app))
        self.app = app

    def outbox(self, email: str) -> Sequence[Mail]:
        sent = [each for each in getattr(self.app.extensions["mailman"], "outbox", []) if email in each.to]
        return [Mail(email, 0, each.subject, each.body, links_in(each.body)) for each in sent]


def links_in(text: str) -> tuple[MailedLink, ...]:
    return tuple(MailedLink(LinkKind.RESET, word) for word in text.split() if "/reset/" in word)
