"""Traces run on the model and a target, and scenarios that were made of them."""

import re
from pathlib import Path

from kmc_harness.exploring.differential import Differential
from kmc_harness.exploring.reproducer import as_feature
from kmc_harness.exploring.search import Found, Run
from kmc_harness.port import Target
from kmc_harness.targets.model import ModelTarget
from kmc_model.analysis.configurations import EVERYTHING, move_of
from kmc_model.analysis.faults import by_name
from tests.conftest import plain_pytest

MODULE = """\
from pytest_bdd import scenarios
from kmc_harness.suite import pytest_plugins
scenarios("found.feature")
"""
OPENS = "Ada opens the newest enrolment link"
RENEWS = (
    "Ada asks for a reset",
    "Ada sets a new password through the newest reset link",
    "Ada confirms the new password",
)
ON = "the vendor switches two-factor authentication on for Acme"
WRONG = "Ada logs in with a wrong password and no code"


def with_fault(fault: str) -> ModelTarget:
    return ModelTarget(by_name(fault).variant)


def run(target: Target, *told: str) -> Found | None:
    """Return where a trace ends in a departure, as it is run without being minimised."""
    begun = Run(EVERYTHING.founders)
    differential = Differential(ModelTarget(), target, "x", EVERYTHING.founders)
    return next((found for each in told if (found := begun.make(differential, move_of(each)))), None)


def pytest_on(folder: Path, *arguments: str, fault: str = "") -> str:
    """Run the `found.feature` in `folder` under plain pytest and return what that shows."""
    (folder / "test_found.py").write_text(MODULE)
    return plain_pytest("-q", "--kmc-profile=all", *arguments, cwd=folder, KMC_TEST_FAULT=fault)


def fails_on_it_alone(found: Found, fault: str, tmp_path: Path) -> None:
    """Expect the scenario of a departure to fail on the fault for the same reason, and to pass on the model."""
    scenario = as_feature([found])
    assert scenario is not None
    (tmp_path / "found.feature").write_text(scenario)
    on_faulty = pytest_on(tmp_path, "--kmc-target=python:tests.targets:WithFault", fault=fault)
    assert re.search(rf"(FAIL|W) {found.requirement}|1 warned", on_faulty), on_faulty
    assert "INCONCLUSIVE" not in on_faulty
    on_model = pytest_on(tmp_path)
    assert "1 passed" in on_model, on_model
