"""Walks through the state space of the model that make every transition, told as sentences.

First come short ones, the nearest first in whatever topic it is: each row of the rules where it alone decides; then
each sentence with each answer to it. From there on a walk never goes back to the start: what went wrong unseen is
carried on until it shows.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heapreplace
from itertools import accumulate, islice
from math import inf

from kmc_harness.exploring.answering import Noting, Row
from kmc_model.analysis.configurations import TOPICS, Scope
from kmc_model.analysis.machines import components, minimised, steps_to, wp_suite
from kmc_model.analysis.statespace import Space, explore

__all__ = ["ALife", "Course", "lives", "one_lap", "space_of"]

Wanted = Callable[[int, int], bool]
Kind = Callable[["Course", int, int], frozenset[object]]
"""What can be met by a move in a state."""
Told = tuple[str, tuple[int, int]]
"""A sentence, and the transition that it makes: state and move."""
SMALL = 1200
"""The Wp method is for topics with so many transitions at most; it takes ten times their number and more."""

LONGEST = 2000
FIRST_ROUND = 15
"""How many moves a topic is given in the first round; in each later one half as much again."""


@cache
def space_of(name: str) -> Space:
    """Return the state space of the topic called `name`, under the reference."""
    (scope,) = (each for each in TOPICS if each.name == name)
    return explore(scope)


@cache
def _rows_of(name: str) -> list[list[tuple[Row, ...]]]:
    """Return by state and move of a topic the rows that answered, one for each action."""
    space, rules = space_of(name), Noting()
    rows: list[list[tuple[Row, ...]]] = []
    for life in space.lives:
        rows.append([])
        for move in space.scope.moves:
            move.make(life, rules)
            rows[-1].append(rules.noted())
    return rows


class Course:
    """One topic, and what of it has been walked."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        space = space_of(scope.name)
        self._machine = space.machine()
        self._components = components(self._machine)
        self._rows = _rows_of(scope.name)
        self._made: set[tuple[int, int]] = set()
        self._order: Sequence[int] = self._machine.inputs

    def transitions(self) -> Iterator[tuple[int, int]]:
        """Yield every move that can be made, by state."""
        return ((state, move) for state in self._machine.states for move in self._machine.possible(state))

    @property
    def size(self) -> int:
        """How many transitions there are."""
        return sum(1 for _ in self.transitions())

    def life(self, sentences: Iterator[Told]) -> "ALife":
        """Return a life of this topic."""
        return ALife(self.scope.name, self.scope.founders, sentences)

    @property
    def is_done(self) -> bool:
        """Whether every transition has been made."""
        return len(self._made) == self.size

    def begin_again(self, rng: random.Random) -> None:
        """Forget what was walked; `rng` decides among moves that are worth the same."""
        self._made.clear()
        self._rng = rng
        self.shuffle()

    def shuffle(self) -> None:
        """Of moves that are worth the same, prefer others than before."""
        self._order = self._rng.sample(self._machine.inputs, len(self._machine.inputs))

    def decided(self, state: int, move: int) -> frozenset[object]:
        """Return the rows that alone decide what a move in `state` is answered."""
        return frozenset(name for name, alone in self._rows[state][move] if alone)

    def answered(self, state: int, move: int) -> frozenset[object]:
        """Return the sentence of a move, with the rows that answer it in `state` and what that shows."""
        seen = self._machine.output[state][move]
        return frozenset({(self.scope.moves[move].sentence, self._rows[state][move], seen)})

    def actions(self, way: Sequence[int]) -> int:
        """Return how many actions the moves of `way` take, made from the start."""
        states = accumulate(way, lambda state, move: self._machine.next[state][move], initial=0)
        return sum(map(self._cost, states, way))

    def _cost(self, state: int, move: int) -> int:
        return len(self._rows[state][move])

    def way_to(self, wanted: Wanted, state: int = 0, below: float = inf) -> tuple[int, ...]:
        """Return the moves from `state` in the fewest actions, `below` so many, whose last one is wanted; or none."""
        way = steps_to(self._machine, wanted, state, inputs=self._order, cost=self._cost, below=below)
        return way or ()

    def make(self, state: int, move: int) -> tuple[Told, int]:
        """Return the sentence of a move made in `state`, and the state it leads to."""
        self._made.add((state, move))
        return (self.scope.moves[move].sentence, (state, move)), self._machine.next[state][move]

    def walk(self) -> Iterator[Told]:
        """Yield the sentences of one life; ends where nothing new is left to be reached."""
        state = 0
        while way := self._next(state):
            for move in way:
                told, state = self.make(state, move)
                yield told
            self.shuffle()

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

    def _next(self, state: int) -> tuple[int, ...]:
        """Return the nearest way to a new transition; through a door that leads only one way where no other is left."""
        home = self._components[state]

        def unmade(at: int, move: int) -> bool:
            return (at, move) not in self._made

        def unmade_here(at: int, move: int) -> bool:
            return self._components[self._machine.next[at][move]] == home and unmade(at, move)

        return self.way_to(unmade_here, state) or self.way_to(unmade, state)


@dataclass(frozen=True)
class ALife:
    """One life to be told: who is registered where at first, and what happens then."""

    topic: str
    founders: tuple[tuple[str, str], ...]
    sentences: Iterator[Told]


def lives(rng: random.Random, *, one_account: bool = False) -> Iterator[ALife]:
    """Yield lives without end: a lap through all topics, what the Wp method asks of the small ones, and laps again.

    With `one_account` they are those of people who are all in the same account.
    """
    courses = [Course(scope) for scope in TOPICS if not one_account or len(scope.accounts) == 1]
    yield from one_lap(courses, rng)
    for course in sorted(courses, key=lambda each: each.size):
        if course.size <= SMALL:
            yield from (course.life(word) for word in course.wp_words())
    while True:
        yield from one_lap(courses, rng)


class _Meeting:
    """Meets everything of one kind, the nearest first in whatever topic."""

    def __init__(self, courses: Sequence[Course], kind: Kind) -> None:
        self._courses = courses
        self._kind = kind
        self._met: set[object] = set()
        self._least = [(0, number) for number in range(len(courses))]

    def _is_new(self, course: Course) -> Wanted:
        return lambda state, move: not self._kind(course, state, move) <= self._met

    def _nearest(self) -> tuple[Course, tuple[int, ...]] | None:
        """Return where something new takes the fewest actions from the start, and the way to it.

        The more has been met, the farther is the rest: what was found before is the least that it takes now.
        """
        while self._least:
            least, number = self._least[0]
            course = self._courses[number]
            way = course.way_to(self._is_new(course))
            if not way:
                heappop(self._least)
            elif (takes := course.actions(way)) > least:
                heapreplace(self._least, (takes, number))
            else:
                return course, way
        return None

    def lives(self) -> Iterator[ALife]:
        """Yield lives until nothing new is left."""
        while nearest := self._nearest():
            course, way = nearest
            yield course.life(self._life(course, way))

    def _life(self, course: Course, way: tuple[int, ...]) -> Iterator[Told]:
        """Go on for as long as something new is no farther than from the start."""
        state = 0
        while way:
            for move in way:
                self._met |= self._kind(course, state, move)
                told, state = course.make(state, move)
                yield told
            course.shuffle()
            below = self._least[0][0] + 1 if self._nearest() else 0
            way = course.way_to(self._is_new(course), state, below)


def one_lap(courses: list[Course], rng: random.Random) -> Iterator[ALife]:
    """Yield lives for each row where it alone decides and for each answer, and walks until all transitions are made.

    The walks are those of the topics in turn, ever longer.
    """
    for course in courses:
        course.begin_again(rng)
    for kind in (Course.decided, Course.answered):
        yield from _Meeting(rng.sample(courses, len(courses)), kind).lives()
    length = FIRST_ROUND
    while unfinished := [course for course in courses if not course.is_done]:
        rng.shuffle(unfinished)
        for course in unfinished:
            yield course.life(islice(course.walk(), length))
        length = min(length + length // 2, LONGEST)
