"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

from dataclasses import replace
from datetime import UTC, datetime

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
from kmc_model.analysis.faults._fault import effect_instead, inserted, row_of, with_row, without
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.blind.witness import Play, Witnessed, blind, harmless
from kmc_model.clock import STEP_S
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, HOUR_S, MINUTE_S
from kmc_model.records import Account, Credentials, Link, LinkKind, Mail, Secret, Session
from kmc_model.rules import (
    Effect,
    Rule,
    count_failure,
    end_other_sessions,
    enrol_late_user,
    forgive_failures,
    is_locked,
    mail_other_users,
    mail_owner,
    move_session,
    open_session,
    password_refused,
    remember_counter,
    set_password,
    set_user_status,
    use_reset_link,
)
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

DAY_S = 24 * HOUR_S
ADA = "ada@acme.example"
BEN = "ben@acme.example"
CYD = "cyd@acme.example"
PASSWORD = "s3cure-pass!"
OTHER = "n3w-passw0rd"
WRONG = "wr0ng-pass!"


# What witnesses do


def _register(play: Play, *emails: str, account: str = "Acme") -> None:
    for email in emails:
        play.do(RegisterUser(account, email, PASSWORD))


def _enrol(play: Play, *emails: str, account: str = "Acme") -> None:
    _register(play, *emails, account=account)
    play.do(EnableTwoFactor(account))
    for email in emails:
        play.do(OpenEnrolmentLink(play.link(email, "enrolment")))
    play.wait(60)


def _log_in(play: Play, email: str = ADA, account: str | None = None, password: str = PASSWORD) -> str:
    outcome = play.do(LogIn(email, password, play.code(email), account))
    play.wait(60)
    return outcome.session or "none"


def _reset(play: Play, email: str = ADA, password: str = OTHER) -> str:
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    return link


# Wrong for everybody


class OtherIssuer(Turn):
    """The `issuer` parameter is not what the label says."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("&issuer=Kaltura%20KMC", "&issuer=kmc.kaltura.com")


def _sees_issuer(play: Play) -> None:
    _enrol(play, ADA)


class SixCharacters(Turn):
    """Whatever follows the sixth character of a code is cut off."""

    def counter(self) -> int | None:
        secret = self.own.secret
        return self.secrets.counter_of(
            self.action.code[:6],
            secret.base32 if secret else "",
            self.now,
            self.policy.tolerance_steps,
            self.policy.codes_compared_as_numbers,
        )


def _appends_digit(play: Play) -> None:
    _enrol(play, ADA)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA) + "7"))


SPENT_LINK = with_row(
    row_of(SetPassword, "password_refused"),
    Rule("RST-013", SetPassword, password_refused, Reason.PASSWORD_REFUSED, (Effect(None, use_reset_link),)),
)


def _tries_short_password(play: Play) -> None:
    _register(play, ADA)
    link = _reset(play, password="short")
    play.do(SetPassword(link, OTHER))


def leaves_two_factor(turn: Turn) -> bool:
    session = turn.session
    return session is not None and turn.state.accounts[session.account].two_factor


STRICT_SWITCH = inserted(
    row_of(SwitchAccount, "from_account_without_two_factor"),
    Rule(None, SwitchAccount, leaves_two_factor, Reason.NEW_LOGIN_REQUIRED),
)


def _leaves_for_plain_account(play: Play) -> None:
    _register(play, ADA, account="Plain")
    _enrol(play, ADA)
    play.do(SwitchAccount(_log_in(play, account="Acme"), "Plain"))


def typed_code_is_wrong(turn: Turn) -> bool:
    account = turn.account
    asked = account is not None and turn.needs_code(account) and turn.own.secret is not None
    return asked and bool(turn.action.code) and turn.counter() is None


CODE_FIRST = inserted(
    row_of(LogIn, "password_wrong"),
    Rule(None, LogIn, typed_code_is_wrong, Reason.WRONG_CODE, (Effect("SEC-002", count_failure),)),
)


def _guesses_both(play: Play) -> None:
    _enrol(play, ADA)
    play.do(LogIn(ADA, WRONG, "guess"))


OWNER_TWICE = effect_instead(row_of(EnableTwoFactor, "always"), "mail_owner", mail_owner, mail_owner)


def _switches_on(play: Play) -> None:
    _register(play, ADA, BEN)
    play.do(EnableTwoFactor("Acme"))


# Wrong under a narrow condition


def mail_other_users_of_present_owner(turn: Turn) -> None:
    name = turn.action.account
    owner = turn.state.memberships[name, turn.state.accounts[name].owner]
    if owner.status is UserStatus.ACTIVE:
        mail_other_users(turn)


OWNER_GONE = effect_instead(row_of(EnableTwoFactor, "always"), "mail_other_users", mail_other_users_of_present_owner)


def _owner_leaves(play: Play) -> None:
    _register(play, ADA, BEN)
    play.do(SetUserStatus("Acme", ADA, UserStatus.REMOVED))
    play.do(EnableTwoFactor("Acme"))


def _sunday(year: int, month: int, nth: int, hour: int) -> int:
    first = datetime(year, month, 1, hour, tzinfo=UTC)
    return int(first.timestamp()) + ((6 - first.weekday()) % 7 + 7 * (nth - 1)) * DAY_S


class WallClock(Turn):
    """A QR code's link ends when a clock on a wall in New York shows the same time on the next day."""

    def is_expired(self, link: Link) -> bool:
        if link.kind is not LinkKind.ENROLMENT:
            return super().is_expired(link)
        ends_at = self.policy.link_ends_at(link.kind, link.issued_at)
        year = datetime.fromtimestamp(link.issued_at, UTC).year
        if link.issued_at < _sunday(year, 3, 2, 7) <= ends_at:
            ends_at -= HOUR_S
        elif link.issued_at < _sunday(year, 11, 1, 6) <= ends_at:
            ends_at += HOUR_S
        return self.now > ends_at


def _clocks_go_forward(play: Play) -> None:
    _register(play, ADA)
    play.wait(int(datetime(2026, 3, 7, 15, tzinfo=UTC).timestamp()) - play.model.clock.now())
    play.do(EnableTwoFactor("Acme"))
    play.wait(DAY_S - 30 * MINUTE_S)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


def first_eight_wrong(turn: Turn) -> bool:
    password = turn.own.password
    return password is None or str(turn.action.password)[:8] != password[:8]


FIRST_EIGHT = with_row(
    row_of(LogIn, "password_wrong"),
    Rule("LOG-006", LogIn, first_eight_wrong, Reason.WRONG_CREDENTIALS, (Effect("SEC-001", count_failure),)),
)


def _mistypes_ending(play: Play) -> None:
    _register(play, ADA)
    play.do(LogIn(ADA, PASSWORD[:-1] + "?"))


class SharedName(Turn):
    """The first secret is looked up by what stands before the @ of the e-mail."""

    def new_secret(self, email: str) -> None:
        super().new_secret(email)
        if email != self.email or not isinstance(self.action, SetPassword):
            own = self.state.credentials[email]
            for each in self.state.credentials.values():
                same_name = each.email.partition("@")[0] == email.partition("@")[0]
                if each.secret and own.secret and each.email != email and same_name:
                    self.put_credentials(changed(own, secret=changed(own.secret, base32=each.secret.base32)))
                    return


def _meets_namesake(play: Play) -> None:
    namesake = "ada@other.example"
    _enrol(play, ADA)
    _enrol(play, namesake, account="Other")
    play.do(LogIn(namesake, PASSWORD, play.code(ADA)))


def code_used_before_in_this_account(turn: Turn) -> bool:
    counter, account, secret = turn.counter(), turn.account, turn.own.secret
    if counter is None or account is None or secret is None or not isinstance(turn, Stateful):
        return False
    return any(turn.has_noted(secret.base32, account.name, each) for each in range(counter, counter + 3))


class OncePerAccount(Stateful):
    """Codes that were used are listed by account."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        own = self.credentials
        if isinstance(self.action, LogIn) and own and own.secret:
            self.note(own.secret.base32, session.account, own.last_counter)


ONCE_PER_ACCOUNT = with_row(
    row_of(LogIn, "code_used_before"), Rule("STD-003", LogIn, code_used_before_in_this_account, Reason.WRONG_CODE)
)


def _uses_code_in_both(play: Play) -> None:
    _enrol(play, ADA)
    _register(play, ADA, account="Other")
    play.do(EnableTwoFactor("Other"))
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Other"))


def end_oldest_session(turn: Turn) -> None:
    session = turn.session
    if session and session.is_open:
        mine = (each for each in turn.state.sessions.values() if each.email == session.email and each.is_open)
        turn.put_session(changed(next(mine), is_open=False))


OLDEST_ENDS = effect_instead(row_of(LogOut, "always"), "end_session", end_oldest_session)


def _logs_out_second(play: Play) -> None:
    _register(play, ADA)
    _log_in(play)
    second = _log_in(play)
    play.do(LogOut(second))
    play.do(UseSession(second))


def password_is_the_present_one(turn: Turn) -> bool:
    return turn.own.password is not None and turn.action.password == turn.own.password


SAME_PASSWORD = inserted(
    row_of(SetPassword, "always"),
    Rule(
        None,
        SetPassword,
        password_is_the_present_one,
        None,
        (
            Effect("RST-010", use_reset_link),
            Effect("SEC-011", forgive_failures),
            Effect("SEC-007", end_other_sessions),
        ),
    ),
)


def _renews_with_same_password(play: Play) -> None:
    _enrol(play, ADA)
    play.wait(4 * DAY_S)
    play.do(ConfirmPassword(_reset(play, password=PASSWORD)))
    _log_in(play)


# Wrong after something has happened


class EarlierSecrets(Stateful):
    """A secret that logged somebody in is kept aside when it is replaced."""

    def new_secret(self, email: str) -> None:
        earlier = self.state.credentials[email].secret
        super().new_secret(email)
        if earlier and earlier.proven:
            self.note("earlier", email, earlier.base32, earlier.issued_at)

    def fitting(self) -> tuple[Secret, int] | None:
        """Return the earlier secret that the typed code fits, and the time step."""
        for each in self.notes:
            if isinstance(each, tuple) and each[:2] == ("earlier", self.email):
                counter = self.secrets.counter_of(
                    self.action.code, each[2], self.now, self.policy.tolerance_steps, False
                )
                if counter is not None:
                    return Secret(each[2], each[3], proven=True), counter
        return None


def earlier_secret_fits(turn: Turn) -> bool:
    secret = turn.own.secret
    unused = secret is not None and turn.is_dead(secret)
    return unused and isinstance(turn, EarlierSecrets) and turn.fitting() is not None


def restore_earlier_secret(turn: Turn) -> None:
    found = turn.fitting() if isinstance(turn, EarlierSecrets) else None
    if found:
        turn.put_credentials(changed(turn.own, secret=found[0], last_counter=found[1]))


REVIVED = inserted(
    row_of(LogIn, "secret_dead"),
    Rule(
        None,
        LogIn,
        earlier_secret_fits,
        None,
        (
            Effect(None, restore_earlier_secret),
            Effect(None, forgive_failures),
            Effect("LOG-004", open_session),
        ),
    ),
)


def _leaves_new_qr_code_unused(play: Play) -> None:
    _enrol(play, ADA)
    _log_in(play)
    _reset(play)
    play.wait(2 * DAY_S)
    _log_in(play, password=OTHER)


def set_password_and_forget_proof(turn: Turn) -> None:
    set_password(turn)
    secret = turn.own.secret
    if secret:
        turn.put_credentials(changed(turn.own, secret=changed(secret, proven=False)))


PROOF_LOST = effect_instead(row_of(ChangePassword, "always"), "set_password", set_password_and_forget_proof)


def _changes_password_later(play: Play) -> None:
    _enrol(play, ADA)
    _log_in(play)
    play.wait(2 * DAY_S)
    play.do(ChangePassword(_log_in(play), PASSWORD, OTHER))
    _log_in(play, password=OTHER)


class Drift(Stateful):
    """Codes are looked for around the step that the last one belonged to, at most one away."""

    def drift(self) -> int:
        """Return by how many steps the app was off at the last login with its present secret."""
        secret = self.own.secret
        of = ("drift", secret.base32 if secret else "")
        known = [each[2:] for each in self.notes if isinstance(each, tuple) and each[:2] == of]
        return int(max(known)[1]) if known else 0

    def counter(self) -> int | None:
        secret = self.own.secret
        return self.secrets.counter_of(
            self.action.code,
            secret.base32 if secret else "",
            self.now + self.drift() * STEP_S,
            self.policy.tolerance_steps,
            self.policy.codes_compared_as_numbers,
        )


def learn_drift(turn: Turn) -> None:
    secret = turn.own.secret
    if secret and isinstance(turn, Drift):
        off = turn.own.last_counter - turn.now // STEP_S
        turn.note("drift", secret.base32, turn.now, max(-1, min(1, off)))


LEARNT_DRIFT = effect_instead(row_of(LogIn, "always"), "remember_counter", remember_counter, learn_drift)


def _types_slowly_twice(play: Play) -> None:
    _enrol(play, ADA)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, -STEP_S)))
    play.wait(5 * MINUTE_S)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, -2 * STEP_S)))


class LockedPeople(Stateful):
    """Who was locked, and until when, is also kept in one list for all."""

    def put_credentials(self, credentials: Credentials) -> None:
        super().put_credentials(credentials)
        if credentials.locked_until > self.now:
            self.note("locked", credentials.email, credentials.locked_until)

    def locked_now(self) -> int:
        """Return how many people are locked at this moment."""
        listed = [each for each in self.notes if isinstance(each, tuple)]
        return len({each[1] for each in listed if each[0] == "locked" and each[2] > self.now})


def locked_or_two_are(turn: Turn) -> bool:
    return is_locked(turn) or (isinstance(turn, LockedPeople) and turn.locked_now() >= 2)


ALL_LOCKED = with_row(row_of(LogIn, "is_locked"), Rule("SEC-001", LogIn, locked_or_two_are, Reason.LOCKED))


def _two_are_locked(play: Play) -> None:
    _register(play, ADA, BEN, CYD)
    for email in (BEN, CYD):
        for _ in range(10):
            play.do(LogIn(email, WRONG))
    _log_in(play)


class OffBefore(Stateful):
    """It is noted which accounts had two-factor authentication switched off."""

    def put_account(self, account: Account) -> None:
        before = self.state.accounts.get(account.name)
        super().put_account(account)
        if before and before.two_factor and not account.two_factor:
            self.note("switched off", account.name)


def enrol_unless_off_before(turn: Turn) -> None:
    if not (isinstance(turn, OffBefore) and turn.has_noted("switched off", turn.action.account)):
        enrol_late_user(turn)


OFF_BEFORE = effect_instead(row_of(RegisterUser, "always"), "enrol_late_user", enrol_unless_off_before)


def _joins_after_off_and_on(play: Play) -> None:
    _enrol(play, ADA)
    play.do(DisableTwoFactor("Acme"))
    play.do(EnableTwoFactor("Acme"))
    _register(play, BEN)


class PassedBefore(Stateful):
    """A session keeps in mind for which account it was opened with a code."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.state.accounts[session.account].two_factor:
            self.note("passed", session.handle, session.account)


def code_passed_before(turn: Turn) -> bool:
    return isinstance(turn, PassedBefore) and turn.has_noted("passed", turn.action.session, turn.action.account)


SWITCHED_BACK = inserted(
    row_of(SwitchAccount, "from_account_without_two_factor"),
    Rule(None, SwitchAccount, code_passed_before, None, (Effect(None, move_session),)),
)


def _switches_there_and_back(play: Play) -> None:
    _register(play, ADA, account="Plain")
    _enrol(play, ADA)
    session = _log_in(play, account="Acme")
    moved = play.do(SwitchAccount(session, "Plain")).session or "none"
    play.do(SwitchAccount(moved, "Acme"))


def set_user_status_and_unpair(turn: Turn) -> None:
    set_user_status(turn)
    if turn.action.status is UserStatus.REMOVED:
        turn.put_credentials(changed(turn.own, secret=None))


UNPAIRED = effect_instead(row_of(SetUserStatus, "always"), "set_user_status", set_user_status_and_unpair)


def _leaves_one_of_two(play: Play) -> None:
    _enrol(play, ADA)
    _register(play, ADA, account="Other")
    play.do(SetUserStatus("Other", ADA, UserStatus.REMOVED))
    _log_in(play, account="Acme")


# Different, and right


def _is_locked_later(play: Play) -> None:
    _register(play, ADA)
    for _ in range(12):
        play.do(LogIn(ADA, WRONG))
    _log_in(play)


def _resets_after_lunch(play: Play) -> None:
    _register(play, ADA)
    play.do(RequestReset(ADA))
    play.wait(3 * HOUR_S)
    play.do(SetPassword(play.link(ADA, "reset"), OTHER))


def _switches_to_same_account(play: Play) -> None:
    _enrol(play, ADA)
    play.do(SwitchAccount(_log_in(play), "Acme"))


def open_another_session(turn: Turn) -> None:
    session = turn.session
    if session:
        turn.put_session(changed(session, is_open=False))
        handle = turn.token(turn.new_serial(), link=None)
        turn.opened = Session(handle, session.email, turn.action.account)
        turn.put_session(turn.opened)


def _uses_session_left_behind(play: Play) -> None:
    _register(play, ADA)
    _register(play, ADA, account="Other")
    session = _log_in(play, account="Acme")
    play.do(SwitchAccount(session, "Other"))
    play.do(UseSession(session))


def set_password_and_tell(turn: Turn) -> None:
    set_password(turn)
    text = "The password of your KMC credentials has been changed.\n"
    turn.put_mail(Mail(turn.email, turn.now, "Your KMC password was changed", text))


def _changes_password(play: Play) -> None:
    _register(play, ADA)
    play.do(ChangePassword(_log_in(play), PASSWORD, OTHER))


class HalfDaySessions(Stateful):
    """A session ends by itself twelve hours after the login."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn):
            self.note("opened", session.handle, self.now)

    @property
    def session(self) -> Session | None:
        session = super().session
        if session:
            for each in self.notes:
                if isinstance(each, tuple) and each[:2] == ("opened", session.handle):
                    return changed(session, is_open=session.is_open and self.now <= each[2] + 12 * HOUR_S)
        return session


def _comes_back_next_day(play: Play) -> None:
    _register(play, ADA)
    session = _log_in(play)
    play.wait(DAY_S)
    play.do(UseSession(session))


CHANGES: tuple[Witnessed, ...] = (
    blind(
        "issuer",
        "The QR code's issuer parameter is kmc.kaltura.com, while its label says Kaltura KMC.",
        "STD-007",
        variant=Variant(turn=OtherIssuer),
        witness=_sees_issuer,
    ),
    blind(
        "seventh",
        "The code field cuts off everything after six characters, so a code with one more digit logs in.",
        "LOG-005",
        variant=Variant(turn=SixCharacters),
        witness=_appends_digit,
    ),
    blind(
        "spent",
        "A new password that the rules refuse uses up the reset link, and the link then refuses a good one.",
        "RST-013",
        variant=Variant(rules=SPENT_LINK),
        witness=_tries_short_password,
    ),
    blind(
        "leaving",
        "Whoever leaves an account that has two-factor authentication must log in again, also for one without it.",
        "SWI-004",
        "SWI-009",
        variant=Variant(rules=STRICT_SWITCH),
        witness=_leaves_for_plain_account,
    ),
    blind(
        "order",
        "A typed code is checked before the password: two wrong ones are answered with an invalid code.",
        "SEC-003",
        "SEC-004",
        variant=Variant(rules=CODE_FIRST),
        witness=_guesses_both,
    ),
    blind(
        "owner twice",
        "The owner gets two mails with a link when two-factor authentication is switched on.",
        "ENA-005",
        variant=Variant(rules=OWNER_TWICE),
        witness=_switches_on,
    ),
    blind(
        "owner gone",
        "Where the owner has been removed or blocked, switching it on mails nobody.",
        "ENA-004",
        variant=Variant(rules=OWNER_GONE),
        witness=_owner_leaves,
    ),
    blind(
        "wall clock",
        "A QR code mailed on the day before the clocks go forward expires after 23 hours, in autumn after 25.",
        "ENR-009",
        "RST-019",
        variant=Variant(turn=WallClock),
        witness=_clocks_go_forward,
    ),
    blind(
        "first eight",
        "At login only the first eight characters of the password are compared.",
        "LOG-006",
        "RST-002",
        variant=Variant(rules=FIRST_EIGHT),
        witness=_mistypes_ending,
    ),
    blind(
        "namesakes",
        "Two people whose e-mails differ only after the @ get the same secret when they are enrolled.",
        "ENA-006",
        "ENR-007",
        "STD-009",
        variant=Variant(turn=SharedName),
        witness=_meets_namesake,
    ),
    blind(
        "once each",
        "A code that was used in one account is accepted again in another account of the same person.",
        "STD-003",
        "SEC-014",
        variant=Variant(rules=ONCE_PER_ACCOUNT, turn=OncePerAccount),
        witness=_uses_code_in_both,
    ),
    blind(
        "oldest ends",
        "Logging out with two sessions open ends the older one, whichever was logged out.",
        "LOG-010",
        "SWI-008",
        variant=Variant(rules=OLDEST_ENDS),
        witness=_logs_out_second,
    ),
    blind(
        "same password",
        "A reset in which one sets the password one has already brings no new QR code.",
        "RST-003",
        "RST-004",
        "RST-006",
        "RST-007",
        "RST-008",
        "RST-016",
        "RST-017",
        "STD-009",
        variant=Variant(rules=SAME_PASSWORD),
        witness=_renews_with_same_password,
    ),
    blind(
        "revived",
        "If the QR code from a reset completes no login within 24 hours, codes of the old app entry work again.",
        "RST-007",
        "RST-008",
        variant=Variant(rules=REVIVED, turn=EarlierSecrets),
        witness=_leaves_new_qr_code_unused,
    ),
    blind(
        "proof lost",
        "Changing the password forgets that a code was ever accepted: a QR code older than a day is dead from then on.",
        "LOG-015",
        "ENR-011",
        variant=Variant(rules=PROOF_LOST),
        witness=_changes_password_later,
    ),
    blind(
        "drift",
        "After a login with a code of a neighbouring step, codes are looked for around that step only.",
        "STD-002",
        "STD-010",
        variant=Variant(rules=LEARNT_DRIFT, turn=Drift),
        witness=_types_slowly_twice,
    ),
    blind(
        "all locked",
        "While two people are locked for wrong attempts, nobody can log in.",
        "SEC-011",
        variant=Variant(rules=ALL_LOCKED, turn=LockedPeople),
        witness=_two_are_locked,
    ),
    blind(
        "off before",
        "Someone registered after the account was switched off and on again gets no QR code.",
        "ENA-008",
        variant=Variant(rules=OFF_BEFORE, turn=OffBefore),
        witness=_joins_after_off_and_on,
    ),
    blind(
        "there and back",
        "Whoever logged in with a code and switched away can switch back without logging in again.",
        "SWI-001",
        "SWI-009",
        variant=Variant(rules=SWITCHED_BACK, turn=PassedBefore),
        witness=_switches_there_and_back,
    ),
    blind(
        "unpaired",
        "Removing someone from one account deletes their pairing for all accounts, and for their return.",
        "ENR-008",
        "LOG-014",
        variant=Variant(rules=UNPAIRED),
        witness=_leaves_one_of_two,
    ),
    harmless(
        "later lock",
        "Wrong attempts lock a person after 40 in place of 10, and for an hour.",
        variant=Variant(policy=replace(ARTICLE, failures_max=40, lock_s=HOUR_S)),
        witness=_is_locked_later,
    ),
    harmless(
        "short reset",
        "A reset link is dead after two hours.",
        variant=Variant(policy=replace(ARTICLE, reset_link_ttl_s=2 * HOUR_S)),
        witness=_resets_after_lunch,
    ),
    harmless(
        "long secret",
        "The shared secret has 256 bits.",
        variant=Variant(policy=replace(ARTICLE, secret_bits=256)),
        witness=_sees_issuer,
    ),
    harmless(
        "same account",
        "Switching to the two-factor account one is in already asks for a new login.",
        variant=Variant(rules=without(row_of(SwitchAccount, "already_there"))),
        witness=_switches_to_same_account,
    ),
    harmless(
        "new session",
        "A switch opens another session and ends the one it was made from.",
        variant=Variant(rules=effect_instead(row_of(SwitchAccount, "always"), "move_session", open_another_session)),
        witness=_uses_session_left_behind,
    ),
    harmless(
        "notice",
        "Whoever changes their password is told so by a mail without a link.",
        variant=Variant(rules=effect_instead(row_of(ChangePassword, "always"), "set_password", set_password_and_tell)),
        witness=_changes_password,
    ),
    harmless(
        "half a day",
        "A session ends by itself twelve hours after the login.",
        variant=Variant(turn=HalfDaySessions),
        witness=_comes_back_next_day,
    ),
)
