"""The KS, which stands for a session on Kaltura's wire: signed, and readable by whoever holds it, as its version 1 is.

The handle of the model's session stands where Kaltura has a random number. Whether that session is still open is not
told by the KS but by the model.
"""

import base64
import hmac
import secrets
import urllib.parse
from dataclasses import dataclass, field

__all__ = ["ADMIN", "USER", "VENDOR_ID", "Ks", "KsIssuer"]

VENDOR_ID = -2
"""The partner that Kaltura's Admin Console is: the vendor's representative (facts, 3.10)."""
USER, ADMIN = 0, 2
LONGEST_S = 10 * 365 * 24 * 3600


@dataclass(frozen=True)
class Ks:
    """What a KS says; `text` is the KS itself."""

    partner_id: int
    user_id: str
    handle: str = field(repr=False)
    expires_at: int
    kind: int
    privileges: str
    text: str = field(default="", repr=False)


class KsIssuer:
    """Issues and reads KS with a key of its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._own: set[str] = set()
        self._withdrawn: set[str] = set()

    def issue(
        self, partner_id: int, user_id: str, handle: str, expires_at: int, kind: int, privileges: str = ""
    ) -> str:
        """Return a new KS."""
        fields = (partner_id, partner_id, expires_at, kind, handle, user_id, privileges)
        said = ";".join(urllib.parse.quote(str(each), safe="@") for each in fields)
        return base64.urlsafe_b64encode(f"{self._signature(said)}|{said}".encode()).decode()

    def issue_own(self, partner_id: int, user_id: str, expires_at: int, privileges: str = "") -> str:
        """Return a new KS of administration, which stands for no session of the model's."""
        handle = secrets.token_urlsafe(12)
        self._own.add(handle)
        return self.issue(partner_id, user_id, handle, expires_at, ADMIN, privileges)

    def is_own(self, ks: Ks) -> bool:
        """Whether `ks` stands for no session of the model's."""
        return ks.handle in self._own

    def read(self, text: str) -> Ks | None:
        """Return what `text` says, or None where it was not issued here."""
        try:
            signature, _, said = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        except ValueError:
            return None
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            return None
        partner, _, expires, kind, handle, user, privileges = map(urllib.parse.unquote, said.split(";"))
        return Ks(int(partner), user, handle, int(expires), int(kind), privileges, text)

    def withdraw(self, ks: Ks) -> None:
        """Never again take `ks` for one, which is one of `issue_own`."""
        self._withdrawn.add(ks.text)

    def is_withdrawn(self, ks: Ks) -> bool:
        """Whether `ks` was withdrawn."""
        return ks.text in self._withdrawn

    def _signature(self, said: str) -> str:
        return hmac.digest(self._key, said.encode(), "sha1").hex()
