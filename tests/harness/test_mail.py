"""Mail of targets: caught over SMTP or collected from a folder or an adapter, and none of it lost."""

import importlib
import logging
import os
import smtplib
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kmc_harness.hosting.mail import AdapterOutbox, Mailbox, Maildir
from kmc_harness.hosting.mail.smtp import LARGEST_MAIL, SmtpCatcher
from kmc_harness.port import LinkKind, Mail
from tests.harness.mails import ADA, BO, LINKS, NOW, RESET, urls, written


@pytest.fixture
def catcher() -> Iterator[SmtpCatcher]:
    made = SmtpCatcher(LINKS, lambda: NOW)
    yield made
    made.close()


def client(catcher: SmtpCatcher) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", catcher.port, timeout=30)


def so_far(mailbox: Mailbox, email: str = ADA) -> tuple[Mail, ...]:
    return mailbox.mails(email, time.monotonic(), 0)


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


@pytest.mark.parametrize("said", [1, 2, 3])
def test_a_mail_is_on_its_way_from_the_first_word_of_its_client(said: int, catcher: SmtpCatcher) -> None:
    with client(catcher) as smtp, ThreadPoolExecutor() as pool:
        words = ("EHLO x", "MAIL FROM:<kmc@kmc.example>", f"RCPT TO:<{ADA}>")
        for each in words[:said]:
            smtp.docmd(each)
        asked = pool.submit(so_far, catcher)
        for each in words[said:]:
            smtp.docmd(each)
        smtp.data("\r\nHello\r\n")
        assert len(asked.result()) == 1


@pytest.mark.parametrize("last", ["RSET", "QUIT", "MAIL", "ETRN kmc.example"])
def test_nobody_waits_for_a_client_that_has_given_up(
    last: str, catcher: SmtpCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kmc_harness.hosting.mail.smtp.PATIENCE_S", 120)
    smtp = client(catcher)
    for each in ("EHLO x", "MAIL FROM:<kmc@kmc.example>", last):
        smtp.docmd(each)
    began = time.monotonic()
    assert so_far(catcher) == ()
    assert time.monotonic() - began < 60
    smtp.close()


@pytest.mark.parametrize(
    ("said", "answered"), [(b"", b"250"), (b"RCPT TO:<ada@kmc.example>\r\nDATA\r\n\r\nHel", b"354")]
)
def test_a_connection_lost_within_a_mail_is_no_mail_and_nobody_waits_for_it(
    said: bytes, answered: bytes, catcher: SmtpCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kmc_harness.hosting.mail.smtp.PATIENCE_S", 120)
    with socket.create_connection(("127.0.0.1", catcher.port)) as line:
        line.sendall(b"HELO x\r\nMAIL FROM:<a@x.example>\r\n" + said)
        seen = b""
        while answered not in seen:
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
    monkeypatch.delitem(sys.modules, "kmc_harness.hosting.mail.smtp")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'kmc-harness\[mail\]'"):
        importlib.import_module("kmc_harness.hosting.mail.smtp")


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
