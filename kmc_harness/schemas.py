"""JSON Schemas as they stand in the repository, the same from every release of msgspec."""

from inspect import cleandoc
from typing import Any

import msgspec

__all__ = ["written"]


def written(schema: dict[str, Any]) -> bytes:
    """Return `schema` as a file's content: keys in order, docstrings without their indentation (0.22 left it in)."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_clean(schema)}
    return msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=2) + b"\n"


def _clean(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: cleandoc(value) if key == "description" and isinstance(value, str) else _clean(value)
            for key, value in part.items()
        }
    return [_clean(each) for each in part] if isinstance(part, list) else part
