"""Kaltura's API v3 as a target.

What API v3 does not do is done by the lab of `kmc serve --lab`: clock, mailbox and administration. Without a lab it is
for the `[clock]` and `[mail]` of a target.toml, and administration goes by API v3 too. Kaltura's own names stay inside
here: partner (account), KS (session), otp (code), hash key (the end of a mailed link).
"""

import base64
from collections.abc import Sequence

from KalturaClient.exceptions import KalturaException

from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LogIn,
    LogOut,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    PasswordRules,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UseSession,
)
from kmc_harness.racing import in_threads
from kmc_harness.targets._kaltura_admin import NOBODYS_ID, Administration
from kmc_harness.targets._kaltura_wire import INVALID_KS, Wire
from kmc_harness.targets._lab import BesideLab

__all__ = ["Kaltura"]

SAID = {"true": True, "false": False}


class Kaltura(BesideLab):
    """Speaks to the API v3 at a service URL, such as http://127.0.0.1:8800."""

    name = "kaltura"
    password_rules = PasswordRules(max=14, needs=("digit", "lower", "symbol"), only=True)

    by_itself = frozenset(
        {
            Offer.SWITCH,
            Offer.RESET,
            Offer.RENEW,
            Offer.RULES,
            Offer.CHANGE,
            Offer.PICTURE,
            Offer.ACCOUNTS,
            Offer.MEMBERSHIPS,
            Offer.TOKENS,
            Offer.RACE,
        }
    )

    def __init__(self, url: str, token: str = "", secret: str = "", accounts: str = "", cache: str = "false") -> None:
        """Speak to `url`, with what `token` opens beside it (see BesideLab).

        Args:
            url: the service URL, such as http://127.0.0.1:8800.
            token: of the lab there, which is the vendor's secret too.
            secret: where there is no lab: the vendor's (partner -2), on a server of one's own.
            accounts: where there is neither: those that one administers (see Administration).
            cache: `true` judges what a person sees, whom the server may answer from its response cache; as a rule each
                call asks past it.

        Raises:
            ValueError: `accounts` is no list of accounts, or `cache` neither true nor false.

        """
        super().__init__(url, token)
        if cache not in SAID:
            raise ValueError(f"cache: write true or false, not {cache!r}")
        self._wire = Wire(self._url, cache=SAID[cache])
        self._administration = Administration(self._wire, secret or self._token, accounts)
        self.reset()

    @property
    def offers(self) -> frozenset[Offer]:
        """What API v3 does by itself, and what lab or administration do beside it."""
        return super().offers if self._lab else self._administration.changed(self.by_itself)

    def reset(self) -> None:
        """Forget who was spoken of; the server forgets nobody."""
        self._administration.reset()
        self._login_of: dict[str, str] = {}
        self._to_show: dict[str, str] = {}

    def perform(self, action: Action) -> Observation:
        """Make the calls that the KMC would make."""
        try:
            return self._perform(action)
        except KalturaException as refused:
            return Observation(False, refused.message, asks_for_code=refused.code == "MISSING_OTP")

    def _perform(self, action: Action) -> Observation:  # noqa: PLR0911 (one return an action)
        match action:
            case RegisterUser() | SetUserStatus() | SetAccountStatus():
                return self._administer(action)
            case EnableTwoFactor() | DisableTwoFactor():
                return self._administration.perform(action)
            case LogIn():
                return self._log_in(action)
            case LogOut(session):
                return self._log_out(session)
            case UseSession(session):
                partner = self._wire.client(session).session.get().partnerId
                names = {number: name for name, number in self._administration.partners.items()}
                return Observation(True, session=session, account=names.get(partner))
            case SwitchAccount(session, account):
                return self._switch_account(session, account)
            case RequestReset(email):
                # Not user.resetPassword, which tells of no error, whatever there is to be seen (facts, 2.1).
                self._wire.client().adminUser.resetPassword(email)
                return Observation(True)
            case SetPassword(link, password):
                shown = self._wire.client().adminUser.setInitialPassword(_hash_key(link), password).qrCode
                self._to_show[link] = shown if isinstance(shown, str) else ""
                return Observation(True)
            case ConfirmPassword(link):
                return self._confirm(link)
            case OpenEnrolmentLink(link):
                return _showing(self._wire.client().user.generateQrCode(_hash_key(link)))
            case ChangePassword(session, password, new, code):
                email, otp = self._login_of[session], code if code is not None else NotImplemented
                self._wire.client(session).user.updateLoginData(email, password, "", new, otp=otp)
                return Observation(True, session=session)
        raise NotOffered(type(action).__name__)

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Perform all of `actions` at the same moment, each with a client of its own."""
        with self._wire.for_threads(len(actions)):
            return in_threads(self.perform, actions)

    def mails_are_out(self) -> bool:
        """Whether the server has no mail left to send, as its vendor is told; the way from there is not in it."""
        return self._administration.mails_are_out()

    # One action each

    def _administer(self, action: RegisterUser | SetUserStatus | SetAccountStatus) -> Observation:
        if self._lab is None:
            return self._administration.perform(action)
        said = self._lab.perform(action)
        if said["partnerId"] is not None:
            self._administration.partners[action.account] = said["partnerId"]
        return Observation(said["accepted"], said["message"])

    def _log_in(self, action: LogIn) -> Observation:
        email = action.email
        partner = NotImplemented if action.account is None else self._partner(action.account)
        otp = NotImplemented if action.code is None else action.code
        ks = self._wire.client().user.loginByLoginId(email, action.password, partner, otp=otp)
        self._login_of[ks] = email
        return Observation(True, session=ks or None)

    def _log_out(self, session: str) -> Observation:
        try:
            self._wire.client(session).session.end()
        except KalturaException as refused:
            if refused.code != INVALID_KS:  # what has ended before has ended
                raise
        return Observation(True)

    def _switch_account(self, session: str, account: str) -> Observation:
        ks = self._wire.client(session).user.loginByKs(self._partner(account)).ks
        if ks and ks != session:
            self._login_of[ks] = self._login_of[session]
            self._wire.client(session).session.end()  # as the KMC does
        return Observation(True, session=ks or None, account=account)

    def _confirm(self, link: str) -> Observation:
        """Click OK: a server that counts it is told; before any other, what was in the answer is on the screen once."""
        kept = self._to_show.pop(link, None)
        try:
            return _showing(self._wire.client().user.generateQrCode(_hash_key(link)))
        except KalturaException as refused:
            if kept is None or refused.code != "INVALID_HASH":
                return Observation(False, refused.message)
            return _showing(kept)

    def _partner(self, account: str) -> int:
        return self._administration.partners.get(account, NOBODYS_ID)


def _hash_key(link: str) -> str:
    return link.rpartition("/")[2]


def _showing(picture: str) -> Observation:
    return Observation(True, picture=base64.b64decode(picture) or None)
