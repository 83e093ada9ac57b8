"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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
from kmc_model.analysis.faults._fault import effect_instead, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.blind.witness import Play, Witnessed, blind, harmless
from kmc_model.clock import STEP_S
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, HOUR_S, Policy
from kmc_model.records import Account, Link, LinkKind, Mail, Secret, Session, State
from kmc_model.rules import (
    RULES,
    Effect,
    code_used_before,
    end_session,
    forgive_failures,
    from_account_without_two_factor,
    mail_owner,
    prove_secret,
    remember_counter,
    switch_off,
    switch_on,
    use_reset_link,
)
from kmc_model.turn import Reason, Secrets, Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

ADA, BOB = "ada@acme.example", "bob@acme.example"
PASSWORD, NEW_PASSWORD = "s3cure-pass!", "0ther-word!"
DAY_S = 24 * HOUR_S


# What the witnesses do


def _join(play: Play, account: str, *people: str) -> None:
    for each in people:
        play.do(RegisterUser(account, each, PASSWORD))


def _pair(play: Play, *people: str, account: str = "Acme") -> None:
    """Switch it on in `account`, and let `people` open their links."""
    play.do(EnableTwoFactor(account))
    for each in people:
        play.do(OpenEnrolmentLink(play.link(each, "enrolment")))


def _enter(play: Play, email: str, account: str = "Acme", password: str = PASSWORD, device: str | None = None) -> str:
    """Log in with a code a minute later; return the session, "" where none was opened."""
    play.wait(60)
    return play.do(LogIn(email, password, play.code(email), account, device)).session or ""


def _reset(play: Play, email: str, password: str = NEW_PASSWORD) -> str:
    """Ask for a reset and set a new password; return the link that did it."""
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    return link


# Simple faults


def renew_everybody(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is UserStatus.ACTIVE:
            turn.new_secret(each.email)


def _off_and_on(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    _enter(play, ADA)
    play.do(DisableTwoFactor("Acme"))
    play.do(EnableTwoFactor("Acme"))
    _enter(play, ADA)


def _weak_password_first(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.do(SetPassword(play.link(ADA, "reset"), "weak"))
    play.do(SetPassword(play.link(ADA, "reset"), NEW_PASSWORD))


class NothingAhead(Turn):
    """Codes of the step to come are refused."""

    def counter(self) -> int | None:
        counter = super().counter()
        return None if counter is None or counter > self.now // STEP_S else counter


def _fast_clock(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    play.wait(65)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, 20), "Acme"))


def _guess_codes_in_two_steps(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    for _ in range(15):
        play.do(LogIn(ADA, PASSWORD, None, "Acme"))
        play.do(LogIn(ADA, PASSWORD, "12345", "Acme"))
    _enter(play, ADA)


def _refused_switch(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", ADA)
    play.do(EnableTwoFactor("Bolt"))
    session = play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or ""
    play.do(SwitchAccount(session, "Bolt"))
    play.do(UseSession(session))


def _ok_and_mail(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    play.do(ConfirmPassword(_reset(play, ADA)))
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


# Faults with a narrow condition


class PairedIsNotMailed(Turn):
    """Switching on mails nobody who already logs in with codes."""

    def put_mail(self, mail: Mail) -> None:
        secret = self.state.credentials[mail.recipient].secret
        if not isinstance(self.action, EnableTwoFactor) or secret is None or not secret.proven:
            super().put_mail(mail)


def _second_account(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", ADA, BOB)
    _pair(play, ADA)
    _enter(play, ADA)
    play.do(EnableTwoFactor("Bolt"))


class MonthEnd(Turn):
    """An enrolment link that was mailed on the last day of a month is dead at midnight."""

    def is_expired(self, link: Link) -> bool:
        if super().is_expired(link):
            return True
        issued, now = (datetime.fromtimestamp(each, UTC).date() for each in (link.issued_at, self.now))
        return link.kind is LinkKind.ENROLMENT and (issued + timedelta(days=1)).day == 1 and now > issued


def _mailed_on_the_last_day(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.wait(26 * DAY_S)
    play.do(EnableTwoFactor("Acme"))
    play.wait(16 * HOUR_S)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


class FirstAccountDecides(Turn):
    """Only the account joined first decides whether a person needs a second factor."""

    def needs_two_factor(self) -> bool:
        first = next(self.memberships(), None)
        return first is not None and first.status is UserStatus.ACTIVE and self.state.accounts[first.account].two_factor


def _reset_with_two_factor_in_the_second_account(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", ADA)
    _pair(play, ADA, account="Bolt")
    _enter(play, ADA, "Bolt")
    play.do(ConfirmPassword(_reset(play, ADA)))
    _enter(play, ADA, "Bolt", NEW_PASSWORD)


class OnlyAccount(Turn):
    """Whoever is in one account alone gets there, whatever account is named."""

    @property
    def account(self) -> Account | None:
        if isinstance(self.action, LogIn):
            own = [each.account for each in self.memberships()]
            if len(own) == 1:
                return self.state.accounts[own[0]]
        return super().account


def _foreign_account(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", BOB)
    play.do(LogIn(ADA, PASSWORD, None, "Bolt"))


class NoLeadingZero(Turn):
    """A code that begins with a zero fits nothing."""

    def counter(self) -> int | None:
        return None if self.action.code.startswith("0") else super().counter()


def _code_with_a_zero(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    _enter(play, ADA)
    for _ in range(200):
        play.wait(60)
        if play.code(ADA).startswith("0"):
            break
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


class HelpfulBeforePassword(Turn):
    """A wrong password of somebody who has not paired yet is answered with advice to pair."""

    def message(self, reason: Reason) -> str:
        own = self.credentials
        if isinstance(self.action, LogIn) and reason is Reason.WRONG_CREDENTIALS and own and self.needs_two_factor():
            if own.secret is None or not own.secret.proven:
                return "Set up two-factor authentication before you log in."
        return super().message(reason)


def _wrong_password_before_pairing(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(EnableTwoFactor("Acme"))
    play.do(LogIn(ADA, "wr0ng-word!", None, "Acme"))


def paired_and_from_account_without(turn: Turn) -> bool:
    secret = turn.own.secret
    return from_account_without_two_factor(turn) and secret is not None and secret.proven


def _switch_before_pairing(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", ADA)
    play.do(EnableTwoFactor("Bolt"))
    session = play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or ""
    play.do(SwitchAccount(session, "Bolt"))


# Faults with hidden state


class FlaggedPeople(Stateful):
    """Switching on marks those who must type a code, and passes over whoever is blocked at that moment."""

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and not self.has_noted("passed over", account.name, self.email)


def pass_over_blocked(turn: Turn) -> None:
    assert isinstance(turn, Stateful)
    for each in turn.state.memberships.values():
        if each.account == turn.action.account and each.status is UserStatus.BLOCKED:
            turn.note("passed over", each.account, each.email)


def _blocked_while_switched_on(play: Play) -> None:
    _join(play, "Acme", ADA, BOB)
    play.do(SetUserStatus("Acme", BOB, UserStatus.BLOCKED))
    play.do(EnableTwoFactor("Acme"))
    play.do(SetUserStatus("Acme", BOB, UserStatus.ACTIVE))
    play.do(LogIn(BOB, PASSWORD, None, "Acme"))


def revoke_when_opened_again(turn: Turn) -> None:
    assert isinstance(turn, Stateful)
    link = turn.link
    if link is None:
        return
    if turn.has_noted("opened again", link.token):
        turn.new_secret(link.email)
    turn.note("opened again", link.token)


def _open_three_times(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    _enter(play, ADA)
    link = play.link(ADA, "enrolment")
    play.do(OpenEnrolmentLink(link))
    play.do(OpenEnrolmentLink(link))
    _enter(play, ADA)


class FamiliarDevice(Stateful):
    """A machine from which a person has logged in with a code three times needs no code any more."""

    TIMES = 3

    def known_for(self) -> int:
        """How many times this person has logged in with a code from this machine."""
        return sum(self.has_noted("device", self.email, self.action.device, nth) for nth in range(self.TIMES))

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and self.known_for() < self.TIMES


def get_to_know_device(turn: Turn) -> None:
    assert isinstance(turn, FamiliarDevice)
    if turn.action.device is not None:
        turn.note("device", turn.email, turn.action.device, turn.known_for())


def _fourth_login(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    for _ in range(3):
        play.do(LogOut(_enter(play, ADA, device="laptop")))
    play.do(LogIn(ADA, PASSWORD, None, "Acme", "laptop"))


class OldPairingReturns(Stateful):
    """A reset's QR code that completes no login in time gives way to the pairing before the reset."""

    def __init__(self, state: State, action: Any, now: int, policy: Policy, secrets: Secrets) -> None:
        super().__init__(state, action, now, policy, secrets)
        own = self.credentials
        if isinstance(action, LogIn) and own and own.secret and self.is_dead(own.secret):
            for each in self.notes:
                if isinstance(each, tuple) and each[0] == own.secret.base32 and isinstance(each[1], Secret):
                    self.put_credentials(changed(own, secret=each[1]))

    def new_secret(self, email: str) -> None:
        before = self.state.credentials[email].secret
        super().new_secret(email)
        after = self.state.credentials[email].secret
        if isinstance(self.action, SetPassword) and before and before.proven and after:
            self.note(after.base32, before)


def _old_app_after_a_day(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    _enter(play, ADA)
    _reset(play, ADA)
    _enter(play, ADA, password=NEW_PASSWORD)
    play.wait(25 * HOUR_S)
    _enter(play, ADA, password=NEW_PASSWORD)


class WayBack(Stateful):
    """A session that began with a code may always return to the account in which it began."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.state.accounts[session.account].two_factor:
            self.note("began", session.handle, session.account)


def from_account_without_and_not_back(turn: Turn) -> bool:
    assert isinstance(turn, Stateful)
    return from_account_without_two_factor(turn) and not turn.has_noted(
        "began", turn.action.session, turn.action.account
    )


def _there_and_back(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", ADA)
    _pair(play, ADA)
    session = _enter(play, ADA)
    session = play.do(SwitchAccount(session, "Bolt")).session or ""
    play.do(SwitchAccount(session, "Acme"))


class SwitchedSurvives(Stateful):
    """A new password does not end sessions that have gone to another account."""

    def put_session(self, session: Session) -> None:
        if isinstance(self.action, SwitchAccount):
            self.note("switched", session.handle)
        sets_password = isinstance(self.action, SetPassword | ChangePassword)
        if not (sets_password and self.has_noted("switched", session.handle)):
            super().put_session(session)


def _reset_after_switching(play: Play) -> None:
    _join(play, "Acme", ADA)
    _join(play, "Bolt", ADA)
    session = play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or ""
    session = play.do(SwitchAccount(session, "Bolt")).session or ""
    _reset(play, ADA)
    play.do(UseSession(session))


def remember_only_latest_login(turn: Turn) -> None:
    remember_counter(turn)
    for each in turn.state.credentials.values():
        if each.email != turn.email:
            turn.put_credentials(changed(each, last_counter=-1))


def _same_code_after_somebody_else(play: Play) -> None:
    _join(play, "Acme", ADA, BOB)
    _pair(play, ADA, BOB)
    _enter(play, ADA)
    play.do(LogIn(BOB, PASSWORD, play.code(BOB), "Acme"))
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


# Harmless changes


class AnyCase(Turn):
    """An e-mail typed with capitals is taken for the known one without."""

    def _email(self) -> str:
        email = super()._email()
        known, typed = self.state.credentials, isinstance(self.action, LogIn | RequestReset)
        return email.lower() if typed and email not in known and email.lower() in known else email


def _capitals(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(LogIn("Ada@Acme.example", PASSWORD, None, "Acme"))


def end_all_sessions(turn: Turn) -> None:
    present = turn.session
    end_session(turn)
    for each in turn.state.sessions.values():
        if present and present.is_open and each.email == present.email and each.is_open:
            turn.put_session(changed(each, is_open=False))


def _two_machines(play: Play) -> None:
    _join(play, "Acme", ADA)
    desk = play.do(LogIn(ADA, PASSWORD, None, "Acme", "desk")).session or ""
    laptop = play.do(LogIn(ADA, PASSWORD, None, "Acme", "laptop")).session or ""
    play.do(LogOut(desk))
    play.do(UseSession(laptop))


class SaysUsed(Turn):
    """Who types a code for the second time is told so."""

    def message(self, reason: Reason) -> str:
        secret = self.own.secret if reason is Reason.WRONG_CODE else None
        if secret and not self.is_dead(secret) and code_used_before(self):
            return "This code has been used. Wait for the next one."
        return super().message(reason)


def _same_code_twice(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)
    _enter(play, ADA)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


def tell_that_it_is_off(turn: Turn) -> None:
    was_on = turn.state.accounts[turn.action.account].two_factor
    switch_off(turn)
    for each in turn.state.memberships.values():
        if was_on and each.account == turn.action.account and each.status is UserStatus.ACTIVE:
            text = "You no longer need an authenticator code for this account.\n"
            turn.put_mail(Mail(each.email, turn.now, "Two-factor authentication is off", text))


def _switched_off(play: Play) -> None:
    _join(play, "Acme", ADA, BOB)
    play.do(EnableTwoFactor("Acme"))
    play.do(DisableTwoFactor("Acme"))


def _reset_link_after_two_hours(play: Play) -> None:
    _join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.wait(2 * HOUR_S)
    play.do(SetPassword(play.link(ADA, "reset"), NEW_PASSWORD))


def _twelve_wrong_passwords(play: Play) -> None:
    _join(play, "Acme", ADA)
    for _ in range(12):
        play.do(LogIn(ADA, "wr0ng-word!", None, "Acme"))
    play.do(LogIn(ADA, PASSWORD, None, "Acme"))


class OtherIssuer(Turn):
    """The app shows a longer name of the console."""

    def uri(self, secret: Secret) -> str:
        plain, longer = "Kaltura%20KMC", "Kaltura%20Management%20Console"
        return super().uri(secret).replace(plain, longer)


def _scan(play: Play) -> None:
    _join(play, "Acme", ADA)
    _pair(play, ADA)


SWITCHING_ON = row_of(EnableTwoFactor, "always")
LOGIN_WITH_CODE = row_of(LogIn, "always")
CODE_MISSING = row_of(LogIn, "code_missing")
LINK_USED = row_of(OpenEnrolmentLink, "link_used")
SWITCH_FROM_WITHOUT = row_of(SwitchAccount, "from_account_without_two_factor")
PASSWORD_REFUSED = row_of(SetPassword, "password_refused")

CHANGES: tuple[Witnessed, ...] = (
    # Simple
    blind(
        "new secrets at switching on",
        "Switching two-factor authentication on gives everybody in the account a new secret, so that authenticators "
        "paired before, here or for another account, stop working.",
        "ENA-011",
        "ENA-015",
        variant=Variant(rules=effect_instead(SWITCHING_ON, "mail_owner", renew_everybody, mail_owner)),
        witness=_off_and_on,
    ),
    blind(
        "weak password burns link",
        "A new password that the rules refuse uses up the reset link: the second try with a better one is refused.",
        "RST-013",
        variant=Variant(
            rules=with_row(PASSWORD_REFUSED, replace(RULES[PASSWORD_REFUSED], effects=(Effect(None, use_reset_link),)))
        ),
        witness=_weak_password_first,
    ),
    blind(
        "fast clock refused",
        "The server accepts the code of the step before but not of the next one: a phone that is 20 s fast is refused.",
        "STD-010",
        variant=Variant(turn=NothingAhead),
        witness=_fast_clock,
    ),
    blind(
        "asking for a code forgives",
        "The right password without a code clears the count of failures, so that whoever logs in in two steps can "
        "guess codes without end.",
        "SEC-002",
        variant=Variant(
            rules=with_row(CODE_MISSING, replace(RULES[CODE_MISSING], effects=(Effect(None, forgive_failures),)))
        ),
        witness=_guess_codes_in_two_steps,
    ),
    blind(
        "refused switch logs out",
        "Trying to switch from an account without two-factor authentication to one that has it ends the session.",
        "SWI-005",
        variant=Variant(
            rules=with_row(
                SWITCH_FROM_WITHOUT, replace(RULES[SWITCH_FROM_WITHOUT], effects=(Effect(None, end_session),))
            )
        ),
        witness=_refused_switch,
    ),
    blind(
        "ok leaves mailed link open",
        "OK after a reset shows the new QR code without using up the link that was mailed: both show it, and OK does "
        "so again and again.",
        "RST-018",
        "RST-004",
        "ENR-002",
        "SEC-014",
        variant=Variant(rules=effect_instead(row_of(ConfirmPassword, "always"), "use_enrolment_link")),
        witness=_ok_and_mail,
    ),
    # With a narrow condition
    blind(
        "paired people get no mail",
        "Who already logs in with codes for another account gets no mail when an account of theirs is switched on.",
        "ENA-003",
        "ENA-004",
        variant=Variant(turn=PairedIsNotMailed),
        witness=_second_account,
    ),
    blind(
        "last day of the month",
        "A link to a QR code that is mailed on the last day of a month is dead at midnight UTC, not after 24 hours.",
        "ENR-009",
        "ENR-010",
        "RST-019",
        variant=Variant(turn=MonthEnd),
        witness=_mailed_on_the_last_day,
    ),
    blind(
        "first account decides",
        "A reset renews and shows the QR code only if the account joined first has two-factor authentication; with it "
        "in a later account alone, the old app goes on working and no new QR code comes.",
        "RST-003",
        "RST-004",
        "RST-005",
        "RST-006",
        "RST-007",
        "RST-008",
        "RST-016",
        "RST-017",
        "STD-009",
        "SEC-002",
        variant=Variant(turn=FirstAccountDecides),
        witness=_reset_with_two_factor_in_the_second_account,
    ),
    blind(
        "only account",
        "Who is in one account alone and logs in to somebody else's account is let into their own instead of refused.",
        "LOG-012",
        variant=Variant(turn=OnlyAccount),
        witness=_foreign_account,
    ),
    blind(
        "leading zero refused",
        "The app's current code is refused whenever it begins with a zero.",
        "LOG-004",
        "ENR-005",
        "RST-005",
        "STD-001",
        "STD-006",
        variant=Variant(turn=NoLeadingZero),
        witness=_code_with_a_zero,
    ),
    blind(
        "advice before the password",
        "A wrong password of somebody who must pair but has not yet is answered with advice to set up two-factor "
        "authentication, which tells a stranger that the e-mail is known and has it.",
        "SEC-003",
        "SEC-004",
        variant=Variant(turn=HelpfulBeforePassword),
        witness=_wrong_password_before_pairing,
    ),
    blind(
        "unpaired people may switch",
        "Who has never logged in with their present QR code can switch from an account without two-factor "
        "authentication to one that has it, by password alone.",
        "SWI-001",
        "SWI-007",
        "SWI-009",
        "ENA-007",
        "ENA-012",
        variant=Variant(
            rules=with_row(
                SWITCH_FROM_WITHOUT, replace(RULES[SWITCH_FROM_WITHOUT], applies=paired_and_from_account_without)
            )
        ),
        witness=_switch_before_pairing,
    ),
    # With hidden state
    blind(
        "blocked people passed over",
        "Who is blocked in an account while it is switched on is never asked for a code there once restored.",
        "ENA-007",
        "ENA-012",
        "LOG-003",
        "LOG-009",
        variant=Variant(
            rules=effect_instead(SWITCHING_ON, "switch_on", switch_on, pass_over_blocked), turn=FlaggedPeople
        ),
        witness=_blocked_while_switched_on,
    ),
    blind(
        "third opening revokes",
        "Opening a used link is refused as it should be, but at the second such refusal the pairing made from it is "
        "revoked, and the codes of the app no longer work.",
        "ENR-013",
        "ENR-005",
        variant=Variant(
            rules=with_row(LINK_USED, replace(RULES[LINK_USED], effects=(Effect(None, revoke_when_opened_again),))),
            turn=Stateful,
        ),
        witness=_open_three_times,
    ),
    blind(
        "familiar machine",
        "After three logins with a code from the same machine, the password alone opens a session there.",
        "LOG-009",
        "LOG-003",
        "ENA-007",
        variant=Variant(
            rules=effect_instead(LOGIN_WITH_CODE, "prove_secret", prove_secret, get_to_know_device),
            turn=FamiliarDevice,
        ),
        witness=_fourth_login,
    ),
    blind(
        "old pairing returns",
        "If no login is completed with the QR code of a reset within 24 hours, the app paired before the reset works "
        "again.",
        "RST-007",
        "RST-008",
        variant=Variant(turn=OldPairingReturns),
        witness=_old_app_after_a_day,
    ),
    blind(
        "way back",
        "Who logged in with a code and switched to an account without two-factor authentication can switch back to "
        "the first one without logging in again.",
        "SWI-001",
        "SWI-007",
        "SWI-009",
        variant=Variant(
            rules=with_row(
                SWITCH_FROM_WITHOUT, replace(RULES[SWITCH_FROM_WITHOUT], applies=from_account_without_and_not_back)
            ),
            turn=WayBack,
        ),
        witness=_there_and_back,
    ),
    blind(
        "switched session survives",
        "A session that has been switched to another account stays open when a new password is set.",
        "SEC-007",
        variant=Variant(turn=SwitchedSurvives),
        witness=_reset_after_switching,
    ),
    blind(
        "one slot for used codes",
        "The server remembers the last used code of the person who logged in last alone: once somebody else has "
        "logged in with a code, an earlier code that is still in time is accepted a second time.",
        "STD-003",
        variant=Variant(rules=effect_instead(LOGIN_WITH_CODE, "remember_counter", remember_only_latest_login)),
        witness=_same_code_after_somebody_else,
    ),
    # Harmless
    harmless(
        "capitals in the address",
        "An e-mail typed with capitals is taken for the same address without, at login and at Forgot Password.",
        variant=Variant(turn=AnyCase),
        witness=_capitals,
    ),
    harmless(
        "logging out everywhere",
        "Logging out on one machine ends the person's sessions on all machines.",
        variant=Variant(rules=effect_instead(row_of(LogOut, "always"), "end_session", end_all_sessions)),
        witness=_two_machines,
    ),
    harmless(
        "told that the code was used",
        "Who types a code a second time, after the right password, reads that it has been used.",
        variant=Variant(turn=SaysUsed),
        witness=_same_code_twice,
    ),
    harmless(
        "told that it is off",
        "When two-factor authentication is switched off, every user of the account gets a mail without a link.",
        variant=Variant(rules=effect_instead(row_of(DisableTwoFactor, "always"), "switch_off", tell_that_it_is_off)),
        witness=_switched_off,
    ),
    harmless(
        "reset link of one hour",
        "A reset link is dead after one hour.",
        variant=Variant(replace(ARTICLE, reset_link_ttl_s=HOUR_S)),
        witness=_reset_link_after_two_hours,
    ),
    harmless(
        "later and longer lock",
        "Twenty wrong attempts in a row lock a person out, for an hour.",
        variant=Variant(replace(ARTICLE, failures_max=20, lock_s=HOUR_S)),
        witness=_twelve_wrong_passwords,
    ),
    harmless(
        "longer name in the app",
        "The QR code names the issuer Kaltura Management Console.",
        variant=Variant(turn=OtherIssuer),
        witness=_scan,
    ),
)
