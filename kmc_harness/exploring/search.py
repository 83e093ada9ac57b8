"""The search for departures outside the scenarios: tours of the model's states, on model and target in parallel.

A departure is minimised: only its necessary moves remain, with round times.
"""

import random
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from kmc_harness.exploring.attribution import broken, is_open, leaked
from kmc_harness.exploring.counts import fitted, spoken
from kmc_harness.exploring.differential import Differential, Seen, agrees
from kmc_harness.exploring.divergence import Divergence
from kmc_harness.exploring.tours import Trace, traces
from kmc_harness.port import Offer, Target
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Misuse
from kmc_model.analysis.configurations import Act, Configuration, Move, edges, move_of, then, waits
from kmc_model.policy import ARTICLE, Policy, choices
from kmc_model.sentences import duration_s

__all__ = ["AdapterBroke", "Found", "Run", "Search", "again", "explore", "need_clock", "rerun", "timed"]

Founders = Sequence[tuple[str, str]]
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
ROUND_TIMES_S = (MINUTE_S, HOUR_S, DAY_S + MINUTE_S, 25 * HOUR_S, 4 * DAY_S, 31 * DAY_S)
"""Lengths of time as people say them, short ones first."""
ASIDE_S = 5
FEW = 10
LESS_AND_LESS_PLAIN = ("no code", "an empty code", "a code made of six zeros", "a wrong code")
"""What may be typed for a code, the least first."""


class AdapterBroke(Exception):
    """A target raised an exception; the message names the move."""


@dataclass(frozen=True)
class Found:
    """A departure, and the shortest trace found that ends with it.

    Attributes:
        founders: the people and their accounts at the start.
        moves: the moves of the trace; the two targets differ at the last one.
        scanned: the positions of the moves after which the shown QR code is scanned.
        divergence: the observations of both targets.
        requirement: the one that is broken; None in a comparison with another target.
        entries: the number of QR codes scanned by the person so far.
        before_shrinking: the number of moves before the minimisation.
        seen: what the target showed.
        policy: of the model that it was compared with.

    """

    founders: tuple[tuple[str, str], ...]
    moves: tuple[Move, ...]
    scanned: frozenset[int]
    divergence: Divergence
    requirement: str | None
    entries: int
    before_shrinking: int
    seen: tuple[Seen, ...] = field(default=(), compare=False, repr=False)
    policy: Policy = field(default=ARTICLE, compare=False, repr=False)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The moves in words."""
        return tuple(each.sentence for each in self.moves)

    @property
    def waited_s(self) -> int:
        """How much time its moves let pass, in seconds."""
        return sum(_seconds_of(step) for move in self.moves for step in move.steps if step.act is Act.WAIT)

    @property
    def kind(self) -> object:
        """The key of equal departures: the requirement, if there is one; else last act, differing fields and leaks."""
        leaks, fields = self.divergence.actual.leaks, self.divergence.fields
        done = self.divergence.move.steps[-1].act if fields != ("leaks",) else None
        if self.requirement and self.divergence.actual.unreached:
            # What breaks off is another matter than what is done, and brings something else.
            return self.requirement, self.divergence.actual.unreached
        return self.requirement or (done, fields, frozenset(leaks))

    @property
    def parts_them(self) -> bool:
        """Whether the two targets may be in different states from here on."""
        return not {"qr_code", "silent", "leaks"}.issuperset(self.divergence.fields)


@dataclass
class Search:
    """The result of a search: departures of different kinds, and its extent.

    `vanished` is a trace with a departure that did not happen again in a second run. `broke_off` is the message of an
    adapter that broke after a departure. `explained` are the choices by which the model was told to answer from where
    they were met. `doubted` are departures that may not be the target's, each with why. `was_stopped`: somebody has
    stopped it (Ctrl-C).
    """

    departures: list[Found] = field(default_factory=list)
    doubted: list[tuple[Found, str]] = field(default_factory=list)
    vanished: tuple[str, ...] = ()
    broke_off: str = ""
    was_stopped: bool = False
    explained: dict[str, Any] = field(default_factory=dict)
    actions: int = 0
    traces: int = 0
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
    doubt: Callable[[Found], str] = lambda found: "",
    tag: str = "x",
) -> Search:
    """Run traces on both targets until `most` departures are found, `goes_on` returns False, or somebody stops it.

    A trace ends early after a minimised departure, and after one that may leave the targets in different states. What
    another choice that the requirements leave open explains is no departure: the model takes it from there on.

    Args:
        expected: the model, or another target to compare with.
        target: the one that is explored; its clock must be movable.
        seed: of the tours.
        goes_on: called before each move; False ends the search.
        most: the number of departures to find, all of different kinds.
        cuts_on: called before each attempt to shorten a trace; False ends the shortening.
        on_progress: called after each trace.
        doubt: says of a departure why it may not be the target's, or nothing.
        tag: makes the people of this search new to the targets.

    Raises:
        AdapterBroke: a target answered by an exception, and nothing was found before.
        Misuse: its clock cannot be moved.

    """
    exploring, differential = _Exploring(expected, target, f"{tag}{seed}", goes_on, cuts_on, most, doubt), None
    search = exploring.search
    one_account = Offer.MEMBERSHIPS not in expected.offers & target.offers
    with _kept(search):
        tours = traces(random.Random(seed), one_account=one_account)  # noqa: S311 (tours are no secret)
        for trace in chain(_first(), tours):
            search.traces += 1
            differential = _begin(expected, target, f"{tag}{seed}{search.traces:x}", trace.founders, differential)
            is_over, again = exploring.run(trace, differential)
            while again:
                # The model has taken a choice: the trace goes on from where it was.
                tag_again = f"{tag}{seed}{search.traces:x}c{len(search.explained):x}"
                differential = _begin(expected, target, tag_again, trace.founders, differential)
                is_over, again = exploring.run(trace, differential, again)
            if is_over or search.was_stopped:
                break
            for _ in trace.moves:
                pass  # The rest of a trace counts as covered: otherwise it would come again.
            on_progress(search)
    return search


def _first() -> Iterator[Trace]:
    """Yield the traces that show who asks for no code at all, and who locks for ever: both hide what else departs."""
    yield _trace("the vendor switches two-factor authentication on for Acme", "Ada logs in to Acme with no code")
    yield _trace("10 wrong passwords are tried for Ada", A_DAY.sentence, "Ada logs in to Acme with no code")


def _trace(*sentences: str) -> Trace:
    return Trace("", (("Ada", "Acme"),), iter([(move_of(each), None) for each in sentences]))


@dataclass
class _Exploring:
    """The arguments of `explore`, its result so far, and the known kinds of departures."""

    expected: Target
    target: Target
    tag: str
    goes_on: Callable[[], bool]
    cuts_on: Callable[[], bool]
    most: int
    doubt: Callable[[Found], str]
    search: Search = field(default_factory=Search)
    known: set[object] = field(default_factory=set)
    told: set[str | None] = field(default_factory=set)
    excuses: dict[object, set[tuple[str, Any]]] = field(default_factory=dict)
    shrunk: int = 0

    def run(self, trace: Trace, differential: Differential, before: Sequence[Move] = ()) -> tuple[bool, Sequence[Move]]:
        """Run a trace after the moves `before`, up to what ends it.

        Returns whether the search is over, and the moves to begin with once more where the model has taken a choice.
        """
        at_first = differential.actions
        try:
            return self._run(trace, differential, before)
        finally:
            self.search.actions += differential.actions - at_first

    def _run(self, trace: Trace, differential: Differential, before: Sequence[Move]) -> tuple[bool, Sequence[Move]]:
        run = Run(trace.founders)
        for move, transition in chain(((each, None) for each in before), trace.moves):
            if not self.goes_on():
                return True, ()
            chosen = timed(fitted(move, _policy_of(self.expected)), self.expected, runs=differential.runs)
            if chosen is None:
                continue
            found = run.make(differential, chosen)
            if differential.made and transition:
                self.search.transitions.add((trace.topic, *transition))
            if found and found.kind not in self.known:
                explained = len(self.search.explained)
                is_over = self._keep(found)  # Shortening it begins new traces on both.
                return is_over, found.moves if len(self.search.explained) > explained else ()
            if found and found.parts_them:
                return False, ()
        return False, ()

    def _keep(self, found: Found) -> bool:
        """Minimise and keep a departure; return True if it was the last one, or did not happen again."""
        excuses = self.excuses.get(_last_of(found), ()) if found.parts_them else ()
        if any(self._explains(choice, found) for choice in excuses):
            return False
        self.shrunk += 1
        tag = f"{self.tag}s{self.shrunk:x}s"
        shrinking = _Shrinking(self.expected, self.target, tag, self.cuts_on, self.known)
        shrunk = shrinking.shrink(found)
        self.search.was_stopped = shrinking.was_stopped
        if shrunk is None:
            self.search.vanished = found.sentences
            return True
        told = shrunk if shrinking.was_stopped else self._unexplained(shrunk, shrinking)
        if told is None:
            return False
        self.known |= {found.kind, told.kind}
        told = replace(told, requirement=broken(told.moves, told.divergence, told.requirement))
        if why := self.doubt(told):
            self.search.doubted.append((told, why))
        elif told.requirement is None or told.requirement not in self.told:
            self.told.add(told.requirement)
            self.search.departures.append(told)
        return len(self.search.departures) == self.most or self.search.was_stopped

    def _unexplained(self, found: Found, shrinking: "_Shrinking") -> Found | None:
        """Return a departure that no choice explains, of `found` or of what it becomes at the limit of the choice."""
        may_choose = isinstance(self.expected, ModelTarget) and found.parts_them
        for choice in _others(found.policy) if may_choose else ():
            if self._explains(choice, found):
                is_number = type(choice[1]) is int
                if is_number and (beyond := shrinking.stretch(found, replace(found.policy, **dict([choice])))):
                    return beyond
                self._take(choice, found)
                return None
        return found

    def _explains(self, choice: tuple[str, Any], found: Found) -> bool:
        assert isinstance(self.expected, ModelTarget)
        variant = replace(self.expected.variant, policy=replace(found.policy, **dict([choice])))
        return agrees(variant, found.founders, found.seen, self.expected.offers & self.target.offers)

    def _take(self, choice: tuple[str, Any], found: Found) -> None:
        """Have the model choose so from here on; what chooses now this way, now that way is looked at each time."""
        assert isinstance(self.expected, ModelTarget)
        name, value = choice
        self.excuses.setdefault(_last_of(found), set()).update({choice, (name, getattr(found.policy, name))})
        if name not in self.search.explained:
            self.search.explained[name] = value
            self.expected.variant = replace(self.expected.variant, policy=replace(found.policy, **dict([choice])))


def _last_of(found: Found) -> object:
    return found.divergence.move.steps[-1].act, found.divergence.fields


def _others(policy: Policy) -> Iterator[tuple[str, Any]]:
    """Yield every other allowed answer of each choice; of many numbers the first and the last."""
    for name, choice in choices().items():
        allowed = choice.allowed
        ends = allowed if len(allowed) <= FEW else (allowed[0], allowed[-1])
        for value in dict.fromkeys((*ends, getattr(ARTICLE, name))):
            if value != getattr(policy, name):
                yield name, value


def _policy_of(reference: Target) -> Policy:
    return reference.policy if isinstance(reference, ModelTarget) else ARTICLE


@contextmanager
def _kept(search: Search) -> Iterator[None]:
    """Keep what was found before an adapter breaks, or somebody stops the search."""
    try:
        yield
    except KeyboardInterrupt:
        search.was_stopped = True
    except AdapterBroke as error:
        if not search.departures:
            raise
        search.broke_off = str(error)


def need_clock(target: Target) -> None:
    """See that a target can be explored.

    Raises:
        Misuse: its clock cannot be moved.

    """
    if Offer.CLOCK not in target.offers:
        raise Misuse(f"{target.name} cannot be explored: it does not offer to move its clock ({Offer.CLOCK})")


def _begin(
    expected: Target, target: Target, tag: str, founders: Founders, before: Differential | None = None
) -> Differential:
    need_clock(target)
    try:
        return Differential(expected, target, tag, founders, before)
    except Exception as error:
        people = " and ".join(f"{name} in {account}" for name, account in founders)
        raise AdapterBroke(f"{people} could not be registered to begin with: {in_words(error, target)}") from error


class Run:
    """What has been made of a trace, move by move."""

    def __init__(self, founders: Founders) -> None:
        """Begin with nothing made."""
        self._founders = tuple(founders)
        self._moves: list[Move] = []
        self._scanned: set[int] = set()

    def make(self, differential: Differential, move: Move) -> "Found | None":
        """Make the next move; return the trace so far where the two depart from each other at it."""
        self._moves.append(move)
        entries = _entries(differential, move)
        try:
            divergence = differential.perform(move)
        except Exception as error:
            who = "the adapter" if differential.acting is differential.actual else "the adapter compared with"
            what = in_words(error, differential.acting.target)
            raise AdapterBroke(f"{who} broke where {move.sentence!r} was to be done: {what}") from error
        found = None
        requirement = _requirement(divergence, differential.expected.target) if divergence else None
        if divergence and not is_open(divergence, requirement):
            moves = tuple(self._moves)
            entries += bool(divergence.expected.shown)
            scanned = frozenset(self._scanned)
            policy = _policy_of(differential.expected.target)
            seen = tuple(differential.seen)
            found = Found(self._founders, moves, scanned, divergence, requirement, entries, len(moves), seen, policy)
        if differential.scanned and move.does(Act.OPEN_LINK, Act.CONFIRM_PASSWORD):
            self._scanned.add(len(self._moves) - 1)
        return found


def _entries(differential: Differential, move: Move) -> int:
    """Return the number of QR codes that the actor has scanned."""
    person = differential.expected.world.people.known(move.actor)
    return len(person.entries) if person else 0


def _requirement(divergence: Divergence, reference: Target) -> str | None:
    """Return the requirement behind the reference's answer, if the targets differ in this answer."""
    if divergence.fields == ("leaks",):
        return leaked(divergence)
    if divergence.expected.unreached or {"tried", "leaks"}.issuperset(divergence.fields):
        return None
    return reference.requirement if isinstance(reference, ModelTarget) else None


def timed(move: Move, reference: Target, *, runs: bool = False) -> Move | None:
    """Return `move`, with a fixed duration if it waits for the next limit; None without a limit ahead.

    If a clock `runs` on its own, the waits end shortly before and after the limit, not at the exact second.
    """
    if move.act is not Act.WAIT_FOR_LIMIT:
        return move
    if not isinstance(reference, ModelTarget):
        return waits(DAY_S)
    limits = edges(Configuration(reference.model.state, reference.now(), ()), reference.policy)
    stops = (limit + off_s for limit in limits for off_s in ((-ASIDE_S, ASIDE_S) if runs else (0,)))
    at = min((each for each in stops if each > reference.now()), default=None)
    return None if at is None else waits(at - reference.now())


class _Shrinking:
    """Shortens a trace for as long as it ends with the same departure."""

    def __init__(
        self, expected: Target, target: Target, tag: str, cuts_on: Callable[[], bool], known: Iterable[object]
    ) -> None:
        self._targets = expected, target
        self._known = frozenset(known)
        self._tag = tag
        self._tries = 0
        self._cuts_on = cuts_on
        self.was_stopped = False

    def shrink(self, found: Found) -> Found | None:
        """Return the shortest trace found, or None if the departure does not happen again from a fresh start.

        If the target breaks, the time is up or somebody stops it, the result is the shortest trace so far.
        """
        best = found
        try:
            whole = self._rerun(found.founders, found.moves)
            if whole is None:
                return None
            best = whole
            for each in self._shorter(whole):
                best = each
        except AdapterBroke:
            pass
        except KeyboardInterrupt:
            self.was_stopped = True
        return replace(best, before_shrinking=len(found.moves))

    def _shorter(self, whole: Found) -> Iterator[Found]:
        """Yield shorter and shorter traces: delta debugging (Zeller, Hildebrandt 2002), halves first.

        Then come round times, and traces of fewer people.
        """
        whole = self._plainest(whole)
        yield whole
        moves = list(whole.moves)
        # The first parts of a composite move may be enough.
        for count in range(1, len(moves[-1].steps) + 1):
            if again := self._same([*moves[:-1], then(*moves[-1].steps[:count])], whole):
                moves = list(again.moves)
                yield again
                break
        size = max(len(moves) // 2, 1)
        while size:
            at, before = 0, len(moves)
            while at < len(moves) - 1:
                fewer = [*moves[:at], *moves[min(at + size, len(moves) - 1) :]]
                if len(fewer) < len(moves) and (again := self._same(fewer, whole)):
                    moves = list(again.moves)
                    yield again
                else:
                    at += size
            # Single moves are tried again for as long as one of them could go.
            size = 1 if size == 1 and len(moves) < before else size // 2
        for at, move in enumerate(moves):
            for seconds in ROUND_TIMES_S if move.act is Act.WAIT else ():
                rounder = [*moves[:at], waits(seconds), *moves[at + 1 :]]
                if again := self._same(rounder, whole):
                    moves = rounder
                    yield again
                    break
        founders = whole.founders
        for founder in sorted(founders, reverse=True):
            others = tuple(each for each in founders if each != founder)
            spoken_of = any(founder[1] == step.account for move in moves for step in move.steps)
            is_last = founder[1] not in {account for _, account in others}
            if others and not (is_last and spoken_of) and (again := self._same(moves, whole, others)):
                founders = others
                yield again

    def _plainest(self, whole: Found) -> Found:
        """Return the departure of somebody who is let in with less, or by the password alone; else the same one.

        Nothing names a cause as plainly: who is asked for no code departs in many other ways too.
        """
        step = whole.divergence.move.steps[-1]
        is_login = step.act is Act.LOG_IN and not step.password and whole.divergence.wrongly_opened
        if is_login:
            said = [_CODE_AT_END.sub(words, step.sentence) for words in LESS_AND_LESS_PLAIN]
        elif step.actor and any(each.does(Act.SWITCH_ON) for each in whole.moves):
            said = [f"{step.actor} logs in to Acme with no code"]
        else:
            return whole
        for sentence in said:
            if sentence == step.sentence or not self._cuts_on():
                return whole
            plainer = self._typing(sentence, whole)
            if plainer and plainer.divergence.wrongly_opened and plainer.divergence.move.sentence == sentence:
                return plainer
        return whole

    def _typing(self, sentence: str, whole: Found) -> Found | None:
        """Return what comes of `sentence` at the end of a departure in place of its last move."""
        try:
            move = spoken(sentence)
        except LookupError:  # the features say no such thing
            return None
        last = whole.divergence.move
        own = last.steps[:-1] if last.does(Act.LOG_IN) else ()
        return self._rerun(whole.founders, [*whole.moves[:-1], *own, move])

    def stretch(self, found: Found, policy: Policy) -> Found | None:
        """Return the same departure at the limit of a choice, with as many attempts and as much time as it allows."""
        expected = self._targets[0]
        assert isinstance(expected, ModelTarget)
        before = expected.variant
        *moves, last = [_long(fitted(each, policy)) for each in found.moves]
        more = [spoken(f"{policy.failures_max} wrong passwords are tried for {last.steps[-1].actor}")]
        expected.variant = replace(before, policy=policy)
        try:
            for between in ([], [A_DAY], more if last.steps[-1].actor and last.steps[-1].act is Act.LOG_IN else []):
                again = self._rerun(found.founders, [*moves, *between, last])
                if again and again.divergence.move == last and again.divergence.is_like(found.divergence):
                    return replace(again, before_shrinking=found.before_shrinking)
        except AdapterBroke:
            pass
        finally:
            expected.variant = before
        return None

    def _same(self, moves: Sequence[Move], whole: Found, founders: Founders | None = None) -> Found | None:
        if not self._cuts_on():
            return None
        again = self._rerun(whole.founders if founders is None else founders, moves)
        if again is None:
            return None
        one, other = again.divergence, whole.divergence
        return again if (one.move.sentence, one.fields) == (moves[-1].sentence, other.fields) else None

    def _rerun(self, founders: Founders, moves: Sequence[Move]) -> Found | None:
        self._tries += 1
        return again(*self._targets, f"{self._tag}{self._tries:x}", founders, moves, self._known)


def again(
    expected: Target,
    target: Target,
    tag: str,
    founders: Founders,
    moves: Sequence[Move],
    known: Container[object] = (),
) -> Found | None:
    """Make `moves` on both targets from a fresh start; return the first departure, unless its kind is `known`."""
    differential, run = _begin(expected, target, tag, founders), Run(founders)
    for move in moves:
        found = run.make(differential, move)
        if found and found.kind not in known:
            return found
        if found and found.parts_them:
            return None
    return None


_CODE_AT_END = re.compile(r"(?<= with ).*$")
A_DAY = waits(DAY_S + MINUTE_S)


def _long(move: Move) -> Move:
    """Return a move that waits for a day at least, where it waits."""
    return A_DAY if move.act is Act.WAIT and _seconds_of(move) < DAY_S else move


def _seconds_of(wait: Move) -> int:
    return duration_s(wait.sentence.removesuffix(" pass"))


def rerun(expected: Target, target: Target, founders: Founders, sentences: Sequence[str]) -> Iterator[str]:
    """Make moves on both targets; yield a line for each move, and the two outputs at the first departure."""
    differential, run = _begin(expected, target, "rerun", founders), Run(founders)
    for sentence in sentences:
        found = run.make(differential, spoken(sentence))
        yield f"{'✗' if found else '✓'} {sentence}"
        if found:
            for one, two in found.divergence.in_words():
                yield f"  expected {one}, actual {two}"
            return
