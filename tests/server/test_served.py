"""`kmc serve` as a process: judged through Kaltura's own client, by many at once, and ended with Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

import pytest

from kmc_harness import targets
from kmc_harness.hosting.process import free_port
from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.port import (
    EnableTwoFactor,
    LogIn,
    NotOffered,
    OpenEnrolmentLink,
    RegisterUser,
    SetUserStatus,
    UserStatus,
    UseSession,
)
from kmc_harness.selftest import End, selftest
from kmc_harness.server.backend import Backend
from kmc_harness.server.call import Site
from kmc_harness.server.ks import KsIssuer
from kmc_harness.server.serving import Settings, serve
from kmc_harness.server.site import make_app
from kmc_harness.specification import catalogue
from kmc_harness.targets.kaltura import Kaltura
from kmc_harness.verdicts import Misuse
from kmc_model.analysis.faults import all_faults
from kmc_model.clock import ManualClock
from tests.conftest import ROOT, WHOLE, kmc
from tests.server.inside import TOKEN, Served

SERVED = ROOT / "examples" / "targets" / "kmc-served"
UNSEEN = {"ENR-016"}
"""What only a settings page shows."""
LONG = {"SEC-001", "SEC-011", "STD-009"}
"""Hundreds of attempts each, as many as all others together; in CI SEC-002 and SEC-018 stand for them."""
WORDLESS = {
    # What OK answers is the client's own affair, and no call tells from which machine it comes.
    "ConfirmPassword.nothing_to_enrol dropped",
    "ConfirmPassword.nothing_to_enrol refused",
    "machine remembered",
    # A KS is signed: it cannot be guessed, whatever handle it stands for.
    "counting sessions",
    "short sessions",
    "sessions of the second factor",
    # The call that changes a password logs in by the present one itself.
    *(each.name for each in all_faults() if each.requirements == ("LOG-016",)),
    # A KS of somebody blocked is refused by the server, whatever the model makes of the session.
    "block of pages alone",
    # What opens links and sets passwords answers with no KS.
    *(each.name for each in all_faults() if each.requirements == ("ENA-007",) and each.name.endswith("logs in")),
    # No difference in any state of the model.
    "OpenEnrolmentLink.no_secret accepted",
}


def test_over_the_wire_each_requirement_has_its_known_verdict(judge: Callable[..., Any]) -> None:
    """In CI one in three; all of them where KMC_TEST_ALL says so."""
    known = {
        each.id: "pass" if each.id not in UNSEEN and each.seen is catalogue.Seen.ANYWHERE else "skipped"
        for each in [*catalogue.load().values()][:: 1 if WHOLE else 3]
        if each.id not in LONG or WHOLE
    }
    ran = judge(str(SERVED / "target.toml"), *(word for name in known for word in ("--only", name)))
    assert ran.verdicts == known


def test_over_the_wire_the_published_server_has_its_known_verdicts(judge: Callable[..., Any]) -> None:
    """In CI where it departs; all of them where KMC_TEST_ALL says so."""
    known = {
        each.id: each.as_built if each.id not in UNSEEN and each.seen is catalogue.Seen.ANYWHERE else "skipped"
        for each in catalogue.load().values()
        if (each.as_built != "pass" and each.id not in LONG) or WHOLE
    }
    ran = judge(str(SERVED / "kaltura-server.toml"), *(word for name in known for word in ("--only", name)))
    assert ran.verdicts == known


def test_without_a_lab_each_requirement_has_its_known_verdict(judge: Callable[..., Any]) -> None:
    """As a Kaltura of one's own is judged: by API v3 as the vendor, with a bent clock and an SMTP server beside it."""
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    sample = () if WHOLE else ("ENA-001", "ENA-005", "ENR-009", "LOG-014", "RST-012", "SEC-010")
    ran = judge(str(SERVED / "without-lab.toml"), "-n", "2", *(word for name in sample for word in ("--only", name)))
    assert ran.verdicts == {
        each.id: "pass" if each.id not in UNSEEN and each.seen is catalogue.Seen.ANYWHERE else "skipped"
        for each in catalogue.load().values()
        if not sample or each.id in sample
    }


def test_as_strict_as_it_is_the_published_server_has_its_known_verdicts(judge: Callable[..., Any]) -> None:
    """In CI what was met at a genuine server; all of them where KMC_TEST_ALL says so."""
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    sample = () if WHOLE else ("ENA-004", "LOG-013", "RST-001", "RST-003", "RST-013", "SEC-012", "SEC-014")
    ran = judge(str(SERVED / "strict.toml"), *(word for name in sample for word in ("--only", name)))
    assert ran.verdicts == {
        each.id: each.as_built if each.id not in UNSEEN and each.seen is catalogue.Seen.ANYWHERE else "skipped"
        for each in catalogue.load().values()
        if not sample or each.id in sample
    }


def test_in_accounts_that_are_there_their_administrator_judges_what_needs_no_vendor() -> None:
    served, backend = Served(), Backend(clock=ManualClock())
    served.app = make_app(backend, lab=False, token=TOKEN)
    vendor = Kaltura(served.url, secret=TOKEN)
    vendor.perform(RegisterUser("Acme-x", "owner@acme.example", "s3cure-pass!"))
    with pytest.raises(ValueError, match=r"write NAME NUMBER ADMIN_SECRET, as 'Acme 101 0a1b2c'") as told:
        Kaltura(served.url, accounts="Acme 101, Globex 102 secret-of-globex")
    assert "secret-of-globex" not in str(told.value)
    with pytest.raises(ValueError, match="one is called Acme"):
        Kaltura(served.url, accounts="Globex 102 secret-of-globex")
    client = Kaltura(served.url, accounts=f"Acme 101 {Site(backend, KsIssuer(), TOKEN).admin_secret(101)}")
    assert sorted(client.offers) == ["change", "picture", "race", "renew", "reset", "rules", "tokens"]
    three = Kaltura(served.url, accounts="Acme 101 a, Globex 102 b, Initech 103 c")
    assert {"accounts", "memberships", "switch"} <= three.offers
    ada = RegisterUser("Acme-y", "ada@acme.example", "s3cure-pass!")
    assert client.perform(ada).accepted
    log_in = LogIn(ada.email, "s3cure-pass!", None, ada.account)
    session = client.perform(log_in).session or ""
    assert client.perform(UseSession(session)).account == ada.account
    for status, accepted in (("blocked", False), ("active", True), ("removed", False), ("active", True)):
        assert client.perform(SetUserStatus(ada.account, ada.email, UserStatus(status))).accepted
        assert client.perform(log_in).accepted is accepted
    with pytest.raises(NotOffered, match="what the vendor does"):
        client.perform(EnableTwoFactor(ada.account))
    served.close()


def test_a_fault_is_caught_through_the_wire_too() -> None:
    """A sample of the catalogue, spread evenly over it; all of it where KMC_TEST_ALL says so."""
    visible = [each for each in all_faults() if each.requirements and each.name not in WORDLESS]
    faults = visible if WHOLE else visible[:: len(visible) // 8]
    made = selftest(faults, target="python:tests.server.inside:FaultyServed")
    assert [each.fault.name for each in made.caught if each.end is not End.CAUGHT] == ["clean"]
    assert made.caught[0].end is End.UNFLAGGED


@contextmanager
def _serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `kmc serve` with a lab until the block ends; yield it and its address."""
    command = [sys.executable, "-m", "kmc_harness", "serve", "--lab", "--port", "0", *arguments]
    environment = os.environ | {"KMC_LAB_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout
        said = "".join(takewhile(lambda line: not line.startswith("Ctrl-C"), process.stdout))
        url = re.search(r"^API v3 +(\S+)/api_v3$", said, re.MULTILINE)
        assert url, said
        yield process, url[1]
    finally:
        process.kill()
        process.communicate()


def test_whoever_is_told_the_address_can_connect() -> None:
    def say(line: str) -> None:
        if told := re.fullmatch(r"API v3 +http://([^:]+):(\d+)/api_v3", line):
            socket.create_connection((told[1], int(told[2]))).close()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve(Settings("article", "0", "127.0.0.1", 0, lab=False, smtp=None, accounts=()), say)


def test_it_ends_at_ctrl_c_without_a_traceback() -> None:
    with _serving("--account", "Acme:ada@acme.example:s3cure-pass!") as (process, url):
        client = Kaltura(url, TOKEN)
        assert client.perform(LogIn("ada@acme.example", "s3cure-pass!")).accepted
        client.close()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, "")


def test_two_hundred_logins_at_once_get_right_answers_and_no_mail_is_lost() -> None:
    with _serving("--seed", "0") as (_, url):
        people = [f"person{number}@acme.example" for number in range(20)]
        clerk = Kaltura(url, TOKEN)
        for email in people:
            clerk.perform(RegisterUser("Acme", email, "s3cure-pass!"))
        clerk.perform(EnableTwoFactor("Acme"))
        mailed = [clerk.outbox(email) for email in people]
        assert [len(each) for each in mailed] == [1] * len(people)

        def log_in_ten_times(place: int) -> list[bool]:
            client, email = Kaltura(url, TOKEN), people[place]
            # Accounts are known by number on the wire; this client has not heard of Acme's yet.
            client.perform(RegisterUser("Acme", email, "s3cure-pass!"))
            shown = client.perform(OpenEnrolmentLink(mailed[place][0].links[0].url))
            app = Authenticator.scan(shown.picture, None)
            right = []
            for nth in range(5):
                code = app.code_at(client.now()) if nth == 0 else "12345"
                good = client.perform(LogIn(email, "s3cure-pass!", code, "Acme"))
                bad = client.perform(LogIn(email, "s3cure-pass!", None, "Acme"))
                right += [good.accepted is (nth == 0), bad.asks_for_code]
                if good.session:
                    right.append(client.perform(UseSession(good.session)).account == "Acme")
            client.close()
            return right

        with ThreadPoolExecutor(len(people)) as pool:
            answers = [each for person in pool.map(log_in_ten_times, range(len(people))) for each in person]
        clerk.close()
        assert len(answers) == 20 * 11
        assert all(answers)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--policy", "x"), "unknown policy 'x'; choose one of article, kaltura-server"),
        (("--smtp", "x"), "write HOST:PORT"),
        (("--account", "x"), "write NAME:EMAIL"),
        (("--host", "192.0.2.1"), "cannot be listened on"),
        (("--port", "99999"), "less than or equal to 65535"),
    ],
)
def test_misuse_is_one_clear_line(arguments: tuple[str, ...], words: str) -> None:
    done = kmc("serve", "--port", "0", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    with pytest.raises(Misuse, match=r"is it running\? \(kmc serve --lab\)"):
        targets.load(f"kaltura:http://127.0.0.1:{free_port()}")


def test_without_the_labs_token_what_only_the_lab_does_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KMC_LAB_TOKEN", raising=False)
    client = Kaltura("http://127.0.0.1:1")
    assert {each.value for each in client.offers} == {
        "accounts", "change", "memberships", "picture", "race", "renew", "reset", "rules", "switch", "tokens"
    }  # fmt: skip
