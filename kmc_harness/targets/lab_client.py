"""The lab of a `kmc serve`: its clock, its mail, and what no user of the KMC does."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from kmc_harness.port import Action, LinkKind, Mail, MailedLink, Observation
from kmc_harness.targets import UnknownTarget

__all__ = ["Lab"]

WITHIN_S = 30


class Lab:
    """Asks the lab over HTTP."""

    def __init__(self, address: str, links: Mapping[str, str]) -> None:
        """Read `address`, as `kmc serve --lab` prints it, with its token; `links`: kinds to paths.

        Raises:
            UnknownTarget: it is no address.

        """
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UnknownTarget(f"{address!r} is no address as http://127.0.0.1:8800/?token=...; `kmc serve` prints it")
        self.base = f"{parts.scheme}://{parts.netloc}"
        self._token = parse_qs(parts.query).get("token", [""])[0]
        self._links = links

    def perform(self, action: Action) -> Observation:
        """Have the vendor or an administration do `action`."""
        said = self._ask("/lab/perform", {"action": type(action).__name__, "fields": asdict(action)})
        return Observation(said["accepted"], said.get("message", ""))

    def now(self) -> int:
        """Return the server's clock in epoch seconds."""
        return int(self._ask("/lab/clock")["now"])

    def advance(self, seconds: int) -> None:
        """Move the server's clock forward."""
        self._ask("/lab/clock", {"advance": seconds})

    def mails(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`, oldest first."""
        found = self._ask(f"/lab/mails?{urlencode({'to': email})}")
        return tuple(self._mail(each) for each in (found["mails"] if isinstance(found, dict) else found))

    def _mail(self, said: Mapping[str, Any]) -> Mail:
        text = said["text"]
        links = tuple(
            MailedLink(LinkKind(kind), url)
            for url in re.findall(r"https?://\S+", text)
            for kind, path in self._links.items()
            if path in url
        )
        return Mail(said["recipient"], said["sent_at"], said["subject"], text, links)

    def _ask(self, path: str, sent: Mapping[str, Any] | None = None) -> Any:
        body = None if sent is None else json.dumps(sent).encode()
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, body, headers)  # noqa: S310 it is http, see above
        try:
            with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            told = error.read(300).decode(errors="replace")
            raise RuntimeError(f"the lab answered {path} with {error.code}: {told}") from error
        except OSError as error:
            raise RuntimeError(
                f"nothing answers at {self.base}{path} ({error}); is `kmc serve --lab` running?"
            ) from error
