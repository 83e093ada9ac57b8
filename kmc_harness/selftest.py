"""A mutation test of the suite: each fault must be caught under a requirement it breaks, and no benign change flagged.

The scenarios run in pytest and get the same verdicts as in any other run. Only the model behind the port changes
between runs, so that a few warm processes are enough for all faults.
"""

import multiprocessing
import queue
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, ClassVar

import pytest

from kmc_harness.running import runner
from kmc_harness.running.probes import probe
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import NotJudged, Verdict
from kmc_model.analysis.configurations import TOPICS, Rules
from kmc_model.analysis.faults import Fault, Kind, all_faults, together
from kmc_model.analysis.faults.derived import EQUIVALENT
from kmc_model.analysis.statespace import differences

__all__ = ["CLEAN", "Caught", "End", "Faulty", "Selftest", "changes_nothing", "selftest"]

CLEAN = Fault("clean", "The reference itself.", (), Kind.BENIGN)
ALIVE_S = 5
"""Seconds between two checks that the worker processes are still alive."""
_NOTICED = (Verdict.FAIL, Verdict.WARNING)
"""The verdicts that count as a catch; `error` and `inconclusive` say nothing of the fault."""


class End(StrEnum):
    """What became of a fault, or of a benign change; the last three are defects of suite or catalogue."""

    CAUGHT = "caught"
    UNFLAGGED = "not flagged"
    ELSEWHERE = "caught elsewhere"
    MISSED = "missed"
    ALARM = "false alarm"

    @property
    def holds(self) -> bool:
        """Whether it is as it should be."""
        return self in (End.CAUGHT, End.UNFLAGGED)


@dataclass(frozen=True)
class Caught:
    """One fault, and the scenarios that noticed it, by requirement.

    Attributes:
        fault: the fault, or a benign change.
        noticed: ids of scenarios by requirement.
        probe: what a probe says of it, where a run would refuse to judge such a target at all.

    """

    fault: Fault
    noticed: dict[str, tuple[str, ...]]
    probe: str = ""

    @property
    def end(self) -> End:
        """What became of it."""
        if not self.fault.requirements:
            return End.ALARM if self.noticed or self.probe else End.UNFLAGGED
        if set(self.noticed) & set(self.fault.requirements):
            return End.CAUGHT
        return End.ELSEWHERE if self.noticed else End.MISSED


@dataclass(frozen=True)
class Selftest:
    """The results of all faults, in their order.

    `idle` are the scenarios that no fault makes fail; None unless all faults were tried. `equivalent` are surviving
    faults, known to change nothing, without a difference in any state of any topic. They are left out of `caught`.
    `ran` is the number of scenario runs for these results.
    """

    caught: tuple[Caught, ...]
    scenarios: int
    idle: tuple[str, ...] | None
    equivalent: tuple[str, ...] = ()
    ran: int = 0

    @property
    def holds(self) -> bool:
        """Whether all is as it should be."""
        return not self.idle and all(each.end.holds for each in self.caught)


class Faulty(ModelTarget):
    """The model with the current fault, which takes effect at each reset."""

    fault: ClassVar[Fault] = CLEAN

    def reset(self) -> None:
        """Forget everything, and apply the current fault."""
        self.variant = self.fault.variant
        super().reset()


def selftest(
    faults: Sequence[Fault],
    *,
    thorough: bool = False,
    processes: int = 1,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    target: str = f"python:{__name__}:Faulty",
) -> Selftest:
    """Run the suite on the clean model and on `faults`.

    Args:
        faults: faults of `all_faults()`; with all of them, idle scenarios are searched for too.
        thorough: run every scenario on every fault, and every benign change alone. Otherwise the scenarios of a
            fault's own requirements run first, and independent benign changes run together.
        processes: the number of worker processes.
        on_progress: called with the number of finished runs and the number of all runs.
        target: a target with `Faulty.fault` after each reset: the model itself, or a served one.

    Raises:
        RuntimeError: a worker process failed.

    """
    known = {each.name: each for each in (CLEAN, *all_faults())}
    with _Crew(processes, target) as crew:
        # The longest tasks go first: every scenario runs on a benign change.
        benign = [each for each in faults if not each.requirements]
        plan = [[CLEAN], *([[each] for each in benign] if thorough else _apart(benign))]
        plan += [[each] for each in faults if each.requirements]
        caught: list[Caught] = []
        ran, total = 0, len(faults) + 1
        while plan:
            tasks: list[_Task] = [_OfFaults(tuple(each.name for each in group), thorough) for group in plan]
            plan = []
            for names, noticed, count, probe in crew.perform(tasks):
                ran += count
                if len(names) > 1 and (noticed or probe):
                    # A run of each one alone shows the cause.
                    plan += [[known[name]] for name in names]
                else:
                    caught += [Caught(known[name], noticed, probe) for name in names]
                    on_progress(len(caught), total)
        idle: list[str] | None = None
        if len(faults) == len(all_faults()):
            failed = {name for each in caught for names in each.noticed.values() for name in names}
            unfailed: list[_Task] = [_OfScenario(name) for name in crew.scenarios if name not in failed]
            idle = []
            for done, (name, is_idle) in enumerate(crew.perform(unfailed), total + 1):
                idle += [name] if is_idle else []
                on_progress(done, total + len(unfailed))
        equivalent = tuple(
            each.fault.name
            for each in caught
            if each.end is End.MISSED and each.fault.name in EQUIVALENT and changes_nothing(each.fault)
        )
        caught = [each for each in caught if each.fault.name not in equivalent]
        order = list(known)
        caught.sort(key=lambda each: order.index(each.fault.name))
        none_fails = None if idle is None else tuple(sorted(idle))
        return Selftest(tuple(caught), len(crew.scenarios), none_fails, equivalent, ran)


def changes_nothing(fault: Fault) -> bool:
    """Whether reference and fault have the same outputs in every state of every topic, explored in parallel.

    Outputs contain results, shown QR codes and mailed links, but no texts, secrets or pictures.
    """
    return not any(next(differences(scope, Rules(), Rules.of(fault.variant)), None) for scope in TOPICS)


def _apart(faults: Sequence[Fault]) -> list[list[Fault]]:
    """Return `faults` in a few groups; the faults of a group change different parts, so that none hides another."""
    groups: list[list[Fault]] = []
    for fault in faults:
        free = [group for group in groups if all(fault.instead.keys().isdisjoint(each.instead) for each in group)]
        if free:
            free[0].append(fault)
        else:
            groups.append([fault])
    return groups


@dataclass(frozen=True)
class _OfFaults:
    """Run the scenarios on some faults at once until some catch them; `thorough`: run all."""

    names: tuple[str, ...]
    thorough: bool


@dataclass(frozen=True)
class _OfScenario:
    """Look for a fault that fails a scenario."""

    name: str


_Task = _OfFaults | _OfScenario


class _Crew:
    """A few processes that work off tasks."""

    def __init__(self, processes: int, target: str) -> None:
        # Not forked: a process that started as a copy of this one would share what pytest has changed in it.
        context = multiprocessing.get_context("spawn")
        self._tasks = context.SimpleQueue()
        self._answers = context.Queue()
        self._processes = [
            context.Process(target=_work, args=(self._tasks, self._answers, target), daemon=True)
            for _ in range(processes)
        ]
        self.scenarios: list[str] = []

    def __enter__(self) -> "_Crew":
        for each in self._processes:
            each.start()
        for _ in self._processes:
            self.scenarios = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._processes:
            if error is None:
                self._tasks.put(None)
            else:
                each.terminate()
        for each in self._processes:
            each.join()

    def perform(self, tasks: Sequence[_Task]) -> Iterator[tuple[Any, ...]]:
        """Have `tasks` done, and yield each result as it arrives; tasks name faults, which cannot be pickled."""
        for task in tasks:
            self._tasks.put(task)
        for _ in tasks:
            yield self._answer()

    def _answer(self) -> Any:
        while True:
            try:
                answer = self._answers.get(timeout=ALIVE_S)
                break
            except queue.Empty:
                if dead := [each.exitcode for each in self._processes if not each.is_alive()]:
                    raise RuntimeError(f"a process of the self-test ended with {dead[0]} in the middle of it") from None
        if isinstance(answer, _BrokeOff):
            raise RuntimeError(f"pytest broke off in a process of the self-test:\n{answer.words}")
        return answer


@dataclass(frozen=True)
class _BrokeOff:
    words: str


def _work(tasks: Any, answers: Any, target: str) -> None:
    """Be one of the processes."""
    loop = _Loop(tasks, answers)
    _, words = runner.quietly([*runner.PYTEST, f"--kmc-target={target}", "--kmc-profile=all"], loop)
    if not loop.ended:
        answers.put(_BrokeOff(words))


class _Loop:
    """Takes the place of pytest's loop over its items: they run as the tasks ask for."""

    def __init__(self, tasks: Any, answers: Any) -> None:
        self._tasks = tasks
        self._answers = answers
        self._items: list[pytest.Item] = []
        self._verdict = Verdict.ERROR
        self.ended = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # Nobody reads what it would say at the end, and thousands of runs make that long.
        session.config.pluginmanager.unregister(name="terminalreporter")
        # A scenario with an offer that the model lacks cannot notice a fault of the model.
        self._items = [each for each in session.items if _needed(each) <= Faulty.offers]
        # The target is probed once, while it is clean: each fault is to meet the scenarios.
        self._notices(self._items[0])
        self._answers.put([_name(each) for each in self._items])
        for task in iter(self._tasks.get, None):
            answer = self._run_faults(task) if isinstance(task, _OfFaults) else self._run_scenario(task.name)
            self._answers.put(answer)
        self.ended = True
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if result := getattr(report, "kmc_result", None):
            self._verdict = Verdict(result["verdict"])

    def _run_faults(self, task: _OfFaults) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]], int, str]:
        Faulty.fault = together([each for each in (CLEAN, *all_faults()) if each.name in task.names])
        noticed: dict[str, tuple[str, ...]] = {}
        ran = 0
        for items in self._own_first(Faulty.fault.requirements):
            for item in items:
                ran += 1
                if self._notices(item):
                    requirement = _requirement(item)
                    noticed[requirement] = (*noticed.get(requirement, ()), _name(item))
            if noticed and not task.thorough:
                break
        return task.names, noticed, ran, _probed()

    def _own_first(self, requirements: Sequence[str]) -> Iterator[list[pytest.Item]]:
        yield [each for each in self._items if _requirement(each) in requirements]
        yield [each for each in self._items if _requirement(each) not in requirements]

    def _run_scenario(self, name: str) -> tuple[str, bool]:
        (item,) = (each for each in self._items if _name(each) == name)
        for fault in all_faults():
            Faulty.fault = fault
            if fault.requirements and self._notices(item):
                return name, False
        return name, True

    def _notices(self, item: pytest.Item) -> bool:
        # With another item as the next one, pytest keeps the session's fixtures and tears down this item's.
        other = self._items[self._items[0] is item]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=other)
        return self._verdict in _NOTICED


def _probed() -> str:
    """Return what the probes object to in the fault of the moment."""
    try:
        probe(Faulty(), "probe")
    except NotJudged as error:
        return str(error)
    return ""


def _name(item: pytest.Item) -> str:
    return item.nodeid.rpartition("::")[2].removeprefix("test_")


def _needed(item: pytest.Item) -> set[str]:
    return {marker.args[0] for marker in item.iter_markers("needs")}


def _requirement(item: pytest.Item) -> str:
    marker = item.get_closest_marker("requirement")
    return str(marker.args[0]) if marker else ""
