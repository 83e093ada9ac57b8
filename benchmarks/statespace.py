"""The walk through all states of the model beside the package `transitions`, which goes to and fro between two states.

What a transition of the walk has more: an action judged by the rules, what is changed by it, its answer and mails, and
the key that tells whether that state is known. There nothing is done but to change the state. Both in this process,
in turn, in CPU time. How many there are in a second is another number on each machine, the ratio hardly.

    python benchmarks/statespace.py
"""

import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from transitions import Machine

from kmc_model.analysis.configurations import SCOPES
from kmc_model.analysis.statespace import explore

EMPTY = 100_000
"""So many empty transitions stand beside each scope."""


class _Lamp:
    """What is switched on and off."""

    turn_on: Callable[[], bool]
    turn_off: Callable[[], bool]


def _empty() -> int:
    lamp = _Lamp()
    arrows = [["turn_on", "off", "on"], ["turn_off", "on", "off"]]
    Machine(lamp, states=["on", "off"], transitions=arrows, initial="off", auto_transitions=False)
    for _ in range(EMPTY // 2):
        lamp.turn_on()
        lamp.turn_off()
    return EMPTY


def _us(transitions: Callable[[], int]) -> tuple[int, float]:
    """Return how many transitions there were, and how long each took, in microseconds."""
    began = time.process_time()
    made = transitions()
    return made, (time.process_time() - began) / made * 1e6


def main() -> None:
    """Print a line for each scope."""
    table = Table("scope", box=None, pad_edge=False)
    for column in ("transitions", "us each", "a second", "us, empty", "ratio"):
        table.add_column(column, justify="right")
    for scope in SCOPES:
        _, empty_us = _us(_empty)
        made, us = _us(lambda scope=scope: explore(scope).transitions)  # type: ignore[misc]
        table.add_row(
            scope.name, f"{made:,}", f"{us:.1f}", f"{1e6 / us:,.0f}", f"{empty_us:.1f}", f"{us / empty_us:.2f}"
        )
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
