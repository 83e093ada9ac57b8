"""Waivers: they hide one known departure each, and say so when they no longer do."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kmc_harness.report.results import ScenarioResult, WaiverState
from kmc_harness.running.waivers import Waiver, apply, read
from kmc_harness.verdicts import Misuse, Verdict
from tests.conftest import kmc
from tests.harness.made import scenario

TODAY = datetime.date(2026, 6, 1)
DECLARED = Waiver("SWI-002", "accepted with a session", "known")


def _apply(waiver: Waiver, *results: ScenarioResult, chosen: Sequence[str] = ("SWI-002",)) -> tuple[list[str], str]:
    (judged,), (became,) = apply([waiver], [results], chosen, TODAY)
    return [each.verdict.value for each in judged], became.state.value


def test_a_departure_that_is_declared_is_waived_with_its_reason() -> None:
    (judged,), _ = apply([DECLARED], [[scenario(Verdict.FAIL)]], ["SWI-002"], TODAY)
    assert (judged[0].verdict, judged[0].waiver) == (Verdict.WAIVED, "known")
    assert judged[0].actual == "accepted with a session"


def test_a_second_defect_is_not_hidden_by_the_first() -> None:
    other = scenario(Verdict.FAIL, title="Another", actual="accepted with a QR code")
    assert _apply(DECLARED, scenario(Verdict.FAIL), other) == (["waived", "fail"], "applied")


def test_a_waiver_that_names_a_scenario_says_nothing_of_others() -> None:
    named = Waiver("SWI-002", "accepted with a session", "known", scenario="Another")
    assert _apply(named, scenario(Verdict.FAIL), scenario(title="Another")) == (["fail", "pass"], "stale")


@pytest.mark.parametrize(
    ("actual", "verdict"),
    [
        ("accepted with *", "waived"),
        ("*session", "waived"),
        ("accepted with", "fail"),
        ("accepted.with a session", "fail"),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_does(actual: str, verdict: str) -> None:
    assert _apply(Waiver("SWI-002", actual, "known"), scenario(Verdict.FAIL))[0] == [verdict]


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        ([Verdict.PASS], WaiverState.STALE),
        ([Verdict.WARNING, Verdict.SKIPPED], WaiverState.STALE),
        ([Verdict.SKIPPED], WaiverState.UNMATCHED),
        ([], WaiverState.UNMATCHED),
        ([Verdict.ERROR, Verdict.PASS], WaiverState.NOT_JUDGED),
        ([Verdict.INCONCLUSIVE], WaiverState.NOT_JUDGED),
        ([Verdict.FAIL, Verdict.ERROR], WaiverState.UNMATCHED),
    ],
)
def test_a_waiver_that_does_not_hold_is_told(ended: list[Verdict], state: WaiverState) -> None:
    results = [scenario(each, title=f"T{nth}", actual="otherwise") for nth, each in enumerate(ended)]
    assert _apply(DECLARED, *results) == ([each.value for each in ended], state.value)


def test_an_unreached_situation_is_waived_only_when_declared_as_such() -> None:
    entry = {"requirement": "SWI-002", "actual": "no mail came", "why": "no mail here", "verdict": "inconclusive"}
    unreached = msgspec.convert(entry, Waiver)
    assert _apply(unreached, scenario(Verdict.INCONCLUSIVE, actual="no mail came")) == (["waived"], "applied")
    assert _apply(unreached, scenario(Verdict.FAIL, actual="no mail came")) == (["fail"], "unmatched")


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.FLAKY, Verdict.WARNING])
def test_nothing_else_can_be_waived(verdict: Verdict) -> None:
    assert _apply(DECLARED, scenario(verdict))[0] == [verdict.value]


def test_a_requirement_that_was_not_to_be_judged_leaves_its_waiver_alone() -> None:
    assert _apply(DECLARED, scenario(Verdict.PASS, requirement="SWI-001"), chosen=["SWI-001"])[1] == "not judged"


@pytest.mark.parametrize(("day", "state"), [("2026-05-31", "overdue"), ("2026-06-01", "applied")])
def test_a_waiver_holds_through_its_last_day(day: str, state: str) -> None:
    until = Waiver("SWI-002", "accepted with a session", "known", until=datetime.date.fromisoformat(day))
    assert _apply(until, scenario(Verdict.FAIL))[1] == state


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[waiver]]\nrequirement = 'SWI-999'\nactual = 'x'\nwhy = 'y'", "unknown requirement 'SWI-999'"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = 'x'\nwhy = ' '", "gives no reason"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = 'x'", "missing required field `why`"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = '*'\nwhy = 'y'", "would match however it fails"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = 'x'\nwhy = 'y'\nscenario = 'No'", "unknown scenario 'No'"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = 'x'\nwhy = 'y'\nuntil = 'soon'", "Expected `date | null`"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = 'x'\nwhy = 'y'\nverdict = 'error'", "Invalid enum value"),
        ("[[waiver]]\nrequirement = 'SWI-002'\nactual = 'x'\nwhy = \"a\\u0000b\"", "cannot be shown"),
        ("[[waver]]\nrequirement = 'SWI-002'", "unknown field `waver`"),
        ("[[waiver]\n", "cannot be read as waivers"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_before_anything_runs(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(text)
    done = kmc("run", "--waivers", "waivers.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "kmc-report" / "report.json").exists()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="No such file"):
        read(tmp_path / "waivers.toml")


SWITCHES = """
[[waiver]]
requirement = "SWI-002"
actual = "accepted with a session"
why = "The server switches silently"
link = "https://tracker.example/4711"
until = 2999-12-31
"""


def _judged_with(waivers: str, tmp_path: Path, judge: Callable[..., Any], *arguments: str) -> Any:
    (tmp_path / "w.toml").write_text(waivers)
    chosen = ("--only", "SWI-001", "--only", "SWI-002", "--waivers", str(tmp_path / "w.toml"))
    return judge("model", "--policy", "kaltura-server", *chosen, *arguments)


def test_a_run_that_is_as_declared_exits_0_and_is_not_shown_as_a_pass(
    tmp_path: Path, judge: Callable[..., Any]
) -> None:
    ran = _judged_with(SWITCHES, tmp_path, judge)
    assert ran.exit_code == 0
    assert ran.verdicts == {"SWI-001": "pass", "SWI-002": "waived"}
    shown = " ".join(ran.out.split())
    assert "waived SWI-002 The server switches silently (https://tracker.example/4711, until 2999-12-31)" in shown
    assert "2 of 2 requirements judged" in shown
    assert "1 waived" in shown


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (("SWI-002", "SWI-001"), "stale"),
        (("a session", "a QR code"), "unmatched"),
        (("2999-12-31", "2026-01-01"), "overdue"),
    ],
)
def test_a_waiver_that_does_not_hold_fails_the_run(
    change: tuple[str, str], state: str, tmp_path: Path, judge: Callable[..., Any]
) -> None:
    ran = _judged_with(SWITCHES.replace(*change), tmp_path, judge)
    assert ran.exit_code == 1
    assert ran.verdicts["SWI-002"] == "fail"
    assert f"{state} waiver" in ran.out


def test_a_stale_waiver_alone_fails_a_run_in_which_all_passed(tmp_path: Path, judge: Callable[..., Any]) -> None:
    (tmp_path / "w.toml").write_text(SWITCHES)
    ran = judge("model", "--only", "SWI-002", "--waivers", str(tmp_path / "w.toml"))
    assert (ran.verdicts, ran.exit_code) == ({"SWI-002": "pass"}, 1)


def test_a_report_is_judged_by_the_day_it_is_made(tmp_path: Path) -> None:
    from kmc_harness.running import runner
    from kmc_harness.running.journal import Finished, Journal
    from tests.harness.made import RUN

    path = tmp_path / "w.toml"
    path.write_text(SWITCHES.replace("2999-12-31", "2026-06-01"))
    journal = Journal.start(tmp_path, RUN, "2026-01-05T09:00:00+00:00", str(path))
    states = []
    for day in ("2026-06-01", "2026-06-02"):
        today = datetime.date.fromisoformat(day)
        made = runner.report_of(journal, Finished([[scenario(Verdict.FAIL)]], {}), today)
        states.append(made.waivers[0].state)
    journal.remove()
    assert states == [WaiverState.APPLIED, WaiverState.OVERDUE]


def test_waivers_are_drafted_for_what_has_none_and_hold_once_a_reason_is_written(tmp_path: Path) -> None:
    judged = ("run", "--target", "model", "--policy", "kaltura-server", "--only", "RST,SWI")
    whole = kmc(*judged, "--report", "whole", cwd=tmp_path)
    assert whole.returncode == 1
    drafted = kmc("waivers", "whole", cwd=tmp_path)
    file = tmp_path / "waivers.toml"
    count = file.read_text().count("[[waiver]]")
    assert drafted.stdout.startswith(f"waivers.toml: {count} waivers added; write why")
    assert "gives no reason" in kmc(*judged, "--waivers", "waivers.toml", cwd=tmp_path).stderr
    file.write_text("# ours\n" + file.read_text().replace('why = ""', 'why = "known"'))
    green = kmc(*judged, "--waivers", "waivers.toml", "--report", "waived", cwd=tmp_path)
    assert green.returncode == 0, green.stdout
    before = file.read_bytes()
    assert kmc("waivers", "whole", cwd=tmp_path).stdout == "waivers.toml: nothing to add\n"
    assert file.read_bytes() == before
    cut = before.decode().rpartition("[[waiver]]")[0]
    file.write_text(cut)
    assert "1 waiver added" in kmc("waivers", "whole", cwd=tmp_path).stdout
    assert file.read_text().startswith(cut.rstrip())
