"""One run of the suite: pytest within this process, its words kept back, a progress bar and a table instead."""

import contextlib
import datetime
import importlib.metadata
import importlib.util
import io
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kmc_harness import __version__, durations, report, targets, terminal
from kmc_harness.report import results
from kmc_harness.running import waivers
from kmc_harness.running.journal import Finished, Journal
from kmc_harness.specification import bindings, catalogue
from kmc_harness.verdicts import Misuse, Verdict

__all__ = [
    "PYTEST",
    "Interrupted",
    "Settings",
    "arguments",
    "check_target",
    "quietly",
    "report_of",
    "resume",
    "run",
]

PATIENCE = "2m"
POLICIES = ("article", "kaltura-server")
JUDGES = ("msgspec", "pillow", "pyotp", "pytest", "pytest-bdd", "zxing-cpp")


PYTEST = (
    *("--pyargs", "kmc_harness.suite", "-q", "--capture=sys", "--no-header", "--assert=plain", "--tb=native"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception"),
    # Else workers are given folders below the temporary one, which nobody removes.
    *("-p", "no:tmpdir"),
    # Where they are installed, importing them would take a third of the time of a short run.
    *("-p", "no:hypothesispytest", "-p", "no:anyio"),
    # From the suite's own folder: pytest looks for fixtures in every folder between root and test, at every step.
    *("-c", os.devnull, "--rootdir", str(Path(__file__).parent.parent)),
)
"""How pytest is called for the suite, whatever the target."""


class Interrupted(Exception):
    """The run was stopped; the message says how to go on."""


@dataclass(frozen=True)
class Settings:
    """What `kmc run` was asked for."""

    target: str
    policy: str
    profile: str
    only: tuple[str, ...]
    seed: str
    patience: str
    repeat: int
    waivers: Path | None
    report: Path
    processes: int
    pytest_arguments: tuple[str, ...]


class _Collector:
    """Learns which scenarios there are, and moves the progress bar as they end; the results are in the journal."""

    def __init__(self, progress: terminal.Progress) -> None:
        self.expected: set[str] = set()
        self.was_stopped = False
        self._progress = progress

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # Not by errors in the collection, which pytest also calls an interruption.
        self.was_stopped = excinfo.type is KeyboardInterrupt

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._await({item.nodeid for item in session.items if item.get_closest_marker("requirement")})

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._await(set(ids))

    def _await(self, ids: set[str]) -> None:
        new = {each.rpartition("::")[2].removeprefix("test_") for each in ids} - self.expected
        self.expected |= new
        self._progress.expect(len(new))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if result := getattr(report, "kmc_result", None):
            self._progress.advance(Verdict(result["verdict"]), result["requirement"])


def named(target: str) -> str:
    """Return `target` so that it has a name in reports, where it is the folder one is in."""
    return str(Path(os.pardir, Path.cwd().name)) if target.rstrip(os.sep) == os.curdir else target


def run(settings: Settings) -> results.Report:
    """Run the suite as `settings` say, write what came of it, and return that.

    Raises:
        Misuse: settings that make no sense; nothing was run.
        Interrupted: the run was stopped; what is finished is kept.

    """
    _check(settings)
    if waits(settings.target):
        waiting = "where time is to pass, it is really waited for: a whole run takes ten minutes or more"
        print(f"kmc: {settings.target} names no clock that can be moved: {waiting}", file=sys.stderr)
    what = results.Run(
        settings.target,
        settings.policy if settings.target == "model" else "",
        settings.profile,
        settings.only,
        settings.seed,
        settings.patience,
        settings.repeat,
        settings.pytest_arguments,
        _versions(),
    )
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    declared = str(settings.waivers.resolve()) if settings.waivers else ""
    journal = Journal.start(settings.report, what, now, declared)
    if journal.set_aside:
        print(f"kmc: a run here was not finished; what it had is kept in {journal.set_aside}", file=sys.stderr)
    return _finish(journal, settings.report, settings.processes)


def resume(folder: Path, processes: int) -> results.Report:
    """Finish the run whose journal stands in `folder`; settings and seed are the journal's. Return its report.

    Raises:
        Misuse: there is no run to resume, or not with this suite.
        Interrupted: the run was stopped again.

    """
    journal = Journal.resume(folder)
    what = journal.begun.run
    if what.versions != (installed := _versions()):
        changed = [name for name in installed if what.versions.get(name) != installed[name]]
        raise Misuse(f"{', '.join(changed)} changed since the run in {str(folder)!r} began; start it anew")
    declared = Path(journal.begun.waivers) if journal.begun.waivers else None
    _check(
        Settings(
            what.target,
            what.policy or POLICIES[0],
            what.profile,
            what.only,
            what.seed,
            what.patience,
            what.repeat,
            declared,
            folder,
            processes,
            what.pytest_arguments,
        )
    )
    return _finish(journal, folder, processes)


def _finish(journal: Journal, folder: Path, processes: int) -> results.Report:
    what = journal.begun.run
    expected: list[set[str]] = []
    with terminal.Progress() as progress:
        for repeat in range(1, what.repeat + 1):
            collector = _Collector(progress)
            expected.append(collector.expected)
            status, words = quietly(
                [
                    *arguments(what, repeat),
                    f"--kmc-journal={journal.attempt}",
                    *(("-n", str(processes)) if processes > 1 else ()),
                    *what.pytest_arguments,
                ],
                collector,
            )
            if collector.was_stopped:
                break
    finished = journal.finished()
    if collector.was_stopped:
        journal.release()
        count = sum(map(len, finished.repeats))
        raise Interrupted(f"stopped; {count} finished scenarios are kept: kmc run --resume {folder} finishes the rest")
    if not any(finished.repeats):
        journal.remove()
        raise Misuse(f"pytest ran no scenario (it ended with {status}):\n{words}")
    if not what.pytest_arguments:
        for of_repeat, ids in zip(finished.repeats, expected, strict=True):
            of_repeat += [_lost(each) for each in sorted(ids - {result.id for result in of_repeat})]
    made = report_of(journal, finished, datetime.datetime.now(datetime.UTC).date())
    try:
        made = report.write(made, folder)
        report.render(made, folder)
    except OSError as error:
        journal.release()
        path = str(error.filename2 or error.filename or folder)
        kept = f"what is finished is kept: kmc run --resume {folder} writes the report once it can"
        raise Misuse(f"{path!r} cannot be written: {error.strerror}; {kept}") from error
    journal.remove()
    return made


def report_of(journal: Journal, finished: Finished, today: datetime.date) -> results.Report:
    """Put together what the journal holds, with the waivers that hold `today`."""
    begun = journal.begun
    chosen = catalogue.select(begun.run.profile, begun.run.only)
    declared = waivers.read(Path(begun.waivers)) if begun.waivers else ()
    ran = {each.requirement for repeat in finished.repeats for each in repeat}
    tried = ran if begun.run.pytest_arguments else chosen
    judged, became = waivers.apply(declared, finished.repeats, tried, today)
    known = catalogue.load()
    timing = results.Timing(begun.started_at, finished.seconds)
    return results.build(begun.run, [known[each] for each in chosen], judged, became, timing)


def _versions() -> dict[str, str]:
    """Return what else a verdict may depend on, `features` as a digest of the files."""
    judges = {name: importlib.metadata.version(name) for name in JUDGES}
    own = {"kmc-harness": __version__, "features": bindings.features_digest(), "python": platform.python_version()}
    return own | judges


def _lost(name: str) -> results.ScenarioResult:
    """Return the result of a scenario that was collected and never reported: its process died, say."""
    requirement, template = next(
        found for found in bindings.scenarios() if bindings.name_of(found[1]) == name.partition("[")[0]
    )
    return results.ScenarioResult(
        name,
        requirement,
        template.name,
        name.partition("[")[2].removesuffix("]"),
        bindings.short(template.feature.filename),
        template.line_number,
        Verdict.ERROR,
        expected="a result",
        seen="none: the scenario was collected and never reported; its process may have died",
    )


def arguments(what: results.Run, repeat: int) -> list[str]:
    """Return how pytest is called for one repeat of `what`."""
    return [
        *PYTEST,
        *(f"--kmc-{name}={getattr(what, name)}" for name in ("target", "profile", "seed", "patience")),
        f"--kmc-policy={what.policy or POLICIES[0]}",
        *(f"--kmc-only={each}" for each in what.only),
        f"--kmc-repeat={repeat}",
    ]


def quietly(arguments: Sequence[str], plugin: object) -> tuple[int, str]:
    """Run pytest within this process and return its exit code and its words."""
    words = io.StringIO()
    with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
        status = pytest.main(list(arguments), plugins=[plugin])
    return int(status), words.getvalue().strip()


def waits(target: str) -> bool:
    """Whether `target` is described, by a file that names no clock to move."""
    if not Path(target).exists():
        return False
    from kmc_harness.targets import description

    _, described = description.read(Path(target))
    return described.clock is None or described.clock.kind == "wait"


def check_target(target: str, policy: str, seed: str, patience: str = PATIENCE) -> None:
    """See that there is such a target.

    Raises:
        Misuse: there is none, or it takes no such settings.

    """
    if policy not in POLICIES:
        raise Misuse(f"unknown policy {policy!r}; choose {' or '.join(POLICIES)}")
    if not seed.isdecimal():
        raise Misuse(f"--seed takes a whole number of 0 or more, not {seed!r}")
    try:
        durations.seconds(patience)
    except ValueError as error:
        raise Misuse(f"--patience: {error}") from error
    targets.load(target, {"policy": policy, "seed": seed, "patience": patience}).close()


def _check(settings: Settings) -> None:
    if settings.pytest_arguments and not (word := settings.pytest_arguments[0]).startswith("-"):
        raise Misuse(f"kmc run takes no {word!r} by itself; --target {word} judges that target")
    if settings.repeat < 1:
        raise Misuse(f"--repeat takes 1 or more, not {settings.repeat}")
    if settings.processes < 1:
        raise Misuse(f"-n takes 1 or more, not {settings.processes}")
    if settings.processes > 1 and not importlib.util.find_spec("xdist"):
        raise Misuse("-n needs pytest-xdist, which is not installed: pip install pytest-xdist")
    catalogue.select(settings.profile, settings.only)
    if settings.waivers:
        waivers.read(settings.waivers)
    check_target(settings.target, settings.policy, settings.seed, settings.patience)
    _check_folder(settings.report)


def _check_folder(folder: Path) -> None:
    """See that reports can be written there, and that nothing stands there that is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json.new").touch()
        (folder / "report.json.new").unlink()
    except OSError as error:
        raise Misuse(
            f"the report folder {str(folder)!r} cannot be written: {error.strerror}; choose one with --report"
        ) from error
    as_it_is = "it is left as it is: move it away, or choose a folder with --report"
    if (folder / report.REPORT).exists():
        try:
            report.read(folder)
        except Misuse as error:
            raise Misuse(f"{error}; {as_it_is}") from error
    elif others := [name for name in report.RENDERED if (folder / name).is_file()]:
        raise Misuse(f"{str(folder / others[0])!r} stands there without a {report.REPORT}; {as_it_is}")
