"""What can be told of a picture, of links and of secrets by looking at them closely."""

import base64
import binascii
import io
import re
import string
from collections.abc import Iterable, Sequence
from math import log2
from typing import Any
from urllib.parse import urlsplit

from kmc_harness.port import shorten

__all__ = [
    "constant_bytes",
    "made_up",
    "on_white",
    "quiet_zone_modules",
    "random_bits",
    "token_of",
    "told_by",
    "with_token_of",
    "without_token",
]

ALPHABETS = (
    string.digits,
    f"{string.digits}abcdef",
    f"{string.digits}ABCDEF",
    f"{string.ascii_uppercase}234567",
    f"{string.digits}{string.ascii_lowercase}",
    f"{string.digits}{string.ascii_uppercase}",
    f"{string.digits}{string.ascii_letters}",
)
RANDOM_PIECE_CHARS = 16
LONGEST_WORDS = 20
_PLAIN = re.compile(r"[a-z]{0,9}([._-][a-z]{0,9})*")
WORD_WEIGHT = 0.1
"""A piece of lower-case letters is taken for words, such as `restore-password`, unless it is as long as a token."""


def on_white(picture: Any) -> Any:
    """Return a Pillow picture in grey, on white where it is transparent."""
    from PIL import Image

    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture.convert("RGBA"))
    return page.convert("L")


def quiet_zone_modules(picture: bytes) -> float:
    """Return the narrowest margin around the symbol in `picture` (PNG), in modules (ISO/IEC 18004: 4).

    It ends at whatever is no background: a frame, a caption, another colour, the picture's edge. 0 where there is no
    symbol.
    """
    from PIL import Image, ImageChops

    from kmc_harness.pictures import find_codes

    found = find_codes(picture)
    if not found:
        return 0.0
    image = on_white(Image.open(io.BytesIO(picture)))
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


def token_of(url: str) -> str:
    """Return the unguessable part of a mailed link: its longest piece, words of a path set aside."""
    try:
        parts = urlsplit(url)
        address = f"{parts.path}?{parts.query}#{parts.fragment}"
    except ValueError:  # brackets that are no address of a host, in whatever a target mails or logs
        address = url
    pieces = re.split(r"[/?&#]|(?<=\w)=(?=\w)", address)
    return max(pieces, key=lambda piece: len(piece) * (WORD_WEIGHT if _reads_as_words(piece) else 1))


def made_up(url: str) -> str:
    """Return an address as `url` is one, on the same host, with a token that nobody was mailed.

    It has the shape of the one that was: digits stand where digits do, capitals where capitals, and so on, in the
    other order; a token that is the same backwards has other digits.
    """
    token = token_of(url)
    kinds = [re.findall(kind, re.sub("%..", "", token)) for kind in ("[0-9]", "[a-z]", "[A-Z]")]
    left = {sign: signs for signs in kinds for sign in signs}
    turned = re.sub("%..|[0-9A-Za-z]", lambda at: at[0] if at[0][0] == "%" else left[at[0]].pop(), token)
    if turned == token:
        turned = re.sub("[0-9]", lambda at: str((int(at[0]) + 1) % 10), token)
    return url.replace(token, turned)


def with_token_of(address: str, url: str) -> str:
    """Return the mailed address `address` with the token of `url` in place of its own."""
    return address.replace(token_of(address), token_of(url))


def without_token(url: str) -> str:
    """Return scheme, host and path of a mailed address; what in the path is no short words is shortened."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    pieces = parts.path.split("/")
    path = "/".join(each if _PLAIN.fullmatch(each) and _reads_as_words(each) else shorten(each) for each in pieces)
    return f"{parts.scheme}://{host}{path}"


def _reads_as_words(piece: str) -> bool:
    words = re.split("[._-]", piece)
    return all(len(word) < LONGEST_WORDS and re.fullmatch("[a-z]*", word) for word in words)


def random_bits(tokens: Sequence[str]) -> float:
    """Estimate how many bits of `tokens` (several, of one kind) an attacker has to guess.

    Counts the places at which they differ, at the size of the smallest alphabet that spells them; base64 that
    reads as text is decoded first. An estimate from above: it finds short and counting tokens, not weak generators.
    """
    texts = [_decoded(token) or token for token in tokens]
    width = min(map(len, texts))
    varying = [at for at in range(width) if len({text[at] for text in texts}) > 1]
    used = {text[at] for text in texts for at in varying}
    size = min((len(each) for each in ALPHABETS if used <= set(each)), default=64)
    return len(varying) * log2(size)


def told_by(token: str, personal: Iterable[str]) -> str | None:
    """Return what `token` tells about its user, plain or base64-decoded, or None where it tells nothing."""
    decoded = _decoded(token)
    for text in filter(None, (token, decoded, *map(_decoded, token.split(".")))):
        for name in personal:
            if name.lower() in text.lower():
                return "the user's e-mail or name"
    if decoded:
        pieces = [piece for piece in re.split(r"[^0-9A-Za-z]+", decoded) if piece]
        if any(len(piece) < RANDOM_PIECE_CHARS for piece in pieces):
            return f"{len(pieces)} readable fields when base64-decoded"
    return None


def _decoded(token: str) -> str | None:
    """Return the text that `token` hides in base64, or None: random bytes do not read as text."""
    plain = token.replace(".", "=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    text = raw.decode("latin-1")
    return text if len(text) > 7 and text.isascii() and text.isprintable() else None


def constant_bytes(secrets: Sequence[bytes]) -> int:
    """Return at how many places all of `secrets` (raw) have the same byte.

    Bits are no measure: secrets that are random text, as some products make them, have the top bit of each byte alike.
    """
    return sum(len(set(place)) == 1 for place in zip(*secrets, strict=False))
