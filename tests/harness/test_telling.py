"""Scenarios told directly, without pytest."""

import contextlib
import re
from collections.abc import Iterator

import msgspec
import pytest

from kmc_harness.port import Action, Observation
from kmc_harness.report.results import ScenarioResult
from kmc_harness.running import runner
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.scene import tag_of, tell
from kmc_harness.verdicts import Verdict
from kmc_model.model import Variant
from kmc_model.policy import KALTURA_SERVER
from kmc_model.turn import Turn
from tests.conftest import WHOLE


class Catcher:
    """Keeps the results of a run in pytest."""

    def __init__(self) -> None:
        self.results: list[ScenarioResult] = []

    def pytest_runtest_logreport(self, report: object) -> None:
        if result := getattr(report, "kmc_result", None):
            self.results.append(msgspec.convert(result, ScenarioResult))


@pytest.mark.parametrize("policy", ["kaltura-server", "article"] if WHOLE else ["kaltura-server"])
def test_every_scenario_ends_alike_directly_and_through_pytest(policy: str) -> None:
    catcher = Catcher()
    runner.quietly([*runner.PYTEST, "--kmc-profile=all", f"--kmc-policy={policy}"], catcher)
    target = ModelTarget(policy)
    told = {each.id: tell(each, target, tag_of("0", f"test_{each.id}")) for each in bindings.all_told()}
    assert len(catcher.results) == len(told)
    assert {each.id: each for each in catcher.results} == told


# Where a part of the clock may have stood still


class LinksForEver(Turn):
    def is_expired(self, link: object) -> bool:
        return False


class Silent(ModelTarget):
    """Answers nobody."""

    def perform(self, action: Action) -> Observation:
        raise ConnectionError("no answer")


class Strict(ModelTarget):
    """Takes plain e-mails only, as many products do."""

    def perform(self, action: Action) -> Observation:
        if re.search(r"[^\w.@+-]", str(getattr(action, "email", ""))):
            return Observation(accepted=False, message="Enter a valid email address.")
        return super().perform(action)


class Behind(ModelTarget):
    """Another one once it is started again; `whole` is the same with its whole clock moved."""

    def __init__(self, first: Variant, later: Variant, whole: ModelTarget) -> None:
        super().__init__(first)
        self.later, self.whole = later, whole

    @contextlib.contextmanager
    def whole_clock(self) -> Iterator[ModelTarget]:
        yield self.whole
        self.variant = self.later


FOR_EVER, RIGHT = Variant(turn=LinksForEver), Variant()
BY_THE_CLOCK = {
    "it passes with the whole clock moved": (FOR_EVER, FOR_EVER, Strict(RIGHT), "with its monotonic clock moved"),
    "it departs either way": (FOR_EVER, FOR_EVER, Strict(FOR_EVER), ""),
    "it departs no more": (FOR_EVER, RIGHT, ModelTarget(RIGHT), ""),
    "it bears no jump": (FOR_EVER, FOR_EVER, Silent(), "could not be found out: .* no answer"),
}


@pytest.mark.parametrize("name", BY_THE_CLOCK)
def test_a_departure_is_the_clocks_only_where_that_was_seen(name: str) -> None:
    first, later, whole, doubt = BY_THE_CLOCK[name]
    expired = next(each for each in bindings.all_told() if each.requirement == "RST-011")
    result = tell(expired, Behind(first, later, whole), "x")
    assert result.verdict is (Verdict.INCONCLUSIVE if doubt else Verdict.FAIL)
    assert re.search(f"^accepted.*{doubt}" if doubt else "^accepted$", result.actual)


def test_what_departs_without_a_word_of_time_is_judged_though_the_target_bears_no_jump() -> None:
    kaltura = Variant(KALTURA_SERVER)
    ended: dict[Verdict, set[str]] = {}
    for each in bindings.all_told():
        if tell(each, ModelTarget(kaltura), "x").verdict is Verdict.FAIL:
            ended.setdefault(tell(each, Behind(kaltura, kaltura, Silent()), "x").verdict, set()).add(each.requirement)
    assert ended.keys() == {Verdict.FAIL, Verdict.INCONCLUSIVE}
    assert ended[Verdict.INCONCLUSIVE] == {"ENR-009", "ENR-012", "LOG-013", "SEC-001", "SEC-005", "SEC-012", "STD-003"}
