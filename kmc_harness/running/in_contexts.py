"""The second half of a run: the scenarios that passed, told in contexts.

Pairs are told in chunks, here, in processes or on a cluster, each with a target of its own; what a chunk showed is in
the journal before it counts, so that a run that was stopped goes on with the next one. Of the pairs that depart alike
the shortest is minimised at the end, in this process.
"""

import atexit
import multiprocessing
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import msgspec

from kmc_harness import durations, targets, terminal
from kmc_harness.durations import stopwatch
from kmc_harness.port import Target
from kmc_harness.report.results import InContexts, Run, ScenarioResult
from kmc_harness.running.journal import Chunk, Departed, Journal
from kmc_harness.specification import bindings, contexts
from kmc_harness.telling.contexts import End, Plan, Teller, plan
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tag_of
from kmc_harness.verdicts import Misuse, Verdict, unknown

__all__ = ["MINIMISED", "OFF", "check", "summed_up", "tell_in_contexts", "telling", "usual"]

OFF, SWEEP, ALL = "off", "sweep", "all"
MINIMISED = "minimised"
"""The phase in which departures get their evidence."""
HERE = "1000"
"""Pairs of an adapter in this process, where nobody says: how long a sweep of it would take is not known."""
CHUNK = 50
"""How many pairs are told between two lines of the journal."""
WORTH_SAYING_S = 10
ONE_CLOCK = ("kaltura:", "browser:")
"""Targets that speak to a server which is running already."""
SHORTEST = 3
"""How many of the pairs that depart alike are tried at the end, until one departs again."""
TAG = re.compile(r"[-.][0-9a-f]{8}\b")
"""What makes the names of a scenario's people and accounts new."""


def usual(target: str, repeats: int, pytest_arguments: Sequence[str]) -> str:
    """Return which contexts are told where nobody says: a sweep of the model, some pairs of an adapter in Python."""
    if repeats > 1 or pytest_arguments:
        return OFF
    return SWEEP if target == "model" else HERE if target.startswith("python:") else OFF


def check(what: Run) -> None:
    """See that the settings of the contexts make sense.

    Raises:
        Misuse: one of them does not; the message says what it takes.

    """
    _limits(what.contexts)
    _share(what.shard)
    _chosen(what)
    if what.contexts == OFF:
        if what.shard:
            raise Misuse("--shard cuts the pairs of scenarios and contexts; say which by --contexts")
        return
    if what.repeat > 1:
        raise Misuse("--contexts tells each pair once; drop it, or --repeat")
    if what.pytest_arguments:
        raise Misuse(f"--contexts runs without pytest; drop it, or {' '.join(what.pytest_arguments)}")


def _limits(asked: str) -> tuple[float, float]:
    """Return how many pairs are told at most, and for how many seconds."""
    endless = float("inf")
    if asked in (OFF, SWEEP, ALL):
        return endless, endless
    if asked.isdecimal():
        return float(asked), endless
    try:
        return endless, durations.seconds(asked)
    except ValueError:
        raise Misuse(f"--contexts takes off, sweep, all, a number of pairs or a time as 10m, not {asked!r}") from None


def _share(shard: str) -> tuple[int, int]:
    """Return which share of all pairs is told here, from 0, and of how many."""
    share, _, of = (shard or "1/1").partition("/")
    if not (share.isdecimal() and of.isdecimal() and 1 <= int(share) <= int(of)):
        raise Misuse(f"--shard takes K/N with K from 1 to N, as 2/4, not {shard!r}")
    return int(share) - 1, int(of)


def _chosen(what: Run) -> tuple[contexts.Context, ...]:
    known = {each.name: each for each in contexts.load()}
    for each in what.context:
        if each not in known:
            raise unknown("context", each, known, f"`kmc contexts` lists all {len(known)}")
    return tuple(known[each] for each in what.context) or tuple(known.values())


def _plan_of(what: Run, passed: frozenset[str]) -> Plan:
    """Return the pairs of the scenarios that `passed` (ids), cut to this run's share."""
    told = [each for each in bindings.all_told() if each.id in passed]
    whole = plan(told, _chosen(what), what.seed)
    share, of = _share(what.shard)
    most, _ = _limits(what.contexts)
    until = whole.sweep if what.contexts == SWEEP else len(whole)
    order = whole.order[: int(min(most, until))][share::of]
    return Plan(whole.scenarios, whole.contexts, order, whole.sweep)


def tell_in_contexts(
    what: Run, journal: Journal, plain: Sequence[ScenarioResult], processes: int, client: Any = None
) -> tuple[ScenarioResult, ...]:
    """Tell in contexts what passed plainly, and return what departed, each that shows alike once.

    Args:
        what: the settings of the run.
        journal: of the run; chunks that stand in it are not told again.
        plain: the results of the scenarios as they stand.
        processes: how many tell.
        client: a Dask client whose workers tell instead.

    Raises:
        Misuse: a process died; what it had finished is kept.
        NotJudged: the target fails a probe now.

    """
    if client is not None and what.target.startswith(ONE_CLOCK):
        raise Misuse(f"target {what.target} has one clock, which several processes would turn at once; judge it here")
    passed = _passed(plain)
    pairs = _plan_of(what, passed)
    done = {each.number for each in journal.chunks()}
    left = [number for number in range(-(-len(pairs) // CHUNK)) if number not in done]
    _, most_s = _limits(what.contexts)
    until = stopwatch() + most_s
    with terminal.Progress("pairs") as progress:
        progress.expect(len(pairs) - len(done) * CHUNK)
        for nth, chunk in enumerate(_chunks(what, passed, left, processes, client)):
            journal.append_chunk(chunk)
            if not nth:
                _say_price(len(left) * CHUNK, chunk, processes)
            worst = max(chunk.departed, key=lambda each: each.verdict.rank, default=None)
            shown = (worst.verdict, worst.requirement) if worst else (Verdict.PASS, "")
            progress.advance(*shown, sum(chunk.ends.values()))
            if stopwatch() > until:
                break
    return _minimised(what, passed, [each for chunk in journal.chunks() for each in chunk.departed])


def _say_price(left: int, chunk: Chunk, processes: int) -> None:
    """Say what the rest will take, where that is worth saying, as the first chunk took."""
    pair_s = chunk.seconds / max(sum(chunk.ends.values()), 1)
    total_s = left * pair_s / processes
    if total_s > WORTH_SAYING_S:
        time = f"{total_s / 60:.0f} min" if total_s > 90 else f"{total_s:.0f} s"
        print(f"kmc: {left:,} pairs of scenarios and contexts, about {time} at {pair_s:.4f} s each", file=sys.stderr)


def _passed(plain: Sequence[ScenarioResult]) -> frozenset[str]:
    """Return the scenarios that may be told in contexts: those that passed, of requirements that nothing failed."""
    failed = {each.requirement for each in plain if each.verdict in (Verdict.FAIL, Verdict.WARNING, Verdict.ERROR)}
    return frozenset(each.id for each in plain if each.verdict is Verdict.PASS and each.requirement not in failed)


def _chunks(what: Run, passed: frozenset[str], numbers: Sequence[int], processes: int, client: Any) -> Iterator[Chunk]:
    """Yield what each chunk showed, in any order."""
    if client is not None:
        yield from _on_cluster(what, passed, numbers, client)
    elif processes > 1:
        yield from _in_processes(what, passed, numbers, processes)
    elif numbers:
        with telling(what, "contexts") as teller:
            pairs = _plan_of(what, passed)
            yield from (_chunk(teller, pairs, number) for number in numbers)


def _in_processes(what: Run, passed: frozenset[str], numbers: Sequence[int], processes: int) -> Iterator[Chunk]:
    # Not forked: an adapter may hold threads and connections.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn) as pool:
        waiting = [pool.submit(_elsewhere, what, passed, number) for number in numbers]
        try:
            for each in as_completed(waiting):
                yield each.result()
        except BrokenProcessPool as error:
            raise Misuse("a process died") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _on_cluster(what: Run, passed: frozenset[str], numbers: Sequence[int], client: Any) -> Iterator[Chunk]:
    from distributed import as_completed as as_told

    waiting = [client.submit(_elsewhere, what, passed, number, pure=False) for number in numbers]
    for each in as_told(waiting):  # type: ignore[no-untyped-call] # distributed has no types
        yield each.result()


def _elsewhere(what: Run, passed: frozenset[str], number: int) -> Chunk:
    """Tell a chunk in a process that keeps its target for the next one; the target goes with the process."""
    return _chunk(*_kept(msgspec.json.encode(what), passed), number)


@cache
def _kept(run: bytes, passed: frozenset[str]) -> tuple[Teller, Plan]:
    what = msgspec.json.decode(run, type=Run)
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)
    return until_the_end.enter_context(telling(what, "contexts")), _plan_of(what, passed)


@contextmanager
def telling(what: Run, phase: str, loaded: Target | None = None) -> Iterator[Teller]:
    """Tell before a probed target of one's own, or the one `loaded`; some remember in one phase people of another.

    Raises:
        NotJudged: it failed a probe.

    """
    settings = {"policy": what.policy or "article", "seed": what.seed, "patience": what.patience}
    target = loaded or targets.load(what.target, **settings)
    try:
        probe(target, tag_of(what.seed, phase))
        yield Teller(target, f"{what.seed}:{phase}")
    finally:
        target.close()


def _chunk(teller: Teller, pairs: Plan, number: int) -> Chunk:
    """Tell the pairs of one chunk."""
    ends: Counter[str] = Counter()
    told: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    departed: list[Departed] = []
    broken = ""
    began = stopwatch()
    for at in range(number * CHUNK, min((number + 1) * CHUNK, len(pairs))):
        pair = pairs[at]
        end, result = teller.judge(pair)
        ends[end.value] += 1
        told[pair.context] += 1
        tests[pair.context] += end is not End.NO_TEST
        if end is End.BROKE:
            broken = broken or f"{pair.id}: {result.actual}"
        if end is End.DEPARTED:
            shown = (result.verdict, TAG.sub("", result.expected), TAG.sub("", result.actual))
            departed.append(Departed(at, pair.id, pair.requirement, *shown, contexts.length_of(pair.context)))
    return Chunk(number, stopwatch() - began, dict(ends), dict(told), dict(tests), tuple(departed), broken)


def _minimised(what: Run, passed: frozenset[str], departed: Sequence[Departed]) -> tuple[ScenarioResult, ...]:
    """Return the shortest scenario of each way to depart, without the sentences that it does not need."""
    alike: dict[tuple[str, ...], list[Departed]] = {}
    for each in departed:
        alike.setdefault((each.requirement, each.expected, each.actual), []).append(each)
    if not alike:
        return ()
    pairs = _plan_of(what, passed)
    with telling(what, MINIMISED) as teller:
        found = [_shortest(teller, pairs, each) for each in alike.values()]
    return tuple(each for each in found if each)


def _shortest(teller: Teller, pairs: Plan, alike: Sequence[Departed]) -> ScenarioResult | None:
    for each in sorted(alike, key=lambda each: (each.length, each.pair))[:SHORTEST]:
        if result := teller.minimised(pairs[each.at]):
            return msgspec.structs.replace(result, also=len(alike) - 1)
    return None


def summed_up(what: Run, plain: Sequence[ScenarioResult], chunks: Sequence[Chunk]) -> InContexts:
    """Return how much was told in contexts, and how it ended."""
    if what.contexts == OFF:
        return InContexts()
    counts: dict[str, Counter[str]] = {"ends": Counter(), "told": Counter(), "tests": Counter()}
    for chunk in chunks:
        for name, counted in counts.items():
            counted.update(getattr(chunk, name))
    in_order = {name: dict(sorted(counted.items())) for name, counted in counts.items()}
    broken = next((each.broken for each in sorted(chunks, key=lambda each: each.number) if each.broken), "")
    return InContexts(what.contexts, len(_plan_of(what, _passed(plain))), **in_order, broken=broken)
