"""The journal: whatever is finished survives a kill, and a resumed run reports as an uninterrupted one."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness.report.results import Run, ScenarioResult
from kmc_harness.running.journal import Journal, Writer, finished_before
from kmc_harness.verdicts import Misuse, Verdict
from tests.conftest import ROOT, WHOLE, kmc

KILLS = 50 if WHOLE else 1
RUN = Run("model", "article", "all", (), "0", "2m", 2, (), {})


def _result(name: str) -> ScenarioResult:
    return ScenarioResult(name, "LOG-002", f"title of {name}", "", "article/login.feature", 7, Verdict.PASS)


def _filled(folder: Path) -> tuple[Journal, Path]:
    journal = Journal.start(folder, RUN, "2026-01-05T09:00:00+00:00", "")
    writer = Writer(journal.attempt, "main", 1)
    for name in ("one", "two", "three"):
        writer.append(_result(name), 0.1)
    writer.close()
    journal.release()
    return journal, next(journal.attempt.glob("*.jsonl"))


def test_a_line_torn_at_any_byte_loses_that_line_alone(tmp_path: Path) -> None:
    journal, path = _filled(tmp_path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        finished = journal.finished()
        assert [each.id for each in finished.repeats[0]] == ["one", "two", "three"][: whole[:size].count(b"\n")]


def test_a_later_attempt_knows_what_earlier_ones_finished_and_nothing_of_its_own(tmp_path: Path) -> None:
    _filled(tmp_path)
    again = Journal.resume(tmp_path)
    assert again.attempt.name == "2"
    writer = Writer(again.attempt, "gw0", 1)
    writer.append(_result("four"), 0.1)
    assert finished_before(again.attempt, 1) == {"one", "two", "three"}
    assert finished_before(again.attempt, 2) == frozenset()
    assert len(again.finished().repeats[0]) == 4
    writer.close()
    again.release()


@pytest.mark.parametrize("damage", [b'{"repeat": 1}\n', b"\xff\xfe\n", b"[]\n", b"\n"])
def test_damage_elsewhere_is_told_with_file_and_line(damage: bytes, tmp_path: Path) -> None:
    _, path = _filled(tmp_path)
    path.write_bytes(damage + path.read_bytes())
    with pytest.raises(Misuse, match=r"\.jsonl:1 cannot be read"):
        Journal.resume(tmp_path)


def test_a_journal_of_another_version_or_of_none_is_refused(tmp_path: Path) -> None:
    journal, _ = _filled(tmp_path)
    begun = journal.folder / "run.json"
    begun.write_bytes(begun.read_bytes().replace(b'"journal_version": 2', b'"journal_version": 9'))
    with pytest.raises(Misuse, match="is of version 9"):
        Journal.resume(tmp_path)
    begun.write_text("{")
    with pytest.raises(Misuse, match="cannot be read"):
        Journal.resume(tmp_path)
    begun.unlink()
    with pytest.raises(Misuse, match="none began"):
        Journal.resume(tmp_path)


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    journal, _ = _filled(tmp_path)
    (journal.attempt / "a-folder.jsonl").mkdir()
    with pytest.raises(Misuse, match=r"a-folder\.jsonl cannot be read: Is a directory"):
        Journal.resume(tmp_path)


def test_what_others_put_into_a_journal_is_no_attempt(tmp_path: Path) -> None:
    journal, path = _filled(tmp_path)
    (journal.folder / "backup").mkdir()
    (journal.folder / "backup" / path.name).write_bytes(b"something else\n")
    again = Journal.resume(tmp_path)
    assert finished_before(again.attempt, 1) == {"one", "two", "three"}
    again.release()


def test_a_folder_of_somebody_elses_is_no_journal_and_is_left_alone(tmp_path: Path) -> None:
    diary = tmp_path / "journal" / "monday.txt"
    diary.parent.mkdir()
    diary.write_text("mine")
    done = kmc("run", "--only", "SWI-002", "--report", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no journal of kmc run; it is left as it is" in done.stderr
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [diary]


def test_what_a_kill_left_of_a_removed_journal_is_cleared_away(tmp_path: Path) -> None:
    journal, _ = _filled(tmp_path)
    (journal.folder / "run.json").unlink()
    again = Journal.start(tmp_path, RUN, "", "")
    assert again.finished().repeats == [[], []]
    again.remove()


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    held = Journal.start(tmp_path, RUN, "", "")
    for begin in (lambda: Journal.resume(tmp_path), lambda: Journal.start(tmp_path, RUN, "", "")):
        with pytest.raises(Misuse, match="another kmc run"):
            begin()
    held.remove()


def test_a_copy_of_the_process_does_not_hold_the_journal(tmp_path: Path) -> None:
    held = Journal.start(tmp_path, RUN, "", "")
    (begun, begins), (ending, ends) = os.pipe(), os.pipe()
    if not (copy := os.fork()):
        os.close(ends)
        os.write(begins, b"x")
        os.read(ending, 1)  # until the other one has closed its end
        os._exit(0)
    os.read(begun, 1)
    held.release()
    Journal.resume(tmp_path).remove()
    os.close(ends)
    os.waitpid(copy, 0)


def test_a_new_run_sets_an_unfinished_one_aside(tmp_path: Path) -> None:
    for _ in range(2):
        _filled(tmp_path)
    begun = Journal.start(tmp_path, RUN, "", "")
    begun.remove()
    assert begun.set_aside == tmp_path / "journal.2"
    assert {each.name for each in tmp_path.iterdir()} == {"journal.1", "journal.2"}


def test_that_an_unfinished_run_is_set_aside_is_told(tmp_path: Path, judge: Callable[..., Any]) -> None:
    report = tmp_path / "report"
    Journal.start(report, RUN, "", "").release()
    ran = judge("model", "--only", "LOG-002", "--report", str(report))
    assert f"a run here was not finished; what it had is kept in {report / 'journal.1'}" in ran.err


def _started(log: Path, controller: int) -> Counter[str]:
    """Count the scenarios that each process has started: every clean start but those of checks and probes."""
    starts = Counter(log.read_text().split()) if log.exists() else Counter()
    return Counter({pid: count - (3 if int(pid) == controller else 2) for pid, count in starts.items()})


def _run_and_be_killed(folder: Path, kill_at: int, *arguments: str) -> int:
    log = folder / "starts.log"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-c", "from kmc_harness.cli.app import app; app()", "run", *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"PYTHONPATH": str(ROOT), "KMC_TEST_LOG": str(log), "KMC_TEST_KILL_AT": str(kill_at)}
    # A session of its own: the target kills its whole process group.
    process = subprocess.Popen(
        command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    process.wait()
    written = {
        path.stem.rpartition("-")[2]: path.read_bytes().count(b"\n") for path in folder.rglob("journal/*/*.jsonl")
    }
    for pid, count in _started(log, process.pid).items():
        assert written.get(pid, 0) >= count - 1, f"{count} scenarios were started and {written.get(pid, 0)} kept"
    return process.returncode


@pytest.mark.parametrize("processes", ["1", "2"])
def test_nothing_finished_is_lost_by_kills_and_the_report_is_the_same(
    processes: str, tmp_path: Path, judge: Callable[..., Any], once: Callable[..., Any]
) -> None:
    chance = random.Random(f"kills in {processes}")
    target = "python:tests.targets:IsKilled"
    first = ("--target", target, "--profile", "article", "--report", "kmc-report", "-n", processes)
    again = ("--resume", "kmc-report", "-n", processes)
    killed = 0
    for number in range(KILLS):
        code = _run_and_be_killed(tmp_path, chance.randrange(1, 40), *(again if number else first))
        assert code == -9
        killed += 1
    done = kmc("run", *again, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert killed == KILLS
    report = msgspec.json.decode((tmp_path / "kmc-report" / "report.json").read_bytes())
    uninterrupted = once("uninterrupted", lambda: judge("IsKilled", "--profile", "article")).report
    assert {**report, "timing": {}} == {**uninterrupted, "timing": {}}
    assert not (tmp_path / "kmc-report" / "journal").exists()


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    done = kmc("run", "--target", "python:tests.targets:IsStopped", cwd=tmp_path)
    assert done.returncode == 130
    assert "kmc run --resume kmc-report finishes the rest" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_report_that_cannot_be_written_costs_no_result(tmp_path: Path) -> None:
    in_the_way = tmp_path / "kmc-report" / "junit.xml"
    in_the_way.mkdir(parents=True)
    done = kmc("run", "--only", "SWI-002", cwd=tmp_path)
    assert done.returncode == 2
    assert "junit.xml' cannot be written: Is a directory; what is finished is kept: kmc run --resume" in done.stderr
    assert not list(tmp_path.rglob("*.new"))
    in_the_way.rmdir()
    again = kmc("run", "--resume", "kmc-report", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert in_the_way.is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--resume", "nowhere"], "nothing to resume in 'nowhere'"),
        (["--resume", "nowhere", "--seed", "1"], "drop --seed"),
        (["--repeat", "0"], "--repeat takes 1 or more"),
    ],
)
def test_what_cannot_be_resumed_is_told(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = kmc("run", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
