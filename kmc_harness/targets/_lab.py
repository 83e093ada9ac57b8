"""The lab of `kmc serve --lab`, as programs speak to it, and what targets have in common that have one beside them."""

import http.client
import json
import os
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

import msgspec

from kmc_harness.hosting import addresses
from kmc_harness.port import Action, Mail, Naming, NotOffered, Observation, Offer

__all__ = ["BesideLab", "Lab", "LabRefused"]

TOKEN = "KMC_LAB_TOKEN"  # noqa: S105 (the environment's word for it)
WITHIN_S = 30
OFFERS = frozenset({Offer.CLOCK, Offer.OUTBOX, Offer.ADMINISTER, Offer.ENABLE})
"""What only a lab does."""


class LabRefused(Exception):
    """The lab does not do what it was asked; the message says why, in its words."""


class Lab:
    """One connection, which is opened anew where the server closed it."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is the server's, `token` the one it printed as it started."""
        self._url = url
        kind = http.client.HTTPSConnection if url.startswith("https:") else http.client.HTTPConnection
        self._connection = kind(*addresses.place(url), timeout=WITHIN_S)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def now(self) -> int:
        """Return the server's time in epoch seconds."""
        return int(self._ask("GET", "/lab/clock")["now"])

    def advance(self, seconds: int) -> None:
        """Move the server's clock forward."""
        self._ask("POST", "/lab/clock", {"advance": seconds})

    def mails(self, email: str) -> tuple[Mail, ...]:
        """Return the mails sent to `email`, oldest first."""
        return msgspec.convert(self._ask("GET", f"/lab/mails?to={urllib.parse.quote(email)}"), tuple[Mail, ...])

    def perform(self, action: Action) -> Any:
        """Have the vendor or an administrator do something; return accepted, message and partnerId."""
        fields = {name: value for name, value in asdict(action).items() if name != "session"}
        return self._ask("POST", "/lab/perform", {"action": type(action).__name__, "fields": fields})

    def _ask(self, method: str, path: str, what: Any = None) -> Any:
        body = None if what is None else json.dumps(what)
        try:
            answer = self._send(method, path, body)
        except http.client.RemoteDisconnected:  # between two requests: it was not asked yet
            answer = self._send(method, path, body)
        said = answer.read()
        if answer.status != 200:
            raise LabRefused(
                f"{method} {self._url}{path.partition('?')[0]} was refused ({answer.status}): {said[:200]!r}"
            )
        return json.loads(said)

    def _send(self, method: str, path: str, body: str | None) -> http.client.HTTPResponse:
        try:
            self._connection.request(method, path, body, self._headers)
            return self._connection.getresponse()
        except OSError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


class BesideLab:
    """A site at a URL; clock, mail and administration are those of its lab, where it has one."""

    by_itself: ClassVar[frozenset[Offer]]
    naming = Naming()

    def __init__(self, url: str, token: str) -> None:
        """Speak to `url`.

        Args:
            url: where the site is.
            token: opens the lab there; without one the environment's KMC_LAB_TOKEN does, or there is no lab.

        """
        self._url = url.rstrip("/")
        self._token = token or os.environ.get(TOKEN, "")
        self._lab = Lab(self._url, self._token) if self._token else None

    @property
    def offers(self) -> frozenset[Offer]:
        """What the site does; with a lab, what only that does."""
        return self.by_itself | OFFERS if self._lab else self.by_itself

    def now(self) -> int:
        """Return the server's time in epoch seconds, where there is a lab that tells it."""
        return self._lab.now() if self._lab else int(time.time())

    def advance(self, seconds: int) -> None:
        """Move the server's clock forward."""
        self._with_lab(Offer.CLOCK).advance(seconds)

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`, oldest first."""
        return self._with_lab(Offer.OUTBOX).mails(email)

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Not offered: there is one connection.

        Raises:
            NotOffered: always.

        """
        raise NotOffered(Offer.RACE.value)

    def close(self) -> None:
        """Let go of the connection."""
        if self._lab:
            self._lab.close()

    def _with_lab(self, what: str) -> Lab:
        if self._lab is None:
            raise NotOffered(what)
        return self._lab
