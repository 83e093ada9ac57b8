"""What a person does: the same types for the model and for every adapter.

Scanning a QR code is no action: no server ever learns of it.
"""

from dataclasses import fields
from enum import StrEnum

from kmc_model.values import value

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
    "described",
    "shorten",
]

SECRET_FIELDS = frozenset({"password", "new_password", "code", "link", "session"})


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


@value
class Action:
    """One thing a person does. Links are given as they were mailed, sessions as the handle a login returned."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in described(self).items())})"


@value
class RegisterUser(Action):
    """A user joins an account; the first one founds it and owns it.

    Without a password a new user is mailed a link to set one.
    """

    account: str
    email: str
    password: str | None = None
    administrator: bool = True


@value
class SetUserStatus(Action):
    """The account's administration blocks, removes or restores a user."""

    account: str
    email: str
    status: UserStatus


@value
class SetAccountStatus(Action):
    """The vendor blocks an account or lifts the block."""

    account: str
    status: AccountStatus


@value
class EnableTwoFactor(Action):
    """Switch two-factor authentication on for an account; without a session it is the vendor who does it."""

    account: str
    session: str | None = None


@value
class DisableTwoFactor(Action):
    """Switch two-factor authentication off for an account; without a session it is the vendor who does it."""

    account: str
    session: str | None = None


@value
class OpenEnrolmentLink(Action):
    """Open the mailed link to the authentication screen."""

    link: str


@value
class LogIn(Action):
    """Log in from a browser; without an account the target chooses one of the user's.

    `device` says which machine it is: a target that knows none ignores it.
    """

    email: str
    password: str
    code: str | None = None
    account: str | None = None
    device: str | None = None


@value
class LogOut(Action):
    """End a session."""

    session: str


@value
class UseSession(Action):
    """Load a page that only someone logged in may see."""

    session: str


@value
class SwitchAccount(Action):
    """Go to another account of the same user without logging out."""

    session: str
    account: str


@value
class RequestReset(Action):
    """Use Forgot Password with one's e-mail."""

    email: str


@value
class SetPassword(Action):
    """Set a new password through a reset link."""

    link: str
    password: str


@value
class ConfirmPassword(Action):
    """Click OK on the message that the new password has been set; `link` is the reset link that set it."""

    link: str


@value
class ChangePassword(Action):
    """Change one's password while logged in."""

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
