"""A mailbox on a mail server, and a server that runs already, judged with nothing beside it but that mailbox."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from kmc_harness.hosting.mail import compile_links
from kmc_harness.hosting.mail.imap import Imap, UnusableMailbox
from kmc_harness.hosting.process import free_port
from kmc_harness.port import LinkKind
from kmc_harness.server.backend import Backend
from kmc_harness.server.delivery import Delivery
from kmc_harness.server.site import make_app
from tests.server.inside import Served

NOW = 1_700_000_000
PASSWORD = "s3cret-of-qa"
LINKS = compile_links({"reset": "/restore-password/", "enrolment": "/auth-info/"})
SECRET = "secret-of-the-vendor"
NOBODY = 65534
"""Dovecot gives root's mail to nobody."""
CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
first_valid_uid = 0
mail_uid = {uid}
mail_gid = {uid}
default_internal_user = root
default_login_user = nobody
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass
class MailServer:
    """Dovecot, and the folder in which it finds its mail."""

    folder: Path
    port: int
    uid: int
    numbers: Iterator[int]

    @property
    def url(self) -> str:
        return f"imap://qa@127.0.0.1:{self.port}/INBOX"

    def deliver(self, raw: bytes) -> None:
        name = f"{time.time_ns()}.{next(self.numbers)}.test"
        path = self.folder / "mail" / "tmp" / name
        path.write_bytes(raw)
        os.chown(path, self.uid, -1)
        path.rename(self.folder / "mail" / "new" / name)


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    command = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if not command or os.geteuid():
        pytest.skip("no Dovecot, or not root: apt-get install dovecot-imapd")
    folder = Path(tempfile.mkdtemp(prefix="dovecot"))  # pytest's own folders are closed to others
    folder.chmod(0o755)
    made = MailServer(folder, free_port(), NOBODY, count())
    for place in (folder / "run", *(folder / "mail" / each for each in ("", "new", "cur", "tmp"))):
        place.mkdir(exist_ok=True)
        os.chown(place, made.uid, -1)
    (folder / "conf").write_text(CONFIGURATION.format(folder=folder, uid=made.uid, password=PASSWORD, port=made.port))
    process = subprocess.Popen([command, "-F", "-c", str(folder / "conf")])
    try:
        _wait_for(made)
        yield made
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


def _wait_for(server: MailServer) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            opened(server).close()
        except UnusableMailbox:
            if time.monotonic() > deadline:
                raise
        else:
            return


def opened(server: MailServer, password: str = PASSWORD) -> Imap:
    return Imap(server.url, password, LINKS, lambda: NOW)


def so_far(box: Imap, email: str) -> list[str]:
    return [each.subject for each in box.mails(email, time.monotonic(), 0)]


def a_mail(to: str, subject: str, text: str = "Hello") -> bytes:
    return f"To: {to}\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


def test_what_comes_after_it_was_opened_is_read_by_whom_it_is_to(mail_server: MailServer) -> None:
    mail_server.deliver(a_mail("qa+ada@mail.example", "before"))
    box = opened(mail_server)
    assert so_far(box, "qa+ada@mail.example") == []
    mail_server.deliver(a_mail("Ada <qa+ada@mail.example>", "one"))
    mail_server.deliver(a_mail("qa+bo@mail.example", "Bo's"))
    assert so_far(box, "QA+ada@mail.example") == ["one"]
    mail_server.deliver(a_mail("qa+ada@mail.example", "two", "https://x.example/restore-password/abc"))
    mails = box.mails("qa+ada@mail.example", time.monotonic(), 0)
    assert [each.subject for each in mails] == ["one", "two"]
    assert [(each.kind, each.url) for each in mails[1].links] == [
        (LinkKind.RESET, "https://x.example/restore-password/abc")
    ]
    assert {each.sent_at for each in mails} == {NOW}
    box.close()


@pytest.mark.parametrize("after", range(4))
def test_a_connection_that_ended_is_made_again_and_no_mail_is_lost(after: int, mail_server: MailServer) -> None:
    """Also one that ends while mails are read: a search, and one fetch a mail."""
    box, asked, first = opened(mail_server), count(), f"cy{after}"
    ask = box._connection.uid

    def ending(*words: str) -> Any:
        if next(asked) == after:
            box._connection.shutdown()
        return ask(*words)

    box._connection.uid = ending  # type: ignore[method-assign, assignment]
    for subject in ("one", "two", "three"):
        mail_server.deliver(a_mail(f"qa+{first}@mail.example", subject))
    assert so_far(box, f"qa+{first}@mail.example") == ["one", "two", "three"]
    box.close()


def test_why_a_mailbox_cannot_be_read_is_told_without_the_password(mail_server: MailServer) -> None:
    with pytest.raises(UnusableMailbox, match=r"INBOX of qa at 127.0.0.1 .*Authentication failed.*\[mail\]") as told:
        opened(mail_server, "not-the-password")
    assert "not-the-password" not in str(told.value)
    with pytest.raises(UnusableMailbox, match=r"Nowhere of qa .*doesn't exist"):
        Imap(mail_server.url.replace("INBOX", "Nowhere"), PASSWORD, LINKS, lambda: NOW)
    with pytest.raises(UnusableMailbox, match="refused"):
        Imap(f"imap://qa@127.0.0.1:{free_port()}/INBOX", PASSWORD, LINKS, lambda: NOW)


class _IntoMailbox:
    """What aiosmtpd hands a mail to."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self._server.deliver(envelope.content)
        return "250 OK"


HOSTED = """
name = "somebody else's"

[adapter]
python = "kmc_harness.targets.kaltura:Kaltura"
settings = {{ url = "{url}", secret = "{{env:KMC_TEST_SECRET}}" }}
remembers = true

[mail]
kind = "imap"
url = "{mailbox}"
password = "{{env:KMC_TEST_PASSWORD}}"
addresses = "qa+{{name}}@mail.example"
links = {{ reset = "/restore-password/", enrolment = "/auth-info/" }}
settle = "0s"
"""


def test_a_server_that_runs_already_is_judged_by_api_and_mailbox_alone(
    mail_server: MailServer, judge: Callable[..., Any], tmp_path: Path
) -> None:
    served = Served()
    smtp = Controller(_IntoMailbox(mail_server), hostname="127.0.0.1", port=free_port())
    smtp.start()
    delivery = Delivery("127.0.0.1", smtp.port, lambda told: None)
    backend = Backend(origin=served.url)
    backend.on_mail = delivery.send
    served.app = make_app(backend, lab=False, token=SECRET)
    (tmp_path / "target.toml").write_text(HOSTED.format(url=served.url, mailbox=mail_server.url))
    known = {"KMC_TEST_SECRET": SECRET, "KMC_TEST_PASSWORD": PASSWORD}
    only = [word for name in ("ENA-003", "ENA-004", "ENA-006", "SEC-005") for word in ("--only", name)]
    told = []
    try:
        for _ in range(2):  # people of the first run are still there
            ran = judge(str(tmp_path), *only, **known)
            assert (ran.exit_code, set(ran.verdicts.values())) == (0, {"pass"})
            told.append(set(re.findall(r"qa\+[^@\s\"]+@mail", (ran.folder / "report.json").read_text())))
    finally:
        delivery.close()
        smtp.stop()
        served.close()
    written = "".join(path.read_text() for path in ran.folder.iterdir())
    assert SECRET not in written
    assert PASSWORD not in written
    assert told[0] == told[1] != set()  # what makes them new is left out
