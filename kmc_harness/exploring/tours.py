"""Tours through the state space of the model: traces of moves that cover every transition.

First come short traces, the shortest first over all topics. They cover each row of the rules where it is decisive, and
then each move with each of its answers. After that come long walks without a return to the start: a hidden error stays
in the state until it shows.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import heappop, heapreplace
from itertools import accumulate, islice
from math import inf

import msgspec

from kmc_harness.exploring.coverage import CoverageRules, Row
from kmc_harness.exploring.kept import kept
from kmc_model.analysis.configurations import TOPICS, Move, Output, Scope
from kmc_model.analysis.machines import Machine, components, minimised, steps_to, wp_suite
from kmc_model.analysis.statespace import explore

__all__ = ["Trace", "Walk", "tour", "traces"]

Wanted = Callable[[int, int], bool]
Kind = Callable[["Walk", int, int], frozenset[object]]
"""A function that returns the goals covered by a move in a state."""
Made = tuple[Move, tuple[int, int] | None]
"""A move, and the transition that it makes: state and number of the move; None where it is in no topic."""
SMALL = 1200
"""The most transitions of a topic for the Wp method, which takes ten times their number and more."""
LONGEST = 2000
FIRST_ROUND = 15
"""The number of moves of a topic in the first round; each later round has half as many again."""


class Table(msgspec.Struct, frozen=True):
    """What tours need to know of a topic under the reference, by state and move.

    Attributes:
        next: the next state.
        output: the output; None for an impossible move.
        rows: the rows that answered, one for each action.

    """

    next: tuple[tuple[int, ...], ...]
    output: tuple[tuple[Output | None, ...], ...]
    rows: tuple[tuple[tuple[Row, ...], ...], ...]


@cache
def table_of(name: str) -> Table:
    """Return the table of the topic called `name`."""
    return kept(f"tours of {name}", Table, lambda: _made(name))


def _made(name: str) -> Table:
    (scope,) = (each for each in TOPICS if each.name == name)
    space, rules = explore(scope), CoverageRules()
    answered: list[tuple[tuple[Row, ...], ...]] = []
    for configuration in space.configurations:
        of_state: list[tuple[Row, ...]] = []
        for move in scope.moves:
            move.make(configuration, rules)
            of_state.append(rules.take())
        answered.append(tuple(of_state))
    return Table(space.next, space.output, tuple(answered))


@dataclass(frozen=True)
class Trace:
    """A sequence of moves from the start of a topic; `founders` are the people and accounts registered there."""

    topic: str
    founders: tuple[tuple[str, str], ...]
    moves: Iterator[Made]


class Walk:
    """One topic, and which of its transitions have been made."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        table = table_of(scope.name)
        self._machine = Machine(table.next, table.output)
        self._components = components(self._machine)
        self._rows = table.rows
        self._made: set[tuple[int, int]] = set()
        self._order: Sequence[int] = self._machine.inputs

    def transitions(self) -> Iterator[tuple[int, int]]:
        """Yield every move that can be made, by state."""
        return ((state, move) for state in self._machine.states for move in self._machine.possible(state))

    @cached_property
    def size(self) -> int:
        """How many transitions there are."""
        return sum(1 for _ in self.transitions())

    def trace(self, moves: Iterator[Made]) -> Trace:
        """Return a trace of this topic."""
        return Trace(self.scope.name, self.scope.founders, moves)

    @property
    def is_done(self) -> bool:
        """Whether every transition has been made."""
        return len(self._made) == self.size

    def begin_again(self, rng: random.Random) -> None:
        """Forget the covered transitions; `rng` chooses among moves of equal cost."""
        self._made.clear()
        self._rng = rng
        self.shuffle()

    def shuffle(self) -> None:
        """Change the order of preference among moves of equal cost."""
        self._order = self._rng.sample(self._machine.inputs, len(self._machine.inputs))

    def decisive(self, state: int, move: int) -> frozenset[object]:
        """Return the decisive rows for the answers to a move in `state`."""
        return frozenset(name for name, is_decisive in self._rows[state][move] if is_decisive)

    def answered(self, state: int, move: int) -> frozenset[object]:
        """Return one goal: a move with its rows and its output in `state`."""
        return frozenset({(move, self._rows[state][move], self._machine.output[state][move])})

    def actions(self, way: Sequence[int]) -> int:
        """Return how many actions the moves of `way` take, made from the start."""
        states = accumulate(way, lambda state, move: self._machine.next[state][move], initial=0)
        return sum(map(self._cost, states, way))

    def _cost(self, state: int, move: int) -> int:
        return len(self._rows[state][move])

    def way_to(self, wanted: Wanted, state: int = 0, below: float = inf) -> tuple[int, ...]:
        """Return the path with the fewest actions from `state` to a wanted move; () if all take `below` or more."""
        way = steps_to(self._machine, wanted, state, inputs=self._order, cost=self._cost, below=below)
        return way or ()

    def make(self, state: int, move: int) -> tuple[Made, int]:
        """Return a move made in `state`, and the state it leads to."""
        self._made.add((state, move))
        return (self.scope.moves[move], (state, move)), self._machine.next[state][move]

    def unmade(self) -> Iterator[Made]:
        """Yield moves that cover one new transition after another, until no new one can be reached."""
        state = 0
        while way := self._next(state):
            for move in way:
                made, state = self.make(state, move)
                yield made
            self.shuffle()

    def wp_words(self) -> Iterator[Iterator[Made]]:
        """Yield the words of the Wp method, as moves; together they reveal every wrong state."""
        machine, _ = minimised(self._machine)
        for word in wp_suite(machine):
            yield self._possible(word)

    def _possible(self, word: Sequence[int]) -> Iterator[Made]:
        state = 0
        for move in word:
            if self._machine.output[state][move] is not None:
                yield self.scope.moves[move], (state, move)
            state = self._machine.next[state][move]

    def _next(self, state: int) -> tuple[int, ...]:
        """Return the shortest path to a new transition, if possible in the strongly connected component of `state`."""
        home = self._components[state]

        def unmade(at: int, move: int) -> bool:
            return (at, move) not in self._made

        def unmade_here(at: int, move: int) -> bool:
            return self._components[self._machine.next[at][move]] == home and unmade(at, move)

        return self.way_to(unmade_here, state) or self.way_to(unmade, state)


def traces(rng: random.Random, *, one_account: bool = False) -> Iterator[Trace]:
    """Yield traces without end: a tour of all topics, the Wp suites of the small ones, and tours again.

    With `one_account`, only topics with a single account are used.
    """
    walks = [Walk(scope) for scope in TOPICS if not one_account or len(scope.accounts) == 1]
    yield from tour(walks, rng)
    for walk in sorted(walks, key=lambda each: each.size):
        if walk.size <= SMALL:
            yield from map(walk.trace, walk.wp_words())
    while True:
        yield from tour(walks, rng)


class _Meeting:
    """Covers all goals of one kind, the nearest first over all topics."""

    def __init__(self, walks: Sequence[Walk], kind: Kind) -> None:
        self._walks = walks
        self._kind = kind
        self._met: set[object] = set()
        self._least = [(0, number) for number in range(len(walks))]

    def _is_new(self, walk: Walk) -> Wanted:
        return lambda state, move: not self._kind(walk, state, move) <= self._met

    def _nearest(self) -> tuple[Walk, tuple[int, ...]] | None:
        """Return the topic with the new goal nearest to the start, and the path to this goal.

        Distances only grow as goals are covered, so an earlier distance is a lower bound of the present one.
        """
        while self._least:
            least, number = self._least[0]
            walk = self._walks[number]
            way = walk.way_to(self._is_new(walk))
            if not way:
                heappop(self._least)
            elif (takes := walk.actions(way)) > least:
                heapreplace(self._least, (takes, number))
            else:
                return walk, way
        return None

    def traces(self) -> Iterator[Trace]:
        """Yield traces until nothing new is left."""
        while nearest := self._nearest():
            walk, way = nearest
            yield walk.trace(self._from_start(walk, way))

    def _from_start(self, walk: Walk, way: tuple[int, ...]) -> Iterator[Made]:
        """Yield moves, while the next new goal is no farther from here than from the start."""
        state = 0
        while way:
            for move in way:
                self._met |= self._kind(walk, state, move)
                made, state = walk.make(state, move)
                yield made
            walk.shuffle()
            below = self._least[0][0] + 1 if self._nearest() else 0
            way = walk.way_to(self._is_new(walk), state, below)


def tour(walks: list[Walk], rng: random.Random) -> Iterator[Trace]:
    """Yield traces that cover each decisive row, then each answer, then all transitions.

    The traces for all transitions go through the topics in turn, and become longer in each round.
    """
    for walk in walks:
        walk.begin_again(rng)
    for kind in (Walk.decisive, Walk.answered):
        yield from _Meeting(rng.sample(walks, len(walks)), kind).traces()
    length = FIRST_ROUND
    while unfinished := [walk for walk in walks if not walk.is_done]:
        rng.shuffle(unfinished)
        for walk in unfinished:
            yield walk.trace(islice(walk.unmade(), length))
        length = min(length + length // 2, LONGEST)
