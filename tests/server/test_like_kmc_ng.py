"""A front end like the published one, whose pages name little and never navigate, judged in Chromium by its wording."""

from collections.abc import Callable
from typing import Any

import pytest

from kmc_harness.specification import catalogue
from tests.conftest import WHOLE
from tests.server.like_kmc_ng import KEPT

TARGET = "python:tests.server.like_kmc_ng:Like"
SCREENS = ("LOG-001", "LOG-003", "LOG-011", "ENR-004", "ENR-006", "SEC-013")
WALKED = ("RST-003", "RST-014", "RST-015", "SWI-001", "SWI-003", "SWI-005", "LOG-010", "LOG-012")


@pytest.mark.parametrize("policy", ["article", "kaltura-server"][: 2 if WHOLE else 1])
def test_each_requirement_has_its_known_verdict(policy: str, judge: Callable[..., Any]) -> None:
    wanted = (*SCREENS, *WALKED) if WHOLE else (*SCREENS, "RST-003", "SWI-001")
    known = catalogue.load()
    verdicts = {name: known[name].as_built if policy == "kaltura-server" else "pass" for name in wanted}
    ran = judge(TARGET, "-n", "2", *(word for name in wanted for word in ("--only", name)), KMC_TEST_POLICY=policy)
    assert ran.verdicts == verdicts


def test_a_server_without_a_lab_is_administered_by_its_vendor(judge: Callable[..., Any]) -> None:
    ran = judge(f"{TARGET}WithoutLab", "--only", "LOG-003", "--only", "SWI-001")
    assert ran.verdicts == {"LOG-003": "pass", "SWI-001": "pass"}


@pytest.mark.parametrize(
    ("wrong", "requirement"),
    [
        ("one store", "ENR-004"),
        (KEPT, "SEC-013"),
        ("no Sign Up", "LOG-001"),
        ("a password kept", "LOG-011"),
        ("Continue leads elsewhere", "ENR-006"),
        ("no code asked for", "LOG-003"),
    ][:: 1 if WHOLE else 3],
)
def test_what_is_wrong_on_a_screen_is_noticed(wrong: str, requirement: str, judge: Callable[..., Any]) -> None:
    ran = judge(TARGET, "--only", requirement, KMC_TEST_WRONG=wrong)
    assert ran.verdicts == {requirement: "fail"}
