"""Walks through the state space of the model that make every transition, told as sentences.

A walk never goes back to the start: what went wrong unseen is carried on until it shows. First come moves whose
answer has not been seen yet, wherever; then every move in every state.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from kmc_model.lives import TOPICS, Scope
from kmc_model.machines import minimised, steps_to, wp_suite
from kmc_model.statespace import Space, explore

__all__ = ["ALife", "Course", "lives", "space_of", "tour"]

Told = tuple[str, tuple[int, int]]
"""A sentence, and the transition that it makes: state and move."""
SMALL = 1200
"""The Wp method is for topics with so many transitions at most; it takes ten times their number and more."""

FIRST_ROUND = 40
"""How many moves a topic is given in the first round; in each later one half as much again."""


@cache
def space_of(name: str) -> Space:
    """Return the state space of the topic called `name`, under the reference."""
    (scope,) = (each for each in TOPICS if each.name == name)
    return explore(scope)


class Course:
    """One topic, and what of it has been walked."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        space = space_of(scope.name)
        self._machine, self._why = space.machine(), space.why
        self._made: set[tuple[int, int]] = set()
        self._answered: set[tuple[int, str]] = set()

    @property
    def size(self) -> int:
        """How many transitions there are."""
        return sum(len(self._machine.possible(state)) for state in self._machine.states)

    def life(self, sentences: Iterator[Told]) -> "ALife":
        """Return a life of this topic."""
        return ALife(self.scope.name, self.scope.founders, sentences)

    @property
    def is_done(self) -> bool:
        """Whether every transition has been made."""
        return len(self._made) == self.size

    def begin_again(self) -> None:
        """Forget what was walked."""
        self._made.clear()
        self._answered.clear()

    def walk(self, rng: random.Random) -> Iterator[Told]:
        """Yield the sentences of one life; ends where nothing new is left to be reached."""
        order = list(self._machine.inputs)
        rng.shuffle(order)
        state = 0
        while steps := self._next(state, order):
            for move in steps:
                self._made.add((state, move))
                self._answered.add((move, self._why[state][move]))
                yield self.scope.moves[move].sentence, (state, move)
                state = self._machine.next[state][move]
            rng.shuffle(order)

    def wp_words(self) -> Iterator[Iterator[Told]]:
        """Yield lives that together tell every wrong state from the right one (the Wp method)."""
        machine, _ = minimised(self._machine)
        for word in wp_suite(machine):
            yield self._told(word)

    def _told(self, word: Sequence[int]) -> Iterator[Told]:
        state = 0
        for move in word:
            if self._machine.output[state][move] is not None:
                yield self.scope.moves[move].sentence, (state, move)
            state = self._machine.next[state][move]

    def _next(self, state: int, order: list[int]) -> tuple[int, ...] | None:
        """Return the shortest way to something new: an answer not seen before, or else a transition not made."""
        output, why = self._machine.output, self._why

        def unanswered(at: int, move: int) -> bool:
            return (move, why[at][move]) not in self._answered

        def unmade(at: int, move: int) -> bool:
            return (at, move) not in self._made

        for wanted in (unanswered, unmade):
            possible = [m for m in order if output[state][m] is not None and wanted(state, m)]
            if possible:
                return (possible[0],)
            if steps := steps_to(self._machine, wanted, state):
                return steps
        return None


@dataclass(frozen=True)
class ALife:
    """One life to be told: who is registered where at first, and what happens then."""

    topic: str
    founders: tuple[tuple[str, str], ...]
    sentences: Iterator[Told]


def lives(rng: random.Random) -> Iterator[ALife]:
    """Yield lives without end: tours of all topics, what the Wp method asks of the small ones, and tours again."""
    courses = [Course(scope) for scope in TOPICS]
    yield from tour(courses, rng)
    for course in sorted(courses, key=lambda each: each.size):
        if course.size <= SMALL:
            yield from (course.life(word) for word in course.wp_words())
    while True:
        for course in courses:
            course.begin_again()
        yield from tour(courses, rng)


def tour(courses: list[Course], rng: random.Random) -> Iterator[ALife]:
    """Yield walks until every transition has been made: all topics in turn, longer from round to round."""
    length = FIRST_ROUND
    while unfinished := [course for course in courses if not course.is_done]:
        rng.shuffle(unfinished)
        for course in unfinished:
            yield course.life(islice(course.walk(rng), length))
        length += length // 2
