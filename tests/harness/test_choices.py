"""What the requirements leave open: measured before exploring, and told as no departure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from kmc_harness.exploring.counts import fitted, spoken
from kmc_harness.exploring.measuring import least, measure
from kmc_harness.exploring.search import Search, explore, rerun
from kmc_harness.port import Action, LogIn, Observation, Offer
from kmc_harness.specification import bindings, catalogue
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.scene import tag_of, tell
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.faults import by_name
from kmc_model.analysis.faults.derived import CHOICES, NUMBERS
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, HOUR_S, MINUTE_S, Choice, choices
from kmc_model.rules import RULES
from tests.conftest import WHOLE
from tests.harness.traces import with_fault


def _product(**chosen: Any) -> ModelTarget:
    return ModelTarget(Variant(replace(ARTICLE, **chosen)))


def _search(target: ModelTarget, most: int, seed: int = 0) -> Search:
    left = iter(range(most))
    expected = ModelTarget(Variant(measure(target).policy))
    return explore(expected, target, seed=seed, goes_on=lambda: next(left, None) is not None)


RIGHT: tuple[dict[str, Any], ...] = (
    {},
    {"failures_max": 5, "lock_s": MINUTE_S},
    {"failures_max": 50, "lock_s": 12 * HOUR_S},
    {"failures_max": 7, "lock_s": 17 * MINUTE_S + 1, "lock_clears_failures": False},
    {"failures_max": 20, "code_failures_max": 5, "attempts_extend_lock": True},
    {"code_failures_max": 10},
    {"session_ttl_s": 30 * MINUTE_S, "use_renews_session": True},
    {"session_ttl_s": 8 * HOUR_S + 1, "login_ends_sessions": True},
    {"tolerance_steps": 0},
    {"tolerance_steps": 0, "steps_ahead": 1, "wrong_code_wait_s": 20},
    {"reset_link_ttl_s": 90 * MINUTE_S, "renewal_link_shares_time": True},
    {"resets_max": 1, "resets_period_s": HOUR_S},
    {"blocked_account_ends_sessions": True, "nameless_login_opens": "last usable", "unused_qr_code_ttl_s": None},
    {"one_link_at_a_time": True, "change_needs_code_of": "paired", "change_ends_own_session": True},
)


@pytest.mark.parametrize("chosen", RIGHT, ids=lambda chosen: " ".join(chosen) or "the reference")
def test_what_a_product_chooses_is_measured(chosen: dict[str, Any]) -> None:
    measured = measure(_product(**chosen))
    assert measured.policy == replace(ARTICLE, **chosen)
    assert measured.actions < 1200


def test_every_answer_that_is_allowed_is_measured() -> None:
    for name, others in CHOICES.items():
        for value, _ in others if WHOLE else others[:0]:
            if value in choices()[name].allowed and name != "use_renews_session":
                assert getattr(measure(_product(**{name: value})).policy, name) == value, name


# Every allowed answer before the scenarios, and every other one


def _ends(choice: Choice) -> Iterator[Any]:
    """Yield each allowed answer, and the first and the last of a range."""
    yield from (choice.allowed[0], choice.allowed[-1]) if isinstance(choice.allowed, range) else choice.allowed


ALONE: tuple[dict[str, Any], ...] = tuple(
    {name: value} for name, choice in choices().items() for value in _ends(choice) if value != getattr(ARTICLE, name)
)
RANGES = {name: choice.allowed for name, choice in choices().items() if isinstance(choice.allowed, range)}
TOGETHER: tuple[dict[str, Any], ...] = (
    {name: allowed[0] for name, allowed in RANGES.items()},
    {name: allowed[-1] for name, allowed in RANGES.items()},
)


@pytest.mark.parametrize("chosen", [*TOGETHER, *(ALONE if WHOLE else ALONE[::6])], ids=str)
def test_an_allowed_answer_fails_nothing_but_the_requirement_that_is_read_otherwise(chosen: dict[str, Any]) -> None:
    target = _product(**chosen)
    told = (tell(each, target, tag_of("0", each.id), with_evidence=False) for each in bindings.all_told())
    failed = {each.requirement for each in told if each.verdict is Verdict.FAIL}
    sources = " ".join(choices()[name].source for name in chosen)
    read_otherwise = set(re.findall(r"[A-Z]{3}-\d{3}", sources)) if "reading" in sources else set()
    interpreted = {each.id for each in catalogue.load().values() if each.level is catalogue.Level.INTERPRETED}
    assert failed <= read_otherwise & interpreted


NOTHING_FORBIDS = {
    "reset_link_ttl_s below": "a link lives for a second at least",
    "tolerance_steps below": "a code counts in its own step at least",
    "steps_ahead below": "a code counts in its own step at least",
    "wrong_code_wait_s below": "nobody waits for less than no time",
    "resets_max below": "one that mails nobody breaks RST-001, which has faults of its own",
    "resets_period_s above": "no requirement says when the next mail has to come",
    "failures_max below": "no less than one attempt can be counted",
    "code_failures_max below": "no less than one attempt can be counted",
    "session_ttl_s below": "no requirement speaks of it, and nobody gets anything done in it",
    "session_ttl_s above": "no requirement speaks of it; what lasts longer is measured as without end",
}


def test_what_lies_outside_a_range_is_a_fault_to_be_caught_or_is_explained() -> None:
    faults = {f"{name} {side}" for name, side in _outside()}
    of_ranges = {f"{name} {side}" for name in RANGES for side in ("below", "above")}
    assert of_ranges - faults == NOTHING_FORBIDS.keys()


def _outside() -> Iterator[tuple[str, str]]:
    for name, allowed in RANGES.items():
        for value, requirements in (NUMBERS | CHOICES).get(name, ()):
            if requirements and value not in allowed:
                yield name, "below" if value < allowed[0] else "above"


@pytest.mark.parametrize("chosen", RIGHT[1 :: 1 if WHOLE else 4], ids=" ".join)
def test_a_right_product_with_other_choices_does_not_depart(chosen: dict[str, Any]) -> None:
    search = _search(_product(**chosen), most=700)
    assert search.found is None
    assert search.explained == {}


@pytest.mark.parametrize(
    "change",
    [
        "sessions of an hour",
        "one session each",
        "wait after a wrong code",
        "first account alone",
        "nobody is registered twice",
        "EnableTwoFactor.account_has_two_factor refused",
    ],
)
def test_a_harmless_change_written_by_hand_does_not_depart(change: str) -> None:
    assert _search(with_fault(change), most=250).found is None


def test_what_is_chosen_now_so_now_otherwise_is_explained() -> None:
    left = iter(range(400))
    search = explore(
        ModelTarget(), with_fault("one session each"), seed=0, goes_on=lambda: next(left, None) is not None
    )
    assert search.found is None
    assert search.explained == {"login_ends_sessions": True}


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [("SetPassword.always without use_reset_link", "RST-010"), ("LogOut.always without end_session", "LOG-010")],
)
def test_a_fault_in_a_product_with_other_choices_is_told_under_its_own_requirement(
    fault: str, requirement: str
) -> None:
    policy = replace(ARTICLE, failures_max=5, lock_s=MINUTE_S, session_ttl_s=8 * HOUR_S, login_ends_sessions=True)
    found = _search(ModelTarget(Variant(policy, by_name(fault).variant.rules)), most=2500).found
    assert found is not None
    assert found.requirement == requirement
    assert found.policy == policy


@pytest.mark.parametrize(
    ("chosen", "requirements"),
    # Whom a lock of 25 hours keeps out is told of by the wrong codes that led to it, or by its length.
    [({"failures_max": 101}, {"SEC-001"}), ({"lock_s": 25 * HOUR_S}, {"SEC-011", "LOG-005"})],
)
def test_what_no_choice_allows_is_told(chosen: dict[str, Any], requirements: set[str]) -> None:
    found = _search(_product(**chosen), most=2500).found
    assert found is not None
    assert found.requirement in requirements


class AsksForNoCode(ModelTarget):
    """Opens a session by the password alone, and looks at no code."""

    def __init__(self) -> None:
        needs_none = tuple(
            replace(rule, applies=lambda turn: True) if rule.applies.__name__ == "no_code_needed" else rule
            for rule in RULES
        )
        super().__init__(Variant(rules=needs_none))


class LooksAtTheLengthAlone(ModelTarget):
    """Takes any code, and none."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if (
            isinstance(action, LogIn)
            and not seen.accepted
            and self.model.events[-1].outcome.reason
            in (
                "code needed",
                "wrong code",
            )
        ):
            return Observation(True, session="s", account=action.account)
        return seen


class NeverSwitchesOn(ModelTarget):
    """Mails the links when it is switched on, and demands no code."""

    def __init__(self) -> None:
        super().__init__(by_name("EnableTwoFactor.always without switch_on").variant)


@pytest.mark.parametrize("seed", range(3 if WHOLE else 1))
@pytest.mark.parametrize("target", [AsksForNoCode, LooksAtTheLengthAlone, NeverSwitchesOn])
def test_who_asks_for_no_code_is_told_so(target: Callable[[], ModelTarget], seed: int) -> None:
    left = iter(range(600))
    found = explore(ModelTarget(), target(), seed=seed, goes_on=lambda: next(left, None) is not None).found
    assert found is not None
    assert found.requirement == "ENA-007"
    assert len(found.sentences) == 2
    assert found.sentences[1].endswith(" with no code")


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("tolerance_steps=2", "STD-002"),
        ("codes_compared_as_numbers=True", "STD-006"),
        ("secret_bits=120", "STD-004"),
        ("EnableTwoFactor.always without mail_owner", "ENA-003"),
        ("late_user_is_mailed_link=False", "ENA-008"),
        ("mail tells the secret", "SEC-008"),
        ("qr code for all", "RST-014"),
    ],
)
def test_the_requirement_is_the_faults_own(fault: str, requirement: str) -> None:
    left = iter(range(2500))
    found = explore(ModelTarget(), with_fault(fault), seed=0, goes_on=lambda: next(left, None) is not None).found
    assert found is not None
    assert found.requirement == requirement


def test_as_many_attempts_as_the_product_takes_are_tried() -> None:
    policy = replace(ARTICLE, failures_max=50, code_failures_max=5, resets_max=3)
    told = {
        "10 wrong passwords are tried for Ada": "50 wrong passwords are tried for Ada",
        "10 wrong codes are tried for Ada; Ada logs in to Acme with a code": (
            "5 wrong codes are tried for Ada; Ada logs in to Acme with a code"
        ),
        "Ada asks for a reset 10 times": "Ada asks for a reset 3 times",
        "Ada asks for a reset": "Ada asks for a reset",
    }
    for sentence, other in told.items():
        assert fitted(spoken(sentence), policy).sentence == other
        assert spoken(other).sentence == other


def test_a_story_with_other_counts_is_told_again() -> None:
    lines = list(
        rerun(
            ModelTarget(),
            _product(failures_max=5),
            [("Ada", "Acme")],
            ["5 wrong passwords are tried for Ada", "Ada logs in to Acme with no code"],
        )
    )
    assert lines[1] == "✗ Ada logs in to Acme with no code"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 11, 50, 99, 100])
@pytest.mark.parametrize("likely", [3, 10, 100])
def test_the_least_number_is_found(limit: int, likely: int) -> None:
    assert least(lambda number: number >= limit, (3, 5, 10, 20, 100), likely) == limit
    assert least(lambda number: number > 100, (3, 5, 10, 20, 100), likely) is None


class OnlyLogins(ModelTarget):
    """Has no second factor at all, and no mails."""

    offers = frozenset({Offer.CLOCK})


def test_what_is_not_offered_is_not_measured() -> None:
    measured = measure(OnlyLogins())
    assert measured.chosen["failures_max"] == 10
    assert "tolerance_steps" in measured.unmeasured
    assert measured.policy == ARTICLE


def test_who_refuses_everybody_has_no_limit() -> None:
    measured = measure(with_fault("LogIn.no_code_needed refused"))
    assert measured.policy.failures_max == 10
    assert measured.unmeasured["failures_max"] == "the right password is refused"


class Runs(ModelTarget):
    """Its clock goes on while it works."""

    def perform(self, action: Action) -> Observation:
        self.model.clock.advance(isinstance(action, LogIn))
        return super().perform(action)


def test_a_clock_that_runs_makes_no_odd_numbers() -> None:
    assert measure(Runs()).policy == ARTICLE


class BreaksSoon(ModelTarget):
    """Breaks from the 51st action on."""

    asked = 0

    def perform(self, action: Action) -> Observation:
        self.asked += 1
        if self.asked > 50:
            raise OSError("the server went away")
        return super().perform(action)


def test_a_target_that_breaks_is_asked_no_more() -> None:
    target = BreaksSoon()
    measured = measure(target)
    assert target.asked < 60
    assert any("the server went away" in why for why in measured.unmeasured.values())
