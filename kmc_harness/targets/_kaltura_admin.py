"""Administration by API v3, for a Kaltura without a lab.

One is the vendor, who founds accounts and sets them up, or has the admin secrets of accounts that are there already.
"""

from KalturaClient.exceptions import KalturaException
from KalturaClient.Plugins.Core import KalturaPartner, KalturaUser

from kmc_harness.port import (
    AccountStatus,
    NotOffered,
    Observation,
    Offer,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    UserStatus,
)
from kmc_harness.targets._kaltura_wire import ADMIN, SYSTEM_PARTNER, VENDOR_ID, Wire

__all__ = ["Administration"]

USER_STATUS = {UserStatus.BLOCKED: 0, UserStatus.ACTIVE: 1}
ACCOUNT_STATUS = {AccountStatus.ACTIVE: 1, AccountStatus.BLOCKED: 3}
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

    def changed(self, offers: frozenset[Offer]) -> frozenset[Offer]:
        """Return `offers` with what can be done so, and without what cannot.

        Accounts that are there already are shared by all scenarios, so nobody sets them up or blocks them.
        """
        if not self._prepared:
            return offers | ({Offer.ADMINISTER, Offer.ENABLE} if self._secret else set())
        return offers if set(ACCOUNTS) <= set(self._prepared) else offers - OF_SEVERAL_ACCOUNTS

    def vendor(self) -> str:
        """Return a KS of the vendor's: a new one each time, since the clock may have left the one of before behind.

        Raises:
            NotOffered: one is not trusted with that.

        """
        if not self._secret:
            raise NotOffered("what the vendor does")
        ks: str = self._wire.client().session.start(self._secret, "vendor", ADMIN, VENDOR_ID)
        return ks

    def perform(self, action: RegisterUser | SetUserStatus | SetAccountStatus) -> Observation:
        """Do what is asked; raises KalturaException where it is refused."""
        match action:
            case RegisterUser(account):
                self._find(account)
                self._add(action) if account in self.partners else self._found(action)
            case SetUserStatus():
                self._set_status(action)
            case SetAccountStatus(account, status):
                asked = {"id": self.partners[account], "status": ACCOUNT_STATUS[status], "reason": "conformance run"}
                self._wire.json(SYSTEM_PARTNER, "updateStatus", ks=self.vendor(), **asked)
        return Observation(True)

    def _find(self, account: str) -> None:
        """Take an account that is there already for the scenario's of that name."""
        if known := self._prepared.get(_plain(account)):
            self.partners[account] = known[0]

    def _found(self, action: RegisterUser) -> None:
        made, email = KalturaPartner(), action.email
        made.name, made.description = action.account, "made by a conformance run"
        made.adminName, made.adminEmail = email.partition("@")[0], email
        found = self._wire.client(self.vendor()).partner.register(made, action.password or "")
        self.partners[action.account] = found.id

    def _add(self, action: RegisterUser) -> None:
        user = KalturaUser()
        user.id = user.email = action.email
        user.isAdmin, user.loginEnabled = action.administrator, True
        if action.password is not None:
            user.password = action.password
        self._first_passwords.setdefault(action.email, action.password)
        self._wire.client(self._administrator(action.account)).user.add(user)

    def _set_status(self, action: SetUserStatus) -> None:
        email, status = action.email, action.status
        client = self._wire.client(self._administrator(action.account))
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
            self._add(RegisterUser(action.account, action.email, self._first_passwords.get(action.email)))

    def _administrator(self, account: str) -> str:
        """Return a KS of an administrator of the account."""
        if known := self._prepared.get(_plain(account)):
            number, secret = known
            own: str = self._wire.client().session.start(secret, "", ADMIN, number)
            return own
        ks: str = self._wire.json(SYSTEM_PARTNER, "getAdminSession", ks=self.vendor(), pId=self.partners[account])
        return ks


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
