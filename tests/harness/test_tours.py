"""Walks through all that people can do: what they begin with, what they meet, and that nothing is left out."""

import random
from itertools import islice

from kmc_harness.exploring.answering import Noting
from kmc_harness.exploring.tours import Course, one_lap
from kmc_model.analysis.configurations import TOPICS, Rules


def test_a_lap_makes_every_transition() -> None:
    courses = [Course(scope) for scope in TOPICS if scope.name in ("two people", "attempts", "newcomers", "colleagues")]
    made: dict[str, set[tuple[int, int]]] = {}
    for life in one_lap(courses, random.Random(5)):
        made.setdefault(life.topic, set()).update(transition for _, transition in life.sentences)
    assert {each.scope.name: len(made[each.scope.name]) for each in courses} == {
        each.scope.name: each.size for each in courses
    }


def test_a_lap_begins_with_each_row_where_it_alone_decides() -> None:
    courses = {scope.name: Course(scope) for scope in TOPICS}
    lap = one_lap([*courses.values()], random.Random(5))
    anywhere = {row for course in courses.values() for made in course.transitions() for row in course.decided(*made)}
    decided: set[object] = set()
    told = 0
    for life in lap:
        told += 1
        decided |= {row for _, made in life.sentences for row in courses[life.topic].decided(*made)}
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
        life, rules = scope.start(Rules()), Noting()
        for sentence in ("Ada asks for a reset", "Ada asks for a reset", *told):
            life = moves[sentence].make(life, Rules()).life
        moves[earlier].make(life, rules)
        assert rules.noted() == (("SetPassword.link_replaced", alone),)
        assert rules.noted() == ()


def test_after_a_lap_comes_what_the_wp_method_asks() -> None:
    courses = {scope.name: Course(scope) for scope in TOPICS}
    words = list(islice(courses["machines"].wp_words(), 10_000))
    assert len(words) > courses["machines"].size
    assert all(sentence for word in words for sentence, _ in word)
