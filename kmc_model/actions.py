"""What a person does: the same types for the model and for every adapter.

Scanning a QR code is no action: no server ever learns of it.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TypeVar, dataclass_transform

__all__ = [
    "ACTIONS",
    "SECRET_FIELDS",
    "AccountStatus",
    "Action",
    "ChangePassword",
    "ConfirmPassword",
    "DisableTwoFactor",
    "EnableTwoFactor",
    "LogIn",
    "LogOut",
    "OpenEnrolmentLink",
    "RegisterUser",
    "RequestReset",
    "SetAccountStatus",
    "SetPassword",
    "SetUserStatus",
    "SwitchAccount",
    "UseSession",
    "UserStatus",
    "action",
    "described",
    "shorten",
]

SECRET_FIELDS = frozenset({"password", "new_password", "code", "link", "session", "browser"})


def shorten(text: str) -> str:
    """Return enough of a secret to tell it from another one, never enough to use it."""
    return f"{text[:2]}…" if len(text) > 7 else "…"


def described(action: "Action") -> dict[str, str]:
    """Return the fields of `action` that are set, by name, as text; secret ones shortened."""
    set_fields = ((each.name, getattr(action, each.name)) for each in fields(action))
    return {
        name: shorten(str(value)) if name in SECRET_FIELDS else str(value)
        for name, value in set_fields
        if value is not None
    }


class UserStatus(StrEnum):
    """A user's place in an account."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    REMOVED = "removed"


class AccountStatus(StrEnum):
    """Whether an account lets its users in."""

    ACTIVE = "active"
    BLOCKED = "blocked"


_A = TypeVar("_A")


@dataclass_transform(frozen_default=True)
def action(kind: type[_A]) -> type[_A]:
    """Make a class an action: a frozen dataclass that is printed as `Action` says, without its secrets."""
    return dataclass(frozen=True, slots=True, repr=False)(kind)


@action
class Action:
    """One thing a person does. Links are given as they were mailed, sessions as the handle a login returned.

    The docstrings below are what `kmc actions` shows to whoever writes an adapter.
    """

    def __repr__(self) -> str:
        shown = ((name, text, getattr(self, name)) for name, text in described(self).items())
        words = (f"{name}={text!r}" if isinstance(value, str) else f"{name}={text}" for name, text, value in shown)
        return f"{type(self).__name__}({', '.join(words)})"


@action
class RegisterUser(Action):
    """A user joins an account; the first one founds it and owns it.

    Attributes:
        account: its name, made up by the harness and new to the target; a target without accounts ignores it.
        email: theirs, and what they log in with. Who is known already joins one more account and keeps their password,
            whatever else is given here.
        password: None: they are registered without one, and a new user is mailed a link to set it; a target that does
            not have that raises NotOffered, and the scenarios that need it are skipped.
        administrator: whether they may administer the account; a target without roles ignores it.

    """

    account: str
    email: str
    password: str | None = None
    administrator: bool = True


@action
class SetUserStatus(Action):
    """The account's administration blocks, removes or restores a user.

    Attributes:
        account: in which account; the user's other accounts are left alone.
        email: whom.
        status: active, blocked or removed.

    """

    account: str
    email: str
    status: UserStatus


@action
class SetAccountStatus(Action):
    """The vendor blocks an account or lifts the block.

    Attributes:
        account: which one.
        status: active or blocked.

    """

    account: str
    status: AccountStatus


@action
class EnableTwoFactor(Action):
    """Switch two-factor authentication on for an account.

    Attributes:
        account: which one; a target without accounts switches it on for everybody.
        session: given: a customer tries it, logged in with that session, so it must be done with their rights alone.
            None: the vendor does it.

    """

    account: str
    session: str | None = None


@action
class DisableTwoFactor(Action):
    """Switch two-factor authentication off for an account.

    Attributes:
        account: which one.
        session: given: a customer tries it, logged in with that session, so it must be done with their rights alone.
            None: the vendor does it.

    """

    account: str
    session: str | None = None


@action
class OpenEnrolmentLink(Action):
    """Open the mailed link to the authentication screen; answered with the QR code where one is shown.

    Attributes:
        link: as it was mailed; also one that was used before, is too old or made up.
        browser: the session of somebody who is logged in in the browser in which it is opened; None: nobody is.

    """

    link: str
    browser: str | None = None


@action
class LogIn(Action):
    """Log in from a browser, by the page where there is an API too; answered with the session, also after two requests.

    Attributes:
        email: what is typed.
        password: what is typed; empty where nothing is.
        code: None, or empty: none is typed. Where one is needed, that is refused with asks_for_code.
        account: into which one; None: the target chooses one of the user's. A target without accounts ignores it.
        device: on which machine, by a name of the harness; None: on a new one. A target that knows none ignores it.

    """

    email: str
    password: str
    code: str | None = None
    account: str | None = None
    device: str | None = None


@action
class LogOut(Action):
    """End a session, as the product's own button does.

    Attributes:
        session: which one. Its answer may empty a jar of cookies: keep a copy of what was held before, token or
            cookies, for a later UseSession.

    """

    session: str


@action
class UseSession(Action):
    """Load a page that only someone logged in may see; accepted where it is shown.

    Attributes:
        session: as whom; it may have ended. Present what was held while it was open, as a thief of it would, and have
            the product refuse it.

    """

    session: str


@action
class SwitchAccount(Action):
    """Go to another account of the same user without logging out; answered with the session there.

    Attributes:
        session: of the account where they are.
        account: where they want to go.

    """

    session: str
    account: str


@action
class RequestReset(Action):
    """Use Forgot Password with one's e-mail.

    Attributes:
        email: what is typed; it need not be known to the target, nor be an e-mail to it: then it is refused.

    """

    email: str


@action
class SetPassword(Action):
    """Set a new password through a reset link; where it is offered to end the other sessions, they are ended.

    Attributes:
        link: as it was mailed; also one that was used before, is too old or made up.
        password: the new one.
        browser: the session of somebody who is logged in in the browser in which it is opened; None: nobody is.

    """

    link: str
    password: str
    browser: str | None = None


@action
class ConfirmPassword(Action):
    """Click OK on the message that the new password has been set; answered with the new QR code where one is shown.

    It is accepted without one where no account of theirs has two-factor authentication on.

    Attributes:
        link: the reset link that set the password.

    """

    link: str


@action
class ChangePassword(Action):
    """Change one's password while logged in.

    Attributes:
        session: as whom.
        password: the one they have.
        new_password: the one they want.
        code: None: none is typed.

    """

    session: str
    password: str
    new_password: str
    code: str | None = None


ACTIONS: tuple[type[Action], ...] = (
    RegisterUser,
    SetUserStatus,
    SetAccountStatus,
    EnableTwoFactor,
    DisableTwoFactor,
    OpenEnrolmentLink,
    LogIn,
    LogOut,
    UseSession,
    SwitchAccount,
    RequestReset,
    SetPassword,
    ConfirmPassword,
    ChangePassword,
)
