"""Answers that differ only in what is of their own each time are alike; others are not."""

import itertools
from dataclasses import replace

import pytest

from kmc_harness.port import Action, LogIn, Observation, RequestReset
from kmc_harness.scenario.likeness import is_alike
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.scene import tell
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.faults import by_name
from kmc_model.clock import START

COMPARING = ("SEC-003", "SEC-004", "SEC-012")


@pytest.mark.parametrize(
    ("one", "again", "other", "alike"),
    [
        ("refused", "refused", "refused", True),
        ("refused", "refused", "accepted", False),
        ("wrong (09:00:13)", "wrong (09:01:14)", "wrong (09:00:14)", True),
        ("wrong (09:00:13)", "wrong (09:01:14)", "no such user (09:00:14)", False),
        ("wrong, ref a8Xk", "wrong, ref Zz01", "wrong, ref 77qq", True),
        ("wrong, ref a8Xk", "wrong, ref Zz01", "wrong, ref 77qq, you are locked", False),
        ("wrong, ref a8Xk", "wrong, ref Zz01", "unknown, ref 77qq", False),
        ("Ref a8Xk: wrong password", "Ref Zz01: wrong password", "Ref 77qq: wrong password, two-factor is on", False),
        ("abcd", "efgh", "no such user", False),
    ],
)
def test_only_what_changes_by_itself_is_left_out(one: str, again: str, other: str, alike: bool) -> None:
    assert is_alike(one, again, other) is alike


class SaysSomethingOfItsOwn(ModelTarget):
    """Right, in each answer something new: the time, which goes on by itself, and a ticket."""

    def reset(self) -> None:
        super().reset()
        self._tickets = itertools.count(7)

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        self.advance(1)
        if isinstance(action, LogIn | RequestReset):
            at = self.now() - START
            return replace(
                seen, message=f"{seen.message or 'Look at your mail'} (ticket T{next(self._tickets)}x, {at} s)"
            )
        return seen


@pytest.mark.parametrize("requirement", COMPARING)
def test_an_answer_with_something_of_its_own_is_no_departure(requirement: str) -> None:
    told = [each for each in bindings.all_told() if each.requirement == requirement]
    assert {tell(each, SaysSomethingOfItsOwn(), "x").verdict for each in told} == {Verdict.PASS}


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("unknown e-mail told", "SEC-004"),
        ("lock told", "SEC-004"),
        ("code asked before the password", "SEC-003"),
        ("RequestReset.too_many_resets refused", "SEC-012"),
    ],
)
def test_a_difference_beside_it_is_told_all_the_same(fault: str, requirement: str) -> None:
    told = [each for each in bindings.all_told() if each.requirement == requirement]
    target = SaysSomethingOfItsOwn(by_name(fault).variant)
    assert Verdict.FAIL in {tell(each, target, "x").verdict for each in told}


class CountsByTheNameThatWasTyped(ModelTarget):
    """Right: after five wrong passwords for a name, known or not, it says that there were too many."""

    def reset(self) -> None:
        super().reset()
        self._tried: dict[str, int] = {}

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if not isinstance(action, LogIn) or seen.accepted or seen.asks_for_code:
            return seen
        self._tried[action.email] = tried = self._tried.get(action.email, 0) + 1
        return replace(seen, message="Too many attempts.") if tried > 5 else seen


def test_two_people_are_treated_alike_before_they_are_compared() -> None:
    told = [each for each in bindings.all_told() if each.requirement == "SEC-004"]
    assert {tell(each, CountsByTheNameThatWasTyped(), "x").verdict for each in told} == {Verdict.PASS}
