"""The errors of API v3 as the wire shows them: code, text, arguments; and the map that hides most of them."""

import re

__all__ = ["ApiError", "Crash", "shown"]

TEXTS = {
    "ACTION_DOES_NOT_EXISTS": 'Action "@ACTION_NAME@" does not exists for service "@SERVICE_NAME@"',
    "ACTION_NOT_SPECIFIED": "Action name was not specified, please specify one",
    "ADMIN_LOGIN_USERS_QUOTA_EXCEEDED": "Partner login users quota exceeded",
    "CANNOT_DELETE_OR_BLOCK_ROOT_ADMIN_USER": "Root admin user cannot be deleted",
    "DUPLICATE_USER_BY_ID": "User with id [@UID@] already exists in system",
    "ERROR_IN_QR_GENERATION": "Could not generate QR code",
    "INTERNAL_SERVER_ERROR": "Internal server error N/A",
    "INVALID_FIELD_VALUE": "value in field [@FIELD_NAME@] is not valid",
    "INVALID_HASH": "hashKey is not valid",
    "INVALID_KS": 'Invalid KS "@KSID@", Error "@ERR_CODE@,@ERR_DESC@"',
    "INVALID_OTP": "OTP provided failed to validate",
    "INVALID_PARTNER_ID": 'Invalid partner id "@PID@"',
    "INVALID_USER_ID": "Unknown user [@PUSER@]",
    "LOGIN_BLOCKED": "You account is locked",
    "LOGIN_DATA_NOT_FOUND": "Login id not found",
    "LOGIN_RETRIES_EXCEEDED": "Maximum login retries exceeded. Your account has been locked and will not be available "
    "for 24 hours",
    "MISSING_KS": "Missing KS, session not established",
    "MISSING_MANDATORY_PARAMETER": 'Missing parameter "@PARAM_NAME@"',
    "MISSING_OTP": "OTP is missing",
    "NEW_LOGIN_REQUIRED": "Switching to requested partner requires re-login",
    "NEW_PASSWORD_HASH_KEY_EXPIRED": "Given hash key has expired",
    "NEW_PASSWORD_HASH_KEY_INVALID": "Given hash key is invalid",
    "PARTNER_REGISTRATION_ERROR": 'Error while registering partner with message "@MESSAGE@"',
    "PASSWORD_STRUCTURE_INVALID": "The password you entered has an invalid structure.\n"
    "Passwords must obey the following rules :\n@RULES@",
    "PROPERTY_VALIDATION_CANNOT_BE_NULL": 'The property "@PROP_NAME@" cannot be null',
    "PROPERTY_VALIDATION_NOT_UPDATABLE": 'The property "@PROP_NAME@" cannot be updated',
    "RESOURCE_IS_RESERVED": "Resource with id [@ID@] is already reserved",
    "SERVICE_DOES_NOT_EXISTS": 'Service "@SRV_NAME@" does not exists',
    "SERVICE_FORBIDDEN": "The access to service [@SERVICE@] is forbidden",
    "SERVICE_FORBIDDEN_CONTENT_BLOCKED": "The access to this service is forbidden since the specified partner is "
    "blocked",
    "SERVICE_NOT_SPECIFIED": "Service name was not specified, please specify one",
    "START_SESSION_ERROR": "Error while starting session for partner [@PID@]",
    "UNKNOWN_PARTNER_ID": "Unknown partner_id [@PID@]",
    "USER_DATA_ERROR": "User data is not valid.",
    "USER_IS_BLOCKED": "User is blocked",
    "USER_NOT_FOUND": "User was not found",
    "USER_WRONG_PASSWORD": "Wrong password supplied",
    "WRONG_OLD_PASSWORD": "Wrong old password supplied",
}
WITHOUT_ARGUMENTS = {"INVALID_USER_ID": "Invalid user id"}
"""Codes that have two texts (facts, 3.9)."""
LONGEST_ARGUMENT = 100
PASS_LOGIN = {"USER_WRONG_PASSWORD", "PASSWORD_EXPIRED", "MISSING_OTP", "INVALID_OTP", "DIRECT_LOGIN_BLOCKED"}


class ApiError(Exception):
    """What a call answers instead of a result; `arguments` are the names of its text and their values."""

    def __init__(self, code: str, **arguments: object) -> None:
        super().__init__(code)
        self.code = code
        self.arguments = {name: _stripped(value) for name, value in arguments.items()}

    @property
    def message(self) -> str:
        """The text as the wire has it."""
        return re.sub("@([A-Z_]+)@", lambda name: self.arguments.get(name[1], "N/A"), self._text)

    @property
    def _text(self) -> str:
        return TEXTS[self.code] if self.arguments else WITHOUT_ARGUMENTS.get(self.code, TEXTS[self.code])


class Crash(Exception):
    """The server breaks off with status 500 and no word."""


def _stripped(value: object) -> str:
    """Return `value` without anything that looks like a tag, as PHP's strip_tags does."""
    return re.sub("<[^>]*>?", "", str(value))[:LONGEST_ARGUMENT]


def shown(error: ApiError, service: str, action: str) -> ApiError | None:
    """Return what the wire shows of `error`: the strict error map hides what logins and resets tell; None is null."""
    match f"{service}.{action}".lower():
        case "user.loginbyloginid" if error.code not in PASS_LOGIN:
            return ApiError("USER_WRONG_PASSWORD")
        case "user.resetpassword" if error.code == "RESOURCE_IS_RESERVED":
            raise Crash from error
        case "user.resetpassword":
            return None
    return error
