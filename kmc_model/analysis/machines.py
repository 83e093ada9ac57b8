"""Complete Mealy machines, and test words for an implementation of such a machine.

A word is a tuple of inputs, made one after another from the initial state.

Invariants:
1. The module is independent of the application: states and inputs are numbers, an output is anything hashable.
2. Equal arguments give equal results, in the same order.
3. None is an output like any other. Only `steps_to` never takes an input with this output.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise, product
from math import inf

__all__ = [
    "Machine",
    "characterising_sets",
    "components",
    "departure",
    "minimised",
    "state_cover",
    "steps_to",
    "wp_suite",
]

Word = tuple[int, ...]


@dataclass(frozen=True)
class Machine:
    """A deterministic and complete Mealy machine; state 0 is initial.

    `next[state][input]` is the next state, and `output[state][input]` the output of this transition.
    The output None marks an impossible input; its next state is the same state.
    Raises ValueError for any other tables.
    """

    next: tuple[tuple[int, ...], ...]
    output: tuple[tuple[Hashable, ...], ...]

    def __post_init__(self) -> None:
        if not self.next or len(self.next) != len(self.output):
            raise ValueError(f"a machine needs a state, and {len(self.next)} rows of outputs, not {len(self.output)}")
        for state, (targets, outputs) in enumerate(zip(self.next, self.output, strict=True)):
            if not len(targets) == len(outputs) == len(self.next[0]):
                raise ValueError(f"state {state} answers not just the {len(self.next[0])} inputs of state 0")
            if targets and (min(targets) < 0 or max(targets) >= len(self.next)):
                raise ValueError(f"state {state} leads to a state that is not there: {targets}")
            if any(output is None and target != state for target, output in zip(targets, outputs, strict=True)):
                raise ValueError(f"an input that cannot be made in state {state} leads out of it")

    @property
    def states(self) -> range:
        return range(len(self.next))

    @property
    def inputs(self) -> range:
        return range(len(self.next[0]))

    def possible(self, state: int) -> list[int]:
        """Return the inputs that can be made in `state`."""
        return [each for each, output in enumerate(self.output[state]) if output is not None]

    def run(self, inputs: Iterable[int], start: int = 0) -> tuple[Hashable, ...]:
        """Return the answers to `inputs`, made from `start` on."""
        outputs, state = [], start
        for each in inputs:
            outputs.append(self.output[state][each])
            state = self.next[state][each]
        return tuple(outputs)

    def end(self, inputs: Iterable[int], start: int = 0) -> int:
        """Return the state that `inputs` lead to from `start`."""
        state = start
        for each in inputs:
            state = self.next[state][each]
        return state


# The minimal machine


def minimised(machine: Machine) -> tuple[Machine, tuple[int, ...]]:
    """Return the equivalent minimal machine, and for each state of `machine` the number of its new state.

    Unreachable states get -1. The new states are numbered in the order of their distance from the initial state.
    """
    reached = list(_reached(machine))
    block = _equivalence(machine, reached)
    number: dict[int, int] = {}
    first: list[int] = []
    belongs = [-1] * len(machine.states)
    for state in reached:
        if block[state] not in number:
            number[block[state]] = len(first)
            first.append(state)
        belongs[state] = number[block[state]]
    minimal = Machine(
        next=tuple(tuple(belongs[target] for target in machine.next[state]) for state in first),
        output=tuple(machine.output[state] for state in first),
    )
    return minimal, tuple(belongs)


def _reached(machine: Machine) -> dict[int, tuple[int, int] | None]:
    """Return the states that can be reached, nearest first, each with the state and input that found it."""
    found: dict[int, tuple[int, int] | None] = {0: None}
    queue = deque([0])
    while queue:
        state = queue.popleft()
        for each, target in enumerate(machine.next[state]):
            if target not in found:
                found[target] = (state, each)
                queue.append(target)
    return found


def _equivalence(machine: Machine, reached: Sequence[int]) -> list[int]:
    """Return the block number of each state; two of the states `reached` share a block if they are equivalent.

    Blocks are split by the blocks of their successors. As in Hopcroft's algorithm, the largest part of a block keeps
    its number. So a state moves at most log2(states) times, and only predecessors of moved states are checked again.
    (Jacobs and Wissmann, Fast Coalgebraic Bisimilarity Minimization, POPL 2023.)
    """
    predecessors = _predecessors(machine, reached)
    by_output: dict[tuple[Hashable, ...], set[int]] = {}
    for state in reached:
        by_output.setdefault(machine.output[state], set()).add(state)
    members = list(by_output.values())
    block = [-1] * len(machine.states)
    for number, states in enumerate(members):
        for state in states:
            block[state] = number

    changed = set(reached)
    while changed:
        moved = _split(machine, block, members, changed)
        changed = set()
        for part in moved:
            for state in part:
                block[state] = len(members)
                changed.update(predecessors[state])
            members.append(part)
    return block


def _predecessors(machine: Machine, reached: Sequence[int]) -> list[list[int]]:
    predecessors: list[list[int]] = [[] for _ in machine.states]
    for state in reached:
        for target in set(machine.next[state]):
            predecessors[target].append(state)
    return predecessors


def _split(machine: Machine, block: Sequence[int], members: list[set[int]], changed: Iterable[int]) -> list[set[int]]:
    """Split blocks: remove the new blocks from `members`, and return them.

    Only the states `changed` are checked: all states at first, later the predecessors of blocks with a new number.
    The other states of a block have no such successor: they differ from every changed state, and stay together.
    """
    by_block: dict[int, list[int]] = {}
    for state in changed:
        by_block.setdefault(block[state], []).append(state)
    moved = []
    for number, states in by_block.items():
        members[number].difference_update(states)
        parts: dict[tuple[int, ...], set[int]] = {}
        for state in states:
            parts.setdefault(_signature(machine, block, state), set()).add(state)
        largest, *smaller = sorted([members[number], *parts.values()], key=len, reverse=True)
        members[number] = largest
        moved += [part for part in smaller if part]
    return moved


def _signature(machine: Machine, block: Sequence[int], state: int) -> tuple[int, ...]:
    return tuple(map(block.__getitem__, machine.next[state]))


# Walks


def components(machine: Machine) -> tuple[int, ...]:
    """Return the number of the strongly connected component of each state.

    Kosaraju's algorithm: a depth-first search gives the finishing order of the states. A second search, against the
    transitions, starts from the states in reverse finishing order.
    """
    into: list[list[int]] = [[] for _ in machine.states]
    for state in machine.states:
        for end in machine.next[state]:
            into[end].append(state)
    component = [-1] * len(into)
    for number, root in enumerate(reversed(_left(machine.next))):
        waiting = [root] if component[root] < 0 else []
        while waiting:
            state = waiting.pop()
            component[state] = number
            waiting += [each for each in into[state] if component[each] < 0]
    return tuple(component)


def _left(roads: Sequence[Sequence[int]]) -> list[int]:
    """Return the states in the finishing order of a depth-first search."""
    order: list[int] = []
    seen = [False] * len(roads)
    for root in range(len(roads)):
        way = [] if seen[root] else [(root, iter(roads[root]))]
        seen[root] = True
        while way:
            state, ends = way[-1]
            end = next((each for each in ends if not seen[each]), None)
            if end is None:
                order.append(state)
                way.pop()
            else:
                seen[end] = True
                way.append((end, iter(roads[end])))
    return order


def steps_to(
    machine: Machine,
    wanted: Callable[[int, int], bool],
    start: int = 0,
    *,
    inputs: Sequence[int] | None = None,
    cost: Callable[[int, int], int] = lambda state, each: 1,
    below: float = inf,
) -> tuple[int, ...] | None:
    """Return the cheapest word from `start` that ends with a wanted transition, or None (Dijkstra).

    Args:
        machine: the machine to search.
        wanted: the test of a transition, called with a state and an input possible there.
        start: the state to begin in.
        inputs: all inputs of the machine, in the order of preference at equal cost.
        cost: the cost of an input in a state, 0 or more.
        below: the limit of the cost; the word must cost less.

    """
    order = machine.inputs if inputs is None else inputs
    best: tuple[int, ...] | None = None
    queue: list[tuple[int, int, int, tuple[int, ...]]] = [(0, 0, start, ())]
    left, met = set(), 1
    while queue and queue[0][0] < below:
        so_far, _, state, way = heappop(queue)
        if state in left:
            continue
        left.add(state)
        for each in order:
            if machine.output[state][each] is None or (total := so_far + cost(state, each)) >= below:
                continue
            if wanted(state, each):
                best, below = (*way, each), total
            elif machine.next[state][each] not in left:
                heappush(queue, (total, met, machine.next[state][each], (*way, each)))
                met += 1
    return best


# Suites


def state_cover(machine: Machine) -> tuple[tuple[int, ...], ...]:
    """Return a shortest word to each state, by state; ValueError if one is never reached."""
    words: dict[int, Word] = {}
    for state, origin in _reached(machine).items():
        words[state] = (*words[origin[0]], origin[1]) if origin else ()
    missing = [state for state in machine.states if state not in words]
    if missing:
        raise ValueError(f"state {missing[0]} is never reached; give the machine that minimised() returns")
    return tuple(words[state] for state in machine.states)


def characterising_sets(machine: Machine) -> tuple[tuple[Word, ...], tuple[tuple[Word, ...], ...]]:
    """Return a characterising set W, and for each state an identification set W_i.

    The words of W distinguish any two states; the words of W_i distinguish one state from all others. Each word of W
    is a shortest one for some pair. Each word of W_i is in W or a prefix of a word in W, since the Wp method is not
    complete otherwise. A machine with one state has only the empty word in these sets.
    Raises ValueError if two states are equivalent.
    """
    words = _telling_words(machine)
    if not words:
        return ((),), (((),),)
    beginnings = {word[:length] for word in words for length in range(1, len(word) + 1)}
    alike = [_alike(machine, word) for word in sorted(beginnings, key=_short_first)]
    return words, tuple(_identifying(state, alike, len(machine.states)) for state in machine.states)


def _telling_words(machine: Machine) -> tuple[Word, ...]:
    """Return W; each word in turn is a shortest one for a pair of states not yet distinguished."""
    levels = _levels(machine)
    words: list[Word] = []
    blocks = [list(machine.states)]
    while crowded := next((block for block in blocks if len(block) > 1), None):
        word = _telling_word(machine, levels, crowded[0], crowded[1])
        words.append(word)
        blocks = [part for block in blocks for part in _by_answer(machine, word, block)]
    return tuple(sorted(words, key=_short_first))


def _levels(machine: Machine) -> list[list[int]]:
    """Return the block number of each state, for each k: no word of k inputs distinguishes two states of one block.

    The last k is the first one with every state in its own block. Raises ValueError if there is no such k.
    """
    levels = [[0] * len(machine.states)]
    while max(levels[-1]) + 1 < len(machine.states):
        numbers: dict[Hashable, int] = {}
        level = []
        for state in machine.states:
            answers = (levels[-1][state], machine.output[state], _signature(machine, levels[-1], state))
            level.append(numbers.setdefault(answers, len(numbers)))
        if len(numbers) == max(levels[-1]) + 1:
            one, other = _first_pair(level)
            raise ValueError(f"no word tells state {one} from {other}; give the machine that minimised() returns")
        levels.append(level)
    return levels


def _first_pair(level: Sequence[int]) -> tuple[int, int]:
    """Return two states of one block."""
    other = next(state for state, number in enumerate(level) if level.index(number) < state)
    return level.index(level[other]), other


def _telling_word(machine: Machine, levels: Sequence[Sequence[int]], one: int, other: int) -> Word:
    """Return the first of the shortest words that two states answer differently."""
    length = next(length for length, level in enumerate(levels) if level[one] != level[other])
    word = []
    for level in reversed(levels[1:length]):
        ways = zip(machine.next[one], machine.next[other], strict=True)
        step = next(each for each, (here, there) in enumerate(ways) if level[here] != level[there])
        word.append(step)
        one, other = machine.next[one][step], machine.next[other][step]
    word.append(next(each for each in machine.inputs if machine.output[one][each] != machine.output[other][each]))
    return tuple(word)


def _by_answer(machine: Machine, word: Word, states: Iterable[int]) -> list[list[int]]:
    parts: dict[tuple[Hashable, ...], list[int]] = {}
    for state in states:
        parts.setdefault(machine.run(word, state), []).append(state)
    return list(parts.values())


def _alike(machine: Machine, word: Word) -> tuple[Word, list[int]]:
    """Return `word`, and for each state a bit set of the states with the same answer."""
    alike = [0] * len(machine.states)
    for part in _by_answer(machine, word, machine.states):
        bits = sum(1 << state for state in part)
        for state in part:
            alike[state] = bits
    return word, alike


def _identifying(state: int, alike: Sequence[tuple[Word, Sequence[int]]], count: int) -> tuple[Word, ...]:
    """Return W_i by greedy choice: each word distinguishes `state` from as many remaining states as possible."""
    words = []
    others = (1 << count) - 1 - (1 << state)
    while others:
        word, same = min(alike, key=lambda each: (others & each[1][state]).bit_count())
        words.append(word)
        others &= same[state]
    return tuple(words)


def wp_suite(machine: Machine, extra_states: int = 0) -> tuple[tuple[int, ...], ...]:
    """Return the test suite of the Wp method, short words first; no word is a prefix of another.

    The suite detects every faulty machine with at most `extra_states` states more than `machine`. Each extra state
    multiplies the size of the suite by the number of inputs.
    Raises ValueError if `machine` is not minimal.
    (Fujiwara et al., Test Selection Based on Finite State Models, IEEE TSE 17(6), 1991.)
    """
    if extra_states < 0:
        raise ValueError(f"an implementation cannot be asked to have {extra_states} extra states; 0 is the least")
    cover = state_cover(machine)
    telling, identifying = characterising_sets(machine)
    middles = [middle for length in range(extra_states + 1) for middle in product(machine.inputs, repeat=length)]
    words = {(*start, *middle, *end) for start in cover for middle in middles for end in telling}
    for start in {(*start, step) for start in cover for step in machine.inputs}.difference(cover):
        for middle in product(machine.inputs, repeat=extra_states):
            reach = start + middle
            words.update(reach + end for end in identifying[machine.end(reach)])
    return tuple(sorted(_longest(words), key=_short_first))


def _longest(words: Iterable[Word]) -> list[Word]:
    """Return the words that are not the beginning of another; sorted, such a one stands before one that it begins."""
    ordered = sorted(words)
    kept = [word for word, following in pairwise(ordered) if following[: len(word)] != word]
    return kept + ordered[-1:]


def _short_first(word: Word) -> tuple[int, Word]:
    return len(word), word


def departure(machine: Machine, implementation: Machine, words: Iterable[Word]) -> tuple[int, ...] | None:
    """Return the first of `words` with different answers, cut off after the first difference, or None.

    Raises ValueError if the machines have different numbers of inputs.
    """
    if machine.inputs != implementation.inputs:
        raise ValueError(f"{len(machine.inputs)} inputs cannot be compared with {len(implementation.inputs)}")
    for word in words:
        answers = zip(machine.run(word), implementation.run(word), strict=True)
        for length, (expected, answer) in enumerate(answers, start=1):
            if expected != answer:
                return word[:length]
    return None
