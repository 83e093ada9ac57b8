"""Scenarios told directly, without pytest."""

import msgspec
import pytest

from kmc_harness.report.results import ScenarioResult
from kmc_harness.running import runner
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.scene import tag_of, tell


class Catcher:
    """Keeps the results of a run in pytest."""

    def __init__(self) -> None:
        self.results: list[ScenarioResult] = []

    def pytest_runtest_logreport(self, report: object) -> None:
        if result := getattr(report, "kmc_result", None):
            self.results.append(msgspec.convert(result, ScenarioResult))


@pytest.mark.parametrize("policy", ["article", "kaltura-server"])
def test_every_scenario_ends_alike_directly_and_through_pytest(policy: str) -> None:
    catcher = Catcher()
    runner.quietly([*runner.PYTEST, "--kmc-profile=all", f"--kmc-policy={policy}"], catcher)
    target = ModelTarget(policy)
    told = {each.id: tell(each, target, tag_of("0", f"test_{each.id}")) for each in bindings.all_told()}
    assert len(catcher.results) == len(told)
    assert {each.id: each for each in catcher.results} == told
