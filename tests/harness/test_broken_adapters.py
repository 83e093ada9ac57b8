"""Adapters with a mistake in them: file, line and what to write are told, by a run as by the doctor."""

import json
from pathlib import Path

import pytest

from tests.conftest import kmc

ADAPTER = """
from kmc_harness.port import LogIn, LogOut, NotOffered, RegisterUser
from kmc_harness.targets.model import ModelTarget


class Mine(ModelTarget):
    offers = ModelTarget.offers - {"clock", "outbox"}

    def perform(self, action):
        match action:
            %s
        return super().perform(action)
"""
SERVED = """
[server]
command = ["{python}", "-m", "http.server", "{port}", "--bind", "127.0.0.1", "--directory", "{work}"]
"""
LINE = 1 + ADAPTER[: ADAPTER.index("%s")].count("\n") + 1


def _target(folder: Path, mistake: str, more: str = "") -> str:
    (folder / "adapter.py").write_text(ADAPTER % mistake.replace("\n", "\n" + " " * 12))
    (folder / "target.toml").write_text(f'name = "mine"\n[adapter]\npython = "adapter:Mine"\n{more}')
    return str(folder)


def _both(target: str, cwd: Path) -> tuple[str, str]:
    """Return what a run says, as text in one line, and what the doctor says."""
    ran = kmc("run", "--target", target, "--only", "LOG-002", cwd=cwd)
    assert ran.returncode == 3
    report = json.loads((cwd / "kmc-report" / "report.json").read_bytes())
    seen = {each["actual"] for each in report["scenarios"]}
    assert len(seen) == 1
    return seen.pop(), kmc("doctor", target, cwd=cwd, COLUMNS="80").stdout


def test_file_and_line_of_the_adapter_are_named_before_the_servers_words(tmp_path: Path) -> None:
    target = _target(tmp_path, "case LogIn():\n    return int('one')", SERVED)
    seen, told = _both(target, tmp_path)
    broke = f"LogIn: ValueError: invalid literal for int() with base 10: 'one' (adapter.py:{LINE})"
    assert seen.startswith(f"the adapter broke in the probes: {broke}; the server's last words: ")
    assert "GET / HTTP" in seen
    assert broke in " ".join(told.split())


def test_an_adapter_without_a_folder_names_its_line_too_also_where_a_library_raised(tmp_path: Path) -> None:
    _target(tmp_path, "case LogOut():\n    return __import__('json').loads('')")
    ran = kmc("run", "--target", "python:adapter:Mine", "--only", "LOG-010", cwd=tmp_path)
    assert f"line 1 column 1 (char 0) (adapter.py:{LINE})" in " ".join(ran.stdout.split())


def test_an_action_that_is_not_written_is_told_by_a_run_as_by_the_doctor(tmp_path: Path) -> None:
    seen, told = _both(_target(tmp_path, "case LogIn():\n    raise NotOffered"), tmp_path)
    assert seen == "LogIn(email, password, code, account, device) was answered not offered; every adapter performs it"
    assert seen in " ".join(told.split())


@pytest.mark.parametrize("more", ["", SERVED])
def test_breaking_at_an_unknown_action_is_told_in_words(more: str, tmp_path: Path) -> None:
    target = _target(tmp_path, "case _ if 'NoSuch' in type(action).__name__:\n    return {}['boom']", more)
    seen, told = _both(target, tmp_path)
    assert seen.startswith("the adapter broke where it was asked for an action that does not exist: ")
    assert f"KeyError: 'boom' (adapter.py:{LINE})" in seen
    assert "raises NotOffered for what it does not know" in seen
    assert "raise NotOffered (exec: error code 1) for what you do not know" in " ".join(told.split())


def test_the_doctor_prints_the_servers_words_once_and_below_the_table(tmp_path: Path) -> None:
    target = _target(tmp_path, "case LogIn():\n    return int('one')", SERVED)
    told = kmc("doctor", target, cwd=tmp_path, COLUMNS="80").stdout
    assert told.count("ValueError") > 3
    assert told.count("last words") == 1
    assert told.index("last words") > told.index("kmc run would not judge it")
    assert "GET / HTTP" in " ".join(told.partition("last words")[2].split())
