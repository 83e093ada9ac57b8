"""Faults drawn by lot: a row or an effect of the table is left out after a few acts of a kind.

Nobody's imagination is in it: a lot says which row, after which act, of oneself or of others, how often, and how long
ago.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kmc_model import actions as a
from kmc_model.analysis.configurations import EVERYTHING, Rules
from kmc_model.analysis.faults._fault import Fault, Kind
from kmc_model.analysis.faults._stateful import Stateful
from kmc_model.analysis.faults.derived import GUARDS
from kmc_model.model import Variant
from kmc_model.rules import RULES, Effect, Rule
from kmc_model.turn import Turn

__all__ = ["Lot", "drawn_fault", "drawn_faults", "shows"]

ACTS: tuple[type[a.Action], ...] = (
    *(a.LogIn, a.LogOut, a.SwitchAccount, a.OpenEnrolmentLink, a.RequestReset, a.SetPassword),
    *(a.ChangePassword, a.EnableTwoFactor, a.DisableTwoFactor, a.SetUserStatus, a.RegisterUser),
)
TIMES = (1, 2, 4)
AGES_S = {0: "", 2 * 3600: ", 2 h ago", 8 * 86_400: ", 8 days ago"}
WALKS, MOVES = 24, 400


@dataclass(frozen=True)
class Lot:
    """What is left out, and after what.

    Attributes:
        row: the place in the table.
        effect: which of the row's effects; None: the whole row.
        act: the action that sets it off.
        by_others: whether acts of others do, or a person's own.
        times: how many of them.
        age_s: how long ago at least.

    """

    row: int
    effect: int | None
    act: type[a.Action]
    by_others: bool
    times: int
    age_s: int

    @property
    def sentence(self) -> str:
        """What is wrong."""
        rule = RULES[self.row]
        left_out = rule.name if self.effect is None else f"{rule.name}'s {rule.effects[self.effect].apply.__name__}"
        whose = "others" if self.by_others else "oneself"
        return f"{left_out} is left out after {self.times} {self.act.__name__} by {whose}{AGES_S[self.age_s]}."

    @property
    def requirements(self) -> tuple[str, ...]:
        """What demands what is left out."""
        rule = RULES[self.row]
        found = [rule.requirement, *(each.requirement for each in rule.effects)]
        if self.effect is not None:
            found = [rule.effects[self.effect].requirement]
        return tuple(dict.fromkeys(each for each in found if each))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The table in which it is left out, and in which accepted acts of the kind are noted."""
        changed = [self._noting(each) for each in RULES]
        rule = changed[self.row]
        if self.effect is None:
            applies = rule.applies
            changed[self.row] = replace(rule, applies=lambda turn: applies(turn) and not self._is_off(turn))
        else:
            effects = list(rule.effects)
            effects[self.effect] = replace(effects[self.effect], apply=self._unless_off(effects[self.effect]))
            changed[self.row] = replace(rule, effects=tuple(effects))
        return tuple(changed)

    def _noting(self, rule: Rule) -> Rule:
        if rule.action is not self.act or rule.reason:
            return rule
        return replace(rule, effects=(*rule.effects, Effect(None, _note)))

    def _unless_off(self, effect: Effect) -> "_Apply":
        return _Apply(self, effect)

    def _is_off(self, turn: Turn) -> bool:
        assert isinstance(turn, Stateful)
        until = turn.now - self.age_s
        old = (at <= until and (who != turn.email) is self.by_others for who, at, _ in _notes(turn))
        return sum(old) >= self.times


@dataclass(frozen=True)
class _Apply:
    """An effect that is skipped where the lot says so."""

    lot: Lot
    effect: Effect

    def __call__(self, turn: Turn) -> None:
        if not self.lot._is_off(turn):
            self.effect.apply(turn)


def _note(turn: Turn) -> None:
    assert isinstance(turn, Stateful)
    turn.note(turn.email, turn.now, len(turn.notes))


def _notes(turn: Stateful) -> Iterator[tuple[str, int, int]]:
    for note in turn.notes:
        assert isinstance(note, tuple)
        yield note


def _lots() -> list[tuple[int, int | None]]:
    """Return what can be left out: rows that refuse, or are demanded, and effects that are."""
    found: list[tuple[int, int | None]] = []
    for at, rule in enumerate(RULES):
        if rule.requirement and rule.reason and rule.applies.__name__ not in GUARDS:
            found.append((at, None))
        found += [(at, nth) for nth, each in enumerate(rule.effects) if each.requirement]
    return found


def drawn_fault(name: str) -> Fault | None:
    """Return the fault called `name`, as "drawn 0:17": the 18th drawn with the seed 0; None for another name."""
    if not (found := re.fullmatch(r"drawn (\d+):(\d+)", name)):
        return None
    lot = random.Random(f"kmc {found[1]}:{found[2]}")  # noqa: S311 (a lot, no secret)
    row, effect = lot.choice(_lots())
    drawn = Lot(row, effect, lot.choice(ACTS), lot.random() < 0.5, lot.choice(TIMES), lot.choice(list(AGES_S)))
    return Fault(name, drawn.sentence, drawn.requirements, Kind.DRAWN, Variant(rules=drawn.rules, turn=Stateful))


def drawn_faults(count: int, seed: int) -> Iterator[Fault]:
    """Yield the first `count` faults drawn with `seed` that `shows`."""
    nth = 0
    while count:
        fault = drawn_fault(f"drawn {seed}:{nth}")
        nth += 1
        if fault and shows(fault):
            count -= 1
            yield fault


def shows(fault: Fault) -> bool:
    """Whether anybody sees anything else of the fault than of the reference, in long walks by chance.

    A walk goes on beside the reference from the same configuration; the acts that set the fault off, and time, are in
    it by chance too.
    """
    reference, faulty = Rules(), Rules.of(fault.variant)
    lot = random.Random(fault.name)  # noqa: S311 (a lot, no secret)
    return any(_walk_differs(reference, faulty, lot) for _ in range(WALKS))


def _walk_differs(reference: Rules, faulty: Rules, lot: random.Random) -> bool:
    one, two = EVERYTHING.start(reference), EVERYTHING.start(faulty)
    for _ in range(MOVES):
        move = lot.choice(EVERYTHING.moves)
        made, other = move.make(one, reference), move.make(two, faulty)
        if made is None or other is None:
            if made is not other:
                return True
            continue
        if made.output != other.output:
            return True
        one, two = made.configuration, other.configuration
    return False
