"""The KMC's screens, at the addresses of the real one; plain HTML that works without JavaScript.

Every form is answered by an action of the model; what it is refused for is said in the model's words.
"""

import base64
from collections import OrderedDict
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kmc_harness.server.backend import Backend
from kmc_harness.server.web import Pages, browser_of, moved, set_cookie
from kmc_harness.server.wording import WORDINGS
from kmc_model.actions import Action, ConfirmPassword, LogIn, OpenEnrolmentLink, RequestReset, SetPassword
from kmc_model.model import Outcome
from kmc_model.turn import Reason

__all__ = ["BASE", "SESSION", "SIGN_UP", "Audience", "Screens"]

BASE = "/index.php/kmcng"
SIGN_UP = "/sign-up"
"""Not below BASE, where a front end built elsewhere may have all addresses."""
SESSION = "kmc_session"
REMEMBERED = "kmc_email"
YEAR_S = 365 * 86_400
MOST_WAITING = 1_000
GOOD_PASSWORD = "s0me-pass!"  # noqa: S105 it asks whether the link is good; nothing is set to it


class Audience(Protocol):
    """Whoever else sees what is on a screen: the lab's phones."""

    def shows(self, browser: str, picture: bytes | None) -> None:
        """See the QR code (PNG) that this browser shows now, or that it shows none any more."""


class Screens:
    """The screens in front of somebody who is not logged in."""

    def __init__(self, backend: Backend, audience: Audience | None = None) -> None:
        self._backend = backend
        self._audience = audience
        wording = WORDINGS.get(backend.policy.name, WORDINGS["article"])
        self.pages = Pages(base=BASE, sign_up=SIGN_UP, wording=wording)
        self._waiting: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def routes(self) -> list[BaseRoute]:
        """Return what is served; the paths are those of the real site."""
        reset = "/actions/restore-password/{token}"
        return [
            Route("/", self.start),
            Route(BASE, self.start),
            *self.pages.routes(f"{BASE}/login", self.login, self.log_in),
            *self.pages.routes(f"{BASE}/forgot-password", self.forgot, self.ask_for_reset),
            *self.pages.routes(f"{BASE}/actions/auth-info/{{token}}", self.authentication),
            *self.pages.routes(f"{BASE}{reset}", self.restore, self.set_password),
            *self.pages.routes(f"{BASE}{reset}/done", self.done, self.confirm),
            *self.sign_up_routes(),
        ]

    def sign_up_routes(self) -> list[BaseRoute]:
        """Return the one screen that a front end built elsewhere leads to."""
        return self.pages.routes(SIGN_UP, self.sign_up)

    async def perform(self, action: Action) -> Outcome:
        """Have the model perform `action`."""
        return await run_in_threadpool(self._backend.perform, action)

    def page(self, request: Request, template: str, **values: Any) -> Response:
        """Return a page without QR code."""
        self._show(request, None)
        return self.pages.page(request, template, **values)

    def _show(self, request: Request, picture: bytes | None) -> None:
        if self._audience:
            self._audience.shows(browser_of(request), picture)

    async def start(self, _: Request) -> Response:
        """Lead to the first screen."""
        return moved(f"{BASE}/login")

    # Logging in

    async def login(self, request: Request) -> Response:
        """Show the login screen; `account`: which one; `from`: the authentication screen, which asks for the code."""
        self._waiting.pop(browser_of(request), None)
        asked = request.query_params
        email = request.cookies.get(REMEMBERED, "")
        return self._login(
            request,
            email=email,
            remember=bool(email),
            account=asked.get("account", ""),
            asks_for_code=asked.get("from") == "authentication",
            message="Your session has ended. Log in again." if "ended" in asked else "",
        )

    def _login(self, request: Request, **values: Any) -> Response:
        knows_password = browser_of(request) in self._waiting
        return self.page(request, "login.html", **{"knows_password": knows_password} | values)

    async def log_in(self, request: Request) -> Response:
        """Log in; a right password is remembered until the code has been typed, so that nobody types it twice."""
        fields = await self.pages.form(request)
        browser, email, account = browser_of(request), fields.get("email", ""), fields.get("account", "")
        known_email, known_password = self._waiting.get(browser, ("", ""))
        password = fields.get("password") or (known_password if known_email == email else "")
        outcome = await self.perform(LogIn(email, password, fields.get("code") or None, account or None, browser))
        if outcome.accepted and outcome.session:
            self._waiting.pop(browser, None)
            response = moved(f"{BASE}/home")
            set_cookie(request, response, SESSION, outcome.session)
            if "remember" in fields:
                set_cookie(request, response, REMEMBERED, quote(email, safe="@.+-"), YEAR_S)
            else:
                response.delete_cookie(REMEMBERED)
            return response
        needs_code = outcome.reason is Reason.CODE_NEEDED
        if needs_code:
            self._waiting[browser] = (email, password)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
        return self._login(
            request,
            email=email,
            account=account,
            asks_for_code=needs_code or "code" in fields,
            message="" if needs_code and "code" not in fields else outcome.message,
            remember="remember" in fields,
        )

    async def sign_up(self, request: Request) -> Response:
        """Say where accounts come from."""
        return self.page(request, "sign_up.html")

    # The authentication screen

    async def authentication(self, request: Request) -> Response:
        """Show the QR code of a mailed link, which uses the link; merely asking whether it is there does not."""
        if request.method == "HEAD":
            return Response()
        return self._authentication(
            request, await self.perform(OpenEnrolmentLink(_link(request), request.cookies.get(SESSION)))
        )

    def _authentication(self, request: Request, outcome: Outcome) -> Response:
        if outcome.qr_code is None:
            return self.page(request, "authentication.html", picture=None, side_px=0, message=outcome.message)
        picture = outcome.qr_code.png()
        self._show(request, picture)
        twice_px = 2 * int.from_bytes(picture[16:20], "big")
        encoded = base64.b64encode(picture).decode()
        return self.pages.page(request, "authentication.html", picture=encoded, side_px=twice_px, message="")

    # Resetting

    async def forgot(self, request: Request) -> Response:
        """Ask for the e-mail."""
        return self.page(request, "forgot.html", sent=False, message="")

    async def ask_for_reset(self, request: Request) -> Response:
        """Have the mail sent; the answer is the same whether there is such a user."""
        fields = await self.pages.form(request)
        outcome = await self.perform(RequestReset(fields.get("email", "")))
        return self.page(request, "forgot.html", sent=outcome.accepted, message=outcome.message)

    async def restore(self, request: Request) -> Response:
        """Ask for the new password, where the link is good for one."""
        if self._backend.would(SetPassword(_link(request), GOOD_PASSWORD)).reason is Reason.LINK_NOT_VALID:
            return self.page(request, "link_invalid.html")
        return self.page(request, "restore.html", message="")

    async def set_password(self, request: Request) -> Response:
        """Set the new password."""
        fields = await self.pages.form(request)
        password = fields.get("password", "")
        if password != fields.get("again"):
            return self.page(request, "restore.html", message="Passwords do not match")
        outcome = await self.perform(SetPassword(_link(request), password, request.cookies.get(SESSION)))
        if outcome.accepted:
            return moved(f"{BASE}/actions/restore-password/{quote(_link(request))}/done")
        if outcome.reason is Reason.LINK_NOT_VALID:
            return self.page(request, "link_invalid.html")
        return self.page(request, "restore.html", message=outcome.message)

    async def done(self, request: Request) -> Response:
        """Say that the password has been set; OK leads on."""
        if not self._backend.would(ConfirmPassword(_link(request))).accepted:
            return self.page(request, "link_invalid.html")
        return self.page(request, "done.html")

    async def confirm(self, request: Request) -> Response:
        """Lead to the new QR code, or to the login screen where there is none."""
        await self.pages.form(request)
        outcome = await self.perform(ConfirmPassword(_link(request)))
        if outcome.accepted and outcome.qr_code is None:
            return moved(f"{BASE}/login")
        return self._authentication(request, outcome)


def login_for(account: str) -> str:
    """Return the address of the login screen for one account."""
    return f"{BASE}/login?{urlencode({'account': account})}"


def _link(request: Request) -> str:
    return str(request.path_params["token"])
