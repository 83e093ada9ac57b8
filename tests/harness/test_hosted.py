"""Targets with process, clock and mailbox around them: the model as a server that knows nothing of the harness."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.hosting.process import TAIL_BYTES, Command, Server, free_port
from kmc_harness.targets.hosted import Hosted
from kmc_harness.verdicts import Misuse
from tests.conftest import WHOLE, kmc
from tests.harness.made import left_running

ROOT = Path(__file__).parent.parent.parent
SERVED = ROOT / "tests" / "served"
SOME = [
    word for name in ("LOG-004", "ENR-009", "ENR-011", "RST-007", "STD-003", "SWI-001") for word in ("--only", name)
]


@pytest.fixture(autouse=True)
def _has_libfaketime() -> None:
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")


def test_a_server_is_judged_with_its_clock_and_its_mail(judge: Callable[..., Any], tmp_path: Path) -> None:
    ran = judge(str(SERVED), *SOME, TMPDIR=str(tmp_path))
    assert ran.departed == {}
    assert set(ran.verdicts.values()) == {"pass"}
    assert list(tmp_path.iterdir()) == []
    assert left_running(tmp_path) == []


def test_known_departures_are_seen_through_process_clock_and_mail(judge: Callable[..., Any]) -> None:
    only = [word for name in ("ENR-009", "RST-004", "SWI-002", "LOG-004") for word in ("--only", name)]
    ran = judge(str(SERVED), *only, POLICY="kaltura-server")
    assert ran.verdicts == {"ENR-009": "fail", "RST-004": "fail", "SWI-002": "fail", "LOG-004": "pass"}


# What ends by a clock that stands still


LIFETIMES = {
    "LinksByMonotonic": {"RST-011": "inconclusive", "SEC-011": "pass"},
    "LinksForEver": {"RST-011": "fail", "SEC-011": "pass"},
    "LocksByMonotonic": {"RST-011": "pass", "SEC-011": "inconclusive"},
    "LocksForEver": {"RST-011": "pass", "SEC-011": "fail"},
}
STOOD_STILL = "that clock counts here, and stood still; write monotonic = true under [clock]"
BY_LIFETIME = [word for name in ("RST-011", "SEC-011") for word in ("--only", name)]


def _served_with(folder: Path, clock: str, **places: str) -> Path:
    """Return the model's folder with a line more under [clock], and some places filled before."""
    for each in ("adapter.py", "server.py"):
        (folder / each).symlink_to(SERVED / each)
    described = (SERVED / "target.toml").read_text().replace('kind = "libfaketime"', f'kind = "libfaketime"\n{clock}')
    for place, filled in places.items():
        described = described.replace(f"{{{place}}}", filled)
    (folder / "target.toml").write_text(described)
    return folder


@pytest.mark.parametrize("lifetime", LIFETIMES)
def test_what_ends_by_a_clock_that_stood_still_is_inconclusive_and_what_never_ends_fails(
    lifetime: str, judge: Callable[..., Any]
) -> None:
    ran = judge(str(SERVED), *BY_LIFETIME, LIFETIME=lifetime)
    assert ran.verdicts == LIFETIMES[lifetime]
    assert (STOOD_STILL in " ".join(ran.out.split())) is ("inconclusive" in ran.verdicts.values())
    open_ones = [each["actual"] for each in ran.report["scenarios"] if each["verdict"] == "inconclusive"]
    assert all(STOOD_STILL in each for each in open_ones) or lifetime.endswith("ForEver")


@pytest.mark.parametrize("lifetime", ["LinksByMonotonic", "LocksByMonotonic"])
def test_what_ends_by_the_monotonic_clock_is_judged_where_that_is_moved_too(
    lifetime: str, judge: Callable[..., Any], tmp_path: Path
) -> None:
    ran = judge(str(_served_with(tmp_path, "monotonic = true")), *BY_LIFETIME, LIFETIME=lifetime)
    assert set(ran.verdicts.values()) == {"pass"}


def test_a_server_that_bears_no_jump_of_its_monotonic_clock_is_not_failed_where_time_counts(
    judge: Callable[..., Any], tmp_path: Path
) -> None:
    """A wait of Python never ends then: nothing tells what never ends from what counts by that clock."""
    environment = {"LIFETIME": "LinksForEver", "SLEEPS": "1", "POLICY": "kaltura-server"}
    only = [word for name in ("ENR-013", "SWI-002") for word in ("--only", name)]
    ran = judge(str(_served_with(tmp_path, "")), *only, **environment)
    assert ran.verdicts == {"ENR-013": "inconclusive", "SWI-002": "fail"}


def test_who_says_that_nothing_counts_by_the_monotonic_clock_is_believed(
    judge: Callable[..., Any], tmp_path: Path
) -> None:
    ran = judge(str(_served_with(tmp_path, "monotonic = false")), *BY_LIFETIME, LIFETIME="LinksByMonotonic")
    assert ran.verdicts == {"RST-011": "fail", "SEC-011": "pass"}


def test_a_server_at_a_port_of_its_own_is_started_again_too(judge: Callable[..., Any], tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    served = _served_with(tmp_path, f'proof = "{url}"', port=str(port), url=url)
    described = (served / "target.toml").read_text()
    (served / "target.toml").write_text(described.replace("[server]", f'[server]\nready = "{url}"'))
    ran = judge(str(served), "--only", "RST-011", LIFETIME="LinksByMonotonic")
    assert ran.verdicts == {"RST-011": "inconclusive"}
    assert STOOD_STILL in " ".join(ran.out.split())


def test_a_server_that_dies_costs_its_scenario_and_is_started_again(judge: Callable[..., Any]) -> None:
    ran = judge(str(SERVED), "--only", "LOG-010", "--only", "RST-012", DIES_AT="LogOut")
    assert ran.verdicts["LOG-010"] == "error"
    assert ran.verdicts["RST-012"] == "pass"
    told = " ".join(ran.out.split())
    assert "the server ended; its last words: cannot go on after /restore-password/0n…" in told


def _told(folder: Path, secrets: Path) -> set[str]:
    texts = [
        path.read_text() for path in folder.rglob("*") if path.suffix in (".json", ".html", ".xml", ".md", ".ndjson")
    ]
    assert len(texts) >= 5
    return {each for each in secrets.read_text().split() if any(each in text for text in texts)}


@pytest.mark.parametrize(
    ("wrong", "processes"),
    [("DIES_AT", "1"), ("FAILS_AT", "2"), ("DIES_AT", "2"), ("FAILS_AT", "1")][: 4 if WHOLE else 2],
)
def test_what_a_server_logs_of_earlier_scenarios_secrets_is_shortened(
    wrong: str, processes: str, judge: Callable[..., Any], tmp_path: Path
) -> None:
    only = [word for name in ("ENR-001", "ENR-002", "LOG-010", "RST-002") for word in ("--only", name)]
    secrets = tmp_path / "secrets"
    ran = judge(str(SERVED), *only, "-n", processes, SECRETS=str(secrets), **{wrong: "LogOut"})
    assert ran.verdicts["LOG-010"] == "error"
    quoted = next(
        each["actual"]
        for each in ran.report["scenarios"]
        if "its last words" in each["actual"] or "server's last words" in each["actual"]
    )
    assert quoted.count("…") > 5
    assert len(secrets.read_text().split()) > 20
    assert _told(ran.folder, secrets) == set()
    assert not [each for each in secrets.read_text().split() if each in ran.out + ran.err]


def test_a_secret_that_a_log_is_cut_within_is_not_quoted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = Server(Command(("x",), tmp_path, {}, "http://127.0.0.1:1"), log)
    log.write_text("s" * TAIL_BYTES + "ecret and\nmore")
    assert server.output() == "and | more"


def test_doctor_and_explore_quote_no_secret_of_a_log(tmp_path: Path) -> None:
    for command in (["doctor", str(SERVED)], ["explore", "--target", str(SERVED), "--budget", "20s"]):
        secrets = tmp_path / command[0]
        ran = kmc(*command, cwd=ROOT, SECRETS=str(secrets), FAILS_AT="LogOut")
        told = " ".join((ran.stdout + ran.stderr).split())
        assert "no such table" in told
        assert not [each for each in secrets.read_text().split() if each in told or each in told.replace(" ", "")]


STOPS = [(after_s, number) for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM) for after_s in (0.2, 1.5, 3.0)]


@pytest.mark.parametrize(("after_s", "number"), STOPS[:: 1 if WHOLE else 4])
def test_a_run_that_is_stopped_leaves_nothing(after_s: float, number: signal.Signals, tmp_path: Path) -> None:
    # What a shell started in the background ignores Ctrl-C.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heeding}; from kmc_harness.cli.app import app; app()", "run"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    run = subprocess.Popen(
        [*command, "--target", str(SERVED), "--report", str(tmp_path / "report")],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(after_s)
    run.send_signal(number)
    run.wait(20)
    until = time.monotonic() + 20
    while (left := [*left_running(tmp_path), *tmp_path.glob("kmc-*")]) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def test_an_answer_that_is_none_names_the_action_and_quotes_the_server(judge: Callable[..., Any]) -> None:
    ran = judge(str(SERVED), "--only", "LOG-010", FAILS_AT="LogOut")
    assert ran.verdicts == {"LOG-010": "error"}
    told = " ".join(ran.out.split())
    assert "LogOut: RemoteDisconnected" in told
    assert "no such table" in told


def test_a_mail_with_links_that_nothing_takes_is_no_departure(judge: Callable[..., Any], tmp_path: Path) -> None:
    for each in ("adapter.py", "server.py"):
        (tmp_path / each).symlink_to(SERVED / each)
    described = (SERVED / "target.toml").read_text()
    (tmp_path / "target.toml").write_text(described.replace("/restore-password/", "/password-reset/"))
    ran = judge(str(tmp_path), *(word for name in ("RST-001", "SEC-012", "LOG-004") for word in ("--only", name)))
    assert ran.verdicts == {"RST-001": "inconclusive", "SEC-012": "inconclusive", "LOG-004": "pass"}
    assert "no link in it is known as one for reset" in " ".join(ran.out.split())


def test_addresses_that_are_declared_to_be_no_links_are_none(judge: Callable[..., Any], tmp_path: Path) -> None:
    for each in ("adapter.py", "server.py"):
        (tmp_path / each).symlink_to(SERVED / each)
    described = (SERVED / "target.toml").read_text().replace("/restore-password/", "/password-reset/")
    declared = described.replace("[mail]", '[mail]\nno_links = ["/restore-passw"]')
    (tmp_path / "target.toml").write_text(declared)
    assert judge(str(tmp_path), "--only", "RST-001").verdicts == {"RST-001": "fail"}


HANGS = """
import threading
from tests.targets import ModelTarget

class Adapter(ModelTarget):
    def perform(self, action):
        if type(action).__name__ == "LogOut":
            HANG
        return super().perform(action)
"""


@pytest.mark.parametrize(
    "hang",
    [
        "threading.Event().wait(60)",
        "__import__('time').sleep(60)",
        "\n            try: threading.Event().wait(60)\n            except Exception: return super().perform(action)",
    ],
)
def test_an_adapter_that_hangs_is_an_error_that_names_the_action(
    hang: str, judge: Callable[..., Any], tmp_path: Path
) -> None:
    described = 'name = "x"\n[adapter]\npython = "hanging:Adapter"\nanswer_within = "200ms"\n'
    described += '[mail]\nkind = "adapter"\nsettle = "0s"\n[clock]\nkind = "adapter"\n'
    (tmp_path / "target.toml").write_text(described)
    (tmp_path / "hanging.py").write_text(HANGS.replace("HANG", hang))
    ran = judge(str(tmp_path), "--only", "LOG-010", "--only", "LOG-003", "--only", "ENR-002")
    assert ran.verdicts == {"LOG-010": "error", "LOG-003": "pass", "ENR-002": "pass"}
    assert "LogOut: no answer within 0.2 s" in " ".join(ran.out.split())


MISTAKES = {
    "an offer that is none": ("offers = {'resett'}", "the adapter offers 'resett', which is none of accounts,"),
    "a missing method": ("close = property()", "the adapter has no close: close() lets go of everything"),
    "a race without a way to": (
        "offers = {'race'}\n    at_once = property()",
        "the adapter has no at_once: at_once(actions) does them at the same moment and returns",
    ),
    "settings that nobody takes": (
        "def __init__(self, address): pass",
        "misspelt:Adapter cannot be called with no settings: TypeError: Adapter.__init__() missing 1 required",
    ),
    "a mistake as it is made": (
        "def __init__(self): self.url = ulr",
        "misspelt:Adapter cannot be called with no settings: NameError: name 'ulr' is not defined (misspelt.py:",
    ),
    "a login without its session": (
        "def perform(self, action): return replace(super().perform(action), session=None)",
        "LogIn was accepted without a session: answer the token or cookie that it opened",
    ),
    "no observation": (
        "def perform(self, action): return super().perform(action).accepted",
        "RegisterUser was answered with bool, not an Observation",
    ),
}


@pytest.mark.parametrize("name", [*MISTAKES][:: 1 if WHOLE else 3])
def test_a_mistake_of_an_adapter_is_told_in_plain_words(name: str, tmp_path: Path) -> None:
    wrong, told = MISTAKES[name]
    (tmp_path / "target.toml").write_text('name = "x"\n[adapter]\npython = "misspelt:Adapter"\n')
    (tmp_path / "misspelt.py").write_text(
        "from dataclasses import replace\nfrom tests.targets import ModelTarget\n"
        f"class Adapter(ModelTarget):\n    offers = ()\n    {wrong}\n"
    )
    ran = kmc("run", "--target", ".", cwd=tmp_path)
    assert ran.returncode == 3
    assert " ".join(ran.stdout.split()).startswith(f"error x was not judged: {told}")
    examined = kmc("doctor", ".", cwd=tmp_path)
    assert told.removeprefix("LogIn was ") in " ".join((examined.stdout + examined.stderr).split())
    assert examined.returncode in (1, 3)


def test_a_server_that_does_not_start_is_told_once(judge: Callable[..., Any], tmp_path: Path) -> None:
    served = (SERVED / "target.toml").read_text().replace("server.py", "no-server.py")
    (tmp_path / "target.toml").write_text(served)
    (tmp_path / "adapter.py").symlink_to(SERVED / "adapter.py")
    ran = judge(str(tmp_path))
    assert (ran.exit_code, set(ran.departed.values())) == (3, {"error"})
    told = " ".join(ran.out.split())
    assert told.startswith("error the model, served was not judged: the server")
    assert "ended with status 2; its last words: " in told
    assert len(told) < 500
    assert (ran.folder / "summary.md").read_text().count("ended with status 2") == 1


def test_a_run_that_has_to_wait_is_known_before(tmp_path: Path) -> None:
    described = (SERVED / "target.toml").read_text()
    assert not Hosted(SERVED).waits
    for clock in ('[clock]\nkind = "wait"', ""):
        (tmp_path / "target.toml").write_text(described.replace('[clock]\nkind = "libfaketime"', clock))
        assert Hosted(tmp_path).waits


COUNTS_ITS_RUNS = """
from pathlib import Path
from kmc_harness.targets.model import ModelTarget
with (Path(__file__).parent / "runs").open("a") as runs:
    runs.write("x")
class Adapter(ModelTarget):
    def __init__(self):
        super().__init__()
"""


def test_the_module_of_an_adapter_runs_once(judge: Callable[..., Any], tmp_path: Path) -> None:
    """It may start a Django, or patch time: nothing that may happen twice in one process."""
    (tmp_path / "counting.py").write_text(COUNTS_ITS_RUNS)
    clock_and_mail = '[clock]\nkind = "adapter"\n[mail]\nkind = "adapter"\n'
    (tmp_path / "target.toml").write_text(f'name = "x"\n[adapter]\npython = "counting:Adapter"\n{clock_and_mail}')
    ran = judge(str(tmp_path), "--only", "LOG-002")
    assert ran.verdicts == {"LOG-002": "pass"}
    assert (tmp_path / "runs").read_text() == "x"


MAILS_BY_TLS = """
import smtplib, ssl
from kmc_harness.targets.model import ModelTarget
class Adapter(ModelTarget):
    offers = ModelTarget.offers - {"outbox", "clock"}
    def __init__(self, port, tls_port, certificate):
        super().__init__()
        trusting = ssl.create_default_context(cafile=certificate)
        with smtplib.SMTP("localhost", int(port)) as smtp:
            smtp.starttls(context=trusting)
            smtp.sendmail("", "ada@kmc.example", "\\n\\nhttps://kmc.example/r/1")
        with smtplib.SMTP_SSL("localhost", int(tls_port), context=trusting) as smtp:
            smtp.ehlo()
            smtp.docmd("ETRN", "kmc.example")
"""


def test_mail_is_caught_over_tls_and_what_was_refused_is_known(tmp_path: Path) -> None:
    (tmp_path / "mailing.py").write_text(MAILS_BY_TLS)
    places = 'port = "{smtp_starttls_port}", tls_port = "{smtp_tls_port}", certificate = "{smtp_certificate}"'
    adapter = f'name = "x"\n[adapter]\npython = "mailing:Adapter"\nsettings = {{ {places} }}\n'
    (tmp_path / "target.toml").write_text(
        f'{adapter}[mail]\nkind = "smtp"\nsettle = "0s"\nlinks = {{ reset = "/r/" }}\n'
    )
    target = Hosted(tmp_path)
    try:
        assert target.turned_away == {}
        target.reset()
        assert [len(mail.links) for mail in target.outbox("ada@kmc.example")] == [1]
        assert "it sent 'ETRN kmc.example' and was answered '500 Error: command" in "".join(target.turned_away.values())
    finally:
        target.close()


WRONG = {
    "no file": ("", "cannot be read"),
    "no TOML": ("name = ", "does not describe a target"),
    "a word more": ('name = "x"\n[adapter]\npython = "a:B"\nsize = 3\n', "; it takes python, exec, settings"),
    "no adapter": ('name = "x"\n[adapter]\n', "takes either python"),
    "no class": ('name = "x"\n[adapter]\npython = "nothing_here:B"\n', "nothing_here:B cannot be loaded"),
    "no such clock": ('name = "x"\n[adapter]\npython = "a:B"\n[clock]\nkind = "sundial"\n', "takes libfaketime"),
    "a clock of the wrong process": (
        'name = "x"\n[adapter]\npython = "a:B"\n[server]\ncommand = ["x"]\n[clock]\nkind = "freezegun"\n',
        "freezegun moves this process, not that of a [server]: libfaketime moves it",
    ),
    "a clock whose monotonic part cannot be moved": (
        'name = "x"\n[adapter]\npython = "a:B"\n[clock]\nkind = "wait"\nmonotonic = true\n',
        "wait takes no monotonic; libfaketime, freezegun, time-machine take it",
    ),
    "no server": ('name = "x"\n[adapter]\npython = "a:B"\n[clock]\nkind = "libfaketime"\n', "needs a [server]"),
    "no length of time": (
        'name = "x"\n[adapter]\npython = "a:B"\n[mail]\nkind = "smtp"\nsettle = "soon"\nlinks = { reset = "/r/" }\n',
        "'soon' is no length of time; write a number",
    ),
    "no such place": (
        'name = "x"\n[adapter]\npython = "a:B"\n[server]\ncommand = ["serve", "{prot}"]\n',
        "'{prot}' names {prot}, which is none of here, port, python, url, work",
    ),
    "no such place in the adapter's command": (
        'name = "x"\n[adapter]\nexec = ["node", "{port}"]\n',
        "names {port}, which is none of here, python",
    ),
    "no mail to fill a place with": (
        'name = "x"\n[adapter]\npython = "a:B"\nsettings = { port = "{smtp_port}" }\n',
        "names {smtp_port}",
    ),
    "nothing in the environment": (
        'name = "x"\n[adapter]\npython = "a:B"\nsettings = { key = "{env:KMC_TEST_NOT_SET}" }\n',
        "names {env:KMC_TEST_NOT_SET}, which is not set in the environment",
    ),
    "addresses of nobody": (
        'name = "x"\n[adapter]\npython = "a:B"\n[mail]\nkind = "adapter"\naddresses = "qa@mail.example"\n',
        "[mail] addresses takes a pattern as qa+{name}@mail.example, not 'qa@mail.example'",
    ),
    "no mailbox": (
        'name = "x"\n[adapter]\npython = "a:B"\n[mail]\nkind = "imap"\nurl = "mail.example"\nlinks = { reset = "r" }\n',
        "[mail] url takes imaps://USER@HOST/MAILBOX, not 'mail.example'",
    ),
    "no kind of link": (
        'name = "x"\n[adapter]\npython = "a:B"\n[mail]\nkind = "smtp"\nlinks = { other = "/r/" }\n',
        "no kind of link",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_description_that_makes_no_sense_is_refused_before_anything_starts(name: str, tmp_path: Path) -> None:
    text, reason = WRONG[name]
    if text:
        (tmp_path / "target.toml").write_text(text)
    with pytest.raises(Misuse, match=re.escape(reason)):
        Hosted(tmp_path)
