"""Calls about mailed links and what they lead to: new passwords and QR codes."""

import base64
import io
from typing import Any

from kmc_harness.server.api_logins import refused_password, see_no_name
from kmc_harness.server.call import Call
from kmc_harness.server.errors import ApiError
from kmc_model.actions import ConfirmPassword, OpenEnrolmentLink, RequestReset, SetPassword
from kmc_model.qr import MODULE_PX, QrCode
from kmc_model.records import LinkKind, LinkStatus
from kmc_model.turn import Reason

__all__ = ["generate_qr_code", "reset_password", "set_initial_password", "validate_hash_key"]

SIDE_PX = 150
"""The KMC draws a QR code as the background of a box of this size, so one of another size cannot be read there."""
SMALLEST_MODULE_PX = 2


def reset_password(call: Call) -> Any:
    """Ask for a reset; the model tells nobody whether there is such a user (facts, 7.1)."""
    email = call.text("email")
    if call.site.strictness and email not in call.backend.state.credentials:
        call.site.strictness.reserve(email)
    if not call.perform(RequestReset(email)).accepted:
        known = email in call.backend.state.credentials
        raise ApiError("RESOURCE_IS_RESERVED", ID=email) if known else ApiError("USER_NOT_FOUND")


def set_initial_password(call: Call) -> Any:
    """Set a password by a mailed link, and answer with the new QR code, if there is to be one.

    The KMC shows it as the person clicks OK, and tells the server nothing of that. Where the policy mails the QR code
    too, only its first showing counts, so whoever wants OK to count asks for it by `generateQrCode` with the key of the
    link that set the password.
    """
    key, password = call.hash_key(), call.text("newPassword")
    with call.backend.lock:
        if call.backend.would(action := SetPassword(key, password)).accepted:
            see_no_name(call, call.backend.state.links[key].email, password)
        outcome = call.perform(action)
        if outcome.reason is Reason.PASSWORD_REFUSED:
            raise refused_password(call)
        if outcome.reason is Reason.UNKNOWN:
            raise ApiError("INVALID_USER_ID")
        if not outcome.accepted:
            raise _no_good(call, key)
        mailed = call.backend.policy.reset_mails_qr_code
        shown = (call.backend.would if mailed else call.perform)(ConfirmPassword(key)).qr_code
    return _authentication(_picture(shown) if shown else None)


def validate_hash_key(call: Call) -> Any:
    """Tell whether a link's key is good, and leave it as it is."""
    key = call.hash_key()
    turn = call.backend.turn(SetPassword(key, ""))
    if turn.link is None or turn.link.status is not LinkStatus.OPEN or turn.is_expired(turn.link):
        raise _no_good(call, key)
    return _authentication(None)


def generate_qr_code(call: Call) -> Any:
    """Return the picture that a link shows, in base64; whatever is wrong with the link, the error is one.

    Where the policy mails the QR code of a reset, the key of the link that set the password is good once too: the
    answer is empty where OK leads to no QR code, and another error where the QR code has been shown.
    """
    key = call.hash_key()
    with call.backend.lock:
        outcome = call.perform(OpenEnrolmentLink(key))
        link = call.backend.state.links.get(key)
        if outcome.qr_code is None and link and link.kind is LinkKind.RESET and link.status is LinkStatus.USED:
            outcome = call.perform(ConfirmPassword(key))
            if not outcome.accepted and call.backend.policy.reset_mails_qr_code:
                raise ApiError("ERROR_IN_QR_GENERATION")
    if not outcome.accepted:
        raise ApiError("INVALID_HASH")
    return _picture(outcome.qr_code) if outcome.qr_code else ""


def _picture(shown: QrCode) -> str:
    """Return the picture with modules of whole pixels, and white around them where they do not fill it."""
    from PIL import Image

    symbol = Image.open(io.BytesIO(shown.png()))
    modules = symbol.width // MODULE_PX
    drawn_px = modules * max(SIDE_PX // modules, SMALLEST_MODULE_PX)
    side_px = max(drawn_px, SIDE_PX)
    picture = Image.new("L", (side_px, side_px), "white")
    picture.paste(symbol.resize((drawn_px, drawn_px), Image.Resampling.NEAREST), ((side_px - drawn_px) // 2,) * 2)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def _authentication(qr_code: str | None) -> dict[str, str | None]:
    return {"objectType": "KalturaAuthentication", "qrCode": qr_code}


def _no_good(call: Call, key: str) -> ApiError:
    """Return what is wrong with the key of a link that sets a password."""
    turn = call.backend.turn(SetPassword(key, ""))
    if turn.link is None:
        return ApiError("NEW_PASSWORD_HASH_KEY_INVALID" if _is_in_parts(key) else "LOGIN_DATA_NOT_FOUND")
    expired = turn.link.status is LinkStatus.OPEN and turn.is_expired(turn.link)
    return ApiError("NEW_PASSWORD_HASH_KEY_EXPIRED" if expired else "NEW_PASSWORD_HASH_KEY_INVALID")


def _is_in_parts(key: str) -> bool:
    """Whether a key looks as Kaltura makes them: a login's number, when it expires, and 40 digits (facts, 5.3)."""
    try:
        return base64.urlsafe_b64decode(key).count(b"|") == 2
    except ValueError:
        return False
