"""Features, steps and catalogue fit together; what pytest-bdd does not report is found here."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from gherkin.parser import Parser

from kmc_harness.port import ACTIONS, Offer
from kmc_harness.specification import bindings, catalogue, contexts
from kmc_harness.specification.locations import FEATURES
from kmc_harness.verdicts import Misuse

CATALOGUE = catalogue.load()
FILES = sorted(FEATURES.rglob("*.feature"))
SCENARIOS = list(bindings.scenarios())


DEFINITIONS = bindings.definitions()


def _rendered(template: Any) -> list[Any]:
    rows = [row for table in template.examples for row in table.as_contexts()] or [{}]
    return [step for row in rows for step in template.render(row).steps]


def _titles(text: str) -> list[str]:
    """Return the titles of all scenarios that stand in the text, by Gherkin's own parser."""
    feature = Parser().parse(text)["feature"]
    children = [child for rule in feature["children"] for child in rule.get("rule", {}).get("children", [rule])]
    return [child["scenario"]["name"] for child in children if "scenario" in child]


def test_every_tag_is_a_known_requirement_or_offer() -> None:
    for file in FILES:
        for tag in re.findall(r"@(\S+)", file.read_text()):
            kind, _, name = tag.partition("-")
            assert name in (CATALOGUE if kind == "REQ" else set(Offer)), f"{file.name}: @{tag}"


def test_every_requirement_that_can_be_seen_has_a_scenario_and_no_other_has() -> None:
    judged = {name for name, _ in SCENARIOS}
    assert judged == {each.id for each in CATALOGUE.values() if each.seen is not catalogue.Seen.NOWHERE}


def test_a_rule_is_one_requirement_and_bears_its_title() -> None:
    names = defaultdict(set)
    for name, template in SCENARIOS:
        names[name].add(template.rule.name)
        assert len([tag for tag in template.rule.tags if tag.startswith("REQ-")]) == 1
    assert {name: {CATALOGUE[name].title} for name in names} == names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_scenario_titles_are_unique_in_a_feature(file: Any) -> None:
    titles = Counter(_titles(file.read_text()))
    assert [title for title, count in titles.items() if count > 1] == []


def test_parsed_collected_and_reported_are_the_same_scenarios(on_article: Any) -> None:
    written = sum(len(_titles(file.read_text())) for file in FILES)
    assert len(SCENARIOS) == written
    expanded = sum(max(1, sum(len(table.examples) for table in template.examples)) for _, template in SCENARIOS)
    assert len(on_article.report["scenarios"]) == expanded >= 120


def test_each_step_matches_exactly_one_definition() -> None:
    for _, template in SCENARIOS:
        for step in _rendered(template):
            fitting = [d.parser.name for d in DEFINITIONS if d.type == step.type and d.parser.is_matching(step.name)]
            assert len(fitting) == 1, f"{step.type} {step.name}: {fitting}"


def _said_in(context: contexts.Context) -> Iterator[tuple[str, str]]:
    """Yield what a context says, as it is told of the first scenario that it fits."""
    told = next(each for each in bindings.all_told() if contexts.places(each, context))
    for each in contexts.pair(told, context, contexts.places(told, context)[0]).sentences:
        yield each.kind, each.text
        yield from ((kind, row) for (row,) in each.rows for kind in ("given", "when"))


def test_each_sentence_of_a_context_can_be_told() -> None:
    for each in contexts.load():
        for kind, sentence in _said_in(each):
            if kind == "given":
                bindings.step_of(sentence)


def test_no_definition_is_unused_and_the_vocabulary_stays_small() -> None:
    steps = {(step.type, step.name) for _, template in SCENARIOS for step in _rendered(template)}
    steps |= {said for each in contexts.load() for said in _said_in(each)}
    unused = [d.parser.name for d in DEFINITIONS if not any(d.type == t and d.parser.is_matching(n) for t, n in steps)]
    assert unused == []
    assert len({definition.step_func for definition in DEFINITIONS}) <= 108


def test_a_scenario_is_given_done_and_seen_in_that_order() -> None:
    for _, template in SCENARIOS:
        types = [step.type for step in template.steps]
        assert types == sorted(types, key=("given", "when", "then").index), template.name
        assert types[-1] == "then", template.name


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_says_which_actions_and_offers_are_used(name: str, on_article: Any) -> None:
    used: dict[str, set[str]] = {"actions": set(), "offers": set()}
    for each in on_article.report["scenarios"]:
        if each["requirement"] == name:
            used["actions"].update(each["actions"])
            used["offers"].update(each["offers"])
    assert set(CATALOGUE[name].actions) == used["actions"]
    assert set(CATALOGUE[name].offers) == used["offers"]


def test_the_suite_asks_for_every_action_of_the_kmc(on_article: Any) -> None:
    used = {action for each in on_article.report["scenarios"] for action in each["actions"]}
    assert used == {action.__name__ for action in ACTIONS} - {"StartPairing", "ConfirmPairing", "GoToLogin"}


def test_an_unknown_field_of_the_catalogue_is_named(tmp_path: Any) -> None:
    broken = tmp_path / "requirements.toml"
    broken.write_text('[[requirement]]\nid = "ENA-001"\ncolour = "red"\n')
    with pytest.raises(Misuse, match="colour"):
        catalogue.load(broken)
    broken.write_text("[[requirement\n")
    with pytest.raises(Misuse, match=r"requirements\.toml"):
        catalogue.load(broken)


def test_each_scenario_has_a_name_of_its_own_that_no_line_is_part_of() -> None:
    names = [bindings.name_of(template) for _, template in bindings.scenarios()]
    assert len(set(names)) == len(names)
    assert "both_accounts_have_it_on" in names
    assert not any(re.search(r"_L\d+$", name) for name in names)
