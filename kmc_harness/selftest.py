"""A mutation test of the suite: each fault must be caught under a requirement it breaks, and no benign change flagged.

The scenarios are told without pytest, and get the same verdicts as in any other run. Where they do not catch a fault,
those of its requirements are told in contexts. Only the model behind the port changes between runs, so that a few warm
processes are enough for all faults.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import ClassVar

from kmc_harness import targets
from kmc_harness.port import Target
from kmc_harness.specification import bindings, contexts
from kmc_harness.specification.bindings import Told
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.contexts import End as Ended
from kmc_harness.telling.contexts import Plan, Teller, plan
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tag_of, tell
from kmc_harness.verdicts import NotJudged, Verdict
from kmc_model.analysis.configurations import TOPICS, Rules
from kmc_model.analysis.faults import Fault, Kind, all_faults, by_name, together
from kmc_model.analysis.faults.derived import EQUIVALENT
from kmc_model.analysis.statespace import differences

__all__ = ["CLEAN", "Caught", "End", "Faulty", "Reach", "Selftest", "changes_nothing", "selftest"]

CLEAN = Fault("clean", "The reference itself.", (), Kind.BENIGN)
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


class Reach(StrEnum):
    """By what a fault was caught first."""

    PLAIN = "plain"
    SWEEP = "sweep"
    ALL = "all"


@dataclass(frozen=True)
class Caught:
    """One fault, and the scenarios that noticed it, by requirement.

    Attributes:
        fault: the fault, or a benign change.
        noticed: ids of scenarios by requirement.
        probe: what a probe says of it, where a run would refuse to judge such a target at all.
        reach: whether the scenarios as they stand caught it, or what part of the contexts.
        context: the first context that caught it; empty where none was needed.

    """

    fault: Fault
    noticed: dict[str, tuple[str, ...]]
    probe: str = ""
    reach: Reach = Reach.PLAIN
    context: str = ""

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
    in_contexts: bool = False,
) -> Selftest:
    """Run the suite on the clean model and on `faults`.

    Args:
        faults: faults of `all_faults()`; with all of them, idle scenarios are searched for too.
        thorough: run every scenario on every fault, and every benign change alone. Otherwise the scenarios of a
            fault's own requirements run first, and independent benign changes run together.
        processes: the number of worker processes.
        on_progress: called with the number of finished runs and the number of all runs.
        target: a target with `Faulty.fault` after each reset: the model itself, or a served one.
        in_contexts: whether benign changes are told in contexts too: in each tenth pair of a sweep.

    Raises:
        RuntimeError: a worker process failed.

    """
    known = {each.name: each for each in (CLEAN, *faults)}
    # Not forked: a process that started as a copy of this one would share what a target has changed in it.
    spawn = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(processes, spawn, _begin, (target,)) as pool:
            return _Selftest(pool, known, on_progress, _How(thorough, in_contexts)).run()
    except BrokenProcessPool as error:
        raise RuntimeError("a process of the self-test died in the middle of it") from error


@dataclass(frozen=True)
class _How:
    """How much is told: see `selftest`."""

    thorough: bool
    in_contexts: bool


class _Selftest:
    """A self-test as it goes on."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        known: dict[str, Fault],
        on_progress: Callable[[int, int], None],
        how: "_How",
    ) -> None:
        self._pool = pool
        self._known = known
        self._on_progress = on_progress
        self._how = how
        self._caught: list[Caught] = []
        self._equivalent: list[str] = []
        self._ran = 0

    def run(self) -> Selftest:
        scenarios = self._pool.submit(_scenarios).result()
        clean, *faults = self._known.values()
        # The longest tasks go first: every scenario runs on a benign change.
        benign = [each for each in faults if not each.requirements]
        groups = [[clean], *([[each] for each in benign] if self._how.thorough else _apart(benign))]
        self._try([*groups, *([each] for each in faults if each.requirements)])
        idle = self._idle(scenarios) if len(faults) == len(all_faults()) else None
        caught = [each for each in self._caught if each.fault.name not in self._equivalent]
        order = list(self._known)
        caught.sort(key=lambda each: order.index(each.fault.name))
        return Selftest(tuple(caught), len(scenarios), idle, tuple(self._equivalent), self._ran)

    def _try(self, groups: Sequence[Sequence[Fault]]) -> None:
        """Have the scenarios told of each group of faults; of a benign group that is flagged, of each one alone."""
        names = [tuple(each.name for each in group) for group in groups]
        again: list[list[Fault]] = []
        for tried in as_completed([self._pool.submit(_of_faults, each, self._how) for each in names]):
            found = tried.result()
            self._ran += found.ran
            if len(found.names) > 1 and (found.noticed or found.probe):
                again += [[self._known[name]] for name in found.names]
                continue
            self._equivalent += found.names if found.is_equivalent else ()
            self._caught += [
                Caught(self._known[name], found.noticed, found.probe, found.reach, found.context)
                for name in found.names
            ]
            self._on_progress(len(self._caught), len(self._known))
        if again:
            self._try(again)

    def _idle(self, scenarios: Sequence[str]) -> tuple[str, ...]:
        """Return the scenarios that no fault fails."""
        failed = {name for each in self._caught for names in each.noticed.values() for name in names}
        unfailed = [name for name in scenarios if name not in failed]
        total = len(self._known) + len(unfailed)
        idle = []
        for done, (name, is_idle) in enumerate(self._pool.map(_is_idle, unfailed), len(self._known) + 1):
            idle += [name] if is_idle else []
            self._on_progress(done, total)
        return tuple(sorted(idle))


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


# In a process


@dataclass(frozen=True)
class _Tried:
    """What became of some faults at once; `is_equivalent`: they are known to change nothing, and that was seen."""

    names: tuple[str, ...]
    noticed: dict[str, tuple[str, ...]]
    ran: int
    probe: str
    reach: Reach = Reach.PLAIN
    context: str = ""
    is_equivalent: bool = False


class _Here:
    """What a process tells, and before what."""

    target: ClassVar[Target]
    told: ClassVar[tuple[Told, ...]]


@cache
def _pairs() -> Plan:
    return plan(_Here.told, contexts.load())


def _begin(target: str) -> None:
    """Be one of the processes. The target is probed once, while it is clean: each fault is to meet the scenarios."""
    _Here.target = targets.load(target)
    probe(_Here.target, "probe")
    # A scenario with an offer that the model lacks cannot notice a fault of the model.
    _Here.told = tuple(each for each in bindings.all_told() if each.needs <= Faulty.offers)


def _scenarios() -> list[str]:
    return [each.id for each in _Here.told]


def _of_faults(names: tuple[str, ...], how: _How) -> _Tried:
    """Tell scenarios of some faults at once until some catch them, or all. In contexts where none does."""
    Faulty.fault = together([CLEAN if name == CLEAN.name else by_name(name) for name in names])
    requirements = Faulty.fault.requirements
    noticed: dict[str, tuple[str, ...]] = {}
    ran = 0
    for told in _own_first(requirements):
        for each in told:
            ran += 1
            if _notices(each):
                noticed[each.requirement] = (*noticed.get(each.requirement, ()), each.id)
        if noticed and not how.thorough:
            break
    tried = _Tried(names, noticed, ran, _probed())
    if not requirements:
        return _flagged_in_contexts(tried) if how.in_contexts and not noticed else tried
    if noticed.keys() & set(requirements):
        return tried
    if not noticed and Faulty.fault.name in EQUIVALENT and changes_nothing(Faulty.fault):
        return replace(tried, is_equivalent=True)  # no context shows it either
    return _in_contexts(tried, frozenset(requirements))


def _flagged_in_contexts(tried: _Tried) -> _Tried:
    """Tell benign changes in each tenth pair of a sweep, until one departs."""
    pairs, teller = _pairs(), Teller(_Here.target)
    for at in range(0, pairs.sweep, 10):
        if teller.judge(pair := pairs[at])[0] is Ended.DEPARTED:
            noticed: dict[str, tuple[str, ...]] = {pair.requirement: (pair.id,)}
            return replace(tried, noticed=noticed, ran=tried.ran + at // 10 + 1, context=pair.context)
    return replace(tried, ran=tried.ran + pairs.sweep // 10)


def _own_first(requirements: Sequence[str]) -> Iterator[list[Told]]:
    yield [each for each in _Here.told if each.requirement in requirements]
    yield [each for each in _Here.told if each.requirement not in requirements]


def _in_contexts(tried: _Tried, requirements: frozenset[str]) -> _Tried:
    """Tell the scenarios of `requirements` in contexts until one departs; the sweep comes first."""
    pairs, ran = _pairs(), tried.ran
    teller = Teller(_Here.target)
    own = {at for at, each in enumerate(_Here.told) if each.requirement in requirements}
    for at, (scenario, _, _) in enumerate(pairs.order):
        if scenario not in own:
            continue
        ran += 1
        if teller.judge(pair := pairs[at])[0] is Ended.DEPARTED:
            noticed = tried.noticed | {pair.requirement: (pair.id,)}
            reach = Reach.SWEEP if at < pairs.sweep else Reach.ALL
            return replace(tried, noticed=noticed, ran=ran, reach=reach, context=pair.context)
    return replace(tried, ran=ran)


def _is_idle(name: str) -> tuple[str, bool]:
    (told,) = (each for each in _Here.told if each.id == name)
    for fault in all_faults():
        Faulty.fault = fault
        if fault.requirements and _notices(told):
            return name, False
    return name, True


def _notices(told: Told) -> bool:
    return tell(told, _Here.target, tag_of("0", told.id), with_evidence=False).verdict in _NOTICED


def _probed() -> str:
    """Return what the probes object to in the fault of the moment."""
    try:
        probe(Faulty(), "probe")
    except NotJudged as error:
        return str(error)
    return ""
