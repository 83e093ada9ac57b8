"""Changes that no requirement forbids: a suite that objects to one of them judges by habit."""

from collections.abc import Callable
from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

from kmc_model import rules as r
from kmc_model.actions import (
    AccountStatus,
    ChangePassword,
    EnableTwoFactor,
    LogIn,
    LogOut,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
    UseSession,
)
from kmc_model.analysis.faults._fault import Fault, Kind, effect_instead, inserted, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.realistic.codes import LEARNING, FollowsTheClock
from kmc_model.analysis.faults.realistic.resets import TakesAnyCase
from kmc_model.model import Variant
from kmc_model.policy import HOUR_S
from kmc_model.records import Credentials, LinkKind, Mail, Secret, Session
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["BENIGN"]


class OtherWords(Turn):
    """Tells people everything in other words."""

    def message(self, reason: Reason) -> str:
        return f"Das geht nicht: {len(super().message(reason)) % 7}"

    def put_mail(self, mail: Mail) -> None:
        words = [word for word in mail.text.split() if mail.link and word.endswith(mail.link)]
        super().put_mail(changed(mail, subject="Nachricht", text=f"Guten Tag! {' '.join(words)}"))


class LongerTokens(Turn):
    """Makes longer links and session handles."""

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        return f"{super().token(serial, link=link)}{super().token(serial + 1000, link=link)}"


class OtherLabel(Turn):
    """Names another issuer and adds the parameters that are the default anyway."""

    def uri(self, secret: Secret) -> str:
        uri = super().uri(secret).replace("Kaltura%20KMC", "KMC")
        return f"{uri}&algorithm=SHA1&digits=6&period=30"


class WelcomesNewcomers(Turn):
    """Greets everybody by a mail without a link when something happens to them."""

    def put_mail(self, mail: Mail) -> None:
        super().put_mail(Mail(mail.recipient, mail.sent_at, "News", "Something has changed.\n"))
        super().put_mail(mail)


class OneMessageForAll(Turn):
    """Tells nothing but that it did not work."""

    def message(self, reason: Reason) -> str:
        return "That did not work."


class OpensTheFirstAccount(Turn):
    """Has a login that names no account open the first one joined, and refuses where that lets nobody in."""

    def _chosen_account(self) -> str:
        return next(self.memberships()).account


class OpensTheLastAccount(Turn):
    """Has a login that names no account open the one joined last of those that let the user in."""

    def _chosen_account(self) -> str:
        return max(reversed([each.account for each in self.memberships()]), key=self.lets_in)


class EndsSessionsAfterAnHour(Stateful):
    """Ends each session an hour after it was opened."""

    def put_session(self, session: Session) -> None:
        if session.handle not in self.state.sessions:
            self.note("opened", session.handle, self.now)
        super().put_session(session)

    @property
    def session(self) -> Session | None:
        session = super().session
        return session if session and self._opened_at(session) > self.now - HOUR_S else None

    def _opened_at(self, session: Session) -> int:
        return max(int(str(note[2])) for note in self.notes if isinstance(note, tuple) and note[1] == session.handle)


class RemembersPasswords(Stateful):
    """Refuses a new password that the person has had before."""

    def put_credentials(self, credentials: Credentials) -> None:
        if credentials.password:
            self.note("password", credentials.email, credentials.password)
        super().put_credentials(credentials)


def _had_before_or_refused(turn: Turn) -> bool:
    new = getattr(turn.action, "new_password", turn.action.password)
    had = isinstance(turn, RemembersPasswords) and turn.has_noted("password", turn.email, new)
    return had or r.password_refused(turn)


def _remembering_passwords() -> tuple[r.Rule, ...]:
    refused = replace(r.RULES[_REFUSED], applies=_had_before_or_refused)
    change = replace(r.RULES[_CHANGE_REFUSED], applies=_had_before_or_refused)
    instead = {_REFUSED: refused, _CHANGE_REFUSED: change}
    return tuple(instead.get(at, rule) for at, rule in enumerate(r.RULES))


_REFUSED, _CHANGE_REFUSED = row_of(SetPassword, "password_refused"), row_of(ChangePassword, "password_refused")


class NumbersItsAnswers(Turn):
    """Gives each answer an identifier of its own, for who has to ask about it."""

    def message(self, reason: Reason) -> str:
        return f"{super().message(reason)} (request {uuid5(NAMESPACE_OID, f'{self.action} {self.now}')})"


class MasksEmails(Turn):
    """Tells in each answer whose e-mail was typed, most of it hidden."""

    def message(self, reason: Reason) -> str:
        return f"{super().message(reason)} ({self.email[:1]}***@kmc.example)"


class FollowsTheClockALittle(FollowsTheClock):
    """Learns how far an app is off, by four steps at most, and takes its codes beside those of the right time."""

    def counter(self) -> int | None:
        found = super(FollowsTheClock, self).counter()
        return super().counter() if found is None else found

    def learn(self, off: int) -> None:
        super().learn(max(-4, min(4, off)))


class WaitsAfterAWrongCode(Stateful):
    """Takes no code for 20 s after a wrong one (RFC 4226 7.3)."""

    wait_s = 20

    @property
    def waits(self) -> bool:
        """Whether it is too soon."""
        return any(self.has_noted(self.email, self.now - ago) for ago in range(self.wait_s))


class RefusesAllFor5S(WaitsAfterAWrongCode):
    """Refuses somebody everything for 5 s after a wrong password or code of theirs."""

    wait_s = 5


class RefusesAllFor30S(WaitsAfterAWrongCode):
    """Refuses somebody everything for 30 s after a wrong password or code of theirs."""

    wait_s = 30


def _too_soon(turn: Turn) -> bool:
    return isinstance(turn, WaitsAfterAWrongCode) and turn.waits


def _note_wrong_attempt(turn: Turn) -> None:
    if isinstance(turn, WaitsAfterAWrongCode):
        turn.note(turn.email, turn.now)


_WRONG = row_of(LogIn, "code_wrong")


def _waiting() -> tuple[r.Rule, ...]:
    wrong = r.RULES[_WRONG]
    noting = replace(wrong, effects=(*wrong.effects, r.Effect(None, _note_wrong_attempt)))
    too_soon = r.Rule(None, LogIn, _too_soon, Reason.WRONG_CODE)
    return (*r.RULES[:_WRONG], too_soon, noting, *r.RULES[_WRONG + 1 :])


_ALSO_WRONG = ("is_unknown", "is_locked", "password_wrong", "secret_dead", "code_wrong", "code_used_before")
_REFUSED_TOO_SOON = {
    LogIn: Reason.WRONG_CREDENTIALS,
    RequestReset: Reason.NOT_ALLOWED,
    ChangePassword: Reason.NOT_ALLOWED,
    SwitchAccount: Reason.NOT_ALLOWED,
}


def _refusing_all() -> tuple[r.Rule, ...]:
    wrong = {row_of(LogIn, condition) for condition in _ALSO_WRONG}
    note = r.Effect(None, _note_wrong_attempt)
    noting = (replace(rule, effects=(*rule.effects, note)) if at in wrong else rule for at, rule in enumerate(r.RULES))
    return (*(r.Rule(None, action, _too_soon, reason) for action, reason in _REFUSED_TOO_SOON.items()), *noting)


def _end_all_sessions(turn: Turn) -> None:
    for session in turn.state.sessions.values():
        if session.email == turn.email:
            turn.put_session(changed(session, is_open=False))


def _end_all_and_open(turn: Turn) -> None:
    _end_all_sessions(turn)
    r.open_session(turn)


def _one_session_each() -> tuple[r.Rule, ...]:
    logins = {row_of(LogIn, "no_code_needed"), row_of(LogIn, "always")}
    return tuple(
        _with_effect(rule, r.open_session, _end_all_and_open) if at in logins else rule
        for at, rule in enumerate(r.RULES)
    )


def _with_effect(rule: r.Rule, old: Callable[[Turn], None], new: Callable[[Turn], None]) -> r.Rule:
    return replace(
        rule, effects=tuple(replace(each, apply=new) if each.apply is old else each for each in rule.effects)
    )


def _set_account_status_and_end_sessions(turn: Turn) -> None:
    r.set_account_status(turn)
    if turn.action.status is not AccountStatus.ACTIVE:
        for session in turn.state.sessions.values():
            if session.account == turn.action.account:
                turn.put_session(changed(session, is_open=False))


def _end_all_sessions_of_the_shut_out(turn: Turn) -> None:
    if turn.action.status is not UserStatus.ACTIVE:
        _end_all_sessions(turn)


def _lead_the_shut_out_elsewhere(turn: Turn) -> None:
    """Lead the sessions of somebody shut out to another account that lets them in; end them where there is none."""
    others = [each.account for each in turn.memberships() if turn.lets_in(each.account)]
    others = [each for each in others if not turn.state.accounts[each].two_factor]
    sessions = [each for each in turn.state.sessions.values() if each.email == turn.email]
    for session in sessions if turn.action.status is not UserStatus.ACTIVE else ():
        if session.account == turn.action.account:
            turn.put_session(changed(session, account=others[0]) if others else changed(session, is_open=False))


class AsksTheStatusAtEachUse(Turn):
    """Lets nobody use a session who is shut out of its account, and lets them use it again once restored."""

    @property
    def session(self) -> Session | None:
        session = super().session
        there = self.state.memberships.get((session.account, session.email)) if session else None
        return session if there and there.status is UserStatus.ACTIVE else None


def _changes_without_a_code(turn: Turn) -> bool:
    session, secret = turn.session, turn.own.secret
    if session is None or secret is None or not turn.state.accounts[session.account].two_factor:
        return False
    counter = turn.counter() if turn.action.code else None
    return counter is None or counter <= turn.own.last_counter


def _use_code_up(turn: Turn) -> None:
    if turn.action.code and turn.counter() is not None:
        r.remember_counter(turn)


def _change_takes_a_code() -> tuple[r.Rule, ...]:
    at = row_of(ChangePassword, "always")
    changed_row = replace(r.RULES[at], effects=(*r.RULES[at].effects, r.Effect(None, _use_code_up)))
    needs = r.Rule(None, ChangePassword, _changes_without_a_code, Reason.WRONG_CODE)
    return (*r.RULES[:at], needs, changed_row, *r.RULES[at + 1 :])


def _nobody_lets_them_in(turn: Turn) -> bool:
    return not any(turn.lets_in(each.account) for each in turn.memberships())


def _switch_to_a_new_session(turn: Turn) -> None:
    r.end_session(turn)
    r.open_session(turn)


def _give_new_handle(turn: Turn) -> None:
    if session := turn.session:
        r.end_session(turn)
        turn.opened = changed(session, handle=turn.token(turn.new_serial(), link=None))
        turn.put_session(turn.opened)


_ENABLED = row_of(EnableTwoFactor, "always")


def _others_first(turn: Turn) -> None:
    r.mail_other_users(turn)
    r.mail_owner(turn)


def _mails_reversed() -> tuple[r.Rule, ...]:
    others_first = effect_instead(_ENABLED, "mail_owner", _others_first)[_ENABLED]
    effects = tuple(each for each in others_first.effects if each.apply is not r.mail_other_users)
    return with_row(_ENABLED, replace(others_first, effects=effects))


def _benign(name: str, turn: type[Turn]) -> Fault:
    return Fault(name, turn.__doc__ or "", (), Kind.BENIGN, Variant(turn=turn))


def _of_table(name: str, sentence: str, rules: tuple[r.Rule, ...], turn: type[Turn] = Turn) -> Fault:
    return Fault(name, sentence, (), Kind.BENIGN, Variant(rules=rules, turn=turn))


_SWITCHED = row_of(SwitchAccount, "always")
_STATUS = row_of(SetUserStatus, "always")


def _logins_end_resets() -> tuple[r.Rule, ...]:
    ends = r.Effect(None, r.replace_reset_links)
    return tuple(
        replace(rule, effects=(*rule.effects, ends)) if rule.action is LogIn and rule.reason is None else rule
        for rule in r.RULES
    )


BENIGN: tuple[Fault, ...] = (
    _benign("last account", OpensTheLastAccount),
    _benign("sessions of an hour", EndsSessionsAfterAnHour),
    _of_table("passwords remembered", RemembersPasswords.__doc__ or "", _remembering_passwords(), RemembersPasswords),
    _of_table(
        "logs out everywhere",
        "Logging out ends all sessions of that person.",
        effect_instead(row_of(LogOut, "always"), "end_session", _end_all_sessions),
    ),
    _of_table("change takes a code", "Changing the password takes a code, and uses it up.", _change_takes_a_code()),
    _of_table("one session each", "A login ends the sessions opened before.", _one_session_each()),
    _of_table(
        "blocked account ends sessions",
        "The users of an account that is blocked are logged out.",
        effect_instead(row_of(SetAccountStatus, "always"), "set_account_status", _set_account_status_and_end_sessions),
    ),
    _of_table(
        "block ends all sessions",
        "Somebody blocked or removed is logged out of their other accounts too.",
        effect_instead(_STATUS, "end_sessions_of_the_shut_out", _end_all_sessions_of_the_shut_out),
    ),
    _of_table(
        "shut out of one account alone",
        "Somebody blocked or removed is led to another account of theirs, and logged out where there is none.",
        effect_instead(_STATUS, "end_sessions_of_the_shut_out", _lead_the_shut_out_elsewhere),
    ),
    _of_table(
        "status asked at each use",
        AsksTheStatusAtEachUse.__doc__ or "",
        effect_instead(_STATUS, "end_sessions_of_the_shut_out"),
        AsksTheStatusAtEachUse,
    ),
    _of_table(
        "switch opens a session",
        "Going to another account ends the session and opens another one.",
        effect_instead(_SWITCHED, "move_session", _switch_to_a_new_session),
    ),
    _of_table(
        "login ends resets",
        "A login makes the reset links worthless that were mailed before it, as a token made of the last login is.",
        _logins_end_resets(),
    ),
    _of_table(
        "nothing for who is locked out",
        "Somebody whom no account lets in is mailed no reset link.",
        inserted(row_of(RequestReset, "always"), r.Rule(None, RequestReset, _nobody_lets_them_in)),
    ),
    _of_table(
        "nobody is registered twice",
        "Registering somebody in an account that they are in is refused.",
        with_row(row_of(RegisterUser, "is_member"), r.Rule(None, RegisterUser, r.is_member, Reason.NOT_ALLOWED)),
    ),
    _benign("other words", OtherWords),
    _benign("longer tokens", LongerTokens),
    _benign("other label", OtherLabel),
    _benign("more mails", WelcomesNewcomers),
    _benign("one message for all", OneMessageForAll),
    Fault(
        "first account alone", OpensTheFirstAccount.__doc__ or "", (), Kind.BENIGN, Variant(turn=OpensTheFirstAccount)
    ),
    _benign("numbered answers", NumbersItsAnswers),
    _benign("masked e-mails", MasksEmails),
    _benign("e-mails in any case", TakesAnyCase),
    _of_table("clock followed a little", FollowsTheClockALittle.__doc__ or "", LEARNING, FollowsTheClockALittle),
    Fault(
        "new handle each time",
        "Each page that is shown gives the session another handle, and the earlier one is worthless.",
        (),
        Kind.BENIGN,
        Variant(rules=effect_instead(row_of(UseSession, "always"), "keep_session", _give_new_handle)),
    ),
    Fault(
        "wait after a wrong code",
        WaitsAfterAWrongCode.__doc__ or "",
        (),
        Kind.BENIGN,
        Variant(rules=_waiting(), turn=WaitsAfterAWrongCode),
    ),
    Fault(
        "all refused for 5 s",
        RefusesAllFor5S.__doc__ or "",
        (),
        Kind.BENIGN,
        Variant(rules=_refusing_all(), turn=RefusesAllFor5S),
    ),
    Fault(
        "all refused for 30 s",
        RefusesAllFor30S.__doc__ or "",
        (),
        Kind.BENIGN,
        Variant(rules=_refusing_all(), turn=RefusesAllFor30S),
    ),
    Fault(
        "change ends its own session",
        "Changing the password while logged in ends that session too.",
        (),
        Kind.BENIGN,
        Variant(rules=effect_instead(row_of(ChangePassword, "always"), "end_other_sessions", _end_all_sessions)),
    ),
    Fault(
        "other order of mails",
        "The owner is mailed last.",
        (),
        Kind.BENIGN,
        Variant(rules=_mails_reversed()),
    ),
)
