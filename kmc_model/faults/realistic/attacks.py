"""Attacks: wrong attempts counted, locked and forgiven; what strangers are told."""

from kmc_model import rules as r
from kmc_model.actions import LogIn, RequestReset
from kmc_model.faults._fault import Fault, effect_instead, inserted, row_of, with_row
from kmc_model.faults.realistic._making import ACCEPTED, PLAIN, RESET, fault, when, with_effect
from kmc_model.faults.realistic.accounts import end_sessions_of_everybody
from kmc_model.rules import Rule
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["ATTACKS"]


def _code_to_come(turn: Turn) -> bool:
    return r.code_missing(turn) and not r.no_code_needed(turn)


def _anybody_is_locked(turn: Turn) -> bool:
    return any(turn.now < each.locked_until for each in turn.state.credentials.values())


def _forgive_and_ask(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, failures=0))


def _keep_counting(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, locked_until=0))


ATTACKS: tuple[Fault, ...] = (
    fault(
        "code asked before the password",
        "A code is asked for before the password is checked.",
        "SEC-003",
        rules=inserted(row_of(LogIn, "password_wrong"), Rule("SEC-003", LogIn, _code_to_come, Reason.CODE_NEEDED)),
    ),
    fault(
        "unknown e-mail told",
        "Somebody who logs in with an unknown e-mail is told so.",
        "SEC-004",
        rules=with_row(row_of(LogIn, "is_unknown"), Rule("LOG-007", LogIn, r.is_unknown, Reason.UNKNOWN)),
    ),
    fault(
        "unknown e-mail told at reset",
        "Forgot Password tells that it does not know an e-mail.",
        "SEC-004",
        rules=with_row(row_of(RequestReset, "is_unknown"), Rule("SEC-004", RequestReset, r.is_unknown, Reason.UNKNOWN)),
    ),
    fault(
        "lock told",
        "Somebody who is locked is told so whatever the password.",
        "SEC-004",
        rules=with_row(row_of(LogIn, "is_locked"), Rule("SEC-001", LogIn, r.is_locked, Reason.BLOCKED)),
    ),
    fault(
        "lock shuts out everybody",
        "While one person is locked nobody is let in.",
        "SEC-011",
        rules=when(row_of(LogIn, "is_locked"), _anybody_is_locked),
    ),
    fault(
        "asking for a code forgives",
        "A right password wipes out the wrong codes counted behind it, before a code is given.",
        "SEC-002",
        rules=with_effect(row_of(LogIn, "code_missing"), _forgive_and_ask),
    ),
    fault(
        "login elsewhere forgives",
        "A login with the password alone, to an account without a second factor, wipes out the wrong codes counted.",
        "SEC-002",
        rules=effect_instead(PLAIN, "forgive_failures_without_two_factor", r.forgive_failures),
    ),
    fault(
        "logins forgive nothing",
        "Wrong codes are counted up for good, whatever right ones come between.",
        "SEC-011",
        rules=effect_instead(ACCEPTED, "forgive_failures", _keep_counting),
    ),
    fault(
        "reset ends everybody's sessions",
        "A reset ends the sessions of other people too.",
        "SEC-007",
        rules=effect_instead(RESET, "end_other_sessions", end_sessions_of_everybody),
    ),
)
