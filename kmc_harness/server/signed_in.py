"""The screens of somebody who is logged in: the first page, other accounts, a new password, the way out."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from kmc_harness.server.backend import Backend
from kmc_harness.server.screens import BASE, SESSION, Screens, login_for
from kmc_harness.server.web import moved, set_cookie
from kmc_model.actions import ChangePassword, LogOut, SwitchAccount, UserStatus, UseSession
from kmc_model.model import Outcome
from kmc_model.turn import Reason

__all__ = ["Inside"]


class Inside:
    """What one does with an open session; without one, each leads to the login screen."""

    def __init__(self, backend: Backend, screens: Screens) -> None:
        self._backend = backend
        self._screens = screens

    def routes(self) -> list[BaseRoute]:
        """Return what is served."""
        routes = self._screens.pages.routes
        return [
            *routes(f"{BASE}/home", self.home),
            *routes(f"{BASE}/logout", None, self.log_out),
            *routes(f"{BASE}/switch", None, self.switch),
            *routes(f"{BASE}/settings", self.settings, self.change_password),
        ]

    async def _used(self, request: Request) -> Outcome:
        return await self._screens.perform(UseSession(_session(request)))

    def _page(self, request: Request, template: str, account: str | None, **values: Any) -> Response:
        state = self._backend.state
        email = state.sessions[_session(request)].email
        accounts = [
            state.accounts[each.account]
            for each in state.memberships.values()
            if each.email == email and each.status is not UserStatus.REMOVED
        ]
        here = state.accounts[account or state.sessions[_session(request)].account]
        return self._screens.page(request, template, email=email, here=here, accounts=accounts, **values)

    async def home(self, request: Request) -> Response:
        """Show who is logged in to which account."""
        used = await self._used(request)
        if not used.accepted:
            return _ended()
        return self._page(request, "home.html", used.account, message="")

    async def log_out(self, request: Request) -> Response:
        """End the session; `account`: where one wants to log in next."""
        fields = await self._screens.pages.form(request)
        await self._screens.perform(LogOut(_session(request)))
        account = fields.get("account")
        response = moved(login_for(account) if account else f"{BASE}/login")
        response.delete_cookie(SESSION)
        return response

    async def switch(self, request: Request) -> Response:
        """Go to another account, or say that it takes a new login."""
        fields = await self._screens.pages.form(request)
        account = fields.get("account", "")
        outcome = await self._screens.perform(SwitchAccount(_session(request), account))
        if outcome.reason is Reason.SESSION_ENDED:
            return _ended()
        if outcome.reason is Reason.NEW_LOGIN_REQUIRED:
            return self._page(request, "new_login.html", None, wanted=account)
        if not outcome.accepted:
            return self._page(request, "home.html", None, message=outcome.message)
        response = moved(f"{BASE}/home")
        set_cookie(request, response, SESSION, outcome.session or _session(request))
        return response

    async def settings(self, request: Request) -> Response:
        """Show the form for a new password."""
        used = await self._used(request)
        return (
            self._page(request, "settings.html", used.account, message="", saved=False) if used.accepted else _ended()
        )

    async def change_password(self, request: Request) -> Response:
        """Change the password."""
        fields = await self._screens.pages.form(request)
        old, new = fields.get("old", ""), fields.get("password", "")
        if new != fields.get("again"):
            used = await self._used(request)
            message = "Passwords do not match"
            return (
                self._page(request, "settings.html", None, message=message, saved=False) if used.accepted else _ended()
            )
        outcome = await self._screens.perform(ChangePassword(_session(request), old, new, fields.get("code") or None))
        if outcome.reason is Reason.SESSION_ENDED:
            return _ended()
        response = self._page(request, "settings.html", None, message=outcome.message, saved=outcome.accepted)
        if outcome.session:
            set_cookie(request, response, SESSION, outcome.session)
        return response


def _session(request: Request) -> str:
    return request.cookies.get(SESSION, "")


def _ended() -> Response:
    response = moved(f"{BASE}/login?ended=1")
    response.delete_cookie(SESSION)
    return response
