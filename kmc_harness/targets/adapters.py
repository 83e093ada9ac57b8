"""What every adapter has, in words."""

from typing import Any

from kmc_harness.port import Offer
from kmc_harness.verdicts import AdapterMistake

__all__ = ["OWN_PROCESS", "THIS_PROCESS", "check_whole"]

OWN_PROCESS, THIS_PROCESS = "a process of its own", "the process that judges"
"""Where an adapter runs, as reports say it."""

METHODS = {
    "name": "a text, what reports call it",
    "offers": "a frozenset of kmc_harness.port.Offer",
    "reset": "reset() begins a scenario, with people never seen before",
    "perform": "perform(action) returns the Observation, as `kmc actions` lists both",
    "close": "close() lets go of everything",
    "now": "now() returns the target's clock in epoch seconds",
    "advance": "advance(seconds) moves the target's clock forward; or do not offer 'clock'",
    "outbox": "outbox(email) returns the kmc_harness.port.Mail to it; or do not offer 'outbox'",
    "mails_are_out": "mails_are_out() returns whether all mail so far is in the mailbox; or leave `idle` out of [mail]",
    "at_once": "at_once(actions) does them at the same moment and returns what was seen of each, as "
    "kmc_harness.racing.in_threads(self.perform, actions) does; or do not offer 'race'",
}
"""What an adapter has, each in words."""


def check_whole(adapter: Any, *more: str) -> None:
    """See that `adapter` has what every adapter has, and `more`.

    Raises:
        AdapterMistake: something is missing, or it offers what there is not.

    """
    offered = {str(each) for each in getattr(adapter, "offers", ())}
    needed = ["offers", "reset", "perform", "close", *more, *(["at_once"] if Offer.RACE in offered else [])]
    if missing := [each for each in dict.fromkeys(needed) if not hasattr(adapter, each)]:
        lacks = "; no ".join(f"{each}: {METHODS[each]}" for each in missing)
        raise AdapterMistake(f"the adapter has no {lacks}")
    if unknown := sorted(offered - set(Offer)):
        known = ", ".join(sorted(Offer))
        raise AdapterMistake(f"the adapter offers {', '.join(map(repr, unknown))}, which is none of {known}")
