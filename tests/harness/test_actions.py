"""The table of actions that adapters are written by."""

from dataclasses import fields
from pathlib import Path

import pytest

from kmc_harness.port import ACTIONS, Action, Observation
from kmc_harness.specification import action_guide
from tests.conftest import ROOT, kmc


@pytest.mark.parametrize("kind", [*ACTIONS, Observation], ids=lambda kind: kind.__name__)
def test_an_action_has_words_for_each_of_its_fields_and_no_others(kind: type[Action]) -> None:
    told = action_guide.meanings(kind)
    assert list(told) == ["", *(each.name for each in fields(kind))]
    assert all(told.values())


@pytest.mark.parametrize("kind", ACTIONS, ids=lambda kind: kind.__name__)
def test_what_none_means_is_told_where_a_field_may_be_none(kind: type[Action]) -> None:
    told = action_guide.meanings(kind)
    optional = [each.name for each in fields(kind) if each.default is None]
    assert [name for name in optional if "None" not in told[name]] == []


def test_the_table_in_the_reference_is_that_of_the_code() -> None:
    text = (ROOT / "docs" / "reference" / "actions.md").read_text()
    assert action_guide.as_markdown() in text, "put kmc_harness.specification.action_guide.as_markdown() there"


def test_the_terminal_shows_the_same(tmp_path: Path) -> None:
    done = kmc("actions", cwd=tmp_path, COLUMNS="80")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    shown = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert {kind.__name__ for kind in ACTIONS} <= set(shown)


def test_the_protocol_comes_with_an_adapter_in_another_language(tmp_path: Path) -> None:
    made = kmc("new-target", "exec-node", "mine", cwd=tmp_path)
    assert made.returncode == 0
    assert {"EXEC.md", "exec-protocol.schema.json"} <= {each.name for each in (tmp_path / "mine").iterdir()}
