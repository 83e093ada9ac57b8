"""The catalogue of faults: complete, and each of them really another model."""

from collections import Counter
from dataclasses import fields

import pytest

from kmc_harness.specification import catalogue
from kmc_model.actions import LogIn
from kmc_model.analysis.faults import Fault, Kind, all_faults, by_name, together
from kmc_model.analysis.faults._fault import effect_instead, row_of
from kmc_model.analysis.faults.derived import GUARDS, MAY_REFUSE, NODDING, NUMBERS
from kmc_model.analysis.faults.realistic import REALISTIC
from kmc_model.policy import ARTICLE, Policy
from kmc_model.rules import RULES

FAULTS = all_faults()


def test_there_are_faults_of_every_kind_and_no_two_of_one_name() -> None:
    kinds = Counter(each.kind for each in FAULTS)
    assert len(FAULTS) - kinds[Kind.BENIGN] >= 240
    assert kinds[Kind.REALISTIC] >= 40
    assert kinds[Kind.HIDDEN] >= 15
    assert len({each.name for each in FAULTS}) == len(FAULTS)
    assert len({each.sentence for each in REALISTIC}) == len(REALISTIC)


def test_each_fault_is_to_be_caught_under_requirements_that_exist() -> None:
    known = catalogue.load()
    for each in FAULTS:
        assert set(each.requirements) <= set(known), each.name
        assert bool(each.requirements) is (each.kind is not Kind.BENIGN), each.name


def test_each_fault_changes_the_model() -> None:
    for each in FAULTS:
        assert each.instead, each.name
    assert not Fault("nothing", "", (), Kind.BENIGN).instead


def test_each_field_of_the_policy_is_changed() -> None:
    changed = {name for each in FAULTS for name in each.instead}
    assert changed - {"rules", "turn"} == {each.name for each in fields(Policy)} - {"name"}


def test_several_faults_together_are_each_of_them() -> None:
    several = [by_name(name) for name in ("failures_max=9", "secret_bits=168", "other order of mails", "other words")]
    both = together(several)
    for each in several:
        assert each.instead.items() <= both.instead.items()
    assert len(both.instead) == len(several)
    assert both.requirements == ()
    assert together([by_name("failures_max=101"), by_name("lock_s=0")]).requirements == (
        "SEC-001",
        "SEC-002",
        "SEC-018",
    )


def test_each_number_is_changed_both_ways() -> None:
    for name, others in NUMBERS.items():
        present = getattr(ARTICLE, name)
        assert {value > present for value, _ in others} == {True, False}, name


def test_each_row_with_a_requirement_is_changed() -> None:
    derived = {each.name.rpartition(" ")[0] for each in FAULTS if each.kind in (Kind.ROW, Kind.BENIGN)}
    rows = {f"{rule.action.__name__}.{rule.applies.__name__}" for rule in RULES if rule.requirement}
    assert rows <= derived


def test_the_exceptions_of_the_derivation_name_rows_that_exist() -> None:
    names = {f"{rule.action.__name__}.{rule.applies.__name__}" for rule in RULES}
    conditions = {rule.applies.__name__ for rule in RULES}
    actions = {rule.action.__name__ for rule in RULES}
    assert conditions >= GUARDS
    assert names | actions >= MAY_REFUSE | NODDING.keys()


def test_a_fault_row_or_effect_that_is_none_is_named() -> None:
    with pytest.raises(LookupError, match="no fault 'nonsense'"):
        by_name("nonsense")
    with pytest.raises(LookupError, match=r"no row LogIn\.nonsense"):
        row_of(LogIn, "nonsense")
    with pytest.raises(LookupError, match="has no effect nonsense"):
        effect_instead(0, "nonsense")
