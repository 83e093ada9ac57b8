"""Mails read as people see them."""

import base64
import quopri
import re
import time
from email.header import Header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmc_harness.hosting.mail import compile_links, read
from kmc_harness.port import LinkKind, Mail
from tests.harness.mails import ADA, LINKS, NOW, RESET, urls, written


def one(raw: bytes) -> Mail:
    (mail,) = read(raw, NOW, [ADA], LINKS)
    return mail


def in_text(words: str) -> list[str]:
    return urls(one(f"Subject: s\r\n\r\n{words}".encode()))


def in_html(page: str) -> list[str]:
    return urls(one(f"Content-Type: text/html; charset=utf-8\r\n\r\n{page}".encode()))


# Links


@pytest.mark.parametrize("cte", ["7bit", "quoted-printable", "base64"])
def test_a_link_in_text_and_html_is_one_link_however_encoded(cte: str) -> None:
    long = RESET + "&fill=" + "0123456789" * 12
    page = f'<p>Hi, <a class="b" href="{long.replace("&", "&amp;")}"><b>reset</b></a></p>'
    mail = one(bytes(written(f"Hi,\n{long}\n", page, cte=cte)))
    assert urls(mail) == [long]
    assert long in mail.text


def test_links_come_in_the_order_of_the_mail_and_others_are_left_out() -> None:
    words = (
        "https://kmc.example/help http://a.example/auth-info/1, https://kmc.example/reset/2! HTTPS://x.example/reset/3"
    )
    mail = one(f"Subject: s\r\n\r\n{words}".encode())
    assert [link.kind for link in mail.links] == [LinkKind.ENROLMENT, LinkKind.RESET, LinkKind.RESET]
    assert urls(mail) == ["http://a.example/auth-info/1", "https://kmc.example/reset/2", "HTTPS://x.example/reset/3"]


@pytest.mark.parametrize(
    "around",
    ["%s.", "(%s)", "<%s>", '"%s"', "[here](%s).", "[%s]", "see %s, and", "'%s'?", "**%s**", "%s\r\n", "„%s“", "{%s}"],
)
@pytest.mark.parametrize("url", ["https://kmc.example/reset/a-_", "https://kmc.example/reset/a(b)", RESET])
def test_punctuation_around_a_link_is_not_part_of_it(around: str, url: str) -> None:
    assert in_text(around % url) == [url]


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("<a href='https://x.example/reset/1?a=1&amp;b=2'>x</a>", "https://x.example/reset/1?a=1&b=2"),
        ("<A\nHREF = https://x.example/reset/1>x</A>", "https://x.example/reset/1"),
        ('<a href="https://x.example/reset/1?u=1&timestamp=2&copy=3">x</a>', "https://x.example/reset/1?u=1&timestamp=2&copy=3"),
        ('<a href=" https://x.example/reset/A\n da ">x</a>', "https://x.example/reset/A%20da"),
        ('<a href="https://x.example/reset/1.">x</a>', "https://x.example/reset/1."),
        ('<a href="https://x.example/reset/12">https://x.example/reset/1...</a>', "https://x.example/reset/12"),
        ("<a href='https://x.example/help'>x</a> https://x.example/reset/1", "https://x.example/reset/1"),
        ("<p>https://x.example/reset/1</p>more", "https://x.example/reset/1"),
        ("<p>https://x.example/reset/1&amp;2</p>", "https://x.example/reset/1&2"),
        ('<a data-href="https://x.example/reset/0" href="https://x.example/reset/1">', "https://x.example/reset/1"),
        ("<a title='a > b' href='https://x.example/reset/1'>x</a>", "https://x.example/reset/1"),
        ("<p class=\"><a href='https://x.example/reset/1'>x</a>", "https://x.example/reset/1"),
        ("<!--[if !mso]><!--><a href='https://x.example/reset/1'>x</a><!--<![endif]-->", "https://x.example/reset/1"),
        ("<!-- <a href='https://x.example/reset/0'> --><a href='https://x.example/reset/1'>", "https://x.example/reset/1"),
        ("<style>@import 'https://x.example/reset/0'</style><a href=https://x.example/reset/1>", "https://x.example/reset/1"),
    ],
)  # fmt: skip
def test_a_link_in_html_leads_where_a_browser_goes(page: str, url: str) -> None:
    assert in_html(page) == [url]


def test_a_link_differently_escaped_in_its_parts_is_one_link() -> None:
    url = "https://kmc.example/reset/1?for=ada@kmc.example"
    escaped = url.replace("@", "%40")
    assert urls(one(bytes(written(url, f"<a href='{escaped}'>x</a>")))) == [escaped]


# Words


def test_what_stands_in_one_part_only_can_be_read() -> None:
    text = one(bytes(written("plain-word", "<td>JBSW<b>Y3DP</b></td><td>page&#45;word</td><img alt='seen-word'>"))).text
    assert {"plain-word", "JBSWY3DP", "page-word", "seen-word"} <= set(text.split())
    assert "<td>" not in text


def test_what_only_looks_like_a_tag_is_read() -> None:
    raw = b"Content-Type: text/html\r\n\r\n<p>1 < 2, 3 > 2 & <3 &lt;b&gt; <![x]>end"
    assert one(raw).text == "1 < 2, 3 > 2 & <3 <b>\nend"


def test_style_script_comments_and_attachments_are_not_read() -> None:
    message = written(
        "shown",
        '<style>a{hidden}</style><script>if (1<2) hidden()</script><!-- hidden --><img src="data:hidden">shown too',
    )
    message.add_attachment(b"hidden", "text", "plain", filename="a.txt")
    message.add_attachment("hidden")
    assert one(bytes(message)).text.split() == ["shown", "shown", "too"]


def test_parts_within_parts_are_read() -> None:
    inner = written("inner", "<p>page</p>")
    outer = written("outer")
    outer.make_mixed()
    outer.attach(inner)
    forwarded = EmailMessage()
    forwarded.set_content(outer, disposition="inline")
    assert one(bytes(forwarded)).text.split() == ["outer", "inner", "page"]


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("=?utf-8?q?Zur=C3=BCcksetzen_f=C3=BCr?= Ada", "Zurücksetzen für Ada"),
        ("=?utf-8?b?WsO8?=\r\n =?utf-8?b?cmljaA==?=", "Zürich"),
        ("Your\r\n password", "Your password"),
        ("=?no-such-charset?q?a=C3=BC?=", "aü"),
        ("=?utf-8?b?a?=", "=?utf-8?b?a?="),
        ("Grüße", "Grüße"),
        (Header("ψ" * 60, "iso-8859-7").encode(), "ψ" * 60),
        ("", ""),
    ],
)
def test_a_subject_is_read_as_people_see_it(header: str, subject: str) -> None:
    assert one(f"Subject: {header}\r\nTo: {ADA}\r\n\r\nHello".encode()).subject == subject


@pytest.mark.parametrize("charset", ["no-such", "hex", "idna", "undefined", "us-ascii", '"', "unicode_escape"])
def test_a_charset_that_does_not_decode_hides_no_plain_words(charset: str) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + b"plain \\ud800 \xff"
    assert one(raw).text.encode().startswith(b"plain ")


def test_what_claims_to_be_ascii_may_be_more() -> None:
    assert one("Content-Type: text/plain; charset=us-ascii\r\n\r\nGrüße".encode()).text == "Grüße"


def test_half_a_character_can_be_shown_all_the_same() -> None:
    (mail,) = read(b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-", NOW, ["a\udcff@kmc.example"], LINKS)
    assert (mail.recipient + mail.text).encode() == b"a?@kmc.example?"


def test_what_is_no_mail_is_shown_as_it_came() -> None:
    for raw in (
        b"\x00\xffno mail " + RESET.encode(),
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts " + RESET.encode(),
        b"Content-Type: multipart/mixed\r\n\r\nno boundary " + RESET.encode(),
        _nested(3000) + RESET.encode(),
    ):
        mail = one(raw)
        assert urls(mail) == [RESET], raw[:80]
        assert RESET in mail.text


def _nested(depth: int) -> bytes:
    opened = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(depth))
    return b"".join(opened)


@pytest.mark.parametrize("head", ["Content-Type: text/html\r\n\r\n", "\r\nhttps://x/reset/", "Subject: ", "To: "])
@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "</",
        "<a ",
        "<a href='",
        "<a b='c' \"",
        "<!--",
        "<script>",
        "href=",
        "&",
        "://",
        "(",
        ")",
        "[",
        '"',
        "=?a?q? ",
        "--x\r\n",
    ],
)
def test_time_to_read_grows_with_the_size_alone(piece: str, head: str) -> None:
    """A second or so; where it grows with the square of the size, it is minutes."""
    began = time.process_time()
    read(head.encode() + piece.encode() * (1_000_000 // len(piece)), NOW, None, LINKS)
    assert time.process_time() - began < 10


SCRAPS = """
Content-Type:|Content-Disposition:|Content-Transfer-Encoding:|Subject:|To:|text/html|text/plain|multipart/mixed|
message/rfc822|attachment|base64|; boundary=x|; charset=|; charset*=|; charset*0*=|utf-16|utf-7|idna|=?utf-8?b?|?=|
--x|--|<a href=|https://x/reset/|&#xD800;|<!--|<![|<|>|'|"|(|@| |a"""
BROKEN = st.sampled_from([b"\r\n", b"\r\n\r\n", b"\xff", b"9" * 5000, *SCRAPS.replace("\n", "").encode().split(b"|")])


@given(st.binary() | st.lists(BROKEN).map(b"".join))
def test_reading_never_raises(raw: bytes) -> None:
    for recipients in ([ADA], None):
        for mail in read(raw, NOW, recipients, LINKS):
            (mail.subject + mail.text + mail.recipient).encode()


WORDS = st.text(st.characters(exclude_characters="<>&\x00", exclude_categories=["Cs", "Cc"]), max_size=80)
ENCODED = {
    "8bit": lambda body: body,
    "base64": base64.encodebytes,
    "BASE64 ": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
}


@given(
    before=WORDS,
    after=WORDS,
    token=st.from_regex(re.compile(r"[\w-]{1,200}(\?a=[\w-]{1,80}&b=[\w%=-]{0,80}[\w=-])?", re.ASCII), fullmatch=True),
    charset=st.sampled_from(["utf-8", "iso-8859-1", "koi8-r", "shift_jis", "utf-7", "cp037"]),
    cte=st.sampled_from(sorted(ENCODED)),
    is_html=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_a_link_is_found_again_in_every_encoding(
    before: str, after: str, token: str, charset: str, cte: str, is_html: bool, newline: str
) -> None:
    url, subtype = f"https://kmc.example/reset/{token}", "html" if is_html else "plain"
    body = f"{before}\n{url}\n{after}"
    if is_html:
        body = f"<p>{before}<a href='{url.replace('&', '&amp;')}'>here</a>{after}"
    head = f"Content-Type: text/{subtype}; charset={charset}\nContent-Transfer-Encoding: {cte}\n\n"
    encoded = ENCODED[cte](body.replace("\n", newline).encode(charset, "replace"))
    assert urls(one(head.replace("\n", newline).encode() + encoded)) == [url]


def test_what_is_no_kind_or_no_expression_is_told() -> None:
    with pytest.raises(ValueError, match="'rest' is no kind of link; use enrolment or reset"):
        compile_links({"rest": "x"})
    with pytest.raises(ValueError, match=r"'\(' for reset links is no regular expression: missing \)"):
        compile_links({"reset": "("})
