"""The services of API v3: what each call asks of the model, and how the wire words the model's answer.

A call raises ApiError with the code of the server's inside; what the wire shows of it is told by `errors.shown`.
"""

from collections.abc import Callable
from typing import Any

from kmc_harness.server.call import Call
from kmc_harness.server.errors import ApiError
from kmc_model.actions import LogIn
from kmc_model.model import Outcome
from kmc_model.turn import Reason

__all__ = ["ACTIONS"]

LOGIN_CODES = {
    Reason.WRONG_CREDENTIALS: "USER_WRONG_PASSWORD",
    Reason.LOCKED: "LOGIN_BLOCKED",
    Reason.NOT_IN_ACCOUNT: "USER_NOT_FOUND",
    Reason.BLOCKED: "USER_IS_BLOCKED",
    Reason.CODE_NEEDED: "MISSING_OTP",
    Reason.WRONG_CODE: "INVALID_OTP",
}


def login_by_login_id(call: Call) -> Any:
    return _log_in(call, call.text("loginId"), call.text("otp", ""))


def login(call: Call) -> Any:
    """Log in by user id, which here is the e-mail; there is no parameter for a code (facts, 3.2)."""
    call.text("partnerId")
    return _log_in(call, call.text("userId"), "")


def admin_login(call: Call) -> Any:
    return _log_in(call, call.text("email"), "")


def _log_in(call: Call, email: str, otp: str) -> str:
    password, account = call.text("password"), call.account()
    lasts_s, privileges = call.number("expiry", 86400), call.text("privileges", "*")
    ks = call.given_ks()
    if ks and account and call.backend.partner_id(account) != ks.partner_id:
        raise ApiError("INVALID_PARTNER_ID", PID=call.text("partnerId"))
    outcome = logged_in(call, LogIn(email, password, None if otp in ("", "0") else otp, account))
    return call.new_ks(outcome, email, lasts_s, privileges)


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
    raise ApiError(LOGIN_CODES[outcome.reason])


ACTIONS: dict[str, Callable[[Call], Any]] = {
    "user.loginbyloginid": login_by_login_id,
    "user.login": login,
    "adminuser.login": admin_login,
}
"""What can be called, by service and action in lower case."""
