"""Which of two searches finds, in as much CPU time, what no scenario catches as it stands: a sweep, or exploring.

The faults are those written blind, or drawn by lot. Each is searched for by both for so many CPU seconds at most; found
is what departs under a requirement that the fault breaks. What each prepares once (the plan of the pairs, the states of
the model) is not counted, nor is a departure's shortening.

    python benchmarks/sweep_or_explore.py [--seconds 5] [--seeds 1] [--drawn 0] [--processes 1] [--keep FILE]

With `--keep` what was measured is kept in FILE as it comes, and not measured again.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from kmc_harness import terminal
from kmc_harness.exploring.search import Search, explore
from kmc_harness.exploring.tours import Walk, space_of
from kmc_harness.selftest import Faulty
from kmc_harness.specification import bindings, contexts
from kmc_harness.specification.bindings import Told
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.contexts import End, Plan, Teller, plan
from kmc_harness.telling.scene import tag_of, tell
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.configurations import TOPICS
from kmc_model.analysis.faults import Fault, by_name
from kmc_model.analysis.faults.blind import faults_of_sets
from kmc_model.analysis.faults.drawn import drawn_faults

SWEEP, EXPLORE = "sweep", "explore"
PLAIN = "plain"


@cache
def told() -> tuple[Told, ...]:
    """Return the scenarios that the model can be judged by."""
    return tuple(each for each in bindings.all_told() if each.needs <= Faulty.offers)


@cache
def pairs(seed: str) -> Plan:
    """Return the pairs in the order of a run with `seed`."""
    return plan(told(), contexts.load(), seed)


def is_plain(fault: Fault) -> bool:
    """Whether a scenario catches the fault as it stands, under a right requirement."""
    Faulty.fault = fault
    target = Faulty()
    return any(
        tell(each, target, tag_of("0", each.id), with_evidence=False).verdict in (Verdict.FAIL, Verdict.WARNING)
        for each in told()
        if each.requirement in fault.requirements
    )


def swept(fault: Fault, seed: int, most_s: float) -> float | None:
    """Return after how many CPU seconds a sweep finds the fault; None where it does not in so many."""
    whole = pairs(str(seed))
    Faulty.fault = fault
    teller = Teller(Faulty(), str(seed))
    began = time.process_time()
    for at in range(whole.sweep):
        if (took := time.process_time() - began) > most_s:
            return None
        pair = whole[at]
        if teller.judge(pair)[0] is End.DEPARTED and pair.requirement in fault.requirements:
            return took
    return None


def explored(fault: Fault, seed: int, most_s: float) -> float | None:
    """Return after how many CPU seconds exploring finds the fault; None where it does not in so many."""
    for scope in TOPICS:
        space_of(scope.name)
        Walk(scope)
    Faulty.fault = fault
    began = time.process_time()
    took: list[float] = []

    def look(search: Search) -> None:
        if not took and any(each.requirement in fault.requirements for each in search.departures):
            took.append(time.process_time() - began)

    def goes_on() -> bool:
        return not took and time.process_time() - began < most_s

    most = len(fault.requirements) + 20  # what is told first may be another requirement's
    look(explore(ModelTarget(), Faulty(), seed=seed, goes_on=goes_on, cuts_on=goes_on, most=most, on_progress=look))
    return took[0] if took and took[0] <= most_s else None


Job = tuple[str, str, int, float]


def measured(job: Job) -> tuple[str, str, int, float | None]:
    """Return a job, and after how many seconds its search found its fault."""
    search, name, seed, most_s = job
    fault = by_name(name)
    if search == PLAIN:
        return search, name, seed, 0.0 if is_plain(fault) else None
    return search, name, seed, {SWEEP: swept, EXPLORE: explored}[search](fault, seed, most_s)


class Kept:
    """What has been measured, in a file if it is to be kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.took: dict[str, float | None] = json.loads(path.read_text()) if path and path.exists() else {}

    def add(self, job: Job, took: float | None) -> None:
        """Keep what a job took."""
        self.took[str(job)] = took
        if self._path:
            self._path.write_text(json.dumps(self.took, indent=1))

    def make(self, jobs: Sequence[Job], processes: int) -> list[float | None]:
        """Return what each job took, measured now or before."""
        left = [each for each in jobs if str(each) not in self.took]
        if left:
            with ProcessPoolExecutor(processes) as pool:
                found = zip(left, pool.map(measured, left), strict=True)
                for job, (*_, took) in track(found, total=len(left), console=Console(stderr=True)):
                    self.add(job, took)
        return [self.took[str(each)] for each in jobs]


def main() -> None:
    """Print a line for each search, and one for each fault that only one of them finds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="CPU seconds for each fault and search")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--drawn", type=int, default=0, help="so many faults drawn by lot, in place of the blind sets")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to keep what each fault took, as JSON")
    asked = parser.parse_args()
    kept = Kept(asked.keep)
    blind = [each for faults in faults_of_sets().values() for each in faults if each.requirements]
    faults = list(drawn_faults(asked.drawn, 0)) if asked.drawn else blind
    is_caught = kept.make([(PLAIN, each.name, 0, 0.0) for each in faults], asked.processes)
    missed = [each for each, took in zip(faults, is_caught, strict=True) if took is None]
    jobs = {
        search: [(search, each.name, seed, asked.seconds) for each in missed for seed in range(asked.seeds)]
        for search in (SWEEP, EXPLORE)
    }
    took = {search: kept.make(each, asked.processes) for search, each in jobs.items()}
    show(len(faults), missed, took, asked.seeds, asked.seconds)


def show(many: int, missed: Sequence[Fault], took: dict[str, list[float | None]], seeds: int, most_s: float) -> None:
    """Print what was measured."""
    console = Console(width=100, highlight=False)
    console.print(f"{len(missed)} of {many} faults that no scenario catches as it stands; seeds: {seeds}")
    times = sorted({1.0, 5.0, most_s})
    table = terminal.table("found within CPU seconds", *(f"{each:g}" for each in times), "median of the found")
    for search, all_took in took.items():
        found = [each for each in all_took if each is not None]
        counts = (f"{sum(each <= limit for each in found)} of {len(all_took)}" for limit in times)
        table.add_row(search, *counts, f"{statistics.median(found):.1f} s" if found else "")
    console.print(table)
    within = partial(min, default=None)
    for one, other in ((SWEEP, EXPLORE), (EXPLORE, SWEEP)):
        alone = [
            fault
            for at, fault in enumerate(missed)
            if within([each for each in took[one][at * seeds : (at + 1) * seeds] if each is not None]) is not None
            and within([each for each in took[other][at * seeds : (at + 1) * seeds] if each is not None]) is None
        ]
        console.print(f"\nfound by {one} alone: {len(alone)}")
        for fault in alone:
            console.print(f"  {fault.name}: {fault.sentence}")


if __name__ == "__main__":
    main()
