"""One run of the suite: pytest in this process, with a progress bar and a table in place of its own output."""

import contextlib
import datetime
import importlib.metadata
import importlib.util
import io
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness import durations, report, targets, terminal
from kmc_harness.hosting import supervision
from kmc_harness.report import results
from kmc_harness.report.choices import Choice
from kmc_harness.running import choosing, in_contexts, unworked, waivers
from kmc_harness.running.journal import Finished, Journal
from kmc_harness.specification import bindings, catalogue
from kmc_harness.verdicts import Misuse, NotJudged, Verdict, unknown

__all__ = [
    "PYTEST",
    "Interrupted",
    "arguments",
    "conclude",
    "load",
    "quietly",
    "report_of",
    "resume",
    "run",
]

POLICIES = ("article", "kaltura-server")
DIED = "none: the scenario was collected and never reported; its process may have died"
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
"""The pytest arguments of the suite, the same for every target."""


class Interrupted(Exception):
    """The run was stopped; the message says how to go on."""


class _Collector:
    """Learns which scenarios there are and how they end, and moves the progress bar.

    The results are in the journal too, unless that cannot be written any more.
    """

    def __init__(self, progress: terminal.Progress) -> None:
        self.expected: set[str] = set()
        self.seen: dict[str, results.ScenarioResult] = {}
        self.broken: list[str] = []
        self.was_stopped = False
        self.cut_short = ""
        self._progress = progress

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # Errors in the collection do not count, although pytest calls them an interruption too.
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
            self.seen[result["id"]] = msgspec.convert(result, results.ScenarioResult)
        elif report.when == "teardown" and report.failed:
            self.broken.append(str(report.longrepr).strip().rpartition("\n")[2])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.cut_short = str(session.shouldfail or session.shouldstop or "")


def named(target: str) -> str:
    """Return `target`; for the current folder, return a path with its name, for reports."""
    return str(Path(os.pardir, Path.cwd().name)) if target.rstrip(os.sep) == os.curdir else target


def run(
    what: results.Run, folder: Path, *, declared: Path | None = None, processes: int = 1, client: Any = None
) -> results.Report:
    """Run the suite, write the report, and return it.

    Args:
        what: the settings of the run; its versions are filled in.
        folder: the folder of the report.
        declared: the file of waivers.
        processes: the number of processes.
        client: a Dask client whose workers tell the scenarios in contexts.

    Raises:
        Misuse: a setting is not valid; nothing was run.
        Interrupted: the run was stopped; the finished scenarios are kept.

    """
    loaded = _checked(what, folder, declared, processes)
    policy = what.policy if what.target == "model" else ""
    least = max(what.min_judged, 0 if what.is_partial else loaded.expected_judged(what.profile))
    what = msgspec.structs.replace(
        what,
        policy=policy,
        versions=_versions(),
        adapter=loaded.runs_in,
        min_judged=least,
        called=loaded.called,
    )
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    journal = Journal.start(folder, what, now, str(declared.resolve()) if declared else "")
    if journal.set_aside:
        print(f"kmc: a run here was not finished; what it had is kept in {journal.set_aside}", file=sys.stderr)
    return _finish(journal, folder, processes, loaded, client)


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
    return _finish(journal, folder, processes, _checked(what, folder, declared, processes))


def _finish(
    journal: Journal, folder: Path, processes: int, loaded: targets.Loaded, client: Any = None
) -> results.Report:
    what = journal.begun.run
    supervision.resumable(str(folder))
    if processes > 1:
        loaded.close()  # each process has one of its own
    collected: list[_Collector] = []
    here = Path.cwd()
    with terminal.Progress() as progress:
        for repeat in range(1, what.repeat + 1):
            collected.append(collector := _Collector(progress))
            status, words = quietly(
                [
                    *arguments(what, repeat),
                    f"--kmc-journal={journal.attempt.absolute()}",
                    *(("-n", str(processes)) if processes > 1 else ()),
                    *what.pytest_arguments,
                ],
                collector,
                loaded,
            )
            if collector.was_stopped:
                break
    loaded.close()
    os.chdir(here)  # an adapter may have gone elsewhere
    finished = _finished(journal, collected)
    if not collector.was_stopped and not any(finished.repeats):
        journal.remove()
        raise Misuse(f"pytest ran no scenario (it ended with {status}):\n{words}")
    departures = None if collector.was_stopped else _go_on_in_contexts(journal, finished, processes, client)
    choices = None if departures is None else _choices(what, finished)
    if departures is None or choices is None:
        journal.release()
        count = sum(map(len, finished.repeats))
        raise Interrupted(f"stopped; {count} finished scenarios are kept: kmc run --resume {folder} finishes the rest")
    for of_repeat, each in zip(finished.repeats, collected, strict=True):
        missing = each.expected - {result.id for result in of_repeat}
        ended = (results.RUN, f"not run: {each.cut_short}") if each.cut_short else ("a result", DIED)
        of_repeat += [_lost(name, *ended) for name in sorted(missing)]
        for words in dict.fromkeys(each.broken):
            print(f"kmc: something broke at its end, after its verdict: {words}", file=sys.stderr)
    made = report_of(journal, finished, datetime.datetime.now(datetime.UTC).date(), departures, choices)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = report.write(made, folder)
        report.render(made, folder)
    except OSError as error:
        journal.release()
        path = str(error.filename2 or error.filename or folder)
        kept = f"what is finished is kept: kmc run --resume {folder} writes the report once it can"
        raise Misuse(f"{path!r} cannot be written: {error.strerror or error}; {kept}") from error
    journal.remove()
    supervision.resumable("")
    return made


def _choices(what: results.Run, finished: Finished) -> tuple[Choice, ...] | None:
    """Measure what the target chose, where that was asked for and it was judged at all; None where it was stopped."""
    was_judged = any(each.expected != results.READY for repeat in finished.repeats for each in repeat)
    try:
        return choosing.measured(what) if what.choices and was_judged else ()
    except KeyboardInterrupt:
        return None


def _finished(journal: Journal, collected: Sequence[_Collector]) -> Finished:
    """Return what is finished: what the journal holds, and what only this process knows, where it cannot be written."""
    try:
        finished = journal.finished()
        whole = journal.is_there
    except Misuse:
        finished, whole = Finished([[] for _ in range(journal.begun.run.repeat)], {}), False
    for of_repeat, collector in zip(finished.repeats, collected, strict=False):
        kept = {each.id for each in of_repeat}
        unwritten = [each for name, each in collector.seen.items() if name not in kept]
        whole = whole and not unwritten
        of_repeat.extend(unwritten)
    if not whole:
        gone = "it was removed or closed meanwhile; the report has what this process saw of the run"
        print(f"kmc: {journal.folder} does not hold this run any more: {gone}", file=sys.stderr)
    return finished


def _go_on_in_contexts(
    journal: Journal, finished: Finished, processes: int, client: Any
) -> tuple[results.ScenarioResult, ...] | None:
    """Tell in contexts what passed, where that was asked for, and return what departed; None where it was stopped."""
    what, plain = journal.begun.run, finished.repeats[0]
    if what.contexts == in_contexts.OFF:
        return ()
    try:
        return in_contexts.tell_in_contexts(what, journal, plain, processes, client)
    except KeyboardInterrupt:
        return None
    except (Misuse, NotJudged) as error:
        journal.release()
        kept = f"what is finished is kept: kmc run --resume {journal.folder.parent} goes on with what is left"
        raise Misuse(f"the scenarios could not be told in contexts: {error}; {kept}") from error


def report_of(
    journal: Journal,
    finished: Finished,
    today: datetime.date,
    departures: Sequence[results.ScenarioResult] = (),
    choices: tuple[Choice, ...] = (),
) -> results.Report:
    """Build the report from the journal, the departures in contexts and the choices; waivers are valid `today`."""
    begun = journal.begun
    chosen = catalogue.select(begun.run.profile, begun.run.only)
    declared = waivers.read(Path(begun.waivers)) if begun.waivers else ()
    ran = {each.requirement for repeat in finished.repeats for each in repeat}
    tried = ran if begun.run.pytest_arguments else chosen
    repeats = [[*repeat, *departures, *_besides(repeat, chosen)] for repeat in finished.repeats]
    if not begun.run.is_partial:
        repeats = unworked.doubted(repeats)
    judged, became = waivers.apply(declared, repeats, tried, today)
    known = catalogue.load()
    timing = results.Timing(begun.started_at, finished.seconds)
    told = in_contexts.summed_up(begun.run, finished.repeats[0], journal.chunks())
    return results.build(begun.run, [known[each] for each in chosen], judged, became, timing, told, choices)


def _besides(repeat: Sequence[results.ScenarioResult], chosen: Sequence[str]) -> Iterator[results.ScenarioResult]:
    """Yield what departed in scenarios of other requirements, each that shows alike once: in the shortest scenario."""
    alike: dict[tuple[str, str], list[results.ScenarioResult]] = {}
    for each in (result.of_besides for result in repeat):
        if each and each.requirement in chosen:
            alike.setdefault((each.requirement, each.actual), []).append(each)
    for found in alike.values():
        shortest = min(found, key=lambda each: (len(each.steps), each.id))
        yield msgspec.structs.replace(shortest, also=len(found) - 1)


def _versions() -> dict[str, str]:
    """Return the versions that a verdict may depend on; that of `features` is a digest of the files."""
    judges = {name: importlib.metadata.version(name) for name in JUDGES}
    own = {
        "kmc-harness": importlib.metadata.version("kmc-harness"),
        "features": bindings.features_digest(),
        "python": platform.python_version(),
    }
    return own | judges


def _lost(name: str, expected: str, actual: str) -> results.ScenarioResult:
    """Return the result of a scenario that has none: its process died, or pytest stopped."""
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
        expected=expected,
        actual=actual,
    )


def conclude(folder: Path, how: str) -> None:
    """Write the report of a run whose process has ended before it was done: what is finished, the rest an `error`.

    `how` says in which way it has ended.

    Raises:
        Misuse: nothing was begun.

    """
    journal = Journal.resume(folder)
    what, finished = journal.begun.run, journal.finished()
    chosen = set(catalogue.select(what.profile, what.only))
    expected = {each.id for each in bindings.all_told() if each.requirement in chosen}
    for of_repeat in finished.repeats:
        missing = expected - {each.id for each in of_repeat}
        of_repeat += [_lost(name, results.RUN, f"not run: {how}") for name in sorted(missing)]
    made = report_of(journal, finished, datetime.datetime.now(datetime.UTC).date())
    told = made.in_contexts
    if sum(told.ends.values()) < told.planned:
        made = msgspec.structs.replace(made, in_contexts=msgspec.structs.replace(told, broken=told.broken or how))
    report.write(made, folder)
    journal.remove()


def arguments(what: results.Run, repeat: int) -> list[str]:
    """Return how pytest is called for one repeat of `what`; where more is said to it, scenarios are pytest-bdd's."""
    is_plain = not (what.pytest_arguments or os.environ.get("PYTEST_ADDOPTS") or os.environ.get("PYTEST_PLUGINS"))
    return [
        *PYTEST,
        *(f"--kmc-{name}={getattr(what, name)}" for name in ("target", "profile", "seed", "patience")),
        f"--kmc-policy={what.policy or POLICIES[0]}",
        # Also where there is none, so that no variable of the environment chooses.
        f"--kmc-only={','.join(what.only)}",
        f"--kmc-repeat={repeat}",
        *(("--kmc-directly",) if is_plain else ()),
    ]


def quietly(arguments: Sequence[str], *plugins: object) -> tuple[int, str]:
    """Run pytest within this process and return its exit code and its words."""
    words = io.StringIO()
    with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
        status = pytest.main(list(arguments), plugins=list(plugins))
    return int(status), words.getvalue().strip()


def load(what: results.Run) -> targets.Loaded:
    """Return the target that is to be judged; an adapter's module runs now, and no second time in this process.

    Raises:
        Misuse: there is none, or it takes no such policy, seed or patience.

    """
    policy = what.policy or POLICIES[0]
    if policy not in POLICIES:
        raise unknown("policy", policy, POLICIES)
    if not what.seed.isdecimal():
        raise Misuse(f"--seed takes a whole number of 0 or more, not {what.seed!r}")
    try:
        durations.seconds(what.patience)
    except ValueError as error:
        raise Misuse(f"--patience: {error}") from error
    return targets.Loaded(targets.load(what.target, policy=policy, seed=what.seed, patience=what.patience))


def _checked(what: results.Run, folder: Path, declared: Path | None, processes: int) -> targets.Loaded:
    """Check all settings of the run, and return the target."""
    if what.pytest_arguments and not (word := what.pytest_arguments[0]).startswith("-"):
        raise Misuse(f"kmc run takes no {word!r} by itself; --target {word} judges that target")
    if what.repeat < 1:
        raise Misuse(f"--repeat takes 1 or more, not {what.repeat}")
    if processes < 1:
        raise Misuse(f"-n takes 1 or more, not {processes}")
    if processes > 1 and not importlib.util.find_spec("xdist"):
        raise Misuse("-n needs pytest-xdist, which is not installed: pip install pytest-xdist")
    catalogue.select(what.profile, what.only)
    in_contexts.check(what)
    if declared:
        waivers.read(declared)
    loaded = load(what)
    try:
        _check_folder(folder)
    except Misuse:
        loaded.close()
        raise
    if loaded.waits:
        waiting = "where time is to pass, it is really waited for: a whole run takes ten minutes or more"
        print(f"kmc: {what.target} names no clock that can be moved: {waiting}", file=sys.stderr)
    return loaded


def _check_folder(folder: Path) -> None:
    """Check that reports can be written to `folder`, and that it holds no foreign file under a report's name."""
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
