"""The KMC's screens with one thing wrong on them, in Chromium: KMC_TEST_WRONG names it."""

import os
import re
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.targets.browser import Browser
from kmc_model.analysis.faults import by_name
from kmc_model.clock import ManualClock
from tests.server.inside import TOKEN, Served

_Change = Callable[[str], str]


def _instead(old: str, new: str) -> _Change:
    return lambda page: re.sub(old, new, page)


PAGES: dict[str, _Change] = {
    "no Sign Up": _instead("Sign Up", "Join"),
    "one store": _instead("play.google.com", "play.example"),
    "Continue leads elsewhere": _instead(r'action="[^"]*/login"><input type="hidden"', 'action="/lab"><input'),
    "a code without a name": _instead("Authenticator Code", "Number"),
    "a code that takes nothing": _instead('name="code"', 'name="code" disabled'),
    "a code to be read": _instead('name="code"', 'name="code" readonly'),
    "a button that takes nothing": _instead("<button>Login", "<button disabled>Login"),
}
FIRST_PAGES: dict[str, _Change] = {  # before anything is typed
    "the e-mail forgotten": _instead(r'value="[^"]*@[^"]*"', ""),
    "the password kept": _instead('name="password" type="password"', 'name="password" type="password" value="x"'),
}
KEPT = "pages kept"
REMEMBERED = "machine remembered"
"""A fault of the model, which shows on no wire but this."""


class Wrong(Browser):
    """Serves the screens itself; the clock stands still until it is moved."""

    def __init__(self) -> None:
        self._served = Served()
        super().__init__(self._served.url, TOKEN)

    def reset(self) -> None:
        wrong = os.environ["KMC_TEST_WRONG"]
        fault = by_name(REMEMBERED) if wrong == REMEMBERED else None
        backend = Backend(fault.variant if fault else None, clock=ManualClock())
        self._served.app = _changed(make_app(backend, lab=True, token=TOKEN), wrong)
        super().reset()

    def close(self) -> None:
        super().close()
        self._served.close()


def _changed(app: ASGIApp, wrong: str) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        changes = PAGES | (FIRST_PAGES if scope["method"] == "GET" else {})

        async def sent(message: Message) -> None:
            headers: Any = message.get("headers", [])
            if wrong == KEPT:
                message["headers"] = [each for each in headers if each[0] != b"cache-control"]
            elif wrong in changes:
                # What is said of its length would be wrong.
                message["headers"] = [each for each in headers if each[0] != b"content-length"]
                if b"<!doctype" in message.get("body", b""):
                    message["body"] = changes[wrong](message["body"].decode()).encode()
            await send(message)

        await app(scope, receive, sent)

    return answer
