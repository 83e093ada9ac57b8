"""Wrong for one sort of person, or in one situation, alone."""

from collections.abc import Callable
from dataclasses import replace

from kmc_model import rules as r
from kmc_model.actions import DisableTwoFactor, LogIn, OpenEnrolmentLink, RequestReset, SwitchAccount
from kmc_model.analysis.faults._fault import Fault, Table, effect_instead, row_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import RESET, fault, of_turn, when
from kmc_model.records import Account
from kmc_model.rules import Effect
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["NARROW", "end_newest_session", "use_up_unless_of_a_reset"]


# The owner of an account, and strangers


class OwnerNeedsNoCode(Turn):
    """Asks the account's owner for no code."""

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and account.owner != self.email


def _is_owner(turn: Turn) -> bool:
    return turn.account is not None and turn.account.owner == turn.email


def _locked_and_no_owner(turn: Turn) -> bool:
    return r.is_locked(turn) and not _is_owner(turn)


def _without_two_factor_and_no_owner(turn: Turn) -> bool:
    return r.from_account_without_two_factor(turn) and not _is_owner(turn)


def _user_of_the_account(turn: Turn) -> bool:
    return r.not_the_vendor(turn) and turn.membership is not None


# A login that names no account


def _blocked_and_named(turn: Turn) -> bool:
    return r.account_blocked(turn) and turn.action.account is not None


def _locked_and_named(turn: Turn) -> bool:
    return r.is_locked(turn) and turn.action.account is not None


# Passwords


def _wrong_and_typed(turn: Turn) -> bool:
    return bool(turn.action.password) and r.password_wrong(turn)


def _begins_wrong(turn: Turn) -> bool:
    own = turn.own.password
    return own is None or not turn.action.password.startswith(own)


class PasswordOfTheFirstAccount(Stateful):
    """Has a reset set the password of the first account joined alone."""


def _wrong_in_this_account(turn: Turn) -> bool:
    known = isinstance(turn, Stateful) and turn.has_noted("password", turn.email, turn.action.password)
    is_first = turn.action.account in (None, next(turn.memberships()).account)
    return r.password_wrong(turn) and (is_first or not known)


def _note_password(turn: Turn) -> None:
    if isinstance(turn, Stateful):
        turn.note("password", turn.email, turn.own.password)


# Resets


def _too_many_in_this_window(turn: Turn) -> bool:
    """Windows stand in a row: the next one begins with the first request after the last one's end."""
    began_at, asked = -turn.policy.resets_period_s, 0
    for at in (*turn.own.resets_asked_at, turn.now):
        began_at, asked = (began_at, asked + 1) if at < began_at + turn.policy.resets_period_s else (at, 1)
    return asked > turn.policy.resets_max


def end_newest_session(turn: Turn) -> None:
    held = [each for each in turn.state.sessions.values() if each.email == turn.email and each.is_open]
    for session in held[-1:]:
        turn.put_session(changed(session, is_open=False))


def use_up_unless_of_a_reset(turn: Turn) -> None:
    if turn.link and all(each.follow_up != turn.link.token for each in turn.state.links.values()):
        r.use_enrolment_link(turn)


def _stateful(rules: Table, at: int, note: Callable[[Turn], None]) -> Table:
    """Return `rules` with a row that has something noted before its effects."""
    return (*rules[:at], replace(rules[at], effects=(Effect(None, note), *rules[at].effects)), *rules[at + 1 :])


NARROW: tuple[Fault, ...] = (
    of_turn(OwnerNeedsNoCode, "ENA-007"),
    fault(
        "owner never locked",
        "The owner of an account is never locked out of it.",
        "SEC-001",
        rules=when(row_of(LogIn, "is_locked"), _locked_and_no_owner),
    ),
    fault(
        "switch for the owner",
        "The owner of the other account may switch to it without a code.",
        "SWI-001",
        rules=when(row_of(SwitchAccount, "from_account_without_two_factor"), _without_two_factor_and_no_owner),
    ),
    fault(
        "off by strangers",
        "Only those in the account are kept from switching it off, not the users of other accounts.",
        "ENA-002",
        rules=when(row_of(DisableTwoFactor, "not_the_vendor"), _user_of_the_account),
    ),
    fault(
        "blocked but not named",
        "A login that names no account is let into a blocked one.",
        "SEC-010",
        rules=when(row_of(LogIn, "account_blocked"), _blocked_and_named),
    ),
    fault(
        "lock of named logins alone",
        "Somebody locked is let in by a login that names no account.",
        "SEC-001",
        rules=when(row_of(LogIn, "is_locked"), _locked_and_named),
    ),
    fault(
        "empty password",
        "A password field sent empty is taken for a right password.",
        "LOG-006",
        "LOG-002",
        rules=when(row_of(LogIn, "password_wrong"), _wrong_and_typed),
    ),
    fault(
        "password with more behind it",
        "Only as many characters of a password are compared as it should have.",
        "LOG-006",
        "LOG-002",
        rules=when(row_of(LogIn, "password_wrong"), _begins_wrong),
    ),
    of_turn(
        PasswordOfTheFirstAccount,
        "RST-002",
        rules=_stateful(when(row_of(LogIn, "password_wrong"), _wrong_in_this_account), RESET, _note_password),
    ),
    fault(
        "fixed windows",
        "Reset mails are counted in windows of ten minutes that follow on each other, so twice as many fit into ten.",
        "SEC-012",
        rules=when(row_of(RequestReset, "too_many_resets"), _too_many_in_this_window),
    ),
    fault(
        "reset ends one session",
        "A reset ends the newest of the person's sessions alone.",
        "SEC-007",
        rules=effect_instead(RESET, "end_other_sessions", end_newest_session),
    ),
    fault(
        "mailed link of a reset works again",
        "The link that a reset mails is used up by OK alone, not by being opened.",
        "ENR-002",
        rules=effect_instead(row_of(OpenEnrolmentLink, "always"), "use_enrolment_link", use_up_unless_of_a_reset),
    ),
)
