"""Pictures of QR codes: what is in them, how much room is around it, and how reports show them."""

import io
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Box", "Code", "blurred", "find_codes", "quiet_zone_modules"]

SIDE_PX = 64
"""The longer side of a picture in a report; text of a screen cannot be read at this size."""
CELLS = 6
GREYS = 4
"""A symbol keeps CELLS x CELLS cells of GREYS greys: 72 bits at most, of a secret of 80 and more."""

Box = tuple[int, int, int, int]


class Code(NamedTuple):
    """A QR code found in a picture.

    Attributes:
        text: what it says.
        box: where it is: left, top, right, bottom in px.
        modules: how many it has on a side.

    """

    text: str
    box: Box
    modules: int


def _on_white(picture: Any) -> Any:
    """Return a Pillow picture in grey, on white where it is transparent."""
    from PIL import Image

    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture.convert("RGBA"))
    return page.convert("L")


@lru_cache(maxsize=512)
def find_codes(picture: bytes) -> tuple[Code, ...]:
    """Return the QR codes in `picture` (PNG bytes).

    Raises:
        OSError: the bytes are no picture.

    """
    import zxingcpp
    from PIL import Image, ImageOps

    margin_px = 24
    # A picture without quiet zone is scanned from a white page all the same.
    page = ImageOps.expand(_on_white(Image.open(io.BytesIO(picture))), border=margin_px, fill=255)
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return tuple(Code(str(each.text), _box(each.position, margin_px), _modules(each.extra)) for each in found)


def _modules(extra: Any) -> int:
    """Return how many modules a symbol has on a side, of what the reader tells besides: its version, from 1 to 40."""
    return 17 + 4 * int(extra["Version"])


def _box(position: Any, margin_px: int) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    across, down = [each.x - margin_px for each in corners], [each.y - margin_px for each in corners]
    return min(across), min(down), max(across), max(down)


def quiet_zone_modules(picture: bytes) -> float:
    """Return the narrowest margin around the symbol in `picture` (PNG), in modules (ISO/IEC 18004: 4).

    It ends at whatever is no background: a frame, a caption, another colour, the picture's edge. 0 where there is no
    symbol.
    """
    from PIL import Image, ImageChops

    found = find_codes(picture)
    if not found:
        return 0.0
    image = _on_white(Image.open(io.BytesIO(picture)))
    code = found[0]
    left, top, right, bottom = code.box
    darkest, lightest = image.crop(code.box).getextrema()
    ink = image.point([255 * (2 * level <= darkest + lightest) for level in range(256)])
    module_px = (right - left) / code.modules
    # The frame of the finder pattern is of the symbol's own colour: light where the symbol is light on dark.
    if not ink.getpixel((int(left + module_px / 2), int(top + 3.5 * module_px))):
        ink = ImageChops.invert(ink)
    # Where a reader sees the corners is a pixel off at times; the symbol's own edges are not.
    near = max(round(module_px / 2), 1)
    around = (max(left - near, 0), max(top - near, 0), min(right + near, image.width), min(bottom + near, image.height))
    inked = ink.crop(around).getbbox()
    left, top, right, bottom = (edge + around[at % 2] for at, edge in enumerate(inked))
    margin_px, room_px = 0, min(left, top, image.width - right, image.height - bottom)
    while margin_px < room_px:
        grown = margin_px + 1
        box = (left - grown, top - grown, right + grown, bottom + grown)
        if ink.crop(box).getbbox() != (grown, grown, grown + right - left, grown + bottom - top):
            break
        margin_px = grown
    return float(margin_px * code.modules / (right - left))


def blurred(picture: bytes) -> bytes | None:
    """Return a small PNG of `picture` with QR codes blurred beyond reading, or None where it is no picture.

    Where no QR code is found, all of it is blurred: what one reader misses another may read.
    """
    from PIL import Image

    try:
        boxes = [each.box for each in find_codes(picture)]
        image = _on_white(Image.open(io.BytesIO(picture)))
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
