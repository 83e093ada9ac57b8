"""Offers that never once worked in a run: whether the target refuses or the adapter cannot do it, nobody knows.

An adapter that answers its own exceptions with a refusal looks like a product that refuses everybody. So a refusal is
no departure where no action of its offer was accepted in a whole run.
"""

from collections.abc import Iterable, Sequence

import msgspec

from kmc_harness.port import NEEDED_OFFER, Offer
from kmc_harness.report.results import ScenarioResult
from kmc_harness.scenario.evidence import Acted
from kmc_harness.verdicts import Verdict

__all__ = ["departed", "doubted"]

_WHY = "; no {} was accepted in the whole run: does the adapter do it, or the target never?"
_OFFERS = {action.__name__: offer for action, offer in NEEDED_OFFER.items()}


def doubted(repeats: Sequence[Sequence[ScenarioResult]]) -> list[list[ScenarioResult]]:
    """Return the results, inconclusive where one departed by a refusal of what was never accepted in any of them."""
    acts = [each for results in repeats for result in results for each in _acts(result)]
    worked = {_OFFERS[each.action] for each in acts if each.answer == "accepted"}
    unworked = {_OFFERS[each.action] for each in acts} - worked
    return [[_doubted(each, unworked) for each in results] for results in repeats]


def _acts(result: ScenarioResult) -> Iterable[Acted]:
    events = (event for step in result.steps for event in step.events)
    return (each for each in events if isinstance(each, Acted) and each.action in _OFFERS)


def _doubted(result: ScenarioResult, unworked: set[Offer]) -> ScenarioResult:
    last = _last_act(result) if result.verdict in (Verdict.FAIL, Verdict.WARNING) else None
    if last is None or last.answer != "refused" or _OFFERS.get(last.action) not in unworked:
        return result
    return msgspec.structs.replace(
        result, verdict=Verdict.INCONCLUSIVE, actual=result.actual + _WHY.format(last.action)
    )


def departed(result: ScenarioResult) -> str:
    """Return what departed in a result that is inconclusive for this reason alone; empty where it is none."""
    begin, end = _WHY.split("{}")
    return result.actual.rpartition(begin)[0] if result.actual.endswith(end) else ""


def _last_act(result: ScenarioResult) -> Acted | None:
    """Return what was done last before it departed."""
    last = None
    for step in result.steps:
        last = next((each for each in reversed(step.events) if isinstance(each, Acted)), last)
        if step.text == result.step:
            break
    return last
