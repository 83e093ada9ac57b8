"""Machines, walks and suites against brute force, and against AALpy's Wp method."""

import random
from collections.abc import Iterable, Iterator
from itertools import combinations, islice, product

import networkx
import pytest
from aalpy.automata import MealyMachine
from aalpy.oracles import WpMethodEqOracle
from aalpy.SULs import AutomatonSUL
from hypothesis import given, settings
from hypothesis import strategies as st

from kmc_model.analysis.machines import (
    Machine,
    characterising_sets,
    components,
    departure,
    minimised,
    state_cover,
    steps_to,
    wp_suite,
)

# Brute force


def told_apart(one: Machine, other: Machine, start: int = 0, other_start: int = 0) -> bool:
    """Whether some word is answered differently: looks at every pair of states that a word can lead to."""
    pairs = [(start, other_start)]
    for here, there in pairs:
        if one.output[here] != other.output[there]:
            return True
        pairs += set(zip(one.next[here], other.next[there], strict=True)).difference(pairs)
    return False


def answers_differ(machine: Machine, words: Iterable[tuple[int, ...]], one: int, other: int) -> bool:
    return any(machine.run(word, one) != machine.run(word, other) for word in words)


def reached(machine: Machine, start: int = 0) -> set[int]:
    found = [start]
    for state in found:
        found += set(machine.next[state]).difference(found)
    return set(found)


def distance(machine: Machine, state: int) -> int:
    """How many inputs away from state 0 a state is that can be reached."""
    ring, steps = {0}, 0
    while state not in ring:
        ring |= {target for each in ring for target in machine.next[each]}
        steps += 1
    return steps


def transitions(machine: Machine, start: int = 0) -> set[tuple[int, int]]:
    """The transitions that a walk from `start` could make."""
    states = reached(machine, start)
    return {(state, each) for state in states for each in machine.inputs if machine.output[state][each] is not None}


def walked(machine: Machine, inputs: Iterator[int]) -> list[tuple[int, int]]:
    """The transitions of a walk; cut where it has surely run astray."""
    state, made = 0, []
    for each in islice(inputs, 10_000):
        made.append((state, each))
        state = machine.next[state][each]
    return made


# Examples


def every_machine(states: int, inputs: int = 2, outputs: str = "ab") -> list[Machine]:
    rows = list(product(range(states), repeat=inputs))
    answers = list(product(outputs, repeat=inputs))
    tables = product(product(rows, repeat=states), product(answers, repeat=states))
    return [Machine(targets, answered) for targets, answered in tables]


def some_machine(rng: random.Random, states: int, inputs: int = 2, outputs: str = "ab") -> Machine:
    return Machine(
        tuple(tuple(rng.choices(range(states), k=inputs)) for _ in range(states)),
        tuple(tuple(rng.choices(outputs, k=inputs)) for _ in range(states)),
    )


def some_minimal(rng: random.Random, states: int, inputs: int = 2, outputs: str = "ab") -> Machine:
    for _ in range(10_000):
        machine = some_machine(rng, states, inputs, outputs)
        if len(minimised(machine)[0].states) == states:
            return machine
    raise AssertionError(f"no machine of {states} states is minimal")


def with_one_fault(machine: Machine, outputs: str = "ab") -> Iterator[Machine]:
    """The machines with one wrong answer, and those with one wrong next state."""
    for state, each in product(machine.states, machine.inputs):
        for output in set(outputs) - {machine.output[state][each]}:
            yield Machine(machine.next, changed(machine.output, state, each, output))
        for target in set(machine.states) - {machine.next[state][each]}:
            yield Machine(changed(machine.next, state, each, target), machine.output)


def changed(table: tuple[tuple, ...], state: int, each: int, value: object) -> tuple[tuple, ...]:
    row = table[state]
    return (*table[:state], (*row[:each], value, *row[each + 1 :]), *table[state + 1 :])


@st.composite
def machines(draw: st.DrawFn, max_states: int = 6, in_a_ring: bool = False) -> Machine:
    """Machines where some inputs cannot be made; in a ring, input 0 can be made and leads through all states."""
    count = draw(st.integers(1, max_states))
    inputs = draw(st.integers(1, 3))
    following, answers = [], []
    for state in range(count):
        row = draw(st.lists(st.integers(0, count - 1), min_size=inputs, max_size=inputs))
        output = draw(st.lists(st.sampled_from(["a", "b", None]), min_size=inputs, max_size=inputs))
        if in_a_ring:
            row[0], output[0] = (state + 1) % count, output[0] or "a"
        following.append(tuple(state if out is None else target for target, out in zip(row, output, strict=True)))
        answers.append(tuple(output))
    return Machine(tuple(following), tuple(answers))


always_the_same = settings(derandomize=True, deadline=None, max_examples=150)

# Input 0 turns a wheel of three states, input 1 shows at state 0 and cannot be made in state 2.
WHEEL = Machine(((1, 0), (2, 1), (0, 2)), (("a", "b"), ("a", "a"), ("a", None)))
ONE_STATE = Machine(((0, 0),), (("a", "b"),))
TWINS = Machine(((1, 0), (0, 1)), (("a", "b"), ("a", "b")))
LONELY = Machine(((0, 0), (0, 1)), (("a", "b"), ("a", "a")))


# Machines


def test_a_machine_answers_each_input_and_ends_in_a_state() -> None:
    assert WHEEL.run((1, 0, 1, 0, 1, 0, 1)) == ("b", "a", "a", "a", None, "a", "b")
    assert WHEEL.run((0, 1), start=2) == ("a", "b")
    assert (WHEEL.end((0, 1, 0)), WHEEL.end((0, 0), start=2), WHEEL.end(())) == (2, 1, 0)


@pytest.mark.parametrize(
    ("targets", "outputs", "message"),
    [
        ((), (), "needs a state"),
        (((0,),), (("a",), ("a",)), "1 rows of outputs, not 2"),
        (((0, 0), (0,)), (("a", "a"), ("a",)), "state 1 answers not just the 2 inputs"),
        (((0, 0),), (("a",),), "state 0 answers not just the 2 inputs"),
        (((1,),), (("a",),), "not there"),
        (((-1,),), (("a",),), "not there"),
        (((1,), (0,)), (("a",), (None,)), "cannot be made in state 1"),
    ],
)
def test_tables_that_are_no_machine_are_refused(targets: tuple, outputs: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Machine(targets, outputs)


# The minimal machine


@given(machines())
@always_the_same
def test_states_fall_together_if_no_word_tells_them_apart(machine: Machine) -> None:
    _, belongs = minimised(machine)
    assert {state for state in machine.states if belongs[state] == -1} == set(machine.states) - reached(machine)
    for one, other in combinations(sorted(reached(machine)), 2):
        assert (belongs[one] != belongs[other]) == told_apart(machine, machine, one, other)


@given(machines())
@always_the_same
def test_a_minimal_machine_answers_as_the_given_one_from_each_state(machine: Machine) -> None:
    minimal, belongs = minimised(machine)
    assert len(minimal.states) == len({*belongs} - {-1})
    assert belongs[0] == 0
    for state in reached(machine):
        assert not told_apart(machine, minimal, state, belongs[state])


def test_copies_of_the_states_of_a_large_machine_fall_together() -> None:
    rng = random.Random(1)
    original = some_minimal(rng, states=200, inputs=4)
    states = range(1000)
    copies = Machine(
        tuple(tuple(each + 200 * rng.randrange(5) for each in original.next[state % 200]) for state in states),
        tuple(original.output[state % 200] for state in states),
    )
    assert minimised(copies)[0] == minimised(original)[0]


def test_a_long_count_is_told_apart_to_its_end() -> None:
    count = Machine(tuple((min(state + 1, 299), 0) for state in range(300)), (("a", "a"),) * 299 + (("b", "a"),))
    assert minimised(count) == (count, tuple(range(300)))


# Walks


@given(machines(max_states=8))
@always_the_same
def test_a_component_is_what_reaches_each_other(machine: Machine) -> None:
    found = components(machine)
    for one in machine.states:
        for other in machine.states:
            mutual = other in reached(machine, one) and one in reached(machine, other)
            assert (found[one] == found[other]) is mutual


@given(machines(max_states=8), st.integers(0, 7), st.integers(0, 2))
@always_the_same
def test_steps_to_a_transition_are_the_fewest(machine: Machine, state: int, each: int) -> None:
    steps = steps_to(machine, lambda *pair: pair == (state, each))
    if (state, each) not in transitions(machine):
        assert steps is None
    else:
        assert steps is not None
        assert walked(machine, iter(steps))[-1] == (state, each)
        assert len(steps) == distance(machine, state) + 1


def test_steps_across_a_large_machine_are_the_fewest() -> None:
    machine = some_machine(random.Random(1), states=100)
    far = [state for state in reached(machine) if distance(machine, state) > 3]
    assert len(far) > 20
    for state in far:
        assert len(steps_to(machine, lambda *pair, to=state: pair == (to, 0)) or ()) == distance(machine, state) + 1


def test_steps_may_start_elsewhere_and_take_the_nearest_of_several() -> None:
    assert steps_to(WHEEL, lambda _, each: each == 1, start=2) == (0, 1)
    assert steps_to(WHEEL, lambda *pair: pair in {(1, 1), (0, 0)}, start=1) == (1,)


@given(machines(max_states=8), st.integers(0, 7), st.integers(0, 2), st.randoms(use_true_random=False))
@always_the_same
def test_steps_that_cost_are_the_cheapest_below_a_limit(
    machine: Machine, state: int, each: int, rng: random.Random
) -> None:
    costs = {pair: rng.randrange(5) for pair in transitions(machine)}
    graph = networkx.DiGraph()
    for (start, move), cost in costs.items():
        end = machine.next[start][move]
        graph.add_edge(start, end, weight=min(cost, graph.get_edge_data(start, end, {"weight": cost})["weight"]))
    found = steps_to(machine, lambda *pair: pair == (state, each), cost=lambda *pair: costs[pair])
    if found is None:
        assert (state, each) not in costs
        return
    total = sum(costs[pair] for pair in walked(machine, iter(found)))
    assert total == networkx.dijkstra_path_length(graph, 0, state) + costs[state, each]
    assert steps_to(machine, lambda *pair: pair == (state, each), cost=lambda *pair: costs[pair], below=total) is None


# Covers and sets


@given(machines())
@always_the_same
def test_each_state_is_covered_by_a_shortest_word(machine: Machine) -> None:
    minimal = minimised(machine)[0]
    cover = state_cover(minimal)
    assert [minimal.end(word) for word in cover] == list(minimal.states)
    for word, each in product(cover, minimal.inputs):
        assert len(cover[minimal.end((*word, each))]) <= len(word) + 1


@given(machines())
@always_the_same
def test_characterising_words_tell_states_apart_and_are_beginnings_of_the_common_ones(machine: Machine) -> None:
    minimal = minimised(machine)[0]
    common, by_state = characterising_sets(minimal)
    assert {word for words in by_state for word in words} <= {word[:end] for word in common for end in range(7)}
    for one, other in combinations(minimal.states, 2):
        for words in (common, by_state[one], by_state[other]):
            assert answers_differ(minimal, words, one, other)


@given(machines())
@always_the_same
def test_each_common_word_is_a_shortest_one_for_some_pair(machine: Machine) -> None:
    minimal = minimised(machine)[0]
    for word in characterising_sets(minimal)[0]:
        shorter = list(product(minimal.inputs, repeat=max(len(word) - 1, 0)))
        told = [pair for pair in combinations(minimal.states, 2) if answers_differ(minimal, [word], *pair)]
        assert any(not answers_differ(minimal, shorter, *pair) for pair in told) or word == ()


@pytest.mark.parametrize("of", [characterising_sets, wp_suite])
def test_a_machine_with_states_that_are_alike_is_refused(of) -> None:
    with pytest.raises(ValueError, match="no word tells state 0 from 1; give the machine that minimised"):
        of(TWINS)


@pytest.mark.parametrize("of", [state_cover, wp_suite])
def test_a_machine_with_a_state_that_is_never_reached_is_refused(of) -> None:
    with pytest.raises(ValueError, match="state 1 is never reached; give the machine that minimised"):
        of(LONELY)


# The Wp method


def misjudged(machine: Machine, implementations: Iterable[Machine], extra_states: int = 0) -> list[Machine]:
    """The implementations on which suite and brute force disagree."""
    suite = wp_suite(machine, extra_states)
    return [each for each in implementations if found(machine, each, suite) != told_apart(machine, each)]


def found(machine: Machine, implementation: Machine, suite: Iterable[tuple[int, ...]]) -> bool:
    return departure(machine, implementation, suite) is not None


def with_a_hidden_state(rng: random.Random, machine: Machine) -> Machine:
    """The same machine, but that one transition leads to a copy of the state that it should lead to."""
    state, each = rng.choice(machine.states), rng.choice(machine.inputs)
    copied = machine.next[state][each]
    following = changed(machine.next, state, each, len(machine.states))
    return Machine((*following, machine.next[copied]), (*machine.output, machine.output[copied]))


def test_every_machine_of_two_states_is_told_from_every_other() -> None:
    implementations = every_machine(2)
    minimal = {minimised(each)[0] for each in implementations}
    assert {len(machine.states) for machine in minimal} == {1, 2}
    for machine in minimal:
        assert not misjudged(machine, implementations, extra_states=2 - len(machine.states))


def test_every_machine_of_three_states_is_told_from_some_of_one_two_and_three() -> None:
    rng = random.Random(1)
    implementations = every_machine(3)
    for states in (1, *[2] * 5, *[3] * 10):
        assert not misjudged(some_minimal(rng, states), implementations, extra_states=3 - states)


@pytest.mark.parametrize("states", [3, 4])
def test_faulty_machines_and_random_ones_of_as_many_states_are_told_apart(states: int) -> None:
    rng = random.Random(states)
    for _ in range(60):
        machine = some_minimal(rng, states)
        implementations = [*with_one_fault(machine), *(some_machine(rng, states) for _ in range(100))]
        assert not misjudged(machine, implementations)


@pytest.mark.parametrize("states", [2, 3, 4])
def test_faults_behind_a_hidden_state_are_found_by_a_suite_that_expects_one(states: int) -> None:
    rng = random.Random(states)
    needed = 0
    for _ in range(60):
        machine = some_minimal(rng, states)
        implementations = list(with_one_fault(with_a_hidden_state(rng, machine)))
        assert not misjudged(machine, implementations, extra_states=1)
        needed += len(misjudged(machine, implementations))
    assert needed


def test_a_machine_of_one_state_is_tested_by_its_inputs() -> None:
    assert characterising_sets(ONE_STATE) == (((),), (((),),))
    assert wp_suite(ONE_STATE) == ((0,), (1,))
    assert wp_suite(ONE_STATE, extra_states=1) == ((0, 0), (0, 1), (1, 0), (1, 1))


@given(machines(), st.integers(0, 1))
@always_the_same
def test_a_suite_is_in_order_and_has_no_word_that_another_begins_with(machine: Machine, extra_states: int) -> None:
    suite = wp_suite(minimised(machine)[0], extra_states)
    assert list(suite) == sorted(suite, key=lambda word: (len(word), word))
    beginnings = {word[:length] for word in suite for length in range(len(word))}
    assert not beginnings & set(suite)


def test_fewer_states_than_those_of_the_machine_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="-1 extra states; 0 is the least"):
        wp_suite(WHEEL, extra_states=-1)


def test_a_departure_is_the_beginning_of_the_first_word_that_shows_one() -> None:
    broken = Machine(WHEEL.next, changed(WHEEL.output, 1, 1, "b"))
    assert departure(WHEEL, broken, [(0, 0, 1), (1, 0, 1, 0), (0, 1)]) == (1, 0, 1)
    assert departure(WHEEL, broken, [(0, 0, 1), (1,)]) is None


def test_machines_with_other_inputs_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="2 inputs cannot be compared with 1"):
        departure(WHEEL, Machine(((0,),), (("a",),)), [])


# AALpy


def as_aalpy(machine: Machine) -> MealyMachine:
    return MealyMachine.from_state_setup(
        {
            state: {each: (machine.output[state][each], machine.next[state][each]) for each in machine.inputs}
            for state in machine.states
        }
    )


def found_by_aalpy(machine: Machine, implementation: Machine, extra_states: int) -> bool:
    oracle = WpMethodEqOracle(
        list(machine.inputs), AutomatonSUL(as_aalpy(implementation)), len(machine.states) + extra_states
    )
    return oracle.find_cex(as_aalpy(machine)) is not None


@pytest.mark.parametrize("extra_states", [0, 1])
def test_suite_and_the_wp_method_of_aalpy_find_the_same(extra_states: int) -> None:
    rng = random.Random(extra_states)
    answers = []
    for _ in range(20):
        machine = some_minimal(rng, rng.randint(2, 6), inputs=3)
        suite = wp_suite(machine, extra_states)
        same = with_a_hidden_state(rng, machine) if extra_states else machine
        for each in [same, *rng.sample(list(with_one_fault(same)), 12)]:
            answers.append(found(machine, each, suite))
            assert answers[-1] == found_by_aalpy(machine, each, extra_states)
    assert 20 <= answers.count(False) < 100
