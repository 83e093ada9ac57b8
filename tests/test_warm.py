"""A command in a fork of a warm process is the command that a user starts."""

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
        # But for what depends on how long it took.
        words = [line for line in done.stdout.splitlines() if " s; report in " not in line]
        said = [line for line in done.stderr.splitlines() if "; worst so far: " not in line]
        seen.append((done.returncode, words, said, sorted(path.name for path in folder.rglob("*"))))
    assert seen[0] == seen[1]


def test_one_command_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(DIES)
    killed, alone = (kmc("run", "--target", "python:adapter:Dies", cwd=tmp_path, cold=cold) for cold in (False, True))
    assert killed.returncode == alone.returncode != 0
    elsewhere = kmc("run", "--target", "python:adapter:Dies", cwd=ROOT)
    assert elsewhere.returncode == 2
    assert "No module named 'adapter'" in elsewhere.stderr
