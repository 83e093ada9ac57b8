"""Scenarios in contexts before one target: which pairs there are, in what order, and what each shows.

A pair is a test if the reference passes it and no right variant departs in it, at the target's own instant; else it is
left out. Of two acts at the same moment either may come first. Only what a target does not pass is looked up so: a pass
needs no reason.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from itertools import chain
from typing import Any

from kmc_harness.port import Offer
from kmc_harness.report.results import ScenarioResult
from kmc_harness.specification import catalogue, contexts
from kmc_harness.specification.bindings import Told
from kmc_harness.specification.contexts import Context
from kmc_harness.targets.model import ModelTarget
from kmc_harness.targets.self_service import SelfService
from kmc_harness.telling.scene import Scene, tag_of, tell
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.faults import all_faults, by_name
from kmc_model.model import Variant
from kmc_model.policy import KALTURA_SERVER, departures

__all__ = ["End", "Plan", "Teller", "plan"]

_DEPARTED = (Verdict.FAIL, Verdict.WARNING)
_KEEPS_PAIRING = "SetPassword.always without renew_secret"
"""On a settings page a reset may leave the pairing as it is."""


class End(StrEnum):
    """How a pair ended; all but the first two say nothing of the target."""

    PASSED = "passed"
    DEPARTED = "departed"
    NO_TEST = "no test"
    """The reference does not pass it either, or a right variant departs in it."""
    UNREACHED = "not reached"
    SKIPPED = "skipped"
    BROKE = "broke off"


@dataclass(frozen=True)
class Plan:
    """All pairs of some scenarios, the most telling first.

    Attributes:
        scenarios, contexts: which.
        order: for each pair the places of its scenario and context in these, and the place in the scenario.
        sweep: how many pairs from the first on are a sweep: each requirement once in each context.

    """

    scenarios: Sequence[Told]
    contexts: Sequence[Context]
    order: Sequence[tuple[int, int, int]]
    sweep: int

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.order)

    def __getitem__(self, at: int) -> Told:
        """Return a pair, as a scenario."""
        scenario, context, place = self.order[at]
        told, chosen = self.scenarios[scenario], self.contexts[context]
        return contexts.pair(told, chosen, contexts.places(told, chosen)[place])


def plan(scenarios: Sequence[Told], chosen: Sequence[Context], seed: str = "0") -> Plan:
    """Return all pairs of `scenarios` and `chosen` contexts, drawn by `seed`.

    Each requirement meets each dimension first, then each context, then each context with another of its scenarios, at
    another place.
    """
    by_requirement: dict[str, list[int]] = {}
    for at, told in enumerate(scenarios):
        by_requirement.setdefault(told.requirement, []).append(at)
    found: list[tuple[tuple[int, int, int], tuple[int, int, int]]] = []
    for row, (requirement, own) in enumerate(by_requirement.items()):
        lot = random.Random(f"{seed}:{requirement}")  # noqa: S311 (a lot, no secret)
        met: dict[str, int] = {}
        for context in lot.sample(range(len(chosen)), len(chosen)):
            counts = ((at, len(contexts.places(scenarios[at], chosen[context]))) for at in own)
            pairs = [(at, context, place) for at, count in counts for place in range(count)]
            lot.shuffle(pairs)
            dimension = chosen[context].dimension
            turn = met[dimension] = met.get(dimension, -1) + bool(pairs)
            found += [((nth, turn, row), pair) for nth, pair in enumerate(pairs)]
    found.sort()
    return Plan(scenarios, chosen, [pair for _, pair in found], sum(nth == 0 for (nth, _, _), _ in found))


@cache
def _right_variants() -> tuple[tuple[Variant, frozenset[str]], ...]:
    """Return the right variants of the reference, each with the requirements that do not bind it.

    Right is what no requirement forbids. A variant that reads one requirement otherwise, or departs from what is no
    more than recommended, is right for all the others.
    """
    known = catalogue.load().values()
    readings = {each.id for each in known if each.level is catalogue.Level.INTERPRETED}
    recommended = {each.id for each in known if each.only_warns}
    found = [(each.variant, each.requirements) for each in all_faults() if recommended.issuperset(each.requirements)]
    found += [
        (replace(Variant(), policy=replace(Variant().policy, **{name: getattr(KALTURA_SERVER, name)})), requirements)
        for name, (_, requirements) in departures(KALTURA_SERVER).items()
        if readings.issuperset(requirements)
    ]
    return tuple((variant, frozenset(exempt)) for variant, exempt in found)


class Teller:
    """Tells pairs before one target."""

    def __init__(self, target: Any, seed: str = "0") -> None:
        """Tell before `target`, which was probed; `seed` makes the names of people."""
        self._target = target
        self._seed = seed
        self._told = 0
        self._forgets = getattr(target, "forgets", False)

    def judge(self, pair: Told) -> tuple[End, ScenarioResult]:
        """Tell `pair`, and return how it ended as a test, and as a scenario."""
        try:
            at = self._begins_at()
        except Exception as error:
            return End.BROKE, Scene(pair).result(error)
        result = self.tell(pair, with_evidence=not self._forgets)
        return self._ended(pair, result, at), result

    def _ended(self, pair: Told, result: ScenarioResult, at: int) -> End:
        if result.verdict is Verdict.PASS:
            return End.PASSED
        if result.verdict is Verdict.SKIPPED:
            return End.SKIPPED
        if not self._is_test(pair, at):
            return End.NO_TEST
        if result.verdict in _DEPARTED:
            return End.DEPARTED
        return End.BROKE if result.verdict is Verdict.ERROR else End.UNREACHED

    def minimised(self, pair: Told) -> ScenarioResult | None:
        """Return how `pair` departs with as few sentences as will do; None where it does not depart now."""
        if not self._departs(pair):
            return None
        result = self.tell(self._shortened(pair))
        return result if result.verdict in _DEPARTED else None

    def tell(self, pair: Told, *, with_evidence: bool = True) -> ScenarioResult:
        """Tell `pair` to people whose names are new; a target that forgets everybody may have the same again."""
        self._told += 1
        tag = tag_of(self._seed, "contexts" if self._forgets else f"{pair.id} {self._told}")
        return tell(pair, self._target, tag, with_evidence=with_evidence)

    def _is_test(self, pair: Told, at: int) -> bool:
        turns = (False, True) if contexts.is_race(pair) else (False,)
        return all(self._is_test_in_turn(pair, at, is_last_first=each) for each in turns)

    def _is_test_in_turn(self, pair: Told, at: int, *, is_last_first: bool) -> bool:
        verdict = partial(_verdict, pair, at=at, offers=self._target.offers, is_last_first=is_last_first)
        if verdict(Variant()) is not Verdict.PASS:
            return False
        binding = (variant for variant, exempt in _right_variants() if pair.requirement not in exempt)
        verdicts: Iterable[Verdict] = map(verdict, binding)
        if _is_self_service(self._target.offers):
            verdicts = chain(verdicts, [verdict(by_name(_KEEPS_PAIRING).variant, keeps_pairing=True)])
        return not any(verdict in _DEPARTED for verdict in verdicts)

    def _begins_at(self) -> int:
        """Return the target's instant at the start of a scenario."""
        self._target.reset()
        now: int = self._target.now()
        return now

    def _departs(self, pair: Told) -> bool:
        return self.judge(pair)[0] is End.DEPARTED

    def _shortened(self, pair: Told) -> Told:
        """Return `pair` without those rows of its interlude that the departure does not need."""
        rows = contexts.rows_of(pair)
        size = len(rows)
        while size:
            for begin in range(0, len(rows), size):
                fewer = rows[:begin] + rows[begin + size :]
                if fewer and self._departs(contexts.shortened(pair, fewer)):
                    rows = fewer
                    break
            else:
                size //= 2
        return contexts.shortened(pair, rows)


def _is_self_service(offers: frozenset[Offer]) -> bool:
    return Offer.SETTINGS in offers and Offer.ENABLE not in offers


def _verdict(
    pair: Told,
    variant: Variant,
    at: int,
    offers: frozenset[Offer],
    *,
    keeps_pairing: bool = False,
    is_last_first: bool = False,
) -> Verdict:
    """Return how a pair ends on the model, as a product with these offers."""
    reference = (
        SelfService(variant, start=at, keeps_pairing=keeps_pairing)
        if _is_self_service(offers)
        else ModelTarget(variant, start=at)
    )
    reference.offers &= offers
    reference.is_last_first = is_last_first
    return tell(pair, reference, "reference", with_evidence=False).verdict
