"""An answer that opens a session without a code, where one is asked for, departs from ENA-007; no right one does."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from kmc_harness.port import Action, LogIn, LogOut, Observation, RequestReset, SetPassword, UseSession
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.targets.self_service import SelfService
from kmc_harness.telling.scene import tell
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.faults import by_name
from tests.conftest import ROOT, kmc


def _besides(target: ModelTarget, requirements: Iterable[str]) -> set[str]:
    """Return what departed besides in the scenarios of `requirements`, with all their own verdicts as they were."""
    results = [tell(each, target, "x") for each in bindings.all_told() if each.requirement in requirements]
    assert {each.verdict for each in results} <= {Verdict.PASS, Verdict.SKIPPED}
    return {each.besides.actual for each in results if each.besides}


@pytest.mark.parametrize(
    ("fault", "action", "requirement"),
    [
        ("reset logs in", "SetPassword", "RST-005"),
        ("OK logs in", "ConfirmPassword", "RST-003"),
        ("link logs in", "OpenEnrolmentLink", "ENR-001"),
    ],
)
def test_a_session_that_an_answer_opens_by_itself_departs_wherever_it_appears(
    fault: str, action: str, requirement: str
) -> None:
    said = f"{action} was answered with a session that opens pages, where Ada's login asks for a code"
    assert said in _besides(ModelTarget(by_name(fault).variant), [requirement])


class LogsInAfterAReset(SelfService):
    """Logs in whoever sets a new password by a mailed link, on a product with a settings page."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if isinstance(action, SetPassword) and seen.accepted:
            link = self.model.state.links[action.link.rpartition("/")[2]]
            self._logs_in = f"after-a-reset-{len(self.logged_in)}"
            self.logged_in[self._logs_in] = LogIn(link.email, action.password, None, None)
            return replace(seen, session=self._logs_in)
        if isinstance(action, UseSession) and action.session.startswith("after-a-reset"):
            return Observation(action.session in self.logged_in, session=action.session)
        return seen


def test_a_product_with_a_settings_page_that_keeps_the_pairing_departs_too() -> None:
    keeping = by_name("SetPassword.always without renew_secret").variant
    results = [
        tell(each, LogsInAfterAReset(keeping, keeps_pairing=True), "x")
        for each in bindings.all_told()
        if each.requirement in ("RST-007", "LOG-006")
    ]
    assert any(each.besides for each in results)


def test_a_product_whose_reset_drops_the_pairing_may_log_in() -> None:
    results = [tell(each, LogsInAfterAReset(), "x") for each in bindings.all_told()]
    assert not [each.id for each in results if each.besides]


class HandlesForAll(ModelTarget):
    """Right: names the browser in each answer; its handle opens pages after a login alone."""

    count = 0

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if seen.session is None and isinstance(action, RequestReset | SetPassword | LogOut | LogIn):
            self.count += 1
            return replace(seen, session=f"anonymous-{self.count}")
        return seen


def test_handles_of_people_who_are_not_logged_in_are_no_departure() -> None:
    results = [tell(each, HandlesForAll(), "x") for each in bindings.all_told()]
    assert {each.verdict for each in results} == {Verdict.PASS, Verdict.SKIPPED}
    assert not [each.id for each in results if each.besides]


def test_the_reference_and_the_published_rulebook_open_none() -> None:
    for policy in ("article", "kaltura-server"):
        results = [tell(each, ModelTarget(policy), "x") for each in bindings.all_told()]
        assert not [each.id for each in results if each.besides], policy


def test_a_report_tells_it_once_under_its_own_requirement(
    judge: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMC_TEST_FAULT", "expired link logs in")
    ran = judge("WithFault", "--only", "ENA-007", "--only", "RST-018", "--only", "RST-019", "--only", "ENR-009")
    words = " ".join(ran.out.split())
    assert ran.exit_code == 1
    assert ran.verdicts["ENA-007"] == "fail"
    assert "OpenEnrolmentLink was answered with a session that opens pages" in words
    assert "--only ENA-007 --only" not in words  # a scenario of its own shows it too


def test_what_only_scenarios_of_others_show_is_told_and_can_be_replayed(judge: Callable[..., Any]) -> None:
    ran = judge("UsedLinkLogsIn", *(word for name in ("ENA-007", "ENR-002", "ENR-013") for word in ("--only", name)))
    words = " ".join(ran.out.split())
    assert ran.exit_code == 1
    assert ran.verdicts["ENA-007"] == "fail"
    assert "OpenEnrolmentLink was answered with a session that opens pages" in words
    assert "--only ENA-007 --only ENR-0" in words
    again = kmc("replay", str(ran.folder), "ENA-007", cwd=ROOT)
    assert "same verdict" in again.stdout, again.stdout + again.stderr
