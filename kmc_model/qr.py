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
    import zxingcpp
    from PIL import Image, ImageOps

    # Zint draws it, which is four times as fast as an encoder in Python: a run of the suite looks at 400 pictures.
    symbol = zxingcpp.create_barcode(uri, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    modules = Image.fromarray(symbol.to_image(scale=1, add_quiet_zones=False))
    with_margin = ImageOps.expand(modules, quiet_zone_modules, fill=255)
    picture = with_margin.resize((with_margin.width * MODULE_PX,) * 2, Image.Resampling.NEAREST)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
