"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kmc_model.actions import (
    AccountStatus,
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LogIn,
    LogOut,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
    UseSession,
)
from kmc_model.analysis.faults._fault import effect_instead, inserted, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful, StateWithNotes
from kmc_model.analysis.faults.blind.witness import Play, Witnessed, blind, harmless
from kmc_model.clock import STEP_S
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE
from kmc_model.records import Account, Credentials, Link, LinkKind, LinkStatus, Mail, Membership, Secret, Session
from kmc_model.rules import (
    RULES,
    Effect,
    Rule,
    account_has_two_factor,
    code_missing,
    code_used_before,
    code_wrong,
    count_failure,
    end_session,
    is_locked,
    password_wrong,
    register,
    set_password,
    switch_off,
    use_enrolment_link,
)
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

ADA, BOB, CAT = "ada@acme.example", "bob@acme.example", "cat@acme.example"
PASSWORD, OTHER, THIRD = "s3cure-pass!", "n3w-secret?x", "th1rd-one+yy"
MINUTE_S, HOUR_S = 60, 3600
DAY_S = 24 * HOUR_S
SESSION_S = 8 * HOUR_S


# What the witnesses do


def log_in(play: Play, email: str, password: str = PASSWORD, account: str | None = "Acme", code: str = "") -> str:
    """Log in after a while, with the code of the app unless another one is given; return the session."""
    play.wait(2 * MINUTE_S)
    return play.do(LogIn(email, password, code or play.code(email), account)).session or "none"


def pair(play: Play, email: str) -> None:
    """Open the newest enrolment link of `email`, so that their app has the secret."""
    play.do(OpenEnrolmentLink(play.link(email, "enrolment")))


def with_two_factor(play: Play, *others: str) -> None:
    """Register Ada and `others` in Acme, switch two-factor authentication on, and let all of them pair and log in."""
    for email in (ADA, *others):
        play.do(RegisterUser("Acme", email, PASSWORD))
    play.do(EnableTwoFactor("Acme"))
    for email in (ADA, *others):
        pair(play, email)
        log_in(play, email)


def reset(play: Play, email: str, password: str) -> None:
    """Set a new password by Forgot Password, and click OK."""
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    play.do(ConfirmPassword(link))


# Simple faults


def see_logged_out(play: Play) -> None:
    play.do(RegisterUser("Bakery", ADA, PASSWORD))
    with_two_factor(play)
    session = log_in(play, ADA, account="Bakery")
    play.do(SwitchAccount(session, "Acme"))
    play.do(UseSession(session))


LOGS_OUT = tuple(
    replace(rule, effects=(Effect(None, end_session),)) if rule.reason is Reason.NEW_LOGIN_REQUIRED else rule
    for rule in RULES
)


class OnlyAhead(Turn):
    """Codes of this step and of the next one are compared, never the one of the step before."""

    def counter(self) -> int | None:
        secret = self.own.secret
        if secret is None:
            return None
        for ahead in (0, 1):
            if self.secrets.code_at(secret.base32, self.now + ahead * STEP_S) == self.action.code:
                return self.now // STEP_S + ahead
        return None


def see_slow_typing(play: Play) -> None:
    with_two_factor(play)
    play.wait(2 * MINUTE_S)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, -STEP_S), "Acme"))


def forget_secrets(turn: Turn) -> None:
    """Delete the pairing of everyone in the account, although it belongs to their credentials."""
    account = turn.state.accounts[turn.action.account]
    for each in tuple(turn.state.memberships.values()):
        if account.two_factor and each.account == account.name:
            turn.put_credentials(changed(turn.state.credentials[each.email], secret=None))


def see_forgotten(play: Play) -> None:
    with_two_factor(play)
    play.do(DisableTwoFactor("Acme"))
    play.do(EnableTwoFactor("Acme"))
    log_in(play, ADA)


class FirstSix(Turn):
    """The code field is cut to its first six characters before it is compared."""

    def counter(self) -> int | None:
        secret = self.own.secret
        if secret is None or not self.action.code:
            return None
        policy = self.policy
        return self.secrets.counter_of(
            self.action.code[:6], secret.base32, self.now, policy.tolerance_steps, policy.codes_compared_as_numbers
        )


def see_long_code(play: Play) -> None:
    with_two_factor(play)
    play.wait(2 * MINUTE_S)
    play.do(LogIn(ADA, PASSWORD, f"{play.code(ADA)}7", "Acme"))


class OwnAccountInstead(Turn):
    """A login that names an account of others goes on with an account of one's own."""

    @property
    def account(self) -> Account | None:
        name = self.action.account
        if isinstance(self.action, LogIn) and (name, self.email) not in self.state.memberships:
            name = self._chosen_account()
        return self.state.accounts.get(name or self._chosen_account())


def see_own_account(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RegisterUser("Bakery", BOB, PASSWORD))
    play.do(LogIn(ADA, PASSWORD, None, "Bakery"))


def code_asked_first(turn: Turn) -> bool:
    """Whether the password is wrong, and a code is asked for all the same."""
    return password_wrong(turn) and account_has_two_factor(turn) and code_missing(turn)


ASKS_FIRST = inserted(
    row_of(LogIn, "password_wrong"),
    Rule("LOG-003", LogIn, code_asked_first, Reason.CODE_NEEDED, (Effect("SEC-001", count_failure),)),
)


def see_code_asked(play: Play) -> None:
    with_two_factor(play)
    play.do(LogIn(ADA, "gu3ssed-it!", None, "Acme"))


# Faults with a narrow condition


def registered_again(turn: Turn) -> bool:
    """Whether someone comes back to an account from which they were removed."""
    return (membership := turn.membership) is not None and membership.status is UserStatus.REMOVED


NO_LINK_AGAIN = inserted(
    row_of(RegisterUser, "always"), Rule(None, RegisterUser, registered_again, None, (Effect(None, register),))
)


def see_registered_again(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RegisterUser("Acme", BOB, PASSWORD))
    play.do(SetUserStatus("Acme", BOB, UserStatus.REMOVED))
    play.do(EnableTwoFactor("Acme"))
    play.do(RegisterUser("Acme", BOB, PASSWORD))
    pair(play, BOB)


def last_sunday(year: int, month: int) -> float:
    """Return 01:00 UTC of the last Sunday of a month of 31 days."""
    end = datetime(year, month, 31, 1, tzinfo=UTC)
    return (end - timedelta(days=(end.weekday() + 1) % 7)).timestamp()


def wall_clock(now: int) -> int:
    """Return what a clock in Central Europe shows, as seconds: an hour more in summer."""
    year = datetime.fromtimestamp(now, UTC).year
    return now + HOUR_S * (last_sunday(year, 3) <= now < last_sunday(year, 10))


class WallClock(Turn):
    """The age of a link is taken from local time, which jumps twice a year."""

    def is_expired(self, link: Link) -> bool:
        return wall_clock(self.now) > self.policy.link_ends_at(link.kind, wall_clock(link.issued_at))


def see_wall_clock(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.wait(int(last_sunday(2026, 3)) - play.model.clock.now() - 12 * HOUR_S)
    play.do(EnableTwoFactor("Acme"))
    play.wait(DAY_S - MINUTE_S)
    pair(play, ADA)


class Unpadded(Turn):
    """The server writes codes as numbers, without their leading zeros, and compares the texts."""

    def counter(self) -> int | None:
        secret = self.own.secret
        if secret is None:
            return None
        for steps in (-1, 0, 1):
            expected = self.secrets.code_at(secret.base32, self.now + steps * STEP_S)
            if self.action.code == str(int(expected)):
                return self.now // STEP_S + steps
        return None


def see_unpadded(play: Play) -> None:
    with_two_factor(play)
    play.wait(2 * MINUTE_S)
    while not play.code(ADA).startswith("0"):
        play.wait(STEP_S)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


class TwoWays(Stateful):
    """OK shows the new QR code once, whether or not the mailed link has shown it already."""

    @property
    def enrolment(self) -> Link | None:
        link = super().enrolment
        is_ok = isinstance(self.action, ConfirmPassword)
        if link and is_ok and link.status is LinkStatus.USED and not self.has_noted("shown by OK", link.token):
            return changed(link, status=LinkStatus.OPEN)
        return link


def use_by_ok(turn: Turn) -> None:
    """Use the link up, and note that OK has shown its QR code."""
    link = turn.enrolment
    use_enrolment_link(turn)
    if isinstance(turn, TwoWays) and link:
        turn.note("shown by OK", link.token)


def see_two_ways(play: Play) -> None:
    with_two_factor(play)
    play.do(RequestReset(ADA))
    link = play.link(ADA, "reset")
    play.do(SetPassword(link, OTHER))
    pair(play, ADA)
    play.do(ConfirmPassword(link))


class FirstAccountDecides(Turn):
    """A reset looks only at the first account of a person to see whether a new QR code is needed."""

    def needs_two_factor(self) -> bool:
        if not isinstance(self.action, SetPassword):
            return super().needs_two_factor()
        active = (each.account for each in self.memberships() if each.status is UserStatus.ACTIVE)
        first = next(active, None)
        return first is not None and self.state.accounts[first].two_factor


def see_first_account(play: Play) -> None:
    play.do(RegisterUser("Bakery", ADA, PASSWORD))
    with_two_factor(play)
    reset(play, ADA, OTHER)


def locked_asks_for_reset(turn: Turn) -> bool:
    """Whether someone asks for a reset who is locked after wrong attempts."""
    return is_locked(turn)


NO_RESET_WHILE_LOCKED = inserted(
    row_of(RequestReset, "too_many_resets"), Rule(None, RequestReset, locked_asks_for_reset)
)


def see_no_reset(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    for _ in range(10):
        play.do(LogIn(ADA, "gu3ssed-it!", None, "Acme"))
    play.do(RequestReset(ADA))


class SwitchedStaysOpen(Stateful):
    """Logging out ends the session as the login issued it; one that has switched account stays open."""

    def put_session(self, session: Session) -> None:
        if isinstance(self.action, LogOut) and self.has_noted("switched", session.handle):
            return
        super().put_session(session)
        if isinstance(self.action, SwitchAccount):
            self.note("switched", session.handle)


def see_switched_stays(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RegisterUser("Bakery", ADA, PASSWORD))
    session = log_in(play, ADA)
    session = play.do(SwitchAccount(session, "Bakery")).session or "none"
    play.do(LogOut(session))
    play.do(UseSession(session))


# Faults with hidden state


def forget_code(turn: Turn) -> None:
    """Forget which code was used last, as if it had been kept with the session."""
    if own := turn.credentials:
        turn.put_credentials(changed(own, last_counter=-1))


def see_code_again(play: Play) -> None:
    with_two_factor(play)
    session = log_in(play, ADA)
    play.do(LogOut(session))
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


class LongerLocks(Stateful):
    """Each lock is four times as long as the one before, without an upper limit, until a login or a reset."""

    def put_credentials(self, credentials: Credentials) -> None:
        email = credentials.email
        before = self.state.credentials.get(email)
        if before and credentials.locked_until > before.locked_until:
            times = sum(self.has_noted("locked", email, nth) for nth in range(50))
            self.note("locked", email, times)
            credentials = changed(credentials, locked_until=self.now + self.policy.lock_s * 4**times)
        elif before and before.locked_until and not credentials.locked_until:
            self.forget_locks(email)
        super().put_credentials(credentials)

    def forget_locks(self, email: str) -> None:
        """Begin again with the short lock."""
        locks = {("locked", email, nth) for nth in range(50)}
        if isinstance(self.state, StateWithNotes):
            self.state = changed(self.state, notes=self.state.notes - locks)


def see_longer_locks(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    for hours in (1, 2, 5, 17, 25):
        for _ in range(10):
            play.do(LogIn(ADA, "gu3ssed-it!", None, "Acme"))
        play.wait(hours * HOUR_S)
    play.do(LogIn(ADA, PASSWORD, None, "Acme"))


class FlagOfTheUser(Stateful):
    """Switching on flags the users who are active at that moment; nobody else is ever asked for a code."""

    def put_account(self, account: Account) -> None:
        before = self.state.accounts.get(account.name)
        super().put_account(account)
        if account.two_factor and not (before and before.two_factor):
            for each in tuple(self.state.memberships.values()):
                if each.account == account.name:
                    self.flag(each)

    def put_membership(self, membership: Membership) -> None:
        super().put_membership(membership)
        if isinstance(self.action, RegisterUser):
            self.flag(membership)

    def flag(self, membership: Membership) -> None:
        """Note who is spared, and who is no longer."""
        spared = ("spared", membership.account, membership.email)
        if membership.status is not UserStatus.ACTIVE:
            self.note(*spared)
        elif isinstance(self.state, StateWithNotes):
            self.state = changed(self.state, notes=self.state.notes - {spared})

    def needs_code(self, account: Account) -> bool:
        return account.two_factor and not self.has_noted("spared", account.name, self.email)


def see_spared(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RegisterUser("Acme", BOB, PASSWORD))
    play.do(SetUserStatus("Acme", BOB, UserStatus.BLOCKED))
    play.do(EnableTwoFactor("Acme"))
    play.do(SetUserStatus("Acme", BOB, UserStatus.ACTIVE))
    play.do(LogIn(BOB, PASSWORD, None, "Acme"))


class SecretOfThePassword(Stateful):
    """The secret belongs to e-mail and password: with a password had before, the secret of that time comes back."""

    def kept(self, password: str | None) -> str | None:
        """Return the secret that this person had together with `password`, if any."""
        for each in self.notes:
            if isinstance(each, tuple) and each[:3] == ("kept", self.email, password):
                return str(each[3])
        return None

    def new_secret(self, email: str) -> None:
        kept = self.kept(self.own.password) if isinstance(self.action, SetPassword) else None
        if kept is None:
            super().new_secret(email)
        else:
            self.put_credentials(changed(self.own, secret=Secret(kept, self.now), last_counter=-1))


def keep_secret(turn: Turn) -> None:
    """Note which secret went with the password that is about to be replaced."""
    own = turn.own
    if isinstance(turn, SecretOfThePassword) and own.secret and own.password and turn.kept(own.password) is None:
        turn.note("kept", turn.email, own.password, own.secret.base32)


def see_old_secret(play: Play) -> None:
    with_two_factor(play)
    for password in (OTHER, THIRD, PASSWORD):
        reset(play, ADA, password)
        log_in(play, ADA, password)
        play.wait(HOUR_S)


class Unproven(Turn):
    """A further enrolment mail makes the pairing count as never used: it dies with the mail's 24 hours."""

    def new_link(self, kind: LinkKind, email: str) -> Link:
        own = self.state.credentials[email]
        if kind is LinkKind.ENROLMENT and own.secret and isinstance(self.action, EnableTwoFactor | RegisterUser):
            self.put_credentials(changed(own, secret=changed(own.secret, proven=False, issued_at=self.now)))
        return super().new_link(kind, email)


def see_unproven(play: Play) -> None:
    with_two_factor(play)
    play.do(RegisterUser("Bakery", ADA, PASSWORD))
    play.do(EnableTwoFactor("Bakery"))
    play.wait(25 * HOUR_S)
    log_in(play, ADA)


class SharedExpiry(Turn):
    """The expiry is kept once for an account: a colleague's later link prolongs everyone's."""

    def is_expired(self, link: Link) -> bool:
        if link.kind is not LinkKind.ENROLMENT:
            return super().is_expired(link)
        places = self.state.memberships.values()
        accounts = {each.account for each in places if each.email == link.email}
        colleagues = {each.email for each in places if each.account in accounts}
        links = [each for each in self.state.links.values() if each.kind is link.kind and each.email in colleagues]
        newest = max((each.issued_at for each in links), default=link.issued_at)
        return self.now > self.policy.link_ends_at(link.kind, newest)


def see_shared_expiry(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(EnableTwoFactor("Acme"))
    play.wait(20 * HOUR_S)
    play.do(RegisterUser("Acme", CAT, PASSWORD))
    play.wait(6 * HOUR_S)
    pair(play, ADA)


class ListOfTheLogin(Stateful):
    """Which accounts demand a code is looked up at login and kept with the session."""

    def put_session(self, session: Session) -> None:
        is_new = session.handle not in self.state.sessions
        super().put_session(session)
        if is_new:
            for each in self.state.accounts.values():
                if each.two_factor:
                    self.note("listed", session.handle, each.name)

    @property
    def account(self) -> Account | None:
        account = super().account
        if not isinstance(self.action, SwitchAccount) or account is None:
            return account
        session = self.session
        listed = self.has_noted("listed", self.action.session, account.name)
        if session is None or session.account == account.name or listed is account.two_factor:
            return account
        return changed(account, two_factor=listed)


def see_list_of_login(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RegisterUser("Bakery", ADA, PASSWORD))
    session = log_in(play, ADA)
    play.do(EnableTwoFactor("Bakery"))
    play.do(SwitchAccount(session, "Bakery"))


# Harmless changes


def see_more_attempts(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    for _ in range(12):
        play.do(LogIn(ADA, "gu3ssed-it!", None, "Acme"))
    play.do(LogIn(ADA, PASSWORD, None, "Acme"))


class AnyCase(Turn):
    """The e-mail of a login may be typed in capitals."""

    def _email(self) -> str:
        typed = super()._email()
        if not isinstance(self.action, LogIn) or typed in self.state.credentials:
            return typed
        return next((each for each in self.state.credentials if each.lower() == typed.lower()), typed)


def see_any_case(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(LogIn("Ada@Acme.example", PASSWORD, None, "Acme"))


def see_short_reset(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RequestReset(ADA))
    play.wait(2 * HOUR_S)
    play.do(SetPassword(play.link(ADA, "reset"), OTHER))


def change_needs_code(turn: Turn) -> bool:
    """Whether a paired user of a two-factor account changes their password."""
    session, own = turn.session, turn.own
    demands = session is not None and turn.state.accounts[session.account].two_factor
    return demands and own.secret is not None and own.secret.proven


def change_without_code(turn: Turn) -> bool:
    return change_needs_code(turn) and code_missing(turn)


def change_while_locked(turn: Turn) -> bool:
    return change_needs_code(turn) and is_locked(turn)


def change_with_wrong_code(turn: Turn) -> bool:
    return change_needs_code(turn) and code_wrong(turn)


def change_with_used_code(turn: Turn) -> bool:
    return change_needs_code(turn) and code_used_before(turn)


def use_code(turn: Turn) -> None:
    """Let the code of the change count once, as that of a login does."""
    if change_needs_code(turn) and (counter := turn.counter()) is not None:
        turn.put_credentials(changed(turn.own, last_counter=counter))


def changes_with_code() -> tuple[Rule, ...]:
    """Return the table in which a change of password needs a code."""
    at = row_of(ChangePassword, "always")
    rules = effect_instead(at, "set_password", use_code, set_password)
    asking = (
        Rule(None, ChangePassword, change_without_code, Reason.CODE_NEEDED),
        Rule(None, ChangePassword, change_while_locked, Reason.LOCKED),
        Rule(None, ChangePassword, change_with_wrong_code, Reason.WRONG_CODE, (Effect(None, count_failure),)),
        Rule(None, ChangePassword, change_with_used_code, Reason.WRONG_CODE),
    )
    return (*rules[:at], *asking, *rules[at:])


def see_change_with_code(play: Play) -> None:
    with_two_factor(play)
    session = log_in(play, ADA)
    play.wait(MINUTE_S)
    play.do(ChangePassword(session, PASSWORD, OTHER))
    play.do(ChangePassword(session, PASSWORD, OTHER, play.code(ADA)))


def same_password(turn: Turn) -> bool:
    """Whether the password set by a reset is the one that the person has."""
    return turn.own.password is not None and turn.action.password == turn.own.password


ANOTHER_PASSWORD = inserted(
    row_of(SetPassword, "password_refused"), Rule("RST-013", SetPassword, same_password, Reason.PASSWORD_REFUSED)
)


def see_same_password(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(RequestReset(ADA))
    play.do(SetPassword(play.link(ADA, "reset"), PASSWORD))
    play.do(SetPassword(play.link(ADA, "reset"), OTHER))


class EightHours(Stateful):
    """A session ends by itself eight hours after its login."""

    def put_session(self, session: Session) -> None:
        if session.handle not in self.state.sessions:
            self.note("ends", session.handle, self.now + SESSION_S)
        super().put_session(session)

    @property
    def session(self) -> Session | None:
        session = super().session
        for each in self.notes if session else ():
            if session and isinstance(each, tuple) and each[:2] == ("ends", session.handle) and self.now > each[2]:
                return changed(session, is_open=False)
        return session


def see_eight_hours(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    session = log_in(play, ADA)
    play.wait(9 * HOUR_S)
    play.do(UseSession(session))


def mail_notice(turn: Turn) -> None:
    """Tell everyone in the account, without a link, that the vendor has lifted or set the block."""
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is UserStatus.ACTIVE:
            text = "The state of an account of yours has changed. You need not do anything.\n"
            turn.put_mail(Mail(each.email, turn.now, "Your KMC account", text))


def noticed() -> tuple[Rule, ...]:
    """Return the table in which a change of an account's state is told to its users."""
    at = row_of(SetAccountStatus, "always")
    rule = RULES[at]
    return with_row(at, replace(rule, effects=(*rule.effects, Effect(None, mail_notice))))


def see_notice(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, PASSWORD))
    play.do(SetAccountStatus("Acme", AccountStatus.BLOCKED))


CHANGES: tuple[Witnessed, ...] = (
    blind(
        "refused switch logs out",
        "Whoever is told that the other account requires a new login is logged out of the present one as well.",
        "SWI-005",
        "SWI-009",
        variant=Variant(rules=LOGS_OUT),
        witness=see_logged_out,
    ),
    blind(
        "no time for typing",
        "A code is refused as soon as the app shows the next one, and an app whose clock is slow is refused too.",
        "STD-002",
        "STD-010",
        variant=Variant(turn=OnlyAhead),
        witness=see_slow_typing,
    ),
    blind(
        "off forgets pairings",
        "Switching two-factor authentication off deletes the pairings of the users, in their other accounts too.",
        "ENA-011",
        "ENR-008",
        variant=Variant(
            rules=effect_instead(row_of(DisableTwoFactor, "always"), "switch_off", forget_secrets, switch_off)
        ),
        witness=see_forgotten,
    ),
    blind(
        "first six characters",
        "A right code with more digits after it is accepted.",
        "LOG-005",
        variant=Variant(turn=FirstSix),
        witness=see_long_code,
    ),
    blind(
        "own account instead",
        "Logging in to an account one is not in opens one's own account and is not refused.",
        "LOG-012",
        variant=Variant(turn=OwnAccountInstead),
        witness=see_own_account,
    ),
    blind(
        "code before password",
        "A wrong password without a code is answered by asking for a code, if the account has two-factor "
        "authentication.",
        "SEC-003",
        "SEC-004",
        variant=Variant(rules=ASKS_FIRST),
        witness=see_code_asked,
    ),
    blind(
        "back without link",
        "Someone who was removed, and is registered again after two-factor authentication was switched on, is not "
        "mailed a link to a QR code.",
        "ENA-008",
        variant=Variant(rules=NO_LINK_AGAIN),
        witness=see_registered_again,
    ),
    blind(
        "summer time",
        "A link mailed on the day before the clocks change lives 23 hours in spring and 25 hours in autumn.",
        "ENR-009",
        "RST-011",
        "RST-019",
        variant=Variant(turn=WallClock),
        witness=see_wall_clock,
    ),
    blind(
        "zeros dropped",
        "A code that begins with 0 is refused as the app shows it, and accepted without the leading zeros.",
        "STD-006",
        "STD-001",
        "LOG-004",
        variant=Variant(turn=Unpadded),
        witness=see_unpadded,
    ),
    blind(
        "shown by mail and by ok",
        "After a reset the QR code is shown by the mailed link, and then once more by clicking OK.",
        "RST-018",
        "RST-004",
        variant=Variant(
            rules=effect_instead(row_of(ConfirmPassword, "always"), "use_enrolment_link", use_by_ok), turn=TwoWays
        ),
        witness=see_two_ways,
    ),
    blind(
        "first account decides",
        "Someone whose first account has no two-factor authentication gets no new QR code from a reset, although "
        "another account of theirs has it; the old app goes on working.",
        "RST-003",
        "RST-004",
        "RST-005",
        "RST-006",
        "RST-007",
        "RST-008",
        "RST-016",
        "RST-017",
        "STD-009",
        variant=Variant(turn=FirstAccountDecides),
        witness=see_first_account,
    ),
    blind(
        "no reset while locked",
        "Whoever is locked after wrong attempts gets no mail from Forgot Password.",
        "SEC-011",
        "RST-001",
        variant=Variant(rules=NO_RESET_WHILE_LOCKED),
        witness=see_no_reset,
    ),
    blind(
        "logout after switch",
        "Logging out after having switched to another account leaves the session open.",
        "LOG-010",
        "SWI-008",
        variant=Variant(turn=SwitchedStaysOpen),
        witness=see_switched_stays,
    ),
    blind(
        "code again after logout",
        "After logging out, the code that was used for the login is accepted a second time.",
        "STD-003",
        variant=Variant(rules=effect_instead(row_of(LogOut, "always"), "end_session", end_session, forget_code)),
        witness=see_code_again,
    ),
    blind(
        "longer locks",
        "Each lock after wrong attempts is four times as long as the one before: the fifth lasts more than two days.",
        "SEC-011",
        variant=Variant(turn=LongerLocks),
        witness=see_longer_locks,
    ),
    blind(
        "blocked while switched on",
        "Someone who was blocked or removed when two-factor authentication was switched on, and is restored later, "
        "logs in with the password alone.",
        "ENA-007",
        "ENA-012",
        "LOG-003",
        "LOG-009",
        variant=Variant(turn=FlagOfTheUser),
        witness=see_spared,
    ),
    blind(
        "old password old secret",
        "A reset to a password that the person had before brings back the QR code of that time.",
        "RST-007",
        "RST-008",
        "STD-009",
        variant=Variant(
            rules=effect_instead(row_of(SetPassword, "always"), "set_password", keep_secret, set_password),
            turn=SecretOfThePassword,
        ),
        witness=see_old_secret,
    ),
    blind(
        "second mail ends pairing",
        "When another account of a paired person switches it on, or theirs does again, their codes stop working a "
        "day later unless they log in before.",
        "ENA-011",
        "ENA-015",
        "ENR-011",
        variant=Variant(turn=Unproven),
        witness=see_unproven,
    ),
    blind(
        "colleague prolongs link",
        "When a colleague is mailed a QR code later, the links of the whole account last until that one expires.",
        "ENR-009",
        "ENR-010",
        "RST-019",
        variant=Variant(turn=SharedExpiry),
        witness=see_shared_expiry,
    ),
    blind(
        "list of the login",
        "Whether one can switch to an account depends on whether it had two-factor authentication at login.",
        "SWI-001",
        "SWI-002",
        "SWI-004",
        "SWI-007",
        "SWI-009",
        variant=Variant(turn=ListOfTheLogin),
        witness=see_list_of_login,
    ),
    harmless(
        "thirty attempts",
        "The lock comes after 30 wrong attempts and lasts an hour.",
        variant=Variant(policy=replace(ARTICLE, failures_max=30, lock_s=HOUR_S)),
        witness=see_more_attempts,
    ),
    harmless(
        "capitals in email",
        "The e-mail may be typed in capitals when logging in.",
        variant=Variant(turn=AnyCase),
        witness=see_any_case,
    ),
    harmless(
        "reset within the hour",
        "A reset link is good for one hour.",
        variant=Variant(policy=replace(ARTICLE, reset_link_ttl_s=HOUR_S)),
        witness=see_short_reset,
    ),
    harmless(
        "change with code",
        "Someone paired who is logged in to a two-factor account must enter a fresh code to change the password.",
        variant=Variant(rules=changes_with_code()),
        witness=see_change_with_code,
    ),
    harmless(
        "another password",
        "A reset refuses the password that the person already has.",
        variant=Variant(rules=ANOTHER_PASSWORD),
        witness=see_same_password,
    ),
    harmless(
        "eight hours",
        "A session ends by itself eight hours after the login.",
        variant=Variant(turn=EightHours),
        witness=see_eight_hours,
    ),
    harmless(
        "notice of a block",
        "The users of an account are told by a mail without a link when it is blocked or opened again.",
        variant=Variant(rules=noticed()),
        witness=see_notice,
    ),
)
