"""Measure how products treat codes, beyond what a verdict says: one row a target.

python examples/targets/behaviour.py examples/targets/django-allauth/in-process.toml examples/targets/better-auth
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kmc_harness.exploring.measuring import Bench, is_locked, limit_of_wrong_codes, window
from kmc_harness.port import ConfirmPairing, LogIn, StartPairing
from kmc_harness.scenario.world import HOME
from kmc_harness.targets.hosted import Hosted
from kmc_model.clock import STEP_S
from kmc_model.sentences import A_CODE

MINUTE_S = 60
STEPS = range(-5, 6)
USUAL_LIMITS = (3, 5, 10, 14)
FREE_AFTER_MIN = (1, 5, 15, 60)


def offsets(bench: Bench) -> str:
    """Return the offsets at which a code is accepted, each tried by somebody else."""
    taken = [each * STEP_S for each in window(bench, STEPS)]
    return f"{taken[0]} to {taken[-1]}" if len(taken) > 1 else f"{taken[0]} only" if taken else "none"


def replay(bench: Bench) -> str:
    world = bench.paired()
    return said(bench.takes_code("Ada", world, "a code") and bench.takes_code("Ada", world, "the same code"))


def next_step(bench: Bench) -> str:
    world = bench.paired()
    first = bench.takes_code("Ada", world, "a code")
    world.exchange.pass_time(STEP_S)
    return said(first and bench.takes_code("Ada", world, "the same code"))


def older(bench: Bench) -> str:
    world = bench.paired()
    first = bench.takes_code("Ada", world, "a code")
    return said(first and bench.takes_code("Ada", world, f"a code made -{STEP_S} s from now"))


def confirming(bench: Bench) -> str:
    """Tell whether the code that completed the pairing logs in as well."""
    world = bench.world()
    person = world.given.user("Ada", HOME)
    session = world.exchange.perform(LogIn(person.email, person.password)).session or ""
    person.shown = world.exchange.perform(StartPairing(session, person.password))
    world.act.scan(person.name)
    typed = world.codes.typed(person, A_CODE) or ""
    world.exchange.perform(ConfirmPairing(session, typed))
    return said(world.exchange.perform(LogIn(person.email, person.password, typed)).accepted)


def limit(bench: Bench) -> str:
    many = limit_of_wrong_codes(bench, USUAL_LIMITS, USUAL_LIMITS[1])
    if many is None:
        return f"none in {USUAL_LIMITS[-1]}"
    free = next((each for each in FREE_AFTER_MIN if not is_locked(bench, many, each * MINUTE_S)), None)
    return f"{many}, free after {free} min" if free else f"{many}, not free after an hour"


def said(accepted: bool) -> str:
    return "accepted" if accepted else "refused"


COLUMNS = {
    "window (s)": offsets,
    "replay": replay,
    "next step": next_step,
    "older after newer": older,
    "confirming code": confirming,
    "wrong codes": limit,
}


def main(paths: list[str]) -> None:
    """Print the table."""
    table = Table("target", *COLUMNS, box=None, pad_edge=False)
    for path in paths:
        target = Hosted(Path(path))
        try:
            row = [measure(Bench(target, f"b{number}x")) for number, measure in enumerate(COLUMNS.values())]
        finally:
            target.close()
        table.add_row(target.name, *row)
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
