"""The port between harness and target: what an adapter implements, and the actions it is asked to perform."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kmc_model.actions import (
    ACTIONS,
    SECRET_FIELDS,
    AccountStatus,
    Action,
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LogIn,
    LogOut,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
    UseSession,
    described,
    shorten,
)

__all__ = [
    "ACTIONS",
    "NEEDED_OFFER",
    "SECRET_FIELDS",
    "AccountStatus",
    "Action",
    "ChangePassword",
    "ConfirmPassword",
    "DisableTwoFactor",
    "EnableTwoFactor",
    "LinkKind",
    "LogIn",
    "LogOut",
    "Mail",
    "MailedLink",
    "NotOffered",
    "Observation",
    "Offer",
    "OpenEnrolmentLink",
    "RegisterUser",
    "RequestReset",
    "SetAccountStatus",
    "SetPassword",
    "SetUserStatus",
    "SwitchAccount",
    "Target",
    "UseSession",
    "UserStatus",
    "described",
    "shorten",
]


class Offer(StrEnum):
    """An ability a target declares. What is not declared is skipped by name, never guessed."""

    CLOCK = "clock"
    OUTBOX = "outbox"
    ENABLE = "enable"
    ADMINISTER = "administer"
    SWITCH = "switch"
    RESET = "reset"
    CHANGE = "change"
    PICTURE = "picture"
    SCREEN = "screen"


NEEDED_OFFER: dict[type[Action], Offer] = {
    EnableTwoFactor: Offer.ENABLE,
    DisableTwoFactor: Offer.ENABLE,
    SetUserStatus: Offer.ADMINISTER,
    SetAccountStatus: Offer.ADMINISTER,
    SwitchAccount: Offer.SWITCH,
    RequestReset: Offer.RESET,
    SetPassword: Offer.RESET,
    ConfirmPassword: Offer.RESET,
    ChangePassword: Offer.CHANGE,
}
"""Which offer an action needs; the others every target performs."""


class NotOffered(Exception):
    """The target does not do this; raised by an adapter for an action it does not know."""


class LinkKind(StrEnum):
    """What a mailed link is for; the adapter tells it from the link's address, never from the mail's wording."""

    ENROLMENT = "enrolment"
    RESET = "reset"


@dataclass(frozen=True)
class MailedLink:
    """A link found in a mail, as it stands there."""

    kind: LinkKind
    url: str = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """A mail that the target sent. `sent_at` is in epoch seconds of the target's clock."""

    recipient: str
    sent_at: int
    subject: str
    text: str = field(repr=False)
    links: tuple[MailedLink, ...] = ()


@dataclass(frozen=True)
class Observation:
    """What a person would see of the answer; never read from inside the target.

    Attributes:
        accepted: whether the person got what they asked for.
        message: the target's own words.
        asks_for_code: whether the answer asks for an authenticator code.
        picture: a PNG of the QR code shown, as delivered (Offer.PICTURE) or as a screenshot.
        session: a handle of the session that was opened or used.
        account: the account that session is in, where it shows.

    """

    accepted: bool
    message: str = ""
    asks_for_code: bool = False
    picture: bytes | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    account: str | None = None


class Target(Protocol):
    """A system under test. An adapter implements these six methods and declares what it offers."""

    name: str
    offers: frozenset[Offer]

    def reset(self) -> None:
        """Make a clean start. The harness names people never seen before, so this may do nothing."""

    def perform(self, action: Action) -> Observation:
        """Do what a person does; raise NotOffered for an action that is not known here."""

    def now(self) -> int:
        """Return the target's clock in epoch seconds."""

    def advance(self, seconds: int) -> None:
        """Move the target's clock forward (Offer.CLOCK)."""

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return all mails sent to `email`, oldest first (Offer.OUTBOX)."""

    def close(self) -> None:
        """Let go of everything; called once."""
