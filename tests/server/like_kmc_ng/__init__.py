"""A front end like kmc-ng, in Chromium, over the model: KMC_TEST_WRONG names a fault of it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kmc_harness.port import Mail, Offer
from kmc_harness.server import built_front
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.targets.browser_kmc_ng import KmcNg
from kmc_model.clock import ManualClock
from kmc_model.model import Variant
from kmc_model.policy import POLICIES
from tests.server.inside import TOKEN, Served

HERE = Path(__file__).parent
SCRIPTS = {
    "no Sign Up": ("Sign Up", "Join"),
    "one store": ("play.google.com", "play.example"),
    "a password kept": ("PASSWORD = '<input", "PASSWORD = '<input value=x"),
    "Continue leads elsewhere": ("'.go': () => loginScreen(true)", "'.go': () => forgotScreen()"),
    "no code asked for": ("classList.remove('invisible')", "classList.add('invisible')"),
}
KEPT = "answers kept"


class Like(KmcNg):
    """Serves the front end itself; the clock stands still until it is moved."""

    def __init__(self) -> None:
        self._served = Served()
        super().__init__(self._served.url, TOKEN)

    _lab_is_there = True

    def reset(self) -> None:
        policy = POLICIES[os.environ.get("KMC_TEST_POLICY", "article")]
        self.backend = backend = Backend(Variant(policy), clock=ManualClock(), origin=self._served.url)
        built = built_front.routes(HERE, self._served.url)
        made = make_app(backend, lab=self._lab_is_there, token=TOKEN, built=built)
        self._served.app = _changed(made, os.environ.get("KMC_TEST_WRONG", ""))
        super().reset()

    def close(self) -> None:
        super().close()
        self._served.close()


class LikeWithoutLab(Like):
    """The same where there is no lab: administered by API v3, as the vendor; clock and mail are beside it."""

    _lab_is_there = False

    def __init__(self) -> None:
        self._served = Served()
        KmcNg.__init__(self, self._served.url, secret=TOKEN)

    @property
    def offers(self) -> frozenset[Offer]:
        return super().offers | {Offer.CLOCK, Offer.OUTBOX}

    def now(self) -> int:
        return self.backend.now()

    def advance(self, seconds: int) -> None:
        self.backend.advance(seconds)

    def outbox(self, email: str) -> Sequence[Mail]:
        return self.backend.outbox(email)


def _changed(app: ASGIApp, wrong: str) -> ASGIApp:
    old, new = SCRIPTS.get(wrong, ("", ""))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        script, api = scope["path"].endswith("like.js"), scope["path"].startswith("/api_v3")

        async def sent(message: Message) -> None:
            headers: Any = message.get("headers", [])
            dropped = (b"content-length", b"cache-control") if script or (api and wrong == KEPT) else ()
            message["headers"] = [each for each in headers if each[0] not in dropped]
            if script and old:
                message["body"] = message.get("body", b"").decode().replace(old, new).encode()
            await send(message)

        await app(scope, receive, sent)

    return answer
