"""Speaks to django-allauth's headless API, as its OpenAPI description has it."""

from collections.abc import Sequence
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

API = "/_allauth/app/v1"
OK, WRONG, UNAUTHORISED, NOT_FOUND, CONFLICT, GONE, TOO_MANY = 200, 400, 401, 404, 409, 410, 429
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
"""Servers close connections that are idle for minutes, and minutes pass at once here."""
REFUSALS = (WRONG, UNAUTHORISED, CONFLICT, GONE, TOO_MANY)


class Allauth:
    """One server, over HTTP."""

    offers = frozenset({Offer.SETTINGS, Offer.RESET, Offer.CHANGE})

    def __init__(self, url: str = "http://127.0.0.1", transport: httpx.BaseTransport | None = None) -> None:
        self.http = httpx.Client(base_url=url + API, transport=transport, timeout=30, limits=NO_REUSE)

    def reset(self) -> None:
        """People are new in each scenario."""

    def close(self) -> None:
        self.http.close()

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(_, email, str() as password):
                return self.seen(self.call("POST", "/auth/signup", email=email, password=password))
            case LogIn(email, password, code):
                return self.log_in(email, password, code)
            case UseSession(session):
                return self.seen(self.call("GET", "/auth/session", session))
            case LogOut(session):
                answer = self.call("DELETE", "/auth/session", session)
                return Observation(answer.status_code == UNAUTHORISED and not flows(answer, "mfa_authenticate"))
            case StartPairing(session, password):
                self.reauthenticate(session, password)
                answer = self.call("GET", "/account/authenticators/totp", session)
                uri = answer.json().get("meta", {}).get("totp_url") if answer.status_code == NOT_FOUND else None
                return Observation(uri is not None, said(answer), uri=uri)
            case ConfirmPairing(session, code):
                return self.seen(self.call("POST", "/account/authenticators/totp", session, code=code))
            case ChangePassword(session, password, new_password):
                changed = {"current_password": password, "new_password": new_password}
                return self.seen(self.call("POST", "/account/password/change", session, **changed))
            case RequestReset(email):
                return self.seen(self.call("POST", "/auth/password/request", email=email))
            case SetPassword(link, password):
                answer = self.call("POST", "/auth/password/reset", key=link.rpartition("/")[2], password=password)
                # Its success is "401, now log in": the flows to do so are listed.
                return Observation(answer.status_code in (OK, UNAUTHORISED), said(answer))
        raise NotOffered(type(action).__name__)

    def log_in(self, email: str, password: str, code: str | None) -> Observation:
        answer = self.call("POST", "/auth/login", email=email, password=password)
        if not flows(answer, "mfa_authenticate"):
            return self.seen(answer)
        if not code:
            return Observation(False, said(answer), asks_for_code=True)
        return self.seen(self.call("POST", "/auth/2fa/authenticate", answer.json()["meta"]["session_token"], code=code))

    def reauthenticate(self, session: str, password: str) -> None:
        self.call("POST", "/auth/reauthenticate", session, password=password)

    def call(self, method: str, path: str, session: str | None = None, **body: str) -> httpx.Response:
        headers = {"X-Session-Token": session} if session else {}
        return self.http.request(method, path, headers=headers, json=body or None)

    def seen(self, answer: httpx.Response) -> Observation:
        """Tell what a person sees of an ordinary answer: 200, or a refusal in the product's words."""
        if answer.status_code == OK:
            return Observation(True, session=answer.json().get("meta", {}).get("session_token"))
        if answer.status_code in REFUSALS:
            return Observation(False, said(answer))
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}")


def flows(answer: httpx.Response, name: str) -> bool:
    """Whether the answer says that `name` is what comes next."""
    listed = answer.json().get("data", {}).get("flows", []) if answer.status_code == UNAUTHORISED else []
    return any(each["id"] == name and each.get("is_pending") for each in listed)


def said(answer: httpx.Response) -> str:
    errors: list[dict[str, Any]] = answer.json().get("errors", [])
    return " ".join(str(each["message"]) for each in errors)


class InProcess(Allauth):
    """The same site without a server, in this process; its mail stays in Django's outbox."""

    def __init__(self) -> None:
        from site_with_allauth import application

        super().__init__(transport=httpx.WSGITransport(app=application))

    def outbox(self, email: str) -> Sequence[Mail]:
        from django.core import mail

        sent = [each for each in getattr(mail, "outbox", []) if email in each.to]
        return [Mail(email, 0, each.subject, each.body, links_in(each.body)) for each in sent]


def links_in(text: str) -> tuple[MailedLink, ...]:
    return tuple(MailedLink(LinkKind.RESET, word) for word in text.split() if "/reset/" in word)
