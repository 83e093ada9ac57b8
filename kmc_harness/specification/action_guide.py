"""What an adapter is asked and answers, action by action: the table of `kmc actions`, made of docstrings."""

import re
from collections.abc import Iterator
from dataclasses import fields
from inspect import getdoc
from typing import NamedTuple

from kmc_harness.port import ACTIONS, NEEDED_OFFER, Observation, Offer, OpenEnrolmentLink

__all__ = ["Row", "as_markdown", "meanings", "rows", "signature"]

_FIELD = re.compile(r"    (\w+): (.*)")


class Row(NamedTuple):
    """An action, and the offer under which it is asked for; or a field of the one above."""

    name: str
    offer: str
    meaning: str
    is_field: bool


def meanings(kind: type) -> dict[str, str]:
    """Return what the docstring of `kind` says: of itself under "", of its attributes by name."""
    told, _, attributes = (getdoc(kind) or "").partition("Attributes:\n")
    found = {"": " ".join(told.split())}
    for line in attributes.splitlines():
        if begun := _FIELD.fullmatch(line):
            found[begun[1]] = begun[2]
        elif line.strip():
            last = next(reversed(found))
            found[last] += f" {line.strip()}"
    return found


def rows() -> Iterator[Row]:
    """Return a row an action and a row a field, and last those of what all are answered with."""
    for kind in (*sorted(ACTIONS, key=lambda kind: (_needs(kind) != "always", _needs(kind))), Observation):
        told = meanings(kind)
        yield Row(kind.__name__, _needs(kind), told[""], is_field=False)
        for each in fields(kind):
            yield Row(each.name, "", told[each.name], is_field=True)


def _needs(kind: type) -> str:
    if kind is Observation:
        return ""
    # Links are mailed where it is switched on, or after a reset; nothing that has neither is asked to open one.
    return str(Offer.ENABLE if kind is OpenEnrolmentLink else NEEDED_OFFER.get(kind, "always"))


def signature(action: str) -> str:
    """Return the action called `action` with its fields, as one would write it; what is none, as it is."""
    kind = next((each for each in ACTIONS if each.__name__ == action), None)
    return f"{action}({', '.join(each.name for each in fields(kind))})" if kind else action


def as_markdown() -> str:
    """Return the table as it stands in docs/reference/actions.md."""
    lines = ["| action, its fields | under | meaning |", "|---|---|---|"]
    for name, offer, meaning, is_field in rows():
        named = f"`{name}`" if is_field else f"**`{name}`**"
        lines.append(f"| {named} | {offer} | {meaning} |")
    return "\n".join(lines) + "\n"
