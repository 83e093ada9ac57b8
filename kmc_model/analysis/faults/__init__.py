"""Deliberate defects of the model, to prove that a suite notices what it should, and nothing else.

Derived by machine from the table of rules and from the policy, and written by hand: as real systems have had them,
and with hidden state. Benign changes, which no requirement forbids, are there to be survived.
"""

from functools import cache

from kmc_model.analysis.faults._fault import Fault, Kind, together

__all__ = ["Fault", "Kind", "all_faults", "by_name", "together"]


@cache
def all_faults() -> tuple[Fault, ...]:
    """Return every fault and every benign change, in the order of the table and the catalogue."""
    from kmc_model.analysis.faults.benign import BENIGN
    from kmc_model.analysis.faults.derived import of_policy, of_rows
    from kmc_model.analysis.faults.hidden import HIDDEN
    from kmc_model.analysis.faults.realistic import REALISTIC

    return (*of_rows(), *of_policy(), *REALISTIC, *HIDDEN, *BENIGN)


def by_name(name: str) -> Fault:
    """Return the fault called `name`, of the catalogue, of the blind sets, or drawn by lot.

    Raises:
        LookupError: there is none.

    """
    for each in all_faults():
        if each.name == name:
            return each
    from kmc_model.analysis.faults.blind import faults_of_sets
    from kmc_model.analysis.faults.drawn import drawn_fault

    for each in (each for faults in faults_of_sets().values() for each in faults):
        if each.name == name:
            return each
    if drawn := drawn_fault(name):
        return drawn
    raise LookupError(f"there is no fault {name!r}")
