"""What binds features, steps and catalogue together, read from the files themselves."""

from collections.abc import Iterator
from typing import Any

from pytest_bdd.feature import get_features

from kmc_harness._locate import FEATURES

__all__ = ["scenarios", "scenarios_of"]


def scenarios() -> Iterator[tuple[str, Any]]:
    """Yield every scenario as (requirement id, pytest-bdd's template)."""
    for feature in get_features([str(FEATURES)]):
        for template in feature.scenarios.values():
            tags = template.rule.tags if template.rule else set()
            for tag in sorted(tags):
                if tag.startswith("REQ-"):
                    yield tag.removeprefix("REQ-"), template


def scenarios_of(requirement_id: str) -> Iterator[tuple[str, str]]:
    """Yield (file:line, title) of a requirement's scenarios."""
    for found, template in scenarios():
        if found == requirement_id:
            where = template.feature.filename.removeprefix(f"{FEATURES}/")
            yield f"{where}:{template.line_number}", template.name
