"""The table of rules: each row is one condition that decides the result of an action.

The rows of an action are checked in their order; the first row that applies gives the answer. A refusal has only the
effects of its row. Every row and every effect names its requirement (None: no requirement demands it).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kmc_model import actions as a
from kmc_model import mails
from kmc_model.clock import STEP_S
from kmc_model.records import Account, Credentials, LinkKind, LinkStatus, Membership, Session
from kmc_model.turn import Reason, Turn
from kmc_model.values import changed

__all__ = ["RULES", "Effect", "Reason", "Rule", "Rulebook", "by_action"]


@dataclass(frozen=True)
class Effect:
    """A change that an answer brings about, and the requirement that demands it."""

    requirement: str | None
    apply: Callable[[Turn], None]


@dataclass(frozen=True)
class Rule:
    """One row: if `applies` holds, `action` is refused for `reason`, or accepted without one; `effects` follow."""

    requirement: str | None
    action: type[a.Action]
    applies: Callable[[Turn], bool]
    reason: Reason | None = None
    effects: tuple[Effect, ...] = ()

    @property
    def name(self) -> str:  # pragma: no mutate block - for who reads the table, not for a target
        """The action and the condition under which it answers."""
        return f"{self.action.__name__}.{self.applies.__name__}"


Rulebook = Mapping[type[a.Action], Sequence[Rule]]
"""The rows of each action, in their order."""


def by_action(rules: Sequence[Rule]) -> Rulebook:
    """Return the rows of each action in their order."""
    return {action: tuple(rule for rule in rules if rule.action is action) for action in a.ACTIONS}


# Conditions


def always(turn: Turn) -> bool:
    return True


def is_member(turn: Turn) -> bool:
    return (membership := turn.membership) is not None and membership.status is not a.UserStatus.REMOVED


def not_in_account(turn: Turn) -> bool:
    return turn.membership is None


def not_active_in_account(turn: Turn) -> bool:
    return (membership := turn.membership) is None or membership.status is not a.UserStatus.ACTIVE


def inactive_in_account(turn: Turn) -> bool:
    return (membership := turn.membership) is not None and membership.status is not a.UserStatus.ACTIVE


def account_unknown(turn: Turn) -> bool:
    return turn.action.account not in turn.state.accounts


def account_blocked(turn: Turn) -> bool:
    return (account := turn.account) is not None and account.status is a.AccountStatus.BLOCKED


def account_has_two_factor(turn: Turn) -> bool:
    return (account := turn.account) is not None and account.two_factor


def not_the_vendor(turn: Turn) -> bool:
    return turn.action.session is not None


def link_unknown(turn: Turn) -> bool:
    return turn.link is None


def link_used(turn: Turn) -> bool:
    return (link := turn.link) is not None and link.status is LinkStatus.USED


def link_replaced(turn: Turn) -> bool:
    return (link := turn.link) is not None and link.status is LinkStatus.REPLACED


def link_expired(turn: Turn) -> bool:
    return (link := turn.link) is not None and turn.is_expired(link)


def made_to_reset(turn: Turn) -> bool:
    return _is_only_for(turn, LinkKind.RESET)


def made_to_enrol(turn: Turn) -> bool:
    return _is_only_for(turn, LinkKind.ENROLMENT)


def _is_only_for(turn: Turn, kind: LinkKind) -> bool:
    return turn.policy.links_have_one_purpose and (link := turn.link) is not None and link.kind is kind


def password_not_set(turn: Turn) -> bool:
    return turn.link is None or turn.link.status is not LinkStatus.USED


def nothing_to_enrol(turn: Turn) -> bool:
    return turn.link is not None and turn.link.follow_up is None


def qr_code_gone(turn: Turn) -> bool:
    link = turn.enrolment
    return link is None or link.status is not LinkStatus.OPEN or turn.is_expired(link)


def no_secret(turn: Turn) -> bool:
    return turn.own.secret is None


def is_unknown(turn: Turn) -> bool:
    return turn.credentials is None


def is_locked(turn: Turn) -> bool:
    return turn.now < turn.own.locked_until


def password_wrong(turn: Turn) -> bool:
    return (password := turn.own.password) is None or turn.action.password != password


def no_code_needed(turn: Turn) -> bool:
    judged = turn.account if turn.policy.fallback_asks_for_code else turn.first_choice
    return judged is None or not turn.needs_code(judged)


def code_missing(turn: Turn) -> bool:
    return not turn.action.code


def never_enrolled(turn: Turn) -> bool:
    return no_secret(turn) and not turn.policy.missing_secret_is_empty_key


def secret_dead(turn: Turn) -> bool:
    secret = turn.own.secret
    return secret is not None and turn.is_dead(secret)


def code_too_soon(turn: Turn) -> bool:
    return turn.now < turn.own.no_code_before


def code_wrong(turn: Turn) -> bool:
    return turn.counter() is None


def code_used_before(turn: Turn) -> bool:
    counter = turn.counter() if turn.policy.code_counts_once else None
    return counter is not None and (counter == turn.own.last_counter or counter in turn.own.earlier_counters)


def code_older_than_last(turn: Turn) -> bool:
    counter = turn.counter() if turn.policy.code_counts_once else None
    return counter is not None and counter < turn.own.last_counter


def session_ended(turn: Turn) -> bool:
    return (session := turn.session) is None or not session.is_open or turn.is_over(session)


def already_there(turn: Turn) -> bool:
    return _present_account(turn) is turn.account and not turn.policy.switch_in_place_needs_login


def from_account_without_two_factor(turn: Turn) -> bool:
    return account_has_two_factor(turn) and not _present_account(turn).two_factor


def from_account_with_two_factor(turn: Turn) -> bool:
    needs_login = turn.policy.switch_between_two_factor_accounts_needs_login
    return needs_login and account_has_two_factor(turn) and _present_account(turn).two_factor


def _present_account(turn: Turn) -> Account:
    return turn.state.accounts[turn.state.sessions[turn.action.session].account]


def too_many_resets(turn: Turn) -> bool:
    return len(_recent_resets(turn)) >= turn.policy.resets_max


def too_many_resets_told(turn: Turn) -> bool:
    return turn.policy.too_many_resets_are_told and too_many_resets(turn)


def _recent_resets(turn: Turn) -> tuple[int, ...]:
    since, asked_at = turn.now - turn.policy.resets_period_s, turn.own.resets_asked_at
    if turn.policy.resets_period_slides:
        return tuple(each for each in asked_at if each > since)
    return asked_at if asked_at and asked_at[0] > since else ()


def removed_from_last_account(turn: Turn) -> bool:
    last = turn.state.memberships.get((turn.own.last_account, turn.email))
    hinders = turn.policy.removal_hinders_resets and turn.needs_two_factor()
    return hinders and last is not None and last.status is a.UserStatus.REMOVED


def not_to_be_mailed(turn: Turn) -> bool:
    return not turn.policy.locked_out_are_mailed_resets and not any(
        turn.lets_in(each.account) for each in turn.memberships()
    )


def member_again(turn: Turn) -> bool:
    return turn.policy.registering_twice_is_refused and is_member(turn)


def _changes_by_code(turn: Turn) -> bool:
    session, secret, whose = turn.session, turn.own.secret, turn.policy.change_needs_code_of
    if whose == "nobody" or session is None or secret is None:
        return False
    return turn.state.accounts[session.account].two_factor and (whose == "enrolled" or secret.proven)


def code_lacking(turn: Turn) -> bool:
    """Whether a password is to be changed without the code that this takes."""
    if not _changes_by_code(turn):
        return False
    counter = turn.counter() if turn.action.code else None
    return counter is None or counter <= turn.own.last_counter


def password_refused(turn: Turn) -> bool:
    """Whether the new password is too short, or lacks a sign that it must have."""
    password = _new_password(turn)
    return len(password) < turn.policy.password_min or not re.fullmatch(
        turn.policy.new_passwords_fit, password, re.DOTALL
    )


def _new_password(turn: Turn) -> str:
    return str(getattr(turn.action, "new_password", turn.action.password))


# Effects


def register(turn: Turn) -> None:
    name, email = turn.action.account, turn.email
    if name not in turn.state.accounts:
        turn.put_account(Account(name, owner=email))
    turn.put_membership(Membership(name, email, turn.action.administrator))
    if turn.credentials is None:
        turn.put_credentials(Credentials(email, turn.action.password))
        if turn.action.password is None:
            turn.put_mail(mails.first_password(turn.new_link(LinkKind.RESET, email)))
    _remember_account(turn, name)


def _remember_account(turn: Turn, name: str) -> None:
    if turn.policy.removal_hinders_resets or turn.policy.nameless_login_opens == "last used":
        turn.put_credentials(changed(turn.own, last_account=name))


def enrol_late_user(turn: Turn) -> None:
    """Give a new user of a two-factor account a way to a QR code."""
    if not turn.state.accounts[turn.action.account].two_factor or turn.own.password is None:
        return
    if turn.policy.late_user_is_mailed_link:
        _mail_qr_code(turn, turn.email)
    else:
        turn.put_mail(mails.account_joined(turn.email, turn.now))
        if not (turn.policy.missing_secret_is_empty_key and turn.action.password):
            _keep_or_make_secret(turn, turn.email)


def _keep_or_make_secret(turn: Turn, email: str) -> None:
    secret = turn.state.credentials[email].secret
    renews = turn.policy.switching_on_renews_pairings and isinstance(turn.action, a.EnableTwoFactor)
    if secret is None or turn.is_dead(secret) or (renews and secret.proven):
        turn.new_secret(email)
    elif not secret.proven:
        turn.put_credentials(changed(turn.state.credentials[email], secret=changed(secret, issued_at=turn.now)))


def _mail_qr_code(turn: Turn, email: str) -> None:
    _keep_or_make_secret(turn, email)
    turn.put_mail(mails.enrolment(turn.new_link(LinkKind.ENROLMENT, email)))


def _mail_qr_codes(turn: Turn, *, to_owner: bool) -> None:
    account = turn.state.accounts[turn.action.account]
    for each in tuple(turn.state.memberships.values()):
        enrols = each.administrator or not turn.policy.only_administrators_enrol
        blocked_too = turn.policy.blocked_users_are_mailed and each.status is a.UserStatus.BLOCKED
        if each.account == account.name and (blocked_too or each.status is a.UserStatus.ACTIVE) and enrols:
            if (each.email == account.owner) is to_owner:
                _mail_qr_code(turn, each.email)


def mail_owner(turn: Turn) -> None:
    _mail_qr_codes(turn, to_owner=True)


def mail_other_users(turn: Turn) -> None:
    _mail_qr_codes(turn, to_owner=False)


def set_user_status(turn: Turn) -> None:
    membership = turn.state.memberships[turn.action.account, turn.email]
    turn.put_membership(changed(membership, status=turn.action.status))


def end_sessions_of_the_shut_out(turn: Turn) -> None:
    status = turn.action.status
    if status is a.UserStatus.BLOCKED or (status is a.UserStatus.REMOVED and turn.policy.removal_ends_sessions):
        _end_sessions(turn, turn.email, turn.action.account)


def set_account_status(turn: Turn) -> None:
    turn.put_account(changed(turn.state.accounts[turn.action.account], status=turn.action.status))
    if turn.policy.blocked_account_ends_sessions and turn.action.status is a.AccountStatus.BLOCKED:
        _end_sessions(turn, "", turn.action.account)


def _end_sessions(turn: Turn, email: str = "", account: str = "", kept: str | None = None) -> None:
    """End the sessions of a person, or of all, in an account, or in all; but for one."""
    for session in turn.state.sessions.values():
        if email in ("", session.email) and account in ("", session.account) and session.handle != kept:
            turn.put_session(changed(session, is_open=False))


def switch_on(turn: Turn) -> None:
    turn.put_account(changed(turn.state.accounts[turn.action.account], two_factor=True))
    if turn.policy.switching_on_ends_sessions:
        _end_sessions(turn, "", turn.action.account)


def switch_off(turn: Turn) -> None:
    turn.put_account(changed(turn.state.accounts[turn.action.account], two_factor=False))


def use_enrolment_link(turn: Turn) -> None:
    shows_again = turn.policy.link_shows_until_login and isinstance(turn.action, a.OpenEnrolmentLink)
    if (link := turn.enrolment) and not shows_again:
        turn.put_link(changed(link, status=LinkStatus.USED))


def show_qr_code(turn: Turn) -> None:
    turn.shown = turn.own.secret


def count_failure(turn: Turn) -> None:
    count, most = "failures", turn.policy.failures_max
    if turn.policy.code_failures_max is not None and not password_wrong(turn):
        count, most = "code_failures", turn.policy.code_failures_max
    failures = getattr(turn.own, count) + 1
    if failures < most:
        turn.put_credentials(changed(turn.own, **{count: failures}))
    else:
        left = 0 if turn.policy.lock_clears_failures else most - 1
        turn.put_credentials(changed(turn.own, **{count: left}, locked_until=turn.now + turn.policy.lock_s))


def extend_lock(turn: Turn) -> None:
    if turn.policy.attempts_extend_lock:
        turn.put_credentials(changed(turn.own, locked_until=turn.now + turn.policy.lock_s))


def make_wait(turn: Turn) -> None:
    if wait_s := turn.policy.wrong_code_wait_s:
        turn.put_credentials(changed(turn.own, no_code_before=turn.now + wait_s))


def forgive_failures_without_two_factor(turn: Turn) -> None:
    """Clear failures of users without two-factor accounts; a password alone must not clear wrong codes elsewhere."""
    if _has_failed(turn) and not turn.needs_two_factor():
        forgive_failures(turn)


def forgive_failures(turn: Turn) -> None:
    if _has_failed(turn):
        turn.put_credentials(changed(turn.own, failures=0, code_failures=0, locked_until=0, no_code_before=0))


def _has_failed(turn: Turn) -> bool:
    own = turn.own
    return any((own.failures, own.code_failures, own.locked_until, own.no_code_before))


def remember_counter(turn: Turn) -> None:
    """Remember the time step of this code as the last one, and of those before it what could be typed once more."""
    own, oldest = turn.own, turn.now // STEP_S - turn.policy.tolerance_steps
    used = (*own.earlier_counters, own.last_counter)
    earlier = frozenset(each for each in used if each >= oldest)
    turn.put_credentials(changed(own, last_counter=turn.counter() or -1, earlier_counters=earlier))


def prove_secret(turn: Turn) -> None:
    own = turn.own
    if turn.policy.link_shows_until_login:
        turn.replace_links(turn.email, LinkKind.ENROLMENT)
    if own.secret and not own.secret.proven:
        turn.put_credentials(changed(own, secret=changed(own.secret, proven=True)))


def open_session(turn: Turn) -> None:
    account = turn.account
    assert account is not None  # an earlier rule refuses a login that opens no account
    if turn.policy.login_ends_sessions and isinstance(turn.action, a.LogIn):
        _end_sessions(turn, turn.email)
    turn.opened = Session(turn.token(turn.new_serial(), link=None), turn.email, account.name, since=turn.now)
    turn.put_session(turn.opened)
    if isinstance(turn.action, a.LogIn):
        _remember_account(turn, account.name)


def end_session(turn: Turn) -> None:
    session = turn.session
    if session and session.is_open:
        turn.put_session(changed(session, is_open=False))
    if turn.policy.logout_ends_all_sessions and isinstance(turn.action, a.LogOut):
        _end_sessions(turn, turn.email)


def end_other_sessions(turn: Turn) -> None:
    own = None if turn.policy.change_ends_own_session else getattr(turn.action, "session", None)
    if turn.policy.new_password_ends_sessions:
        _end_sessions(turn, turn.email, kept=own)
    elif turn.policy.change_ends_own_session and isinstance(turn.action, a.ChangePassword):
        end_session(turn)


def move_session(turn: Turn) -> None:
    if session := turn.session:
        turn.opened = changed(session, account=turn.action.account)
        turn.put_session(turn.opened)


def keep_session(turn: Turn) -> None:
    turn.opened = turn.session


def renew_session(turn: Turn) -> None:
    if turn.policy.use_renews_session and (session := turn.session):
        turn.put_session(changed(session, since=turn.now))


def count_reset(turn: Turn) -> None:
    before = turn.own.resets_asked_at if turn.policy.resets_period_slides else _recent_resets(turn)
    turn.put_credentials(changed(turn.own, resets_asked_at=(*before, turn.now)))


def replace_reset_links(turn: Turn) -> None:
    if turn.policy.newest_reset_link_alone or isinstance(turn.action, a.ChangePassword):
        turn.replace_links(turn.email, LinkKind.RESET)


def mail_reset_link(turn: Turn) -> None:
    turn.put_mail(mails.reset(turn.new_link(LinkKind.RESET, turn.email)))


def set_password(turn: Turn) -> None:
    turn.put_credentials(changed(turn.own, password=_new_password(turn)))


def use_reset_link(turn: Turn) -> None:
    if link := turn.link:
        turn.put_link(changed(link, status=LinkStatus.USED))


def replace_enrolment_links(turn: Turn) -> None:
    if turn.needs_two_factor():
        turn.replace_links(turn.email, LinkKind.ENROLMENT)


def renew_secret(turn: Turn) -> None:
    if turn.needs_two_factor():
        turn.new_secret(turn.email)


def lead_to_new_qr_code(turn: Turn) -> None:
    """Issue one enrolment link for both OK and the mail; only its first use shows the QR code."""
    link = turn.link
    if link and turn.needs_two_factor():
        follow_up = turn.new_link(LinkKind.ENROLMENT, turn.email)
        turn.put_link(changed(link, follow_up=follow_up.token))
        if turn.policy.renewal_link_shares_time:
            turn.put_link(changed(follow_up, issued_at=link.issued_at))


def use_code_up(turn: Turn) -> None:
    if _changes_by_code(turn):
        remember_counter(turn)


def renew_pairing(turn: Turn) -> None:
    if turn.policy.change_renews_pairing and turn.needs_two_factor():
        replace_enrolment_links(turn)
        renew_secret(turn)
        _mail_qr_code(turn, turn.email)


def mail_new_qr_code(turn: Turn) -> None:
    link = turn.state.links[turn.link.follow_up] if turn.link and turn.link.follow_up else None
    if link and turn.policy.reset_mails_qr_code:
        turn.put_mail(mails.renewal(link))


# The table

RULES: tuple[Rule, ...] = (
    Rule(None, a.RegisterUser, member_again, Reason.NOT_ALLOWED),
    Rule(None, a.RegisterUser, is_member),
    Rule(None, a.RegisterUser, always, None, (Effect(None, register), Effect("ENA-008", enrol_late_user))),
    Rule(None, a.SetUserStatus, not_in_account, Reason.UNKNOWN),
    Rule(
        "LOG-014",
        a.SetUserStatus,
        always,
        None,
        (Effect("LOG-014", set_user_status), Effect("SEC-015", end_sessions_of_the_shut_out)),
    ),
    Rule(None, a.SetAccountStatus, account_unknown, Reason.UNKNOWN),
    Rule("SEC-010", a.SetAccountStatus, always, None, (Effect("SEC-010", set_account_status),)),
    # Enabling
    Rule("ENA-002", a.EnableTwoFactor, not_the_vendor, Reason.NOT_ALLOWED),
    Rule(None, a.EnableTwoFactor, account_unknown, Reason.UNKNOWN),
    Rule("ENA-009", a.EnableTwoFactor, account_has_two_factor),
    Rule(
        "ENA-001",
        a.EnableTwoFactor,
        always,
        None,
        (Effect("ENA-001", switch_on), Effect("ENA-003", mail_owner), Effect("ENA-004", mail_other_users)),
    ),
    Rule("ENA-002", a.DisableTwoFactor, not_the_vendor, Reason.NOT_ALLOWED),
    Rule(None, a.DisableTwoFactor, account_unknown, Reason.UNKNOWN),
    Rule("ENA-010", a.DisableTwoFactor, always, None, (Effect("ENA-010", switch_off),)),
    # The authentication screen
    Rule("ENR-013", a.OpenEnrolmentLink, link_unknown, Reason.LINK_NOT_VALID),
    Rule("SEC-006", a.OpenEnrolmentLink, made_to_reset, Reason.LINK_NOT_VALID),
    Rule("RST-006", a.OpenEnrolmentLink, link_replaced, Reason.LINK_NOT_VALID),
    Rule("ENR-002", a.OpenEnrolmentLink, link_used, Reason.LINK_NOT_VALID),
    Rule("ENR-009", a.OpenEnrolmentLink, link_expired, Reason.LINK_NOT_VALID),
    Rule("ENR-013", a.OpenEnrolmentLink, no_secret, Reason.LINK_NOT_VALID),
    Rule(
        "ENR-001",
        a.OpenEnrolmentLink,
        always,
        None,
        (Effect("ENR-002", use_enrolment_link), Effect("ENR-001", show_qr_code)),
    ),
    # Logging in
    Rule("LOG-007", a.LogIn, is_unknown, Reason.WRONG_CREDENTIALS),
    Rule("SEC-001", a.LogIn, is_locked, Reason.LOCKED, (Effect(None, extend_lock),)),
    Rule("LOG-006", a.LogIn, password_wrong, Reason.WRONG_CREDENTIALS, (Effect("SEC-001", count_failure),)),
    Rule("LOG-012", a.LogIn, not_in_account, Reason.NOT_IN_ACCOUNT),
    Rule("LOG-014", a.LogIn, inactive_in_account, Reason.BLOCKED),
    Rule("SEC-010", a.LogIn, account_blocked, Reason.BLOCKED),
    Rule(
        "LOG-002",
        a.LogIn,
        no_code_needed,
        None,
        (Effect(None, forgive_failures_without_two_factor), Effect("LOG-002", open_session)),
    ),
    Rule("LOG-003", a.LogIn, code_missing, Reason.CODE_NEEDED),
    Rule("ENA-012", a.LogIn, never_enrolled, Reason.WRONG_CODE),
    Rule("ENR-012", a.LogIn, secret_dead, Reason.WRONG_CODE),
    Rule(None, a.LogIn, code_too_soon, Reason.WRONG_CODE),
    Rule(
        "LOG-005",
        a.LogIn,
        code_wrong,
        Reason.WRONG_CODE,
        (Effect("SEC-002", count_failure), Effect(None, make_wait)),
    ),
    Rule("STD-003", a.LogIn, code_used_before, Reason.WRONG_CODE),
    Rule("STD-011", a.LogIn, code_older_than_last, Reason.WRONG_CODE),
    Rule(
        "LOG-004",
        a.LogIn,
        always,
        None,
        (
            Effect("STD-003", remember_counter),
            Effect("ENR-011", prove_secret),
            Effect(None, forgive_failures),
            Effect("LOG-004", open_session),
        ),
    ),
    Rule("LOG-010", a.LogOut, always, None, (Effect("LOG-010", end_session),)),
    Rule("LOG-010", a.UseSession, session_ended, Reason.SESSION_ENDED),
    Rule("LOG-002", a.UseSession, always, None, (Effect(None, renew_session), Effect(None, keep_session))),
    Rule("LOG-010", a.ChangePassword, session_ended, Reason.SESSION_ENDED),
    Rule("LOG-016", a.ChangePassword, password_wrong, Reason.WRONG_CREDENTIALS),
    Rule("LOG-017", a.ChangePassword, password_refused, Reason.PASSWORD_REFUSED),
    Rule(None, a.ChangePassword, code_lacking, Reason.WRONG_CODE),
    Rule(
        "LOG-015",
        a.ChangePassword,
        always,
        None,
        (
            Effect("LOG-015", set_password),
            Effect("RST-021", replace_reset_links),
            Effect(None, renew_session),
            Effect("SEC-007", end_other_sessions),
            Effect(None, use_code_up),
            Effect(None, renew_pairing),
        ),
    ),
    # Switching
    Rule("SWI-008", a.SwitchAccount, session_ended, Reason.SESSION_ENDED),
    Rule("SWI-006", a.SwitchAccount, not_active_in_account, Reason.NOT_IN_ACCOUNT),
    Rule("SEC-010", a.SwitchAccount, account_blocked, Reason.BLOCKED),
    Rule(None, a.SwitchAccount, already_there, None, (Effect(None, renew_session), Effect(None, keep_session))),
    Rule("SWI-001", a.SwitchAccount, from_account_without_two_factor, Reason.NEW_LOGIN_REQUIRED),
    Rule("SWI-002", a.SwitchAccount, from_account_with_two_factor, Reason.NEW_LOGIN_REQUIRED),
    Rule("SWI-004", a.SwitchAccount, always, None, (Effect(None, renew_session), Effect("SWI-004", move_session))),
    # Resetting
    Rule("SEC-004", a.RequestReset, is_unknown),
    Rule(None, a.RequestReset, too_many_resets_told, Reason.NOT_ALLOWED),
    Rule("SEC-012", a.RequestReset, too_many_resets),
    Rule(None, a.RequestReset, not_to_be_mailed),
    Rule(
        "RST-001",
        a.RequestReset,
        always,
        None,
        (
            Effect("SEC-012", count_reset),
            Effect("RST-012", replace_reset_links),
            Effect("RST-001", mail_reset_link),
        ),
    ),
    Rule("RST-010", a.SetPassword, link_unknown, Reason.LINK_NOT_VALID),
    Rule("SEC-006", a.SetPassword, made_to_enrol, Reason.LINK_NOT_VALID),
    Rule("RST-010", a.SetPassword, link_used, Reason.LINK_NOT_VALID),
    Rule("RST-012", a.SetPassword, link_replaced, Reason.LINK_NOT_VALID),
    Rule("RST-011", a.SetPassword, link_expired, Reason.LINK_NOT_VALID),
    Rule("RST-013", a.SetPassword, password_refused, Reason.PASSWORD_REFUSED),
    Rule(
        None,
        a.SetPassword,
        removed_from_last_account,
        Reason.UNKNOWN,
        (Effect(None, set_password), Effect(None, use_reset_link), Effect(None, forgive_failures)),
    ),
    Rule(
        "RST-002",
        a.SetPassword,
        always,
        None,
        (
            Effect("RST-002", set_password),
            Effect("RST-010", use_reset_link),
            Effect("SEC-011", forgive_failures),
            Effect("SEC-007", end_other_sessions),
            Effect("RST-006", replace_enrolment_links),
            Effect("RST-007", renew_secret),
            Effect("RST-003", lead_to_new_qr_code),
            Effect("RST-004", mail_new_qr_code),
        ),
    ),
    Rule("RST-003", a.ConfirmPassword, password_not_set, Reason.LINK_NOT_VALID),
    Rule("RST-014", a.ConfirmPassword, nothing_to_enrol),
    Rule("RST-018", a.ConfirmPassword, qr_code_gone, Reason.LINK_NOT_VALID),
    Rule(
        "RST-003",
        a.ConfirmPassword,
        always,
        None,
        (Effect("RST-018", use_enrolment_link), Effect("RST-003", show_qr_code)),
    ),
)
