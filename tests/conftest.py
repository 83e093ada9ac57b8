"""Running the suite in a process of its own, as a user does."""

import fcntl
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.warm import ROOT

WHOLE = bool(os.environ.get("KMC_TEST_ALL"))
"""Whether everything is to be tested (`make check-all`) that CI takes a sample of."""
FAST = bool(os.environ.get("KMC_TEST_FAST"))
"""Whether what starts a process is left out (`make test-fast`)."""
os.environ.setdefault("KMC_CONTEXTS", "off")
"""A run is told in contexts where a test says so: a sweep takes half a minute."""
os.environ.setdefault("KMC_CHOICES", "0")
"""And its choices are measured where one says so."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that would skip, where everything is said to be there: KMC_TEST_STRICT, which CI sets."""
    report = yield
    if report.skipped and os.environ.get("KMC_TEST_STRICT"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} would skip, and KMC_TEST_STRICT is set: {report.longrepr}"
    return report


@dataclass(frozen=True)
class Ran:
    """What came of one `kmc run`."""

    exit_code: int
    out: str
    err: str
    report: dict[str, Any]
    folder: Path

    @property
    def verdicts(self) -> dict[str, str]:
        return {each["id"]: each["verdict"] for each in self.report["requirements"]}

    @property
    def judged(self) -> str:
        """How many requirements have a verdict, of how many, as headlines say it."""
        return f"{len(self.verdicts) - self.count('skipped') - self.count('inconclusive')} of {len(self.verdicts)}"

    def count(self, verdict: str) -> int:
        """How many requirements have this verdict."""
        return list(self.verdicts.values()).count(verdict)

    @property
    def departed(self) -> dict[str, str]:
        return {name: verdict for name, verdict in self.verdicts.items() if verdict not in ("pass", "skipped")}


def kmc(
    *arguments: str, cwd: Path | None = None, cold: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the `kmc` command: `cold` in a Python of its own, else in a fork of one that has loaded the harness.

    What Python itself reads as it starts, of the environment, it reads in a Python of its own only.
    """
    _skip_in_the_loop()
    env = _environment({"COLUMNS": "100"} | environment)
    if not cold and not any(name.startswith("PYTHON") for name in environment):
        return warm.parent().run(["kmc", *arguments], cwd or Path.cwd(), env)
    command = [sys.executable, "-c", "from kmc_harness.cli.app import app; app()", *arguments]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)


def plain_pytest(*arguments: str, cwd: Path, **environment: str) -> str:
    """Run pytest with the plugin in a fork of a Python that has loaded both, and return its words."""
    _skip_in_the_loop()
    # It would warn that what is loaded already cannot be rewritten.
    always = ("-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
    done = warm.parent().run(["pytest", *always, *arguments], cwd, _environment(environment))
    return done.stdout + done.stderr


def _skip_in_the_loop() -> None:
    if FAST:
        pytest.skip("starts a process, which `make test` does")


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return env | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | more


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Judge a target and return what came of it; a target's name without colon is a class of tests.targets."""

    def run(target: str = "model", *arguments: str, **environment: str) -> Ran:
        folder = tmp_path_factory.mktemp("report")
        name = target if target == "model" or ":" in target or "/" in target else f"python:tests.targets:{target}"
        profile = () if "--profile" in arguments else ("--profile", "all")
        done = kmc("run", "--target", name, "--report", str(folder), *profile, *arguments, cwd=ROOT, **environment)
        path = folder / "report.json"
        report = json.loads(path.read_bytes()) if path.exists() else {}
        return Ran(done.returncode, done.stdout, done.stderr, report, folder)

    return run


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Ran]], Ran]:
    """Have something run by whichever process of the tests asks for it first, and by no other."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def run(name: str, done: Callable[[], Ran]) -> Ran:
        kept = shared / f"{name}.pickle"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                kept.write_bytes(pickle.dumps(done()))
        ran: Ran = pickle.loads(kept.read_bytes())
        return ran

    return run


@pytest.fixture(scope="session")
def on_article(judge: Callable[..., Ran], once: Callable[[str, Callable[[], Ran]], Ran]) -> Ran:
    return once("article", judge)


@pytest.fixture(scope="session")
def on_kaltura(judge: Callable[..., Ran], once: Callable[[str, Callable[[], Ran]], Ran]) -> Ran:
    return once("kaltura", lambda: judge("model", "--policy", "kaltura-server"))
