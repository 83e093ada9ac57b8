"""Faults that were written blind, and faults drawn by lot."""

import pytest

from kmc_model.analysis.faults import by_name
from kmc_model.analysis.faults.blind import SETS, BlindSet, faults_of_sets
from kmc_model.analysis.faults.blind.witness import Witnessed, shows
from kmc_model.analysis.faults.drawn import drawn_fault, drawn_faults
from kmc_model.analysis.faults.drawn import shows as shows_by_chance

CHANGES = [each for of in SETS for each in of.changes]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change.fault.name))
def test_a_witness_sees_each_change(change: Witnessed) -> None:
    assert shows(change)


@pytest.mark.parametrize("of", SETS, ids=lambda of: str(of.name))
def test_a_set_has_twenty_faults_and_seven_harmless_changes_and_its_first_score(of: BlindSet) -> None:
    faults = [each for each in of.changes if each.fault.requirements]
    forbidden_since = 1 if of.name == "november_e" else 0
    assert (len(faults) - forbidden_since, len(of.changes)) == (20, 27)
    assert 0 < of.plain <= of.sweep <= of.everything <= len(faults)


def test_a_fault_is_found_by_set_and_name() -> None:
    assert by_name("november_b: summer time").requirements == ("ENR-009", "RST-019")
    assert len({each.name for faults in faults_of_sets().values() for each in faults}) == len(CHANGES)


def test_the_same_seed_draws_the_same_faults_and_none_that_shows_nowhere() -> None:
    drawn = [each.name for each in drawn_faults(3, 5)]
    assert drawn == [each.name for each in drawn_faults(3, 5)]
    assert by_name(drawn[0]).sentence == (drawn_fault(drawn[0]) or by_name("")).sentence
    assert all(shows_by_chance(by_name(name)) for name in drawn)
    assert drawn_fault("summer time") is None
