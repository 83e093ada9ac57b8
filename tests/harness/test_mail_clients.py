"""Mail clients that ask for more than most: their mail is caught, or what they were refused is told."""

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from kmc_harness.hosting.mail.smtp import LARGEST_MAIL, SmtpCatcher
from kmc_harness.port import Action, LinkKind, Mail, Observation
from kmc_harness.scenario.world import World
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.sentences import Link, Which
from tests.harness.mails import ADA, BO, LINKS, NOW, RESET, urls, written


@pytest.fixture
def catcher() -> Iterator[SmtpCatcher]:
    made = SmtpCatcher(LINKS, lambda: NOW)
    yield made
    made.close()


class Line:
    """A conversation in which a test says every byte."""

    def __init__(self, catcher: SmtpCatcher, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection((host, catcher.port), timeout=30)
        self._file = self._socket.makefile("rwb")
        self.heard()

    def say(self, *lines: str, end: str = "\r\n") -> str:
        """Send `lines` at once, and return the first line of the last answer."""
        self._file.write("".join(line + end for line in lines).encode())
        self._file.flush()
        return [self.heard() for _ in lines][-1]

    def send(self, raw: bytes) -> None:
        self._file.write(raw)
        self._file.flush()

    def heard(self) -> str:
        first = line = self._file.readline().decode()
        while line[3:4] == "-":
            line = self._file.readline().decode()
        return first.strip()

    def leave(self) -> None:
        self._file.close()
        self._socket.close()


def so_far(catcher: SmtpCatcher, email: str = ADA) -> tuple[Mail, ...]:
    return catcher.mails(email, time.monotonic(), 0)


def told(catcher: SmtpCatcher) -> str:
    return "; ".join(catcher.turned_away().values())


def left(catcher: SmtpCatcher) -> str:
    """Return what is told of a client once the server has heard that it is gone."""
    with smtplib.SMTP("127.0.0.1", catcher.port, timeout=30) as smtp:
        smtp.noop()
    return told(catcher)


ENVELOPE = (f"MAIL FROM:<{BO}>", f"RCPT TO:<{ADA}>")
BODY = f"Subject: s\r\n\r\n{RESET}"


# TLS


def test_a_client_has_tls_by_either_way_and_can_trust_the_certificate(catcher: SmtpCatcher) -> None:
    trusting = ssl.create_default_context(cadata=catcher.certificate.decode())
    with smtplib.SMTP("localhost", catcher.starttls_port, timeout=30) as smtp:
        smtp.starttls(context=trusting)
        smtp.login("kmc", "s3cure-pass!")
        smtp.send_message(written(RESET))
    with smtplib.SMTP_SSL("127.0.0.1", catcher.tls_port, timeout=30, context=trusting) as smtp:
        smtp.ehlo()
        assert not smtp.has_extn("starttls")
        smtp.send_message(written(RESET))
    assert [urls(mail) for mail in so_far(catcher)] == [[RESET]] * 2
    assert told(catcher) == ""


def test_a_client_that_is_not_told_of_tls_may_ask_for_it_all_the_same(catcher: SmtpCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.port, timeout=30) as smtp:
        smtp.ehlo()
        assert not smtp.has_extn("starttls")
        smtp.esmtp_features["starttls"] = ""
        smtp.starttls()
        smtp.send_message(written(RESET))
    assert len(so_far(catcher)) == 1


def test_a_client_that_trusts_no_such_certificate_is_told_of(catcher: SmtpCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.starttls_port, timeout=30) as smtp, suppress(OSError):
        smtp.starttls(context=ssl.create_default_context())
    assert "it sent 'STARTTLS' and was answered '220 Ready to start TLS" in left(catcher)


def test_a_client_that_speaks_tls_where_it_is_not_spoken_is_told_of(catcher: SmtpCatcher) -> None:
    with pytest.raises(OSError, match="SSL"):
        smtplib.SMTP_SSL("127.0.0.1", catcher.port, timeout=30)
    assert "it sent 'a TLS handshake' and was answered '220 without TLS'" in left(catcher)


# What is taken


@pytest.mark.parametrize(
    "said",
    [
        ("EHLO x", "MAIL FROM:<> RET=HDRS ENVID=a AUTH=<>", f"RCPT TO:<{ADA}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;{ADA}"),
        ("EHLO x", f"MAIL FROM:<{BO}> BODY=8BITMIME SIZE=300 SMTPUTF8 REQUIRETLS MT-PRIORITY=3", ENVELOPE[1]),
        ("HELO x", f"MAIL FROM:<{BO}> SIZE=300", ENVELOPE[1]),
        ("EHLO", *ENVELOPE),
        ("HELO", f"mail from: {BO}", f"rcpt to: {ADA}"),
        ENVELOPE,
        ("EHLO [127.0.0.1]", ENVELOPE[0], f"RCPT TO:<@relay.example,@other.example:{ADA}>"),
        ("EHLO x", "MAIL FROM:<a..b@[IPv6:::1]>", ENVELOPE[1]),
        ("EHLO x", "VRFY ada", "EXPN all", "HELP", "NOOP", "RSET", *ENVELOPE),
        ("EHLO x", f"MAIL FROM:<{BO}>", *ENVELOPE),
        ("EHLO x", "AUTH PLAIN AGEAYg==", *ENVELOPE),
        ("EHLO x", f"AUTH XOAUTH2 {'QUJD' * 500}", *ENVELOPE),
        ("EHLO x", "AUTH SCRAM-SHA-256 biws", "AUTH plain AGEAYg==", *ENVELOPE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_mail_is_taken_whatever_is_asked_for(said: tuple[str, ...], end: str, catcher: SmtpCatcher) -> None:
    line = Line(catcher)
    assert line.say(*said, "DATA", end=end).startswith("354")
    assert line.say(BODY.replace("\r\n", end) + f"{end}.", end=end) == "250 OK"
    assert [urls(mail) for mail in so_far(catcher)] == [[RESET]]
    assert told(catcher) == ""
    line.say("QUIT")
    line.leave()
    assert left(catcher) == ""


@pytest.mark.parametrize(
    ("mechanism", "answers"),
    [("PLAIN", ["AGEAYg=="]), ("LOGIN", ["YQ==", "Yg=="]), ("LOGIN YQ==", ["Yg=="]), ("CRAM-MD5", ["YSBi"])],
)
def test_any_credentials_are_taken_and_none_is_told(mechanism: str, answers: list[str], catcher: SmtpCatcher) -> None:
    line = Line(catcher)
    line.say("EHLO x")
    for said in (f"AUTH {mechanism}", *answers):
        answer = line.say(said)
    assert answer.startswith("235")
    assert "AUTH" in told(catcher)
    assert not any(secret in told(catcher) for secret in ("YQ", "Yg", "YS", "AGE"))
    line.leave()


def test_python_logs_in_by_the_mechanism_it_likes_best(catcher: SmtpCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.port, timeout=30) as smtp:
        smtp.login("kmc", "s3cure-pass!")
        assert "CRAM-MD5" in smtp.esmtp_features["auth"]


def test_a_mail_comes_in_chunks(catcher: SmtpCatcher) -> None:
    line, raw = Line(catcher), f"{BODY}\r\n.\r\nend".encode()
    line.say("EHLO x", *ENVELOPE)
    line.send(b"BDAT 10\r\n" + raw[:10] + b"BDAT %d LAST\r\n" % (len(raw) - 10) + raw[10:])
    assert (line.heard(), line.heard()) == ("250 10 octets received", "250 OK")
    (mail,) = so_far(catcher)
    assert (urls(mail), mail.text[-5:]) == ([RESET], ".\nend")
    line.leave()


def test_a_client_of_lmtp_is_answered_for_each_who_gets_a_mail(catcher: SmtpCatcher) -> None:
    line = Line(catcher)
    assert line.say("LHLO x", *ENVELOPE, f"RCPT TO:<{BO}>", "DATA").startswith("354")
    assert [line.say(f"{BODY}\r\n."), line.heard()] == ["250 OK", "250 OK"]
    assert len(so_far(catcher, BO)) == 1
    line.leave()


def test_ipv6_is_listened_on_where_there_is_any(catcher: SmtpCatcher) -> None:
    try:
        line = Line(catcher, "::1")
    except OSError:
        pytest.skip("no IPv6 here")
    assert line.say("EHLO x", *ENVELOPE, "DATA").startswith("354")
    assert line.say(f"{BODY}\r\n.") == "250 OK"
    line.leave()


# What is told


def test_what_was_refused_is_told_until_a_mail_comes(catcher: SmtpCatcher) -> None:
    line = Line(catcher)
    line.say("EHLO x", "AUTH NTLM", f"MAIL FROM:<{BO}> SIZE={LARGEST_MAIL + 1}")
    assert "it sent 'MAIL FROM:<bo@kmc.example> SIZE=10000001' and was answered '552 Error" in told(catcher)
    assert line.say(*ENVELOPE, "DATA").startswith("354")
    line.say(f"{BODY}\r\n.")
    assert told(catcher) == ""
    line.say("RCPT TO:<>")
    assert "it sent 'RCPT TO:<>' and was answered '503" in told(catcher)
    line.leave()


def test_one_who_was_refused_a_mail_that_others_got_is_told(catcher: SmtpCatcher) -> None:
    line = Line(catcher)
    line.say("EHLO x", *ENVELOPE, "RCPT TO:", "DATA")
    line.say(f"{BODY}\r\n.")
    assert "it sent 'RCPT TO:' and was answered '501 Syntax" in told(catcher)
    line.leave()


@pytest.mark.parametrize("last", ["EHLO x", ENVELOPE[0], ENVELOPE[1], "DATA"])
def test_a_client_that_leaves_before_its_mail_is_told(last: str, catcher: SmtpCatcher) -> None:
    line = Line(catcher)
    said = ["EHLO x", *ENVELOPE, "DATA"]
    line.say(*said[: said.index(last) + 1])
    line.leave()
    assert f"it sent '{last}' and was answered" in left(catcher)


def test_who_only_looks_whether_somebody_listens_is_not_told(catcher: SmtpCatcher) -> None:
    Line(catcher).leave()
    assert left(catcher) == ""


# What is judged


class TurnsAway(ModelTarget):
    """Mails as the reference does as long as `refuses` is empty; then nothing comes, and it says so."""

    refuses = ""

    def __init__(self) -> None:
        super().__init__()
        self.turned_away = {1: "it sent 'EHLO old' and was answered '250 HELP'"}

    def outbox(self, email: str) -> tuple[Mail, ...]:
        return () if self.refuses else tuple(super().outbox(email))

    def perform(self, action: Action) -> Observation:
        if self.refuses:
            self.turned_away[2] = f"it sent '{self.refuses}' and was answered '555 no'"
        return super().perform(action)


def test_a_mail_that_was_turned_away_since_the_act_is_inconclusive_and_told() -> None:
    target = TurnsAway()
    world = World(target, "test")
    world.given.user("Ada", "Acme")
    target.refuses = "MAIL FROM:<> AUTH=<>"
    world.post.begin_act()
    world.act.switch_two_factor("Acme", on=True)
    for check in (
        lambda: world.expect.mailed("Ada", 1, LinkKind.ENROLMENT),
        lambda: world.expect.none_mailed("Ada", LinkKind.RESET),
    ):
        with pytest.raises(Unreached, match="it sent 'MAIL FROM:<> AUTH=<>' and was answered '555 no'") as raised:
            check()
        assert "EHLO old" not in str(raised.value)
    with pytest.raises(Unreached, match="no mail with such a link came, but 0 mails in all, the mail server turned"):
        world.given.reset_mail("Ada")


def test_a_link_that_is_lacking_is_told_with_what_was_turned_away_before_the_act() -> None:
    target = TurnsAway()
    world = World(target, "test")
    world.given.user("Ada", "Acme")
    target.refuses = "STARTTLS"
    world.act.ask_for_reset("Ada")
    world.post.begin_act()
    with pytest.raises(Unreached, match="but has none, the mail server turned a client away: it sent 'STARTTLS'"):
        world.post.link(world.people["Ada"], Link(Which.NEWEST, LinkKind.RESET))


def test_where_no_reset_mail_came_at_all_nothing_tells_whether_they_are_limited() -> None:
    target = TurnsAway()
    target.outbox = lambda _: ()  # type: ignore[method-assign]
    world = World(target, "test")
    world.given.user("Ada", "Acme")
    world.post.begin_act()
    world.act.ask_for_resets("Ada", 20)
    with pytest.raises(Unreached, match="a reset link was to be mailed to Ada, but no mail with such a link came"):
        world.expect.at_most_mailed("Ada", 10)


def test_renewal_steps_whose_mail_was_turned_away_depart_nowhere() -> None:
    target = TurnsAway()
    world = World(target, "test")
    world.given.pairing("Ada")
    target.refuses = "STARTTLS"
    with pytest.raises(Unreached, match="it sent 'STARTTLS'"):
        world.given.renewal("Ada")


def test_a_mail_that_did_not_come_departs_where_nobody_was_turned_away_since() -> None:
    world = World(TurnsAway(), "test")
    world.given.user("Ada", "Acme")
    world.post.begin_act()
    with pytest.raises(Departure, match="1 enrolment link mailed to Ada; actual: 0 mailed"):
        world.expect.mailed("Ada", 1, LinkKind.ENROLMENT)
