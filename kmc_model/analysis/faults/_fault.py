"""What a fault is, and how the table of rules is changed for one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from kmc_model.actions import Action
from kmc_model.clock import ManualClock
from kmc_model.model import Model, Variant
from kmc_model.policy import ARTICLE, Policy
from kmc_model.rules import RULES, Effect, Rule
from kmc_model.turn import Secrets, Turn

__all__ = ["Fault", "Kind", "effect_instead", "inserted", "row_of", "together", "with_row", "without", "words_of"]

Table = tuple[Rule, ...]
REFERENCE = Variant()


class Kind(StrEnum):
    """Where a fault comes from."""

    ROW = "row"
    POLICY = "policy"
    REALISTIC = "realistic"
    HIDDEN = "hidden"
    BENIGN = "benign"
    BLIND = "blind"
    DRAWN = "drawn"


@dataclass(frozen=True)
class Fault:
    """One deliberate change of the reference.

    Attributes:
        name: unique; for derived ones the row or field and what became of it.
        sentence: what is wrong, as one would report it.
        requirements: each of them alone is enough to catch it; none for a benign change.
        kind: where it comes from.
        variant: what is used in place of the reference.

    """

    name: str
    sentence: str
    requirements: tuple[str, ...]
    kind: Kind
    variant: Variant = REFERENCE

    def model(self, clock: ManualClock | None = None, secrets: Secrets | None = None) -> Model:
        """Return a model with this fault."""
        return Model(clock, secrets, self.variant)

    @property
    def instead(self) -> dict[str, Any]:
        """What is used in place of the reference's: `rules`, `turn`, and each field of the policy by its name."""
        reference = _pieces(REFERENCE)
        return {name: value for name, value in _pieces(self.variant).items() if value != reference[name]}


_FIELDS = tuple(each.name for each in fields(Policy))


def _pieces(variant: Variant) -> dict[str, Any]:
    policy = {each: getattr(variant.policy, each) for each in _FIELDS}
    return {"rules": variant.rules, "turn": variant.turn} | policy


def together(faults: Sequence[Fault]) -> Fault:
    """Return one fault that is all of `faults`, none of which changes what another one does."""
    instead = {name: value for each in faults for name, value in each.instead.items()}
    return Fault(
        " and ".join(each.name for each in faults),
        " ".join(each.sentence for each in faults),
        tuple(dict.fromkeys(name for each in faults for name in each.requirements)),
        faults[0].kind,
        Variant(
            replace(ARTICLE, **{name: value for name, value in instead.items() if name in _FIELDS}),
            instead.get("rules", RULES),
            instead.get("turn", Turn),
        ),
    )


def words_of(turn: type[Turn]) -> str:
    """Return the name of a class in words: AnybodysCode is `anybodys code`."""
    return "".join(f" {each.lower()}" if each.isupper() else each for each in turn.__name__).strip()


def row_of(action: type[Action], condition: str) -> int:
    """Return the place in the table of the row of `action` that answers under `condition`.

    Raises:
        LookupError: there is none.

    """
    for at, rule in enumerate(RULES):
        if rule.action is action and rule.applies.__name__ == condition:
            return at
    raise LookupError(f"the table has no row {action.__name__}.{condition}")


def without(at: int) -> Table:
    """Return the table without a row."""
    return (*RULES[:at], *RULES[at + 1 :])


def with_row(at: int, rule: Rule) -> Table:
    """Return the table with another row in place of one."""
    return (*RULES[:at], rule, *RULES[at + 1 :])


def inserted(at: int, rule: Rule) -> Table:
    """Return the table with one row more, before another one."""
    return (*RULES[:at], rule, *RULES[at:])


def effect_instead(at: int, name: str, *effects: Callable[[Turn], None]) -> Table:
    """Return the table with `effects` in place of a row's effect called `name`; none to skip it.

    Raises:
        LookupError: the row has no such effect.

    """
    rule = RULES[at]
    if name not in {each.apply.__name__ for each in rule.effects}:
        raise LookupError(f"{rule.name} has no effect {name}")
    made: list[Effect] = []
    for each in rule.effects:
        made += [replace(each, apply=new) for new in effects] if each.apply.__name__ == name else [each]
    return with_row(at, replace(rule, effects=tuple(made)))
