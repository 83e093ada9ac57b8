"""The parts of a mail, as a mail client chooses among them (RFC 2046, 5.1), each with its words and links."""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import IntEnum

from kmc_harness.hosting.mail.pages import words_and_links

__all__ = ["Body", "Shown", "bodies", "decoded", "plain"]


class Shown(IntEnum):
    """When a client shows a part: FIRST of all, INSTEAD where it or its user prefers another, or only ASIDE."""

    FIRST = 0
    INSTEAD = 1
    ASIDE = 2


@dataclass(frozen=True)
class Body:
    """A part that can be read.

    Attributes:
        name: what people call its kind.
        shown: when it is seen.
        words: all that can be read in it.
        clickable: the same without what is no link, whatever it looks like.

    """

    name: str
    shown: Shown
    words: str
    clickable: str


_NAMES = {
    "text/plain": "text",
    "text/html": "HTML",
    "text/xhtml": "HTML",
    "application/xhtml+xml": "HTML",
    "text/x-amp-html": "AMP",
    "text/watch-html": "watch",
}
_EVERYWHERE = ("text", "HTML")
"""Any client shows these; the others are for clients of a kind."""


def bodies(message: Message, shown: Shown = Shown.FIRST) -> Iterator[Body]:
    """Yield the parts of `message` that can be read, attachments left out, in their order."""
    if message.get_content_disposition() == "attachment":
        return
    kind = message.get_content_type()
    if not message.is_multipart():
        if message.get_content_maintype() in ("text", "multipart") or kind in _NAMES:  # a multipart of none came broken
            yield _body(message, shown)
        return
    parts: list[Message] = message.get_payload()  # type: ignore[assignment]  # typeshed knows only of the general case
    preferred = _preferred(message, parts)
    if message.get_content_maintype() == "message" and message.get_content_disposition() != "inline":
        shown = Shown.ASIDE  # most clients show it as an attachment
    for part in parts:
        later = Shown.INSTEAD if kind == "multipart/alternative" else Shown.ASIDE
        yield from bodies(part, shown if preferred in (part, None) else max(shown, later))


def _preferred(message: Message, parts: list[Message]) -> Message | None:
    """Return the one of `parts` that a client shows; None: all of them."""
    match message.get_content_type():
        case "multipart/alternative":
            return next((part for part in reversed(parts) if _is_shown_everywhere(part)), parts[-1])
        case "multipart/related":
            start = message.get_param("start")
            return next((part for part in parts if start and part["Content-ID"] == start), parts[0])
    return None


def _is_shown_everywhere(part: Message) -> bool:
    if part.get_content_disposition() == "attachment":
        return False
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        return any(map(_is_shown_everywhere, part.get_payload()))
    return _NAMES.get(part.get_content_type()) in _EVERYWHERE


def _body(part: Message, shown: Shown) -> Body:
    kind, flow = part.get_content_type(), part.get_param("format")
    text = decoded(_payload(part), part.get_content_charset())
    name = _NAMES.get(kind, "text" if part.get_content_maintype() == "multipart" else part.get_content_subtype())
    if name not in _EVERYWHERE:
        shown = max(shown, Shown.INSTEAD if kind in _NAMES else Shown.ASIDE)
    if name in ("HTML", "AMP", "watch"):
        return Body(name, shown, *words_and_links(text))
    if name == "calendar":
        text = re.sub(r"\\([,;\\])", r"\1", re.sub(r"\n[ \t]", "", text).replace("\\n", "\n").replace("\\N", "\n"))
    elif str(flow).lower() == "flowed":
        text = _unflowed(text, deletes_space=str(part.get_param("delsp")).lower() == "yes")
    return plain(text, name, shown)


def plain(text: str, name: str = "text", shown: Shown = Shown.FIRST) -> Body:
    """Return a part in which words are all there is."""
    return Body(name, shown, text, text)


def _payload(part: Message) -> bytes:
    is_printable = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "quoted-printable"
    if is_printable:
        del part["Content-Transfer-Encoding"]  # what follows is the payload as it stands
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    if not is_printable:
        return raw
    # Blanks at the end of a line were added on the way (RFC 2045, 6.7); the standard library stumbles over them.
    return quopri.decodestring(b"\n".join(line.rstrip(b" \t\r") for line in raw.split(b"\n")))


def _unflowed(text: str, *, deletes_space: bool) -> str:
    """Return text of format=flowed (RFC 3676) with each paragraph in one line."""
    pieces: list[str] = []
    flows, depth = False, 0
    for line in text.split("\n"):
        rest = line.lstrip(">")
        deeper, depth = depth != len(line) - len(rest), len(line) - len(rest)
        rest = rest.removeprefix(" ")
        if pieces and (deeper or not flows):
            pieces.append("\n")
        if depth and not (flows and not deeper):
            pieces.append(">" * depth + " ")
        flows = rest.endswith(" ") and rest != "-- "
        pieces.append(rest[:-1] if flows and deletes_space else rest)
    return "".join(pieces)


def decoded(raw: bytes, charset: str | None) -> str:
    """Return `raw` as text, whatever `charset` claims. ASCII is read as UTF-8, which it is a part of."""
    if charset in (None, "us-ascii", "ascii", "unknown-8bit"):
        charset = "utf-8"
    try:
        text = raw.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode().replace("\r\n", "\n")
