"""Several departures of one target, each of another kind."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kmc_harness.exploring.search import Search, explore
from kmc_harness.port import Action, LogOut, Observation
from kmc_harness.targets.model import ModelTarget
from tests.conftest import kmc
from tests.harness.traces import pytest_on, with_fault

SERVER = ("--target", "model", "--policy", "kaltura-server")


@pytest.fixture(scope="module")
def five() -> Search:
    return explore(ModelTarget(), ModelTarget("kaltura-server"), seed=0, goes_on=lambda: True, most=5)


def test_each_is_of_another_kind(five: Search) -> None:
    assert len(five.departures) == len({each.kind for each in five.departures}) == 5
    assert five.found is five.departures[0]


def test_one_requirement_is_one_kind(five: Search) -> None:
    assert len({replace(each, requirement="LOG-004").kind for each in five.departures}) == 1
    assert len({replace(each, requirement=None).kind for each in five.departures}) > 1


def _for_a_while(target: ModelTarget, sentences: int) -> Search:
    left = iter(range(sentences))
    return explore(ModelTarget(), target, seed=0, goes_on=lambda: next(left, None) is not None, most=50)


def test_a_known_one_that_changes_nothing_does_not_end_a_life() -> None:
    targets = ModelTarget(), with_fault("token names the user")
    clean, readable = (_for_a_while(target, 200) for target in targets)
    assert len(readable.departures) > len(clean.departures) == 0
    assert not any(each.parts_them for each in readable.departures)
    assert clean.traces <= readable.traces <= clean.traces + len(readable.departures)


def test_a_link_made_of_what_anybody_knows_is_a_departure() -> None:
    hashed = _for_a_while(with_fault("token is the hash of the email"), 60)
    assert "SEC-005" in {each.requirement for each in hashed.departures}


def test_a_known_one_that_parts_them_ends_a_life() -> None:
    targets = ModelTarget(), with_fault("EnableTwoFactor.always refused")
    clean, parted = (_for_a_while(target, 200) for target in targets)
    assert len(parted.departures) == 1
    assert parted.traces > clean.traces + 1


def test_each_is_cut_down_by_itself(five: Search) -> None:
    assert all(len(each.moves) <= min(6, each.before_shrinking) for each in five.departures)


def test_their_scenarios_stand_in_one_file_and_fail_there_alone(tmp_path: Path) -> None:
    feature = tmp_path / "found.feature"
    # Time enough, however slow the machine is: it ends with the fifth.
    done = kmc("explore", *SERVER, "--departures", "5", "--budget", "20m", "--out", str(feature))
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("departure after") == 5
    told = re.search(r"(\d) of 5 as scenarios in ", done.stdout)
    assert told
    assert f"{told[1]} failed in " in pytest_on(tmp_path, "--kmc-policy=kaltura-server")
    assert f"{told[1]} passed in " in pytest_on(tmp_path)


def test_fewer_than_asked_for_are_shown_when_the_time_is_over() -> None:
    assert 0 < len(_for_a_while(ModelTarget("kaltura-server"), 120).departures) < 50


class Breaks(ModelTarget):
    """Behaves as the published server, and breaks where somebody logs out."""

    def __init__(self) -> None:
        super().__init__("kaltura-server")

    def perform(self, action: Action) -> Observation:
        if isinstance(action, LogOut):
            raise OSError("the server went away")
        return super().perform(action)


def test_what_was_found_before_an_adapter_breaks_is_kept() -> None:
    search = explore(ModelTarget(), Breaks(), seed=0, goes_on=lambda: True, most=50)
    assert search.departures
    assert "the server went away" in search.broke_off
