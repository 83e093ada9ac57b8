"""HTML as a mail client shows it: its words, and where its links lead.

Time grows with the size alone. `html.parser` of Python 3.11 takes half a minute for 60 kB of unclosed tags, which a
broken target may send; hence the few lines here.
"""

import contextlib
import html
import re
from urllib.parse import urljoin

__all__ = ["words_and_links"]

# A tag ends at the first ">" outside of quotation marks, or at the first one, where these do not pair.
_TAG = re.compile(r"""<([/!?]?)(?=[a-zA-Z/!?])([^\s<>/]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*)>""")
_HREF = re.compile(r"""(?<![\w\-])href\s*=\s*("[^"]*"|'[^']*'|[^\s"']+)""", re.IGNORECASE)
_ALT = re.compile(r"""(?<![\w\-])(?:alt|title|src|value)\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,32};)")
_WITHIN_WORDS = re.compile("a|abbr|b|big|code|em|font|i|kbd|mark|s|samp|small|span|strong|su[bp]|tt|u|wbr")
_UNSEEN = frozenset({"script", "style", "template"})


def words_and_links(page: str) -> tuple[str, str]:
    """Take the tags out of HTML: return all that can be read, and the same without what stands on links.

    The addresses of links are in both, in angle brackets. What stands on a link is no link itself.
    """
    page = _BARE_AMPERSAND.sub("&amp;", _without_comments(page))
    words: list[str] = []
    clickable: list[str] = []
    hidden_by, on_link, at, base = "", False, 0, ""
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
        href = None if ends else _HREF.search(inside)
        if href and name == "base":
            base = base or _address(href[1], "")
        if href and name in ("a", "area"):
            on_link = name == "a"
            _add(f" &lt;{html.escape(_address(href[1], base))}&gt; ", words, clickable)
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


def _address(href: str, base: str) -> str:
    """Return the address as a browser opens it, so that it is found again in a text."""
    address = re.sub(r"[\t\r\n]", "", html.unescape(href).strip("\"'").strip())
    with contextlib.suppress(ValueError):  # brackets that are no address of a host
        address = urljoin(base, address) if base else address
    return address.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
