"""How a realistic fault is made: a table with a row changed, or a turn that sees things otherwise."""

from collections.abc import Callable
from dataclasses import replace

from kmc_model.actions import EnableTwoFactor, LogIn, SetPassword
from kmc_model.analysis.faults._fault import Fault, Kind, Table, row_of, with_row, words_of
from kmc_model.model import Variant
from kmc_model.rules import RULES, Effect
from kmc_model.turn import Turn

__all__ = ["ACCEPTED", "ENABLED", "PLAIN", "RESET", "fault", "of_turn", "when", "with_effect"]

PLAIN = row_of(LogIn, "no_code_needed")
ACCEPTED = row_of(LogIn, "always")
ENABLED = row_of(EnableTwoFactor, "always")
RESET = row_of(SetPassword, "always")


def with_effect(at: int, *effects: Callable[[Turn], None]) -> Table:
    """Return the table with `effects` after those of a row."""
    return with_row(at, replace(RULES[at], effects=(*RULES[at].effects, *(Effect(None, each) for each in effects))))


def when(at: int, applies: Callable[[Turn], bool]) -> Table:
    """Return the table with another condition for a row."""
    return with_row(at, replace(RULES[at], applies=applies))


def fault(name: str, sentence: str, *requirements: str, rules: Table = RULES, turn: type[Turn] = Turn) -> Fault:
    return Fault(name, sentence, requirements, Kind.REALISTIC, Variant(rules=rules, turn=turn))


def of_turn(turn: type[Turn], *requirements: str, rules: Table = RULES) -> Fault:
    return fault(words_of(turn), turn.__doc__ or "", *requirements, rules=rules, turn=turn)
