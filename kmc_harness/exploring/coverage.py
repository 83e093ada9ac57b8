"""Rules that record which rows of the table answer what is done."""

from functools import cached_property

from kmc_model.actions import Action
from kmc_model.analysis.configurations import Rules, Symbols
from kmc_model.analysis.faults.derived import GUARDS
from kmc_model.model import Outcome
from kmc_model.records import State
from kmc_model.rules import Rule
from kmc_model.turn import Reason

__all__ = ["CoverageRules", "Row"]

Row = tuple[str, bool]
"""A row that answered: its name, and whether it was decisive."""


class CoverageRules(Rules):
    """The reference's rules, recording the row that answers each action.

    A row is decisive unless removing it leaves the answer unchanged: the next row that applies may refuse as well.
    """

    @cached_property
    def _answered(self) -> list[Row]:
        return []

    def perform(self, state: State, now: int, action: Action) -> tuple[State, Outcome]:
        """Return the state after `action` at `now`, and the answer."""
        here = self.turn(state, action, now, self.policy, Symbols())
        applying = (rule for rule in self.rules if rule.action is type(action) and rule.applies(here))
        first = next(applying)
        behind = None if first.applies.__name__ in GUARDS else next(applying, None)
        self._answered.append((first.name, behind is None or _answer(first) != _answer(behind)))
        return super().perform(state, now, action)

    def take(self) -> tuple[Row, ...]:
        """Return the rows that have answered since this was asked last, one for each action."""
        rows = tuple(self._answered)
        self._answered.clear()
        return rows


def _answer(rule: Rule) -> str:
    """Return what tells its answer from those of other rows: of one that accepts, its effects."""
    if rule.reason is None:
        return rule.name
    return "asked" if rule.reason is Reason.CODE_NEEDED else "refused"
