"""Mail of targets: caught, read as people see it, and none of it lost."""

import base64
import importlib
import logging
import os
import quopri
import re
import smtplib
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.header import Header
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmc_harness.mail import AdapterOutbox, Mailbox, Maildir, compile_links, read
from kmc_harness.mail.smtp import LARGEST_MAIL, SmtpCatcher
from kmc_harness.port import LinkKind, Mail

NOW = 1_700_000_000
LINKS = compile_links({"reset": "/reset/", "enrolment": "/auth-info/"})
RESET = "https://kmc.example/reset/Zm9v-_x?user=7&timestamp=9"
ADA, BO = "ada@kmc.example", "bo@kmc.example"


@pytest.fixture
def catcher() -> Iterator[SmtpCatcher]:
    made = SmtpCatcher(LINKS, lambda: NOW)
    yield made
    made.close()


def client(catcher: SmtpCatcher) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", catcher.port, timeout=30)


def so_far(mailbox: Mailbox, email: str = ADA) -> tuple[Mail, ...]:
    return mailbox.mails(email, time.monotonic(), 0)


def written(text: str, html: str | None = None, subject: str = "Hello", cte: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "kmc@kmc.example", ADA
    message.set_content(text, cte=cte)
    if html is not None:
        message.add_alternative(html, subtype="html", cte=cte)
    return message


def one(raw: bytes) -> Mail:
    (mail,) = read(raw, NOW, [ADA], LINKS)
    return mail


def urls(mail: Mail) -> list[str]:
    return [link.url for link in mail.links]


def in_text(words: str) -> list[str]:
    return urls(one(f"Subject: s\r\n\r\n{words}".encode()))


def in_html(page: str) -> list[str]:
    return urls(one(f"Content-Type: text/html; charset=utf-8\r\n\r\n{page}".encode()))


# Caught over SMTP


def test_a_mail_is_caught_with_its_link_and_the_targets_time(catcher: SmtpCatcher) -> None:
    with client(catcher) as smtp:
        smtp.send_message(written(f"Open {RESET}."))
    (mail,) = so_far(catcher)
    assert (mail.recipient, mail.sent_at, mail.subject, mail.links[0].kind) == (ADA, NOW, "Hello", LinkKind.RESET)
    assert urls(mail) == [RESET]


def test_the_envelope_says_who_gets_a_mail_whatever_the_case(catcher: SmtpCatcher) -> None:
    with client(catcher) as smtp:
        smtp.sendmail("", [ADA, "Ada@KMC.example", BO], b"To: somebody@kmc.example\r\n\r\nHello\r\n")
    assert [len(so_far(catcher, email)) for email in (ADA, "BO@kmc.EXAMPLE", "somebody@kmc.example")] == [1, 1, 0]


def test_nothing_is_lost_in_a_burst(catcher: SmtpCatcher) -> None:
    def send(sender: int) -> None:
        with client(catcher) as smtp:
            for number in range(50):
                to = [ADA, f"p{number}@kmc.example"]
                smtp.sendmail("kmc@kmc.example", to, f"\r\nhttps://kmc.example/reset/{sender}-{number}\r\n")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(send, range(20)))
    mails = so_far(catcher)
    assert (len(mails), len({url for mail in mails for url in urls(mail)})) == (1000, 1000)
    assert [len(so_far(catcher, f"p{number}@kmc.example")) for number in range(50)] == [20] * 50


def test_a_mail_beyond_the_limit_is_refused_and_the_next_one_taken(catcher: SmtpCatcher) -> None:
    huge = b"\r\n" + (b"x" * 998 + b"\r\n") * (LARGEST_MAIL // 1000 + 1)
    with client(catcher) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused, match=r"552.*exceeds"):
            smtp.sendmail("kmc@kmc.example", ADA, huge)
        smtp.mail("kmc@kmc.example")
        smtp.rcpt(ADA)
        assert smtp.data(huge)[0] == 552
        smtp.sendmail("kmc@kmc.example", ADA, b"\r\n" + b"y" * 2_000_000)
    assert [len(mail.text) for mail in so_far(catcher)] == [2_000_001]


def test_eight_bits_unicode_addresses_and_dots_come_through(catcher: SmtpCatcher) -> None:
    raw = "Subject: Zürück\r\n\r\n.Grüße\r\n..\r\n".encode()
    with client(catcher) as smtp:
        smtp.sendmail("kmc@kmc.example", "zoë@kmc.example", raw, ["SMTPUTF8", "BODY=8BITMIME"])
    (mail,) = so_far(catcher, "ZOË@kmc.example")
    assert (mail.subject, mail.text) == ("Zürück", ".Grüße\n..\n")


def test_a_target_may_log_in_to_its_mail_server(catcher: SmtpCatcher) -> None:
    with client(catcher) as smtp:
        smtp.login("kmc", "s3cure-pass!")
        smtp.send_message(written("Hello"))
    assert len(so_far(catcher)) == 1


def test_a_mail_on_its_way_is_waited_for(catcher: SmtpCatcher) -> None:
    with client(catcher) as smtp, ThreadPoolExecutor() as pool:
        smtp.ehlo()
        smtp.mail("kmc@kmc.example")
        smtp.rcpt(ADA)
        smtp.putcmd("data")
        assert smtp.getreply()[0] == 354
        asked = pool.submit(so_far, catcher)
        smtp.send("\r\nHello\r\n.\r\n")
        assert smtp.getreply()[0] == 250
        assert len(asked.result()) == 1


def test_a_connection_lost_within_a_mail_is_no_mail_and_nobody_waits_for_it(
    catcher: SmtpCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kmc_harness.mail.smtp.PATIENCE_S", 120)
    with socket.create_connection(("127.0.0.1", catcher.port)) as line:
        line.sendall(b"HELO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<ada@kmc.example>\r\nDATA\r\n\r\nHel")
        seen = b""
        while b"354" not in seen:
            seen += line.recv(1000)
    began = time.monotonic()
    assert so_far(catcher) == ()
    assert time.monotonic() - began < 60


def test_mails_are_asked_for_once_it_has_been_quiet_long_enough(catcher: SmtpCatcher) -> None:
    began = time.monotonic()
    catcher.mails(ADA, began, 0.05)
    assert time.monotonic() - began >= 0.05
    catcher.mails(ADA, time.monotonic() - 3600, 3600)


def test_closing_ends_all_waiting_and_the_port() -> None:
    catcher = SmtpCatcher(LINKS, lambda: NOW)
    with client(catcher), ThreadPoolExecutor() as pool:
        asked = pool.submit(catcher.mails, ADA, time.monotonic(), 3600)
        catcher.close()
        catcher.close()
        assert asked.result() == ()
    with pytest.raises(OSError, match="refused"):
        client(catcher)


def test_a_clock_that_breaks_is_told_to_the_harness_and_not_to_the_target() -> None:
    def broken() -> int:
        raise RuntimeError("no clock")

    catcher = SmtpCatcher(LINKS, broken)
    with client(catcher) as smtp:
        smtp.send_message(written("Hello"))
    with pytest.raises(RuntimeError, match="no clock"):
        so_far(catcher)
    assert so_far(catcher) == ()
    catcher.close()


def test_no_secret_of_a_mail_is_logged_or_shown(catcher: SmtpCatcher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with client(catcher) as smtp:
        smtp.send_message(written(f"Your password is s3cure-pass!\n{RESET}"))
    assert "s3cure" not in caplog.text
    assert "Zm9v" not in caplog.text
    assert "s3cure" not in repr(so_far(catcher))
    assert "Zm9v" not in repr(so_far(catcher))


def test_what_to_install_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.controller", None)
    monkeypatch.delitem(sys.modules, "kmc_harness.mail.smtp")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'kmc-harness\[mail\]'"):
        importlib.import_module("kmc_harness.mail.smtp")


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
    assert urls(one(bytes(written(url, f"<a href='{url.replace('@', '%40')}'>x</a>")))) == [url]


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


# From a folder and from an adapter


class Ticking:
    """A clock that a test moves."""

    at = NOW

    def __call__(self) -> int:
        return self.at


def test_a_maildir_is_read_and_a_mail_that_moves_is_the_same_mail(tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    clock = Ticking()
    mailbox = Maildir(tmp_path, LINKS, clock)
    (tmp_path / "tmp" / "2.host").write_bytes(bytes(written("unfinished")))
    (tmp_path / "new" / "1.host").write_bytes(bytes(written(RESET)))
    (first,) = so_far(mailbox, "ADA@kmc.example")
    clock.at += 3600
    (tmp_path / "new" / "1.host").rename(tmp_path / "cur" / "1.host:2,S")
    assert so_far(mailbox) == (first,)
    assert (first.sent_at, urls(first)) == (NOW, [RESET])


def test_a_folder_of_files_is_read_on_as_it_grows(tmp_path: Path) -> None:
    clock = Ticking()
    mailbox = Maildir(tmp_path / "mail", LINKS, clock)
    assert so_far(mailbox) == ()
    path = tmp_path / "mail" / "1.eml"
    path.with_name(".2.eml").write_bytes(bytes(written("hidden")))
    raw = bytes(written(f"Hello\n{RESET}\n"))
    path.write_bytes(raw[:-20])
    assert urls(so_far(mailbox)[0]) != [RESET]
    clock.at += 60
    path.write_bytes(raw)
    (mail,) = so_far(mailbox)
    assert (mail.sent_at, urls(mail)) == (NOW, [RESET])


def test_a_folder_tells_recipients_by_the_headers_and_mails_by_their_age(tmp_path: Path) -> None:
    mailbox = Maildir(tmp_path, LINKS, lambda: NOW)
    for age_s, header in enumerate(("To: x@kmc.example, Ada <ada@kmc.example>", f"Cc: {ADA}", f"Delivered-To: {ADA}")):
        (tmp_path / str(age_s)).write_text(f"Subject: {age_s}\n{header}\n\nHello")
        os.utime(tmp_path / str(age_s), (NOW - age_s, NOW - age_s))
    (tmp_path / "for nobody").write_text("no mail")
    assert [mail.subject for mail in so_far(mailbox)] == ["2", "1", "0"]


def test_several_messages_in_a_log_are_several_mails(tmp_path: Path) -> None:
    message = bytes(written(RESET)) + b"\n" + b"-" * 79 + b"\n"
    (tmp_path / "20260101-1.log").write_bytes(message * 2)
    mailbox = Maildir(tmp_path, LINKS, lambda: NOW)
    assert [urls(mail) for mail in so_far(mailbox)] == [[RESET], [RESET]]


@pytest.mark.parametrize(
    ("date", "sent_at"),
    [
        ("Tue, 14 Nov 2023 22:13:50 -0000", NOW + 30),
        ("Tue, 14 Nov 2023 23:13:50 +0100", NOW + 30),
        ("Tue, 14 Nov 2023 22:13:30 +0000", NOW + 60),  # before the harness looked the last time
        ("Tue, 14 Nov 2023 22:15:00 +0000", NOW + 60),  # later than now
        ("yesterday", NOW + 60),
        ("Tue, 14 Nov 99999 22:13:50", NOW + 60),
    ],
)
def test_a_date_is_believed_where_it_can_be_true(tmp_path: Path, date: str, sent_at: int) -> None:
    clock = Ticking()
    mailbox = Maildir(tmp_path, LINKS, clock)
    clock.at += 20
    assert so_far(mailbox) == ()
    clock.at += 40
    (tmp_path / "1").write_bytes(f"Date: {date}\r\n".encode() + bytes(written("Hello")))
    assert [mail.sent_at for mail in so_far(mailbox)] == [sent_at]


def test_an_adapter_hands_out_its_own_mail() -> None:
    class Hands:
        def outbox(self, email: str) -> Sequence[Mail]:
            return [Mail(email, NOW, "Hello", "")]

    mailbox = AdapterOutbox(Hands())
    assert [mail.recipient for mail in so_far(mailbox, BO)] == [BO]
    mailbox.close()
    assert len(mailbox.mails(BO, time.monotonic(), 3600)) == 1
