"""A link serves the person alone to whom it was mailed (SEC-019), whoever is logged in where it is opened."""

import sys
from pathlib import Path

import pytest

from kmc_harness.port import Action, Observation, Offer, OpenEnrolmentLink, SetPassword
from kmc_harness.specification import bindings
from kmc_harness.targets.exec import Execd
from kmc_harness.targets.model import ModelTarget
from kmc_harness.targets.self_service import SelfService
from kmc_harness.telling.scene import tell
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.faults import by_name

TOLD = [each for each in bindings.all_told() if each.requirement == "SEC-019"]


def _verdicts(target: ModelTarget) -> list[Verdict]:
    return [tell(each, target, "x").verdict for each in TOLD]


class RefusesWhoIsLoggedIn(ModelTarget):
    """Opens no link in a browser where somebody is logged in."""

    def perform(self, action: Action) -> Observation:
        if getattr(action, "browser", None):
            return Observation(False, "Log out first.")
        return super().perform(action)


class KnowsNoBrowsers(ModelTarget):
    """Does not offer it, and must not be asked."""

    offers = ModelTarget.offers - {Offer.BROWSERS}

    def perform(self, action: Action) -> Observation:
        assert getattr(action, "browser", None) is None
        return super().perform(action)


@pytest.mark.parametrize("target", [ModelTarget(), ModelTarget("kaltura-server"), RefusesWhoIsLoggedIn()])
def test_a_link_may_be_refused_or_do_its_work_for_its_owner(target: ModelTarget) -> None:
    assert set(_verdicts(target)) <= {Verdict.PASS, Verdict.INCONCLUSIVE}


def test_what_is_not_offered_is_skipped_and_never_sent() -> None:
    assert set(_verdicts(KnowsNoBrowsers())) == {Verdict.PASS, Verdict.SKIPPED}


@pytest.mark.parametrize(
    "fault", ["number beside the token", "link for who is logged in", "new secret for who is logged in"]
)
def test_a_link_that_serves_somebody_else_departs(fault: str) -> None:
    assert Verdict.FAIL in _verdicts(ModelTarget(by_name(fault).variant))


def test_a_product_whose_users_pair_alone_is_judged_too() -> None:
    fault = SelfService(by_name("link for who is logged in").variant)
    assert (Verdict.FAIL in _verdicts(SelfService()), Verdict.FAIL in _verdicts(fault)) == (False, True)


ADAPTER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    result = {"protocol": 1, "name": "strict", "offers": []}
    if asked["method"] == "perform":
        result = {"accepted": False, "message": " ".join(sorted(asked["params"]["fields"]))}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


def test_an_adapter_of_the_first_version_is_sent_no_field_that_it_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(ADAPTER)
    adapter = Execd([sys.executable, "adapter.py"], tmp_path, {})
    try:
        assert adapter.perform(OpenEnrolmentLink("https://a.example/1")).message == "link"
        assert adapter.perform(SetPassword("https://a.example/1", "x")).message == "link password"
        assert adapter.perform(SetPassword("https://a.example/1", "x", "s")).message == "browser link password"
    finally:
        adapter.close()
