"""An offer that never once worked: its refusals say nothing of the target."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kmc_harness import targets
from kmc_harness.report.results import RUN, ScenarioResult
from kmc_harness.running.replaying import Replay
from kmc_harness.running.unworked import departed, doubted
from kmc_harness.scenario.evidence import Acted, Step, StepEnd
from kmc_harness.verdicts import Verdict
from tests.harness.made import report, scenario


def _told(verdict: Verdict, *acts: tuple[str, str], title: str = "one") -> ScenarioResult:
    events = tuple(Acted(at=0, by="Ada", action=action, details={}, answer=answer) for action, answer in acts)
    step = Step("Then it is accepted", 7, StepEnd.FAILED, events)
    return msgspec.structs.replace(
        scenario(verdict, title=title), step=step.text, expected="accepted", actual="refused", steps=(step,)
    )


def test_a_refusal_of_what_was_never_accepted_is_no_departure() -> None:
    fail = _told(Verdict.FAIL, ("LogIn", "accepted"), ("ChangePassword", "refused"))
    ((seen,),) = doubted([[fail]])
    assert seen.verdict is Verdict.INCONCLUSIVE
    assert seen.actual.startswith("refused; no ChangePassword was accepted in the whole run")


@pytest.mark.parametrize(
    "other",
    [
        _told(Verdict.PASS, ("ChangePassword", "accepted"), title="two"),
        _told(Verdict.FAIL, ("ChangePassword", "accepted"), title="two"),
    ],
)
def test_a_refusal_of_what_worked_elsewhere_is_one(other: ScenarioResult) -> None:
    fail = _told(Verdict.FAIL, ("ChangePassword", "refused"))
    assert doubted([[fail, other]]) == [[fail, other]]
    assert doubted([[fail], [other]]) == [[fail], [other]]


@pytest.mark.parametrize(
    "acts",
    [
        [("ChangePassword", "refused"), ("LogIn", "accepted")],
        [("ChangePassword", "refused"), ("LogIn", "refused")],
        [("LogIn", "refused")],
        [],
    ],
)
def test_what_departed_otherwise_stays_a_departure(acts: list[tuple[str, str]]) -> None:
    fail = _told(Verdict.FAIL, *acts)
    assert doubted([[fail]]) == [[fail]]


def test_a_replay_holds_it_against_what_departed() -> None:
    fail = _told(Verdict.FAIL, ("ChangePassword", "refused"))
    ((seen,),) = doubted([[fail]])
    assert departed(seen) == "refused"
    assert departed(fail) == ""
    assert Replay(seen, fail).same_verdict


def test_fewer_judged_than_are_asked_for_is_undecided_and_said() -> None:
    whole = report(scenario())
    assert (whole.exit_code, whole.judged) == (0, 1)
    fewer = msgspec.structs.replace(whole, run=msgspec.structs.replace(whole.run, min_judged=2))
    assert fewer.exit_code == 3
    assert fewer.headline.endswith("; 2 were to be judged at least: what is not offered any more?")


def test_a_departure_counts_also_where_the_rest_was_not_run() -> None:
    left_out = msgspec.structs.replace(scenario(Verdict.ERROR, title="two"), expected=RUN)
    assert report(scenario(Verdict.PASS), left_out).exit_code == 3
    departed = report(scenario(Verdict.FAIL), left_out)
    assert departed.exit_code == 1
    assert "; 1 scenarios not run" in departed.headline


def test_a_lock_on_what_is_judged_counts_for_whole_runs_of_its_profile(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text("from kmc_harness.targets.model import ModelTarget as Mine\n")
    locked = 'name = "mine"\nexpected_judged = { all = 99, strict = 7 }\n[adapter]\npython = "adapter:Mine"\n'
    (tmp_path / "target.toml").write_text(locked)
    with closing(targets.load(str(tmp_path))) as target:
        loaded = targets.Loaded(target)
        assert [loaded.expected_judged(each) for each in ("all", "strict", "article")] == [99, 7, 0]
