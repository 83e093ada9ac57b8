"""Walks through all that people can do: what they begin with, what they meet, and that nothing is left out."""

import random
from itertools import islice

from kmc_harness.exploring.coverage import CoverageRules
from kmc_harness.exploring.tours import Walk, tour
from kmc_model.analysis.configurations import TOPICS, Rules


def test_a_lap_makes_every_transition() -> None:
    walks = [Walk(scope) for scope in TOPICS if scope.name in ("two people", "attempts", "newcomers", "colleagues")]
    made: dict[str, set[tuple[int, int]]] = {}
    for trace in tour(walks, random.Random(5)):
        made.setdefault(trace.topic, set()).update(transition for _, transition in trace.moves)
    assert {each.scope.name: len(made[each.scope.name]) for each in walks} == {
        each.scope.name: each.size for each in walks
    }


def test_a_lap_begins_with_each_row_where_it_alone_decides() -> None:
    walks = {scope.name: Walk(scope) for scope in TOPICS}
    lap = tour([*walks.values()], random.Random(5))
    anywhere = {row for walk in walks.values() for made in walk.transitions() for row in walk.decisive(*made)}
    decided: set[object] = set()
    told = 0
    for trace in lap:
        told += 1
        decided |= {row for _, made in trace.moves for row in walks[trace.topic].decisive(*made)}
        if decided == anywhere:
            break
    assert told < 100
    assert len(anywhere) > 50


def test_a_refusal_that_another_row_would_repeat_is_not_decided_by_its_row_alone() -> None:
    """A link that was replaced may have expired as well: what refuses it then cannot be seen."""
    (scope,) = (each for each in TOPICS if each.name == "worthless links")
    moves = {move.sentence: move for move in scope.moves}
    earlier = "Ada sets a new password through the earlier reset link"
    for told, alone in (((), True), (("25 h pass",), False)):
        configuration, rules = scope.start(Rules()), CoverageRules()
        for sentence in ("Ada asks for a reset", "Ada asks for a reset", *told):
            configuration = moves[sentence].make(configuration, Rules()).configuration
        moves[earlier].make(configuration, rules)
        assert rules.take() == (("SetPassword.link_replaced", alone),)
        assert rules.take() == ()


def test_after_a_lap_comes_what_the_wp_method_asks() -> None:
    walks = {scope.name: Walk(scope) for scope in TOPICS}
    words = list(islice(walks["machines"].wp_words(), 10_000))
    assert len(words) > walks["machines"].size
    assert all(sentence for word in words for sentence, _ in word)
