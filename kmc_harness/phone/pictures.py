"""Pictures of QR codes: what is in them, how much room is around it, and how reports show them."""

import io
from collections.abc import Iterable
from functools import lru_cache
from math import atan2, cos, degrees, radians, sin
from typing import Any, NamedTuple

__all__ = ["Box", "Code", "blurred", "drawn", "find_codes", "for_apps", "quiet_zone_modules"]

SIDE_PX = 64
"""The longer side of a picture in a report; text of a screen cannot be read at this size."""
CELLS = 6
GREYS = 4
"""A symbol keeps CELLS x CELLS cells of GREYS greys: 72 bits at most, of a secret of 80 and more."""
MOST_PX = 50_000_000
"""A picture of more pixels is not unpacked: a small file may hold more than any memory does."""
QUARTER = 90
PX_A_MODULE = 3

Box = tuple[int, int, int, int]
Corners = tuple[tuple[int, int], ...]


class Code(NamedTuple):
    """A QR code found in a picture.

    Attributes:
        text: what it says.
        box: where it is: left, top, right, bottom in px.
        modules: how many it has on a side.
        corners: the symbol's own, in px, clockwise: the first is the top left one where it stands upright.

    """

    text: str
    box: Box
    modules: int
    corners: Corners


@lru_cache(maxsize=4096)
def drawn(content: str, quiet_zone: int) -> bytes:
    """Return a QR code of `content` as PNG, with so many modules of room around it, for a phone alone.

    People are shown `QrCode.png()`. A run scans some 400 pictures; Zint draws one in a quarter of qrcode's time.
    """
    import zxingcpp
    from PIL import Image, ImageOps

    symbol = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    picture = ImageOps.expand(Image.fromarray(symbol.to_image(scale=1, add_quiet_zones=False)), quiet_zone, fill=255)
    out = io.BytesIO()
    picture.resize((picture.width * PX_A_MODULE,) * 2, Image.Resampling.NEAREST).save(out, "PNG", compress_level=1)
    return out.getvalue()


def for_apps(codes: Iterable[Code]) -> list[Code]:
    """Return those of `codes` that an authenticator app is for, or all where none is."""
    found = list(codes)
    return [each for each in found if each.text.lower().startswith("otpauth:")] or found


@lru_cache(maxsize=16)
def _opened(picture: bytes) -> Any:
    """Return `picture` as a Pillow picture in grey, on white where it is transparent; it is to be left as it is.

    Raises:
        OSError: the bytes are no picture, or one beyond all measure.

    """
    from PIL import Image

    try:
        found = Image.open(io.BytesIO(picture))
        if not 0 < found.width * found.height <= MOST_PX:
            raise OSError(f"{found.width} x {found.height} pixels")
        if found.mode in ("1", "L", "RGB") and not found.has_transparency_data:
            return found.convert("L")
        page = Image.new("RGBA", found.size, "white")
        page.alpha_composite(found.convert("RGBA"))
    except OSError:
        raise
    except Exception as error:  # each decoder has exceptions of its own for bytes that are none of its kind
        raise OSError(f"no picture: {error}") from error
    return page.convert("L")


@lru_cache(maxsize=4096)
def find_codes(picture: bytes) -> tuple[Code, ...]:
    """Return the QR codes in `picture` (PNG bytes).

    Raises:
        OSError: the bytes are no picture.

    """
    import zxingcpp
    from PIL import ImageOps

    margin_px = 24
    # A picture without quiet zone is scanned from a white page all the same.
    page = ImageOps.expand(_opened(picture), border=margin_px, fill=255)
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return tuple(_code(each, margin_px) for each in found if _version(each))


def _version(symbol: Any) -> int:
    """Return the version of a symbol, from 1 to 40; 0 for the micro kinds, which phones do not read."""
    told = str(symbol.extra.get("Version", ""))
    return int(told) if told.isdecimal() else 0


def _code(symbol: Any, margin_px: int) -> Code:
    position = symbol.position
    around = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    corners = tuple((each.x - margin_px, each.y - margin_px) for each in around)
    return Code(str(symbol.text), _box(corners), 17 + 4 * _version(symbol), corners)


def _box(corners: Iterable[tuple[float, float]]) -> Box:
    across, down = zip(*((round(x), round(y)) for x, y in corners), strict=True)
    return min(across), min(down), max(across), max(down)


def quiet_zone_modules(picture: bytes) -> float:
    """Return the narrowest margin around the symbol in `picture` (PNG), in modules (ISO/IEC 18004: 4).

    Of several symbols the one that an app pairs from is meant; it may stand at any angle. The margin ends at whatever
    is no background: a frame, a caption, another colour, the picture's edge. 0 where there is no symbol.
    """
    from PIL import ImageChops

    found = for_apps(find_codes(picture))
    if not found:
        return 0.0
    code = found[0]
    image, outside, corners = _upright(_opened(picture), code)
    left, top, right, bottom = _box(corners)
    darkest, lightest = image.crop((left, top, right, bottom)).getextrema()
    ink = image.point([255 * (2 * level <= darkest + lightest) for level in range(256)])
    module_px = (right - left) / code.modules
    # The frame of the finder pattern is of the symbol's own colour: light where the symbol is light on dark.
    if not ink.getpixel((int(left + module_px / 2), int(top + 3.5 * module_px))):
        ink = ImageChops.invert(ink)
    ink = ImageChops.lighter(ink, outside)
    # Where a reader sees the corners is a pixel off at times; the symbol's own edges are not.
    near = max(round(module_px / 2), 1)
    around = (max(left - near, 0), max(top - near, 0), min(right + near, image.width), min(bottom + near, image.height))
    inked = ink.crop(around).getbbox() or (0, 0, 0, 0)
    left, top, right, bottom = (edge + around[at % 2] for at, edge in enumerate(inked))
    margin_px, room_px = 0, min(left, top, image.width - right, image.height - bottom)
    while margin_px < room_px:
        grown = margin_px + 1
        box = (left - grown, top - grown, right + grown, bottom + grown)
        if ink.crop(box).getbbox() != (grown, grown, grown + right - left, grown + bottom - top):
            break
        margin_px = grown
    return float(margin_px * code.modules / (right - left))


def _upright(image: Any, code: Code) -> tuple[Any, Any, Corners]:
    """Return `image` turned so that `code` stands upright, where the turned one ends (white), and the code's corners.

    An angle that moves no edge by half a module is left alone, for turned pixels are blurred.
    """
    from PIL import Image

    (x, y), (right_x, right_y) = code.corners[:2]
    angle = degrees(atan2(right_y - y, right_x - x))
    straight = QUARTER * round(angle / QUARTER)
    if abs(sin(radians(angle - straight))) * code.modules < 1 / 2:
        angle = straight
    blank = Image.new("L", image.size, 0)
    turned = image.rotate(angle, Image.Resampling.BILINEAR, expand=True)
    outside = blank.rotate(angle, Image.Resampling.NEAREST, expand=True, fillcolor=255)
    return turned, outside, _turned(code.corners, angle, image.size, turned.size)


def _turned(corners: Corners, angle: float, size: tuple[int, int], new_size: tuple[int, int]) -> Corners:
    """Return where `corners` are in a picture that was turned about its middle."""
    across, down = cos(radians(angle)), sin(radians(angle))
    from_middle = [(x - size[0] / 2, y - size[1] / 2) for x, y in corners]
    return tuple(
        (round(x * across + y * down + new_size[0] / 2), round(y * across - x * down + new_size[1] / 2))
        for x, y in from_middle
    )


def blurred(picture: bytes) -> bytes | None:
    """Return a small PNG of `picture` with QR codes blurred beyond reading, or None where it is no picture.

    Where no QR code is found, all of it is blurred: what one reader misses another may read.
    """
    from PIL import Image

    try:
        boxes = [each.box for each in find_codes(picture)]
        image = _opened(picture).copy()
    except OSError:
        return None
    for left, top, right, bottom in boxes or [(0, 0, image.width, image.height)]:
        grow = (right - left) // 8 if boxes else 0
        box = (
            max(left - grow, 0),
            max(top - grow, 0),
            min(right + grow, image.width),
            min(bottom + grow, image.height),
        )
        _blur(image, box)
    image.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    return _png(image.quantize(16))


def _blur(image: Any, box: Box) -> None:
    from PIL import Image

    cells = image.crop(box).resize((CELLS, CELLS), Image.Resampling.BOX)
    step = 255 // (GREYS - 1)
    cells = cells.point(lambda level: round(level / step) * step)
    image.paste(cells.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST), box[:2])


def _png(image: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
