"""Every clock passes one test; and what one cannot reach is said, never judged."""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.hosting import clocks
from kmc_harness.hosting.clocks.faketime import NotInstalled
from kmc_harness.hosting.process import Command, Server, free_port, work_folder
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.probes import probe
from kmc_harness.verdicts import NotJudged, Unreached
from kmc_model.model import Variant
from kmc_model.totp import SeededSecrets, counter_of
from tests.conftest import ROOT, kmc
from tests.targets import Settings

DAY_S = 86_400
STATIC = r"""
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
int main(int n, char **argument) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argument[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 9)) return 1;
    for (;;) {
        char asked[9999], date[99], said[999];
        int client = accept(listener, 0, 0);
        if (read(client, asked, sizeof asked) < 1) asked[0] = 0;
        time_t now = time(0);
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&now));
        sprintf(said, "HTTP/1.0 200 OK\r\nDate: %s\r\nContent-Length: 0\r\n\r\n", date);
        if (write(client, said, strlen(said)) < 0) return 2;
        close(client);
    }
}
"""


def _faketime(folder: Path, proof: str = "") -> clocks.Faketime:
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    return clocks.Faketime(folder, proof)


MADE: dict[str, Callable[[Path], clocks.Clock]] = {
    "libfaketime": _faketime,
    "freezegun": lambda _: clocks.Freezegun(),
    "time-machine": lambda _: clocks.TimeMachine(),
    "adapter": lambda _: clocks.AdapterClock(ModelTarget()),
    "wait": lambda _: clocks.Waiting(0),
}
MOVED = [name for name in MADE if name != "wait"]
FLOWING = [name for name in MADE if name != "adapter"]


@pytest.fixture
def clock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[clocks.Clock]:
    made = MADE[request.param](tmp_path)
    yield made
    made.close()


def _real() -> float:
    """Return the time that nothing in this process changes."""
    return float(Path("/proc/uptime").read_text().split()[0])


# One and the same test for all


@pytest.mark.parametrize("clock", MADE, indirect=True)
def test_a_clock_goes_forward_by_what_was_asked_or_says_that_it_cannot(clock: clocks.Clock) -> None:
    before, began = clock.now(), _real()
    for seconds in (0, 1, 90, DAY_S, 30 * DAY_S, 30 * DAY_S, 0):
        if isinstance(clock, clocks.Waiting) and seconds:
            with pytest.raises(Unreached, match=f"{seconds} s were to pass"):
                clock.advance(seconds)
            continue
        clock.advance(seconds)
        before += seconds
        # By the second, and what has passed by itself.
        assert 0 <= clock.now() - before <= _real() - began + 1
    clock.restart()
    assert 0 <= clock.now() - before <= _real() - began + 1
    clock.close()


@pytest.mark.parametrize("clock", MADE, indirect=True)
def test_a_clock_never_goes_back(clock: clocks.Clock) -> None:
    before = clock.now()
    with pytest.raises(ValueError, match="-1 s; it only goes forward"):
        clock.advance(-1)
    assert clock.now() >= before
    clock.close()


@pytest.mark.parametrize("clock", FLOWING, indirect=True)
def test_time_flows_on(clock: clocks.Clock) -> None:
    clock.advance(0 if isinstance(clock, clocks.Waiting) else DAY_S)
    now, began = clock.now(), _real()
    while clock.now() == now:
        assert _real() - began < 5
    assert clock.now() == now + 1
    clock.close()


@pytest.mark.parametrize("clock", ["freezegun", "time-machine"], indirect=True)
def test_no_thread_sees_the_time_before_again(clock: clocks.Clock) -> None:
    seen: list[float] = []
    is_over = threading.Event()

    def look(depth: int = 9) -> None:
        """Look from far down: freezegun leaves alone what the module threading calls within a few frames."""
        if depth:
            return look(depth - 1)
        while not is_over.is_set():
            seen.append(time.time())

    clock.advance(0)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        watching = threading.Thread(target=look)
        watching.start()
        for _ in range(200):
            looked = len(seen)
            clock.advance(90)
            while len(seen) < looked + 2 and watching.is_alive():
                time.sleep(0)
    finally:
        is_over.set()
        watching.join()
        sys.setswitchinterval(usual)
        clock.close()
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] > 100 * 90


@pytest.mark.parametrize("clock", MADE, indirect=True)
def test_a_clock_that_is_closed_leaves_nothing(clock: clocks.Clock, tmp_path: Path) -> None:
    real = time.clock_gettime(time.CLOCK_REALTIME)
    if not isinstance(clock, clocks.Waiting):
        clock.advance(DAY_S)
    assert all(isinstance(each, str) for each in clock.environment().values())
    clock.close()
    clock.close()
    assert abs(time.time() - real) < 60
    assert list(tmp_path.iterdir()) == []


def test_patience_is_for_one_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = clocks.Waiting(100, "nobody can move it")
    clock.advance(60)
    with pytest.raises(Unreached, match=r"60 s were to pass, but the patience ends after 100 s .*nobody can move it"):
        clock.advance(60)
    clock.restart()
    clock.advance(60)
    assert slept == [60, 60]


# What libfaketime reaches

TELLS = """
import http.server, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = str(time.time()).encode()
        self.send_response_only(200)
        if date := os.environ.get("DATE", self.date_time_string()):
            self.send_header("Date", date)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
    def date_time_string(self):
        # As servers do that make it once a second.
        global kept
        if time.monotonic() - kept[0] > 1:
            kept = time.monotonic(), super().date_time_string()
        return kept[1]
kept = 0, ""
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@contextlib.contextmanager
def _served(folder: Path, *argv: str, **environment: str) -> Iterator[tuple[clocks.Faketime, str]]:
    """Serve by a program that takes a port; yield its clock, and where it is."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    clock = _faketime(folder, url)
    server = Server(Command((*argv, str(port)), folder, environment, url, bent=clock.environment()), folder / "log")
    try:
        server.start()
        yield clock, url
    finally:
        server.stop()


def test_a_day_passes_in_a_request(tmp_path: Path) -> None:
    with _served(tmp_path, sys.executable, "-c", TELLS) as (clock, url):
        clock.prove()
        for _ in range(3):
            began = _real()
            clock.advance(DAY_S)
            with urllib.request.urlopen(url) as answer:
                assert abs(float(answer.read()) - clock.now()) < 2
            assert _real() - began < 1


NO_PROOF = {
    "no Date header": ("", "answers without a Date header; name another address"),
    "no date in it": ("soon", "answers with the Date header 'soon'; name another address"),
    "a clock of its own": ("Tue, 19 Jan 2038 03:14:07 GMT", "not this machine's: .* s ahead"),
}


@pytest.mark.parametrize("name", NO_PROOF)
def test_a_date_header_that_proves_nothing_is_told(name: str, tmp_path: Path) -> None:
    date, reason = NO_PROOF[name]
    served = _served(tmp_path, sys.executable, "-c", TELLS, DATE=date)
    with served as (clock, _), pytest.raises(clocks.NoProof, match=reason):
        clock.prove()


@pytest.mark.parametrize("proof", ["http://127.0.0.1:1/", "", "ftp://127.0.0.1/", "http://[::1/"])
def test_an_address_where_nobody_answers_proves_nothing(proof: str, tmp_path: Path) -> None:
    with pytest.raises(clocks.NoProof, match="does not answer"):
        _faketime(tmp_path, proof).prove()


def test_a_library_that_is_missing_is_named_with_what_it_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NotInstalled, match=r"pip install 'kmc-harness\[clocks\]' builds it, which takes gcc and make"):
        clocks.Faketime(tmp_path, "")


@pytest.fixture
def static_server(tmp_path: Path) -> Path:
    """A server that is linked statically, and so reads the system's clock whatever stands in its environment."""
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    (tmp_path / "server.c").write_text(STATIC)
    subprocess.run(["gcc", "-static", "-o", "server", "server.c"], cwd=tmp_path, check=True)
    return tmp_path


def test_what_libfaketime_does_not_reach_is_found_out(static_server: Path) -> None:
    reason = r"moved by 90 s, .* 9\d s behind; .* linked statically"
    with _served(static_server, "./server") as (clock, _), pytest.raises(clocks.NoProof, match=reason) as raised:
        clock.prove()
    instead = clocks.Waiting(60, str(raised.value))
    with pytest.raises(Unreached, match=r"86400 s were to pass.*linked statically"):
        instead.advance(DAY_S)


def test_a_server_whose_clock_cannot_be_moved_is_inconclusive_where_time_counts(
    static_server: Path, judge: Callable[..., Any]
) -> None:
    """Behind the adapter is the model, so that what needs no time is judged."""
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    (static_server / "model_behind.py").write_text(
        "from kmc_harness.targets.model import ModelTarget\nclass Adapter(ModelTarget):\n    pass\n"
    )
    (static_server / "target.toml").write_text(
        'name = "static"\n[adapter]\npython = "model_behind:Adapter"\n[server]\ncommand = ["./server", "{port}"]\n'
        '[clock]\nkind = "libfaketime"\n[mail]\nkind = "adapter"\n'
    )
    ran = judge(str(static_server), "--patience", "0s", "--only", "LOG-002", "--only", "ENR-009")
    assert ran.verdicts == {"LOG-002": "pass", "ENR-009": "inconclusive"}
    assert "linked statically" in " ".join(ran.out.split())
    assert ran.exit_code == 3


# What moves in part


@pytest.mark.parametrize(
    ("target", "kind", "verdict"),
    [
        ("InThisProcess", "freezegun", "pass"),
        ("HalfFrozen", "time-machine", "pass"),
        ("HalfFrozen", "freezegun", "error"),
    ],
)
def test_a_target_that_is_moved_in_part_is_not_judged(
    target: str, kind: str, verdict: str, tmp_path: Path, judge: Callable[..., Any]
) -> None:
    (tmp_path / "target.toml").write_text(
        f'name = "in process"\n[adapter]\npython = "tests.targets:{target}"\n'
        f'[clock]\nkind = "{kind}"\n[mail]\nkind = "adapter"\n'
    )
    ran = judge(str(tmp_path), "--only", "LOG-004", "--only", "ENR-009")
    assert ran.verdicts == {"LOG-004": verdict, "ENR-009": verdict}
    assert ("part of the target did not move along" in " ".join(ran.out.split())) is (verdict == "error")


LINKS = """
import time
from kmc_model.model import Variant
from kmc_model.turn import Turn
from tests.targets import InThisProcess

issued = {}

class Cached(Turn):
    def new_link(self, kind, email, timer=time.monotonic):
        link = super().new_link(kind, email)
        issued[link.token] = timer()
        return link

    def is_expired(self, link, timer=time.monotonic):
        return timer() - issued[link.token] > LIFETIME_S

class Adapter(InThisProcess):
    def __init__(self):
        super().__init__(Variant(turn=Cached))
"""
"""A cache that keeps the function it looks at the clock by, as that of cachetools does."""


@pytest.mark.parametrize(
    ("lifetime_s", "said", "verdict"),
    [("86400", "", "inconclusive"), ("86400", "monotonic = true", "pass"), ("float('inf')", "", "fail")],
)
@pytest.mark.parametrize("kind", ["freezegun", "time-machine"])
def test_a_cache_by_the_monotonic_clock_in_this_process_is_found_out_or_moved(
    kind: str, lifetime_s: str, said: str, verdict: str, tmp_path: Path, judge: Callable[..., Any]
) -> None:
    (tmp_path / "caching.py").write_text(LINKS.replace("LIFETIME_S", lifetime_s))
    (tmp_path / "target.toml").write_text(
        'name = "in process"\n[adapter]\npython = "caching:Adapter"\n'
        f'[clock]\nkind = "{kind}"\n{said}\n[mail]\nkind = "adapter"\nsettle = "0s"\n'
    )
    ran = judge(str(tmp_path), "--only", "RST-011", "--only", "LOG-004")
    assert ran.verdicts == {"RST-011": verdict, "LOG-004": "pass"}
    assert ("monotonic = true under [clock]" in " ".join(ran.out.split())) is (verdict == "inconclusive")


LOCKS = """
import time
from kmc_model.model import Variant
from kmc_model.turn import Turn
from kmc_model.values import changed
from tests.targets import InThisProcess

ends = {}

class Cached(Turn):
    def put_credentials(self, credentials):
        if credentials.locked_until > self.now:
            ends[credentials.email] = time.monotonic() + LIFETIME_S
            credentials = changed(credentials, locked_until=1 << 40)
        super().put_credentials(credentials)

    @property
    def own(self):
        own = super().own
        return changed(own, locked_until=0) if time.monotonic() >= ends.get(own.email, 0) else own

class Adapter(InThisProcess):
    def __init__(self):
        super().__init__(Variant(turn=Cached))
"""


@pytest.mark.parametrize(
    ("lifetime_s", "code", "words"),
    [("900", 3, "write monotonic = true under [clock]"), ("float('inf')", 1, "SEC-011 is broken")],
)
def test_what_never_ends_is_a_departure_found_by_exploring_only_where_its_clock_was_moved(
    lifetime_s: str, code: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "locking.py").write_text(LOCKS.replace("LIFETIME_S", lifetime_s))
    (tmp_path / "target.toml").write_text(
        'name = "in process"\n[adapter]\npython = "locking:Adapter"\n'
        '[clock]\nkind = "time-machine"\n[mail]\nkind = "adapter"\nsettle = "0s"\n'
    )
    done = kmc("explore", "--target", str(tmp_path), "--budget", "5s", cwd=ROOT)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in " ".join(done.stdout.split())
    assert ("not judged" in done.stdout) is (code == 3)


def _left_behind(kind: type[ModelTarget], into_step_s: int, tolerance_steps: int, is_behind: bool) -> ModelTarget:
    """Return a target whose codes are judged by the clock of its start for ever; or the same target without fault."""

    class Target(kind):
        def reset(self) -> None:
            super().reset()
            self.advance(into_step_s)
            policy = replace(self.model.policy, tolerance_steps=tolerance_steps)
            self.model.variant = Variant(policy)
            self.model.secrets = Secrets(0)
            self.began_at = self.now()

    class Secrets(SeededSecrets):
        def counter_of(self, code, secret, now, tolerance_steps, as_numbers):
            judged_at = target.began_at if is_behind else now
            return counter_of(code, secret, judged_at, tolerance_steps, as_numbers)

    target = Target()
    return target


@pytest.mark.parametrize("tolerance_steps", [0, 1, 4])
@pytest.mark.parametrize("kind", [ModelTarget, Settings])
def test_a_part_left_behind_is_noticed_whenever_it_is_looked_for(kind: type[ModelTarget], tolerance_steps: int) -> None:
    for into_step_s in range(30):
        probe(_left_behind(kind, into_step_s, tolerance_steps, is_behind=False), "x")
        with pytest.raises(NotJudged, match="part of the target did not move along"):
            probe(_left_behind(kind, into_step_s, tolerance_steps, is_behind=True), "x")


# Several processes


def _monotonic(program: str, clock: clocks.Faketime) -> float:
    """Return the monotonic clock of a program that a server starts by its name."""
    environment = os.environ | clock.environment()
    return float(subprocess.run(["/bin/sh", "-c", program], env=environment, capture_output=True, check=True).stdout)


def test_the_monotonic_clock_is_moved_in_the_programs_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("keeps", "serves"):
        made = programs / name
        made.write_text(f"#!/bin/sh\nexec {sys.executable} -S -c 'import time; print(time.monotonic())'\n")
        made.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    clock = clocks.Faketime(tmp_path, "", monotonic=["keeps"])
    before = {name: _monotonic(name, clock) for name in ("keeps", "serves")}
    clock.advance(DAY_S)
    moved = {name: _monotonic(name, clock) - at > DAY_S / 2 for name, at in before.items()}
    clock.close()
    assert moved == {"keeps": True, "serves": False}


def test_a_program_that_is_named_and_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("libfaketime", reason="libfaketime is not installed")
    with pytest.raises(LookupError, match="monotonic names 'no-such-program', which is not in PATH"):
        clocks.Faketime(tmp_path, "", monotonic=["no-such-program"])


def test_a_server_that_has_dropped_its_rights_can_read_its_clock_and_nothing_else(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with work_folder(0o755) as folder, work_folder() as work:
            clock = _faketime(folder)
            clock.advance(60)
            kept = Path(clock.environment()["FAKETIME_TIMESTAMP_FILE"])
            assert kept.parent == folder
            assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, kept, work)] == [0o755, 0o644, 0o700]
    finally:
        os.umask(before)
