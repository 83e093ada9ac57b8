"""Administration by API v3, for a Kaltura without a lab.

One is the vendor, who founds accounts and sets them up, or has the admin secrets of accounts that are there already.
"""

from collections.abc import Callable
from typing import Any

from KalturaClient.exceptions import KalturaException
from KalturaClient.Plugins.Core import KalturaPartner, KalturaUser

from kmc_harness.port import (
    AccountStatus,
    DisableTwoFactor,
    EnableTwoFactor,
    NotOffered,
    Observation,
    Offer,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    UserStatus,
)
from kmc_harness.targets._kaltura_wire import ADMIN, INVALID_KS, SYSTEM_PARTNER, VENDOR_ID, Wire

__all__ = ["NOBODYS_ID", "Administration"]

NOBODYS_ID = 2_000_000_000
"""A partner that does not exist, for accounts that nobody founded."""

Administrative = RegisterUser | SetUserStatus | SetAccountStatus | EnableTwoFactor | DisableTwoFactor
USER_STATUS = {UserStatus.BLOCKED: 0, UserStatus.ACTIVE: 1}
ACCOUNT_STATUS = {AccountStatus.ACTIVE: 1, AccountStatus.BLOCKED: 3}
VENDOR = ""
"""Stands where accounts have their names."""
LAST_NAME = "Tester"
QUOTA_MET = "ADMIN_LOGIN_USERS_QUOTA_EXCEEDED"
MORE = {"objectType": "KalturaSystemPartnerOveragedLimit", "type": "ADMIN_LOGIN_USERS", "max": 10_000}
"""An account has ten administrators, unless its `limits` say more; of another type, a limit changes nothing."""
MAILS = {"objectType": "KalturaBatchJobFilter", "jobTypeEqual": 15, "statusNotIn": "5,6,7,10,11,12"}
"""Jobs of the mailer that are neither finished, failed nor given up."""
ONE = {"objectType": "KalturaFilterPager", "pageSize": 1}
HOME, *OTHERS = ACCOUNTS = ("Acme", "Globex", "Initech")
"""What scenarios call accounts: all have the first one, few another one."""
OF_SEVERAL_ACCOUNTS = frozenset({Offer.ACCOUNTS, Offer.MEMBERSHIPS, Offer.SWITCH})


class Administration:
    """What the vendor does, and the administrators of accounts."""

    def __init__(self, wire: Wire, secret: str, accounts: str) -> None:
        """Begin with what one is trusted with.

        Args:
            wire: to the server.
            secret: the vendor's (partner -2), or empty.
            accounts: those that are there, as `Acme 101 SECRET, Globex 102 SECRET`: name, number, admin secret.

        Raises:
            ValueError: `accounts` is written otherwise.

        """
        self._wire, self._secret = wire, secret
        self._prepared = _prepared(accounts)
        self.partners: dict[str, int] = {}
        """The numbers of the accounts spoken of in this scenario."""
        self._first_passwords: dict[str, str | None] = {}
        self._sessions: dict[str, str] = {}

    def reset(self) -> None:
        """Forget the accounts spoken of, and their sessions."""
        self.partners.clear()
        self._first_passwords.clear()
        self._sessions = {VENDOR: kept} if (kept := self._sessions.get(VENDOR)) else {}

    def changed(self, offers: frozenset[Offer]) -> frozenset[Offer]:
        """Return `offers` with what can be done so, and without what cannot.

        Accounts that are there already are shared by all scenarios, so nobody sets them up or blocks them.
        """
        if not self._prepared:
            return offers | ({Offer.ADMINISTER, Offer.ENABLE} if self._secret else set())
        return offers if set(ACCOUNTS) <= set(self._prepared) else offers - OF_SEVERAL_ACCOUNTS

    def configure(self, account: str, session: str | None, **changes: Any) -> None:
        """Change how an account is set up: as the vendor, or as a customer tries it in a session of their own."""
        partner = self.partners.get(account, NOBODYS_ID)
        if session is not None:
            self._configure(partner, session, changes)
            return

        def keeping_the_rest(ks: str) -> None:
            # What is not sent along is lost on a real server (facts, 3.10).
            kept = self._wire.json(SYSTEM_PARTNER, "getConfiguration", ks=ks, pId=partner)
            self._configure(partner, ks, kept | changes)

        self._as(VENDOR, keeping_the_rest)

    def _configure(self, partner: int, ks: str, asked: dict[str, Any]) -> None:
        configuration = asked | {"objectType": "KalturaSystemPartnerConfiguration"}
        self._wire.json(SYSTEM_PARTNER, "updateConfiguration", ks=ks, pId=partner, configuration=configuration)

    def mails_are_out(self) -> bool:
        """Whether the mailer has sent all that waited: its jobs are in none but a final state."""
        said = self._as(VENDOR, lambda ks: self._wire.json("jobs", "listBatchJobs", ks=ks, filter=MAILS, pager=ONE))
        return bool(said["totalCount"] == 0)

    def perform(self, action: Administrative) -> Observation:
        """Do what is asked; raises KalturaException where it is refused."""
        match action:
            case EnableTwoFactor(account, session) | DisableTwoFactor(account, session):
                on = isinstance(action, EnableTwoFactor)
                self.configure(account, session, useTwoFactorAuthentication=on)
            case RegisterUser(account):
                self._find(account)
                self._add(action) if account in self.partners else self._found(action)
            case SetUserStatus(account):
                self._as(account, lambda ks: self._set_status(action, ks))
            case SetAccountStatus(account, status):
                asked = {"id": self.partners[account], "status": ACCOUNT_STATUS[status], "reason": "conformance run"}
                self._as(VENDOR, lambda ks: self._wire.json(SYSTEM_PARTNER, "updateStatus", ks=ks, **asked))
        return Observation(True)

    def answered(self, action: Administrative) -> Observation:
        """Do what is asked, and return how it was answered."""
        try:
            return self.perform(action)
        except KalturaException as refused:
            return Observation(False, refused.message)

    def _find(self, account: str) -> None:
        """Take an account that is there already for the scenario's of that name."""
        if known := self._prepared.get(_plain(account)):
            self.partners[account] = known[0]

    def _found(self, action: RegisterUser) -> None:
        made, email = KalturaPartner(), action.email
        made.name, made.description = action.account, "made by a conformance run"
        made.adminName, made.adminEmail = " ".join(_names(email)), email
        password, silent = action.password or "", NotImplemented if action.password is None else True
        # Not silent, it mails a link to set a password, whether one is given or not.
        found = self._as(
            VENDOR, lambda ks: self._wire.client(ks).partner.register(made, password, NotImplemented, silent)
        )
        self.partners[action.account] = found.id

    def _add(self, action: RegisterUser) -> None:
        self._first_passwords.setdefault(action.email, action.password)
        try:
            self._as(action.account, lambda ks: self._wire.client(ks).user.add(_user(action)))
        except KalturaException as refused:
            if refused.code != QUOTA_MET or not self._secret:
                raise
            self.configure(action.account, None, limits=[MORE])
            self._as(action.account, lambda ks: self._wire.client(ks).user.add(_user(action)))

    def _set_status(self, action: SetUserStatus, ks: str) -> None:
        email, status = action.email, action.status
        client = self._wire.client(ks)
        if status is UserStatus.REMOVED:
            client.user.delete(email)
            return
        user = KalturaUser()
        user.status = USER_STATUS[status]
        try:
            client.user.update(email, user)
        except KalturaException as refused:
            if refused.code != "INVALID_USER_ID" or status is not UserStatus.ACTIVE:
                raise
            # Who was removed is no user any more, and is added again as at first.
            self._add(RegisterUser(action.account, email, self._first_passwords.get(email)))

    # Sessions of the vendor, and of accounts' administrators

    def _as(self, account: str, call: Callable[[str], Any]) -> Any:
        """Return what `call` does with a KS: one of before, or a new one where the clock has left that behind.

        Raises:
            NotOffered: it is the vendor's, and one is not trusted with that.

        """
        if kept := self._sessions.get(account):
            try:
                return call(kept)
            except KalturaException as refused:
                if refused.code != INVALID_KS:
                    raise
        ks = self._sessions[account] = self._open(account)
        return call(ks)

    def _open(self, account: str) -> str:
        if known := self._prepared.get(_plain(account)):
            number, secret = known
            return str(self._wire.client().session.start(secret, "", ADMIN, number))
        if account != VENDOR:
            asked = {"pId": self.partners[account]}
            return str(self._as(VENDOR, lambda ks: self._wire.json(SYSTEM_PARTNER, "getAdminSession", ks=ks, **asked)))
        if not self._secret:
            raise NotOffered("what the vendor does")
        return str(self._wire.client().session.start(self._secret, "vendor", ADMIN, VENDOR_ID))


def _names(email: str) -> tuple[str, str]:
    """Return a first and a last name: a Kaltura mails nothing to somebody who lacks one (I-35)."""
    return email.partition("@")[0].partition(".")[0].capitalize(), LAST_NAME


def _user(action: RegisterUser) -> KalturaUser:
    user = KalturaUser()
    user.id = user.email = action.email
    user.firstName, user.lastName = _names(action.email)
    user.isAdmin, user.loginEnabled = action.administrator, True
    if action.password is not None:
        user.password = action.password
    return user


def _plain(account: str) -> str:
    """Return the scenario's name of an account, without what makes it new."""
    return account.rpartition("-")[0]


def _prepared(text: str) -> dict[str, tuple[int, str]]:
    found = {}
    for words in (each.split() for each in text.split(",") if each.strip()):
        if len(words) != 3 or not words[1].isdecimal():
            raise ValueError(f"accounts: write NAME NUMBER ADMIN_SECRET, as 'Acme 101 0a1b2c', not {words[0]!r} so")
        found[words[0]] = (int(words[1]), words[2])
    if found and HOME not in found:
        raise ValueError(f"accounts: one is called {HOME}, and others are {' and '.join(OTHERS)}, as in the scenarios")
    return found
