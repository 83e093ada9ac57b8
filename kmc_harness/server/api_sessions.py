"""Calls about sessions: opening, switching, ending, and the accounts one could switch to."""

import secrets
from typing import Any

from kmc_harness.server import api_kmc
from kmc_harness.server.call import DAY_S, Call, invalid_ks
from kmc_harness.server.errors import ApiError
from kmc_harness.server.ks import LONGEST_S, VENDOR_ID
from kmc_model.actions import LogOut, SwitchAccount
from kmc_model.turn import Reason

__all__ = [
    "end_session",
    "get_session",
    "list_partners_for_user",
    "login_by_ks",
    "start_session",
]

SWITCH_CODES = {
    Reason.NEW_LOGIN_REQUIRED: "NEW_LOGIN_REQUIRED",
    Reason.NOT_IN_ACCOUNT: "USER_DATA_ERROR",
    Reason.BLOCKED: "USER_IS_BLOCKED",
}


def login_by_ks(call: Call) -> Any:
    """Go to another account with a new KS.

    The model moves a session, so the KS of before is good for nothing but `session.end`: with that the KMC ends it.
    """
    ks = call.given_ks()
    if ks is None:
        raise ApiError("MISSING_KS")
    account = call.backend.account(call.number("requestedPartnerId"))
    if account is None:
        raise ApiError("INTERNAL_SERVER_ERROR")
    with call.backend.lock:
        if not call.is_there(ks):
            raise invalid_ks()
        outcome = call.perform(SwitchAccount(ks.handle, account))
        if outcome.reason:
            raise ApiError(SWITCH_CODES[outcome.reason]) if outcome.reason in SWITCH_CODES else invalid_ks()
        partner_id = call.backend.partner_id(account)
        same = partner_id == ks.partner_id
        text = ks.text if same else call.new_ks(outcome, ks.user_id, DAY_S, ks.privileges)
    return {"objectType": "KalturaSessionResponse", "ks": text, "userId": ks.user_id, "partnerId": partner_id}


def end_session(call: Call) -> Any:
    """End the session of the KS sent along; without one there is nothing to end."""
    ks = call.given_ks()
    if ks is None:
        return
    if call.site.ks_issuer.is_own(ks):
        call.site.ks_issuer.withdraw(ks)
    elif call.is_there(ks):
        call.checked(ks)
        call.perform(LogOut(ks.handle))


def get_session(call: Call) -> Any:
    """Tell what the KS sent along says, or the one that is asked about."""
    ks = call.ks() if call.text("ks", "") else None
    if asked := call.text("session", ""):
        ks = call.checked(call.read(asked))
    if ks is None:
        raise ApiError("MISSING_KS")
    return {
        "objectType": "KalturaSessionInfo",
        "ks": ks.text,
        "sessionType": ks.kind,
        "partnerId": ks.partner_id,
        "userId": ks.user_id,
        "expiry": ks.expires_at,
        "privileges": ks.privileges,
    }


def start_session(call: Call) -> Any:
    """Open a session of administration, by the secret of the vendor or of an account."""
    given, partner_id = call.text("secret"), call.number("partnerId", 0)
    secret = call.site.vendor_secret if partner_id == VENDOR_ID else call.site.admin_secret(partner_id)
    is_there = partner_id == VENDOR_ID or call.backend.account(partner_id) is not None
    if secret is None or not secrets.compare_digest(given.encode(), secret.encode()) or not is_there:
        raise ApiError("START_SESSION_ERROR", PID=partner_id)
    until = call.backend.now() + min(max(call.number("expiry", DAY_S), 0), LONGEST_S)
    return call.site.ks_issuer.issue_own(partner_id, call.text("userId", ""), until, call.text("privileges", ""))


def list_partners_for_user(call: Call) -> Any:
    """List the accounts in which the user of the KS is an active administrator."""
    ks, state = call.ks(), call.backend.state
    turn = call.backend.turn(LogOut(ks.handle))
    own = [each for each in state.memberships.values() if each.email == ks.user_id and each.administrator]
    found = [api_kmc.partner(call, state.accounts[each.account]) for each in own if turn.lets_in(each.account)]
    return {"objectType": "KalturaPartnerListResponse", "objects": found, "totalCount": len(found)}
