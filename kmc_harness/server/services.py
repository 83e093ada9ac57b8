"""What API v3 can be asked here.

A call raises ApiError with the code of the server's inside; what the wire shows of it is told by `errors.shown`.
"""

from collections.abc import Callable
from typing import Any

from kmc_harness.server import api_accounts, api_kmc, api_links, api_logins, api_sessions
from kmc_harness.server.call import Call

__all__ = ["ACTIONS"]

ACTIONS: dict[str, Callable[[Call], Any]] = {
    "user.loginbyloginid": api_logins.login_by_login_id,
    "user.login": api_logins.login,
    "user.loginbyks": api_sessions.login_by_ks,
    "user.resetpassword": api_links.reset_password,
    "user.setinitialpassword": api_links.set_initial_password,
    "user.validatehashkey": api_links.validate_hash_key,
    "user.generateqrcode": api_links.generate_qr_code,
    "user.updatelogindata": api_logins.update_login_data,
    "user.get": api_kmc.get_user,
    "user.getbyloginid": api_kmc.get_user_by_login_id,
    "user.add": api_accounts.add_user,
    "user.update": api_accounts.update_user,
    "user.delete": api_accounts.delete_user,
    "adminuser.login": api_logins.admin_login,
    "adminuser.resetpassword": api_links.reset_password,
    "adminuser.setinitialpassword": api_links.set_initial_password,
    "adminuser.updatepassword": api_logins.update_password,
    "partner.register": api_accounts.register_partner,
    "partner.getinfo": api_kmc.get_partner,
    "partner.listpartnersforuser": api_sessions.list_partners_for_user,
    "permission.list": api_kmc.list_permissions,
    "userrole.get": api_kmc.get_role,
    "jobs.listbatchjobs": api_accounts.list_batch_jobs,
    "session.end": api_sessions.end_session,
    "session.get": api_sessions.get_session,
    "session.start": api_sessions.start_session,
    "systempartner_systempartner.getconfiguration": api_accounts.get_configuration,
    "systempartner_systempartner.updateconfiguration": api_accounts.update_configuration,
    "systempartner_systempartner.updatestatus": api_accounts.update_status,
    "systempartner_systempartner.getadminsession": api_accounts.get_admin_session,
}
"""By service and action in lower case."""
