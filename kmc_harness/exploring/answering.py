"""Which rows of the reference's table answer what is done."""

from kmc_model.actions import Action
from kmc_model.analysis.configurations import Rules, Symbols
from kmc_model.model import Outcome
from kmc_model.records import State
from kmc_model.rules import GUARDS, Rule
from kmc_model.turn import Reason

__all__ = ["Noting", "Row"]

Row = tuple[str, bool]
"""A row that answered: its name, and whether it alone decided."""


class Noting(Rules):
    """The reference's rules, which note the row that answers each action.

    A refusal is not decided by its row alone where the next one that applies refuses alike: nobody would miss it.
    """

    _noted: list[Row]

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_noted", [])

    def perform(self, state: State, now: int, action: Action) -> tuple[State, Outcome]:
        here = self.turn(state, action, now, self.policy, Symbols())
        applying = (rule for rule in self.rules if rule.action is type(action) and rule.applies(here))
        first = next(applying)
        behind = None if first.applies.__name__ in GUARDS else next(applying, None)
        self._noted.append((first.name, behind is None or _answer(first) != _answer(behind)))
        return super().perform(state, now, action)

    def noted(self) -> tuple[Row, ...]:
        """Return the rows that have answered since this was asked last, one for each action."""
        noted = tuple(self._noted)
        self._noted.clear()
        return noted


def _answer(rule: Rule) -> str:
    """Return what tells its answer from those of other rows: of one that accepts, its effects."""
    if rule.reason is None:
        return rule.name
    return "asked" if rule.reason is Reason.CODE_NEEDED else "refused"
