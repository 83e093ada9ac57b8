"""Faults and harmless changes written blind, with the score of the day on which they were met first.

Their authors knew the article, the requirements and the model's core, and neither features, contexts nor catalogue. A
set says most before anything is mended after it; then it is one of ours, and a new one is written.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from kmc_model.analysis.faults._fault import Fault
from kmc_model.analysis.faults.blind.witness import Witnessed

__all__ = ["SETS", "BlindSet", "faults_of_sets"]


@dataclass(frozen=True)
class BlindSet:
    """What one author wrote.

    Attributes:
        name: the module.
        written: the day (ISO 8601).
        plain, sweep, everything: how many faults the scenarios caught under a right requirement when they first met
            them: as they stood, in a sweep of contexts too, in all contexts too.
        alarms: how many of the harmless changes were flagged then.

    """

    name: str
    written: str
    plain: int
    sweep: int
    everything: int
    alarms: int

    @property
    def changes(self) -> tuple[Witnessed, ...]:
        """The faults, and the harmless changes."""
        found: tuple[Witnessed, ...] = import_module(f"{__name__}.{self.name}").CHANGES
        return found


SETS: tuple[BlindSet, ...] = ()


@cache
def faults_of_sets() -> dict[str, tuple[Fault, ...]]:
    """Return the faults and harmless changes of each set, called by set and name."""
    return {of.name: tuple(each.called(f"{of.name}: {each.fault.name}").fault for each in of.changes) for of in SETS}
