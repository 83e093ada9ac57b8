"""What the model remembers. Records are values: a change makes a new one. Times are epoch seconds."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import field

from kmc_model.actions import AccountStatus, UserStatus
from kmc_model.values import Hidden, Shown, Value

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


class Account(Value, frozen=True):
    """A customer's workspace; its owner is the user registered first."""

    name: str
    owner: str
    two_factor: bool = False
    status: AccountStatus = AccountStatus.ACTIVE


class Membership(Value, frozen=True):
    """A user's place in one account."""

    account: str
    email: str
    administrator: bool
    status: UserStatus = UserStatus.ACTIVE


class Secret(Value, frozen=True):
    """The shared secret (base32) behind a QR code; `proven` once a login with its code was accepted."""

    base32: Hidden[str]
    issued_at: int
    proven: bool = False


class Credentials(Value, frozen=True):
    """E-mail, password and pairing of one person; one set serves all accounts of its owner.

    `last_counter`, `earlier_counters`: the time step of the code accepted last, and those before it that are near.
    `last_account`: the one joined or logged in to last, where that counts.
    """

    email: str
    password: Hidden[str | None] = None
    secret: Secret | None = None
    last_counter: int = -1
    earlier_counters: frozenset[int] = frozenset()
    failures: int = 0
    code_failures: int = 0
    locked_until: int = 0
    no_code_before: int = 0
    resets_asked_at: tuple[int, ...] = ()
    last_account: str = ""


class LinkKind(StrEnum):
    """What a mailed link is for."""

    ENROLMENT = "enrolment"
    RESET = "reset"


class LinkStatus(StrEnum):
    """What became of a link; that it expired is not stored but told from the clock."""

    OPEN = "open"
    USED = "used"
    REPLACED = "replaced"


class Link(Value, Shown, frozen=True):
    """A mailed link; `follow_up` is the token of the enrolment link that OK leads to after a reset."""

    token: Hidden[str]
    kind: LinkKind
    email: str
    issued_at: int
    status: LinkStatus = LinkStatus.OPEN
    follow_up: Hidden[str | None] = None


class Session(Value, Shown, frozen=True):
    """What an accepted login opens."""

    handle: Hidden[str]
    email: str
    account: str
    is_open: bool = True
    since: int = 0


class Mail(Value, Shown, frozen=True):
    """A mail as it was sent; `link` is the token of the link in its text."""

    recipient: str
    sent_at: int
    subject: str
    text: Hidden[str]
    link: Hidden[str | None] = None


class State(Value, frozen=True):
    """Everything remembered at one instant; `serial` counts the secrets and tokens made so far."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    memberships: Mapping[tuple[str, str], Membership] = field(default_factory=dict)
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    links: Hidden[dict[str, Link]] = field(default_factory=dict)
    sessions: Hidden[Mapping[str, Session]] = field(default_factory=dict)
    outbox: tuple[Mail, ...] = ()
    serial: int = 0
