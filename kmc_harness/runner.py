"""One run of the suite: pytest within this process, its words kept back, a progress bar and a table instead."""

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness import bindings, catalogue, results, tables, targets
from kmc_harness.verdicts import Verdict

__all__ = ["Misuse", "Settings", "run"]

POLICIES = ("article", "kaltura-server")


class Misuse(Exception):
    """The command was given something that makes no sense; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What `kmc run` was asked for."""

    target: str
    policy: str
    profile: str
    only: tuple[str, ...]
    seed: str
    report: Path
    processes: int
    pytest_arguments: tuple[str, ...]

    def rerun(self, requirement: str) -> str:
        """Return the command that judges just `requirement` again."""
        words = ["kmc run", "--target", self.target, "--policy", self.policy, "--profile all", "--only", requirement]
        if self.target != "model":
            words = [word for word in words if word not in ("--policy", self.policy)]
        return " ".join([*words, "--seed", self.seed])


class _Collector:
    """Takes the results as they come, in this process or from workers, and moves the progress bar."""

    def __init__(self, progress: tables.Progress) -> None:
        self.results: dict[str, results.ScenarioResult] = {}
        self.expected: set[str] = set()
        self.deselected = 0
        self._progress = progress

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.deselected += len(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._await({item.nodeid for item in session.items if item.get_closest_marker("requirement")})

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._await(set(ids))

    def _await(self, ids: set[str]) -> None:
        self.expected |= ids
        self._progress.expect(len(self.expected))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if result := getattr(report, "kmc_result", None):
            converted = msgspec.convert(result, results.ScenarioResult)
            self.results[report.nodeid] = converted
            self._progress.advance(converted.verdict)


def run(settings: Settings) -> int:
    """Run the suite as `settings` say, show and write what came of it, and return the exit code of DESIGN 7.

    Raises:
        Misuse: settings that make no sense; nothing was run.

    """
    chosen = _checked(settings)
    words = io.StringIO()
    with tables.Progress() as progress:
        collector = _Collector(progress)
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            status = pytest.main(_arguments(settings), plugins=[collector])
    if not collector.results:
        raise Misuse(f"pytest ran no scenario (it ended with {int(status)}):\n{words.getvalue().strip()}")
    lost = collector.expected - collector.results.keys()
    if not settings.pytest_arguments:
        collector.results |= {nodeid: _lost(nodeid) for nodeid in lost}
    known = catalogue.load()
    report = results.build(
        [known[each] for each in chosen],
        collector.results.values(),
        target=settings.target,
        policy=settings.policy if settings.target == "model" else "",
        profile=settings.profile,
        seed=settings.seed,
        partial=bool(settings.only or settings.pytest_arguments),
    )
    path = results.write(report, settings.report)
    tables.show_report(report, settings.rerun, path)
    return report.exit_code


def _lost(nodeid: str) -> results.ScenarioResult:
    """Return the result of a scenario that was collected and never reported: its process died, say."""
    name = nodeid.rpartition("::")[2].removeprefix("test_")
    requirement, template = next(
        found for found in bindings.scenarios() if bindings.name_of(found[1]) == name.partition("[")[0]
    )
    return results.ScenarioResult(
        name,
        requirement,
        template.name,
        bindings.short(template.feature.filename),
        template.line_number,
        Verdict.ERROR,
        expected="a result",
        seen="none: the scenario was collected and never reported; its process may have died",
    )


def _arguments(settings: Settings) -> list[str]:
    arguments = [
        "--pyargs",
        "kmc_harness.suite",
        "-q",
        "--capture=sys",
        "-p",
        "no:cacheprovider",
        "--no-header",
        "--assert=plain",
        "--tb=native",
        "-p",
        "no:unraisableexception",
    ]
    # From the suite's own folder: pytest looks for fixtures in every folder between root and test, at every step.
    arguments += ["-c", os.devnull, "--rootdir", str(Path(__file__).parent)]
    arguments += [f"--kmc-{name}={getattr(settings, name)}" for name in ("target", "policy", "profile", "seed")]
    arguments += [f"--kmc-only={each}" for each in settings.only]
    if settings.processes > 1:
        arguments += ["-n", str(settings.processes)]
    return [*arguments, *settings.pytest_arguments]


def _checked(settings: Settings) -> tuple[str, ...]:
    if settings.policy not in POLICIES:
        raise Misuse(f"unknown policy {settings.policy!r}; choose {' or '.join(POLICIES)}")
    if not settings.seed.isdecimal():
        raise Misuse(f"--seed takes a whole number, not {settings.seed!r}")
    if settings.processes < 1:
        raise Misuse(f"-n takes 1 or more, not {settings.processes}")
    if settings.processes > 1 and not _has_xdist():
        raise Misuse("-n needs pytest-xdist, which is not installed: pip install pytest-xdist")
    try:
        chosen = catalogue.select(settings.profile, settings.only)
        targets.load(settings.target, {"policy": settings.policy, "seed": settings.seed}).close()
        settings.report.mkdir(parents=True, exist_ok=True)
        (settings.report / "report.json.new").touch()
        (settings.report / "report.json.new").unlink()
    except (catalogue.CatalogueError, targets.UnknownTarget) as error:
        raise Misuse(str(error)) from error
    except OSError as error:
        raise Misuse(
            f"the report folder {str(settings.report)!r} cannot be written: {error.strerror}; choose one with --report"
        ) from error
    return chosen


def _has_xdist() -> bool:
    import importlib.util

    return importlib.util.find_spec("xdist") is not None
