"""Faults and harmless changes written blind: after the article, the requirements and the model's core alone."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

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
from kmc_model.analysis.faults._fault import effect_instead, inserted, row_of, with_row, without
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.blind.witness import Play, Witnessed, blind, harmless
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE
from kmc_model.records import Account, Link, LinkKind, LinkStatus, Mail, Membership, Secret, Session
from kmc_model.rules import (
    RULES,
    Effect,
    Rule,
    end_session,
    mail_other_users,
    move_session,
    open_session,
    password_refused,
    renew_secret,
    set_password,
    switch_on,
)
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["CHANGES"]

HOUR_S = 60 * 60
DAY_S = 24 * HOUR_S
ADA = "ada@acme.example"
BOB = "bob@acme.example"
PASSWORD = "s3cure-pass!"
NEXT = "an0ther-one#"


# What the witnesses have in common


def join(play: Play, account: str, *emails: str) -> None:
    for email in emails:
        play.do(RegisterUser(account, email, PASSWORD))


def enrol(play: Play, account: str, *emails: str) -> None:
    join(play, account, *emails)
    play.do(EnableTwoFactor(account))
    for email in emails:
        play.do(OpenEnrolmentLink(play.link(email, "enrolment")))


def enter(play: Play, email: str, account: str, password: str = PASSWORD) -> str:
    """Log in with the code of the app, and return the session."""
    play.wait(60)
    return play.do(LogIn(email, password, play.code(email), account)).session or ""


def enter_without_code(play: Play, email: str, account: str, password: str = PASSWORD) -> str:
    """Log in without a code, and return the session."""
    return play.do(LogIn(email, password, account=account)).session or ""


def reset(play: Play, email: str, password: str) -> None:
    play.do(RequestReset(email))
    link = play.link(email, "reset")
    play.do(SetPassword(link, password))
    play.do(ConfirmPassword(link))


# Wrong for everybody


def end_sessions_there(turn: Turn) -> None:
    for session in turn.state.sessions.values():
        if session.account == turn.action.account:
            turn.put_session(changed(session, is_open=False))


def signed_out(play: Play) -> None:
    join(play, "Acme", ADA)
    session = enter_without_code(play, ADA, "Acme")
    play.do(EnableTwoFactor("Acme"))
    play.do(UseSession(session))


def spoil_link(turn: Turn) -> None:
    if link := turn.link:
        turn.put_link(changed(link, status=LinkStatus.REPLACED))


def burnt_by_weak_password(play: Play) -> None:
    join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.do(SetPassword(play.link(ADA, "reset"), "weak"))
    play.do(SetPassword(play.link(ADA, "reset"), NEXT))


class NothingFromTheFuture(Turn):
    """Only the present code and the one before it count."""

    def counter(self) -> int | None:
        counter = super().counter()
        return None if counter is not None and counter > self.now // 30 else counter


def fast_clock(play: Play) -> None:
    enrol(play, "Acme", ADA)
    play.wait(65)
    play.do(LogIn(ADA, PASSWORD, play.code(ADA, ahead_s=20), "Acme"))


class SaysLocked(Turn):
    """Whoever is locked is told so."""

    def message(self, reason: Reason) -> str:
        return "Too many attempts. Try again later." if reason is Reason.LOCKED else super().message(reason)


def tells_of_lock(play: Play) -> None:
    join(play, "Acme", ADA)
    for _ in range(11):
        enter_without_code(play, ADA, "Acme", "gu3ss-again!")


def mail_another_link(turn: Turn) -> None:
    own = turn.own
    if own.secret is None or turn.is_dead(own.secret):
        turn.new_secret(turn.email)
    turn.put_mail(mails.enrolment(turn.new_link(LinkKind.ENROLMENT, turn.email)))


AT_EXPIRED = row_of(OpenEnrolmentLink, "link_expired")
AT_WEAK = row_of(SetPassword, "password_refused")


def expired_mails_again(play: Play) -> None:
    join(play, "Acme", ADA)
    play.do(EnableTwoFactor("Acme"))
    play.wait(4 * DAY_S)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


def change_unpairs(play: Play) -> None:
    enrol(play, "Acme", ADA)
    session = enter(play, ADA, "Acme")
    play.do(ChangePassword(session, PASSWORD, NEXT))
    enter(play, ADA, "Acme", NEXT)


SIMPLE = (
    blind(
        "signed out",
        "When two-factor authentication is switched on, everyone who is working in the account is thrown out.",
        "ENA-014",
        variant=Variant(
            rules=effect_instead(row_of(EnableTwoFactor, "always"), "switch_on", switch_on, end_sessions_there)
        ),
        witness=signed_out,
    ),
    blind(
        "burnt by weak password",
        "A new password that breaks the rules uses up the reset link, so that a better one is refused too.",
        "RST-013",
        variant=Variant(rules=with_row(AT_WEAK, replace(RULES[AT_WEAK], effects=(Effect("RST-013", spoil_link),)))),
        witness=burnt_by_weak_password,
    ),
    blind(
        "fast clock",
        "The code of an app whose clock is a little fast is refused; only slow clocks are forgiven.",
        "STD-010",
        variant=Variant(turn=NothingFromTheFuture),
        witness=fast_clock,
    ),
    blind(
        "tells of lock",
        "After too many attempts the answer says so, which shows a stranger that the e-mail is known.",
        "SEC-004",
        variant=Variant(turn=SaysLocked),
        witness=tells_of_lock,
    ),
    blind(
        "expired mails again",
        "Opening an expired link sends its owner another link unasked.",
        "ENR-013",
        variant=Variant(
            rules=with_row(AT_EXPIRED, replace(RULES[AT_EXPIRED], effects=(Effect("ENR-013", mail_another_link),)))
        ),
        witness=expired_mails_again,
    ),
    blind(
        "change unpairs",
        "Changing the password while logged in makes the authenticator app's codes wrong.",
        "LOG-015",
        variant=Variant(
            rules=effect_instead(row_of(ChangePassword, "always"), "set_password", set_password, renew_secret)
        ),
        witness=change_unpairs,
    ),
)


# Wrong under a narrow condition


def beginning_wrong(turn: Turn) -> bool:
    password = turn.own.password
    return password is None or turn.action.password[:8] != password[:8]


AT_PASSWORD = row_of(LogIn, "password_wrong")


def eight_characters(play: Play) -> None:
    enrol(play, "Acme", ADA)
    enter(play, ADA, "Acme", PASSWORD[:8] + "-no")


def _is_summer(at: int) -> bool:
    year = datetime.fromtimestamp(at, UTC).year
    begins, ends = (datetime(year, month, 31, 1, tzinfo=UTC) for month in (3, 10))
    begins -= timedelta(days=begins.isoweekday() % 7)
    ends -= timedelta(days=ends.isoweekday() % 7)
    return begins.timestamp() <= at < ends.timestamp()


class SameTimeTomorrow(Turn):
    """A QR code's link ends when the clock on a European wall shows the same time one day later."""

    def is_expired(self, link: Link) -> bool:
        if link.kind is LinkKind.RESET:
            return super().is_expired(link)
        ends_at = self.policy.link_ends_at(link.kind, link.issued_at)
        return self.now > ends_at + HOUR_S * (_is_summer(link.issued_at) - _is_summer(ends_at))


def summer_time(play: Play) -> None:
    saturday = int(datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp())
    play.wait(saturday - play.model.clock.now())
    join(play, "Acme", ADA)
    play.do(EnableTwoFactor("Acme"))
    play.wait(23 * HOUR_S + 30 * 60)
    play.do(OpenEnrolmentLink(play.link(ADA, "enrolment")))


class PlusIsSpace(Turn):
    """The QR code is made by a routine for web forms, which reads a plus sign as a space."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("%2B", "%20")


def plus_is_space(play: Play) -> None:
    enrol(play, "Acme", "ada+video@acme.example")


class SeededByName(Stateful):
    """Secrets are computed from what stands before the @ of the e-mail, and how many the person had."""

    def new_secret(self, email: str) -> None:
        had = sum(each[:2] == ("secret", email) for each in self.notes if isinstance(each, tuple))
        self.note("secret", email, had)
        seed = zlib.crc32(f"{email.partition('@')[0]}:{had}".encode())
        secret = Secret(self.base32(seed), self.now)
        self.put_credentials(changed(self.state.credentials[email], secret=secret, last_counter=-1))


def namesakes(play: Play) -> None:
    enrol(play, "Acme", ADA, "ada@agency.example")
    play.wait(60)
    play.do(LogIn("ada@agency.example", PASSWORD, play.code(ADA), "Acme"))


def owns_target(turn: Turn) -> bool:
    account: Account | None = turn.account
    return account is not None and account.owner == turn.email


AT_SWITCH = row_of(SwitchAccount, "from_account_without_two_factor")


def owner_walks_in(play: Play) -> None:
    enrol(play, "Acme", ADA)
    join(play, "Globex", BOB, ADA)
    session = enter_without_code(play, ADA, "Globex")
    play.do(SwitchAccount(session, "Acme"))


def mail_removed_users(turn: Turn) -> None:
    for each in tuple(turn.state.memberships.values()):
        if each.account == turn.action.account and each.status is UserStatus.REMOVED:
            if turn.state.credentials[each.email].secret is None:
                turn.new_secret(each.email)
            turn.put_mail(mails.enrolment(turn.new_link(LinkKind.ENROLMENT, each.email)))


def former_colleague(play: Play) -> None:
    join(play, "Acme", ADA, BOB)
    play.do(SetUserStatus("Acme", BOB, UserStatus.REMOVED))
    play.do(EnableTwoFactor("Acme"))


class FirstAccountDecides(Turn):
    """Whether a reset renews the QR code is read from the account that the person joined first."""

    def needs_two_factor(self) -> bool:
        if not isinstance(self.action, SetPassword):
            return super().needs_two_factor()
        first = next(self.memberships(), None)
        return first is not None and first.status is UserStatus.ACTIVE and self.state.accounts[first.account].two_factor


def second_account_forgotten(play: Play) -> None:
    join(play, "Globex", ADA)
    enrol(play, "Acme", ADA)
    enter(play, ADA, "Acme")
    reset(play, ADA, NEXT)


NARROW = (
    blind(
        "eight characters",
        "Only the first eight characters of a password count; what follows may be anything.",
        "LOG-006",
        "RST-002",
        variant=Variant(rules=with_row(AT_PASSWORD, replace(RULES[AT_PASSWORD], applies=beginning_wrong))),
        witness=eight_characters,
    ),
    blind(
        "summer time",
        "On the day on which summer time begins or ends, a QR code's link lasts 23 or 25 hours.",
        "ENR-009",
        "RST-019",
        variant=Variant(turn=SameTimeTomorrow),
        witness=summer_time,
    ),
    blind(
        "plus is space",
        "For an e-mail with a plus sign the QR code names another e-mail, with a space in it.",
        "STD-007",
        variant=Variant(turn=PlusIsSpace),
        witness=plus_is_space,
    ),
    blind(
        "namesakes",
        "Two people whose e-mails are alike before the @ get the same secret, and each other's codes let them in.",
        "ENA-006",
        "ENR-007",
        "STD-009",
        variant=Variant(turn=SeededByName),
        witness=namesakes,
    ),
    blind(
        "owner walks in",
        "The owner of an account with two-factor authentication can switch to it without a code.",
        "SWI-001",
        "SWI-002",
        "SWI-007",
        "SWI-009",
        variant=Variant(
            rules=inserted(AT_SWITCH, Rule(None, SwitchAccount, owns_target, None, (Effect("SWI-004", move_session),)))
        ),
        witness=owner_walks_in,
    ),
    blind(
        "former colleague",
        "Someone who was removed from the account still gets the mail when two-factor authentication is switched on.",
        "ENA-005",
        variant=Variant(
            rules=effect_instead(
                row_of(EnableTwoFactor, "always"), "mail_other_users", mail_other_users, mail_removed_users
            )
        ),
        witness=former_colleague,
    ),
    blind(
        "second account forgotten",
        "Who joined an account without two-factor authentication first gets no new QR code from a reset.",
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
        witness=second_account_forgotten,
    ),
)


# Wrong after something happened


def drop_pairing(turn: Turn) -> None:
    if turn.own.secret and not any(turn.state.accounts[each.account].two_factor for each in turn.memberships()):
        turn.put_credentials(changed(turn.own, secret=None, last_counter=-1))


def unpaired_while_off(play: Play) -> None:
    enrol(play, "Acme", ADA)
    enter(play, ADA, "Acme")
    play.do(DisableTwoFactor("Acme"))
    enter_without_code(play, ADA, "Acme")
    play.do(EnableTwoFactor("Acme"))
    enter(play, ADA, "Acme")


def forget_counter(turn: Turn) -> None:
    if turn.session and turn.session.is_open and turn.credentials:
        turn.put_credentials(changed(turn.own, last_counter=-1))


def code_again_after_logout(play: Play) -> None:
    enrol(play, "Acme", ADA)
    session = enter(play, ADA, "Acme")
    play.do(LogOut(session))
    play.do(LogIn(ADA, PASSWORD, play.code(ADA), "Acme"))


def someone_of_domain_locked(turn: Turn) -> bool:
    domain = turn.email.rpartition("@")[2]
    return any(
        turn.now < each.locked_until and each.email.rpartition("@")[2] == domain
        for each in turn.state.credentials.values()
    )


AT_LOCK = row_of(LogIn, "is_locked")


def colleagues_locked(play: Play) -> None:
    join(play, "Acme", ADA, BOB)
    for _ in range(10):
        enter_without_code(play, BOB, "Acme", "gu3ss-again!")
    enter_without_code(play, ADA, "Acme")


class TwoRenewals(Stateful):
    """The first two resets of a person make a new secret; later ones hand out the last one again."""

    def new_secret(self, email: str) -> None:
        own = self.state.credentials[email]
        if not isinstance(self.action, SetPassword) or own.secret is None:
            super().new_secret(email)
        elif self.has_noted("renewed twice", email):
            self.put_credentials(changed(own, secret=changed(own.secret, issued_at=self.now, proven=False)))
        else:
            self.note("renewed twice" if self.has_noted("renewed", email) else "renewed", email)
            super().new_secret(email)


def third_reset(play: Play) -> None:
    enrol(play, "Acme", ADA)
    for password in ("f1rst-new!", "s3cond-new!", "th1rd-new!"):
        play.wait(HOUR_S)
        reset(play, ADA, password)


class ReturnedAreSpared(Stateful):
    """Whoever was removed from an account and restored has no second factor demanded there any more."""

    def put_membership(self, membership: Membership) -> None:
        before = self.state.memberships.get((membership.account, membership.email))
        if before and before.status is UserStatus.REMOVED and membership.status is UserStatus.ACTIVE:
            self.note("returned", membership.account, membership.email)
        super().put_membership(membership)

    def needs_code(self, account: Account) -> bool:
        return super().needs_code(account) and not self.has_noted("returned", account.name, self.email)


def returned_need_no_code(play: Play) -> None:
    enrol(play, "Acme", ADA, BOB)
    play.do(SetUserStatus("Acme", BOB, UserStatus.REMOVED))
    play.do(SetUserStatus("Acme", BOB, UserStatus.ACTIVE))
    enter_without_code(play, BOB, "Acme")


class KeepsCodeGiven(Stateful):
    """A session remembers the account for which a code was typed when it was opened."""

    def put_session(self, session: Session) -> None:
        if isinstance(self.action, LogIn) and self.state.accounts[session.account].two_factor:
            self.note("code given", session.handle, session.account)
        super().put_session(session)


def came_from_there(turn: Turn) -> bool:
    return isinstance(turn, Stateful) and turn.has_noted("code given", turn.action.session, turn.action.account)


def there_and_back(play: Play) -> None:
    join(play, "Globex", ADA)
    enrol(play, "Acme", ADA)
    session = enter(play, ADA, "Acme")
    session = play.do(SwitchAccount(session, "Globex")).session or ""
    play.do(SwitchAccount(session, "Acme"))


class IdleIsForgotten(Turn):
    """A pairing ends when no login with its code was made for three weeks."""

    def is_dead(self, secret: Secret) -> bool:
        if not secret.proven:
            return super().is_dead(secret)
        owner = next((each for each in self.state.credentials.values() if each.secret == secret), None)
        return owner is not None and self.now - 30 * owner.last_counter > 21 * DAY_S


def after_a_holiday(play: Play) -> None:
    enrol(play, "Acme", ADA)
    enter(play, ADA, "Acme")
    play.wait(25 * DAY_S)
    enter(play, ADA, "Acme")


HIDDEN = (
    blind(
        "unpaired while off",
        "Who logs in while two-factor authentication is off loses the pairing, and must enrol anew later.",
        "ENA-011",
        variant=Variant(
            rules=effect_instead(row_of(LogIn, "no_code_needed"), "open_session", drop_pairing, open_session)
        ),
        witness=unpaired_while_off,
    ),
    blind(
        "code again after logout",
        "After logging out, the code of the login before is accepted once more.",
        "STD-003",
        variant=Variant(rules=effect_instead(row_of(LogOut, "always"), "end_session", forget_counter, end_session)),
        witness=code_again_after_logout,
    ),
    blind(
        "colleagues locked",
        "While someone is locked after wrong attempts, everyone with an e-mail at the same company is refused too.",
        "SEC-011",
        variant=Variant(rules=with_row(AT_LOCK, replace(RULES[AT_LOCK], applies=someone_of_domain_locked))),
        witness=colleagues_locked,
    ),
    blind(
        "third reset",
        "From the third reset on, the QR code is the one from the reset before, and the old app entry goes on working.",
        "RST-003",
        "RST-007",
        "RST-008",
        "STD-009",
        variant=Variant(turn=TwoRenewals),
        witness=third_reset,
    ),
    blind(
        "returned need no code",
        "A user who was removed from the account and restored logs in there without a code.",
        "ENA-007",
        "ENA-012",
        "LOG-003",
        "LOG-009",
        "LOG-013",
        variant=Variant(turn=ReturnedAreSpared),
        witness=returned_need_no_code,
    ),
    blind(
        "there and back",
        "Who logged in with a code and switched to an account without two-factor authentication can switch back.",
        "SWI-001",
        "SWI-007",
        "SWI-009",
        variant=Variant(
            rules=inserted(
                AT_SWITCH, Rule(None, SwitchAccount, came_from_there, None, (Effect("SWI-004", move_session),))
            ),
            turn=KeepsCodeGiven,
        ),
        witness=there_and_back,
    ),
    blind(
        "after a holiday",
        "Who has not logged in with a code for three weeks finds that the authenticator no longer works.",
        "ENA-011",
        "ENA-015",
        "ENR-011",
        "LOG-004",
        variant=Variant(turn=IdleIsForgotten),
        witness=after_a_holiday,
    ),
)


# Different, and right


def longer_lock(play: Play) -> None:
    join(play, "Acme", ADA)
    for _ in range(20):
        enter_without_code(play, ADA, "Acme", "gu3ss-again!")
    play.wait(30 * 60)
    enter_without_code(play, ADA, "Acme")


def end_all_sessions(turn: Turn) -> None:
    email = turn.email
    for session in turn.state.sessions.values():
        if turn.session and turn.session.is_open and session.email == email:
            turn.put_session(changed(session, is_open=False))


def logout_everywhere(play: Play) -> None:
    join(play, "Acme", ADA)
    at_home = enter_without_code(play, ADA, "Acme")
    play.do(LogOut(enter_without_code(play, ADA, "Acme")))
    play.do(UseSession(at_home))


def brief_reset_link(play: Play) -> None:
    join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.wait(3 * HOUR_S)
    play.do(SetPassword(play.link(ADA, "reset"), NEXT))


def mail_notice(turn: Turn) -> None:
    turn.put_mail(Mail(turn.email, turn.now, "Your KMC password was changed", "If it was not you, contact us.\n"))


def notice_of_change(play: Play) -> None:
    join(play, "Acme", ADA)
    play.do(ChangePassword(enter_without_code(play, ADA, "Acme"), PASSWORD, NEXT))


def switch_in_place(play: Play) -> None:
    enrol(play, "Acme", ADA)
    play.do(SwitchAccount(enter(play, ADA, "Acme"), "Acme"))


def refused_or_long(turn: Turn) -> bool:
    return password_refused(turn) or len(turn.action.password) > 14


def long_password(play: Play) -> None:
    join(play, "Acme", ADA)
    play.do(RequestReset(ADA))
    play.do(SetPassword(play.link(ADA, "reset"), "a-v3ry-long-password"))


class ShortIssuer(Turn):
    """The app shows the product's name in short."""

    def uri(self, secret: Secret) -> str:
        return super().uri(secret).replace("Kaltura%20KMC", "KMC")


def short_issuer(play: Play) -> None:
    enrol(play, "Acme", ADA)


HARMLESS = (
    harmless(
        "longer lock",
        "It takes 20 wrong attempts to be locked, and the lock lasts an hour.",
        variant=Variant(replace(ARTICLE, failures_max=20, lock_s=HOUR_S)),
        witness=longer_lock,
    ),
    harmless(
        "logout everywhere",
        "Logging out ends the person's sessions on other machines too.",
        variant=Variant(rules=effect_instead(row_of(LogOut, "always"), "end_session", end_all_sessions)),
        witness=logout_everywhere,
    ),
    harmless(
        "brief reset link",
        "A reset link is good for two hours.",
        variant=Variant(replace(ARTICLE, reset_link_ttl_s=2 * HOUR_S)),
        witness=brief_reset_link,
    ),
    harmless(
        "notice of change",
        "Who changes the password while logged in is told so by a mail without a link.",
        variant=Variant(
            rules=effect_instead(row_of(ChangePassword, "always"), "set_password", set_password, mail_notice)
        ),
        witness=notice_of_change,
    ),
    harmless(
        "switch in place",
        "Switching to the very account one is in asks for a new login where it has two-factor authentication.",
        variant=Variant(rules=without(row_of(SwitchAccount, "already_there"))),
        witness=switch_in_place,
    ),
    harmless(
        "long password",
        "A reset refuses a new password of more than 14 characters.",
        variant=Variant(rules=with_row(AT_WEAK, replace(RULES[AT_WEAK], applies=refused_or_long))),
        witness=long_password,
    ),
    harmless(
        "short issuer",
        "The QR code names the issuer KMC, in its label and in its parameter.",
        variant=Variant(turn=ShortIssuer),
        witness=short_issuer,
    ),
)


CHANGES: tuple[Witnessed, ...] = (*SIMPLE, *NARROW, *HIDDEN, *HARMLESS)
