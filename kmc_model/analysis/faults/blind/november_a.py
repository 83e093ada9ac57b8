"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kmc_model import mails
from kmc_model.actions import (
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LogIn,
    LogOut,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
    UseSession,
)
from kmc_model.analysis.faults._fault import effect_instead, inserted, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.blind.witness import Play, Witnessed, blind, harmless
from kmc_model.clock import STEP_S
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, HOUR_S, MINUTE_S, Policy
from kmc_model.qr import key_uri
from kmc_model.records import Account, Link, LinkKind, LinkStatus, Mail, Membership, Secret, Session, State
from kmc_model.rules import (
    RULES,
    Effect,
    Rule,
    end_session,
    from_account_without_two_factor,
    is_locked,
    mail_other_users,
    mail_reset_link,
    move_session,
    not_in_account,
    password_refused,
    password_wrong,
    set_password,
    show_qr_code,
)
from kmc_model.turn import Reason, Secrets, Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

ADA, BOB, CLEO, PLUS = "ada@acme.example", "bob@acme.example", "cleo@acme.example", "ada+kmc@acme.example"
OLD, NEW, WRONG = "s3cure-pass!", "n3w-secret!", "wr0ng-guess!"
DAY_S = 24 * HOUR_S

# What witnesses do


def _join(play: Play, account: str, *emails: str) -> None:
    for email in emails:
        play.do(RegisterUser(account, email, OLD))


def _pair(play: Play, email: str) -> None:
    play.do(OpenEnrolmentLink(play.link(email, "enrolment")))


def _protect(play: Play, account: str, *emails: str) -> None:
    _join(play, account, *emails)
    play.do(EnableTwoFactor(account))
    for email in emails:
        _pair(play, email)


def _enter(play: Play, email: str, account: str, password: str = OLD, device: str | None = None) -> str:
    play.wait(MINUTE_S)
    return play.do(LogIn(email, password, play.code(email), account, device)).session or "none"


def _reset(play: Play, email: str, password: str) -> None:
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    play.do(ConfirmPassword(link))


# Faults: simple


class CutOff(Turn):
    """Switching two-factor authentication on ends the open sessions of the account."""

    def put_account(self, account: Account) -> None:
        """Keep the account, and end the sessions in it."""
        super().put_account(account)
        if isinstance(self.action, EnableTwoFactor):
            for session in self.state.sessions.values():
                if session.account == account.name:
                    self.put_session(changed(session, is_open=False))


def _see_cut_off(play: Play) -> None:
    _join(play, "Acme", ADA)
    session = play.do(LogIn(ADA, OLD)).session or "none"
    play.do(EnableTwoFactor("Acme"))
    play.do(UseSession(session))


def _restart_time(turn: Turn) -> None:
    own = turn.own
    if own.secret and not own.secret.proven:
        turn.put_credentials(changed(own, secret=changed(own.secret, issued_at=turn.now)))


def _see_late_start(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(EnableTwoFactor("Acme"))
    play.wait(20 * HOUR_S)
    _pair(play, ADA)
    play.wait(5 * HOUR_S)
    _enter(play, ADA, "Acme")


class OnlyBack(Turn):
    """The code of the step that comes next is refused."""

    def counter(self) -> int | None:
        """The time step of the code, unless it lies ahead."""
        counter = super().counter()
        return None if counter is not None and counter > self.now // STEP_S else counter


def _see_only_back(play: Play) -> None:
    _protect(play, "Acme", ADA)
    play.wait(65)
    play.do(LogIn(ADA, OLD, play.code(ADA, 20), "Acme"))


class LockTold(Turn):
    """Whoever is locked out is told so, even after a wrong password."""

    def message(self, reason: Reason) -> str:
        """Return what the person is told."""
        return "Too many attempts. Try again later." if reason is Reason.LOCKED else super().message(reason)


def _see_lock_told(play: Play) -> None:
    _join(play, "Acme", ADA)
    for _ in range(12):
        play.do(LogIn(ADA, WRONG))


def _forget_password(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, password=None))


def _see_forgotten(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.do(LogIn(ADA, OLD))


HANGING_UP = tuple(
    replace(rule, effects=(Effect(None, end_session),)) if rule.reason is Reason.NEW_LOGIN_REQUIRED else rule
    for rule in RULES
)


def _see_hang_up(play: Play) -> None:
    _join(play, "Acme", ADA)
    _protect(play, "Beta", ADA)
    session = play.do(LogIn(ADA, OLD, None, "Acme")).session or "none"
    play.do(SwitchAccount(session, "Beta"))
    play.do(UseSession(session))


# Faults: with a narrow condition


def _first_eight_wrong(turn: Turn) -> bool:
    password = turn.own.password
    return password is None or str(turn.action.password)[:8] != password[:8]


EIGHT_COUNT = tuple(
    replace(rule, applies=_first_eight_wrong) if rule.applies is password_wrong else rule for rule in RULES
)


def _see_eight_count(play: Play) -> None:
    _protect(play, "Acme", ADA)
    _enter(play, ADA, "Acme", OLD[:8] + "4567")


class ZeroFirst(Turn):
    """A code that begins with 0 is refused."""

    def counter(self) -> int | None:
        """The time step of the code, unless it begins with 0."""
        return None if str(self.action.code).startswith("0") else super().counter()


def _see_zero_first(play: Play) -> None:
    _protect(play, "Acme", ADA)
    ahead = next(step for step in range(STEP_S, HOUR_S * 12, STEP_S) if play.code(ADA, step).startswith("0"))
    play.wait(ahead)
    play.do(LogIn(ADA, OLD, play.code(ADA), "Acme"))


class PlusLost(Turn):
    """A plus sign in an e-mail becomes a space in the QR code."""

    def uri(self, secret: Secret) -> str:
        """Return what the QR code says."""
        return key_uri(secret.base32, self.email.replace("+", " "), self.policy.uri_names_issuer)


def _see_plus_lost(play: Play) -> None:
    _protect(play, "Acme", PLUS)


class LastOfMonth(Turn):
    """An enrolment link mailed on the last day of a month never expires."""

    def is_expired(self, link: Link) -> bool:
        """Whether the link is too old."""
        tomorrow = datetime.fromtimestamp(link.issued_at, UTC) + timedelta(days=1)
        return not (link.kind is LinkKind.ENROLMENT and tomorrow.day == 1) and super().is_expired(link)


def _see_last_of_month(play: Play) -> None:
    play.wait(26 * DAY_S)
    _join(play, "Acme", ADA)
    play.do(EnableTwoFactor("Acme"))
    play.wait(2 * DAY_S)
    _pair(play, ADA)


class PairedSkipped(Turn):
    """Whoever has paired for another account gets no mail when a second one switches it on."""

    def put_mail(self, mail: Mail) -> None:
        """Send the mail, unless its recipient has paired before."""
        secret = self.state.credentials[mail.recipient].secret
        if not (isinstance(self.action, EnableTwoFactor) and secret and secret.proven):
            super().put_mail(mail)


def _see_paired_skipped(play: Play) -> None:
    _protect(play, "Acme", ADA)
    _enter(play, ADA, "Acme")
    _join(play, "Beta", BOB, ADA)
    play.do(EnableTwoFactor("Beta"))


class SamePassword(Turn):
    """Whoever has paired, and sets the password they already have, keeps the old secret."""

    def __init__(self, state: State, action: Any, now: int, policy: Policy, secrets: Secrets) -> None:
        super().__init__(state, action, now, policy, secrets)
        self.before = state

    def new_secret(self, email: str) -> None:
        """Make a new secret, unless the password stays the same."""
        before = self.before.credentials.get(email)
        has_paired = before is not None and before.secret is not None and before.secret.proven
        is_same = isinstance(self.action, SetPassword) and before and before.password == self.action.password
        if not (has_paired and is_same):
            super().new_secret(email)


def _see_same_password(play: Play) -> None:
    _protect(play, "Acme", ADA)
    _enter(play, ADA, "Acme")
    _reset(play, ADA, OLD)


NOT_ACTIVE = row_of(SwitchAccount, "not_active_in_account")


def _see_blocked_switch(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Beta", BOB, ADA)
    session = play.do(LogIn(ADA, OLD, None, "Acme")).session or "none"
    play.do(SetUserStatus("Beta", ADA, UserStatus.BLOCKED))
    play.do(SwitchAccount(session, "Beta"))


# Faults: with hidden state


class TrustedMachine(Stateful):
    """After three logins with a code, a machine needs no code any more."""

    def put_session(self, session: Session) -> None:
        """Keep the session, and count the logins with a code on this machine."""
        super().put_session(session)
        has_code = isinstance(self.action, LogIn) and self.action.code and self.action.device
        if has_code and self.state.accounts[session.account].two_factor:
            self.note(self.email, self.action.device, self.now)

    def needs_code(self, account: Account) -> bool:
        """Whether a login to `account` needs a code on this machine."""
        here = (self.email, self.action.device)
        return account.two_factor and sum(each[:2] == here for each in self.notes if isinstance(each, tuple)) < 3


def _see_trusted_machine(play: Play) -> None:
    _protect(play, "Acme", ADA)
    for _ in range(3):
        _enter(play, ADA, "Acme", device="laptop")
    play.do(LogIn(ADA, OLD, None, "Acme", "laptop"))


class WayBack(Stateful):
    """A session remembers into which account it was opened with a code."""

    def put_session(self, session: Session) -> None:
        """Keep the session, and note where it was opened with a code."""
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.action.code and self.state.accounts[session.account].two_factor:
            self.note(session.handle, session.account)


def _goes_back(turn: Turn) -> bool:
    noted = isinstance(turn, WayBack) and turn.has_noted(turn.action.session, turn.action.account)
    return noted and from_account_without_two_factor(turn)


GOING_BACK = inserted(
    row_of(SwitchAccount, "from_account_without_two_factor"),
    Rule("SWI-004", SwitchAccount, _goes_back, None, (Effect("SWI-004", move_session),)),
)


def _see_way_back(play: Play) -> None:
    _protect(play, "Acme", ADA)
    _join(play, "Beta", ADA)
    session = _enter(play, ADA, "Acme")
    play.do(SwitchAccount(session, "Beta"))
    play.do(SwitchAccount(session, "Acme"))


class FirstList(Stateful):
    """Switched on again after it was off, only those on the first list of recipients are mailed."""

    def put_account(self, account: Account) -> None:
        """Keep the account, and note that it was switched off."""
        super().put_account(account)
        if isinstance(self.action, DisableTwoFactor):
            self.note("off", account.name)

    def put_mail(self, mail: Mail) -> None:
        """Send the mail, unless its recipient is missing in the first list."""
        if isinstance(self.action, EnableTwoFactor):
            account = self.action.account
            if not self.has_noted("off", account):
                self.note("listed", account, mail.recipient)
            elif not self.has_noted("listed", account, mail.recipient):
                return
        super().put_mail(mail)


def _see_first_list(play: Play) -> None:
    _protect(play, "Acme", ADA)
    play.do(DisableTwoFactor("Acme"))
    _join(play, "Acme", BOB)
    play.do(EnableTwoFactor("Acme"))


class TimeShared(Turn):
    """When somebody joins an account that has it on, all unopened links of its users get another 24 hours."""

    def put_membership(self, membership: Membership) -> None:
        """Keep the membership, and renew the time of the colleagues' links."""
        super().put_membership(membership)
        if isinstance(self.action, RegisterUser) and self.state.accounts[membership.account].two_factor:
            for link in self.state.links.values():
                is_colleague = (membership.account, link.email) in self.state.memberships
                if is_colleague and link.kind is LinkKind.ENROLMENT and link.status is LinkStatus.OPEN:
                    self.put_link(changed(link, issued_at=self.now))


def _see_time_shared(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(EnableTwoFactor("Acme"))
    play.wait(20 * HOUR_S)
    _join(play, "Acme", BOB)
    play.wait(5 * HOUR_S)
    _pair(play, ADA)


class OldCached(Stateful):
    """A password with which somebody logged in is kept in a cache for ten minutes."""

    def put_session(self, session: Session) -> None:
        """Keep the session, and the password in the cache."""
        super().put_session(session)
        if isinstance(self.action, LogIn):
            self.note(self.email, self.action.password, self.now)

    def is_cached(self) -> bool:
        """Whether the password typed was good for a login in the last ten minutes."""
        typed, since = (self.email, self.action.password), self.now - 10 * MINUTE_S
        return any(each[:2] == typed and each[2] > since for each in self.notes if isinstance(each, tuple))


def _wrong_and_not_cached(turn: Turn) -> bool:
    return password_wrong(turn) and not (isinstance(turn, OldCached) and turn.is_cached())


WRONG_PASSWORD = row_of(LogIn, "password_wrong")


def _see_old_cached(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(LogIn(ADA, OLD))
    _reset(play, ADA, NEW)
    play.wait(MINUTE_S)
    play.do(LogIn(ADA, OLD))


def _locked_with_others(turn: Turn) -> bool:
    account = turn.account
    locked = [
        each.email
        for each in turn.state.memberships.values()
        if account and each.account == account.name and turn.now < turn.state.credentials[each.email].locked_until
    ]
    return is_locked(turn) or len(locked) > 1


LOCKED = row_of(LogIn, "is_locked")


def _see_all_locked(play: Play) -> None:
    _join(play, "Acme", ADA, BOB, CLEO)
    for email in (ADA, BOB):
        for _ in range(10):
            play.do(LogIn(email, WRONG))
    play.do(LogIn(CLEO, OLD))


class MovedStays(Stateful):
    """A session that was switched to another account outlives a new password."""

    def put_session(self, session: Session) -> None:
        """Keep the session as it is now, and note that it was switched."""
        if isinstance(self.action, SwitchAccount):
            super().put_session(session)
            self.note("moved", session.handle)
        elif not isinstance(self.action, SetPassword | ChangePassword) or not self.has_noted("moved", session.handle):
            super().put_session(session)


def _see_moved_stays(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Beta", ADA)
    session = play.do(LogIn(ADA, OLD, None, "Acme")).session or "none"
    play.do(SwitchAccount(session, "Beta"))
    _reset(play, ADA, NEW)
    play.do(UseSession(session))


# Harmless changes


class JoinedLast(Turn):
    """A login that names no account opens the one joined last."""

    def _chosen_account(self) -> str:
        return max(reversed([each.account for each in self.memberships()]), key=self.lets_in)


def _see_joined_last(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Beta", ADA)
    play.do(LogIn(ADA, OLD))


def _end_all_sessions(turn: Turn) -> None:
    if (own := turn.session) and own.is_open:
        for session in turn.state.sessions.values():
            if session.email == own.email:
                turn.put_session(changed(session, is_open=False))


def _see_all_out(play: Play) -> None:
    _join(play, "Acme", ADA)
    here, there = (play.do(LogIn(ADA, OLD)).session or "none" for _ in range(2))
    play.do(LogOut(here))
    play.do(UseSession(there))


def _refused_or_present(turn: Turn) -> bool:
    return password_refused(turn) or getattr(turn.action, "new_password", turn.action.password) == turn.own.password


ANOTHER_WANTED = tuple(
    replace(rule, applies=_refused_or_present) if rule.applies is password_refused else rule for rule in RULES
)


def _see_another_wanted(play: Play) -> None:
    _join(play, "Acme", ADA)
    _reset(play, ADA, OLD)


def _tell_of_password(turn: Turn) -> None:
    text = "Your password has been changed. If that was not you, tell your administrator.\n"
    turn.put_mail(Mail(turn.email, turn.now, "Your KMC password has been changed", text))


def _see_told(play: Play) -> None:
    _join(play, "Acme", ADA)
    _reset(play, ADA, NEW)


def _see_one_hour(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.wait(2 * HOUR_S)
    play.do(SetPassword(play.link(ADA, "reset"), NEW))


class HalfDay(Stateful):
    """A session ends by itself twelve hours after its login."""

    def put_session(self, session: Session) -> None:
        """Keep the session, and note when it was opened."""
        super().put_session(session)
        if isinstance(self.action, LogIn):
            self.note(session.handle, self.now)

    @property
    def session(self) -> Session | None:
        """The session named; an old one has ended."""
        session = super().session
        if session is None or any(self._is_recent(session, each) for each in self.notes):
            return session
        return changed(session, is_open=False)

    def _is_recent(self, session: Session, note: object) -> bool:
        return isinstance(note, tuple) and note[0] == session.handle and self.now <= note[1] + 12 * HOUR_S


def _see_half_day(play: Play) -> None:
    _join(play, "Acme", ADA)
    session = play.do(LogIn(ADA, OLD)).session or "none"
    play.wait(13 * HOUR_S)
    play.do(UseSession(session))


def _mail_blocked_users(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is UserStatus.BLOCKED:
            own = turn.state.credentials[each.email]
            if own.secret is None or turn.is_dead(own.secret):
                turn.new_secret(each.email)
            elif not own.secret.proven:
                turn.put_credentials(changed(own, secret=changed(own.secret, issued_at=turn.now)))
            turn.put_mail(mails.enrolment(turn.new_link(LinkKind.ENROLMENT, each.email)))


def _see_blocked_mailed(play: Play) -> None:
    _join(play, "Acme", ADA, BOB)
    play.do(SetUserStatus("Acme", BOB, UserStatus.BLOCKED))
    play.do(EnableTwoFactor("Acme"))


PASSWORD_SET = row_of(SetPassword, "always")

CHANGES: tuple[Witnessed, ...] = (
    blind(
        "cut off",
        "When two-factor authentication is switched on, everybody logged in to the account is thrown out.",
        "ENA-014",
        variant=Variant(turn=CutOff),
        witness=_see_cut_off,
    ),
    blind(
        "late start",
        "The 24 hours of a QR code count from when it is shown, so a first login 25 hours after the mail works.",
        "ENR-010",
        "ENR-012",
        variant=Variant(
            rules=effect_instead(row_of(OpenEnrolmentLink, "always"), "show_qr_code", _restart_time, show_qr_code)
        ),
        witness=_see_late_start,
    ),
    blind(
        "only back",
        "An app whose clock is 20 seconds fast cannot log in.",
        "STD-010",
        variant=Variant(turn=OnlyBack),
        witness=_see_only_back,
    ),
    blind(
        "lock told",
        "Whoever types a wrong password for a locked e-mail reads that there were too many attempts.",
        "SEC-004",
        variant=Variant(turn=LockTold),
        witness=_see_lock_told,
    ),
    blind(
        "forgotten",
        "As soon as somebody asks for a reset, the present password stops working.",
        "RST-009",
        variant=Variant(
            rules=effect_instead(row_of(RequestReset, "always"), "mail_reset_link", mail_reset_link, _forget_password)
        ),
        witness=_see_forgotten,
    ),
    blind(
        "hang up",
        "A switch that is refused because it needs a new login logs the person out where they are.",
        "SWI-005",
        variant=Variant(rules=HANGING_UP),
        witness=_see_hang_up,
    ),
    blind(
        "eight count",
        "Only the first eight characters of a password count.",
        "LOG-006",
        "RST-002",
        variant=Variant(rules=EIGHT_COUNT),
        witness=_see_eight_count,
    ),
    blind(
        "zero first",
        "A code that begins with 0 is refused, although it was typed in full.",
        "LOG-004",
        "STD-006",
        variant=Variant(turn=ZeroFirst),
        witness=_see_zero_first,
    ),
    blind(
        "plus lost",
        "The QR code of somebody whose e-mail has a plus sign names another e-mail, with a space in it.",
        "STD-007",
        variant=Variant(turn=PlusLost),
        witness=_see_plus_lost,
    ),
    blind(
        "last of month",
        "A link to a QR code that was mailed on the last day of a month never expires.",
        "ENR-009",
        "ENR-013",
        "RST-019",
        variant=Variant(turn=LastOfMonth),
        witness=_see_last_of_month,
    ),
    blind(
        "paired skipped",
        "Somebody who has logged in with a code before gets no mail when an account of theirs switches it on.",
        "ENA-003",
        "ENA-004",
        variant=Variant(turn=PairedSkipped),
        witness=_see_paired_skipped,
    ),
    blind(
        "same password",
        "Somebody paired who sets the password they already had gets the same QR code again.",
        "RST-003",
        "RST-007",
        "RST-008",
        "STD-009",
        variant=Variant(turn=SamePassword),
        witness=_see_same_password,
    ),
    blind(
        "blocked switch",
        "Somebody who was blocked in an account, or removed from it, can still switch to it from another one.",
        "LOG-014",
        "SWI-006",
        variant=Variant(rules=with_row(NOT_ACTIVE, replace(RULES[NOT_ACTIVE], applies=not_in_account))),
        witness=_see_blocked_switch,
    ),
    blind(
        "trusted machine",
        "After three logins with a code on one machine, the password alone is enough there.",
        "ENA-007",
        "LOG-003",
        "LOG-009",
        variant=Variant(turn=TrustedMachine),
        witness=_see_trusted_machine,
    ),
    blind(
        "way back",
        "Whoever logged in with a code and switched to an account without it can switch back without a new login.",
        "SWI-001",
        "SWI-009",
        variant=Variant(rules=GOING_BACK, turn=WayBack),
        witness=_see_way_back,
    ),
    blind(
        "first list",
        "Switched off and on again, it mails only those who were mailed when it was switched on before.",
        "ENA-004",
        variant=Variant(turn=FirstList),
        witness=_see_first_list,
    ),
    blind(
        "time shared",
        "When somebody joins the account, the links that colleagues have not opened are good for 24 hours more.",
        "ENR-009",
        "ENR-010",
        variant=Variant(turn=TimeShared),
        witness=_see_time_shared,
    ),
    blind(
        "old cached",
        "After a reset the old password still works, for ten minutes after the last login with it.",
        "LOG-006",
        "RST-002",
        variant=Variant(
            rules=with_row(WRONG_PASSWORD, replace(RULES[WRONG_PASSWORD], applies=_wrong_and_not_cached)),
            turn=OldCached,
        ),
        witness=_see_old_cached,
    ),
    blind(
        "all locked",
        "While two people of an account are locked out after wrong attempts, nobody else can log in to it.",
        "SEC-011",
        variant=Variant(rules=with_row(LOCKED, replace(RULES[LOCKED], applies=_locked_with_others))),
        witness=_see_all_locked,
    ),
    blind(
        "moved stays",
        "A session that was switched to another account stays open when a new password is set.",
        "SEC-007",
        variant=Variant(turn=MovedStays),
        witness=_see_moved_stays,
    ),
    harmless(
        "joined last",
        "A login that names no account opens the account that the person joined last.",
        variant=Variant(turn=JoinedLast),
        witness=_see_joined_last,
    ),
    harmless(
        "all out",
        "Logging out ends the person's sessions on all machines.",
        variant=Variant(rules=effect_instead(row_of(LogOut, "always"), "end_session", _end_all_sessions)),
        witness=_see_all_out,
    ),
    harmless(
        "another wanted",
        "A new password that is the present one is refused.",
        variant=Variant(rules=ANOTHER_WANTED),
        witness=_see_another_wanted,
    ),
    harmless(
        "told of password",
        "After a reset a mail without a link tells the person that their password has been changed.",
        variant=Variant(rules=effect_instead(PASSWORD_SET, "set_password", set_password, _tell_of_password)),
        witness=_see_told,
    ),
    harmless(
        "one hour",
        "A reset link is good for one hour.",
        variant=Variant(policy=replace(ARTICLE, reset_link_ttl_s=HOUR_S)),
        witness=_see_one_hour,
    ),
    harmless(
        "half day",
        "A session ends by itself twelve hours after the login.",
        variant=Variant(turn=HalfDay),
        witness=_see_half_day,
    ),
    harmless(
        "blocked mailed",
        "When it is switched on, users who are blocked in the account get their mail too.",
        variant=Variant(
            rules=effect_instead(
                row_of(EnableTwoFactor, "always"), "mail_other_users", mail_other_users, _mail_blocked_users
            )
        ),
        witness=_see_blocked_mailed,
    ),
)
