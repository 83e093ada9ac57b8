"""The lab of `kmc serve --lab`, as programs speak to it."""

import http.client
import json
import urllib.parse
from typing import Any

import msgspec

from kmc_harness import _http
from kmc_harness.port import Mail

__all__ = ["Lab", "LabRefused"]

WITHIN_S = 30


class LabRefused(Exception):
    """The lab does not do what it was asked; the message says why, in its words."""


class Lab:
    """One connection, which is opened anew where the server closed it."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is the server's, `token` the one it printed as it started."""
        self._url = url
        kind = http.client.HTTPSConnection if url.startswith("https:") else http.client.HTTPConnection
        self._connection = kind(*_http.place(url), timeout=WITHIN_S)
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

    def perform(self, action: str, fields: dict[str, Any]) -> Any:
        """Have the vendor or an administrator do something; return accepted, message and partnerId."""
        return self._ask("POST", "/lab/perform", {"action": action, "fields": fields})

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
