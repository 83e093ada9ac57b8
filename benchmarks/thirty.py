"""Thirty faults written blind on 2026-11-30, from the article, the requirements and the table of rules alone.

Ten simple ones, ten with a narrow condition, ten with hidden state or counting. Whatever a fault has to remember
beyond the reference is kept in the state itself (a record with one field more), so a faulty model is as
deterministic as the reference and looking ahead does nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from msgspec.structs import asdict

from kmc_model import mails
from kmc_model import rules as table
from kmc_model.actions import (
    ChangePassword,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LogIn,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    SwitchAccount,
    UserStatus,
)
from kmc_model.analysis.faults._fault import Fault, Kind, row_of
from kmc_model.model import Variant
from kmc_model.records import Account, Credentials, Link, LinkKind, LinkStatus, Membership, Secret, Session
from kmc_model.rules import RULES, Effect, Rule
from kmc_model.turn import Turn
from kmc_model.values import Hidden, Value, changed

__all__ = ["FAULTS", "HIDDEN", "NARROW", "SIMPLE"]

_V = TypeVar("_V", bound=Value)
Rules = tuple[Rule, ...]
DAY_S = 24 * 60 * 60


# How the table is changed: on top of a table, so that several rows can be changed one after another


def _row(rules: Rules, at: int, **instead: Any) -> Rules:
    return (*rules[:at], replace(rules[at], **instead), *rules[at + 1 :])


def _effect(rules: Rules, at: int, name: str, *new: Callable[[Turn], None]) -> Rules:
    """Put `new` in place of the effect called `name` of a row."""
    old = rules[at].effects
    assert name in {each.apply.__name__ for each in old}, f"{rules[at].name} has no effect {name}"
    made: list[Effect] = []
    for each in old:
        made += [replace(each, apply=one) for one in new] if each.apply.__name__ == name else [each]
    return _row(rules, at, effects=tuple(made))


def _more(rules: Rules, at: int, *new: Callable[[Turn], None]) -> Rules:
    return _row(rules, at, effects=(*rules[at].effects, *(Effect(None, each) for each in new)))


def _fault(
    kind: Kind, name: str, sentence: str, *requirements: str, rules: Rules = RULES, turn: type[Turn] = Turn
) -> Fault:
    return Fault(name, sentence, requirements, kind, Variant(rules=rules, turn=turn))


def _grown(kind: type[_V], record: Value, **more: Any) -> _V:
    """Return `record` as one of a kind with more fields."""
    return kind(**{**asdict(record), **more})


REGISTER = row_of(RegisterUser, "always")
USER_STATUS = row_of(SetUserStatus, "always")
ACCOUNT_STATUS = row_of(SetAccountStatus, "always")
ENABLE = row_of(EnableTwoFactor, "always")
DISABLE = row_of(DisableTwoFactor, "always")
ACCEPTED = row_of(LogIn, "always")
CHANGE = row_of(ChangePassword, "always")
SWITCH_PLAIN = row_of(SwitchAccount, "from_account_without_two_factor")
SWITCH_STRONG = row_of(SwitchAccount, "from_account_with_two_factor")
SWITCHED = row_of(SwitchAccount, "always")
ASKED = row_of(RequestReset, "always")
RESET = row_of(SetPassword, "always")
CONFIRMED = row_of(ConfirmPassword, "always")


def _members(turn: Turn) -> tuple[Membership, ...]:
    name = turn.action.account
    return tuple(each for each in turn.state.memberships.values() if each.account == name)


def _active_members(turn: Turn) -> tuple[Membership, ...]:
    return tuple(each for each in _members(turn) if each.status is UserStatus.ACTIVE)


def _owner_first(turn: Turn, members: tuple[Membership, ...]) -> tuple[Membership, ...]:
    owner = turn.state.accounts[turn.action.account].owner
    return tuple(sorted(members, key=lambda each: each.email != owner))


def _mailing(rules: Rules, mail_all: Callable[[Turn], None]) -> Rules:
    """Return the table in which `mail_all` mails everybody, the owner and the others, when 2FA is switched on."""
    return _effect(_effect(rules, ENABLE, "mail_other_users"), ENABLE, "mail_owner", mail_all)


# Ten simple ones


def _mail_removed_too(turn: Turn) -> None:
    for each in _owner_first(turn, _members(turn)):
        if each.status is not UserStatus.BLOCKED:
            table._mail_qr_code(turn, each.email)


class _DaysInsteadOfHours(Turn):
    def is_expired(self, link: Link) -> bool:
        if link.kind is LinkKind.RESET:
            return super().is_expired(link)
        return self.now // DAY_S > link.issued_at // DAY_S + 1


def _switch_off_and_forget(turn: Turn) -> None:
    if turn.state.accounts[turn.action.account].two_factor:
        for each in _members(turn):
            turn.put_credentials(changed(turn.state.credentials[each.email], secret=None))
    table.switch_off(turn)


def _removed_from_account(turn: Turn) -> bool:
    return (membership := turn.membership) is not None and membership.status is UserStatus.REMOVED


def _drop_secret(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, secret=None))


def _has_open_reset_link(turn: Turn) -> bool:
    return any(
        each.email == turn.email
        and each.kind is LinkKind.RESET
        and each.status is LinkStatus.OPEN
        and not turn.is_expired(each)
        for each in turn.state.links.values()
    )


def _rebuild_account(turn: Turn) -> None:
    account = turn.state.accounts[turn.action.account]
    turn.put_account(Account(account.name, account.owner, status=turn.action.status))


def _present_has_two_factor(turn: Turn) -> bool:
    return table._present_account(turn).two_factor


SIMPLE = (
    _fault(
        Kind.REALISTIC,
        "removed users are mailed too",
        "When 2FA is switched on, users removed from the account get the enrolment mail as well; only blocked ones are "
        "left out.",
        "ENA-005",
        rules=_mailing(RULES, _mail_removed_too),
    ),
    _fault(
        Kind.REALISTIC,
        "enrolment link lives until the end of the next day",
        "The age of an enrolment link is counted in calendar days: it shows its QR code until midnight of the day "
        "after it was mailed, not for 24 hours.",
        "ENR-009",
        turn=_DaysInsteadOfHours,
    ),
    _fault(
        Kind.REALISTIC,
        "switching off deletes the secrets",
        "Switching 2FA off for an account deletes the secrets of its users, so that authenticators paired before "
        "are worthless when it is switched on again.",
        "ENA-011",
        rules=_effect(RULES, DISABLE, "switch_off", _switch_off_and_forget),
    ),
    _fault(
        Kind.REALISTIC,
        "blocked user logs in",
        "The login looks whether the user was removed from the account and forgets the status blocked.",
        "LOG-014",
        rules=_row(RULES, row_of(LogIn, "inactive_in_account"), applies=_removed_from_account),
    ),
    _fault(
        Kind.REALISTIC,
        "refused switch logs out",
        "Trying to switch to an account that requires a new login ends the present session, as if the person had "
        "already followed the advice to log out.",
        "SWI-005",
        rules=_more(_more(RULES, SWITCH_PLAIN, table.end_session), SWITCH_STRONG, table.end_session),
    ),
    _fault(
        Kind.REALISTIC,
        "asking for a reset drops the pairing",
        "Forgot Password throws the secret away at once, not when the new password is set.",
        "RST-009",
        "RST-020",
        rules=_more(RULES, ASKED, _drop_secret),
    ),
    _fault(
        Kind.REALISTIC,
        "no second reset mail while a link is open",
        "As long as somebody has an open reset link, Forgot Password sends no further mail.",
        "RST-012",
        rules=(*RULES[:ASKED], Rule("RST-001", RequestReset, _has_open_reset_link), *RULES[ASKED:]),
    ),
    _fault(
        Kind.REALISTIC,
        "blocking an account forgets its two-factor setting",
        "Setting an account's status writes a fresh record, in which 2FA is off: after the block is lifted a password "
        "alone logs in.",
        "ENA-007",
        "LOG-003",
        rules=_effect(RULES, ACCOUNT_STATUS, "set_account_status", _rebuild_account),
    ),
    _fault(
        Kind.REALISTIC,
        "switch looks at the account left",
        "Whether a switch needs a new login is decided by the account where the person is, not by the one they go to.",
        "SWI-001",
        "SWI-004",
        "SWI-007",
        rules=_row(
            _row(RULES, SWITCH_PLAIN, applies=_present_has_two_factor), SWITCH_STRONG, applies=_present_has_two_factor
        ),
    ),
    _fault(
        Kind.REALISTIC,
        "changed password makes a new secret",
        "Changing the password while logged in goes through the same code as a reset and makes a new secret, "
        "unseen; the paired app's codes are refused.",
        "LOG-015",
        rules=_more(RULES, CHANGE, table.renew_secret),
    ),
)


# Ten with a narrow condition


def _renew_unless_owner(turn: Turn) -> None:
    owns = any(each.owner == turn.email for each in turn.state.accounts.values())
    secret = turn.own.secret
    if not owns or secret is None or turn.is_dead(secret):
        table.renew_secret(turn)


def _mail_with_new_secret_for_a_second_account(turn: Turn) -> None:
    here = turn.action.account
    for each in _owner_first(turn, _active_members(turn)):
        secret = turn.state.credentials[each.email].secret
        elsewhere = any(
            other.email == each.email and other.account != here and turn.state.accounts[other.account].two_factor
            for other in turn.state.memberships.values()
        )
        if secret and secret.proven and elsewhere:
            turn.new_secret(each.email)
        table._mail_qr_code(turn, each.email)


def _mail_who_is_not_paired(turn: Turn) -> None:
    for each in _owner_first(turn, _active_members(turn)):
        secret = turn.state.credentials[each.email].secret
        if secret is None or not secret.proven:
            table._mail_qr_code(turn, each.email)


class _ListedAccount(Account, frozen=True):
    listed: tuple[str, ...] = ()


def _switch_on_with_list(turn: Turn) -> None:
    account = turn.state.accounts[turn.action.account]
    if isinstance(account, _ListedAccount):
        table.switch_on(turn)
    else:
        listed = tuple(each.email for each in _members(turn))
        turn.put_account(_grown(_ListedAccount, account, two_factor=True, listed=listed))


def _mail_who_is_listed(turn: Turn) -> None:
    account = turn.state.accounts[turn.action.account]
    for each in _owner_first(turn, _active_members(turn)):
        if each.email in getattr(account, "listed", ()):
            table._mail_qr_code(turn, each.email)


def _restore_without_pairing(turn: Turn) -> None:
    before = turn.state.memberships[turn.action.account, turn.email].status
    table.set_user_status(turn)
    if before is UserStatus.BLOCKED and turn.action.status is UserStatus.ACTIVE:
        _drop_secret(turn)


class _FirstAccountCounts(Turn):
    def needs_two_factor(self) -> bool:
        first = next((each for each in self.memberships() if each.status is UserStatus.ACTIVE), None)
        return first is not None and self.state.accounts[first.account].two_factor


def _owns_target(turn: Turn) -> bool:
    return turn.state.accounts[turn.action.account].owner == turn.email


def _plain_to_others_account(turn: Turn) -> bool:
    return table.from_account_without_two_factor(turn) and not _owns_target(turn)


def _strong_to_others_account(turn: Turn) -> bool:
    return table.from_account_with_two_factor(turn) and not _owns_target(turn)


class _DatedAccount(Account, frozen=True):
    on_since: int = 0


class _LateLink(Link, frozen=True):
    counted_from: int = 0


def _switch_on_with_date(turn: Turn) -> None:
    account = turn.state.accounts[turn.action.account]
    turn.put_account(_grown(_DatedAccount, account, two_factor=True, on_since=turn.now))


def _enrol_late_user_from_switching_on(turn: Turn) -> None:
    known = set(turn.state.links)
    table.enrol_late_user(turn)
    account = turn.state.accounts[turn.action.account]
    for token, link in tuple(turn.state.links.items()):
        if token not in known and link.kind is LinkKind.ENROLMENT:
            turn.put_link(_grown(_LateLink, link, counted_from=getattr(account, "on_since", turn.now)))


class _LateLinksCountFromSwitchingOn(Turn):
    def is_expired(self, link: Link) -> bool:
        if isinstance(link, _LateLink):
            return self.now > link.counted_from + self.policy.enrolment_link_ttl_s
        return super().is_expired(link)


def _prove_in_first_account(turn: Turn) -> None:
    account = turn.account
    if account and account.name == next(turn.memberships()).account:
        table.prove_secret(turn)


def _is_first_password(turn: Turn) -> bool:
    return turn.link is not None and turn.link.issued_at not in turn.own.resets_asked_at


def _lead_unless_first_password(turn: Turn) -> None:
    if not _is_first_password(turn):
        table.lead_to_new_qr_code(turn)


NARROW = (
    _fault(
        Kind.REALISTIC,
        "owner keeps the secret at a reset",
        "The reset of somebody who owns an account shows a QR code with the secret they had: only other users get a "
        "new one.",
        "RST-007",
        "RST-008",
        rules=_effect(RULES, RESET, "renew_secret", _renew_unless_owner),
    ),
    _fault(
        Kind.REALISTIC,
        "second account replaces the pairing",
        "When a second account of somebody who is already paired in another one switches 2FA on, they get a new "
        "secret and their present app stops working everywhere.",
        "ENA-015",
        rules=_mailing(RULES, _mail_with_new_secret_for_a_second_account),
    ),
    _fault(
        Kind.REALISTIC,
        "who is paired gets no mail",
        "When 2FA is switched on (again, or in another account), users who have logged in with a code before get no "
        "mail with a link.",
        "ENA-003",
        "ENA-004",
        rules=_mailing(RULES, _mail_who_is_not_paired),
    ),
    _fault(
        Kind.REALISTIC,
        "the list of recipients is the first one",
        "The recipients are put down when 2FA is switched on for the first time; who joined the account afterwards gets "
        "no mail when it was switched off and is switched on again.",
        "ENA-004",
        rules=_mailing(_effect(RULES, ENABLE, "switch_on", _switch_on_with_list), _mail_who_is_listed),
    ),
    _fault(
        Kind.REALISTIC,
        "unblocked user has lost the pairing",
        "Lifting the block of a user deletes their secret: their app's codes are refused until they reset the password. "
        "Restoring a removed user does not.",
        "LOG-014",
        rules=_effect(RULES, USER_STATUS, "set_user_status", _restore_without_pairing),
    ),
    _fault(
        Kind.REALISTIC,
        "a reset looks at the first account alone",
        "Whether a reset renews the secret and shows a QR code is decided by the first account that the user is active "
        "in; where only a later one has 2FA, the reset brings none and the old app goes on working.",
        "RST-003",
        "RST-004",
        "RST-007",
        turn=_FirstAccountCounts,
    ),
    _fault(
        Kind.REALISTIC,
        "owner switches freely",
        "The owner of an account with 2FA switches to it without logging in again.",
        "SWI-001",
        "SWI-002",
        rules=_row(
            _row(RULES, SWITCH_PLAIN, applies=_plain_to_others_account),
            SWITCH_STRONG,
            applies=_strong_to_others_account,
        ),
    ),
    _fault(
        Kind.REALISTIC,
        "late user's link counts from switching on",
        "The enrolment link of somebody registered after 2FA was switched on expires 24 hours after the switching on; "
        "who is registered later than that gets a link that is dead on arrival.",
        "ENR-010",
        "ENA-008",
        rules=_effect(
            _effect(RULES, ENABLE, "switch_on", _switch_on_with_date),
            REGISTER,
            "enrol_late_user",
            _enrol_late_user_from_switching_on,
        ),
        turn=_LateLinksCountFromSwitchingOn,
    ),
    _fault(
        Kind.REALISTIC,
        "pairing is confirmed in the first account alone",
        "A login with a code confirms the pairing only where it goes to the account the user joined first; who logs in "
        "to another one is refused once the QR code is 24 hours old.",
        "ENR-011",
        rules=_effect(RULES, ACCEPTED, "prove_secret", _prove_in_first_account),
    ),
    _fault(
        Kind.REALISTIC,
        "first password brings no QR code",
        "Somebody registered without a password sees and gets no QR code after setting their first one, though their "
        "account has 2FA on; only a reset they asked for brings one.",
        "ENA-008",
        rules=_effect(RULES, RESET, "lead_to_new_qr_code", _lead_unless_first_password),
    ),
)


# Ten with hidden state or counting


class _Ring(Credentials, frozen=True):
    past: Hidden[tuple[str, ...]] = ()


def _renew_from_ring(turn: Turn) -> None:
    own = turn.own
    if not turn.needs_two_factor():
        return
    past = getattr(own, "past", ())
    if own.secret:
        past = (*past, own.secret.base32)
    turn.put_credentials(_grown(_Ring, own, past=past))
    turn.new_secret(turn.email)
    if len(past) == 3:
        secret = Secret(past[0], turn.now)
        turn.put_credentials(changed(turn.own, secret=secret, past=()))


def _replace_links_of_the_account(turn: Turn) -> None:
    table.replace_enrolment_links(turn)
    accounts = {each.account for each in turn.memberships() if turn.state.accounts[each.account].two_factor}
    for each in tuple(turn.state.memberships.values()):
        if each.account in accounts:
            turn.replace_links(each.email, LinkKind.ENROLMENT)


class _TwoSecrets(Credentials, frozen=True):
    earlier: Secret | None = None


class _EarlierQrCodeWorks(Turn):
    def new_secret(self, email: str) -> None:
        before = self.state.credentials[email]
        earlier = before.secret if before.secret and not before.secret.proven else None
        super().new_secret(email)
        self.put_credentials(_grown(_TwoSecrets, self.state.credentials[email], earlier=earlier))

    def counter(self) -> int | None:
        counter, earlier = super().counter(), getattr(self.own, "earlier", None)
        if counter is None and earlier and not self.is_dead(earlier):
            tolerance, as_numbers = self.policy.tolerance_steps, self.policy.codes_compared_as_numbers
            return self.secrets.counter_of(self.action.code, earlier.base32, self.now, tolerance, as_numbers)
        return counter


class _CountedPerAccount(Credentials, frozen=True):
    counted: tuple[tuple[str, int], ...] = ()


class _OneMemoryPerAccount(Turn):
    def new_secret(self, email: str) -> None:
        super().new_secret(email)
        own = self.state.credentials[email]
        if isinstance(own, _CountedPerAccount):
            self.put_credentials(changed(own, counted=()))


def _remember_counter_here(turn: Turn) -> None:
    own, account = turn.own, turn.account
    assert account is not None
    others = tuple(each for each in getattr(own, "counted", ()) if each[0] != account.name)
    turn.put_credentials(_grown(_CountedPerAccount, own, counted=(*others, (account.name, turn.counter() or -1))))


def _code_used_here(turn: Turn) -> bool:
    counter, account = turn.counter(), turn.account
    assert account is not None
    return counter is not None and counter <= dict(getattr(turn.own, "counted", ())).get(account.name, -1)


def _code_used_by_anybody_here(turn: Turn) -> bool:
    counter, account = turn.counter(), turn.account
    assert account is not None
    return table.code_used_before(turn) or any(
        each.account == account.name and turn.state.credentials[each.email].last_counter == counter
        for each in turn.state.memberships.values()
    )


def _gone_on_the_screen(turn: Turn) -> bool:
    link = turn.enrolment
    return link is None or link.status is LinkStatus.REPLACED or turn.is_expired(link)


def _use_on_the_screen(turn: Turn) -> None:
    if link := turn.enrolment:
        turn.put_link(changed(link, status=LinkStatus.REPLACED))


class _ReturningSession(Session, frozen=True):
    came_from: str | None = None


def _move_and_remember(turn: Turn) -> None:
    if session := turn.session:
        turn.opened = _grown(_ReturningSession, session, account=turn.action.account, came_from=session.account)
        turn.put_session(turn.opened)


def _plain_and_not_back(turn: Turn) -> bool:
    came_from = getattr(turn.session, "came_from", None)
    return table.from_account_without_two_factor(turn) and came_from != turn.action.account


def _mail_without_new_time(turn: Turn, email: str) -> None:
    secret = turn.state.credentials[email].secret
    if secret is None or turn.is_dead(secret):
        turn.new_secret(email)
    turn.put_mail(mails.enrolment(turn.new_link(LinkKind.ENROLMENT, email)))


def _mail_all_without_new_time(turn: Turn) -> None:
    for each in _owner_first(turn, _active_members(turn)):
        _mail_without_new_time(turn, each.email)


def _enrol_late_user_without_new_time(turn: Turn) -> None:
    if turn.state.accounts[turn.action.account].two_factor and turn.own.password is not None:
        _mail_without_new_time(turn, turn.email)


class _MarkedCredentials(Credentials, frozen=True):
    spared: bool = False


class _UsersAreMarked(Turn):
    def needs_code(self, account: Account) -> bool:
        return account.two_factor and not getattr(self.own, "spared", False)


def _mark(turn: Turn, email: str, spared: bool) -> None:
    turn.put_credentials(_grown(_MarkedCredentials, turn.state.credentials[email], spared=spared))


def _switch_on_and_mark(turn: Turn) -> None:
    table.switch_on(turn)
    for each in _members(turn):
        _mark(turn, each.email, False)


def _switch_off_and_spare(turn: Turn) -> None:
    if turn.state.accounts[turn.action.account].two_factor:
        for each in _members(turn):
            _mark(turn, each.email, True)
    table.switch_off(turn)


def _enrol_late_user_and_mark(turn: Turn) -> None:
    table.enrol_late_user(turn)
    if turn.state.accounts[turn.action.account].two_factor:
        _mark(turn, turn.email, False)


HIDDEN = (
    _fault(
        Kind.HIDDEN,
        "third reset brings the first secret back",
        "The third reset shows a QR code with the very first secret again, and the app paired from it works.",
        "RST-008",
        "RST-007",
        rules=_effect(RULES, RESET, "renew_secret", _renew_from_ring),
    ),
    _fault(
        Kind.HIDDEN,
        "a reset kills the links of colleagues",
        "One user's reset makes the unopened enrolment links of everybody in their accounts with 2FA worthless.",
        "RST-015",
        rules=_effect(RULES, RESET, "replace_enrolment_links", _replace_links_of_the_account),
    ),
    _fault(
        Kind.HIDDEN,
        "earlier QR code works if it was never used",
        "After a reset, the codes of the QR code before it are accepted too, for its 24 hours, provided that nobody "
        "had logged in with it before the reset.",
        "RST-006",
        "RST-007",
        turn=_EarlierQrCodeWorks,
    ),
    _fault(
        Kind.HIDDEN,
        "used codes are remembered per account",
        "A code used in one account is accepted once more in another account of the same user.",
        "STD-003",
        rules=_row(
            _effect(RULES, ACCEPTED, "remember_counter", table.remember_counter, _remember_counter_here),
            row_of(LogIn, "code_used_before"),
            applies=_code_used_here,
        ),
        turn=_OneMemoryPerAccount,
    ),
    _fault(
        Kind.HIDDEN,
        "colleagues share the memory of used codes",
        "That a code was used is remembered per account and time step: after one user's login a colleague's code of "
        "the same 30 seconds is refused.",
        "LOG-004",
        "STD-003",
        rules=_row(RULES, row_of(LogIn, "code_used_before"), applies=_code_used_by_anybody_here),
    ),
    _fault(
        Kind.HIDDEN,
        "OK shows the QR code after the mail did",
        "When the mailed link of a reset is opened first, OK shows the QR code a second time; the other way round it is "
        "shown once.",
        "RST-018",
        rules=_effect(
            _row(RULES, row_of(ConfirmPassword, "qr_code_gone"), applies=_gone_on_the_screen),
            CONFIRMED,
            "use_enrolment_link",
            _use_on_the_screen,
        ),
    ),
    _fault(
        Kind.HIDDEN,
        "mistakes add up in spite of logins",
        "A login with a code does not set the count of failures back: the tenth mistake since the last reset locks, "
        "however many good logins lie between.",
        "SEC-001",
        "LOG-004",
        rules=_effect(RULES, ACCEPTED, "forgive_failures"),
    ),
    _fault(
        Kind.HIDDEN,
        "the way back stays open",
        "Who has switched from an account with 2FA to one without may switch back without logging in, for the session "
        "remembers where it came from.",
        "SWI-001",
        "SWI-009",
        rules=_effect(
            _row(RULES, SWITCH_PLAIN, applies=_plain_and_not_back), SWITCHED, "move_session", _move_and_remember
        ),
    ),
    _fault(
        Kind.HIDDEN,
        "mailed again, the secret keeps its old time",
        "When somebody unpaired is mailed a second link (2FA switched off and on, or another account), its QR code "
        "is good for a first login only until 24 hours after the first one was issued.",
        "ENR-005",
        "ENR-010",
        rules=_effect(
            _mailing(RULES, _mail_all_without_new_time), REGISTER, "enrol_late_user", _enrol_late_user_without_new_time
        ),
    ),
    _fault(
        Kind.HIDDEN,
        "switching off in one account spares its users everywhere",
        "That a user needs a code is marked at the user: switching 2FA off in one account takes the mark off its "
        "users, who then log in to another account that has it on with a password alone.",
        "ENA-007",
        "ENA-001",
        rules=_effect(
            _effect(
                _effect(RULES, ENABLE, "switch_on", _switch_on_and_mark), DISABLE, "switch_off", _switch_off_and_spare
            ),
            REGISTER,
            "enrol_late_user",
            _enrol_late_user_and_mark,
        ),
        turn=_UsersAreMarked,
    ),
)

FAULTS: tuple[Fault, ...] = (*SIMPLE, *NARROW, *HIDDEN)
