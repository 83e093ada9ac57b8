"""Calls that check a password: logins, and changes of the password.

A change needs no KS (facts, 3.7), which the model's does: it is made in the session of the KS sent along, or in one
that is opened for it and ended again. Opening it asks for the code, and counts failures, as the real call does.
"""

from typing import Any

from kmc_harness.server.call import Call, invalid_ks
from kmc_harness.server.errors import ApiError
from kmc_model.actions import ChangePassword, LogIn, LogOut
from kmc_model.model import Outcome
from kmc_model.policy import KALTURA_SERVER
from kmc_model.turn import Reason

__all__ = [
    "admin_login",
    "login",
    "login_by_login_id",
    "refused_password",
    "see_no_name",
    "update_login_data",
    "update_password",
]

SIGNS = "a digit, and one of ~!@#$%^*=+?()-[]{}"
RULES = f"At least 8 characters, {SIGNS}"
STRICT_RULES = f"8 to 14 characters, no others than letters, digits and signs: a lower-case letter, {SIGNS}"
NO_NAME = "Can't contain your name or email"
CHANGE_CODES = {"USER_NOT_FOUND": "LOGIN_DATA_NOT_FOUND", "USER_WRONG_PASSWORD": "WRONG_OLD_PASSWORD"}
SHOWN_OF_CHANGE = {"INVALID_KS", "MISSING_MANDATORY_PARAMETER", "PASSWORD_STRUCTURE_INVALID"}

LOGIN_CODES = {
    Reason.WRONG_CREDENTIALS: "USER_WRONG_PASSWORD",
    Reason.LOCKED: "LOGIN_BLOCKED",
    Reason.NOT_IN_ACCOUNT: "USER_NOT_FOUND",
    Reason.BLOCKED: "USER_IS_BLOCKED",
    Reason.CODE_NEEDED: "MISSING_OTP",
    Reason.WRONG_CODE: "INVALID_OTP",
}


def login_by_login_id(call: Call) -> Any:
    return _log_in(call, call.text("loginId"), _code(call))


def login(call: Call) -> Any:
    """Log in by user id, which here is the e-mail; there is no parameter for a code (facts, 3.2)."""
    call.text("partnerId")
    return _log_in(call, call.text("userId"), None)


def admin_login(call: Call) -> Any:
    return _log_in(call, call.text("email"), None)


def _log_in(call: Call, email: str, code: str | None) -> str:
    password, account = call.text("password"), call.account()
    lasts_s, privileges = call.number("expiry", 86400), call.text("privileges", "*")
    ks = call.given_ks()
    if ks and account and call.backend.partner_id(account) != ks.partner_id:
        raise ApiError("INVALID_PARTNER_ID", PID=call.text("partnerId"))
    outcome = logged_in(call, LogIn(email, password, code, account))
    return call.new_ks(outcome, email, lasts_s, privileges)


def _code(call: Call) -> str | None:
    """Return the code typed; PHP takes the text 0 for none."""
    typed = call.text("otp", "")
    return None if not call.has("otp") else "" if typed == "0" else typed


def logged_in(call: Call, action: LogIn) -> Outcome:
    """Return what an accepted login opened; raise the server's inner code for one that is refused."""
    backend = call.backend
    with backend.lock:
        outcome = call.perform(action)
        owner = backend.state.credentials.get(action.email)
    if outcome.reason is None:
        return outcome
    if owner is None:
        raise ApiError("USER_NOT_FOUND")
    if outcome.reason is not Reason.LOCKED and owner.locked_until > backend.now():
        raise ApiError("LOGIN_RETRIES_EXCEEDED")
    raise ApiError(LOGIN_CODES.get(outcome.reason, "USER_DATA_ERROR"))


def update_login_data(call: Call) -> Any:
    """Change the password, and tell no reason why not; the e-mail stays what it is."""
    if call.text("newLoginId", "") not in ("", call.text("oldLoginId")):
        raise ApiError("USER_DATA_ERROR")
    try:
        _change_password(call, call.text("oldLoginId"))
    except ApiError as error:
        raise error if error.code in SHOWN_OF_CHANGE else ApiError("USER_DATA_ERROR") from error


def update_password(call: Call) -> Any:
    """Change the password; the new one is not repeated in the answer, as it is by the real server."""
    email = call.text("email")
    if call.text("newEmail", "") not in ("", email):
        raise ApiError("USER_DATA_ERROR")
    _change_password(call, email)
    return {"objectType": "KalturaAdminUser", "email": email}


def _change_password(call: Call, email: str) -> None:
    password, new = call.text("password"), call.text("newPassword", "")
    code, ks = _code(call), call.given_ks()
    with call.backend.lock:
        try:
            opened = logged_in(call, LogIn(email, password, code, _strictest_account(call, email)))
        except ApiError as error:
            raise ApiError(CHANGE_CODES.get(error.code, error.code)) from error
        own = opened.session or ""
        see_no_name(call, email, new)
        session = ks.handle if ks and ks.user_id == email else own
        outcome = call.perform(ChangePassword(session, password, new)) if new else opened
        call.perform(LogOut(own))
    if outcome.reason is Reason.SESSION_ENDED:
        raise invalid_ks()
    if not outcome.accepted:
        raise refused_password(call)


def _strictest_account(call: Call, email: str) -> str | None:
    """Return an account that lets the user in, one that asks for a code if there is any."""
    state = call.backend.state
    own = [each.account for each in state.memberships.values() if each.email == email]
    turn = call.backend.turn(LogIn(email, ""))
    open_ones = [name for name in own if turn.lets_in(name)]
    return max(open_ones, key=lambda name: state.accounts[name].two_factor, default=None)


def refused_password(call: Call) -> ApiError:
    """Return the error of a new password that does not obey the rules."""
    is_strict = call.backend.policy.new_passwords_fit == KALTURA_SERVER.new_passwords_fit
    return ApiError("PASSWORD_STRUCTURE_INVALID", RULES=STRICT_RULES if is_strict else RULES)


def see_no_name(call: Call, email: str, password: str) -> None:
    """See that a new password does not hold its owner's name; raises ApiError where it does."""
    if call.site.strictness and call.site.strictness.forbids(email, password):
        raise ApiError("PASSWORD_STRUCTURE_INVALID", RULES=NO_NAME)
