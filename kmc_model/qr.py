"""The QR code: its content (Key URI format) and its picture."""

import io
from functools import lru_cache
from urllib import parse

from kmc_model.values import Hidden, Shown, Value

__all__ = ["MODULE_PX", "QrCode", "key_uri"]

quote = lru_cache(parse.quote)
ISSUER = quote("Kaltura KMC")
MODULE_PX = 3


def key_uri(secret: str, email: str, names_issuer: bool) -> str:
    """Return the `otpauth://` URI that pairs an authenticator.

    Without an issuer it is the one of the published server: a bare label, not percent-encoded (I-29).
    """
    if not names_issuer:
        return f"otpauth://totp/{email}_kmc.example_KMC?secret={secret}"
    return f"otpauth://totp/{ISSUER}:{quote(email)}?secret={secret}&issuer={ISSUER}"


class QrCode(Value, Shown, frozen=True):
    """A QR code as shown; its picture is made when it is looked at."""

    uri: Hidden[str]
    quiet_zone_modules: int

    def png(self) -> bytes:
        """Return the picture as PNG, black on white, with the quiet zone around the symbol."""
        return _png(self.uri, self.quiet_zone_modules)


@lru_cache(maxsize=4096)
def _png(uri: str, quiet_zone_modules: int) -> bytes:
    import qrcode
    from PIL import Image

    # Naming a mask spares qrcode the scoring of all eight, which takes most of its time; any mask is readable.
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=quiet_zone_modules, mask_pattern=0)
    symbol.add_data(uri, optimize=0)
    modules = symbol.get_matrix()
    side = len(modules)
    pixels = bytes(0 if dark else 255 for row in modules for dark in row)
    picture = Image.frombytes("L", (side, side), pixels)
    out = io.BytesIO()
    picture.resize((side * MODULE_PX, side * MODULE_PX), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()
