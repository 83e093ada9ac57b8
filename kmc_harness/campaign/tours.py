"""Walks through the state space of the model that make every transition, told as sentences.

A walk never goes back to the start: what went wrong unseen is carried on until it shows. First come moves whose
answer has not been seen yet, wherever; then every move in every state.
"""

import random
from collections.abc import Iterator
from functools import cache

from kmc_model.lives import TOPICS, Scope
from kmc_model.machines import steps_to
from kmc_model.statespace import Space, explore

__all__ = ["Course", "space_of", "tour"]

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
    def is_done(self) -> bool:
        """Whether every transition has been made."""
        return len(self._made) == sum(len(self._machine.possible(state)) for state in self._machine.states)

    def begin_again(self) -> None:
        """Forget what was walked."""
        self._made.clear()
        self._answered.clear()

    def walk(self, rng: random.Random) -> Iterator[tuple[str, bool]]:
        """Yield sentences of one life, and whether a transition is made for the first time; ends where none is left."""
        machine = self._machine
        order = list(machine.inputs)
        rng.shuffle(order)
        state = 0
        while steps := self._next(state, order):
            for move in steps:
                is_new = (state, move) not in self._made
                self._made.add((state, move))
                self._answered.add((move, self._why[state][move]))
                state = machine.next[state][move]
                yield self.scope.moves[move].sentence, is_new
            rng.shuffle(order)

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


def tour(rng: random.Random) -> Iterator[tuple[Course, Iterator[tuple[str, bool]]]]:
    """Yield walks without end: all topics in turn, longer from round to round, until all is walked; then again."""
    courses = [Course(scope) for scope in TOPICS]
    length = FIRST_ROUND
    while True:
        rng.shuffle(courses)
        for course in courses:
            if not course.is_done:
                yield course, _first(course.walk(rng), length)
        length += length // 2
        if all(course.is_done for course in courses):
            for course in courses:
                course.begin_again()


def _first(walk: Iterator[tuple[str, bool]], length: int) -> Iterator[tuple[str, bool]]:
    for _, step in zip(range(length), walk, strict=False):
        yield step
