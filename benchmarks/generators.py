"""Which generator finds which fault after how many actions: scenarios, tours, the Wp method, Hypothesis.

All drive the same faulty targets through the same sentences and compare them with the same model; Hypothesis' rules are
the sentences of all topics, drawn at random. Actions are counted at the target, people's registration left out.

    python benchmarks/generators.py [--seeds 20] [--most 20000] [--processes 2] [--sample 1]
"""

import argparse
import contextlib
import io
import random
import statistics
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from rich.console import Console
from rich.progress import track
from rich.table import Table

from kmc_harness import bindings
from kmc_harness.campaign.exploring import _timed
from kmc_harness.campaign.selftest import Faulty
from kmc_harness.campaign.tours import ALife, Course, one_lap
from kmc_harness.campaign.twins import Twins
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Departure, Unreached
from kmc_harness.world import World
from kmc_model.faults import all_faults, by_name
from kmc_model.lives import TOPICS

FOUNDERS = (("Ada", "Acme"), ("Ada", "Globex"), ("Bo", "Globex"))
STEPS = 50
UNSEEN = "OpenEnrolmentLink.no_secret accepted"
SENTENCES = sorted({move.sentence for scope in TOPICS for move in scope.moves})


def scenarios(seed: int, most: int) -> int | None:
    """Return after how many actions the suite's scenarios notice the fault, in the order of the files."""
    count = 0
    for _, template in bindings.scenarios():
        rows = [row for table in template.examples for row in table.as_contexts()] or [{}]
        for at, row in enumerate(rows):
            world = World(Faulty(), f"{template.line_number}x{at}")
            noticed = _plays(world, template.render(row).steps)
            count += world.count
            if noticed:
                return count
    return None


def _plays(world: World, steps: list) -> bool:
    given = True
    for step in steps:
        if step.type == "when" and given:
            given = False
            world.begin_act()
        try:
            _run(world, step)
        except Departure:
            return not given
        except Unreached:
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


def tours(laps: int, seed: int, most: int) -> int | None:
    """Return after how many actions tours notice the fault, `laps` times through all transitions."""
    rng = random.Random(seed)  # noqa: S311 (walks are no secret)
    courses = [Course(scope) for scope in TOPICS]

    return _until(chain.from_iterable(one_lap(courses, rng) for _ in range(laps)), most)


def wp(seed: int, most: int) -> int | None:
    """Return after how many actions the Wp method's lives notice the fault, topics of 1200 transitions at most."""
    courses = [Course(scope) for scope in TOPICS]
    small = sorted((each for each in courses if each.size <= 1200), key=lambda each: each.size)
    return _until((each.life(word) for each in small for word in each.wp_words()), most)


def _until(lives: Iterator[ALife], most: int) -> int | None:
    expected, target, twins, count = ModelTarget(), Faulty(), None, 0
    for number, life in enumerate(lives):
        twins = Twins(expected, target, f"t{number % 64}", life.founders, twins)
        before = twins.actions
        for sentence, _ in life.sentences:
            spoken = _timed(sentence, twins)
            if spoken and twins.perform(spoken):
                return count + twins.actions - before
            if count + twins.actions - before > most:
                return None
        count += twins.actions - before
    return None


class _Noticed(Exception):
    pass


def hypothesis(seed: int, most: int) -> int | None:
    """Return after how many actions Hypothesis' random state machine notices the fault."""
    counted = {"actions": 0, "lives": 0}

    class Lives(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            counted["lives"] += 1
            self.twins = Twins(ModelTarget(), Faulty(), f"t{counted['lives'] % 64}", FOUNDERS)
            self.before = self.twins.actions

        @rule(sentence=st.sampled_from(SENTENCES))
        def tell(self, sentence: str) -> None:
            spoken = _timed(sentence, self.twins)
            if spoken is None or counted["actions"] > most:
                return
            departed = self.twins.perform(spoken)
            counted["actions"] += self.twins.actions - self.before
            self.before = self.twins.actions
            if departed:
                counted.setdefault("found", counted["actions"])
                raise _Noticed

    budget = settings(
        max_examples=most // STEPS + 1,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    # What it makes of a failure afterwards, when nothing is performed any more, is none of our business.
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        run_state_machine_as_test(seeded(seed)(Lives), settings=budget)
    return counted.get("found")


GENERATORS = {
    "hand-written scenarios": scenarios,
    "one tour": lambda seed, most: tours(1, seed, most),
    "five tours": lambda seed, most: tours(5, seed, most),
    "Wp, topics of 1200 transitions at most": wp,
    "Hypothesis": hypothesis,
}
FIXED = {"hand-written scenarios", "Wp, topics of 1200 transitions at most"}


def _measure(job: tuple[str, str, int, int]) -> tuple[str, str, int | None]:
    generator, fault, seed, most = job
    Faulty.fault = by_name(fault)
    return generator, fault, GENERATORS[generator](seed, most)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--random-seeds", type=int, default=20, help="seeds of Hypothesis, which takes longest")
    parser.add_argument("--most", type=int, default=20_000, help="actions at most, a fault and seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sample", type=int, default=1, help="every how manyth fault")
    parser.add_argument("--only", choices=list(GENERATORS), action="append")
    parser.add_argument("--each", action="store_true", help="also a line for each fault")
    asked = parser.parse_args()
    # One changes nothing that anybody could see; the self-test proves it.
    faults = [each.name for each in all_faults() if each.requirements and each.name != UNSEEN][:: asked.sample]
    chosen = asked.only or list(GENERATORS)
    jobs = [
        (generator, fault, seed, asked.most)
        for generator in chosen
        for fault in faults
        for seed in range(_seeds(generator, asked))
    ]
    took: dict[str, dict[str, list[int]]] = {}
    missed: dict[str, dict[str, int]] = {}
    with ProcessPoolExecutor(asked.processes) as pool:
        console = Console(stderr=True)
        results = track(pool.map(_measure, jobs, chunksize=4), total=len(jobs), console=console, description="")
        for generator, fault, actions in results:
            took.setdefault(generator, {}).setdefault(fault, []).append(asked.most if actions is None else actions)
            missed.setdefault(generator, {}).setdefault(fault, 0)
            missed[generator][fault] += actions is None
    _show(faults, chosen, took, missed, asked)


def _seeds(generator: str, asked: argparse.Namespace) -> int:
    return 1 if generator in FIXED else asked.random_seeds if generator == "Hypothesis" else asked.seeds


def _show(faults: list[str], chosen: list[str], took: dict, missed: dict, asked: argparse.Namespace) -> None:
    console = Console(width=100, highlight=False)
    medians = {name: {fault: statistics.median(took[name][fault]) for fault in faults} for name in chosen}
    if asked.each:
        for fault in faults:
            console.print(
                f"{fault}: {', '.join(f'{name} {medians[name][fault]:.0f}' for name in chosen)}", soft_wrap=True
            )
    table = Table("generator", "faults found", "median", "sum of medians", box=None, pad_edge=False)
    for name in chosen:
        runs = len(took[name][faults[0]])
        found = [fault for fault in faults if missed[name][fault] * 2 < runs]
        middle = statistics.median(medians[name][fault] for fault in faults)
        table.add_row(name, f"{len(found)} of {len(faults)}", f"{middle:.0f}", f"{sum(medians[name].values()):,.0f}")
    console.print(table)
    console.print(f"medians of {asked.seeds} seeds, Hypothesis {asked.random_seeds}")
    console.print(f"a fault not found counts as {asked.most:,} actions")
    if {"one tour", "Hypothesis"} <= set(chosen):
        ratio = sum(medians["Hypothesis"].values()) / sum(medians["one tour"].values())
        slower = [
            f"{fault} ({medians['one tour'][fault]:.0f} against {medians['Hypothesis'][fault]:.0f})"
            for fault in faults
            if medians["one tour"][fault] > medians["Hypothesis"][fault] + 20
        ]
        console.print(f"Hypothesis needs {ratio:.1f} times the actions of one tour")
        console.print(f"one tour needs over 20 more for {len(slower)}: {'; '.join(slower[:20])}")


if __name__ == "__main__":
    main()
