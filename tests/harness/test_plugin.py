"""The suite as an adopter runs it: plain pytest and a test module of one line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmc_harness import plugin
from kmc_harness.port import Offer
from tests.conftest import plain_pytest

ONE_LINE = "from kmc_harness.suite import *\n"


def _pytest(folder: Path, *arguments: str) -> str:
    _write(folder)
    return plain_pytest("--strict-markers", *arguments, cwd=folder)


def _write(folder: Path) -> None:
    (folder / "test_login.py").write_text(ONE_LINE)
    (folder / "test_own.py").write_text("def test_of_their_own():\n    pass\n")


def test_one_line_is_all_an_adopter_writes(tmp_path: Path) -> None:
    _write(tmp_path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--strict-markers",
        "-p",
        "no:cacheprovider",
        "--kmc-profile=article",
        "-v",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    shown = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False).stdout
    assert "test_login.py::test_both_accounts_have_it_on PASSED" in shown
    assert "test_own.py::test_of_their_own PASSED" in shown
    assert " deselected" in shown
    assert " failed" not in shown


def test_a_fail_and_a_warning_look_it_in_plain_pytest(tmp_path: Path) -> None:
    shown = _pytest(
        tmp_path, "--kmc-profile", "all", "--kmc-policy", "kaltura-server", "-v", "-k", "STD_003 or STD_006"
    )
    assert "WARNED" in shown
    assert "FAIL STD-003 The same code again (standards/codes.feature:" in shown
    assert "Traceback" not in shown
    assert "s3cure-pass!" not in shown


def test_what_was_not_reached_is_not_green_in_plain_pytest(tmp_path: Path) -> None:
    shown = _pytest(tmp_path, "--kmc-policy", "kaltura-server", "--kmc-only", "RST-019")
    assert "2 inconclusive" in shown
    assert "passed" not in shown.splitlines()[-1].replace("1 passed", "")


def test_scenarios_are_chosen_by_name_and_by_requirement(tmp_path: Path) -> None:
    """`-k` and `-m` say which, in the words of the feature; two requirements, one chapter, one scenario."""
    assert "test_both_accounts_have_it_on PASSED" in _pytest(tmp_path, "-k", "both_accounts", "-v")
    by_marker = _pytest(tmp_path, "-m", "SWI_002", "-v")
    assert "test_both_accounts_have_it_on PASSED" in by_marker
    assert " failed" not in by_marker
    assert "test_own" not in by_marker


def test_settings_stand_in_an_ini_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nkmc_policy = kaltura-server\nkmc_only = SWI-002, LOG-002\n")
    assert "FAIL SWI-002" in _pytest(tmp_path, "--strict-config")
    monkeypatch.setenv("KMC_POLICY", "article")
    assert "FAIL" not in _pytest(tmp_path)
    assert "FAIL SWI-002" in _pytest(tmp_path, "--kmc-policy", "kaltura-server")


def test_unknown_selections_are_usage_errors(tmp_path: Path) -> None:
    assert "unknown requirement 'XYZ-1'" in _pytest(tmp_path, "--kmc-only", "XYZ-1")
    assert "unknown profile 'some'" in _pytest(tmp_path, "--kmc-profile", "some")


def test_an_unknown_target_is_told_once(tmp_path: Path) -> None:
    shown = _pytest(tmp_path, "--kmc-target", "nowhere", "test_login.py")
    assert shown.count("unknown target 'nowhere'") == 1
    assert " error" not in shown


def test_several_processes_leave_no_folder_behind(judge: Callable[..., Any], tmp_path: Path) -> None:
    assert judge("model", "-n", "2", "--only", "LOG-002", TMPDIR=str(tmp_path)).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_what_lacks_several_offers_is_skipped_for_the_same_one_in_every_process(judge: Callable[..., Any]) -> None:
    # Seeds under which sets of the two tags have different orders.
    reports = [judge("OffersNothing", "--only", "RST-001", PYTHONHASHSEED=seed).report for seed in ("2", "3")]
    assert len({json.dumps(each["scenarios"]) for each in reports}) == 1


def test_tags_may_ask_for_each_offer() -> None:
    assert set(plugin.OFFERS) == {str(each) for each in Offer}
