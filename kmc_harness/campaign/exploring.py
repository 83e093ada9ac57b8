"""Looking for departures that no scenario speaks of: tours through the model's states, told to model and target alike.

The first departure is cut down to the sentences that it needs, with times as people say them.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kmc_harness.campaign.tours import lives
from kmc_harness.campaign.twins import Departed, Twins
from kmc_harness.port import Offer, Target
from kmc_harness.report.times import span
from kmc_harness.targets.model import ModelTarget
from kmc_model.lives import Life, edges

__all__ = ["AdapterBroke", "Found", "Search", "explore", "retell", "timed"]

Founders = Sequence[tuple[str, str]]
NEXT_LIMIT = "time passes to the next limit"
ROUND_TIMES = ("60 s", "1 h", "24 h 1 min", "25 h", "4 days", "31 days")
"""Lengths of time as people say them, short ones first."""


class AdapterBroke(Exception):
    """A target answered by an exception; the message says at which sentence."""


@dataclass(frozen=True)
class Found:
    """A departure, and the shortest story found that ends with it.

    Attributes:
        founders: who is registered where at first.
        told: the sentences; at the last one the two went different ways.
        scanned: after which of them, by place, somebody scans the QR code that is shown.
        departed: what each showed.
        requirement: the one that answered in the reference; None where another target was compared with.
        entries: how many QR codes the person has scanned by then.
        before_shrinking: how many sentences it took to find it.

    """

    founders: tuple[tuple[str, str], ...]
    told: tuple[str, ...]
    scanned: frozenset[int]
    departed: Departed
    requirement: str | None
    entries: int
    before_shrinking: int


@dataclass
class Search:
    """What came of exploring: at most one departure, and how far it went.

    `vanished` is a story that ended with a departure once, and not when it was told again.
    """

    found: Found | None = None
    vanished: tuple[str, ...] = ()
    actions: int = 0
    lives: int = 0
    transitions: set[tuple[str, int, int]] = field(default_factory=set)


def explore(
    expected: Target,
    target: Target,
    *,
    seed: int,
    goes_on: Callable[[], bool],
    on_progress: Callable[[Search], None] = lambda search: None,
    tag: str = "x",
) -> Search:
    """Tell both targets the same lives until they depart from each other, or `goes_on` says no.

    Args:
        expected: the model, or another target to compare with.
        target: the one that is explored; its clock must be movable.
        seed: of the walks.
        goes_on: asked before each sentence.
        on_progress: told after each life.
        tag: makes the people of this search new to the targets.

    Raises:
        AdapterBroke: a target answered by an exception.

    """
    search, twins = Search(), None
    one_account = Offer.MEMBERSHIPS not in expected.offers & target.offers
    for life in lives(random.Random(seed), one_account=one_account):  # noqa: S311 (walks are no secret)
        search.lives += 1
        told: list[str] = []
        twins = _begin(expected, target, f"{tag}{seed}{search.lives:x}", life.founders, twins)
        at_first = twins.actions
        for sentence, transition in life.sentences:
            if not goes_on():
                search.actions += twins.actions - at_first
                return search
            spoken = timed(sentence, expected)
            if spoken is None:
                continue
            told.append(spoken)
            search.transitions.add((life.topic, *transition))
            if _perform(twins, spoken):
                search.actions += twins.actions - at_first
                search.found = _Shrinking(expected, target, life.founders, f"{tag}{seed}s").shrink(told)
                search.vanished = () if search.found else tuple(told)
                return search
        search.actions += twins.actions - at_first
        on_progress(search)
    return search


def _begin(expected: Target, target: Target, tag: str, founders: Founders, before: Twins | None = None) -> Twins:
    common = expected.offers & target.offers
    if Offer.CLOCK not in common:
        raise AdapterBroke(f"{target.name} cannot be explored: it does not offer to move its clock ({Offer.CLOCK})")
    return Twins(expected, target, tag, founders, before)


def _perform(twins: Twins, sentence: str) -> Departed | None:
    try:
        return twins.perform(sentence)
    except Exception as error:
        what = twins.seen.world.recorder.quoted(f"{type(error).__name__}: {error}")
        raise AdapterBroke(f"the adapter broke where {sentence!r} was to be done: {what}") from error


def timed(sentence: str, reference: Target) -> str | None:
    """Return a sentence with the time in it, where it waits for whatever runs out next; None where nothing does."""
    if sentence != NEXT_LIMIT:
        return sentence
    if not isinstance(reference, ModelTarget):
        return "24 h pass"
    limits = edges(Life(reference.model.state, reference.now(), ()), reference.policy)
    at = min((each for each in limits if each > reference.now()), default=None)
    return f"{span(at - reference.now()).replace(' d', ' days')} pass" if at else None


class _Shrinking:
    """Cuts a story down for as long as it ends with the same departure."""

    def __init__(self, expected: Target, target: Target, founders: Founders, tag: str) -> None:
        self._targets = expected, target
        self._founders = tuple(founders)
        self._tag = tag
        self._tries = 0

    def shrink(self, told: Sequence[str]) -> Found | None:
        """Return the shortest story found; None where it does not happen again from a fresh start."""
        whole = self._retold(told)
        if whole is None:
            return None
        kept = self._shortened(list(whole.told), whole)
        kept = self._rounded(kept, whole)
        last = self._retold(kept) or whole
        return Found(
            last.founders,
            last.told,
            last.scanned,
            last.departed,
            last.requirement,
            last.entries,
            before_shrinking=len(told),
        )

    def _shortened(self, told: list[str], whole: Found) -> list[str]:
        """Delta debugging (Zeller, Hildebrandt 2002), with halves first and single sentences last."""
        size = max(len(told) // 2, 1)
        while size:
            at, before = 0, len(told)
            while at < len(told) - 1:
                fewer = [*told[:at], *told[min(at + size, len(told) - 1) :]]
                if len(fewer) < len(told) and (again := self._same(fewer, whole)):
                    told = list(again.told)
                else:
                    at += size
            # Single sentences are tried again for as long as one of them could go.
            size = 1 if size == 1 and len(told) < before else size // 2
        return told

    def _rounded(self, told: list[str], whole: Found) -> list[str]:
        for at, sentence in enumerate(told):
            if sentence.endswith(" pass") and sentence[0].isdigit():
                for each in ROUND_TIMES:
                    rounder = [*told[:at], f"{each} pass", *told[at + 1 :]]
                    if self._same(rounder, whole):
                        told = rounder
                        break
        return told

    def _same(self, told: Sequence[str], whole: Found) -> Found | None:
        again = self._retold(told)
        alike = again and (again.departed.sentence, again.departed.fields) == (
            whole.departed.sentence,
            whole.departed.fields,
        )
        return again if alike else None

    def _retold(self, told: Sequence[str]) -> Found | None:
        self._tries += 1
        twins = _begin(*self._targets, f"{self._tag}{self._tries:x}", self._founders)
        scanned: set[int] = set()
        for at, sentence in enumerate(told):
            if departed := _perform(twins, sentence):
                reference = twins.expected.target
                requirement = reference.requirement if isinstance(reference, ModelTarget) else None
                person = twins.expected.world.spoken_of
                entries = len(person.earlier) + (person.authenticator is not None) if person else 0
                story = tuple(told[: at + 1])
                return Found(
                    self._founders, story, frozenset(scanned), departed, requirement, entries, before_shrinking=at + 1
                )
            if twins.scanned and re.search(r" (opens|confirms) ", sentence):
                scanned.add(at)
        return None


def retell(expected: Target, target: Target, founders: Founders, told: Sequence[str]) -> Iterator[str]:
    """Tell both targets a story, and yield line by line what each sentence showed; ends where they depart."""
    twins = _begin(expected, target, "retold", founders)
    for sentence in told:
        departed = _perform(twins, sentence)
        yield f"{'✗' if departed else '✓'} {sentence}"
        if departed:
            for name in departed.fields:
                one, two = getattr(departed.expected, name), getattr(departed.seen, name)
                yield f"  {name}: expected {one!r}, seen {two!r}"
            return
