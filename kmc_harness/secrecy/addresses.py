"""Web addresses in mails: where one ends in a text, and which of them lead to the same thing.

1. Two addresses lead to the same thing where a server receives the same of both, tracking set aside.
2. Time grows with the size alone. `linkify-it-py` 2.2 takes 10 s for 50 kB of `https://x/reset/` without a blank.

Mail clients differ on where an address in plain words ends. Here `|` and brackets that are closed belong to it, since
tokens have them; behind the host it ends at the first sign that is not ASCII, such as a word glued to it.
"""

import contextlib
import html
import quopri
import re
from collections.abc import Callable, Collection, Iterator
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit, urlunsplit

from kmc_harness.secrecy.tokens import token_of, tokens_in

__all__ = ["addresses_in", "destination", "embedded", "in_lower_case", "why_elsewhere"]

# An address between angle brackets ends there, and goes on over the ends of lines (RFC 3986, appendix C).
_ADDRESS = re.compile(
    r"<(?:URL:)?(https?://[^<>\s]++(?:[ \t]*+\n[ \t]*+(?!https?://)[^<>\s]++)*+)\s*+>"
    r"|https?://[\w\-.~:@\[\]!$&'()*+,;=%]+(?:[/?#][a-z0-9_\-.~:/?#\[\]@!$&'()*+,;=%{}|]*)?",
    re.IGNORECASE,
)
_IN_PATH = re.compile(r"https?(:|%3a)(//[^?#]+|%2f%2f[^/?#]+)", re.IGNORECASE)
_OPENING = {")": "(", "]": "[", "}": "{"}
_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"(utm|ga|pk|mtm|matomo|piwik|itm|trk|bsft|hsa|sc|vero|oly|mc|et|at|wt|_hs|__hs)_\w+|_hs(enc|mi|fp)|elq\w*"
    r"|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|twclid|ttclid|yclid|igshid|li_fat_id|mkt_tok|hsctatracking"
    r"|s_cid|dm_i|spm|ml_subscriber(_hash)?|ck_subscriber_id|rb_clickid|_openstat|_branch_match_id|ref_src|cmpid|_k[ex]",
    re.IGNORECASE,
)
"""Names of parameters that a mailer adds for its statistics, as Firefox and ClearURLs take them off."""
_BOUNDARIES = ("/", "?", "#", "&")
_LONGEST_HOST = 253
_MISTAKES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("is escaped as in HTML, with &amp; for &", html.unescape),
    (
        "is left in quoted-printable, with =3D for =",
        lambda url: quopri.decodestring(url.encode()).decode(errors="replace"),
    ),
    ("is percent-encoded once too often", unquote),
)


def addresses_in(text: str) -> Iterator[str]:
    """Yield the web addresses in `text`, in their order, without the punctuation around them."""
    for match in _ADDRESS.finditer(text):
        yield re.sub(r"\s", "", match[1]) if match[1] else _trimmed(match[0].partition("](")[0])


def _trimmed(url: str) -> str:
    """Take off the punctuation of the sentence around an address, and brackets that were opened before it."""
    left = {closing: url.count(closing) - url.count(opening) for closing, opening in _OPENING.items()}
    end = len(url)
    while url[end - 1] in ".,;:!?'*|" or left.get(url[end - 1], 0) > 0:
        end -= 1
        if url[end] in left:
            left[url[end]] -= 1
    return url[:end]


def in_lower_case(url: str) -> str:
    """Return `url` with scheme and host as servers know them, in lower case and without the port that is meant anyway.

    Raises:
        ValueError: brackets that are no address of a host, or a port that is no number.

    """
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    with contextlib.suppress(UnicodeError):  # as it stands, then
        host = host if host.isascii() or len(host) > _LONGEST_HOST else host.encode("idna").decode()
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}{port}"))


def destination(url: str) -> str:
    """Return what a server receives of `url`, spelled in one way: equal for two that lead to the same thing.

    A fragment is none of it, unless it holds the token: then a script of the page sends that on. Parameters that
    track the reader are none of it either.
    """
    try:
        parts = urlsplit(in_lower_case(url))
    except ValueError:
        return url
    fields = sorted(each for each in map(_spelled_field, parts.query.split("&")) if each)
    fragment = parts.fragment if parts.fragment and token_of(url) in parts.fragment else ""
    path = "/".join(map(_spelled, parts.path.split("/"))) or "/"
    return f"{parts.scheme}://{parts.netloc}{path}?{'&'.join(fields)}#{_spelled(fragment)}"


def _spelled(piece: str) -> str:
    return quote(unquote_to_bytes(piece), safe="")


def _spelled_field(field: str) -> str:
    name, _, value = field.replace("+", " ").partition("=")
    return "" if _TRACKING.fullmatch(name) else f"{_spelled(name)}={_spelled(value)}" if field else ""


def embedded(url: str) -> tuple[str, str]:
    """Return the address that `url` holds, as a counter of clicks passes one on, and `url` without it.

    It is the value of a parameter, or a piece of the path. The first is empty, and the second `url`, for one without.
    """
    for piece in url.partition("?")[2].split("&"):
        value = piece.partition("=")[2]
        if re.match("https?://", unquote(value), re.IGNORECASE):
            return unquote(value), url.replace(value, "", 1)
    if inner := _IN_PATH.search(url, 1):
        return unquote(inner[0]), url.replace(inner[0], "", 1)
    return "", url


def why_elsewhere(url: str, meant: Collection[str]) -> str | None:
    """Return words on what is wrong with `url`, which should lead where one of `meant` does and does not.

    None where nothing is certain: an address that has a token of theirs may lead to the same thing.
    """
    there = {destination(each) for each in meant}
    for told, undone in _MISTAKES:
        if undone(url) != url and destination(undone(url)) in there:
            return told
        if any(undone(each) != each and destination(undone(each)) == destination(url) for each in meant):
            return f"leads elsewhere than the one that is shown first, which {told}"
    if any(each.startswith(url) and not each.removeprefix(url).startswith(_BOUNDARIES) for each in meant):
        return "breaks off before its end"
    if any(_holds_token_of(url, each) or _holds_token_of(each, url) for each in meant):
        return None
    return "is another one"


def _holds_token_of(url: str, other: str) -> bool:
    return any(token in unquote(url) for token in tokens_in(other))
