"""A pytest plugin for `make mutants`: it tells mutants that a verdict catches from those that only break something.

A `fail` or a `warning` catches a mutant and ends its run. An `error`, or a situation that was not reached, does not:
the run goes on, and where nothing else is found it ends with a code of its own, which mutmut calls suspicious.
"""

from collections.abc import Generator
from typing import Any

import pytest

BROKE = 40
UNREACHED = 41
_CAUGHT = ("fail", "warning")
_SEEN = pytest.StashKey[set[str]]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail what was caught, and note what broke."""
    report = yield
    if result := getattr(report, "kmc_result", None):
        item.config.stash.setdefault(_SEEN, set()).add(result["verdict"])
        report.outcome = "failed" if result["verdict"] in _CAUGHT else "passed"
        report.longrepr = report.longrepr if report.outcome == "failed" else None
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say so where a run broke and nothing was caught."""
    seen = session.config.stash.get(_SEEN, set())
    if not session.testsfailed and {"error", "inconclusive"} & seen:
        session.exitstatus = BROKE if "error" in seen else UNREACHED
