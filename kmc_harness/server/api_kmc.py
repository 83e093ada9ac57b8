"""Calls that the KMC itself makes as somebody logs in or loads it anew: who one is, in which account, with what role.

There is one role, which lets into the KMC and to one's own settings: nothing else is behind the login here.
"""

from typing import Any

from kmc_harness.server.call import Call
from kmc_harness.server.errors import ApiError
from kmc_model.actions import UserStatus
from kmc_model.records import Account

__all__ = ["get_partner", "get_role", "get_user", "get_user_by_login_id", "list_permissions", "partner"]

ROLE_ID = 1
PERMISSIONS = ("KMC_ACCESS",)


def get_user_by_login_id(call: Call) -> Any:
    """Tell who in the account of the KS logs in with an e-mail."""
    return _user(call, call.text("loginId"))


def get_user(call: Call) -> Any:
    """Tell about a user of the account of the KS, which is its own where none is named."""
    return _user(call, call.text("userId", "") or call.ks().user_id)


def _user(call: Call, email: str) -> dict[str, Any]:
    state, partner_id = call.backend.state, call.ks().partner_id
    account = call.backend.account(partner_id) or ""
    member = state.memberships.get((account, email))
    if member is None or member.status is UserStatus.REMOVED:
        raise ApiError("INVALID_USER_ID", PUSER=email)
    name = email.partition("@")[0]
    return {
        "objectType": "KalturaUser",
        "id": email,
        "partnerId": partner_id,
        "email": email,
        "fullName": name,
        "firstName": name,
        "status": int(member.status is UserStatus.ACTIVE),
        "isAdmin": member.administrator,
        "isAccountOwner": state.accounts[account].owner == email,
        "loginEnabled": True,
        "roleIds": str(ROLE_ID),
    }


def get_partner(call: Call) -> Any:
    """Tell about the account of the KS."""
    account = call.backend.account(call.ks().partner_id)
    if account is None:
        raise ApiError("SERVICE_FORBIDDEN", SERVICE="partner")
    return partner(call, call.backend.state.accounts[account])


def partner(call: Call, account: Account) -> dict[str, Any]:
    """Return what is told about `account`."""
    return {
        "objectType": "KalturaPartner",
        "id": call.backend.partner_id(account.name),
        "name": account.name,
        "status": 1,
        "useTwoFactorAuthentication": account.two_factor,
        "authenticationType": int(account.two_factor),
        "twoFactorAuthenticationMode": 0,
    }


def get_role(call: Call) -> Any:
    """Tell what the users of an account may do."""
    call.ks()
    call.text("userRoleId")
    return {
        "objectType": "KalturaUserRole",
        "id": ROLE_ID,
        "name": "Publisher Administrator",
        "systemName": "Publisher Administrator",
        "status": 1,
        "permissionNames": ",".join(PERMISSIONS),
    }


def list_permissions(call: Call) -> Any:
    """Tell what an account may use."""
    call.ks()
    found = [{"objectType": "KalturaPermission", "name": name} for name in PERMISSIONS]
    return {"objectType": "KalturaPermissionListResponse", "objects": found, "totalCount": len(found)}
