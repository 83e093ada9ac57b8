"""What `kmc selftest` and `kmc explore` do: from settings to tables and files."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

from kmc_harness import durations
from kmc_harness.cli import analyses
from kmc_harness.durations import stopwatch
from kmc_harness.exploring import measuring, reproducer, search
from kmc_harness.exploring.search import Found
from kmc_harness.hosting import supervision
from kmc_harness.port import Target
from kmc_harness.report.files import write_whole
from kmc_harness.report.results import Run
from kmc_harness.running import runner
from kmc_harness.selftest import selftest
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.whole_clock import doubt
from kmc_harness.verdicts import Misuse, Verdict, unknown
from kmc_model.analysis.configurations import SCOPES, TOPICS, Act, Rules
from kmc_model.analysis.faults import Fault, all_faults, by_name
from kmc_model.analysis.faults.blind import faults_of_sets
from kmc_model.analysis.faults.drawn import drawn_faults
from kmc_model.analysis.statespace import Space, Violation, differences, examine, mermaid
from kmc_model.policy import ARTICLE, POLICIES

__all__ = ["prove", "score", "search_target", "walk_states"]


def prove(names: tuple[str, ...], processes: int, *, thorough: bool, everything: bool) -> int:
    """Run the suite on the faults called `names`, or on all, and show what caught them; 0 where all is as it should be.

    Raises:
        Misuse: there is no such fault, or no process to work.

    """
    if processes < 1:
        raise Misuse(f"-n takes 1 or more, not {processes}")
    try:
        faults = [by_name(name) for name in names] or list(all_faults())
    except LookupError as error:
        raise Misuse(f"{error}; kmc selftest --all lists them") from error
    with analyses.Counting("faults") as counting:
        made = selftest(faults, thorough=thorough, processes=processes, on_progress=counting.show)
    return analyses.show_selftest(made, everything=everything or bool(names), seconds=counting.seconds)


def score(drawn: int, seed: int, processes: int, *, everything: bool) -> int:
    """Try `drawn` faults drawn by lot with `seed`, or the blind sets where there are none, and show what caught them.

    Returns 0, or 1 where a harmless change was flagged: a missed fault is a score, and no defect.
    """
    with analyses.Counting("faults") as counting:
        tried: dict[str, Sequence[Fault]] = {}
        tried |= {f"drawn by lot, seed {seed}": list(drawn_faults(drawn, seed))} if drawn else faults_of_sets()
        faults = [each for of_set in tried.values() for each in of_set]
        made = selftest(faults, processes=processes, on_progress=counting.show, in_contexts=True)
    return analyses.show_score(tried, made, everything=everything, seconds=counting.seconds)


def walk_states(policy: str, out: Path | None) -> int:
    """Walk every scope under `policy`, show what holds, and where it is not the article what differs from it.

    Raises:
        Misuse: there is no such policy, or `out` cannot be written.

    """
    if policy not in POLICIES:
        raise unknown("policy", policy, POLICIES)
    rules = Rules(POLICIES[policy])
    walked: list[tuple[Space, float]] = []
    violated: list[Violation] = []
    for scope in SCOPES:
        with analyses.Waiting(f"walking {scope.name}"):
            began = time.process_time()
            space, found = examine(scope, rules)
            walked.append((space, time.process_time() - began))
            violated += found
    analyses.show_states(walked, violated)
    if rules.policy is not ARTICLE:
        with analyses.Waiting("looking for differences"):
            differing = [each for scope in TOPICS for each in differences(scope, Rules(), rules)]
        analyses.show_differences(differing)
    if out:
        _write(out, mermaid(walked[0][0]))
        analyses.say(f"diagram of {walked[0][0].scope.name} in {out}")
    return int(bool(violated) and rules.policy is ARTICLE)


def search_target(target: str, against: str, policy: str, budget: str, seed: str, most: int, out: Path | None) -> int:
    """Search `target` for `most` departures from `against`; return 0 where there is none, 1 with any, 3 where unclear.

    Where somebody stops it, what was found until then is shown, and the code is that of a program that was stopped.

    Raises:
        Misuse: settings that make no sense, or a target that cannot be explored.

    """
    budget_s = _seconds(budget)
    if out and not out.parent.is_dir():
        raise Misuse(f"{str(out)!r} cannot be written: there is no folder {str(out.parent)!r}")
    # Where the model itself is explored, the policy is its own, and the reference is the article.
    reference = ARTICLE.name if target == against == "model" else policy
    explored = runner.load(Run(target, policy, seed=seed)).take()
    expected = runner.load(Run(against, reference, seed=seed)).take()
    assert explored is not None
    assert expected is not None
    try:
        measured = _choose_alike(expected, explored, int(seed))
        if measured and measured.was_stopped:
            return supervision.stopped_code()
        until = stopwatch() + budget_s
        with analyses.Counting("moves") as counting:
            made = search.explore(
                expected,
                explored,
                seed=int(seed),
                most=most,
                goes_on=lambda: _counted(counting, until),
                cuts_on=lambda: _counted(counting, until + budget_s),
                doubt=partial(_doubt, expected, explored),
            )
    except search.AdapterBroke as error:
        print(f"kmc: {error}", file=sys.stderr)
        return 3
    finally:
        expected.close()
        explored.close()
    analyses.show_search(made, target, against, counting.seconds)
    if made.broke_off:
        print(f"kmc: {made.broke_off}", file=sys.stderr)
    if not made.departures:
        is_unclear = made.vanished or made.doubted or not made.transitions or (measured and measured.is_broken)
        return supervision.stopped_code() if made.was_stopped else 3 if is_unclear else 0
    for departure in made.departures:
        program = reproducer.as_python(departure, (target, policy), (against, reference), seed)
        analyses.show_found(departure, reproducer.as_feature([departure]), program)
    if out and (feature := reproducer.as_feature(made.departures)):
        _write(out, feature)
        analyses.say(f"{feature.count('    Scenario: ')} of {len(made.departures)} as scenarios in {out}")
    return supervision.stopped_code() if made.was_stopped else 1


def _counted(counting: analyses.Counting, until: float) -> bool:
    """Show that a move more is made, or tried once more; return whether there is time left."""
    counting.count()
    return stopwatch() < until


def _choose_alike(expected: Target, explored: Target, seed: int) -> measuring.Measured | None:
    """Have the model choose what the target chooses where the requirements leave it open, and show what that is.

    Returns what was measured; None where nothing is.
    """
    if not isinstance(expected, ModelTarget):
        return None
    with analyses.Counting("actions to measure choices") as counting:
        measured = measuring.measure(
            explored, expected.policy, tag=f"m{seed}", on_progress=lambda count: counting.show(count, None)
        )
    expected.variant = replace(expected.variant, policy=measured.policy)
    analyses.show_measured(measured, counting.seconds)
    return measured


class _Ended(NamedTuple):
    verdict: Verdict
    step: str = ""
    expected: str = ""
    actual: str = ""

    @classmethod
    def of(cls, found: Found | None) -> Self:
        if found is None:
            return cls(Verdict.PASS)
        expected, actual = (", ".join(words) for words in zip(*found.divergence.in_words(), strict=True))
        return cls(Verdict.FAIL, found.sentences[-1], expected, actual)


def _doubt(expected: Target, explored: Target, found: Found) -> str:
    """Return why a departure may be that of a clock that stood still, or nothing."""
    is_race = any(each.does(Act.RACE) for each in found.moves)

    def tell(target: Target, word: str) -> _Ended:
        return _Ended.of(search.again(expected, target, word.replace(" ", ""), found.founders, found.moves))

    return doubt(explored, _Ended.of(found), tell, moved_s=0 if is_race else found.waited_s, passed_s=found.waited_s)


def _seconds(budget: str) -> float:
    try:
        if budget_s := durations.seconds(budget):
            return budget_s
    except ValueError as error:
        raise Misuse(f"--budget: {error}") from error
    raise Misuse(f"--budget takes more than {budget}")


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise Misuse(f"{str(path)!r} cannot be written: {error.strerror}") from error
