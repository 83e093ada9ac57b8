"""The second half of a run: the scenarios that passed, told in contexts.

Pairs are told in chunks, here or in processes of their own, each with a target of its own; what a chunk showed is in
the journal before it counts, so that a run that was stopped goes on with the next one.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from kmc_harness import durations, targets, terminal
from kmc_harness.durations import stopwatch
from kmc_harness.report.results import InContexts, Run, ScenarioResult
from kmc_harness.running.journal import Chunk, Journal
from kmc_harness.running.probes import probe
from kmc_harness.specification import bindings, contexts
from kmc_harness.telling.contexts import End, Plan, Teller, plan
from kmc_harness.verdicts import Misuse, Verdict

__all__ = ["OFF", "SWEEP", "check", "departures_of", "summed_up", "tell_in_contexts", "usual"]

OFF, SWEEP, ALL = "off", "sweep", "all"
CHUNK = 50
"""How many pairs are told between two lines of the journal."""
TOO_OFTEN = 3
"""Departures of one requirement after which its other pairs are left out: it is known to fail in contexts."""


def usual(target: str, repeats: int, pytest_arguments: Sequence[str]) -> str:
    """Return which contexts are told where nobody says: a sweep before a target in this process, elsewhere none."""
    is_here = target == "model" or target.startswith("python:")
    return SWEEP if is_here and repeats == 1 and not pytest_arguments else OFF


def check(what: Run) -> None:
    """See that the settings of the contexts make sense.

    Raises:
        Misuse: one of them does not; the message says what it takes.

    """
    _limits(what.contexts)
    _share(what.shard)
    _chosen(what)
    if what.contexts != OFF and what.repeat > 1:
        raise Misuse("--contexts tells each pair once; drop it, or --repeat")
    if what.contexts != OFF and what.pytest_arguments:
        raise Misuse(f"--contexts runs without pytest; drop it, or {' '.join(what.pytest_arguments)}")


def _limits(asked: str) -> tuple[float, float]:
    """Return how many pairs are told at most, and for how many seconds."""
    if asked in (OFF, SWEEP, ALL):
        return float("inf"), float("inf")
    if asked.isdecimal():
        return float(asked), float("inf")
    try:
        return float("inf"), durations.seconds(asked)
    except ValueError:
        raise Misuse(f"--contexts takes off, sweep, all, a number of pairs or a time as 10m, not {asked!r}") from None


def _share(shard: str) -> tuple[int, int]:
    """Return which share of all pairs is told here, from 0, and of how many."""
    if not shard:
        return 0, 1
    share, _, of = shard.partition("/")
    if not (share.isdecimal() and of.isdecimal() and 1 <= int(share) <= int(of)):
        raise Misuse(f"--shard takes K/N with K from 1 to N, as 2/4, not {shard!r}")
    return int(share) - 1, int(of)


def _chosen(what: Run) -> tuple[contexts.Context, ...]:
    known = {each.name: each for each in contexts.load()}
    for each in what.context:
        if each not in known:
            raise Misuse(f"unknown context {each!r}; `kmc contexts` lists all {len(known)}")
    return tuple(known[each] for each in what.context) or tuple(known.values())


def plan_of(what: Run, passed: frozenset[str]) -> Plan:
    """Return the pairs of the scenarios that `passed` (ids), cut to this run's share."""
    told = [each for each in bindings.all_told() if each.id in passed]
    whole = plan(told, _chosen(what), what.seed)
    share, of = _share(what.shard)
    most, _ = _limits(what.contexts)
    until = whole.sweep if what.contexts == SWEEP else len(whole)
    order = whole.order[: int(min(most, until))][share::of]
    return Plan(whole.scenarios, whole.contexts, order, whole.sweep)


def tell_in_contexts(what: Run, journal: Journal, plain: Sequence[ScenarioResult], processes: int) -> None:
    """Tell in contexts what passed plainly, and keep what is shown in the journal.

    Args:
        what: the settings of the run.
        journal: of the run; chunks that stand in it are not told again.
        plain: the results of the scenarios as they stand.
        processes: how many tell.

    """
    passed = _passed(plain)
    pairs = plan_of(what, passed)
    done = {each.number for each in journal.chunks()}
    left = [number for number in range(-(-len(pairs) // CHUNK)) if number not in done]
    _, most_s = _limits(what.contexts)
    until = stopwatch() + most_s
    with terminal.Progress("pairs") as progress:
        progress.expect(len(pairs) - len(done) * CHUNK)
        for chunk in _chunks(what, passed, left, processes):
            journal.append_chunk(chunk)
            worst = max((each.verdict for each in chunk.departures), key=lambda each: each.rank, default=Verdict.PASS)
            requirement = chunk.departures[0].requirement if chunk.departures else ""
            progress.advance(worst, requirement, sum(chunk.ends.values()))
            if stopwatch() > until:
                break


def _passed(plain: Sequence[ScenarioResult]) -> frozenset[str]:
    """Return the scenarios that may be told in contexts: those that passed, of requirements that nothing failed."""
    failed = {each.requirement for each in plain if each.verdict in (Verdict.FAIL, Verdict.WARNING, Verdict.ERROR)}
    return frozenset(each.id for each in plain if each.verdict is Verdict.PASS and each.requirement not in failed)


def _chunks(what: Run, passed: frozenset[str], numbers: Sequence[int], processes: int) -> Iterator[Chunk]:
    if processes == 1:
        with _working(what, passed) as tell:
            yield from map(tell, numbers)
        return
    # Not forked: an adapter may hold threads and connections.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, _begin, (what, passed)) as pool:
        waiting = [pool.submit(_go_on, number) for number in numbers]
        try:
            for each in as_completed(waiting):
                yield each.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _working(what: Run, passed: frozenset[str]) -> Iterator[Any]:
    target = targets.load(what.target, policy=what.policy or "article", seed=what.seed, patience=what.patience)
    try:
        probe(target, "contexts")
        yield partial(_chunk, Teller(target, what.seed), plan_of(what, passed), Counter[str]())
    finally:
        target.close()


_IN_PROCESS: dict[str, Any] = {}


def _begin(what: Run, passed: frozenset[str]) -> None:
    """Be one of the processes; the target goes with the process."""
    os.environ.setdefault("PYTEST_XDIST_WORKER", "contexts")
    working = _working(what, passed)
    _IN_PROCESS.update(tell=working.__enter__(), working=working)


def _go_on(number: int) -> Chunk:
    chunk: Chunk = _IN_PROCESS["tell"](number)
    return chunk


def _chunk(teller: Teller, pairs: Plan, departed: Counter[str], number: int) -> Chunk:
    """Tell the pairs of one chunk; `departed` counts the departures by requirement."""
    ends: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    departures: list[ScenarioResult] = []
    began = stopwatch()
    for at in range(number * CHUNK, min((number + 1) * CHUNK, len(pairs))):
        pair = pairs[at]
        if departed[pair.requirement] >= TOO_OFTEN:
            ends["left out"] += 1
            continue
        end, result = teller.judge(pair)
        ends[end.value] += 1
        if end is not End.NO_TEST:
            tests[pair.context] += 1
        if result:
            departed[pair.requirement] += 1
            departures.append(result)
    return Chunk(number, stopwatch() - began, dict(ends), dict(tests), tuple(departures))


def departures_of(chunks: Sequence[Chunk]) -> list[ScenarioResult]:
    """Return the departures in contexts, each that shows alike once: by the shortest of its scenarios."""
    alike: dict[tuple[str, ...], list[ScenarioResult]] = {}
    for each in (departure for chunk in chunks for departure in chunk.departures):
        alike.setdefault((each.requirement, each.expected, each.actual), []).append(each)
    return [_shortest(each) for each in alike.values()]


def _shortest(alike: Sequence[ScenarioResult]) -> ScenarioResult:
    shortest = min(alike, key=lambda each: (len(each.meanwhile), sum(map(len, each.meanwhile)), each.id))
    return msgspec.structs.replace(shortest, also=len(alike) - 1)


def summed_up(what: Run, plain: Sequence[ScenarioResult], chunks: Sequence[Chunk]) -> InContexts:
    """Return how much was told in contexts, and how it ended."""
    ends: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for each in chunks:
        ends.update(each.ends)
        tests.update(each.tests)
    return InContexts(
        what.contexts, len(plan_of(what, _passed(plain))), dict(sorted(ends.items())), dict(sorted(tests.items()))
    )
