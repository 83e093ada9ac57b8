"""The lab beside the KMC's screens: everybody's mail, a phone, a clock to move, accounts and users, a timeline.

Only who has the token gets in, as printed at start; a cookie remembers it.
"""

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from kmc_harness import durations
from kmc_harness.port import Mail
from kmc_harness.server.backend import Backend
from kmc_harness.server.lab_state import LabState, clock_time
from kmc_harness.server.screens import BASE
from kmc_harness.server.web import BadForm, Pages, moved, set_cookie
from kmc_harness.server.wording import WORDINGS
from kmc_model.actions import (
    AccountStatus,
    Action,
    DisableTwoFactor,
    EnableTwoFactor,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    UserStatus,
)

__all__ = ["ENTRY", "Lab"]

ENTRY = "/lab"
KNOWS_TOKEN = "kmc_lab"  # noqa: S105 the name of a cookie
JUMPS = ("30 s", "1 min", "1 h", "23 h 59 min", "24 h")
MOST_MAILS = 50
MOST_HAPPENINGS = 60
_T = TypeVar("_T")


class Lab:
    """The lab's page, its parts that change by themselves, and its buttons."""

    def __init__(self, backend: Backend, lab_state: LabState, token: str) -> None:
        self._backend = backend
        self._lab_state = lab_state
        self._token = token
        self._said = ""
        self._pages = Pages(base=BASE, wording=WORDINGS["article"], entry=ENTRY, jumps=JUMPS, clock_time=clock_time)

    def routes(self) -> list[BaseRoute]:
        """Return what is served."""
        buttons = {"move": self._move, "register": self._register, "account": self._account, "user": self._user}
        buttons |= {"scan": self._scan, "forget": self._forget}
        routes = [*self._pages.routes(ENTRY, self.show), *self._pages.routes(f"{ENTRY}/live", self.live)]
        for name, press in buttons.items():
            routes += self._pages.routes(f"{ENTRY}/press/{name}", None, self._pressed(press))
        return routes

    def _is_known(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())

    def _refuse(self, request: Request) -> Response:
        message = "The lab opens with the token that was printed when the server was started."
        return self._pages.page(request, "sorry.html", status=403, message=message)

    async def show(self, request: Request) -> Response:
        """Show the lab; a token in the address moves into a cookie, so that the address can be shown around."""
        if "token" in request.query_params:
            if not self._is_known(request.query_params["token"]):
                return self._refuse(request)
            response = moved(ENTRY)
            set_cookie(request, response, KNOWS_TOKEN, self._token)
            return response
        said, self._said = self._said, ""
        return self._page(request, "lab.html", said)

    async def live(self, request: Request) -> Response:
        """Show the parts that change by themselves."""
        return self._page(request, "lab_live.html")

    def _page(self, request: Request, template: str, said: str = "") -> Response:
        if not self._is_known(request.cookies.get(KNOWS_TOKEN, "")):
            return self._refuse(request)
        state, now = self._backend.state, self._backend.now()
        mails = [(each, _path(each)) for each in reversed(self._backend.mails()[-MOST_MAILS:])]
        return self._pages.page(
            request,
            template,
            scripts=True,
            said=said,
            now=now,
            policy=self._backend.policy.name,
            accounts=list(state.accounts.values()),
            members=list(state.memberships.values()),
            people=sorted(state.credentials),
            mails=mails,
            screens=len(self._lab_state.screens),
            entries=list(self._lab_state.entries),
            timeline=list(self._lab_state.timeline)[:MOST_HAPPENINGS],
        )

    def _pressed(self, press: Callable[[dict[str, str]], str]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not self._is_known(request.cookies.get(KNOWS_TOKEN, "")):
                return self._refuse(request)
            fields = dict(await self._pages.form(request))
            self._said = await run_in_threadpool(press, fields)
            return moved(ENTRY)

        return answer

    # Buttons: each returns what to tell

    def _move(self, fields: dict[str, str]) -> str:
        try:
            self._backend.advance(int(sum(durations.seconds(each) for each in _parts(fields.get("by", "")))))
        except ValueError as error:
            raise BadForm(str(error)) from error
        return f"{fields['by']} have passed."

    def _register(self, fields: dict[str, str]) -> str:
        account, email = fields.get("account", "").strip(), fields.get("email", "").strip()
        if not account or "@" not in email:
            raise BadForm("a user needs an account and an e-mail")
        return self._do(RegisterUser(account, email, fields.get("password") or None, "administrator" in fields))

    def _account(self, fields: dict[str, str]) -> str:
        account = fields.get("account", "")
        actions: dict[str, Action] = {
            "on": EnableTwoFactor(account),
            "off": DisableTwoFactor(account),
            "block": SetAccountStatus(account, AccountStatus.BLOCKED),
            "restore": SetAccountStatus(account, AccountStatus.ACTIVE),
        }
        return self._do(_chosen(actions, fields.get("do", "")))

    def _user(self, fields: dict[str, str]) -> str:
        status = _chosen({each.value: each for each in UserStatus}, fields.get("do", ""))
        return self._do(SetUserStatus(fields.get("account", ""), fields.get("email", ""), status))

    def _scan(self, fields: dict[str, str]) -> str:
        phone = fields.get("phone", "").strip()[:80] or "a phone"
        return f"{phone} has scanned the QR code." if self._lab_state.scan(phone) else "No QR code is on a screen now."

    def _forget(self, fields: dict[str, str]) -> str:
        self._lab_state.forget()
        return "All entries are off the phones."

    def _do(self, action: Action) -> str:
        outcome = self._backend.perform(action)
        return "Done." if outcome.accepted else outcome.message


def _parts(text: str) -> list[str]:
    """Return `23 h 59 min` as `23h` and `59m`."""
    return re.split(r"(?<=[a-z])(?=\d)", text.replace(" ", "").replace("min", "m"))


def _chosen(choices: dict[str, _T], name: str) -> _T:
    if name not in choices:
        raise BadForm(f"{name[:40]!r} is none of {', '.join(choices)}")
    return choices[name]


def _path(mail: Mail) -> str:
    """Return the path of the link in a mail, here on this site; empty where it has none."""
    return urlsplit(mail.links[0].url).path if mail.links else ""
