"""Which generator finds which fault after how many actions: scenarios, tours, the Wp method, Hypothesis.

All drive the same faulty targets through the same sentences and compare them with the same model; Hypothesis' rules are
the sentences of all topics, drawn at random. Actions are counted at the target, people's registration left out.

    python benchmarks/generators.py [--seeds 20] [--most 20000] [--processes 2] [--sample 1] [--only ...]
        [--blind] [--keep FILE]

With `--keep` what was measured is kept in FILE as it comes, and not measured again: a long run can be stopped and gone
on with. A change of the model or of the generators asks for another file.
"""

import argparse
import contextlib
import io
import json
import random
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from math import inf
from operator import attrgetter
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from rich.console import Console
from rich.progress import track
from rich.table import Table

from kmc_harness.exploring.differential import Subject
from kmc_harness.exploring.search import Founders, timed
from kmc_harness.exploring.tours import Trace, Walk, tour
from kmc_harness.port import NotOffered
from kmc_harness.scenario.world import World
from kmc_harness.selftest import Faulty
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.analysis.configurations import EVERYTHING, TOPICS, Move
from kmc_model.analysis.faults import Fault, Kind, all_faults
from kmc_model.analysis.faults import by_name as of_catalogue

try:
    from benchmarks.thirty import FAULTS as THIRTY
except ModuleNotFoundError:  # run as a file
    from thirty import FAULTS as THIRTY

STEPS = 50
UNSEEN = "OpenEnrolmentLink.no_secret accepted"
MOVES = sorted({move.sentence: move for scope in TOPICS for move in scope.moves}.values(), key=attrgetter("sentence"))


def by_name(name: str) -> Fault:
    """Return a fault of the catalogue, or of the thirty that were written blind."""
    return next((each for each in THIRTY if each.name == name), None) or of_catalogue(name)


def scenarios(fault: str) -> int | None:
    """Return after how many actions the suite's scenarios notice the fault, in the order of the files."""
    Faulty.fault, count = by_name(fault), 0
    for _, template in bindings.scenarios():
        rows = [row for table in template.examples for row in table.as_contexts()] or [{}]
        for at, row in enumerate(rows):
            world = World(Faulty(), f"{template.line_number}x{at}")
            noticed = _plays(world, template.render(row).steps)
            count += world.exchange.count
            if noticed:
                return count
    return None


def _plays(world: World, steps: list) -> bool:
    given = True
    for step in steps:
        if step.type == "when" and given:
            given = False
            world.post.begin_act()
        try:
            _run(world, step)
        except Departure:
            return not given
        except (Unreached, NotOffered):
            return False
    return False


def _run(world: World, step: object) -> None:
    for each in bindings.definitions():
        if each.type == step.type and each.parser.is_matching(step.name):
            arguments = each.parser.parse_arguments(step.name)
            if step.datatable:
                arguments["datatable"] = [[cell.value for cell in row.cells] for row in step.datatable.rows]
            each.step_func(world, **arguments)
            return


class Field:
    """Faulty targets, that make the same moves as the model, each until it departs from the model or had its actions.

    What comes next depends on the model alone; so all can do at once what each would have done alone.
    """

    def __init__(self, faults: list[str], most: float) -> None:
        made = {name: by_name(name) for name in faults}
        self.targets = {name: ModelTarget(each.variant) for name, each in made.items()}
        self.took: dict[str, int | None] = dict.fromkeys(faults)
        self.actions = dict.fromkeys(faults, 0)
        self.known: dict[str, set[str]] = {name: set() for name in ("", *faults)}
        self.traces, self.most = 0, most
        self.target = ModelTarget()

    @property
    def is_over(self) -> bool:
        """Whether all have departed or had their actions."""
        return not self.targets

    def begin(self, founders: Founders) -> None:
        """Have all begin a new trace."""
        self.traces += 1
        self.model = self._subject("", self.target, founders)
        self.subjects = {name: self._subject(name, target, founders) for name, target in self.targets.items()}
        self.before = {name: self.actions[name] - side.world.exchange.count for name, side in self.subjects.items()}

    def _subject(self, name: str, target: ModelTarget, founders: Founders) -> Subject:
        side = Subject(target, World(target, f"t{self.traces % 64}"), known=self.known[name])
        for person, account in founders:
            side.world.given.user(person, account)
        return side

    def make(self, move: Move) -> None:
        """Have all make a move, and take out those that answer otherwise than the model."""
        chosen = timed(move, self.target)
        if chosen is None:
            return
        expected = self.model.perform(chosen)
        for name in tuple(self.targets):
            side = self.subjects[name]
            has_departed = side.perform(chosen) != expected
            self.actions[name] = self.before[name] + side.world.exchange.count
            if has_departed or self.actions[name] > self.most:
                self.took[name] = self.actions[name] if has_departed else None
                del self.targets[name]


def run(traces: Iterator[Trace], field: Field) -> None:
    """Run traces until all targets are out."""
    for trace in traces:
        field.begin(trace.founders)
        for move, _ in trace.moves:
            field.make(move)
            if field.is_over:
                return


def one_tour(seed: int, field: Field) -> None:
    """Make one tour, through all transitions of all topics."""
    run(tour([Walk(scope) for scope in TOPICS], random.Random(seed)), field)  # noqa: S311 (no secret)


def wp(seed: int, field: Field) -> None:
    """Make what the Wp method asks of topics of 1200 transitions at most."""
    walks = [Walk(scope) for scope in TOPICS]
    small = sorted((each for each in walks if each.size <= 1200), key=lambda each: each.size)
    run((each.trace(word) for each in small for word in each.wp_words()), field)


class _Over(Exception):
    pass


def hypothesis(seed: int, field: Field) -> None:
    """Make what Hypothesis' state machine draws."""

    class Random(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            field.begin(EVERYTHING.founders)

        @rule(move=st.sampled_from(MOVES))
        def make(self, move: Move) -> None:
            field.make(move)
            if field.is_over:
                raise _Over

    budget = settings(
        max_examples=int(field.most),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    # What it makes of the end afterwards, when nothing is performed any more, is none of our business.
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        run_state_machine_as_test(seeded(seed)(Random), settings=budget)


GENERATORS: dict[str, Callable[[int, Field], None]] = {
    "one tour": one_tour,
    "Wp, topics of 1200 transitions at most": wp,
    "Hypothesis": hypothesis,
}
SCENARIOS = "hand-written scenarios"
FIXED = {SCENARIOS, "Wp, topics of 1200 transitions at most"}
Took = dict[str, int | None]
"""After how many actions each fault was seen by one generator with one seed; None where it was not."""
Job = tuple[str, int, list[str], int]
"""Generator, seed, faults, actions at most."""


def _measure(job: Job) -> tuple[str, int, Took]:
    generator, seed, faults, most = job
    if generator == SCENARIOS:
        return generator, seed, {fault: scenarios(fault) for fault in faults}
    # A tour comes to an end by itself.
    field = Field(faults, inf if generator == "one tour" and len(faults) > len(THIRTY) else most)
    GENERATORS[generator](seed, field)
    return generator, seed, field.took


class Kept:
    """What has been measured, in a file if it is to be kept."""

    def __init__(self, path: Path | None, most: int) -> None:
        self._path, self._most = path, most
        self.took: dict[str, dict[int, Took]] = {}
        if path and path.exists():
            kept = json.loads(path.read_text())
            if kept["most"] != most:
                raise SystemExit(f"{path} was measured with --most {kept['most']}: give that, or another file")
            self.took = {name: {int(seed): took for seed, took in runs.items()} for name, runs in kept["took"].items()}

    def of(self, generator: str, seed: int) -> Took:
        """Return what one generator took with one seed."""
        return self.took.setdefault(generator, {}).setdefault(seed, {})

    def add(self, generator: str, seed: int, took: Took) -> None:
        """Keep what was measured."""
        self.of(generator, seed).update(took)
        if self._path:
            self._path.write_text(json.dumps({"most": self._most, "took": self.took}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--most", type=int, default=20_000, help="actions at most for a fault, but for the tour")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sample", type=int, default=1, help="every how manyth fault")
    parser.add_argument("--only", choices=[SCENARIOS, *GENERATORS], action="append")
    parser.add_argument("--keep", type=Path, help="where to keep what each fault took, as JSON")
    parser.add_argument("--blind", action="store_true", help="the thirty faults of thirty.py, written blind")
    asked = parser.parse_args()
    # One changes nothing that anybody could see; the self-test proves it.
    catalogue = [each.name for each in all_faults() if each.requirements and each.name != UNSEEN]
    faults = ([each.name for each in THIRTY] if asked.blind else catalogue)[:: asked.sample]
    runs = {
        generator: range(1 if generator in FIXED else asked.seeds)
        for generator in asked.only or [SCENARIOS, *GENERATORS]
    }
    kept = Kept(asked.keep, asked.most)
    jobs = [
        (generator, seed, part, asked.most)
        for generator, seeds in runs.items()
        for seed in seeds
        for at in range(asked.processes)
        if (part := [each for each in faults[at :: asked.processes] if each not in kept.of(generator, seed)])
    ]
    with ProcessPoolExecutor(asked.processes) as pool:
        for measured in track(pool.map(_measure, jobs), total=len(jobs), console=Console(stderr=True)):
            kept.add(*measured)
    took = {
        generator: {fault: [kept.of(generator, seed)[fault] for seed in seeds] for fault in faults}
        for generator, seeds in runs.items()
    }
    _show(took, asked.most)


def _show(took: dict[str, dict[str, list[int | None]]], most: int) -> None:
    console = Console(width=100, highlight=False)
    table = Table("generator", "seeds", "faults found", "median", "sum of medians", box=None, pad_edge=False)
    medians: dict[str, dict[str, float]] = {}
    for generator, of_fault in took.items():
        medians[generator] = {
            fault: statistics.median(each or most for each in runs) for fault, runs in of_fault.items()
        }
        found = sum(runs.count(None) * 2 < len(runs) for runs in of_fault.values())
        middle = statistics.median(medians[generator].values())
        table.add_row(
            generator,
            str(len(next(iter(of_fault.values())))),
            f"{found} of {len(of_fault)}",
            f"{middle:.0f}",
            f"{sum(medians[generator].values()):,.0f}",
        )
    console.print(table)
    console.print(f"a fault not found counts as {most:,} actions")
    if {"one tour", "Hypothesis"} <= set(took):
        _compare(console, medians["one tour"], medians["Hypothesis"])


def _compare(console: Console, tour: dict[str, float], random: dict[str, float]) -> None:
    console.print(f"Hypothesis needs {_times(tour, random, list(tour))} times the actions of one tour")
    by_hand = [fault for fault in tour if by_name(fault).kind in (Kind.REALISTIC, Kind.HIDDEN)]
    console.print(f"{_times(tour, random, by_hand)} times for the {len(by_hand)} faults written by hand")
    slower = sorted(
        (fault for fault in tour if tour[fault] > random[fault]), key=lambda each: random[each] - tour[each]
    )
    most = "".join(f", the most for {each}: {tour[each]:.0f} against {random[each]:.0f}" for each in slower[:1])
    console.print(f"one tour needs more for {len(slower)}{most}")


def _times(tour: dict[str, float], random: dict[str, float], faults: list[str]) -> str:
    return f"{sum(random[each] for each in faults) / sum(tour[each] for each in faults):.1f}"


if __name__ == "__main__":
    main()
