"""Clicks through the pages of pgAdmin as a browser does: CSRF tokens, redirects, QR codes that are pictures alone.

A page is a script that draws it, called with what it shows. People are made by an administrator, as in pgAdmin. A
session is a browser: its cookies are kept here, under a number. Logging out leaves them as they were: a session has
ended once a copy of its cookies opens nothing, not where a browser was told to drop them.
"""

import base64
import json
import re

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

INDEX, HOME, LOGIN, TYPED = "/", "/browser/", "/login", "/authenticate/login"
VALIDATE, REGISTER = "/mfa/validate", "/mfa/register"
RESET, CHANGE = "/browser/reset_password", "/browser/change_password"
OK, FOUND, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN = 200, 302, 400, 401, 403
APP = "authenticator"
PAIRED = "TOTP Authenticator registered successfully for authentication."
USER_ROLE = 2
DRAWN = re.compile(r"renderSecurityPage\('\w+',\s*")
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
"""Servers close connections that are idle for minutes, and minutes pass at once here."""


class PgAdmin:
    """One server, over HTTP."""

    offers = frozenset({Offer.SETTINGS, Offer.RESET, Offer.CHANGE, Offer.PICTURE})

    def __init__(
        self,
        url: str = "http://127.0.0.1",
        administrator: str = "root@kmc.example",
        password: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url
        self.administrator = {"email": administrator, "password": password}
        self.transport = transport or httpx.HTTPTransport(limits=NO_REUSE)
        self.reset()

    def reset(self) -> None:
        """People are new in each scenario; the browsers of those before are forgotten."""
        self.browsers: dict[str, httpx.Client] = {}

    def close(self) -> None:
        self.transport.close()

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(email=email, password=str(password)):
                return self.register(email, password)
            case LogIn(email, password, code):
                return self.log_in(email, password, code)
            case UseSession(session):
                return self.use(self.browsers[session])
            case LogOut(session):
                # In a browser of its own with the same cookies: what was copied before is what is tried afterwards.
                return seen(self.browser(self.browsers[session].cookies).get("/logout"), INDEX)
            case StartPairing(session):
                page = Page(self.browsers[session].post(REGISTER, data={APP: "SETUP"}))
                if page.shows["mfaView"] is None:
                    return Observation(False, page.said)
                return Observation(True, picture=base64.b64decode(page.shows["mfaView"]["image"]))
            case ConfirmPairing(session, code):
                typed = {APP: "SETUP", "VALIDATE": "Validate", "code": code}
                page = Page(self.browsers[session].post(REGISTER, data=typed))
                return Observation(PAIRED in page.said, page.said)
            case ChangePassword(session, password, new_password):
                return self.change_password(self.browsers[session], password, new_password)
            case RequestReset(email):
                return self.request_reset(email)
            case SetPassword(link, password):
                return self.set_password(httpx.URL(link).path, password)
        raise NotOffered(type(action).__name__)

    def log_in(self, email: str, password: str, code: str | None) -> Observation:
        browser = self.browser()
        answer = submit(browser, LOGIN, TYPED, email=email, password=password, internal_button="Login")
        if sent_to(answer) == LOGIN:
            return Observation(False, Page(browser.get(LOGIN)).said)
        if sent_to(answer) != HOME:
            raise broken(answer)
        answer = browser.get(HOME)
        if sent_to(answer) == VALIDATE:
            if code is None:
                return Observation(False, asks_for_code=True)
            answer = browser.post(VALIDATE, data={"mfa_method": APP, "code": code, "next": HOME})
            if answer.status_code == UNAUTHORIZED:
                return Observation(False, Page(answer).said, asks_for_code=code == "")
            if sent_to(answer) != HOME:
                raise broken(answer)
        elif answer.status_code != OK:
            raise broken(answer)
        session = str(len(self.browsers))
        self.browsers[session] = browser
        return Observation(True, session=session)

    def use(self, browser: httpx.Client) -> Observation:
        answer = browser.get(HOME)
        if answer.status_code == OK:
            return Observation(True)
        if sent_to(answer) in (LOGIN, VALIDATE):
            return Observation(False)
        raise broken(answer)

    def change_password(self, browser: httpx.Client, password: str, new_password: str) -> Observation:
        answer = browser.get(CHANGE)
        if answer.status_code == FORBIDDEN or sent_to(answer) in (LOGIN, VALIDATE):
            return Observation(False)
        if answer.status_code == OK:
            typed = {"password": password, "new_password": new_password, "new_password_confirm": new_password}
            answer = browser.post(CHANGE, json=answer.json() | typed)
        if answer.status_code not in (OK, BAD_REQUEST):
            raise broken(answer)
        return Observation(answer.status_code == OK, answer.json()["errormsg"])

    def request_reset(self, email: str) -> Observation:
        page = Page(submit(self.browser(), RESET, RESET, email=email))
        return Observation(page.is_content, page.said)

    def set_password(self, path: str, password: str) -> Observation:
        browser = self.browser()
        answer = browser.get(path)
        if sent_to(answer) == RESET:
            return Observation(False, Page(browser.get(RESET)).said)
        answer = submit(browser, path, path, password=password, password_confirm=password)
        if answer.status_code == OK:
            return Observation(False, Page(answer).said)
        if sent_to(answer) == LOGIN:  # it is set, but its owner is locked and told so
            return Observation(True, Page(browser.get(LOGIN)).said)
        return seen(answer, INDEX)

    def register(self, email: str, password: str) -> Observation:
        """Let the administrator make a user; they log in anew each time, since days may have passed."""
        browser = self.browser()
        answer = submit(browser, LOGIN, TYPED, **self.administrator, internal_button="Login")
        if sent_to(answer) != HOME:
            raise broken(answer)
        headers = {"X-pgA-CSRFToken": browser.get(CHANGE).json()["csrf_token"]}
        person = {"email": email, "role": USER_ROLE, "newPassword": password, "confirmPassword": password}
        answer = browser.post("/user_management/save", json=person | {"active": True}, headers=headers)
        if answer.status_code != OK:
            raise broken(answer)
        return Observation(True)

    def browser(self, cookies: httpx.Cookies | None = None) -> httpx.Client:
        return httpx.Client(base_url=self.url, transport=self.transport, cookies=cookies, timeout=30)


class Page:
    """What a page shows, and the messages on it."""

    def __init__(self, answer: httpx.Response) -> None:
        drawn = DRAWN.search(answer.text)
        if answer.status_code not in (OK, UNAUTHORIZED) or drawn is None:
            raise broken(answer)
        read = json.JSONDecoder().raw_decode
        self.shows, end = read(answer.text, drawn.end())
        around, _ = read(answer.text[end:].lstrip(", \n"))
        self.messages: list[tuple[str | list[str], str]] = around["messages"]

    @property
    def said(self) -> str:
        return " ".join(text for _, text in self.messages)

    @property
    def is_content(self) -> bool:
        """Whether no message is a warning or an error."""
        kinds = {kind if isinstance(kind, str) else kind[0] for kind, _ in self.messages}
        return not {kind.lower() for kind in kinds} & {"warning", "error"}


def submit(browser: httpx.Client, path: str, to: str, **typed: str) -> httpx.Response:
    """Open the page at `path`, type, and send its form `to` where that goes."""
    page = Page(browser.get(path))
    return browser.post(to, data={"csrf_token": page.shows["csrfToken"]} | typed)


def sent_to(answer: httpx.Response) -> str:
    return httpx.URL(answer.headers.get("location", "")).path if answer.status_code == FOUND else ""


def seen(answer: httpx.Response, success: str) -> Observation:
    if sent_to(answer) == success:
        return Observation(True)
    raise broken(answer)


def broken(answer: httpx.Response) -> RuntimeError:
    page = answer.request.url.path.split("/")[1]  # what follows may be a secret
    return RuntimeError(f"{answer.request.method} /{page} was answered {answer.status_code}")
