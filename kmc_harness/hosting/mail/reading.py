"""Reading mail as people see it: words and links, out of whatever encodings it came in.

1. Reading never raises: what is no valid mail is shown as it came.
2. Time grows with the size alone.
"""

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import getaddresses, mktime_tz, parsedate_tz
from typing import NamedTuple

from kmc_harness.hosting.mail.bodies import Body, Shown, bodies, decoded, plain
from kmc_harness.port import LinkKind, Mail, MailedLink
from kmc_harness.secrecy import redaction, tokens
from kmc_harness.secrecy.addresses import addresses_in, destination, embedded, in_lower_case

__all__ = ["Links", "compile_links", "read", "sent_at"]

Links = Mapping[LinkKind, re.Pattern[str]]
"""What a link's address looks like, by its kind; the first that is found in it counts."""

LONGEST_HEADER = 16_384
"""Characters of a header that are read: the standard library takes quadratic time for some."""


class _ShortHeaders(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER].rstrip()


def compile_links(patterns: Mapping[str, str]) -> Links:
    """Return the kinds of links by their regular expressions, as `[mail] links` of a target.toml has them.

    Raises:
        ValueError: a kind or an expression is none; the message says what to write.

    """
    links = {}
    for kind, pattern in patterns.items():
        if kind not in set(LinkKind):
            raise ValueError(f"{kind!r} is no kind of link; use {' or '.join(LinkKind)}")
        try:
            links[LinkKind(kind)] = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} for {kind} links is no regular expression: {error}") from error
    return links


def read(raw: bytes, sent_at: int, recipients: Iterable[str] | None, links: Links) -> tuple[Mail, ...]:
    """Return the mail in `raw`, once for each recipient. Never raises.

    Args:
        raw: the message as sent, headers and body, no matter how broken.
        sent_at: epoch seconds of the target's clock.
        recipients: the addresses on the envelope; None: those that the headers name.
        links: which links count. They are returned in their order, as they stand in the mail, each once that leads
            to a thing of its own (see `secrecy.addresses.destination`).

    The text is that of all parts that can be read, but for attachments; an HTML part's tags are taken out, and the
    addresses of its links stand in angle brackets. The links are those of the part that a mail client shows; what
    leads to something else in another one stands in `Mail.elsewhere`. All are secrets from now on (see
    `secrecy.redaction`).

    """
    try:
        message = message_from_bytes(raw, policy=_ShortHeaders())
        subject = _header(message, "Subject")
        parts = list(bodies(message))
        if recipients is None:
            recipients = _named_recipients(message)
    except Exception:  # The standard library raises many kinds for broken mail, among them RecursionError.
        subject, parts, recipients = "", [plain(decoded(raw, None))], recipients or ()
    text = "\n".join(part.words for part in parts)
    found, elsewhere = _sorted_out(parts, links)
    for each in (*found, *elsewhere):
        redaction.keep(each.url)
        redaction.keep(tokens.token_of(each.url))
    return tuple(Mail(_scrubbed(each), sent_at, subject, text, found, elsewhere, raw) for each in _once(recipients))


def sent_at(raw: bytes, earliest: int, now: int) -> int:
    """Return when a mail that was found `now` was sent: when its Date says, where that can be; else now. Never raises.

    Times are epoch seconds of the target's clock; it had not come `earliest`.
    """
    try:
        parts = parsedate_tz(str(BytesHeaderParser().parsebytes(raw)["Date"]))
        date = int(mktime_tz(parts)) if parts else now
    except (ValueError, OverflowError, IndexError):
        return now
    return date if earliest <= date <= now else now


def _sorted_out(bodies: Sequence[Body], links: Links) -> tuple[tuple[MailedLink, ...], tuple[MailedLink, ...]]:
    """Return the links of the kinds asked for that a client opens, and those elsewhere that lead to something else.

    Where what is shown first has none of a kind, the next part with one counts.
    """
    by_rank = [_found([body for body in bodies if body.shown is shown], links) for shown in Shown]
    opened: dict[str, _Found] = {}
    for rank in by_rank:
        kinds = {each.link.kind for each in opened.values()}
        opened |= {to: each for to, each in rank.items() if each.link.kind not in kinds}
    for to, each in ((to, each) for rank in by_rank for to, each in rank.items() if to in opened):
        if opened[to].is_passed_on and not each.is_passed_on:
            opened[to] = each
    elsewhere = (each for to, each in by_rank[Shown.INSTEAD].items() if to not in opened)
    return tuple(each.link for each in opened.values()), tuple(replace(each.link, part=each.part) for each in elsewhere)


class _Found(NamedTuple):
    link: MailedLink
    part: str
    is_passed_on: bool


def _found(bodies: Iterable[Body], links: Links) -> dict[str, _Found]:
    """Return the links in `bodies` by where they lead: of two alike the first, or the first that passes no other on."""
    found: dict[str, _Found] = {}
    for body in bodies:
        for url in addresses_in(body.clickable):
            kind, passed_on = _kind(url, links)
            to = destination(passed_on or url)
            if kind and (to not in found or (found[to].is_passed_on and not passed_on)):
                found[to] = _Found(MailedLink(kind, url), body.name, bool(passed_on))
    return found


def _kind(url: str, links: Links) -> tuple[LinkKind | None, str]:
    """Return the kind of `url`, and the address that it passes on, where it has its kind of that."""
    passed_on, rest = embedded(url)
    for address, inner in ((rest, ""), (passed_on, passed_on)):
        if kind := next((kind for kind, pattern in links.items() if _fits(pattern, address)), None):
            return kind, inner
    return None, ""


def _fits(pattern: re.Pattern[str], address: str) -> bool:
    if pattern.search(address):
        return True
    with contextlib.suppress(ValueError):  # no address that leads anywhere
        return bool(pattern.search(in_lower_case(address)))
    return False


def _header(message: Message, name: str) -> str:
    """Return a header's value, unfolded and decoded; "" where there is none."""
    value = message.get(name, "")
    try:
        pieces = decode_header(value)
    except HeaderParseError:
        pieces = [(str(value), None)]
    text = "".join(each if isinstance(each, str) else decoded(each, charset) for each, charset in pieces)
    return re.sub(r"\n(?=[ \t])", "", text.replace("\r\n", "\n"))


def _named_recipients(message: Message) -> list[str]:
    names = ("Delivered-To", "To", "Cc", "Bcc")
    headers = [str(value) for name in names for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(headers) if "@" in address]


def _once(recipients: Iterable[str]) -> Iterable[str]:
    return {each.lower(): each for each in recipients}.values()


def _scrubbed(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
