"""The port between harness and target: what an adapter implements, and the actions it is asked to perform."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kmc_model import actions
from kmc_model.actions import (
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
    action,
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
    "ConfirmPairing",
    "ConfirmPassword",
    "DisableTwoFactor",
    "EnableTwoFactor",
    "GoToLogin",
    "LinkKind",
    "LogIn",
    "LogOut",
    "Mail",
    "MailedLink",
    "Naming",
    "NotOffered",
    "Observation",
    "Offer",
    "OpenEnrolmentLink",
    "PasswordRules",
    "RegisterUser",
    "RequestReset",
    "Screen",
    "SetAccountStatus",
    "SetPassword",
    "SetUserStatus",
    "StartPairing",
    "SwitchAccount",
    "Target",
    "UseSession",
    "UserStatus",
    "described",
    "shorten",
]


class Offer(StrEnum):
    """An ability a target declares. What is not declared is skipped by name, never guessed.

    Attributes:
        CLOCK: its clock can be moved forward.
        OUTBOX: the mails it sends can be read.
        ACCOUNTS: there are several accounts.
        MEMBERSHIPS: a user can belong to several of them.
        ENABLE: the vendor switches two-factor authentication on for an account, and its users are mailed a link.
        SETTINGS: users pair an authenticator themselves, logged in.
        ADMINISTER: users and accounts can be blocked.
        SWITCH: one can go to another account without logging out.
        RESET: there is a Forgot Password.
        RENEW: OK, after a new password, shows a new QR code.
        RULES: new passwords need eight characters, a digit and a symbol, as the KMC's do.
        CHANGE: the password can be changed while logged in.
        PICTURE: the picture file of a QR code is delivered.
        RACE: what two people do at the same moment reaches it at the same moment (`at_once`).
        SCREEN: there is a screen to look at.
        TOKENS: the handle of a session is its token itself, as a browser or an app holds it.
        BROWSERS: a mailed link can be opened in the browser of somebody who is logged in.

    """

    CLOCK = "clock"
    OUTBOX = "outbox"
    ACCOUNTS = "accounts"
    MEMBERSHIPS = "memberships"
    ENABLE = "enable"
    SETTINGS = "settings"
    ADMINISTER = "administer"
    SWITCH = "switch"
    RESET = "reset"
    RENEW = "renew"
    RULES = "rules"
    CHANGE = "change"
    PICTURE = "picture"
    RACE = "race"
    SCREEN = "screen"
    TOKENS = "tokens"
    BROWSERS = "browsers"


@action
class StartPairing(Action):
    """Ask for a QR code on one's settings page; answered with it.

    Attributes:
        session: as whom.
        password: theirs, since many products want it again; others ignore it.

    """

    session: str
    password: str


@action
class ConfirmPairing(Action):
    """Type the app's code on the settings page, which completes the pairing begun in this session.

    Attributes:
        session: as whom.
        code: what is typed.

    """

    session: str
    code: str


@action
class GoToLogin(Action):
    """Go to the login screen; answered with what a person sees of it.

    Attributes:
        email: whose browser it is; nothing is typed.
        link: by Continue on the screen that this link has opened; None: by the login screen's address.
        device: on which machine of theirs; None: on a new one.

    """

    email: str
    link: str | None = None
    device: str | None = None


ACTIONS: tuple[type[Action], ...] = (*actions.ACTIONS, GoToLogin, StartPairing, ConfirmPairing)
"""What a target may be asked to perform; the last two are none of the KMC's."""


NEEDED_OFFER: dict[type[Action], Offer] = {
    EnableTwoFactor: Offer.ENABLE,
    DisableTwoFactor: Offer.ENABLE,
    SetUserStatus: Offer.ADMINISTER,
    SetAccountStatus: Offer.ADMINISTER,
    SwitchAccount: Offer.SWITCH,
    RequestReset: Offer.RESET,
    SetPassword: Offer.RESET,
    ConfirmPassword: Offer.RENEW,
    ChangePassword: Offer.CHANGE,
    GoToLogin: Offer.SCREEN,
    StartPairing: Offer.SETTINGS,
    ConfirmPairing: Offer.SETTINGS,
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
    """A link found in a mail, as it stands there; `part` names the part of the mail, where that matters."""

    kind: LinkKind
    url: str = field(repr=False)
    part: str = ""


@dataclass(frozen=True)
class Mail:
    """A mail that the target sent.

    Attributes:
        recipient: its e-mail.
        sent_at: epoch seconds of the target's clock.
        subject, text: as people read them.
        links: those that a mail client opens, of those that lead to a QR code or to a new password.
        elsewhere: those that another part of the mail, such as text beside HTML, has in their place, where they lead
            to something else.
        raw: the whole message as sent, headers and attachments with it; empty where an adapter does not have it.

    """

    recipient: str
    sent_at: int
    subject: str
    text: str = field(repr=False)
    links: tuple[MailedLink, ...] = ()
    elsewhere: tuple[MailedLink, ...] = ()
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Screen:
    """What a person sees of a page; fields, buttons and links are named as in the article, where it names them.

    Attributes:
        names: of the fields, buttons and links.
        filled_in: what stands in the fields of these names; of a password only that something does.
        cache_control: the header of this name, which says whether the page may be kept.

    """

    names: tuple[str, ...]
    filled_in: dict[str, str] = field(default_factory=dict, repr=False)
    cache_control: str = ""


@dataclass(frozen=True)
class Observation:
    """What a person would see of the answer; never read from inside the target.

    Attributes:
        accepted: whether the person got what they asked for.
        message: the target's own words.
        asks_for_code: whether the answer asks for an authenticator code.
        picture: a PNG of the QR code shown, as delivered (Offer.PICTURE) or as a screenshot.
        uri: what the QR code would say, where the target leaves its drawing to somebody else.
        session: a handle of the session that was opened or used.
        account: the account that session is in, where it shows.
        screen: the page in front of the person (Offer.SCREEN).

    """

    accepted: bool
    message: str = ""
    asks_for_code: bool = False
    picture: bytes | None = field(default=None, repr=False)
    uri: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    account: str | None = None
    screen: Screen | None = field(default=None, repr=False)

    @property
    def shows_qr_code(self) -> bool:
        """Whether there is something to pair from."""
        return bool(self.picture or self.uri)

    @property
    def in_words(self) -> str:
        """What a person would say of it, in a few words."""
        words = "accepted" if self.accepted else "asked for a code" if self.asks_for_code else "refused"
        words += " with a QR code" if self.shows_qr_code else ""
        words += " with a session" if self.session else ""
        return words + (f' ("{self.message}")' if self.message else "")


@dataclass(frozen=True)
class Naming:
    """What people and accounts are called; a target whose `naming` is another one has them called so.

    Attributes:
        mark: makes all names new to a server that remembers those of earlier runs. No evidence has it.
        addresses: what e-mails are made of, with `{name}` in it.

    """

    mark: str = ""
    addresses: str = "{name}@kmc.example"

    @classmethod
    def anew(cls, addresses: str = addresses) -> "Naming":
        """Return names that no earlier run has used."""
        return cls(f".{secrets.token_hex(3)}", addresses)

    def email(self, name: str) -> str:
        """Return the e-mail of somebody."""
        return self.addresses.replace("{name}", name + self.mark)

    def account(self, name: str) -> str:
        """Return what an account is called."""
        return name + self.mark


CLASSES: dict[str, str] = {"digit": "0123456789", "lower": "bcdfghjkmnpqrstvwxz", "upper": "BCDFGHJKLMNPQRSTVWXZ"}
"""Characters of which passwords are made; without vowels, they hold no name."""
TRIES = 1000


@dataclass(frozen=True)
class PasswordRules:
    """What a target takes for a password. Where one says so, the passwords of all scenarios obey.

    Attributes:
        min, max: the fewest and the most characters; max 0: there is no most.
        needs: one at least of each of these: digit, lower, upper, symbol.
        symbols: what counts as a symbol.
        only: whether nothing but letters, digits and symbols is taken.
        forbids: parts that it must not hold, in upper or lower case.

    """

    min: int = 8
    max: int = 0
    needs: tuple[str, ...] = ("digit", "symbol")
    symbols: str = "~!@#$%^*=+?()-[]{}"
    only: bool = False
    forbids: tuple[str, ...] = ()

    def take(self, password: str) -> bool:
        """Whether `password` obeys."""
        has = {
            "digit": any(each.isdigit() for each in password),
            "lower": any(each.islower() for each in password),
            "upper": any(each.isupper() for each in password),
            "symbol": any(each in self.symbols for each in password),
        }
        listed = all((each.isascii() and each.isalnum()) or each in self.symbols for each in password)
        return (
            self.min <= len(password) <= (self.max or len(password))
            and all(has[each] for each in self.needs)
            and (listed or not self.only)
            and not any(each.lower() in password.lower() for each in self.forbids)
        )

    def fitted(self, password: str) -> str:
        """Return `password` where it obeys; else one that does, the same for the same.

        Raises:
            ValueError: there is none.

        """
        if self.take(password):
            return password
        for nth in range(TRIES):
            seed = hashlib.sha256(f"{password}/{nth}".encode()).digest() * (1 + max(self.min, self.max) // 32)
            classes = [CLASSES.get(each, self.symbols) for each in (*self.needs, "lower", "digit")]
            size = max(self.min, min(len(password), self.max or len(password)), len(self.needs))
            made = "".join(
                (kind := classes[at % len(classes)])[byte % len(kind)] for at, byte in enumerate(seed[:size])
            )
            if self.take(made):
                return made
        raise ValueError(f"no password was found that obeys {self}")


class Target(Protocol):
    """A system under test, as the harness uses it; an adapter leaves out the methods of what it does not offer."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def offers(self) -> frozenset[Offer]:
        """What it declares."""

    def reset(self) -> None:
        """Make a clean start. The harness names people never seen before, so this may do nothing."""

    def perform(self, action: Action) -> Observation:
        """Do what a person does; raise NotOffered for an action that is not known here."""

    def now(self) -> int:
        """Return the target's clock in epoch seconds."""

    def advance(self, seconds: int) -> None:
        """Move the target's clock forward (Offer.CLOCK)."""

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email` (Offer.OUTBOX), best all of them and oldest first.

        A mail is known by itself: another order does no harm, nor does it that what was read is not shown again.
        """

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Do all of `actions` at the same moment, and return what was seen of each, in their order (Offer.RACE)."""

    def close(self) -> None:
        """Let go of everything; called once."""
