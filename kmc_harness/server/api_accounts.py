"""Calls of administration: the vendor founds accounts and sets them up, an account adds users and blocks them.

After Kaltura's PartnerService, UserService and SystemPartnerService. Here the id of a user is the e-mail, and only the
vendor founds accounts.
"""

from typing import Any

from kmc_harness.server.api_logins import refused_password, see_no_name
from kmc_harness.server.call import DAY_S, Call
from kmc_harness.server.errors import ApiError
from kmc_harness.server.ks import ADMIN, VENDOR_ID
from kmc_model.actions import (
    AccountStatus,
    DisableTwoFactor,
    EnableTwoFactor,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    UserStatus,
)
from kmc_model.rules import password_refused

__all__ = [
    "add_user",
    "delete_user",
    "get_admin_session",
    "get_configuration",
    "list_batch_jobs",
    "register_partner",
    "update_configuration",
    "update_status",
    "update_user",
]

USER_STATUS = {0: UserStatus.BLOCKED, 1: UserStatus.ACTIVE}
MAIL_JOB = 15
"""The type of a batch job that sends a mail."""
LETS_IN = {1, 4}
"""The statuses of an account whose users can log in: active and read-only (facts, 13)."""


def register_partner(call: Call) -> Any:
    """Found an account; whoever has credentials already must show their password to own it."""
    _see_vendor(call, "partner")
    asked = Call(call.site, call.object("partner"))
    name, email, password = _given(asked, "name"), _given(asked, "adminEmail"), call.text("cmsPassword", "")
    for field in ("adminName", "description"):
        _given(asked, field)
    with call.backend.lock:
        if call.backend.partner_id(name) is not None:
            raise ApiError("PARTNER_REGISTRATION_ERROR", MESSAGE="SE there is such a partner")
        known = call.backend.state.credentials.get(email)
        if known and (not password or password != known.password):
            raise ApiError("PARTNER_REGISTRATION_ERROR", MESSAGE="SE Invalid password")
        _register(call, RegisterUser(name, email, password or None), *_given(asked, "adminName").partition(" ")[::2])
        if call.site.strictness and password and not call.flag("silent"):
            call.backend.mail_first_password(email)
        number = call.backend.partner_id(name) or 0
    secret = call.site.admin_secret(number)
    return {"objectType": "KalturaPartner", "id": number, "name": name, "adminEmail": email, "adminSecret": secret}


def add_user(call: Call) -> Any:
    """Add a user who logs in, to the account of the KS."""
    account, asked = _administered(call), Call(call.site, call.object("user"))
    email, password = _given(asked, "email"), asked.text("password", "")
    if asked.text("id", email) != email:
        raise ApiError("INVALID_FIELD_VALUE", FIELD_NAME="id")
    administrator = asked.flag("isAdmin")
    if not administrator and not password:
        raise ApiError("PROPERTY_VALIDATION_CANNOT_BE_NULL", PROP_NAME="password")
    with call.backend.lock:
        if _member(call, account, email):
            raise ApiError("DUPLICATE_USER_BY_ID", UID=email)
        if call.site.strictness and administrator:
            call.site.strictness.add_administrator(account)
        action = RegisterUser(account, email, password or None, administrator)
        _register(call, action, asked.text("firstName", ""), asked.text("lastName", ""))
    return _user(email, UserStatus.ACTIVE)


def update_user(call: Call) -> Any:
    """Block a user of the account of the KS, or lift the block; one who was deleted is no user."""
    return _set_status(call, USER_STATUS.get(Call(call.site, call.object("user")).number("status", 1)))


def delete_user(call: Call) -> Any:
    """Remove a user from the account of the KS."""
    return _set_status(call, UserStatus.REMOVED)


def _set_status(call: Call, status: UserStatus | None) -> Any:
    account, email = _administered(call), call.text("userId")
    if status is None:
        raise ApiError("INVALID_FIELD_VALUE", FIELD_NAME="status")
    with call.backend.lock:
        if not _member(call, account, email):
            raise ApiError("INVALID_USER_ID", PUSER=email)
        if call.backend.state.accounts[account].owner == email and status != UserStatus.ACTIVE:
            raise ApiError("CANNOT_DELETE_OR_BLOCK_ROOT_ADMIN_USER")
        call.perform(SetUserStatus(account, email, status))
    return _user(email, status)


def update_status(call: Call) -> Any:
    """Have the vendor block an account, or let its users in again."""
    account = _vendors_choice(call, "id")
    status = AccountStatus.ACTIVE if call.number("status") in LETS_IN else AccountStatus.BLOCKED
    call.perform(SetAccountStatus(account, status))


def get_admin_session(call: Call) -> Any:
    """Return a KS with which the vendor administers an account."""
    account = _vendors_choice(call, "pId")
    number, owner = call.backend.partner_id(account) or 0, call.backend.state.accounts[account].owner
    return call.site.ks_issuer.issue_own(number, call.text("userId", owner), call.backend.now() + DAY_S)


def get_configuration(call: Call) -> Any:
    """Tell the vendor how an account is set up."""
    account = call.backend.state.accounts[_vendors_choice(call, "pId")]
    return {
        "objectType": "KalturaSystemPartnerConfiguration",
        "id": call.backend.partner_id(account.name),
        "partnerName": account.name,
        "useTwoFactorAuthentication": account.two_factor,
        "twoFactorAuthenticationMode": 0,
    }


def update_configuration(call: Call) -> Any:
    """Have the vendor switch two-factor authentication on or off: for all users, the only mode there is here."""
    ks = call.ks()
    vendor = ks.partner_id == VENDOR_ID
    account = _vendors_choice(call, "pId") if vendor else call.backend.account(call.number("pId")) or ""
    given = Call(call.site, call.object("configuration"))
    if given.number("twoFactorAuthenticationMode", 0):
        raise ApiError("PROPERTY_VALIDATION_NOT_UPDATABLE", PROP_NAME="twoFactorAuthenticationMode")
    present = call.backend.state.accounts.get(account)
    on = given.flag("useTwoFactorAuthentication", present is not None and present.two_factor)
    session = None if vendor else ks.handle
    if vendor and call.site.strictness and given.has("limits"):
        call.site.strictness.limit(account, given.object("limits"))
    outcome = call.perform((EnableTwoFactor if on else DisableTwoFactor)(account, session))
    if not outcome.accepted:
        raise ApiError("SERVICE_FORBIDDEN", SERVICE="systempartner_systempartner")


def list_batch_jobs(call: Call) -> Any:
    """Tell the vendor how many mails are not out yet; there are no other jobs here."""
    _see_vendor(call, "jobs")
    asked = Call(call.site, call.object("filter"))
    count = call.backend.mails_waiting() if asked.number("jobTypeEqual") == MAIL_JOB else 0
    return {"objectType": "KalturaBatchJobListResponse", "objects": [], "totalCount": count}


def _see_vendor(call: Call, service: str) -> None:
    if call.ks().partner_id != VENDOR_ID:
        raise ApiError("SERVICE_FORBIDDEN", SERVICE=service)


def _vendors_choice(call: Call, name: str) -> str:
    _see_vendor(call, "systempartner_systempartner")
    account = call.backend.account(call.number(name))
    if account is None:
        raise ApiError("UNKNOWN_PARTNER_ID", PID=call.number(name))
    return account


def _administered(call: Call) -> str:
    """Return the account of the KS sent along, which is an administrator's."""
    ks = call.ks()
    account = call.backend.account(ks.partner_id)
    if account is None or ks.kind != ADMIN:
        raise ApiError("SERVICE_FORBIDDEN", SERVICE="user")
    return account


def _member(call: Call, account: str, email: str) -> bool:
    member = call.backend.state.memberships.get((account, email))
    return member is not None and member.status is not UserStatus.REMOVED


def _given(asked: Call, name: str) -> str:
    if not (text := asked.text(name, "")):
        raise ApiError("PROPERTY_VALIDATION_CANNOT_BE_NULL", PROP_NAME=name)
    return text


def _register(call: Call, action: RegisterUser, first_name: str, last_name: str) -> None:
    if call.site.strictness:
        call.site.strictness.name(action.email, first_name, last_name)
    if action.password is not None:
        if password_refused(call.backend.turn(action)):
            raise refused_password(call)
        see_no_name(call, action.email, action.password)
    call.perform(action)


def _user(email: str, status: UserStatus) -> dict[str, Any]:
    number = next((number for number, each in USER_STATUS.items() if each == status), 2)
    return {"objectType": "KalturaUser", "id": email, "email": email, "status": number}
