"""Walks through the state space of the model that make every transition, told as sentences.

A walk never goes back to the start: what went wrong unseen is carried on until it shows. First come moves whose
answer has not been seen yet, wherever; then every move in every state.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice

from kmc_model.lives import EVERYTHING, TOPICS, Rules, Scope
from kmc_model.lives.parts import app
from kmc_model.machines import components, minimised, steps_to, wp_suite
from kmc_model.statespace import Space, explore

__all__ = ["ALife", "Course", "lives", "one_lap", "opening", "space_of"]

Told = tuple[str, tuple[int, int]]
"""A sentence, and the transition that it makes: state and move."""
SMALL = 1200
"""The Wp method is for topics with so many transitions at most; it takes ten times their number and more."""

OPENING = 120
LONGEST = 2000
FIRST_ROUND = 15
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
        self._components = components(self._machine)
        at_app = [number + len(scope.accounts) for number, part in enumerate(scope.parts) if part is app]
        places = [at + who * len(scope.parts) for at in at_app for who in range(len(scope.people))]
        self._apps = [tuple(key[at] for at in places) for key in space.keys]
        self._made: set[tuple[int, int]] = set()
        self._answered: set[object] = set()

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
                self._answered |= {(move, self._why[state][move]), self._kind(state, move)}
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

    def _kind(self, state: int, move: int) -> object:
        """Return what kind of transition it is: the move, what answers it, and what people's apps are worth."""
        return move, self._why[state][move], self._apps[state]

    def _next(self, state: int, order: list[int]) -> tuple[int, ...] | None:
        """Return the shortest way to something new: an answer, or a kind of transition, or just a transition."""
        output, why = self._machine.output, self._why

        def unanswered(at: int, move: int) -> bool:
            return output[at][move] is not None and (move, why[at][move]) not in self._answered

        def unlike(at: int, move: int) -> bool:
            return output[at][move] is not None and self._kind(at, move) not in self._answered

        def unmade(at: int, move: int) -> bool:
            return output[at][move] is not None and (at, move) not in self._made

        home, component_of = self._components[state], self._components

        def unmade_here(at: int, move: int) -> bool:
            """Not through a door that leads only one way, while there is something left on this side."""
            return component_of[self._machine.next[at][move]] == home and unmade(at, move)

        for wanted in (unanswered, unlike, unmade_here, unmade):
            here = next((move for move in order if wanted(state, move)), None)
            if here is not None:
                return (here,)
            if steps := steps_to(self._machine, wanted, state):
                return steps
        return None


@dataclass(frozen=True)
class ALife:
    """One life to be told: who is registered where at first, and what happens then."""

    topic: str
    founders: tuple[tuple[str, str], ...]
    sentences: Iterator[Told]


def opening(rng: random.Random, length: int) -> Iterator[Told]:
    """Yield a life of all people and accounts in which each next sentence is one that has not been answered so yet.

    It looks but one move ahead. Runs of wrong passwords come last; what shuts everybody out is left to the topics.
    """
    left_out = ("wrong codes are tried", " 10 times", "me is blocked", "ex is blocked")
    moves = [move for move in EVERYTHING.moves if not any(words in move.sentence for words in left_out)]
    rules, life = Rules(), EVERYTHING.start(Rules())
    answered: set[tuple[str, str]] = set()
    for _ in range(length):
        possible = [(move, made) for move in moves if (made := move.make(life, rules))]
        rng.shuffle(possible)
        possible.sort(key=lambda each: " are tried for " in each[0].sentence)
        unanswered = (each for each in possible if (each[0].sentence, each[1].why) not in answered)
        changing = (each for each in possible if each[1].life is not life)
        move, made = next(chain(unanswered, changing))
        answered.add((move.sentence, made.why))
        life = made.life
        yield move.sentence, (0, EVERYTHING.moves.index(move))


def lives(rng: random.Random) -> Iterator[ALife]:
    """Yield lives without end: tours of all topics, what the Wp method asks of the small ones, and tours again."""
    courses = [Course(scope) for scope in TOPICS]
    yield from one_lap(courses, rng)
    for course in sorted(courses, key=lambda each: each.size):
        if course.size <= SMALL:
            yield from (course.life(word) for word in course.wp_words())
    while True:
        yield from one_lap(courses, rng)


def one_lap(courses: list[Course], rng: random.Random) -> Iterator[ALife]:
    """Yield an opening, and then walks until every transition has been made: topics in turn, ever longer."""
    for course in courses:
        course.begin_again()
    yield ALife(EVERYTHING.name, EVERYTHING.founders, opening(rng, OPENING))
    length = FIRST_ROUND
    while unfinished := [course for course in courses if not course.is_done]:
        rng.shuffle(unfinished)
        for course in unfinished:
            yield course.life(islice(course.walk(rng), length))
        length = min(length + length // 2, LONGEST)
