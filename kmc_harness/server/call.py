"""One call of API v3: its parameters as PHP would read them, and who makes it."""

import hmac
import re
from dataclasses import dataclass

from kmc_harness.server.backend import Backend
from kmc_harness.server.errors import ApiError
from kmc_harness.server.ks import ADMIN, LONGEST_S, USER, Ks, KsIssuer
from kmc_harness.server.strict import Strictness
from kmc_harness.server.wire import Parameters
from kmc_model.actions import AccountStatus, Action, UseSession
from kmc_model.model import Outcome

__all__ = ["DAY_S", "Call", "Site", "invalid_ks"]

DAY_S = 24 * 3600


@dataclass(frozen=True)
class Site:
    """What all calls share; `vendor_secret` opens a session of the vendor's, `strictness` is the published server's."""

    backend: Backend
    ks_issuer: KsIssuer
    vendor_secret: str | None
    strictness: Strictness | None = None

    def admin_secret(self, partner_id: int) -> str | None:
        """Return what opens a session of the account's administration; None where there is no vendor to tell it."""
        made = f"account {partner_id}".encode()
        return hmac.digest(self.vendor_secret.encode(), made, "sha1").hex() if self.vendor_secret else None


class Call:
    """What one call may ask and do."""

    def __init__(self, site: Site, parameters: Parameters) -> None:
        self.site, self.backend = site, site.backend
        self._parameters = parameters

    def perform(self, action: Action) -> Outcome:
        """Have the model perform `action`."""
        return self.backend.perform(action)

    # Parameters

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter; without a default it is a mandatory one."""
        given = self._parameters.get(name, default)
        if not isinstance(given, str):
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
        return given

    def has(self, name: str) -> bool:
        """Whether a parameter is given, be it empty."""
        return name in self._parameters

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number as PHP makes one of text: 0 where there is none."""
        found = re.match(r"\s*[+-]?[0-9]{1,15}", self.text(name, None if default is None else str(default)))
        return int(found[0]) if found and found[0].isascii() else 0

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes or no as PHP makes one of text."""
        return self.text(name, str(int(default))).lower() not in ("", "0", "false")

    def object(self, name: str) -> Parameters:
        """Return a parameter that is an object."""
        given = self._parameters.get(name)
        if not isinstance(given, dict):
            raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
        return given

    def hash_key(self) -> str:
        """Return the key of a mailed link; a `.` may stand for `=`, and the KMC drops those at its end."""
        key = self.text("hashKey")
        link = self.backend.find(key)
        return link.token if link else key

    def account(self, name: str = "partnerId") -> str | None:
        """Return the account that a partner's number names; None where none is named."""
        if not self.text(name, ""):
            return None
        account = self.backend.account(self.number(name))
        if account is None or (self.site.strictness and self._is_blocked(account)):
            raise ApiError("SERVICE_FORBIDDEN_CONTENT_BLOCKED")
        return account

    def _is_blocked(self, account: str) -> bool:
        return self.backend.state.accounts[account].status is AccountStatus.BLOCKED

    # Who makes it

    def given_ks(self) -> Ks | None:
        """Return the KS sent along, if any; whether its session is open is for the model to say."""
        text = self.text("ks", "")
        return self.read(text) if text else None

    def ks(self) -> Ks:
        """Return the KS sent along, which is one that is good for something."""
        ks = self.given_ks()
        if ks is None:
            raise ApiError("MISSING_KS")
        return self.checked(ks)

    def read(self, text: str) -> Ks:
        """Return what `text` says, which is a KS that has not expired."""
        ks = self.site.ks_issuer.read(text)
        if ks is None:
            raise invalid_ks("INVALID_STR")
        if self.backend.now() > ks.expires_at:
            raise invalid_ks("EXPIRED")
        if self.site.ks_issuer.is_withdrawn(ks):
            raise invalid_ks()
        return ks

    def checked(self, ks: Ks) -> Ks:
        """Return `ks`, unless its session has ended, or has gone to another account with a newer KS."""
        if not self.site.ks_issuer.is_own(ks) and not (
            self.perform(UseSession(ks.handle)).accepted and self.is_there(ks)
        ):
            raise invalid_ks()
        return ks

    def is_there(self, ks: Ks) -> bool:
        """Whether the session of `ks` is in the account that `ks` names."""
        session = self.backend.state.sessions.get(ks.handle)
        return session is not None and self.backend.partner_id(session.account) == ks.partner_id

    def new_ks(self, outcome: Outcome, email: str, lasts_s: int = DAY_S, privileges: str = "*") -> str:
        """Return a KS for the session that `outcome` opened."""
        partner_id = self.backend.partner_id(outcome.account or "")
        if outcome.session is None or outcome.account is None or partner_id is None:
            return ""  # of a model with a fault: whoever is let in without a session has no KS
        member = self.backend.state.memberships.get((outcome.account, email))
        kind = ADMIN if member and member.administrator else USER
        until = self.backend.now() + min(max(lasts_s, 0), LONGEST_S)
        return self.site.ks_issuer.issue(partner_id, email, outcome.session, until, kind, privileges)


def invalid_ks(why: str = "LOGOUT") -> ApiError:
    """Return the error of a KS that is no good (any more); what was sent is not repeated."""
    return ApiError("INVALID_KS", KSID=why, ERR_CODE="-1", ERR_DESC="INVALID_STR")
