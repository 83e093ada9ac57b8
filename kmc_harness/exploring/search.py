"""Looking for departures that no scenario speaks of: tours through the model's states, told to model and target alike.

A departure is cut down to the sentences that it needs, with times as people say them.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import accumulate

from kmc_harness.exploring.differential import DIFFER, Twins
from kmc_harness.exploring.divergence import Departed
from kmc_harness.exploring.tours import ALife, lives
from kmc_harness.port import Offer, Target
from kmc_harness.report.times import span
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Misuse
from kmc_model.analysis.configurations import Life, edges

__all__ = ["AdapterBroke", "Found", "Search", "explore", "retell", "timed"]

Founders = Sequence[tuple[str, str]]
NEXT_LIMIT = "time passes to the next limit"
ROUND_TIMES = ("60 s", "1 h", "24 h 1 min", "25 h", "4 days", "31 days")
"""Lengths of time as people say them, short ones first."""


ASIDE_S = 5


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

    @property
    def kind(self) -> object:
        """What makes two departures one: the requirement; or what is given away; or what differs after what is done."""
        told, fields = self.departed.seen.telling, self.departed.fields
        return self.requirement or (self._done if fields != ("telling",) else "", fields, frozenset(told))

    @property
    def _done(self) -> str:
        """The verb of the sentence."""
        return self.departed.sentence.partition(" ")[2].partition(" ")[0]

    @property
    def parts_them(self) -> bool:
        """Whether the two targets may be in different states from here on."""
        return not {"qr_code", "silent", "telling"}.issuperset(self.departed.fields)


@dataclass
class Search:
    """What came of exploring: departures, each of another kind, and how far it went.

    `vanished` is a story that ended with a departure once, and not when it was told again; `broke_off` says where an
    adapter broke after a departure.
    """

    departures: list[Found] = field(default_factory=list)
    vanished: tuple[str, ...] = ()
    broke_off: str = ""
    actions: int = 0
    lives: int = 0
    transitions: set[tuple[str, int, int]] = field(default_factory=set)

    @property
    def found(self) -> Found | None:
        """The first departure."""
        return self.departures[0] if self.departures else None


def explore(
    expected: Target,
    target: Target,
    *,
    seed: int,
    goes_on: Callable[[], bool],
    most: int = 1,
    cuts_on: Callable[[], bool] = lambda: True,
    on_progress: Callable[[Search], None] = lambda search: None,
    tag: str = "x",
) -> Search:
    """Tell both targets the same lives until they have departed from each other so often, or `goes_on` says no.

    The rest of a life is left out where they may be in different states after a departure, or it has been cut down.

    Args:
        expected: the model, or another target to compare with.
        target: the one that is explored; its clock must be movable.
        seed: of the walks.
        goes_on: asked before each sentence.
        most: how many departures to look for, each of another kind.
        cuts_on: asked before each try to cut down a departure; where it says no, the story is left as it is.
        on_progress: told after each life.
        tag: makes the people of this search new to the targets.

    Raises:
        AdapterBroke: a target answered by an exception, and nothing was found before.
        Misuse: its clock cannot be moved.

    """
    exploring, twins = _Exploring(expected, target, f"{tag}{seed}", goes_on, cuts_on, most), None
    search = exploring.search
    one_account = Offer.MEMBERSHIPS not in expected.offers & target.offers
    with _kept(search):
        for life in lives(random.Random(seed), one_account=one_account):  # noqa: S311 (walks are no secret)
            search.lives += 1
            twins = _begin(expected, target, f"{tag}{seed}{search.lives:x}", life.founders, twins)
            at_first = twins.actions
            is_over = exploring.live(life, twins)
            search.actions += twins.actions - at_first
            if is_over:
                break
            for _ in life.sentences:
                pass  # What is not told counts as told: else the same would come again.
            on_progress(search)
    return search


@dataclass
class _Exploring:
    """What `explore` was asked, what has come of it, and which kinds of departures are known."""

    expected: Target
    target: Target
    tag: str
    goes_on: Callable[[], bool]
    cuts_on: Callable[[], bool]
    most: int
    search: Search = field(default_factory=Search)
    known: set[object] = field(default_factory=set)

    def live(self, life: ALife, twins: Twins) -> bool:
        """Tell a life, up to what ends it; return whether the search is over."""
        story = _Story(life.founders)
        for sentence, transition in life.sentences:
            if not self.goes_on():
                return True
            spoken = timed(sentence, self.expected, runs=twins.runs)
            if spoken is None:
                continue
            found = story.go_on(twins, spoken)
            if twins.done:
                self.search.transitions.add((life.topic, *transition))
            if found and found.kind not in self.known:
                return self._keep(found)  # Cutting it down begins new lives on both.
            if found and found.parts_them:
                return False
        return False

    def _keep(self, found: Found) -> bool:
        """Cut a departure down and keep it; return whether there are enough, or it did not happen again."""
        tag = f"{self.tag}s{len(self.known):x}s"
        shrunk = _Shrinking(self.expected, self.target, tag, self.cuts_on, self.known).shrink(found)
        self.known.add(found.kind)
        if shrunk is None:
            self.search.vanished = found.told
            return True
        self.search.departures.append(shrunk)
        return len(self.search.departures) == self.most


@contextmanager
def _kept(search: Search) -> Iterator[None]:
    """Keep what was found before an adapter breaks."""
    try:
        yield
    except AdapterBroke as error:
        if not search.departures:
            raise
        search.broke_off = str(error)


def _begin(expected: Target, target: Target, tag: str, founders: Founders, before: Twins | None = None) -> Twins:
    common = expected.offers & target.offers
    if Offer.CLOCK not in common:
        raise Misuse(f"{target.name} cannot be explored: it does not offer to move its clock ({Offer.CLOCK})")
    try:
        return Twins(expected, target, tag, founders, before)
    except Exception as error:
        people = " and ".join(f"{name} in {account}" for name, account in founders)
        raise AdapterBroke(f"{people} could not be registered to begin with: {in_words(error, target)}") from error


class _Story:
    """What has been told to twins, sentence by sentence."""

    def __init__(self, founders: Founders) -> None:
        self._founders = tuple(founders)
        self._told: list[str] = []
        self._scanned: set[int] = set()

    def go_on(self, twins: Twins, sentence: str) -> "Found | None":
        """Tell the next sentence; return the story so far where they depart from each other at it."""
        self._told.append(sentence)
        entries = _entries(twins, sentence)
        try:
            departed = twins.perform(sentence)
        except Exception as error:
            who = "the adapter" if twins.acting is twins.seen else "the adapter compared with"
            what = in_words(error, twins.acting.target)
            raise AdapterBroke(f"{who} broke where {sentence!r} was to be done: {what}") from error
        found = None
        if departed:
            told = tuple(self._told)
            requirement = _requirement(departed, twins.expected.target)
            entries += bool(departed.expected.shown)
            found = Found(self._founders, told, frozenset(self._scanned), departed, requirement, entries, len(told))
        if twins.scanned and re.search(r" (opens|confirms) ", sentence):
            self._scanned.add(len(self._told) - 1)
        return found


def _entries(twins: Twins, sentence: str) -> int:
    """Return how many QR codes the person has scanned of whom a sentence speaks."""
    name = sentence.partition(" ")[0]
    person = twins.expected.world.people.known(name)
    return len(person.entries) if person else 0


def _requirement(departed: Departed, reference: Target) -> str | None:
    """Return the requirement that the reference answered by, where it is by its answer that they differ."""
    if departed.fields == ("telling",) and departed.seen.telling and departed.seen.telling[0].startswith(DIFFER):
        return "SEC-004"
    if departed.expected.unreached or {"tried", "telling"}.issuperset(departed.fields):
        return None
    return reference.requirement if isinstance(reference, ModelTarget) else None


def timed(sentence: str, reference: Target, *, runs: bool = False) -> str | None:
    """Return a sentence with the time in it, where it waits for whatever runs out next; None where nothing does.

    Where a clock `runs` on its own, it stops a little before the limit and a little after it, not at the very second.
    """
    if sentence != NEXT_LIMIT:
        return sentence
    if not isinstance(reference, ModelTarget):
        return "24 h pass"
    limits = edges(Life(reference.model.state, reference.now(), ()), reference.policy)
    stops = (limit + off_s for limit in limits for off_s in ((-ASIDE_S, ASIDE_S) if runs else (0,)))
    at = min((each for each in stops if each > reference.now()), default=None)
    if at is None:
        return None
    days, is_long, rest = span(at - reference.now()).partition(" d")
    return f"{days} day{'s' * (days != '1')}{rest} pass" if is_long else f"{days} pass"


class _Shrinking:
    """Cuts a story down for as long as it ends with the same departure."""

    def __init__(
        self, expected: Target, target: Target, tag: str, cuts_on: Callable[[], bool], known: Iterable[object]
    ) -> None:
        self._targets = expected, target
        self._known = frozenset(known)
        self._tag = tag
        self._tries = 0
        self._cuts_on = cuts_on

    def shrink(self, found: Found) -> Found | None:
        """Return the shortest story found; None where it does not happen again from a fresh start.

        Where the target breaks or there is no more time, it is the shortest one so far.
        """
        best = found
        try:
            whole = self._retold(found.founders, found.told)
            if whole is None:
                return None
            best = whole
            for each in self._shorter(whole):
                best = each
        except AdapterBroke:
            pass
        return replace(best, before_shrinking=len(found.told))

    def _shorter(self, whole: Found) -> Iterator[Found]:
        """Yield shorter and shorter stories: delta debugging (Zeller, Hildebrandt 2002), halves first.

        Then come round times, and stories of fewer people.
        """
        told = list(whole.told)
        # Of a sentence that does several things, the first ones may do.
        for ends in accumulate(told[-1].split("; "), lambda *parts: "; ".join(parts)):
            if again := self._same([*told[:-1], ends], whole):
                told = list(again.told)
                yield again
                break
        size = max(len(told) // 2, 1)
        while size:
            at, before = 0, len(told)
            while at < len(told) - 1:
                fewer = [*told[:at], *told[min(at + size, len(told) - 1) :]]
                if len(fewer) < len(told) and (again := self._same(fewer, whole)):
                    told = list(again.told)
                    yield again
                else:
                    at += size
            # Single sentences are tried again for as long as one of them could go.
            size = 1 if size == 1 and len(told) < before else size // 2
        for at, sentence in enumerate(told):
            if sentence.endswith(" pass") and sentence[0].isdigit():
                for each in ROUND_TIMES:
                    rounder = [*told[:at], f"{each} pass", *told[at + 1 :]]
                    if again := self._same(rounder, whole):
                        told = rounder
                        yield again
                        break
        founders = whole.founders
        for founder in sorted(founders, reverse=True):
            others = tuple(each for each in founders if each != founder)
            spoken_of = any(founder[1] in sentence for sentence in told)
            is_last = founder[1] not in {account for _, account in others}
            if others and not (is_last and spoken_of) and (again := self._same(told, whole, others)):
                founders = others
                yield again

    def _same(self, told: Sequence[str], whole: Found, founders: Founders | None = None) -> Found | None:
        if not self._cuts_on():
            return None
        again = self._retold(whole.founders if founders is None else founders, told)
        alike = again and (again.departed.sentence, again.departed.fields) == (told[-1], whole.departed.fields)
        return again if alike else None

    def _retold(self, founders: Founders, told: Sequence[str]) -> Found | None:
        self._tries += 1
        twins = _begin(*self._targets, f"{self._tag}{self._tries:x}", founders)
        story = _Story(founders)
        for sentence in told:
            found = story.go_on(twins, sentence)
            if found and found.kind not in self._known:
                return found
            if found and found.parts_them:
                return None
        return None


def retell(expected: Target, target: Target, founders: Founders, told: Sequence[str]) -> Iterator[str]:
    """Tell both targets a story, and yield line by line what each sentence showed; ends where they depart."""
    twins, story = _begin(expected, target, "retold", founders), _Story(founders)
    for sentence in told:
        found = story.go_on(twins, sentence)
        yield f"{'✗' if found else '✓'} {sentence}"
        if found:
            for one, two in found.departed.in_words():
                yield f"  expected {one}, seen {two}"
            return
