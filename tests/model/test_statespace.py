"""All configurations: how many there are, what holds in them, and where two rulebooks part."""

import random
from pathlib import Path
from typing import Any

import pytest

from kmc_model.analysis.configurations import SCOPES, TOPICS, Rules, Scope, key_of
from kmc_model.analysis.faults import by_name
from kmc_model.analysis.statespace import PROPERTIES, Space, differences, explore, violations
from kmc_model.policy import KALTURA_SERVER
from tests.conftest import WHOLE, kmc

COUNTS = {
    "one account": (27_070, 479_792),
    "two accounts": (22_811, 469_643),
    "two people": (115, 1_171),
    "standing": (390, 5_916),
}
"""By scope, the states and transitions; model.md of docs/ names them, and a change of the rules changes them."""
TOPIC = {each.name: each for each in TOPICS}


@pytest.fixture(scope="module")
def spaces() -> dict[str, Space]:
    """The small scopes; all of them where KMC_TEST_ALL says so. `kmc explore` walks all, below."""
    return {scope.name: explore(scope) for scope in SCOPES if WHOLE or COUNTS[scope.name] < (1_000, 0)}


def test_the_command_walks_all_states_checks_every_property_and_draws_the_first_scope(tmp_path: Path) -> None:
    done = kmc("explore", "--out", "states.mmd", cwd=tmp_path, COLUMNS="120")
    assert done.returncode == 0
    for name, counts in COUNTS.items():
        (row,) = (line for line in done.stdout.splitlines() if line.startswith(f"{name} "))
        assert row.removeprefix(name).split()[:2] == [f"{count:,}" for count in counts]
    assert "every property holds on every transition" in done.stdout
    drawn = (tmp_path / "states.mmd").read_text()
    states = {line.split(":")[0].strip() for line in drawn.splitlines() if ": " in line and "-->" not in line}
    assert 5 <= len(states) <= 30
    assert drawn.startswith("stateDiagram-v2\n    [*] --> s0\n")
    assert "set password, time" not in drawn, "it speaks of time only where time passes"


def test_every_state_is_reached_by_its_path(spaces: dict[str, Space]) -> None:
    for space in spaces.values():
        moves = {move.sentence: move for move in space.scope.moves}
        for state in random.Random(1).sample(range(len(space.configurations)), 20):
            configuration = space.scope.start(space.rules)
            for sentence in space.path(state):
                made = moves[sentence].make(configuration, space.rules)
                assert made is not None
                configuration = made.configuration
            assert key_of(configuration, space.scope, space.rules.policy) == space.keys[state]


def test_lives_of_one_state_show_the_same(spaces: dict[str, Space]) -> None:
    rng = random.Random(2)
    for space in spaces.values():
        states = {key: state for state, key in enumerate(space.keys)}
        for _ in range(20):
            configuration = space.scope.start(space.rules)
            for _ in range(80):
                state, move = (
                    states[key_of(configuration, space.scope, space.rules.policy)],
                    rng.randrange(len(space.next[0])),
                )
                made = space.scope.moves[move].make(configuration, space.rules)
                assert (made and made.output) == space.output[state][move], space.path(state)
                configuration = made.configuration if made else configuration


BREAKS = {
    "No session is opened": ("two people", "anybodys code"),
    "No session is moved": ("sessions", "SwitchAccount.from_account_with_two_factor dropped"),
    "A refusal shows": ("codes", "MAILS"),
    "Each showing": ("links", "OpenEnrolmentLink.always without use_enrolment_link"),
    "No QR code is shown later": ("links", "enrolment_link_ttl_s=90000"),
    "Whoever does not act": ("two people", "reset hits everybody"),
    "A pairing that has": ("codes", "on makes anew"),
    "No two people": ("two people", "one secret a batch"),
}


def rules_of(fault: str) -> Rules:
    if fault == "MAILS":
        return _refusals_that_mail()
    return Rules.of(by_name(fault).variant)


def _refusals_that_mail() -> Rules:
    """A wrong code is refused, and an enrolment link is mailed all the same."""
    from dataclasses import replace

    from kmc_model.rules import RULES, Effect, _mail_qr_code

    def mail(turn: Any) -> None:
        _mail_qr_code(turn, turn.email)

    rules = tuple(
        replace(rule, effects=(Effect(None, mail),)) if rule.applies.__name__ == "code_wrong" else rule
        for rule in RULES
    )
    return Rules(rules=rules)


@pytest.mark.parametrize("sentence", [each.sentence for each in PROPERTIES])
def test_a_violated_property_comes_with_the_shortest_way_there(sentence: str) -> None:
    (name, fault) = next(value for start, value in BREAKS.items() if sentence.startswith(start))
    found = {each.property.sentence: each for each in violations(explore(TOPIC[name], rules_of(fault)))}
    assert sentence in found
    assert len(found[sentence].path) <= 8


def _found(scope: Scope) -> list[Any]:
    return list(differences(scope, Rules(), Rules(KALTURA_SERVER)))


def test_the_published_servers_contradictions_are_found_by_themselves() -> None:
    """I-01, I-02 and I-03 of what is known of the server."""
    links, sessions = _found(TOPIC["links"]), _found(TOPIC["sessions"])
    late = [each for each in links if each.path[-2:] == ("25 h pass", "Ada opens the newest enrolment link")]
    assert [(each.one.accepted, each.other.accepted) for each in late[:1]] == [(False, True)]
    mailed = next(each for each in links if each.move == "Ada sets a new password through the newest reset link")
    assert [kind for _, kind in mailed.one.mailed] == ["enrolment"]
    assert mailed.other.mailed == ()
    both_on = {f"the vendor switches two-factor authentication on for {name}" for name in ("Acme", "Globex")}
    switched = next(each for each in sessions if " switches to " in each.move and both_on < set(each.path))
    assert (switched.one.accepted, switched.other.accepted) == (False, True)
    assert len(switched.path) == 4


def test_a_rulebook_does_not_differ_from_itself() -> None:
    assert [each for scope in TOPICS[:2] for each in differences(scope, Rules(), Rules())] == []


def test_a_space_is_also_a_graph_and_a_frame(spaces: dict[str, Space]) -> None:
    space = spaces["two people"]
    graph, frame = space.to_networkx(), space.to_frame()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == COUNTS["two people"]
    assert len(frame) == space.transitions
    assert set(frame["move"]) == {move.sentence for move in space.scope.moves}
