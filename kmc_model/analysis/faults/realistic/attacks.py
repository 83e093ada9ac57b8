"""Attacks: wrong attempts counted, locked and forgiven; what strangers are told."""

from dataclasses import replace

from kmc_model import rules as r
from kmc_model.actions import ChangePassword, LogIn, RequestReset
from kmc_model.analysis.faults._fault import Fault, Table, effect_instead, inserted, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import ACCEPTED, PLAIN, RESET, fault, of_turn, when, with_effect
from kmc_model.analysis.faults.realistic.accounts import end_sessions_of_everybody
from kmc_model.records import Mail
from kmc_model.rules import RULES, Rule
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["ATTACKS", "forgive_who_has_not_paired"]


def _code_to_come(turn: Turn) -> bool:
    return r.code_missing(turn) and not r.no_code_needed(turn)


class TakesAnyCase(Turn):
    """Understands an e-mail whatever its case."""

    def _email(self) -> str:
        typed = super()._email()
        return typed if typed in self.state.credentials else typed.lower()


def _count_as_registered(turn: Turn) -> None:
    if turn.action.email == turn.email:
        r.count_failure(turn)


def _anybody_is_locked(turn: Turn) -> bool:
    return any(turn.now < each.locked_until for each in turn.state.credentials.values())


def _forgive_and_ask(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, failures=0))


def forgive_who_has_not_paired(turn: Turn) -> None:
    if turn.own.secret is None:
        r.forgive_failures(turn)


def _has_secret(turn: Turn) -> bool:
    return turn.own.secret is not None


def _told_who_is_blocked() -> Table:
    at = row_of(LogIn, "password_wrong")
    told = (
        Rule("LOG-014", LogIn, r.inactive_in_account, Reason.BLOCKED),
        Rule("SEC-010", LogIn, r.account_blocked, Reason.BLOCKED),
    )
    return (*RULES[:at], *told, *RULES[at:])


def _mail_new_password(turn: Turn) -> None:
    turn.put_mail(Mail(turn.email, turn.now, "Your new password", f"You have set it to {turn.own.password}.\n"))


def _end_sessions_in_the_first_account(turn: Turn) -> None:
    _end_sessions(turn, next(turn.memberships()).account)


def _end_sessions_in_this_account(turn: Turn) -> None:
    if turn.session:
        _end_sessions(turn, turn.session.account)


def _end_sessions(turn: Turn, account: str) -> None:
    kept = getattr(turn.action, "session", None)
    for each in turn.state.sessions.values():
        if each.email == turn.email and each.account == account and each.handle != kept:
            turn.put_session(changed(each, is_open=False))


def _keep_counting(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, locked_until=0))


class OneFailureAMoment(Stateful):
    """Counts one wrong attempt of those that come in the same second."""


def _count_once_a_second(turn: Turn) -> None:
    if isinstance(turn, Stateful) and not turn.has_noted("failed", turn.email, turn.now):
        turn.note("failed", turn.email, turn.now)
        r.count_failure(turn)


def _counting_once_a_second(rule: Rule) -> Rule:
    effects = (
        replace(each, apply=_count_once_a_second) if each.apply is r.count_failure else each for each in rule.effects
    )
    return replace(rule, effects=tuple(effects))


ATTACKS: tuple[Fault, ...] = (
    fault(
        "wrong attempts counted as typed",
        "An e-mail is understood whatever its case, and wrong attempts count only where it is typed as registered.",
        "SEC-001",
        turn=TakesAnyCase,
        rules=effect_instead(row_of(LogIn, "password_wrong"), "count_failure", _count_as_registered),
    ),
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
    of_turn(
        OneFailureAMoment,
        "SEC-018",
        "SEC-001",
        "SEC-002",
        rules=tuple(map(_counting_once_a_second, RULES)),
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
        "asking for a reset forgives",
        "Asking for a reset ends the lock, before a new password is set.",
        "SEC-001",
        rules=with_effect(row_of(RequestReset, "always"), r.forgive_failures),
    ),
    fault(
        "reset forgives no wrong codes",
        "A reset leaves those locked who have paired.",
        "SEC-011",
        rules=effect_instead(RESET, "forgive_failures", forgive_who_has_not_paired),
    ),
    fault(
        "code asked at Forgot Password",
        "Forgot Password asks those for a code who have two-factor authentication.",
        "SEC-003",
        rules=inserted(
            row_of(RequestReset, "too_many_resets"), Rule("SEC-003", RequestReset, _has_secret, Reason.CODE_NEEDED)
        ),
    ),
    fault(
        "blocked told before the password",
        "Somebody who is blocked, or whose account is, is told so whatever the password.",
        "SEC-004",
        rules=_told_who_is_blocked(),
    ),
    fault(
        "change mails the password",
        "A mail repeats the password to whoever has changed it.",
        "SEC-008",
        rules=with_effect(row_of(ChangePassword, "always"), _mail_new_password),
    ),
    fault(
        "reset ends sessions in one account",
        "A reset ends the person's sessions in their first account alone.",
        "SEC-007",
        rules=effect_instead(RESET, "end_other_sessions", _end_sessions_in_the_first_account),
    ),
    fault(
        "change ends sessions in one account",
        "Changing the password ends the person's other sessions in the same account alone.",
        "SEC-007",
        rules=effect_instead(row_of(ChangePassword, "always"), "end_other_sessions", _end_sessions_in_this_account),
    ),
    fault(
        "reset ends everybody's sessions",
        "A reset ends the sessions of other people too.",
        "SEC-007",
        rules=effect_instead(RESET, "end_other_sessions", end_sessions_of_everybody),
    ),
)
