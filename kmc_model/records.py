"""What the model remembers. Records are values: a change makes a new one. Times are epoch seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kmc_model.actions import AccountStatus, UserStatus
from kmc_model.values import Shown, value

__all__ = [
    "Account",
    "Credentials",
    "Link",
    "LinkKind",
    "LinkStatus",
    "Mail",
    "Membership",
    "Secret",
    "Session",
    "State",
]


@value
class Account:
    """A customer's workspace; its owner is the user registered first."""

    name: str
    owner: str
    two_factor: bool = False
    status: AccountStatus = AccountStatus.ACTIVE


@value
class Membership:
    """A user's place in one account."""

    account: str
    email: str
    administrator: bool
    status: UserStatus = UserStatus.ACTIVE


@value
class Secret:
    """The shared secret (base32) behind a QR code; `proven` once a login with its code was accepted."""

    base32: str = field(repr=False)
    issued_at: int
    proven: bool = False


@value
class Credentials:
    """E-mail, password and pairing of one person; one set serves all accounts of its owner."""

    email: str
    password: str | None = field(default=None, repr=False)
    secret: Secret | None = None
    last_counter: int = -1
    failures: int = 0
    locked_until: int = 0
    resets_asked_at: tuple[int, ...] = ()


class LinkKind(StrEnum):
    """What a mailed link is for."""

    ENROLMENT = "enrolment"
    RESET = "reset"


class LinkStatus(StrEnum):
    """What became of a link; that it expired is not stored but told from the clock."""

    OPEN = "open"
    USED = "used"
    REPLACED = "replaced"


@value
class Link(Shown):
    """A mailed link; `follow_up` is the token of the enrolment link that OK leads to after a reset."""

    token: str = field(repr=False)
    kind: LinkKind
    email: str
    issued_at: int
    status: LinkStatus = LinkStatus.OPEN
    follow_up: str | None = field(default=None, repr=False)


@value
class Session(Shown):
    """What an accepted login opens."""

    handle: str = field(repr=False)
    email: str
    account: str
    is_open: bool = True


@value
class Mail(Shown):
    """A mail as it was sent; `link` is the token of the link in its text."""

    recipient: str
    sent_at: int
    subject: str
    text: str = field(repr=False)
    link: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class State:
    """Everything remembered at one instant; `serial` counts the secrets and tokens made so far.

    Not a value: a turn changes a copy of its own in place.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    memberships: Mapping[tuple[str, str], Membership] = field(default_factory=dict)
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    outbox: tuple[Mail, ...] = ()
    serial: int = 0
