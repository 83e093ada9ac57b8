"""Contexts: what may have happened before or meanwhile, in which a scenario must end as it does plainly.

They are data in the sentences of the suite, below `features/contexts/`. A scenario in a context is a scenario like any
other, with one Given more; it is called a pair.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import msgspec

from kmc_harness.specification.bindings import Sentence, Told
from kmc_harness.specification.locations import FEATURES
from kmc_harness.verdicts import Misuse

__all__ = ["MEANWHILE", "Context", "load", "pair", "places", "with_meanwhile"]

MEANWHILE = "meanwhile:"
_NAMES = re.compile(r"\b(?:Ada|Bo|Grace|Mallory)\b")
_ACCOUNTS = re.compile(r"\b(?:Acme|Globex|Initech)\b")


@dataclass(frozen=True)
class Context:
    """A situation of a scenario.

    Attributes:
        name: unique.
        dimension: what it varies.
        meanwhile: sentences with `<person>`, `<other>` and `<account>` in them, for names of the scenario.
        instead: words of the scenario, and what stands in their place.
        is_early: whether it is told before everything else alone, not between the Givens too.

    """

    name: str
    dimension: str
    meanwhile: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()
    is_early: bool = True


class _Early(msgspec.Struct, forbid_unknown_fields=True):
    dimension: str
    name: str
    meanwhile: tuple[str, ...] = ()
    instead: dict[str, str] = {}


class _Who(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    account: str
    before: tuple[str, ...] = ()


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """Contexts one by one, or a grid of acts by who, how often and how long ago."""

    context: tuple[_Early, ...] = ()
    dimension: str = ""
    often: tuple[tuple[int, str], ...] = ()
    who: dict[str, _Who] = {}
    act: dict[str, tuple[str, ...]] = {}
    event: dict[str, tuple[str, ...]] = {}


@cache
def load(folder: Path = FEATURES / "contexts") -> tuple[Context, ...]:
    """Return all contexts, in the order of their files.

    Raises:
        Misuse: a file is no TOML, or has a field that is not known.

    """
    found: list[Context] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            found += _contexts(msgspec.toml.decode(path.read_bytes(), type=_File))
        except (OSError, msgspec.DecodeError) as error:
            raise Misuse(f"{path} cannot be read as contexts: {error}") from error
    return tuple(found)


def _contexts(file: _File) -> Iterator[Context]:
    for each in file.context:
        yield Context(each.name, each.dimension, each.meanwhile, tuple(each.instead.items()))
    for often, later in file.often:
        words = f"{f', {often} times' * (often > 1)}{f', {later} ago' * bool(later)}"
        passing = (f"{later} have passed",) * bool(later)
        for act, sentences in file.act.items():
            for name, who in file.who.items():
                told = tuple(each.replace("<who>", who.name).replace("<account>", who.account) for each in sentences)
                yield Context(
                    f"{name} {act}{words}", file.dimension, who.before + told * often + passing, is_early=False
                )
        for event, sentences in file.event.items():
            if meanwhile := sentences * often + passing:
                yield Context(f"{event}{words}", file.dimension, meanwhile, is_early=False)


def places(told: Told, context: Context) -> int:
    """Return at how many places of a scenario a context can be told: before each Given, and before the first act."""
    if context.instead:
        return int(any(_instead(each.text, context) != each.text for each in told.sentences))
    if _meanwhile(told, context) is None:
        return 0
    return 1 if context.is_early else 1 + sum(each.kind == "given" for each in told.sentences)


def pair(told: Told, context: Context, place: int) -> Told:
    """Return a scenario in a context, told before its sentence number `place`, or with other words."""
    name = f"{told.id} ~ {context.name} ~ {place}"
    if context.instead:
        sentences = tuple(replace(each, text=_instead(each.text, context)) for each in told.sentences)
        return replace(told, id=name, context=context.name, sentences=sentences)
    rows = _meanwhile(told, context) or ()
    return with_meanwhile(replace(told, id=name, context=context.name), place, rows)


def with_meanwhile(told: Told, place: int, rows: tuple[tuple[str, ...], ...]) -> Told:
    """Return a scenario with an interlude of `rows` before its sentence number `place`; without rows, as it is."""
    if not rows:
        return told
    aside = Sentence("given", MEANWHILE, told.sentences[place].line, rows)
    return replace(told, sentences=(*told.sentences[:place], aside, *told.sentences[place:]))


def _instead(text: str, context: Context) -> str:
    for words, others in context.instead:
        text = text.replace(words, others)
    return text


def _meanwhile(told: Told, context: Context) -> tuple[tuple[str, ...], ...] | None:
    """Return the rows of the interlude with the names of the scenario; None where it has not all of them."""
    names = _names(told)
    rows: list[tuple[str, ...]] = []
    for sentence in context.meanwhile:
        named = sentence
        for noun, name in names.items():
            named = named.replace(f"<{noun}>", name)
        if "<" in named:
            return None
        rows.append((named,))
    return tuple(rows)


@cache
def _names(told: Told) -> dict[str, str]:
    acts = [each.text for each in told.sentences if each.kind != "given"]
    everything = [*acts, *(each.text for each in told.sentences)]
    people = list(dict.fromkeys(name for text in everything for name in _NAMES.findall(text))) or ["Ada"]
    accounts = [name for each in told.sentences for name in _ACCOUNTS.findall(each.text)] or ["Acme"]
    return {"person": people[0], "account": accounts[0], **({"other": people[1]} if people[1:] else {})}
