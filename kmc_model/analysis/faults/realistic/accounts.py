"""Accounts and sessions: which account decides, and what ends or drops what."""

from kmc_model import rules as r
from kmc_model.actions import (
    DisableTwoFactor,
    LogIn,
    LogOut,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
    UseSession,
)
from kmc_model.analysis.faults._fault import Fault, Table, effect_instead, row_of
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic._making import ACCEPTED, ENABLED, PLAIN, fault, of_turn, when, with_effect
from kmc_model.records import Account, LinkStatus, Session
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["ACCOUNTS", "end_sessions_of_everybody"]


def _switch_on_everywhere(turn: Turn) -> None:
    inside = {each.email for each in turn.state.memberships.values() if each.account == turn.action.account}
    for each in tuple(turn.state.memberships.values()):
        if each.email in inside:
            turn.put_account(changed(turn.state.accounts[each.account], two_factor=True))


def _switch_off_everywhere(turn: Turn) -> None:
    for each in tuple(turn.state.accounts.values()):
        turn.put_account(changed(each, two_factor=False))


def _forget_others_secrets(turn: Turn) -> None:
    inside = {each.email for each in turn.state.memberships.values() if each.account == turn.action.account}
    for each in tuple(turn.state.credentials.values()):
        if each.email not in inside:
            turn.put_credentials(changed(each, secret=None))


def _forget_secrets(turn: Turn) -> None:
    for each in turn.state.memberships.values():
        if each.account == turn.action.account:
            turn.put_credentials(changed(turn.state.credentials[each.email], secret=None))


def _renew_secrets(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account:
            turn.new_secret(each.email)


def _end_all_sessions(turn: Turn) -> None:
    for each in turn.state.sessions.values():
        if each.account == turn.action.account:
            turn.put_session(changed(each, is_open=False))


def end_sessions_of_everybody(turn: Turn) -> None:
    for each in turn.state.sessions.values():
        turn.put_session(changed(each, is_open=False))


def _end_session_without_two_factor(turn: Turn) -> None:
    if turn.session and not turn.state.accounts[turn.session.account].two_factor:
        r.end_session(turn)


class FlagOfTheFirstAccount(Turn):
    """Asks for a code if the person's first account demands one, whichever is opened."""

    def needs_code(self, account: Account) -> bool:
        first = next(self.memberships(), None)
        return self.state.accounts[first.account if first else account.name].two_factor


class OnlyAdministratorsNeedACode(Turn):
    """Asks only those for a code who are administrators of the account."""

    def needs_code(self, account: Account) -> bool:
        membership = self.state.memberships.get((account.name, self.email))
        return super().needs_code(account) and (membership is None or membership.administrator)


class NoCodeUntilTheNewQrCodeIsSeen(Turn):
    """Asks for no code between a reset and the moment at which its QR code is shown."""

    def needs_code(self, account: Account) -> bool:
        links = self.state.links
        leads_to = (each.follow_up for each in links.values() if each.email == self.email and each.follow_up)
        return super().needs_code(account) and all(links[each].status is not LinkStatus.OPEN for each in leads_to)


class CodeOncePerDay(Stateful):
    """Asks for no code for a day after a login with one."""

    def needs_code(self, account: Account) -> bool:
        lately = any(
            isinstance(note, tuple) and note[:2] == ("let in", self.email) and self.now < note[2] + 86_400
            for note in self.notes
        )
        return super().needs_code(account) and not lately


class MachineRemembered(Stateful):
    """Asks for no code on a machine from which a login with one was accepted."""

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and not self.has_noted("machine", self.email, self.action.device)


def _note_login(turn: Turn) -> None:
    if isinstance(turn, Stateful):
        turn.note("let in", turn.email, turn.now)


def _note_machine(turn: Turn) -> None:
    if isinstance(turn, Stateful) and turn.action.device:
        turn.note("machine", turn.email, turn.action.device)


class FlagsOfTheLogin(Stateful):
    """Judges a switch by the accounts as they were when the session was opened."""


def _note_flags(turn: Turn) -> None:
    if isinstance(turn, Stateful) and turn.opened:
        for each in turn.state.accounts.values():
            if each.two_factor:
                turn.note("had it on", turn.opened.handle, each.name)


def _had_it_on(turn: Turn) -> bool:
    return isinstance(turn, Stateful) and turn.has_noted("had it on", turn.action.session, turn.action.account)


def _not_in_account_and_no_code(turn: Turn) -> bool:
    return r.not_in_account(turn) and not turn.action.code


def _blocked_and_no_code(turn: Turn) -> bool:
    return r.inactive_in_account(turn) and not turn.action.code


def _from_without_and_never_paired(turn: Turn) -> bool:
    secret = turn.own.secret
    return r.from_account_without_two_factor(turn) and not (secret and secret.proven)


def _end_newest_session_of_the_shut_out(turn: Turn) -> None:
    r.end_sessions_of_the_shut_out(turn)
    closed = [each for each in turn.state.sessions.values() if each.email == turn.email and not each.is_open]
    for session in closed[:-1]:
        turn.put_session(changed(session, is_open=True))


class RemembersWhoSwitched(Stateful):
    """Knows the sessions that have gone from one account to another."""

    def put_session(self, session: Session) -> None:
        before = self.state.sessions.get(session.handle)
        if isinstance(self.action, SwitchAccount) and (before is None or before.account != session.account):
            self.note("switched", session.handle)
        super().put_session(session)


def _end_sessions_that_never_switched(turn: Turn) -> None:
    r.end_sessions_of_the_shut_out(turn)
    for session in tuple(turn.state.sessions.values()):
        is_kept = isinstance(turn, Stateful) and turn.has_noted("switched", session.handle)
        if session.email == turn.email and session.account == turn.action.account and is_kept:
            turn.put_session(changed(session, is_open=True))


def _end_sessions_of_the_account(turn: Turn) -> None:
    if turn.action.status is not UserStatus.ACTIVE:
        _end_all_sessions(turn)


def _end_sessions_of_the_removed(turn: Turn) -> None:
    if turn.action.status is UserStatus.REMOVED:
        r.end_sessions_of_the_shut_out(turn)


def _end_sessions_of_who_needs_no_code(turn: Turn) -> None:
    if not turn.state.accounts[turn.action.account].two_factor:
        r.end_sessions_of_the_shut_out(turn)


def _shut_out(turn: Turn) -> bool:
    """Whether pages are refused to somebody whose session is otherwise left as it is."""
    session = turn.session
    there = turn.state.memberships.get((session.account, session.email)) if session else None
    return r.session_ended(turn) or (there is not None and there.status is not UserStatus.ACTIVE)


def _pages_alone() -> Table:
    at = row_of(UseSession, "session_ended")
    return (*effect_instead(_STATUS, "end_sessions_of_the_shut_out")[:at], *when(at, _shut_out)[at:])


def _drop_pairing_when_removed(turn: Turn) -> None:
    r.set_user_status(turn)
    if turn.action.status is not UserStatus.ACTIVE:
        turn.put_credentials(changed(turn.own, secret=None))


_STATUS = row_of(SetUserStatus, "always")
_REFUSED_SWITCH = row_of(SwitchAccount, "from_account_without_two_factor")


ACCOUNTS: tuple[Fault, ...] = (
    fault(
        "on everywhere",
        "Switching it on for one account does so for all accounts of its users.",
        "ENA-001",
        rules=with_effect(ENABLED, _switch_on_everywhere),
    ),
    fault(
        "off everywhere",
        "Switching it off for one account does so for all.",
        "ENA-001",
        rules=with_effect(row_of(DisableTwoFactor, "always"), _switch_off_everywhere),
    ),
    fault(
        "on forgets others",
        "Switching it on forgets the pairings of everybody in other accounts alone.",
        "ENA-001",
        rules=with_effect(ENABLED, _forget_others_secrets),
    ),
    fault(
        "off forgets",
        "Switching it off forgets the pairings.",
        "ENA-011",
        rules=with_effect(row_of(DisableTwoFactor, "always"), _forget_secrets),
    ),
    fault(
        "on makes anew",
        "Switching it on makes a new secret for those who have one.",
        "ENA-011",
        "ENA-015",
        rules=with_effect(ENABLED, _renew_secrets),
    ),
    fault(
        "on ends sessions",
        "Switching it on ends the account's sessions.",
        "ENA-014",
        rules=with_effect(ENABLED, _end_all_sessions),
    ),
    of_turn(FlagOfTheFirstAccount, "ENA-001"),
    of_turn(OnlyAdministratorsNeedACode, "ENA-007"),
    of_turn(NoCodeUntilTheNewQrCodeIsSeen, "ENA-007"),
    of_turn(CodeOncePerDay, "LOG-009", rules=with_effect(ACCEPTED, _note_login)),
    of_turn(MachineRemembered, "LOG-009", rules=with_effect(ACCEPTED, _note_machine)),
    of_turn(
        FlagsOfTheLogin,
        "SWI-007",
        rules=(
            *with_effect(PLAIN, _note_flags)[:ACCEPTED],
            with_effect(ACCEPTED, _note_flags)[ACCEPTED],
            *when(_REFUSED_SWITCH, _had_it_on)[ACCEPTED + 1 :],
        ),
    ),
    fault(
        "any account with a code",
        "Whoever has a right code is let into an account they are not in.",
        "LOG-012",
        rules=when(row_of(LogIn, "not_in_account"), _not_in_account_and_no_code),
    ),
    fault(
        "blocked but with a code",
        "Somebody blocked is let in with a right code.",
        "LOG-014",
        rules=when(row_of(LogIn, "inactive_in_account"), _blocked_and_no_code),
    ),
    fault(
        "switch for the paired",
        "Whoever has logged in with a code once may switch without one.",
        "SWI-001",
        "SWI-009",
        rules=when(_REFUSED_SWITCH, _from_without_and_never_paired),
    ),
    fault(
        "refused switch ends the session",
        "A refused switch logs the person out.",
        "SWI-005",
        rules=with_effect(_REFUSED_SWITCH, r.end_session),
    ),
    fault(
        "refused switch moves the session",
        "A refused switch moves the session all the same.",
        "SWI-005",
        rules=with_effect(_REFUSED_SWITCH, r.move_session),
    ),
    fault(
        "logout ends all sessions",
        "Logging out ends the sessions of everybody.",
        "LOG-010",
        rules=with_effect(row_of(LogOut, "always"), end_sessions_of_everybody),
    ),
    fault(
        "logout without effect under two-factor",
        "Logging out ends no session of an account that has two-factor authentication on.",
        "LOG-010",
        rules=effect_instead(row_of(LogOut, "always"), "end_session", _end_session_without_two_factor),
    ),
    fault(
        "block ends one session",
        "Somebody blocked or removed is logged out on the machine used last alone.",
        "SEC-015",
        rules=effect_instead(_STATUS, "end_sessions_of_the_shut_out", _end_newest_session_of_the_shut_out),
    ),
    fault(
        "block leaves who switched",
        "Somebody blocked or removed is logged out, but for a session that came there from another account.",
        "SEC-015",
        turn=RemembersWhoSwitched,
        rules=effect_instead(_STATUS, "end_sessions_of_the_shut_out", _end_sessions_that_never_switched),
    ),
    fault(
        "block ends everybody's sessions",
        "When somebody is blocked or removed, all users of the account are logged out.",
        "SEC-015",
        rules=effect_instead(_STATUS, "end_sessions_of_the_shut_out", _end_sessions_of_the_account),
    ),
    fault(
        "block leaves sessions",
        "Somebody removed is logged out, somebody blocked is not.",
        "SEC-015",
        rules=effect_instead(_STATUS, "end_sessions_of_the_shut_out", _end_sessions_of_the_removed),
    ),
    fault(
        "block leaves sessions under two-factor",
        "Somebody blocked or removed is logged out where no code is needed alone.",
        "SEC-015",
        rules=effect_instead(_STATUS, "end_sessions_of_the_shut_out", _end_sessions_of_who_needs_no_code),
    ),
    fault(
        "block of pages alone",
        "Somebody blocked or removed is shown no page, and may change the password in an open session.",
        "SEC-015",
        rules=_pages_alone(),
    ),
    fault(
        "removal drops the pairing",
        "Somebody blocked or removed loses the pairing, though restored later.",
        "LOG-014",
        rules=effect_instead(row_of(SetUserStatus, "always"), "set_user_status", _drop_pairing_when_removed),
    ),
)
