"""What a product chose where the requirements leave it a choice, in the report of a run."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from kmc_harness.judging import judge
from kmc_harness.port import Action, Observation, Offer
from kmc_harness.report.choices import Choice
from kmc_harness.report.compare import Change, compare
from kmc_harness.report.files import read, render, write
from kmc_harness.report.results import Report, Run
from kmc_harness.running import choosing
from kmc_harness.targets.model import ModelTarget
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, MINUTE_S, choices
from tests.conftest import ROOT, kmc
from tests.harness.made import report, scenario

LOCK = Choice("lock_s", 3600, 900, "SEC-001: a while")
WINDOW = Choice("tolerance_steps", None, 1, "STD-002", "the target does not offer <enable>")


class LocksSoon(ModelTarget):
    """Locks after five wrong passwords, for a minute."""

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, failures_max=5, lock_s=MINUTE_S)))


class BreaksLater(ModelTarget):
    """Passes the probes and a scenario, and breaks where it is asked for more."""

    asked = 0

    def perform(self, action: Action) -> Observation:
        self.asked += 1
        if self.asked > 60:
            raise OSError("the server went away")
        return super().perform(action)


class HasNoClock(ModelTarget):
    """Its clock cannot be moved."""

    offers = ModelTarget.offers - {Offer.CLOCK}


def _judged(target: str) -> Report:
    return judge(f"python:tests.harness.test_chosen:{target}", only=("LOG-002",), choices=True).report


def test_a_run_says_what_the_product_chose() -> None:
    frames = judge("python:tests.harness.test_chosen:LocksSoon", only=("LOG-002",), choices=True)
    assert list(frames.choices.index) == list(choices())
    assert frames.choices.loc[["failures_max", "lock_s", "session_ttl_s"], "here"].tolist() == ["5", "60 s", "no end"]
    assert frames.choices.value["lock_s"] == MINUTE_S
    assert frames.report.chosen == "choices: 32 of 32 measured; unlike the reference: failures max 5, lock 60 s"
    assert frames.report.exit_code == 0


def test_an_adapter_that_breaks_while_it_is_measured_breaks_no_run() -> None:
    made = _judged("BreaksLater")
    assert made.exit_code == 0
    assert "the server went away" in {each.name: each.unmeasured for each in made.choices}["lock_s"]


def test_what_cannot_be_measured_says_so() -> None:
    made = _judged("HasNoClock")
    assert made.exit_code == 0
    assert all("does not offer to move its clock" in each.unmeasured for each in made.choices)
    assert made.chosen == "choices: 0 of 32 measured"


@pytest.mark.parametrize(
    ("what", "is_measured"),
    [
        (Run("model"), False),
        (Run("python:tests.targets:WithFault"), True),
        (Run("python:tests.targets:WithFault", only=("LOG-002",)), False),
        (Run("python:tests.targets:WithFault", repeat=2), False),
        (Run(f"exec:adapter {'long ' * 100}"), False),
        (Run("kaltura:http://127.0.0.1:1"), False),
        (Run(str(ROOT / "examples" / "targets" / "flask-security")), False),
        (Run(str(ROOT / "examples" / "targets" / "flask-security" / "in-process.toml")), True),
    ],
    ids=str,
)
def test_choices_are_measured_unasked_of_a_whole_adapter_in_this_process(what: Run, is_measured: bool) -> None:
    assert choosing.usual(what) is is_measured


class MailsEverything(ModelTarget):
    """Mails a reset link as often as it is asked for one, and has no accounts."""

    offers = ModelTarget.offers - {Offer.ACCOUNTS}

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, resets_max=1000)))


def test_a_limit_that_is_not_met_is_not_taken_for_one() -> None:
    unmeasured = {each.name: each.unmeasured for each in _judged("MailsEverything").choices}
    assert unmeasured["resets_max"] == unmeasured["resets_period_s"] == "another mail came at once after 10"
    assert unmeasured["nameless_login_opens"] == "the target does not offer 'accounts'"


def test_a_run_measures_what_it_is_asked_to(tmp_path: Path) -> None:
    done = kmc("run", "--only", "LOG-002", "--choices", "--report", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert "choices: 32 of 32 measured" in done.stdout
    kmc("run", "--only", "LOG-002", "--no-choices", "--report", ".", cwd=tmp_path)
    assert read(tmp_path).choices == ()


def _with(*chosen: Choice) -> Report:
    return msgspec.structs.replace(report(scenario()), choices=chosen)


def test_another_choice_is_told_and_is_no_regression() -> None:
    shorter = msgspec.structs.replace(LOCK, value=60)
    (found,) = compare(_with(LOCK, WINDOW), _with(shorter, WINDOW))
    assert (found.change, found.scenario, found.before, found.after) == (Change.CHOICE, "lock", "1 h", "60 s")
    assert not found.change.fails
    assert compare(_with(), _with(LOCK)) == []


def test_the_page_and_the_summary_show_choices_and_why_one_is_missing(tmp_path: Path) -> None:
    made = write(_with(LOCK, WINDOW), tmp_path)
    assert read(tmp_path) == made
    render(made, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<b>1 h</b>" in page
    assert "the target does not offer &lt;enable&gt;" in page
    assert "choices: 1 of 2 measured; unlike the reference: lock 1 h." in (tmp_path / "summary.md").read_text()
