"""Reading mail as people see it: words and links, out of whatever encodings it came in.

1. Reading never raises: what is no valid mail is shown as it came.
2. Time grows with the size alone. `html.parser` of Python 3.11 takes half a minute for 60 kB of unclosed tags, which
   a broken target may send; hence the few lines here.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import getaddresses, mktime_tz, parsedate_tz
from urllib.parse import unquote

from kmc_harness.port import LinkKind, Mail, MailedLink
from kmc_harness.secrecy import redaction, tokens

__all__ = ["Links", "compile_links", "read", "sent_at"]

Links = Mapping[LinkKind, re.Pattern[str]]
"""What a link's address looks like, by its kind; the first that is found in it counts."""

LONGEST_HEADER = 16_384
"""Characters of a header that are read: the standard library takes quadratic time for some."""

# An address between angle brackets ends there (RFC 3986, appendix C); elsewhere it ends before what no address has.
_ADDRESS = re.compile(r"<(https?://[^<>\s]+)>|https?://[\w\-.~:/?#\[\]@!$&'()*+,;=%]{1,8000}", re.IGNORECASE)
# A tag ends at the first ">" outside of quotation marks, or at the first one, where these do not pair.
_TAG = re.compile(r"""<([/!?]?)(?=[a-zA-Z/!?])([^\s<>/]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>""")
_HREF = re.compile(r"""(?<![\w\-])href\s*=\s*("[^"]*"|'[^']*'|[^\s"']+)""", re.IGNORECASE)
_ALT = re.compile(r"""(?<![\w\-])(?:alt|title|src|value)\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,32};)")
_WITHIN_WORDS = re.compile("a|abbr|b|big|code|em|font|i|kbd|mark|s|samp|small|span|strong|su[bp]|tt|u|wbr")
_UNSEEN = frozenset({"script", "style"})


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
        links: which links count. They are returned in their order, each once, as they stand in the mail.

    The text is that of all parts that can be read, but for attachments; an HTML part's tags are taken out, and the
    addresses of its links stand in angle brackets. Its links are secrets from now on (see `secrecy.redaction`).

    """
    try:
        message = message_from_bytes(raw, policy=_ShortHeaders())
        subject = _header(message, "Subject")
        pages = [_page(part) for part in _readable_parts(message)]
        if recipients is None:
            recipients = _named_recipients(message)
    except Exception:  # The standard library raises many kinds for broken mail, among them RecursionError.
        subject, pages, recipients = "", [_plain(_decoded(raw, None))], recipients or ()
    text = "\n".join(words for words, _ in pages)
    found = _links((clickable for _, clickable in pages), links)
    for each in found:
        redaction.keep(each.url)
        redaction.keep(tokens.token_of(each.url))
    return tuple(Mail(_scrubbed(each), sent_at, subject, text, found, raw) for each in _once(recipients))


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


def _readable_parts(message: Message) -> Iterator[Message]:
    if message.get_content_disposition() == "attachment":
        return
    if message.is_multipart():
        for part in message.get_payload():
            yield from _readable_parts(part)  # type: ignore[arg-type]  # typeshed knows only of the general case
    elif message.get_content_maintype() in ("text", "multipart"):  # the latter without parts is a text that came broken
        yield message


def _page(part: Message) -> tuple[str, str]:
    """Return what can be read in `part`, and the same without what is no link, whatever it looks like."""
    payload = part.get_payload(decode=True)
    text = _decoded(payload if isinstance(payload, bytes) else b"", part.get_content_charset())
    return _stripped(text) if part.get_content_subtype() in ("html", "xhtml") else _plain(text)


def _plain(text: str) -> tuple[str, str]:
    return text, text


def _stripped(page: str) -> tuple[str, str]:
    """Take the tags out of HTML. What stands on a link is no link itself: only where it leads counts."""
    page = _BARE_AMPERSAND.sub("&amp;", _without_comments(page))
    words: list[str] = []
    clickable: list[str] = []
    hidden_by, on_link, at = "", False, 0
    for tag in _TAG.finditer(page):
        if not hidden_by:
            _add(page[at : tag.start()], words, *([] if on_link else [clickable]))
        at = tag.end()
        ends, name, inside = tag[1] == "/", tag[2].lower(), tag[3]
        if hidden_by:
            hidden_by = "" if ends and name == hidden_by else hidden_by
            continue
        if name in _UNSEEN and not ends:
            hidden_by = name
        if not _WITHIN_WORDS.fullmatch(name):
            _add("\n", words, clickable)
        if name == "a":
            on_link = False
        if name in ("a", "area") and not ends and (href := _HREF.search(inside)):
            on_link = name == "a"
            _add(_bracketed(href[1]), words, clickable)
        for told in _ALT.findall(inside):
            if not told[1:].startswith("data:"):
                _add(f" {told[1:-1]} ", words)
    if not hidden_by:
        _add(page[at:], words, *([] if on_link else [clickable]))
    return re.sub(r"[ \t\r\xa0]*\n\s*", "\n", "".join(words)).strip(), "".join(clickable)


def _without_comments(page: str) -> str:
    closed, end, rest = page.rpartition("-->")  # else each comment that nothing ends would be looked for to the end
    return re.sub("<!(?=--).*?-->", "", closed + end, flags=re.DOTALL) + rest


def _add(text: str, *pages: list[str]) -> None:
    for page in pages:
        page.append(html.unescape(text))


def _bracketed(href: str) -> str:
    """Return the address as a browser opens it, so that it is found again in a text."""
    address = re.sub(r"[\t\r\n]", "", href.strip("\"'").strip())
    return f" &lt;{address.replace(' ', '%20')}&gt; "


def _links(pages: Iterable[str], links: Links) -> tuple[MailedLink, ...]:
    """Return the links of the kinds asked for; the same address, however escaped, is one link."""
    found: dict[str, MailedLink] = {}
    for page in pages:
        for match in _ADDRESS.finditer(page):
            url = match[1] or _trimmed(match[0])
            kind = next((kind for kind, pattern in links.items() if pattern.search(url)), None)
            if kind:
                found.setdefault(unquote(url), MailedLink(kind, url))
    return tuple(found.values())


def _trimmed(url: str) -> str:
    """Take off the punctuation of the sentence around an address, and brackets that were opened before it."""
    while True:
        shorter = url.rstrip(".,;:!?'*")
        for opening, closing in ("()", "[]"):
            if shorter.endswith(closing) and shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == url:
            return url
        url = shorter


def _header(message: Message, name: str) -> str:
    """Return a header's value, unfolded and decoded; "" where there is none."""
    value = message.get(name, "")
    try:
        pieces = decode_header(value)
    except HeaderParseError:
        pieces = [(str(value), None)]
    text = "".join(each if isinstance(each, str) else _decoded(each, charset) for each, charset in pieces)
    return re.sub(r"\n(?=[ \t])", "", text.replace("\r\n", "\n"))


def _named_recipients(message: Message) -> list[str]:
    names = ("Delivered-To", "To", "Cc", "Bcc")
    headers = [str(value) for name in names for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(headers) if "@" in address]


def _once(recipients: Iterable[str]) -> Iterable[str]:
    return {each.lower(): each for each in recipients}.values()


def _decoded(raw: bytes, charset: str | None) -> str:
    """Return `raw` as text, whatever `charset` claims. ASCII is read as UTF-8, which it is a part of."""
    if charset in (None, "us-ascii", "ascii", "unknown-8bit"):
        charset = "utf-8"
    try:
        text = raw.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    return _scrubbed(text).replace("\r\n", "\n")


def _scrubbed(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
