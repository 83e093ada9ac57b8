"""Departures found by walking: cut down, told as scenarios that fail for the same reason, and told again."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from kmc_harness.exploring.differential import Differential
from kmc_harness.exploring.reproducer import as_python
from kmc_harness.exploring.search import AdapterBroke, explore, rerun, timed
from kmc_harness.exploring.tours import traces
from kmc_harness.port import (
    Action,
    LogIn,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    UseSession,
)
from kmc_harness.scenario.world import World
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Unreached
from kmc_model.analysis.configurations import EVERYTHING, move_of
from kmc_model.analysis.faults import by_name
from kmc_model.clock import ManualClock
from tests.conftest import ROOT, WHOLE, kmc
from tests.harness.traces import ON, OPENS, WRONG, fails_on_it_alone, run, with_fault

NEXT_LIMIT = "time passes to the next limit"
FIVE = (
    "after a switch",
    "SetPassword.always without use_reset_link",
    "mails twice",
    "eight digits",
    "switch_between_two_factor_accounts_needs_login=False",
)


def _search(target: ModelTarget, most: int = 6000, seed: int = 0) -> object:
    left = iter(range(most))
    return explore(ModelTarget(), target, seed=seed, goes_on=lambda: next(left, None) is not None)


@pytest.mark.parametrize("fault", FIVE)
def test_a_departure_becomes_a_scenario_that_fails_for_the_same_reason(fault: str, tmp_path: Path) -> None:
    found = _search(with_fault(fault)).found
    assert found is not None
    assert len(found.sentences) <= 9
    fails_on_it_alone(found, fault, tmp_path)


OF_THE_PUBLISHED_SERVER = {
    "too_many_resets_are_told=True": "SEC-012",
    "links_are_locked=False": "SEC-014",
    "removal_hinders_resets=True": "RST-003",
}


@pytest.mark.parametrize("fault", OF_THE_PUBLISHED_SERVER)
def test_what_was_met_at_a_genuine_server_is_found_by_walking(fault: str, tmp_path: Path) -> None:
    found = _search(with_fault(fault)).found
    assert found is not None
    assert found.requirement == OF_THE_PUBLISHED_SERVER[fault]
    fails_on_it_alone(found, fault, tmp_path)


class Counts(ModelTarget):
    """Says how many attempts are left, to whomever, and when a mail was sent."""

    def reset(self) -> None:
        super().reset()
        self._tried = Counter[str]()

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if isinstance(action, RequestReset):
            return replace(seen, message=f"Whoever we know was mailed at {self.now()}.")
        if isinstance(action, LogIn) and not seen.accepted and not seen.asks_for_code:
            self._tried[action.email] += 1
            return replace(seen, message=f"{10 - self._tried[action.email]} attempts left.")
        return seen


def test_numbers_that_go_on_give_nothing_away() -> None:
    told = (WRONG, WRONG, "Ada asks for a reset", "60 s pass", "Ada asks for a reset")
    assert run(Counts(), *told) is None


class Behind(ModelTarget):
    """Its clock is ten days and some seconds behind."""

    def __init__(self, seconds: int) -> None:
        self._behind_s = 864_000 + seconds
        super().__init__()

    def reset(self) -> None:
        super().reset()
        self.model.clock = ManualClock(self.model.clock.now() - self._behind_s)


class Runs(ModelTarget):
    """Its clock goes on while it works."""

    def perform(self, action: Action) -> Observation:
        self.model.clock.advance(isinstance(action, OpenEnrolmentLink | LogIn))
        return super().perform(action)


def test_a_clock_that_is_behind_or_goes_on_is_no_departure() -> None:
    told = (ON.replace("Acme", "Globex"), OPENS, "Ada logs in to Globex with a code", NEXT_LIMIT)
    for seconds in range(1, 30, 4):
        for expected, target in ((ModelTarget(), Behind(seconds)), (Behind(seconds), ModelTarget())):
            differential = Differential(expected, target, "x", EVERYTHING.founders)
            for sentence in (*told, OPENS.replace("Ada", "Bo")):
                move = timed(move_of(sentence), expected)
                assert move is not None
                assert differential.perform(move) is None, (seconds, sentence)
    differential = Differential(ModelTarget(), Runs(), "x", EVERYTHING.founders)
    for sentence in (ON, "Ada logs in to Acme with no code", NEXT_LIMIT, OPENS, "Ada logs in to Acme with a code"):
        spoken = timed(move_of(sentence), differential.expected.target, runs=differential.runs)
        assert spoken is not None
        assert differential.perform(spoken) is None, spoken.sentence
    assert differential.runs


@pytest.mark.parametrize("breaks_by", [OSError("the server went away"), Unreached("no more sign-ups")])
def test_a_departure_is_told_uncut_where_the_target_breaks_then(breaks_by: Exception) -> None:
    class Breaks(ModelTarget):
        starts = 0

        def reset(self) -> None:
            super().reset()
            self.starts += 1
            if self.starts > 36:
                raise breaks_by

    fault = by_name("blocked but with a code")
    search = _search(Breaks(fault.variant), seed=1)
    assert search.found is not None
    assert search.found.divergence.move.sentence == search.found.sentences[-1]


def test_there_is_an_end_to_cutting_down() -> None:
    uncut = explore(ModelTarget(), with_fault(FIVE[0]), seed=0, goes_on=lambda: True, cuts_on=lambda: False).found
    cut = _search(with_fault(FIVE[0])).found
    assert uncut is not None
    assert cut is not None
    assert set(uncut.divergence.fields) & set(cut.divergence.fields) >= {"accepted", "opened"}
    assert len(uncut.moves) == uncut.before_shrinking == cut.before_shrinking > len(cut.moves)


@pytest.mark.parametrize("fault", FIVE)
def test_a_story_is_of_nobody_whom_it_can_do_without(fault: str) -> None:
    found = _search(with_fault(fault)).found
    assert found is not None
    for each in found.founders:
        others = [other for other in found.founders if other != each]
        if each[1] in {account for _, account in others}:
            assert f"✗ {found.divergence.move.sentence}" not in list(
                rerun(ModelTarget(), with_fault(fault), others, found.sentences)
            )


def test_the_clean_model_does_not_depart_from_itself() -> None:
    search = _search(ModelTarget(), most=3000)
    assert search.found is None
    assert search.vanished == ()
    assert search.actions > 2000


class OneAccountEach(ModelTarget):
    """Knows nobody in two accounts, and tells nobody in which one they are."""

    offers = ModelTarget.offers - {Offer.MEMBERSHIPS, Offer.SWITCH}

    def perform(self, action: Action) -> Observation:
        return replace(super().perform(action), account=None)


def test_what_is_not_offered_or_not_told_is_no_departure() -> None:
    search = _search(OneAccountEach(), most=2000)
    assert search.found is None
    assert search.actions > 1000
    assert {topic for topic, *_ in search.transitions} >= {"codes", "links", "two people"}


UNSEEN = (
    "other words",
    "longer tokens",
    "other label",
    "more mails",
    "one message for all",
    "other order of mails",
    "new handle each time",
    "masked e-mails",
)


@pytest.mark.parametrize("fault", UNSEEN[:: 1 if WHOLE else 3])
def test_other_texts_tokens_handles_and_orders_are_no_departure(fault: str) -> None:
    assert _search(with_fault(fault), most=1200).found is None


def test_the_same_seed_finds_the_same_and_another_one_walks_elsewhere() -> None:
    one, two = (_search(with_fault("third wrong code"), seed=3) for _ in range(2))
    assert one.found == two.found
    assert one.actions == two.actions
    walks = [[move.sentence for move, _ in next(traces(random.Random(seed))).moves] for seed in (3, 3, 4)]
    assert walks[0] == walks[1] != walks[2]


@pytest.mark.parametrize("fault", ["owner never locked", "off by strangers", "empty password"])
def test_walks_speak_of_owners_strangers_and_odd_passwords(fault: str) -> None:
    assert _search(with_fault(fault), most=1200).found is not None


class Forgets(ModelTarget):
    """Departs only the first time that anybody logs out."""

    logged_out = False

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "LogOut" and not Forgets.logged_out:
            Forgets.logged_out = True
            return Observation(accepted=False, message="not now")
        return super().perform(action)


def test_what_does_not_happen_again_is_told_apart() -> None:
    search = _search(Forgets())
    assert search.found is None
    assert " logs out" in search.vanished[-1]


class Breaks(ModelTarget):
    """Breaks when somebody logs out, with the session in its last words."""

    def perform(self, action: Action) -> Observation:
        if type(action).__name__ == "LogOut":
            raise RuntimeError(f"lost {action.session}")  # type: ignore[attr-defined]
        return super().perform(action)


def test_an_adapter_that_breaks_is_no_departure() -> None:
    with pytest.raises(AdapterBroke, match=r" logs out.* was to be done: RuntimeError: lost ..…"):
        _search(Breaks())
    with pytest.raises(AdapterBroke, match=r"RuntimeError: lost ..…"):
        list(rerun(ModelTarget(), Breaks(), EVERYTHING.founders, ["Ada logs in to Acme with no code", "Ada logs out"]))


class WithoutSwitch(ModelTarget):
    """Cannot switch accounts, and lets nobody see its mails."""

    offers = ModelTarget.offers - {Offer.SWITCH, Offer.OUTBOX}


def test_what_a_target_does_not_offer_is_left_out() -> None:
    assert _search(WithoutSwitch(), most=1500).found is None


class Later(ModelTarget):
    """Lives ten days later than the model."""

    def reset(self) -> None:
        super().reset()
        self.advance(864_000)


def test_the_model_lives_at_the_targets_time() -> None:
    assert _search(Later(), most=800).found is None


def test_a_story_can_be_told_again() -> None:
    fault = "OpenEnrolmentLink.link_used dropped"
    found = _search(with_fault(fault)).found
    lines = list(rerun(ModelTarget(), with_fault(fault), found.founders, found.sentences))
    assert lines[-1].startswith("  ")
    assert f"✗ {found.sentences[-1]}" in lines
    assert list(rerun(ModelTarget(), ModelTarget(), found.founders, found.sentences)) == [
        f"✓ {each}" for each in found.sentences
    ]
    program = as_python(found, ("python:tests.targets:WithFault", "article"), ("model", "article"))
    env = {"PATH": "", "PYTHONPATH": str(ROOT), "KMC_TEST_FAULT": fault}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == lines


def test_kmc_explore_writes_the_scenario_and_ends_with_1(tmp_path: Path) -> None:
    out = tmp_path / "found.feature"
    target = "python:tests.targets:WithFault"
    done = kmc("explore", "--target", target, "--out", str(out), cwd=ROOT, KMC_TEST_FAULT="third wrong code")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "departure after" in done.stdout
    assert out.read_text() in done.stdout


STOPPED = {
    20: ["choices measured, 20 actions", "stopped before the rest was measured"],
    450: ["stopped; this is what was found until then", "no departure"],
    700: ["stopped; this is what was found until then", "LOG-014 is broken", "as a scenario"],
}


@pytest.mark.parametrize("at", STOPPED)
def test_what_was_told_until_ctrl_c_is_shown(at: int) -> None:
    target = ("--target", "python:tests.targets:IsStoppedAt", "--budget", "10m", "--departures", "9", "--seed", "1")
    env = {"KMC_TEST_FAULT": "blocked but with a code", "KMC_TEST_STOP_AT": str(at)}
    done = kmc("explore", *target, cwd=ROOT, **env)
    assert done.returncode == 130, done.stdout + done.stderr
    assert [each for each in STOPPED[at] if each not in done.stdout] == []


def test_the_published_server_departs_from_the_article() -> None:
    done = kmc("explore", "--target", "model", "--policy", "kaltura-server", cwd=ROOT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "policy='kaltura-server'" in done.stdout
    assert "policy='article'" in done.stdout


def test_two_targets_are_compared_without_the_model() -> None:
    done = kmc(
        *(
            "explore",
            "--target",
            "python:tests.targets:WithFault",
            "--against",
            "python:kmc_harness.targets.model:ModelTarget",
        ),
        cwd=ROOT,
        KMC_TEST_FAULT="third opening",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "no sentence" in done.stdout or "as a scenario" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--policy", "strictest"], "unknown policy 'strictest'"),
        (
            ["--target", "model", "--budget", "soon"],
            "--budget: 'soon' is no length of time; write a number and ms, s, m, h or d",
        ),
        (["--target", "model", "--budget", "0s"], "--budget takes more than 0s"),
        (["--target", "model", "--seed", "x"], "--seed takes a whole number"),
        (["--target", "nowhere"], "unknown target 'nowhere'"),
        (["--target", "python:tests.targets:WithoutClock"], "does not offer to move its clock"),
        (["--target", "model", "--out", "nowhere/found.feature"], "there is no folder 'nowhere'"),
    ],
)
def test_misuse_is_one_clear_line_and_exit_2(arguments: list[str], words: str) -> None:
    done = kmc("explore", *arguments, cwd=ROOT)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


class TakesNobody(ModelTarget):
    """Registers nobody."""

    def perform(self, action: Action) -> Observation:
        return (
            Observation(accepted=False, message="no") if isinstance(action, RegisterUser) else super().perform(action)
        )


def test_that_nobody_could_be_registered_is_told_in_words() -> None:
    with pytest.raises(AdapterBroke, match=r"Ada in Acme could not be registered to begin with: .* refused: no"):
        _search(TakesNobody())


def test_what_says_nothing_of_the_target_ends_with_3() -> None:
    done = kmc("explore", "--target", "python:tests.targets:Crashes", cwd=ROOT)
    assert done.returncode == 3
    assert "kmc: the adapter broke where" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    done = kmc("explore", "--target", "model", "--budget", "1ms", cwd=ROOT)
    assert done.returncode == 3
    assert "nothing was compared" in done.stdout


@pytest.mark.parametrize(("after_s", "words"), [(0, "24 h pass"), (1, "23 h 59 min 59 s pass"), (86_400, "1 s pass")])
def test_the_time_to_the_next_limit_is_said_as_people_say_it(after_s: int, words: str) -> None:
    target = ModelTarget()
    World(target, "x").given.enrolment_mail("Ada")
    target.advance(after_s)
    move = timed(move_of(NEXT_LIMIT), target)
    assert (move and move.sentence) == words


class TellsSessions(ModelTarget):
    """Tells in every answer the session that was used, and nothing where a page is loaded."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        return replace(
            seen, session=None if isinstance(action, UseSession) else getattr(action, "session", seen.session)
        )


def test_an_adapter_may_tell_the_session_that_was_used() -> None:
    told = ("Ada logs in to Acme with no code", "Ada changes the password in the KMC", "Ada uses the session")
    assert run(TellsSessions(), *told) is None


class RepeatsTheEmail(ModelTarget):
    """Says in its answers what e-mail was typed."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        email = getattr(action, "email", "")
        return replace(seen, message=f"{seen.message} ({email})") if email else seen


def test_an_answer_that_repeats_the_email_is_no_departure() -> None:
    assert _search(RepeatsTheEmail(), most=2500).found is None
