"""How JSON Schemas are written."""

import msgspec

from kmc_harness.schemas import written


def test_docstrings_lose_their_indentation_and_keys_stand_in_order() -> None:
    """Whether msgspec has left it in or not; a property called `description` is none."""
    raw = {"title": "T", "properties": {"description": {"anyOf": [{"description": "One.\n\n    Two.\n    "}]}}}
    clean = {"title": "T", "properties": {"description": {"anyOf": [{"description": "One.\n\nTwo."}]}}}
    assert written(raw) == written(clean)
    found = msgspec.json.decode(written(raw))
    assert list(found) == ["$schema", "properties", "title"]
    assert found["properties"] == clean["properties"]
