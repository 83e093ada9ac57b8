"""Measure how products treat codes, beyond what a verdict says: one row a target.

python examples/targets/behaviour.py examples/targets/django-allauth/in-process.toml examples/targets/better-auth
"""

import sys
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kmc_harness.port import ConfirmPairing, LogIn, StartPairing
from kmc_harness.scenario.world import HOME, World
from kmc_harness.targets.hosted import Hosted
from kmc_model.clock import STEP_S
from kmc_model.sentences import A_CODE, code

MINUTE_S = 60
WINDOW_S = range(-5 * STEP_S, 6 * STEP_S, STEP_S)
MOST_WRONG = 14
FREE_AFTER_MIN = (1, 5, 15, 60)

people = count(1)


def paired(world: World) -> str:
    """Return the name of somebody new who has paired an authenticator, some minutes ago."""
    name = f"Person{next(people)}"
    world.given.pairing(name)
    world.exchange.move_into_step(STEP_S // 2)
    return name


def lets_in(world: World, name: str, words: str) -> bool:
    """Whether a login with the code that `words` describe is accepted."""
    return world.act.log_in(name, code(words)).accepted


def window(world: World) -> str:
    """Return the offsets at which a code is accepted, each tried by somebody else."""
    taken = [each for each in WINDOW_S if lets_in(world, paired(world), f"a code made {each} s from now")]
    return f"{min(taken)} to {max(taken)}" if len(taken) > 1 else f"{taken[0]} only" if taken else "none"


def replay(world: World) -> str:
    name = paired(world)
    return said(lets_in(world, name, "a code") and lets_in(world, name, "the same code"))


def next_step(world: World) -> str:
    name = paired(world)
    first = lets_in(world, name, "a code")
    world.exchange.pass_time(STEP_S)
    return said(first and lets_in(world, name, "the same code"))


def older(world: World) -> str:
    name = paired(world)
    return said(lets_in(world, name, "a code") and lets_in(world, name, f"a code made -{STEP_S} s from now"))


def confirming(world: World) -> str:
    """Tell whether the code that completed the pairing logs in as well."""
    person = world.given.user(f"Person{next(people)}", HOME)
    session = world.exchange.perform(LogIn(person.email, person.password)).session or ""
    person.shown = world.exchange.perform(StartPairing(session, person.password))
    world.act.scan(person.name)
    typed = world.codes.typed(person, A_CODE) or ""
    world.exchange.perform(ConfirmPairing(session, typed))
    return said(world.exchange.perform(LogIn(person.email, person.password, typed)).accepted)


def is_locked(world: World, wrong: int, after_min: int = 0) -> bool:
    """Whether the right code is refused after so many wrong ones, and so many minutes."""
    name = paired(world)
    world.act.try_wrong(name, wrong, "codes")
    world.exchange.pass_time(after_min * MINUTE_S)
    return not lets_in(world, name, "a code")


def limit(world: World) -> str:
    if not is_locked(world, MOST_WRONG):
        return f"none in {MOST_WRONG}"
    few, many = 0, MOST_WRONG
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if is_locked(world, middle) else (middle, many)
    free = next((each for each in FREE_AFTER_MIN if not is_locked(world, many, each)), None)
    return f"{many}, free after {free} min" if free else f"{many}, not free after an hour"


def said(accepted: bool) -> str:
    return "accepted" if accepted else "refused"


COLUMNS = {
    "window (s)": window,
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
            row = [measure(World(target, f"b{number}")) for number, measure in enumerate(COLUMNS.values())]
        finally:
            target.close()
        table.add_row(target.name, *row)
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
