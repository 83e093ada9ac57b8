"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

from collections.abc import Hashable
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
    SwitchAccount,
    UserStatus,
    UseSession,
)
from kmc_model.analysis.faults._fault import effect_instead, inserted, row_of, with_row
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.blind.witness import Play, Witnessed, blind, harmless
from kmc_model.clock import STEP_S
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, HOUR_S, MINUTE_S
from kmc_model.records import Account, Credentials, Link, LinkKind, LinkStatus, Mail, Secret, Session
from kmc_model.rules import (
    RULES,
    Effect,
    Reason,
    Rule,
    account_has_two_factor,
    code_used_before,
    end_session,
    link_used,
    mail_owner,
    set_password,
    switch_on,
)
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

ADA = "ada@acme.example"
BEN = "ben@acme.example"
PASSWORD = "s3cure-pass!"
NEW_PASSWORD = "n3wer-pass!"
DAY_S = 24 * HOUR_S


def _noted(turn: Stateful, *start: Hashable) -> list[tuple[Any, ...]]:
    return [each for each in turn.notes if isinstance(each, tuple) and each[: len(start)] == start]


# What people do in more than one witness


def _register(play: Play, *emails: str, account: str = "Acme") -> None:
    for email in emails:
        play.do(RegisterUser(account, email, PASSWORD))


def _pair(play: Play, email: str) -> None:
    play.do(OpenEnrolmentLink(play.link(email, "enrolment")))


def _log_in(play: Play, email: str, account: str = "Acme", device: str | None = None) -> str:
    """Log in with a code, a minute after whatever was before."""
    play.wait(MINUTE_S)
    return play.do(LogIn(email, PASSWORD, play.code(email), account, device)).session or ""


def _paired(play: Play, *emails: str) -> None:
    """Register people in one account, switch two-factor authentication on, and pair and log in each of them."""
    _register(play, *emails)
    play.do(EnableTwoFactor("Acme"))
    for email in emails:
        _pair(play, email)
        _log_in(play, email)


def _reset(play: Play, email: str, password: str = NEW_PASSWORD) -> str:
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    play.do(ConfirmPassword(link))
    return link


# Simple faults: wrong for everybody


class OnlyThePast(Turn):
    """Looks back one step for slow typing, but never ahead for a fast clock."""

    def counter(self) -> int | None:
        counter = super().counter()
        return None if counter is not None and counter > self.now // STEP_S else counter


def _fast_clock(play: Play) -> None:
    _register(play, ADA)
    play.do(EnableTwoFactor("Acme"))
    _pair(play, ADA)
    play.wait(5)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, 20), "Acme"))


class FirstSixCharacters(Turn):
    """Stores what is typed into the code field in six characters, and loses the rest."""

    def counter(self) -> int | None:
        secret = self.own.secret
        typed = str(self.action.code)[:6]
        return self.secrets.counter_of(
            typed, secret.base32 if secret else "", self.now, self.policy.tolerance_steps, as_numbers=False
        )


def _seventh_digit(play: Play) -> None:
    _paired(play, ADA)
    play.wait(MINUTE_S)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA) + "7", "Acme"))


def _forget_pairing(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, secret=None))


USED_LINK = row_of(OpenEnrolmentLink, "link_used")


def _old_mail(play: Play) -> None:
    _paired(play, ADA)
    play.wait(300 * DAY_S)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))
    _log_in(play, ADA)


def _spend_link(turn: Turn) -> None:
    if link := turn.link:
        turn.put_link(changed(link, status=LinkStatus.REPLACED))


REFUSED_PASSWORD = row_of(SetPassword, "password_refused")


def _refused_password(play: Play) -> None:
    _register(play, ADA)
    play.do(RequestReset(ADA))
    play.do(SetPassword(play.link(ADA, "reset"), "short"))
    play.do(SetPassword(play.link(ADA, "reset"), NEW_PASSWORD))


REFUSED_SWITCHES = {
    row_of(SwitchAccount, "from_account_without_two_factor"),
    row_of(SwitchAccount, "from_account_with_two_factor"),
}
REFUSED_SWITCH_LOGS_OUT = tuple(
    replace(rule, effects=(Effect(None, end_session),)) if at in REFUSED_SWITCHES else rule
    for at, rule in enumerate(RULES)
)


def _refused_switch(play: Play) -> None:
    _register(play, ADA, account="Plain")
    _register(play, ADA)
    play.do(EnableTwoFactor("Acme"))
    session = play.do(LogIn(ADA, PASSWORD, None, "Plain")).session or ""
    play.do(SwitchAccount(session, "Acme"))
    play.do(UseSession(session))


def _end_sessions_of_account(turn: Turn) -> None:
    for session in turn.state.sessions.values():
        if session.account == turn.action.account:
            turn.put_session(changed(session, is_open=False))


SWITCHED_ON = row_of(EnableTwoFactor, "always")


def _open_session(play: Play) -> None:
    _register(play, ADA)
    session = play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or ""
    play.do(EnableTwoFactor("Acme"))
    play.do(UseSession(session))


# Faults with a narrow condition


class EndOfMonth(Turn):
    """Ends a link's time by day and month: one of a month's last day ends at midnight."""

    def is_expired(self, link: Link) -> bool:
        issued = datetime.fromtimestamp(link.issued_at, UTC)
        next_day = datetime(issued.year, issued.month, issued.day, tzinfo=UTC) + timedelta(days=1)
        cut_short = link.kind is LinkKind.ENROLMENT and next_day.day == 1 and self.now >= next_day.timestamp()
        return cut_short or super().is_expired(link)


def _last_of_january(play: Play) -> None:
    _register(play, ADA)
    play.wait(26 * DAY_S)
    play.do(EnableTwoFactor("Acme"))
    play.wait(20 * HOUR_S)
    _pair(play, ADA)


class PlusIsBlank(Turn):
    """Decodes the e-mail as a form does, so that a plus sign becomes a blank, before it goes into the QR code."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("%2B", "%20")


def _plus_address(play: Play) -> None:
    _register(play, "ada+kmc@acme.example")
    play.do(EnableTwoFactor("Acme"))
    _pair(play, "ada+kmc@acme.example")


def _beginning_wrong(turn: Turn) -> bool:
    password = turn.own.password
    return password is None or str(turn.action.password)[:12] != password[:12]


WRONG_PASSWORD = row_of(LogIn, "password_wrong")


def _long_password(play: Play) -> None:
    play.do(RegisterUser("Acme", ADA, "s3cure-pass!25"))
    play.do(LogIn(ADA, "s3cure-pass!26", None, "Acme"))


def _too_many_by_the_clock(turn: Turn) -> bool:
    period_s = turn.policy.resets_period_s
    present = [asked_at for asked_at in turn.own.resets_asked_at if asked_at // period_s == turn.now // period_s]
    return len(present) >= turn.policy.resets_max


TOO_MANY_RESETS = row_of(RequestReset, "too_many_resets")


def _around_ten_past(play: Play) -> None:
    _register(play, ADA)
    play.wait(9 * MINUTE_S)
    for _ in range(10):
        play.do(RequestReset(ADA))
    play.wait(2 * MINUTE_S)
    play.do(RequestReset(ADA))


def _pair_owner_anew(turn: Turn) -> None:
    """Give the owner a new secret, though they are paired through another account."""
    account = turn.state.accounts[turn.action.account]
    others = (
        each.account
        for each in turn.state.memberships.values()
        if each.email == account.owner and each.account != account.name and each.status is UserStatus.ACTIVE
    )
    secret = turn.state.credentials[account.owner].secret
    if secret and secret.proven and any(turn.state.accounts[name].two_factor for name in others):
        turn.new_secret(account.owner)


def _second_account(play: Play) -> None:
    _paired(play, BEN, ADA)
    _register(play, ADA, account="Ada")
    play.do(EnableTwoFactor("Ada"))
    _log_in(play, ADA)


class SameName(Turn):
    """Looks whom a reset concerns up by what is before the @ of their address."""

    def new_secret(self, email: str) -> None:
        super().new_secret(email)
        if isinstance(self.action, SetPassword):
            name = email.partition("@")[0]
            for each in tuple(self.state.credentials.values()):
                if each.secret and each.email != email and each.email.partition("@")[0] == name:
                    super().new_secret(each.email)


def _two_of_one_name(play: Play) -> None:
    _paired(play, ADA, "ada@partner.example")
    _reset(play, ADA)
    _log_in(play, "ada@partner.example")


def _owns_target(turn: Turn) -> bool:
    return (account := turn.account) is not None and account.owner == turn.email


FROM_WITHOUT = row_of(SwitchAccount, "from_account_without_two_factor")


def _owner_switches(play: Play) -> None:
    _register(play, BEN, ADA, account="Plain")
    _register(play, ADA)
    play.do(EnableTwoFactor("Acme"))
    session = play.do(LogIn(ADA, PASSWORD, None, "Plain")).session or ""
    play.do(SwitchAccount(session, "Acme"))


# Faults with hidden state


class DormantPairing(Turn):
    """Clears away pairings that have not been used for ninety days."""

    def is_dead(self, secret: Secret) -> bool:
        last_login = self.state.credentials[self.email].last_counter * STEP_S if self.credentials else -1
        dormant = secret.proven and last_login >= 0 and self.now - last_login > 90 * DAY_S
        return dormant or super().is_dead(secret)


def _long_leave(play: Play) -> None:
    _paired(play, ADA)
    play.wait(120 * DAY_S)
    _log_in(play, ADA)


class LongerLocks(Stateful):
    """Counts how often somebody was locked, never forgets it, and makes the third lock and later ones two days."""

    def put_credentials(self, credentials: Credentials) -> None:
        before = self.state.credentials.get(credentials.email)
        if before and credentials.locked_until > max(before.locked_until, self.now):
            self.note("locked", credentials.email, self.now)
            if len(_noted(self, "locked", credentials.email)) >= 3:
                credentials = changed(credentials, locked_until=self.now + 2 * DAY_S)
        super().put_credentials(credentials)


def _third_lock(play: Play) -> None:
    _register(play, ADA)
    for _ in range(3):
        for _ in range(10):
            play.do(LogIn(ADA, "old-passw0rd!", None, "Acme"))
        play.wait(25 * HOUR_S)
        play.do(LogIn(ADA, PASSWORD, None, "Acme"))


class FamiliarMachine(Stateful):
    """Takes a machine for the person's own after their third login with a code on it, and asks no more there."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.action.device and self.state.accounts[session.account].two_factor:
            self.note("login", session.email, self.action.device, session.handle)

    def needs_code(self, account: Account) -> bool:
        device = self.action.device
        familiar = device is not None and len(_noted(self, "login", self.email, device)) >= 3
        return super().needs_code(account) and not familiar


def _fourth_login(play: Play) -> None:
    _paired(play, ADA)
    for _ in range(3):
        _log_in(play, ADA, device="laptop")
    play.wait(MINUTE_S)
    play.do(LogIn(ADA, PASSWORD, None, "Acme", "laptop"))


class FiveSecrets(Stateful):
    """Keeps five secrets for each person, and begins again with the first one when they are used up."""

    def new_secret(self, email: str) -> None:
        made = {each[2]: each[3] for each in _noted(self, "made", email)}
        super().new_secret(email)
        mine = self.state.credentials[email]
        if mine.secret is None:
            return
        if len(made) >= 5:
            self.put_credentials(changed(mine, secret=changed(mine.secret, base32=made[len(made) % 5])))
        self.note("made", email, len(made), made.get(len(made) % 5, mine.secret.base32))


def _fifth_reset(play: Play) -> None:
    _paired(play, ADA)
    for _ in range(5):
        play.wait(30 * DAY_S)
        _reset(play, ADA)


class ToldBefore(Stateful):
    """Keeps the list of whom to write to from the first time that an account was switched on."""

    def put_account(self, account: Account) -> None:
        before = self.state.accounts.get(account.name)
        super().put_account(account)
        if before and before.two_factor and not account.two_factor:
            self.note("switched off", account.name)

    def put_mail(self, mail: Mail) -> None:
        if isinstance(self.action, EnableTwoFactor | RegisterUser):
            name = self.action.account
            again = isinstance(self.action, EnableTwoFactor) and self.has_noted("switched off", name)
            if again and not self.has_noted("told", name, mail.recipient):
                return
            if self.state.accounts[name].two_factor:
                self.note("told", name, mail.recipient)
        super().put_mail(mail)


def _joined_in_between(play: Play) -> None:
    _paired(play, ADA)
    play.do(DisableTwoFactor("Acme"))
    _register(play, BEN)
    play.do(EnableTwoFactor("Acme"))


class CodeIsRemembered(Stateful):
    """Marks a session that was opened with a code for as long as it lasts, wherever it is switched to."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.state.accounts[session.account].two_factor:
            self.note("opened with code", session.handle)


def _came_with_code(turn: Turn) -> bool:
    session = turn.session
    return (
        isinstance(turn, CodeIsRemembered)
        and session is not None
        and turn.has_noted("opened with code", session.handle)
        and not turn.state.accounts[session.account].two_factor
        and account_has_two_factor(turn)
    )


def _there_and_back(play: Play) -> None:
    _paired(play, ADA)
    _register(play, ADA, account="Plain")
    session = _log_in(play, ADA)
    play.do(SwitchAccount(session, "Plain"))
    play.do(SwitchAccount(session, "Acme"))


class FewUsedCodes(Stateful):
    """Remembers the used codes of those who logged in last, for three people only."""

    def put_session(self, session: Session) -> None:
        super().put_session(session)
        if isinstance(self.action, LogIn) and self.action.code:
            self.note("login", session.email, self.state.serial)

    def has_forgotten(self) -> bool:
        """Whether three other people have logged in with a code since this one did."""
        latest = max((each[2] for each in _noted(self, "login", self.email)), default=0)
        return len({each[1] for each in _noted(self, "login") if each[2] > latest}) >= 3


def _code_remembered_as_used(turn: Turn) -> bool:
    return code_used_before(turn) and not (isinstance(turn, FewUsedCodes) and turn.has_forgotten())


USED_CODE = row_of(LogIn, "code_used_before")


def _monday_morning(play: Play) -> None:
    others = (BEN, "cleo@acme.example", "dan@acme.example")
    _register(play, ADA, *others)
    play.do(EnableTwoFactor("Acme"))
    for email in (ADA, *others):
        _pair(play, email)
    for email in (ADA, *others, ADA):
        play.do(LogIn(email, PASSWORD, play.code(email), "Acme"))


# Harmless changes


def _end_all_sessions(turn: Turn) -> None:
    for session in turn.state.sessions.values():
        if session.email == turn.email and session.is_open:
            turn.put_session(changed(session, is_open=False))


LOGGED_OUT = row_of(LogOut, "always")


def _two_machines(play: Play) -> None:
    _register(play, ADA)
    first, second = (play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or "" for _ in range(2))
    play.do(LogOut(first))
    play.do(UseSession(second))


def _open_session_there(turn: Turn) -> None:
    end_session(turn)
    turn.opened = Session(turn.token(turn.new_serial(), link=None), turn.email, turn.action.account)
    turn.put_session(turn.opened)


SWITCHED = row_of(SwitchAccount, "always")


def _handle_before_switch(play: Play) -> None:
    _register(play, ADA)
    _register(play, ADA, account="Plain")
    session = play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or ""
    play.do(SwitchAccount(session, "Plain"))
    play.do(UseSession(session))


def _sixth_attempt(play: Play) -> None:
    _register(play, ADA)
    for _ in range(5):
        play.do(LogIn(ADA, "old-passw0rd!", None, "Acme"))
    play.do(LogIn(ADA, PASSWORD, None, "Acme"))


def _after_lunch(play: Play) -> None:
    _register(play, ADA)
    play.do(RequestReset(ADA))
    play.wait(2 * HOUR_S)
    play.do(SetPassword(play.link(ADA, "reset"), NEW_PASSWORD))


def _is_present_password(turn: Turn) -> bool:
    return bool(turn.own.password == turn.action.password)


PASSWORD_SET = row_of(SetPassword, "always")


def _no_new_password(play: Play) -> None:
    _register(play, ADA)
    _reset(play, ADA, PASSWORD)


class NewestAccount(Turn):
    """Opens the account joined last where a login names none."""

    def _chosen_account(self) -> str:
        joined = [each.account for each in self.memberships()]
        return max(reversed(joined), key=self.lets_in)


def _two_accounts(play: Play) -> None:
    _register(play, ADA)
    _register(play, ADA, account="Plain")
    play.do(LogIn(ADA, PASSWORD))


def _mail_notice(turn: Turn) -> None:
    text = "Your password was changed. If that was not you, ask your administrator.\n"
    turn.put_mail(Mail(turn.email, turn.now, "Your KMC password was changed", text))


PASSWORD_CHANGED = row_of(ChangePassword, "always")


def _notice(play: Play) -> None:
    _register(play, ADA)
    session = play.do(LogIn(ADA, PASSWORD, None, "Acme")).session or ""
    play.do(ChangePassword(session, PASSWORD, NEW_PASSWORD))


CHANGES: tuple[Witnessed, ...] = (
    blind(
        "fast clock refused",
        "An app whose clock is 20 seconds fast cannot log in; one that is as slow can.",
        "STD-010",
        variant=Variant(turn=OnlyThePast),
        witness=_fast_clock,
    ),
    blind(
        "seventh digit ignored",
        "A right code with more digits behind it is accepted.",
        "LOG-005",
        variant=Variant(turn=FirstSixCharacters),
        witness=_seventh_digit,
    ),
    blind(
        "old mail unpairs",
        "Whoever clicks the link in their old enrolment mail once more sees no QR code, and loses their pairing.",
        "ENR-013",
        variant=Variant(
            rules=with_row(
                USED_LINK,
                Rule(
                    "ENR-002",
                    OpenEnrolmentLink,
                    link_used,
                    Reason.LINK_NOT_VALID,
                    (Effect(None, _forget_pairing),),
                ),
            )
        ),
        witness=_old_mail,
    ),
    blind(
        "refused password spends link",
        "After a new password was refused for being too weak, the reset link no longer works.",
        "RST-013",
        variant=Variant(
            rules=with_row(REFUSED_PASSWORD, replace(RULES[REFUSED_PASSWORD], effects=(Effect(None, _spend_link),)))
        ),
        witness=_refused_password,
    ),
    blind(
        "refused switch logs out",
        "Whoever tries to switch to an account with two-factor authentication is refused, and logged out as well.",
        "SWI-005",
        variant=Variant(rules=REFUSED_SWITCH_LOGS_OUT),
        witness=_refused_switch,
    ),
    blind(
        "switching on logs out",
        "When two-factor authentication is switched on, everybody at work in the account is logged out.",
        "ENA-014",
        variant=Variant(rules=effect_instead(SWITCHED_ON, "switch_on", switch_on, _end_sessions_of_account)),
        witness=_open_session,
    ),
    blind(
        "end of month",
        "A link mailed on the last day of a month shows no QR code after midnight.",
        "ENR-009",
        "ENR-010",
        "RST-019",
        variant=Variant(turn=EndOfMonth),
        witness=_last_of_january,
    ),
    blind(
        "plus address misnamed",
        "In the app, a plus sign in one's e-mail address has become a blank.",
        "STD-007",
        variant=Variant(turn=PlusIsBlank),
        witness=_plus_address,
    ),
    blind(
        "long password cut",
        "Only the first twelve characters of a password count: a longer one is accepted with another ending.",
        "LOG-006",
        "RST-002",
        variant=Variant(
            rules=with_row(WRONG_PASSWORD, replace(RULES[WRONG_PASSWORD], applies=_beginning_wrong)),
        ),
        witness=_long_password,
    ),
    blind(
        "resets counted by the clock",
        "Ten reset mails before ten past and ten after it reach one address within a few minutes.",
        "SEC-012",
        variant=Variant(
            rules=with_row(TOO_MANY_RESETS, replace(RULES[TOO_MANY_RESETS], applies=_too_many_by_the_clock)),
        ),
        witness=_around_ten_past,
    ),
    blind(
        "owner pairs anew",
        "When an account is switched on whose owner is paired through another one, the owner's app stops working.",
        "ENA-015",
        "ENR-008",
        "ENA-011",
        variant=Variant(rules=effect_instead(SWITCHED_ON, "mail_owner", _pair_owner_anew, mail_owner)),
        witness=_second_account,
    ),
    blind(
        "same name unpaired",
        "A reset also unpairs whoever has the same name before the @ at another company.",
        "RST-015",
        variant=Variant(turn=SameName),
        witness=_two_of_one_name,
    ),
    blind(
        "owner switches freely",
        "The owner of an account with two-factor authentication gets there from any account without a code.",
        "SWI-001",
        "SWI-002",
        "SWI-007",
        "SWI-009",
        variant=Variant(
            rules=inserted(FROM_WITHOUT, Rule(None, SwitchAccount, _owns_target, None, RULES[SWITCHED].effects))
        ),
        witness=_owner_switches,
    ),
    blind(
        "pairing lost on leave",
        "After three months without a login one's codes are refused.",
        "ENR-011",
        "LOG-004",
        variant=Variant(turn=DormantPairing),
        witness=_long_leave,
    ),
    blind(
        "third lock too long",
        "Whoever is locked for the third time, be it months later, is locked for two days.",
        "SEC-011",
        variant=Variant(turn=LongerLocks),
        witness=_third_lock,
    ),
    blind(
        "familiar machine",
        "After three logins with a code on one machine, no code is asked there any more.",
        "LOG-009",
        "LOG-003",
        "ENA-007",
        variant=Variant(turn=FamiliarMachine),
        witness=_fourth_login,
    ),
    blind(
        "secrets come round again",
        "After the fifth reset the QR code is the very first one again, and the first phone works again.",
        "RST-008",
        "RST-007",
        "STD-009",
        variant=Variant(turn=FiveSecrets),
        witness=_fifth_reset,
    ),
    blind(
        "newcomers not told",
        "Switched off and on again, an account sends no mail to those who joined while it was off.",
        "ENA-004",
        variant=Variant(turn=ToldBefore),
        witness=_joined_in_between,
    ),
    blind(
        "code remembered in session",
        "Whoever logged in with a code and switched to an account without, can switch on to one that needs a code.",
        "SWI-001",
        "SWI-007",
        "SWI-009",
        variant=Variant(
            rules=inserted(FROM_WITHOUT, Rule(None, SwitchAccount, _came_with_code, None, RULES[SWITCHED].effects)),
            turn=CodeIsRemembered,
        ),
        witness=_there_and_back,
    ),
    blind(
        "used codes forgotten",
        "A code that was used is accepted again once three other people have logged in.",
        "STD-003",
        variant=Variant(
            rules=with_row(USED_CODE, replace(RULES[USED_CODE], applies=_code_remembered_as_used)), turn=FewUsedCodes
        ),
        witness=_monday_morning,
    ),
    harmless(
        "logout everywhere",
        "Logging out ends one's sessions on other machines too.",
        variant=Variant(rules=effect_instead(LOGGED_OUT, "end_session", _end_all_sessions)),
        witness=_two_machines,
    ),
    harmless(
        "new session on switching",
        "Switching opens a new session in the other account and ends the one before.",
        variant=Variant(rules=effect_instead(SWITCHED, "move_session", _open_session_there)),
        witness=_handle_before_switch,
    ),
    harmless(
        "five attempts",
        "Five wrong attempts in a row lock for an hour, not ten for a quarter of an hour.",
        variant=Variant(replace(ARTICLE, failures_max=5, lock_s=HOUR_S)),
        witness=_sixth_attempt,
    ),
    harmless(
        "reset link of one hour",
        "A reset link is good for one hour, not for 24.",
        variant=Variant(replace(ARTICLE, reset_link_ttl_s=HOUR_S)),
        witness=_after_lunch,
    ),
    harmless(
        "present password refused",
        "A reset does not take the present password as the new one.",
        variant=Variant(
            rules=inserted(PASSWORD_SET, Rule(None, SetPassword, _is_present_password, Reason.PASSWORD_REFUSED))
        ),
        witness=_no_new_password,
    ),
    harmless(
        "newest account first",
        "A login that names no account opens the one joined last, and asks for a code if that one needs it.",
        variant=Variant(turn=NewestAccount),
        witness=_two_accounts,
    ),
    harmless(
        "notice of a changed password",
        "Whoever changes their password while logged in gets a mail about it, without a link.",
        variant=Variant(rules=effect_instead(PASSWORD_CHANGED, "set_password", set_password, _mail_notice)),
        witness=_notice,
    ),
)
