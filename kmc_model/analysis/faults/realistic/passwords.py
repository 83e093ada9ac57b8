"""Passwords: how they are compared."""

from dataclasses import replace

from kmc_model import rules as r
from kmc_model.actions import ChangePassword, LogIn, RegisterUser
from kmc_model.analysis.faults._fault import Fault, effect_instead, row_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import RESET, fault, of_turn, when, with_effect
from kmc_model.rules import RULES, Effect
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["PASSWORDS"]


def _first_eight_wrong(turn: Turn) -> bool:
    own = turn.own.password
    return own is None or turn.action.password[:8] != own[:8]


def _wrong_whatever_the_case(turn: Turn) -> bool:
    own = turn.own.password
    return own is None or turn.action.password.lower() != own.lower()


def _first_72_wrong(turn: Turn) -> bool:
    own = turn.own.password
    return own is None or turn.action.password[:72] != own[:72]


def _wrong_of_a_short_email(turn: Turn) -> bool:
    return r.password_wrong(turn) and len(turn.email) < 52


class OldPasswordsStay(Stateful):
    """Lets earlier passwords in beside the present one."""


def _note_password(turn: Turn) -> None:
    if isinstance(turn, OldPasswordsStay):
        turn.note("password", turn.email, turn.own.password)


def _none_of_all_passwords(turn: Turn) -> bool:
    return r.password_wrong(turn) and not turn.has_noted("password", turn.email, turn.action.password)  # type: ignore[attr-defined]


_CHANGE_WRONG, _CHANGED = row_of(ChangePassword, "password_wrong"), row_of(ChangePassword, "always")


def _wrong_and_no_code(turn: Turn) -> bool:
    counts = bool(turn.action.code) and turn.own.secret is not None and turn.counter() is not None
    return r.password_wrong(turn) and not counts


def _wrong_but_not_empty(turn: Turn) -> bool:
    return bool(turn.action.password) and r.password_wrong(turn)


class AnyPasswordOfTheirsChangesIt(OldPasswordsStay):
    """Takes a password of earlier for the present one when it is changed."""


def _register_and_set_password(turn: Turn) -> None:
    r.register(turn)
    if turn.action.password:
        turn.put_credentials(changed(turn.own, password=turn.action.password))


def _register_and_ask_for_a_password(turn: Turn) -> None:
    r.register(turn)
    turn.put_credentials(changed(turn.own, password=turn.action.password or None))


class TwoPasswordsAfterAnInvitation(OldPasswordsStay):
    """Takes the password of a second registration beside the one that the person has."""


def _note_chosen_password(turn: Turn) -> None:
    if isinstance(turn, TwoPasswordsAfterAnInvitation):
        turn.note("password", turn.email, turn.action.password)


_REGISTERED, _LOGIN_WRONG = row_of(RegisterUser, "always"), row_of(LogIn, "password_wrong")

PASSWORDS: tuple[Fault, ...] = (
    fault(
        "invitation sets the password",
        "A registration in a second account sets the password anew.",
        "SEC-017",
        rules=effect_instead(_REGISTERED, "register", _register_and_set_password),
    ),
    fault(
        "invitation by mail drops the password",
        "A registration in a second account sets the password anew, and drops it where none is given.",
        "SEC-017",
        rules=effect_instead(_REGISTERED, "register", _register_and_ask_for_a_password),
    ),
    of_turn(
        TwoPasswordsAfterAnInvitation,
        "SEC-017",
        rules=(
            *with_effect(_REGISTERED, _note_chosen_password)[:_LOGIN_WRONG],
            *when(_LOGIN_WRONG, _none_of_all_passwords)[_LOGIN_WRONG:],
        ),
    ),
    of_turn(
        AnyPasswordOfTheirsChangesIt,
        "LOG-016",
        rules=(
            *when(_CHANGE_WRONG, _none_of_all_passwords)[:_CHANGED],
            replace(RULES[_CHANGED], effects=(Effect(None, _note_password), *RULES[_CHANGED].effects)),
            *RULES[_CHANGED + 1 :],
        ),
    ),
    fault(
        "change with a code alone",
        "Whoever gives a right code may change the password without the present one.",
        "LOG-016",
        rules=when(_CHANGE_WRONG, _wrong_and_no_code),
    ),
    fault(
        "change with no password",
        "The present password is compared at a change where one is typed.",
        "LOG-016",
        rules=when(_CHANGE_WRONG, _wrong_but_not_empty),
    ),
    fault(
        "wrong change is made",
        "A change with a wrong password is refused, and made all the same.",
        "LOG-016",
        rules=with_effect(_CHANGE_WRONG, r.set_password),
    ),
    fault(
        "refused change is made",
        "A change to a password that is refused is made all the same.",
        "LOG-017",
        rules=with_effect(row_of(ChangePassword, "password_refused"), r.set_password),
    ),
    fault(
        "password cut short",
        "Only the first eight characters of a password are compared.",
        "LOG-006",
        "LOG-002",
        rules=when(row_of(LogIn, "password_wrong"), _first_eight_wrong),
    ),
    fault(
        "password in any case",
        "Passwords are compared without regard to case.",
        "LOG-006",
        "LOG-002",
        rules=when(row_of(LogIn, "password_wrong"), _wrong_whatever_the_case),
    ),
    fault(
        "password cut at 72",
        "Only the first 72 bytes of a password are compared, as bcrypt does.",
        "LOG-006",
        rules=when(row_of(LogIn, "password_wrong"), _first_72_wrong),
    ),
    fault(
        "any password of a long e-mail",
        "Any password is right where the e-mail is so long that a cache's key has no room for it.",
        "LOG-006",
        "LOG-002",
        rules=when(row_of(LogIn, "password_wrong"), _wrong_of_a_short_email),
    ),
    of_turn(
        OldPasswordsStay,
        "RST-002",
        rules=(
            *when(row_of(LogIn, "password_wrong"), _none_of_all_passwords)[:RESET],
            replace(RULES[RESET], effects=(Effect(None, _note_password), *RULES[RESET].effects)),
            *RULES[RESET + 1 :],
        ),
    ),
)
