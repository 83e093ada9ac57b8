"""The suite against every fault; and that a suite which misses one is told so."""

import os
import signal
from pathlib import Path

import pytest

from kmc_harness.selftest import CLEAN, Caught, End, Faulty, Selftest, _apart, changes_nothing, selftest
from kmc_model.analysis.faults import Fault, Kind, all_faults, by_name, together
from tests.conftest import WHOLE, kmc

FAULT = by_name("third wrong code")
BENIGN = by_name("other words")


def test_every_fault_is_caught_under_its_requirement_and_every_scenario_fails_on_one(tmp_path: Path) -> None:
    thorough = ("--thorough",) if WHOLE else ()
    done = kmc("selftest", "-n", "1", *thorough, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    faults = sum(bool(each.requirements) for each in all_faults())
    shown = " ".join(done.stdout.split())
    assert f"{faults - 1} of {faults - 1} faults caught, 1 without any difference; 0 of " in shown
    assert "no difference in any state: OpenEnrolmentLink.no_secret accepted" in shown


def test_one_fault_can_be_asked_for(tmp_path: Path) -> None:
    done = kmc("selftest", "--fault", FAULT.name, "-n", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert "third wrong code  LOG-005          LOG-005" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--fault", "nonsense"], "no fault 'nonsense'; kmc selftest --all"), (["-n", "0"], "-n takes 1 or more")],
)
def test_misuse_is_one_clear_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = kmc("selftest", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize(
    ("fault", "noticed", "end"),
    [
        (FAULT, {"LOG-005": ("a",)}, End.CAUGHT),
        (FAULT, {"LOG-005": ("a",), "LOG-004": ("b",)}, End.CAUGHT),
        (FAULT, {"LOG-004": ("b",)}, End.ELSEWHERE),
        (FAULT, {}, End.MISSED),
        (BENIGN, {}, End.UNFLAGGED),
        (BENIGN, {"LOG-004": ("b",)}, End.ALARM),
        (CLEAN, {"LOG-004": ("b",)}, End.ALARM),
    ],
)
def test_what_became_of_a_fault(fault: Fault, noticed: dict[str, tuple[str, ...]], end: End) -> None:
    caught = Caught(fault, noticed)
    assert caught.end is end
    assert Selftest((caught,), 1, ()).holds is (end in (End.CAUGHT, End.UNFLAGGED))


def test_an_idle_scenario_fails_the_selftest() -> None:
    assert not Selftest((Caught(FAULT, {"LOG-005": ("a",)}),), 2, ("b",)).holds


def test_a_fault_under_the_wrong_requirement_and_an_alarm_are_told() -> None:
    """Two faults of this test's own: no worker knows them, so they run in this process."""
    known = all_faults()
    assert FAULT in known
    wrong = Fault(FAULT.name, FAULT.sentence, ("SWI-001",), Kind.HIDDEN, FAULT.variant)
    made = selftest([FAULT])
    assert [each.end for each in made.caught] == [End.UNFLAGGED, End.CAUGHT]
    assert Caught(wrong, made.caught[1].noticed).end is End.ELSEWHERE


class Objecting(Faulty):
    """A target on which one of the benign changes does harm, for the processes of the test below."""

    def reset(self) -> None:
        super().reset()
        if BENIGN.instead.items() <= self.fault.instead.items():
            self.model = FAULT.model(self.model.clock)


def test_of_several_harmless_changes_the_one_that_is_objected_to_is_named() -> None:
    benign = [by_name("failures_max=11"), BENIGN, by_name("other order of mails")]
    made = selftest(benign, target=f"python:{__name__}:Objecting")
    ends = {each.fault.name: each.end for each in made.caught if each.end is not End.UNFLAGGED}
    assert ends == {BENIGN.name: End.ALARM}
    assert len(made.caught) == len(benign) + 1
    assert made.ran == made.scenarios * (1 + 1 + len(benign))


def test_harmless_changes_are_tried_at_once_where_no_two_change_the_same() -> None:
    benign = [each for each in all_faults() if not each.requirements]
    groups = _apart(benign)
    assert sorted(each.name for group in groups for each in group) == sorted(each.name for each in benign)
    assert len(groups) < len(benign) / 2
    for group in groups:
        assert len(together(group).instead) == sum(len(each.instead) for each in group)


class Blind(Faulty):
    """A target that shows no fault at all."""

    def reset(self) -> None:
        super().reset()
        self.model = CLEAN.model(self.model.clock)


def test_a_fault_that_survives_is_excused_only_where_it_is_known_to_change_nothing() -> None:
    fault = by_name("secret_bits=152")
    assert changes_nothing(fault)
    made = selftest([fault], target=f"python:{__name__}:Blind")
    assert [each.end for each in made.caught] == [End.UNFLAGGED, End.MISSED]
    assert (made.equivalent, made.idle, made.holds) == ((), None, False)


class Killed(Faulty):
    """A target that takes its process with it."""

    def reset(self) -> None:
        super().reset()
        if self.fault is not CLEAN and self.fault.name != CLEAN.name:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_ends_the_selftest() -> None:
    with pytest.raises(RuntimeError, match="a process of the self-test died in the middle of it"):
        selftest([FAULT], target=f"python:{__name__}:Killed")


def test_a_harmless_change_that_no_run_would_judge_is_an_alarm() -> None:
    assert Caught(BENIGN, {}, probe="two users were shown the same secret").end is End.ALARM


def test_only_what_shows_nowhere_changes_nothing() -> None:
    assert changes_nothing(by_name("OpenEnrolmentLink.no_secret accepted"))
    assert not changes_nothing(by_name("OpenEnrolmentLink.link_used dropped"))


def test_the_fault_of_the_moment_is_taken_up_at_a_clean_start() -> None:
    target = Faulty()
    assert target.policy.secret_bits == 160
    try:
        Faulty.fault = by_name("secret_bits=152")
        assert target.policy.secret_bits == 160
        target.reset()
        assert target.policy.secret_bits == 152
    finally:
        Faulty.fault = CLEAN


def test_drawn_faults_have_a_score_and_name_the_contexts_that_they_need(tmp_path: Path) -> None:
    done = kmc("selftest", "--drawn", "2", "--seed", "0", "--all", "-n", "1", cwd=tmp_path)
    shown = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stderr
    assert "2 of 2 faults caught" in shown
    assert "contexts that no fault needs" in shown
    both = kmc("selftest", "--drawn", "2", "--blind", cwd=tmp_path)
    assert (both.returncode, "without --fault and --thorough" in both.stderr) == (2, True)
