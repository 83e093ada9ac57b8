"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from kmc_model.actions import (
    Action,
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
from kmc_model.mails import renewal
from kmc_model.model import Variant
from kmc_model.records import Account, Link, LinkKind, LinkStatus, Mail, Secret, Session
from kmc_model.rules import (
    RULES,
    Effect,
    Rule,
    account_has_two_factor,
    count_failure,
    end_session,
    is_locked,
    move_session,
    password_refused,
    renew_secret,
    set_password,
    switch_on,
)
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

ADA = "ada@acme.example"
BOB = "bob@acme.example"
CYD = "cyd@acme.example"
DAN = "dan@acme.example"
NAMESAKE = "ada@bolt.example"
PASSWORD = "s3cure-pass!"
OTHER = "n3w-secret!"
PLUS = "n3w+secret"
HOUR_S = 3600
Table = tuple[Rule, ...]


# What the witnesses have in common


def _registered(play: Play, *people: str, account: str = "Acme") -> None:
    for email in people:
        play.do(RegisterUser(account, email, PASSWORD))


def _enrolled(play: Play, *people: str, account: str = "Acme") -> None:
    """Register people, switch on, and let all of them open their links."""
    _registered(play, *people, account=account)
    play.do(EnableTwoFactor(account))
    for email in people:
        play.do(OpenEnrolmentLink(play.link(email, "enrolment")))


def _login(
    play: Play, email: str = ADA, *, account: str = "Acme", password: str = PASSWORD, device: str | None = None
) -> str:
    """Log in a minute later with the app's code, and return the session; an unknown one where it is refused."""
    play.wait(60)
    return play.do(LogIn(email, password, play.code(email), account, device)).session or "none"


def _reset(play: Play, email: str = ADA, password: str = OTHER) -> None:
    """Go through a reset, from Forgot Password to OK."""
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    play.do(ConfirmPassword(link))


# Wrong for everybody


def renew_everybody(turn: Turn) -> None:
    """Make a new secret for each active user of the account."""
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is UserStatus.ACTIVE:
            turn.new_secret(each.email)


def off_and_on(play: Play) -> None:
    _enrolled(play, ADA)
    _login(play)
    play.do(DisableTwoFactor("Acme"))
    play.do(EnableTwoFactor("Acme"))
    _login(play)


class PlusForSpace(Turn):
    """A turn that encodes the QR code's address as forms are, not as addresses are."""

    def uri(self, secret: Secret) -> str:
        issuer = quote_plus("Kaltura KMC")
        return f"otpauth://totp/{issuer}:{quote_plus(self.email)}?secret={secret.base32}&issuer={issuer}"


def look_at_uri(play: Play) -> None:
    _enrolled(play, ADA)


class NoStepAhead(Turn):
    """A turn that takes the present code and the one before only."""

    def counter(self) -> int | None:
        found = super().counter()
        return None if found is None or found > self.now // STEP_S else found


def fast_app(play: Play) -> None:
    _enrolled(play, ADA)
    play.wait(5)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, ahead_s=20), "Acme"))


def mail_another_link(turn: Turn) -> None:
    """Mail a link of its own, beside the one that OK leads to."""
    if turn.needs_two_factor():
        turn.put_mail(renewal(turn.new_link(LinkKind.ENROLMENT, turn.email)))


def ok_and_mail(play: Play) -> None:
    _enrolled(play, ADA)
    _reset(play)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


def _ended_by_refusal() -> Table:
    ending = Effect(None, end_session)
    return tuple(
        replace(rule, effects=(*rule.effects, ending)) if rule.reason is Reason.NEW_LOGIN_REQUIRED else rule
        for rule in RULES
    )


def refused_switch(play: Play) -> None:
    _enrolled(play, ADA)
    _registered(play, ADA, account="Bolt")
    session = _login(play, account="Bolt")
    play.do(SwitchAccount(session, "Acme"))
    play.do(UseSession(session))


def change_and_return(play: Play) -> None:
    _enrolled(play, ADA)
    play.do(ChangePassword(_login(play), PASSWORD, OTHER))
    _login(play, password=OTHER)


# Wrong under a narrow condition


def _change_of_clocks(year: int, month: int) -> int:
    """Return the second in which clocks in Europe change: 01:00 UTC on the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return int((last - timedelta(days=(last.weekday() + 1) % 7)).timestamp())


def _offset(at: int) -> int:
    """Return how many seconds local time in Berlin is ahead of UTC."""
    year = datetime.fromtimestamp(at, UTC).year
    return 2 * HOUR_S if _change_of_clocks(year, 3) <= at < _change_of_clocks(year, 10) else HOUR_S


class LocalTomorrow(Turn):
    """A turn in which a link ends at the same local time of the next day."""

    def is_expired(self, link: Link) -> bool:
        ends_at = self.policy.link_ends_at(link.kind, link.issued_at)
        return self.now > ends_at + _offset(link.issued_at) - _offset(ends_at)


def spring_night(play: Play) -> None:
    _registered(play, ADA)
    play.wait(_change_of_clocks(2026, 3) - 6 * HOUR_S - play.model.clock.now())
    play.do(EnableTwoFactor("Acme"))
    play.wait(24 * HOUR_S - 60)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


class NumberedCodes(Turn):
    """A turn that makes the expected code a number before it is compared as text."""

    def counter(self) -> int | None:
        secret = self.own.secret
        present = self.now // STEP_S
        for step in range(present - self.policy.tolerance_steps, present + self.policy.tolerance_steps + 1):
            if self.action.code == str(int(self.secrets.code_at(secret.base32 if secret else "", step * STEP_S))):
                return step
        return None


def leading_zero(play: Play) -> None:
    _enrolled(play, ADA)
    for _ in range(500):
        if play.code(ADA).startswith("0"):
            break
        play.wait(STEP_S)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


def set_decoded_password(turn: Turn) -> None:
    """Store the new password as if it had come from a form: a plus sign is a blank there."""
    turn.put_credentials(changed(turn.own, password=turn.action.password.replace("+", " ")))


def plus_in_password(play: Play) -> None:
    _registered(play, ADA)
    _reset(play, password=PLUS)
    play.do(LogIn(ADA, PLUS, account="Acme"))


def never_in_account(turn: Turn) -> bool:
    """Whether there is no entry for the user in the account, or a blocked one; a removed one is forgotten."""
    membership = turn.membership
    return membership is None or membership.status is UserStatus.BLOCKED


def switch_when_removed(play: Play) -> None:
    _registered(play, ADA)
    _registered(play, BOB, ADA, account="Bolt")
    play.do(SetUserStatus("Bolt", ADA, UserStatus.REMOVED))
    play.do(SwitchAccount(_login(play), "Bolt"))


class SameName(Turn):
    """A turn that looks up secrets by the part of the e-mail before the @."""

    def new_secret(self, email: str) -> None:
        is_first = self.state.credentials[email].secret is None
        super().new_secret(email)
        name = email.partition("@")[0]
        for each in tuple(self.state.credentials.values()):
            if is_first and each.secret and each.email != email and each.email.partition("@")[0] == name:
                own = self.state.credentials[email]
                secret = changed(each.secret, issued_at=self.now, proven=False)
                self.put_credentials(changed(own, secret=secret))
                return


def two_adas(play: Play) -> None:
    _enrolled(play, ADA)
    _enrolled(play, NAMESAKE, account="Bolt")


def count_without_code(turn: Turn) -> None:
    """Count a wrong password, but not where a code was sent along."""
    if not turn.action.code:
        count_failure(turn)


def guess_with_code(play: Play) -> None:
    _enrolled(play, ADA)
    for _ in range(100):
        play.do(LogIn(ADA, "wr0ng-guess!", "123456", "Acme"))
    _login(play)


# Wrong after something has happened


class PassedOnce(Stateful):
    """A turn that remembers into which accounts a session was opened with a code."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.action.code and self.state.accounts[session.account].two_factor:
            self.note("passed", session.handle, session.account)


def passed_before(turn: Turn) -> bool:
    """Whether this session began with a code in the account that it goes to."""
    noted = isinstance(turn, Stateful) and turn.has_noted("passed", turn.action.session, turn.action.account)
    return noted and account_has_two_factor(turn)


def there_and_back(play: Play) -> None:
    _enrolled(play, ADA)
    _registered(play, ADA, account="Bolt")
    session = _login(play)
    session = play.do(SwitchAccount(session, "Bolt")).session or session
    play.do(SwitchAccount(session, "Acme"))


class BackSoon(Stateful):
    """A turn that knows who has just logged out on which machine."""

    GRACE_S = 5 * 60

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.action.device and self.action.code:
            if self.state.accounts[session.account].two_factor:
                self.note("machine", session.handle, self.action.device)
        if isinstance(self.action, LogOut):
            for each in self.notes:
                if isinstance(each, tuple) and each[:2] == ("machine", session.handle):
                    self.note("left", session.email, each[2], self.now)

    def needs_code(self, account: Account) -> bool:
        if not super().needs_code(account) or self.action.code or not self.action.device:
            return super().needs_code(account)
        since = self.now - self.GRACE_S
        here = ("left", self.email, self.action.device)
        return not any(isinstance(each, tuple) and each[:3] == here and each[3] >= since for each in self.notes)


def same_machine(play: Play) -> None:
    _enrolled(play, ADA)
    play.do(LogOut(_login(play, device="laptop")))
    play.wait(90)
    play.do(LogIn(ADA, PASSWORD, account="Acme", device="laptop"))


def forget_codes(turn: Turn) -> None:
    """End the session, and with it what was remembered of used codes."""
    end_session(turn)
    if turn.credentials is not None:
        turn.put_credentials(changed(turn.own, last_counter=-1))


def replay_after_logout(play: Play) -> None:
    _enrolled(play, ADA)
    play.do(LogOut(_login(play)))
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


class KeptCopies(Stateful):
    """A turn in which each account keeps a copy of the secret that somebody logged in with."""

    def put_session(self, session: Session) -> None:
        secret = self.own.secret if isinstance(self.action, LogIn) and self.action.code else None
        super().put_session(session)
        if secret and self.state.accounts[session.account].two_factor:
            self.note("copy", session.account, session.email, secret.base32)

    def counter(self) -> int | None:
        found, account = super().counter(), self.account
        if found is not None or account is None or account.name == next(self.memberships()).account:
            return found
        tolerance, loose = self.policy.tolerance_steps, self.policy.codes_compared_as_numbers
        for each in self.notes:
            if isinstance(each, tuple) and each[:3] == ("copy", account.name, self.email):
                found = self.secrets.counter_of(self.action.code, each[3], self.now, tolerance, loose)
                if found is not None:
                    return found
        return None


def old_app_elsewhere(play: Play) -> None:
    _enrolled(play, ADA)
    _registered(play, BOB, ADA, account="Bolt")
    play.do(EnableTwoFactor("Bolt"))
    _login(play, account="Bolt")
    play.do(RequestReset(ADA))
    play.do(SetPassword(play.link(ADA, "reset"), OTHER))
    _login(play, account="Bolt", password=OTHER)


def locked_or_under_attack(turn: Turn) -> bool:
    """Whether the user is locked, or two people are at this moment."""
    return is_locked(turn) or sum(turn.now < each.locked_until for each in turn.state.credentials.values()) > 1


def two_locked(play: Play) -> None:
    _registered(play, ADA, BOB, CYD)
    for email in (ADA, BOB):
        for _ in range(10):
            play.do(LogIn(email, "wr0ng-guess!", account="Acme"))
    play.do(LogIn(CYD, PASSWORD, account="Acme"))


class OldList(Stateful):
    """A turn that mails, when it is switched on again, whom it mailed when it was on before."""

    def put_account(self, account: Account) -> None:
        before = self.state.accounts.get(account.name)
        super().put_account(account)
        if before and before.two_factor and not account.two_factor:
            self.note("was on", account.name)

    def put_mail(self, mail: Mail) -> None:
        link = self.state.links.get(mail.link or "")
        if link and link.kind is LinkKind.ENROLMENT and isinstance(self.action, EnableTwoFactor | RegisterUser):
            name = self.action.account
            is_owner = mail.recipient == self.state.accounts[name].owner
            is_known = is_owner or self.has_noted("mailed", name, mail.recipient)
            if isinstance(self.action, EnableTwoFactor) and self.has_noted("was on", name) and not is_known:
                return
            self.note("mailed", name, mail.recipient)
        super().put_mail(mail)


def newcomer_while_off(play: Play) -> None:
    _enrolled(play, ADA)
    play.do(DisableTwoFactor("Acme"))
    _registered(play, BOB)
    play.do(EnableTwoFactor("Acme"))


class ShortMemory(Stateful):
    """A turn that knows only the last three links that have shown their QR code."""

    REMEMBERED = 3

    def put_link(self, link: Link) -> None:
        super().put_link(link)
        if link.kind is LinkKind.ENROLMENT and link.status is LinkStatus.USED:
            self.note("shown", link.token, len(self.notes))

    def _remembered(self, link: Link | None) -> Link | None:
        if link is None or link.kind is not LinkKind.ENROLMENT or link.status is not LinkStatus.USED:
            return link
        last = max(
            (each[2] for each in self.notes if isinstance(each, tuple) and each[1] == link.token),
            default=len(self.notes),
        )
        is_forgotten = len(self.notes) - 1 - last >= self.REMEMBERED
        return changed(link, status=LinkStatus.OPEN) if is_forgotten else link

    @property
    def link(self) -> Link | None:
        return self._remembered(super().link)

    @property
    def enrolment(self) -> Link | None:
        return self._remembered(super().enrolment)


def open_again_later(play: Play) -> None:
    _enrolled(play, ADA, BOB, CYD, DAN)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


class LeftOut(Stateful):
    """A turn in which switching on marks the users who are active then."""

    def put_account(self, account: Account) -> None:
        before = self.state.accounts.get(account.name)
        super().put_account(account)
        if before and account.two_factor and not before.two_factor:
            for each in self.state.memberships.values():
                if each.account == account.name and each.status is not UserStatus.ACTIVE:
                    self.note("left out", account.name, each.email)

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and not self.has_noted("left out", account.name, self.email)


def restored_later(play: Play) -> None:
    _registered(play, ADA, BOB)
    play.do(SetUserStatus("Acme", BOB, UserStatus.BLOCKED))
    play.do(EnableTwoFactor("Acme"))
    play.do(SetUserStatus("Acme", BOB, UserStatus.ACTIVE))
    play.do(LogIn(BOB, PASSWORD, account="Acme"))


# Different, and right


class AnyCase(Turn):
    """A turn that finds a person however their e-mail is capitalised."""

    def _email(self) -> str:
        typed = super()._email()
        if typed in self.state.credentials:
            return typed
        return next((each for each in self.state.credentials if each.casefold() == typed.casefold()), typed)


def capital_letters(play: Play) -> None:
    _registered(play, ADA)
    play.do(LogIn("Ada@Acme.example", PASSWORD, account="Acme"))


def refused_or_unchanged(turn: Turn) -> bool:
    """Whether the new password breaks the rules or is the present one."""
    new = getattr(turn.action, "new_password", turn.action.password)
    return password_refused(turn) or new == turn.own.password


def _no_old_password() -> Table:
    return tuple(
        replace(rule, applies=refused_or_unchanged) if rule.applies is password_refused else rule for rule in RULES
    )


def keep_password(play: Play) -> None:
    _registered(play, ADA)
    _reset(play, password=PASSWORD)


class MinuteAhead(Turn):
    """A turn that also takes the code of two steps ahead."""

    def counter(self) -> int | None:
        found, secret = super().counter(), self.own.secret
        if found is not None or secret is None:
            return found
        loose = self.policy.codes_compared_as_numbers
        return self.secrets.counter_of(self.action.code, secret.base32, self.now + 2 * STEP_S, 0, loose)


def very_fast_app(play: Play) -> None:
    _enrolled(play, ADA)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, ahead_s=2 * STEP_S), "Acme"))


class WorkingDay(Stateful):
    """A turn in which a session ends twelve hours after its login."""

    LASTS_S = 12 * HOUR_S

    def put_session(self, session: Session) -> None:
        is_new = session.handle not in self.state.sessions
        super().put_session(session)
        if is_new:
            self.note("opened", session.handle, self.now)

    @property
    def session(self) -> Session | None:
        session = super().session
        for each in self.notes if session else ():
            if isinstance(each, tuple) and session and each[1] == session.handle:
                return changed(session, is_open=False) if self.now > each[2] + self.LASTS_S else session
        return session


def next_morning(play: Play) -> None:
    _registered(play, ADA)
    session = _login(play)
    play.wait(23 * HOUR_S)
    play.do(UseSession(session))


def move_to_new_session(turn: Turn) -> None:
    """End the session, and open another one in the account that the user goes to."""
    end_session(turn)
    turn.opened = Session(turn.token(turn.new_serial(), link=None), turn.email, turn.action.account)
    turn.put_session(turn.opened)


def old_handle(play: Play) -> None:
    _registered(play, ADA)
    _registered(play, ADA, account="Bolt")
    session = _login(play)
    play.do(SwitchAccount(session, "Bolt"))
    play.do(UseSession(session))


class NewestFirst(Turn):
    """A turn in which a login without a name opens the account joined last of those that let the user in."""

    def _chosen_account(self) -> str:
        names = [each.account for each in self.memberships()]
        return max(reversed(names), key=self.lets_in, default="")


def nameless_login(play: Play) -> None:
    _registered(play, ADA)
    _registered(play, ADA, account="Bolt")
    play.do(LogIn(ADA, PASSWORD))


def set_password_and_tell(turn: Turn) -> None:
    """Set the password, and send a notice without any link."""
    set_password(turn)
    turn.put_mail(Mail(turn.email, turn.now, "Your KMC password was changed", "If it was not you, tell us.\n"))


def _told_of_passwords() -> Table:
    def instead(effect: Effect) -> Effect:
        return replace(effect, apply=set_password_and_tell) if effect.apply is set_password else effect

    return tuple(replace(rule, effects=tuple(instead(each) for each in rule.effects)) for rule in RULES)


def change_and_read_mail(play: Play) -> None:
    _registered(play, ADA)
    play.do(ChangePassword(_login(play), PASSWORD, OTHER))


# All of them


def _accepted(action: type[Action], name: str, *effects: Callable[[Turn], None]) -> Table:
    """Return the table with other effects in place of one when `action` is accepted in the end."""
    return effect_instead(row_of(action, "always"), name, *effects)


def _condition(action: type[Action], name: str, condition: Callable[[Turn], bool]) -> Table:
    """Return the table with another condition in one row."""
    at = row_of(action, name)
    return with_row(at, replace(RULES[at], applies=condition))


CHANGES: tuple[Witnessed, ...] = (
    blind(
        "everyone anew",
        "Switching two-factor authentication on gives every user of the account a new secret, the paired ones too.",
        "ENA-011",
        "ENA-015",
        "ENR-005",
        "ENR-008",
        variant=Variant(rules=_accepted(EnableTwoFactor, "switch_on", switch_on, renew_everybody)),
        witness=off_and_on,
    ),
    blind(
        "plus for space",
        "The QR code's URI writes the blank in the issuer as a plus sign, so apps list the entry as Kaltura+KMC.",
        "STD-007",
        variant=Variant(turn=PlusForSpace),
        witness=look_at_uri,
    ),
    blind(
        "no step ahead",
        "An app whose clock is a little fast cannot log in: only the present code and the one before are taken.",
        "STD-010",
        variant=Variant(turn=NoStepAhead),
        witness=fast_app,
    ),
    blind(
        "two showings",
        "After a reset the new QR code is shown after OK and once more through the mailed link.",
        "RST-004",
        "RST-018",
        variant=Variant(rules=_accepted(SetPassword, "mail_new_qr_code", mail_another_link)),
        witness=ok_and_mail,
    ),
    blind(
        "thrown out",
        "Trying to switch to an account that demands a new login ends the present session.",
        "SWI-005",
        "SWI-009",
        variant=Variant(rules=_ended_by_refusal()),
        witness=refused_switch,
    ),
    blind(
        "change unpairs",
        "Changing the password while logged in replaces the secret, and the app's codes are refused from then on.",
        "LOG-015",
        variant=Variant(rules=_accepted(ChangePassword, "set_password", set_password, renew_secret)),
        witness=change_and_return,
    ),
    blind(
        "clocks change",
        "A link mailed the day before clocks change lives 23 hours in spring and 25 hours in autumn.",
        "ENR-009",
        "RST-011",
        "RST-019",
        variant=Variant(turn=LocalTomorrow),
        witness=spring_night,
    ),
    blind(
        "zeros lost",
        "A code that begins with 0 is refused as the app shows it, and accepted without its zeros.",
        "STD-006",
        "STD-001",
        "LOG-004",
        "ENR-005",
        "RST-005",
        variant=Variant(turn=NumberedCodes),
        witness=leading_zero,
    ),
    blind(
        "plus in password",
        "A password with a plus sign, set through a reset link, does not work: it was stored with a blank.",
        "RST-002",
        "RST-005",
        "RST-016",
        "RST-017",
        "SEC-011",
        variant=Variant(rules=_accepted(SetPassword, "set_password", set_decoded_password)),
        witness=plus_in_password,
    ),
    blind(
        "removed but switching",
        "Somebody removed from an account can still switch to it from another account of theirs.",
        "SWI-006",
        "LOG-014",
        variant=Variant(rules=_condition(SwitchAccount, "not_active_in_account", never_in_account)),
        witness=switch_when_removed,
    ),
    blind(
        "namesakes",
        "Two people with the same name before the @ get the same secret, and each one's codes log the other one in.",
        "ENA-006",
        "ENR-007",
        "STD-009",
        variant=Variant(turn=SameName),
        witness=two_adas,
    ),
    blind(
        "guesses with a code",
        "Wrong passwords that are sent together with a code are not counted, so they can be guessed without limit.",
        "SEC-001",
        variant=Variant(
            rules=effect_instead(row_of(LogIn, "password_wrong"), "count_failure", count_without_code),
        ),
        witness=guess_with_code,
    ),
    blind(
        "there and back",
        "A session that began with a code in an account can leave it and switch back to it without a new login.",
        "SWI-001",
        "SWI-007",
        "SWI-009",
        variant=Variant(
            rules=inserted(
                row_of(SwitchAccount, "from_account_without_two_factor"),
                Rule(None, SwitchAccount, passed_before, None, (Effect(None, move_session),)),
            ),
            turn=PassedOnce,
        ),
        witness=there_and_back,
    ),
    blind(
        "back soon",
        "Within five minutes of logging out, the same person logs in on the same machine without a code.",
        "LOG-009",
        "LOG-003",
        "ENA-007",
        variant=Variant(turn=BackSoon),
        witness=same_machine,
    ),
    blind(
        "logout forgets codes",
        "After logging out, the code that was used to log in is accepted again.",
        "STD-003",
        variant=Variant(rules=_accepted(LogOut, "end_session", forget_codes)),
        witness=replay_after_logout,
    ),
    blind(
        "old app elsewhere",
        "After a reset, the old app's codes still open a second account into which they logged the person in before.",
        "RST-007",
        "RST-008",
        variant=Variant(turn=KeptCopies),
        witness=old_app_elsewhere,
    ),
    blind(
        "all locked out",
        "While two people are locked out after wrong passwords, nobody else can log in either.",
        "SEC-011",
        variant=Variant(rules=_condition(LogIn, "is_locked", locked_or_under_attack)),
        witness=two_locked,
    ),
    blind(
        "old mailing list",
        "When it is switched off and on again, users who joined in between get no mail with a link.",
        "ENA-004",
        variant=Variant(turn=OldList),
        witness=newcomer_while_off,
    ),
    blind(
        "short memory",
        "A used link shows its QR code again after three other links have been opened.",
        "ENR-002",
        "ENR-013",
        "RST-018",
        variant=Variant(turn=ShortMemory),
        witness=open_again_later,
    ),
    blind(
        "left out",
        "Who was blocked or removed when it was switched on logs in with the password alone once restored.",
        "ENA-007",
        "ENA-012",
        "LOG-003",
        "LOG-005",
        "LOG-009",
        variant=Variant(turn=LeftOut),
        witness=restored_later,
    ),
    harmless(
        "any case",
        "Capital and small letters in an e-mail are the same.",
        variant=Variant(turn=AnyCase),
        witness=capital_letters,
    ),
    harmless(
        "not the same password",
        "A new password that is the present one is refused.",
        variant=Variant(rules=_no_old_password()),
        witness=keep_password,
    ),
    blind(  # harmless when it was written: STD-012 came later
        "a minute ahead",
        "The code of two steps ahead is accepted too.",
        "STD-012",
        variant=Variant(turn=MinuteAhead),
        witness=very_fast_app,
    ),
    harmless(
        "working day",
        "A session ends by itself twelve hours after its login.",
        variant=Variant(turn=WorkingDay),
        witness=next_morning,
    ),
    harmless(
        "new session after switch",
        "Switching to another account opens a new session there and ends the one left behind.",
        variant=Variant(rules=_accepted(SwitchAccount, "move_session", move_to_new_session)),
        witness=old_handle,
    ),
    harmless(
        "newest account first",
        "A login that names no account opens the one joined last, not the one joined first.",
        variant=Variant(turn=NewestFirst),
        witness=nameless_login,
    ),
    harmless(
        "told of passwords",
        "Whoever sets or changes their password gets a notice by mail, without a link.",
        variant=Variant(rules=_told_of_passwords()),
        witness=change_and_read_mail,
    ),
)
