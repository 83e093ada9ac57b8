"""Speaks to django-allauth's headless API, as its OpenAPI description has it.

A session is the token that the API hands to apps. Its statuses: 401 says what comes next, so it is also how logging
out and a reset succeed; 404 for the authenticator says that there is none yet; 410 that the session is gone.
"""

import time
from collections.abc import Sequence

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

API = "/_allauth/app/v1"
TOTP = "/account/authenticators/totp"
OK, UNAUTHORIZED, NOT_FOUND = 200, 401, 404
REFUSALS = (400, 401, 410, 429)
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
"""Servers close connections that are idle for minutes, and minutes pass at once here."""


class Allauth:
    """One server, over HTTP."""

    offers = frozenset({Offer.SETTINGS, Offer.RESET, Offer.CHANGE})

    def __init__(self, url: str = "http://127.0.0.1", transport: httpx.BaseTransport | None = None) -> None:
        self.http = httpx.Client(base_url=url + API, transport=transport, timeout=30, limits=NO_REUSE)

        self.reset()

    def reset(self) -> None:
        """People are new in each scenario; what those before typed is forgotten."""
        self.passwords: dict[str, str] = {}

    def close(self) -> None:
        self.http.close()

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(email=email, password=str(password)):
                return seen(self.call("POST", "/auth/signup", email=email, password=password))
            case LogIn(email, password, code):
                return self.log_in(email, password, code)
            case UseSession(session):
                return seen(self.call("GET", "/auth/session", session))
            case LogOut(session):
                return seen(self.call("DELETE", "/auth/session", session), success=UNAUTHORIZED)
            case StartPairing(session, password):
                return self.start_pairing(session, password)
            case ConfirmPairing(session, code):
                return self.confirm_pairing(session, code)
            case ChangePassword(session, password, new_password):
                changed = {"current_password": password, "new_password": new_password}
                return seen(self.call("POST", "/account/password/change", session, **changed))
            case RequestReset(email):
                return seen(self.call("POST", "/auth/password/request", email=email))
            case SetPassword(link, password):
                key = link.rpartition("/")[2]
                return seen(self.call("POST", "/auth/password/reset", key=key, password=password), success=UNAUTHORIZED)
        raise NotOffered(type(action).__name__)

    def log_in(self, email: str, password: str, code: str | None) -> Observation:
        answer = self.call("POST", "/auth/login", email=email, password=password)
        if not wants(answer, "mfa_authenticate"):
            return seen(answer)
        if code is None:
            return Observation(False, said(answer), asks_for_code=True)
        answer = self.call("POST", "/auth/2fa/authenticate", answer.json()["meta"]["session_token"], code=code)
        if code == "" and answer.status_code != OK:  # the form stays, and says that the field is required
            return Observation(False, said(answer), asks_for_code=True)
        return seen(answer)

    def start_pairing(self, session: str, password: str) -> Observation:
        answer = self.reauthenticate(session, password)
        if answer.status_code != OK:
            return seen(answer)
        self.passwords[session] = password
        answer = self.call("GET", TOTP, session)
        if answer.status_code == OK:  # there is one: it is named, and no code shown
            return Observation(False, answer.json()["data"]["type"])
        if answer.status_code == NOT_FOUND:
            return Observation(True, uri=answer.json()["meta"]["totp_url"])
        return seen(answer)

    def confirm_pairing(self, session: str, code: str) -> Observation:
        answer = self.call("POST", TOTP, session, code=code)
        if wants(answer, "reauthenticate"):  # five minutes after the password was typed
            self.reauthenticate(session, self.passwords[session])
            answer = self.call("POST", TOTP, session, code=code)
        return seen(answer)

    def reauthenticate(self, session: str, password: str) -> httpx.Response:
        return self.call("POST", "/auth/reauthenticate", session, password=password)

    def call(self, method: str, path: str, session: str | None = None, **body: str) -> httpx.Response:
        headers = {"X-Session-Token": session} if session else {}
        return self.http.request(method, path, headers=headers, json=body or None)


def seen(answer: httpx.Response, success: int = OK) -> Observation:
    """Tell what a person sees of an ordinary answer; one that means neither yes nor no is an error."""
    if answer.status_code == success:
        return Observation(True, session=answer.json().get("meta", {}).get("session_token"))
    if answer.status_code in REFUSALS:
        return Observation(False, said(answer))
    raise RuntimeError(f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}")


def wants(answer: httpx.Response, step: str) -> bool:
    """Whether the answer lists `step` among what comes next."""
    flows = answer.json()["data"]["flows"] if answer.status_code == UNAUTHORIZED else []
    return any(flow["id"] == step for flow in flows)


def said(answer: httpx.Response) -> str:
    errors = answer.json().get("errors", [])
    return " ".join(error["message"] for error in errors) or answer.reason_phrase


class InProcess(Allauth):
    """The same site without a server, in this process; Django keeps the mail it sends."""

    def __init__(self) -> None:
        from django.core import mail
        from site_with_allauth import application

        super().__init__(transport=httpx.WSGITransport(app=application))
        self.sent = mail.outbox = []
        self.mails: list[Mail] = []

    def perform(self, action: Action) -> Observation:
        observed = super().perform(action)
        for sent in self.sent:
            raw = sent.message().as_bytes()
            self.mails += read(raw, int(time.time()), sent.to, compile_links({"reset": "/reset/"}))
        self.sent.clear()
        return observed

    def outbox(self, email: str) -> Sequence[Mail]:
        return [mail for mail in self.mails if mail.recipient == email]
