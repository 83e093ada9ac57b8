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


_DAY = "2026-11-30"
SETS: tuple[BlindSet, ...] = (
    BlindSet("november_a", _DAY, plain=9, sweep=13, everything=14, alarms=4),
    BlindSet("november_b", _DAY, plain=14, sweep=18, everything=18, alarms=2),
    BlindSet("november_c", _DAY, plain=12, sweep=15, everything=15, alarms=2),
    BlindSet("november_d", _DAY, plain=8, sweep=14, everything=16, alarms=1),
    BlindSet("november_e", _DAY, plain=11, sweep=15, everything=17, alarms=4),
    BlindSet("november_f", _DAY, plain=16, sweep=18, everything=18, alarms=0),
    BlindSet("november_g", _DAY, plain=17, sweep=20, everything=20, alarms=0),
)
"""Scenarios and contexts were widened after the sets a to c, then after d and e; f and g were met last."""


@cache
def faults_of_sets() -> dict[str, tuple[Fault, ...]]:
    """Return the faults and harmless changes of each set, called by set and name."""
    return {of.name: tuple(each.called(f"{of.name}: {each.fault.name}").fault for each in of.changes) for of in SETS}
