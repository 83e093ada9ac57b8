"""A command in a fork of a warm process is the command that a user starts."""

import signal
from pathlib import Path

import pytest

from tests.conftest import ROOT, kmc

DIES = """
import os, signal
from kmc_harness.targets.model import ModelTarget
class Dies(ModelTarget):
    def __init__(self): os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--target", "python:tests.targets:OneDeparture", "--only", "SWI-002", "--only", "STD-003"),
        ("run", "--policy", "strictest"),
        ("requirements", "LOG-002"),
    ],
)
def test_output_status_and_files_are_those_of_a_process_of_its_own(arguments: tuple[str, ...], tmp_path: Path) -> None:
    seen = []
    for cold in (True, False):
        folder = tmp_path / str(cold)
        folder.mkdir()
        done = kmc(*arguments, cwd=folder, cold=cold, KMC_TEST_FIELD="switch_between_two_factor_accounts_needs_login")
        words = [line for line in done.stdout.splitlines() if " s; report in " not in line]
        seen.append((done.returncode, words, done.stderr, sorted(path.name for path in folder.rglob("*"))))
    assert seen[0] == seen[1]


def test_one_command_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(DIES)
    killed = kmc("run", "--target", "python:adapter:Dies", cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL
    elsewhere = kmc("run", "--target", "python:adapter:Dies", cwd=ROOT)
    assert elsewhere.returncode == 2
    assert "No module named 'adapter'" in elsewhere.stderr
