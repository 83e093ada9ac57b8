"""Lives of everybody that go where most wrong models would show."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import sqrt
from operator import attrgetter

from kmc_harness.exploring.answering import Noting
from kmc_harness.exploring.differential import ENOUGH_LINKS
from kmc_model.analysis.configurations import Life, Made, Move, Rules, Scope
from kmc_model.analysis.faults.suspicions import Suspicion, suspicions

__all__ = ["Suspects", "Weights", "soon"]

ASTRAY = 0.3
"""What it is worth that a wrong model goes on in another state, unseen; to see it answer otherwise is worth 1."""
CHANGE = 0.02
"""What it is worth that something changes."""
CHANCE = (50,) * 80
"""How many sentences the lives have in which chance shows how soon it tells a wrong model from the reference."""
SELDOM = 0.15
"""In a hundred actions: what chance tells more seldom counts as what it tells so often."""
LONG = " wrong codes are tried "
"""In moves of so many actions that they are left to the topics."""

Astray = Mapping[Suspicion, Life]
"""The lives of those wrong models that have gone on in another state, unseen."""


@dataclass(frozen=True)
class Weights:
    """What counts how much in a life.

    Attributes:
        told: what it is worth to tell a wrong model from the reference.
        new: what a sentence is worth that has not been answered so in this life.
        free: as how many actions a move counts that takes none, like a day that passes.
        link: what a mailed link is worth, until there are enough to see whether they can be guessed.

    """

    told: Callable[[Suspicion], float] = attrgetter("worth")
    new: float = 0.2
    free: float = 1
    link: float = 0


@dataclass
class _Here:
    """How far a life has come; `answered` are its sentences, each with what answered it."""

    life: Life
    astray: Astray = field(default_factory=dict)
    answered: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class _Try:
    """What would come of a move: the wrong models `told` are those that would answer otherwise."""

    move: Move
    made: Made
    told: tuple[Suspicion, ...]
    astray: Astray
    actions: int

    @property
    def answer(self) -> tuple[str, str]:
        """The sentence, and what answers it."""
        return self.move.sentence, self.made.why

    @property
    def links(self) -> int:
        """How many links are mailed."""
        return len(self.made.seen.mailed)


class Suspects:
    """The wrong models that nothing said so far tells from the reference."""

    def __init__(self, scope: Scope, in_mind: Iterable[Suspicion], without: Sequence[str] = (LONG,)) -> None:
        self._scope = scope
        self._rules = Noting()
        self._moves = {
            each: at for at, each in enumerate(scope.moves) if not any(words in each.sentence for words in without)
        }
        self._left = dict.fromkeys(in_mind)
        self._undone: set[Move] = set()
        self._links_to_see = ENOUGH_LINKS

    @property
    def left(self) -> tuple[Suspicion, ...]:
        """Those that are left."""
        return tuple(self._left)

    def life(
        self, rng: random.Random, length: int, weights: Weights = Weights()
    ) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the sentences of one life, each with its place among the moves.

        It looks but one move ahead. What cannot be done is told too, once: where it is not done it takes no action.
        """
        here = _Here(self._scope.start(Rules()))
        tries: dict[Move, _Try | None] = {}
        for _ in range(length):
            moves = rng.sample([*self._moves], len(self._moves))
            for move in moves:
                if move not in tries:
                    tries[move] = self._try(move, here)
                if tries[move] is None and move not in self._undone:
                    self._undone.add(move)
                    yield self._said(move)
            possible = [tried for move in moves if (tried := tries[move])]
            best = max(possible, key=lambda each: self._worth(each, here, weights))
            yield self._said(best.move)
            if self._go(here, best):
                tries.clear()

    def drawn(self, rng: random.Random, length: int) -> Iterator[_Try]:
        """Yield what comes of the sentences of one life that are drawn at random."""
        here, moves = _Here(self._scope.start(Rules())), [*self._moves]
        for _ in range(length):
            if tried := self._try(rng.choice(moves), here):
                yield tried
                self._go(here, tried)

    def _said(self, move: Move) -> tuple[str, tuple[int, int]]:
        return move.sentence, (0, self._moves[move])

    def _try(self, move: Move, here: _Here) -> _Try | None:
        made = move.make(here.life, self._rules)
        rows, fields = self._rules.noted(), self._rules.looked_at()
        if made is None:
            return None
        names = {name for name, _ in rows}
        answering = {*fields, *names, *(name.partition(".")[0] for name in names)}
        told, astray = [], {}
        for each in self._left:
            if each in here.astray or each.where in answering:
                other = move.make(here.astray.get(each, here.life), each.rules)
                if other is None or other.seen != made.seen:
                    told.append(each)
                elif other.life != made.life:
                    astray[each] = other.life
        return _Try(move, made, tuple(told), astray, len(rows))

    def _worth(self, tried: _Try, here: _Here, weights: Weights) -> float:
        worth = weights.told
        told = sum(worth(each) for each in tried.told if each in self._left)
        gone = sum(worth(each) for each in tried.astray if each in self._left and each not in here.astray)
        back = sum(worth(each) for each in here.astray if each not in tried.astray and each not in tried.told)
        new = weights.new * (tried.answer not in here.answered)
        links = weights.link * min(tried.links, self._links_to_see)
        changes = CHANGE * (tried.made.life is not here.life)
        return (told + ASTRAY * (gone - back) + new + links + changes) / sqrt(max(tried.actions, weights.free))

    def _go(self, here: _Here, tried: _Try) -> bool:
        """Make a move; return whether other moves would lead elsewhere from now on."""
        here.answered.add(tried.answer)
        self._links_to_see = max(self._links_to_see - tried.links, 0)
        for each in tried.told:
            self._left.pop(each, None)
        before, life = {each: its for each, its in here.astray.items() if each in self._left}, here.life
        here.life = tried.made.life
        here.astray = {each: its for each, its in tried.astray.items() if each in self._left}
        return here.life is not life or here.astray != before


@cache
def soon(scope: Scope) -> Weights:
    """Return weights by which a wrong model counts the more, the sooner chance tells it from the reference.

    What anybody would stumble on is not to be found late.
    """
    rng, told, actions = random.Random(0), Counter[Suspicion](), Counter[Suspicion]()  # noqa: S311 (no secret)
    for length in CHANCE:
        left, so_far = dict.fromkeys(suspicions(), 0), 0
        for tried in Suspects(scope, left, ()).drawn(rng, length):
            so_far += tried.actions
            for each in tried.told:
                told[each] += 1
                actions[each] += so_far
                del left[each]
        actions.update(dict.fromkeys(left, so_far))
    # What was never told would have been, some time.
    often = {each: 100 * (told[each] + 0.3) / actions[each] for each in suspicions()}
    return Weights(lambda each: each.worth * max(often[each], SELDOM), new=0.15, free=0.2, link=0.4)
