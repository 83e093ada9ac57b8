"""Repeats and replays: a changed verdict is flaky, and a recorded scenario is run again from its report."""

import html
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness.report import read
from kmc_harness.report.results import ScenarioResult, build
from kmc_harness.running.replaying import Replay, find, replay
from kmc_harness.scenario.evidence import Acted, Step, StepEnd, Waited
from kmc_harness.verdicts import Misuse, Verdict
from tests.conftest import ROOT, kmc
from tests.harness.made import RUN, report, scenario

# Repeats


def test_a_verdict_that_changes_between_repeats_is_flaky(judge: Callable[..., Any]) -> None:
    ran = judge("ChangesItsMind", "--only", "SWI-002", "--repeat", "3")
    assert ran.verdicts == {"SWI-002": "flaky"}
    ended = ran.report["scenarios"][0]
    assert ended["repeats"] == ["fail", "pass", "pass"]
    assert ended["actual"] == "accepted with a session"
    # A departure was seen, if only once.
    assert ran.exit_code == 1
    shown = " ".join(ran.out.split())
    assert "ended fail, pass, pass in 3 repeats" in shown
    assert "0 of 1 requirements judged" in shown
    assert "3 scenarios, each 3 times," in shown


@pytest.mark.parametrize(
    ("verdicts", "merged", "exit_code"),
    [
        ([Verdict.PASS, Verdict.PASS], "pass", 0),
        ([Verdict.FAIL, Verdict.FAIL], "fail", 1),
        ([Verdict.PASS, Verdict.FAIL], "flaky", 1),
        ([Verdict.WAIVED, Verdict.PASS], "flaky", 3),
        ([Verdict.PASS, Verdict.ERROR], "flaky", 3),
        ([Verdict.SKIPPED, Verdict.PASS], "flaky", 3),
    ],
)
def test_repeats_are_never_retried_into_green(verdicts: list[Verdict], merged: str, exit_code: int) -> None:
    single = report(scenario())
    repeats = [[scenario(each)] for each in verdicts]
    from kmc_harness.specification import catalogue

    made = build(RUN, [catalogue.load()["SWI-002"]], repeats, (), single.timing)
    assert made.requirements[0].verdict == merged
    assert made.exit_code == exit_code


def test_the_people_of_each_repeat_are_new_to_the_target(judge: Callable[..., Any]) -> None:
    once, thrice = (judge("model", "--only", "SWI-002", "--repeat", count) for count in ("1", "3"))
    assert thrice.verdicts == once.verdicts == {"SWI-002": "pass"}
    assert thrice.report["scenarios"][0]["steps"] == once.report["scenarios"][0]["steps"]


# Replays


def _replay(ran: Any, *arguments: str) -> Any:
    return kmc("replay", str(ran.folder), *arguments, cwd=ROOT)


def test_a_recorded_failure_happens_again_event_by_event(on_kaltura: Any) -> None:
    done = _replay(on_kaltura, "SWI-002")
    assert done.returncode == 0
    assert "expected Ada refused; actual: accepted with a session" in done.stdout
    assert "the same verdict as recorded: fail, now fail" in done.stdout
    assert "every event of its 7 steps is as recorded" in done.stdout


@pytest.mark.parametrize("which", [0, 60, 120, 180, 238])
def test_any_scenario_is_replayed_by_its_id(which: int, on_kaltura: Any) -> None:
    recorded = on_kaltura.report["scenarios"][which]
    done = _replay(on_kaltura, recorded["id"])
    assert done.returncode == 0, done.stdout
    assert "is as recorded" in done.stdout


def test_the_page_names_a_command_that_works_where_the_run_was_begun(tmp_path: Path) -> None:
    kmc("new-target", "python", "mine", cwd=tmp_path)
    ran = kmc("run", "--target", "mine", "--report", "my reports", "--only", "LOG-002", cwd=tmp_path)
    kmc("report", "my reports", "--to", "elsewhere", cwd=tmp_path)
    for folder in ("my reports", "elsewhere"):
        page = html.unescape((tmp_path / folder / "report.html").read_text())
        commands = re.findall(r'<code class="command">kmc (replay .*?)</code>', page)
        assert commands, ran.stderr
        done = kmc(*shlex.split(commands[0]), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "the same verdict as recorded" in done.stdout


def test_a_replay_on_another_target_says_where_it_differs(on_kaltura: Any) -> None:
    done = _replay(on_kaltura, "Both accounts have it on", "--target", "python:kmc_harness.targets.model:ModelTarget")
    assert done.returncode == 1
    assert "another verdict than recorded: fail, now pass" in done.stdout
    assert "differs first in this step" in done.stdout


def _login(at: int, session: str, *, answer: str = "accepted", wait_s: int = 0) -> ScenarioResult:
    waits = (Waited(at=at - wait_s, seconds=wait_s),) if wait_s else ()
    used = Acted(at=at, by="Ada", action="UseSession", details={"session": session}, answer=answer)
    step = Step("When Ada logs in", 4, StepEnd.PASSED, (*waits, used))
    return msgspec.structs.replace(scenario(), steps=(step,))


def test_another_hour_session_and_short_wait_are_no_difference() -> None:
    replayed = Replay(_login(1_000, "ab…"), _login(99_000, "7f…", wait_s=10))
    assert (replayed.is_exact, replayed.first_difference) == (False, None)
    assert Replay(_login(1_000, "ab…"), _login(1_000, "ab…")).is_exact


@pytest.mark.parametrize("now", [_login(1_000, "ab…", answer="refused"), _login(1_000, "ab…", wait_s=60)])
def test_another_answer_or_a_longer_wait_is_one(now: ScenarioResult) -> None:
    before = _login(1_000, "ab…")
    assert Replay(before, now).first_difference == (before.steps[0], now.steps[0])


def test_a_waived_departure_is_replayed_as_what_it_is(tmp_path: Path, judge: Callable[..., Any]) -> None:
    (tmp_path / "w.toml").write_text(
        '[[waiver]]\nrequirement = "SWI-002"\nactual = "accepted with a session"\nwhy = "known"\n'
    )
    chosen = ("--only", "SWI-002", "--waivers", str(tmp_path / "w.toml"))
    ran = judge("model", "--policy", "kaltura-server", *chosen)
    done = _replay(ran, "SWI-002")
    assert done.returncode == 0
    assert "the same verdict as recorded: waived, now fail" in done.stdout


def test_scenarios_are_found_by_whatever_a_report_calls_them() -> None:
    made = report(scenario(title="One"), scenario(Verdict.FAIL, title="Two"))
    for name in ("Two", "SWI-002"):
        assert find(made, name).title == "Two"
    with pytest.raises(Misuse, match="no scenario 'Three'"):
        find(made, "Three")
    with pytest.raises(Misuse, match="means 2 scenarios: One, Two"):
        find(made, "article/switching.feature:25")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no such scenario"], "no scenario 'no such scenario'"),
        (["SWI-002", "--target", "python:no.such:Thing"], "cannot be loaded"),
    ],
)
def test_what_cannot_be_replayed_is_told(arguments: list[str], words: str, on_kaltura: Any) -> None:
    done = _replay(on_kaltura, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_scenario_of_a_report_that_named_its_line_is_replayed_too(on_kaltura: Any) -> None:
    recorded = next(each for each in read(on_kaltura.folder).scenarios if each.requirement == "SWI-002")
    older = msgspec.structs.replace(recorded, id="switching_feature_L99")
    assert replay(read(on_kaltura.folder), older, None).same_verdict
