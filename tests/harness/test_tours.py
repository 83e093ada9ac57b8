"""Walks through all that people can do: what they begin with, what they meet, and that nothing is left out."""

import random
from itertools import islice, takewhile

from kmc_harness.exploring.answering import Noting
from kmc_harness.exploring.differential import Twins
from kmc_harness.exploring.suspecting import Suspects, Weights, soon
from kmc_harness.exploring.tours import BEGINNING, SOON, ALife, Course, one_lap
from kmc_harness.targets.model import ModelTarget
from kmc_model.analysis.configurations import EVERYTHING, TOPICS, Rules
from kmc_model.analysis.faults.suspicions import suspicions


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
    lap = one_lap([*courses.values()], random.Random(5), between=[ALife("between", (), iter(()))])
    first = takewhile(lambda life: life.topic in courses, lap)
    decided = {row for life in first for _, made in life.sentences for row in courses[life.topic].decided(*made)}
    anywhere = {row for course in courses.values() for made in course.transitions() for row in course.decided(*made)}
    assert decided == anywhere
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
        assert "reset_link_ttl_s" in rules.looked_at()
        assert rules.noted() == ()
        assert not rules.looked_at()


def test_lives_of_everybody_leave_few_wrong_models() -> None:
    suspects, rng = Suspects(EVERYTHING, suspicions()), random.Random(0)
    lengths = [*((length, soon(EVERYTHING)) for length in SOON), *((length, Weights()) for length in BEGINNING)]
    told = [sentence for length, weights in lengths for sentence, _ in suspects.life(rng, length, weights)]
    assert len(suspicions()) > 300
    assert len(suspects.left) < 160  # of lives that only look for new answers, 230
    assert told.count("Ada opens the newest enrolment link") > 1


def test_what_chance_tells_soon_is_worth_more() -> None:
    worth = soon(EVERYTHING).told
    early, late = (
        max(worth(each) / each.worth for each in suspicions() if each.where == where)
        for where in ("LogIn.password_wrong", "SwitchAccount.from_account_with_two_factor")
    )
    assert early > 5 > 0.5 > late > 0


def test_what_cannot_be_done_is_told_once_and_costs_no_action() -> None:
    nobody = Suspects(EVERYTHING, ())
    twins = Twins(ModelTarget(), ModelTarget(), "u", EVERYTHING.founders)
    at_first = twins.actions
    undone = [sentence for sentence, _ in islice(nobody.life(random.Random(0), 1), 20)]
    for sentence in undone:
        assert twins.perform(sentence) is None
    assert twins.actions == at_first
    again = [sentence for sentence, _ in nobody.life(random.Random(0), 1)]
    assert not set(again) & set(undone)


def test_after_a_lap_comes_what_the_wp_method_asks() -> None:
    courses = {scope.name: Course(scope) for scope in TOPICS}
    words = list(islice(courses["machines"].wp_words(), 10_000))
    assert len(words) > courses["machines"].size
    assert all(sentence for word in words for sentence, _ in word)
