"""What binds features, steps and catalogue together, read from the files themselves."""

import contextlib
import hashlib
import importlib
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from pytest_bdd.feature import get_features

from kmc_harness.specification.locations import FEATURES, STEP_MODULES

__all__ = [
    "NO_ROWS",
    "Sentence",
    "Told",
    "UnknownSentence",
    "all_told",
    "definitions",
    "definitions_in",
    "features_digest",
    "lacks_rows",
    "name_of",
    "scenarios",
    "scenarios_of",
    "short",
    "step_of",
    "told",
]


_NEXT = re.compile(r"\s*(@|Scenario|Rule:)")


NO_ROWS = "the outline has no rows in its Examples, so nothing of it is run"


class UnknownSentence(Exception):
    """No step says this; the message names the sentence."""


@dataclass(frozen=True)
class Sentence:
    """One step of a scenario: its kind (given, when or then), its text, its line in the feature, and its table."""

    kind: str
    text: str
    line: int
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def in_full(self) -> str:
        """The sentence with its kind, and with the rows of its table behind it."""
        rows = "; ".join(", ".join(row) for row in self.rows)
        return f"{self.kind.capitalize()} {self.text}{f' {rows}' if rows else ''}"

    def do(self, world: Any) -> None:
        """Do what the sentence says in `world`.

        Raises:
            UnknownSentence: no step definition fits.

        """
        tables = {"datatable": [list(row) for row in self.rows]} if self.rows else {}
        _definition(self.kind, self.text)(world, **tables)


@dataclass(frozen=True)
class Told:
    """A scenario with its sentences, rendered for one row of its examples.

    Attributes:
        id: what pytest calls it.
        example: the row of an outline; empty elsewhere.
        feature: the file, as reports give it.
        needs: the offers that its tags name.
        context: the situation it is told in; empty for a scenario as it stands in its feature.

    """

    id: str
    requirement: str
    title: str
    example: str
    feature: str
    line: int
    sentences: tuple[Sentence, ...]
    needs: frozenset[str]
    context: str = ""

    def __hash__(self) -> int:
        """Hash by the id, which is unique: hashing all sentences would take longer than telling them."""
        return hash(self.id)


def features_digest() -> str:
    """Return a digest of features and catalogue: two runs with the same one judged by the same words."""
    digest = hashlib.sha256()
    for path in sorted(each for each in FEATURES.rglob("*.*") if each.suffix in (".feature", ".toml")):
        digest.update(path.relative_to(FEATURES).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def short(filename: str) -> str:
    """Return a feature's file name as reports give it: below our features, or whole."""
    return filename.removeprefix(f"{FEATURES}/")


def name_of(template: Any) -> str:
    """Return a scenario's name in reports and test ids: its title, so that it keeps its history when a line moves.

    The requirement tells apart scenarios of several features that are called alike.
    """
    name = _slug(template)
    return f"{name}_{_requirement_of(template).replace('-', '_')}" if name in _alike() else name


def _slug(template: Any) -> str:
    return re.sub(r"\W+", "_", template.name).strip("_").lower()


@cache
def _alike() -> frozenset[str]:
    counts = Counter(_slug(template) for _, template in scenarios())
    return frozenset(name for name, count in counts.items() if count > 1)


def scenarios() -> Iterator[tuple[str, Any]]:
    """Yield every scenario as (requirement id, pytest-bdd's template)."""
    for feature in get_features([str(FEATURES)]):
        for template in feature.scenarios.values():
            if requirement := _requirement_of(template):
                yield requirement, template


def _requirement_of(template: Any) -> str:
    tags = template.rule.tags if template.rule else set()
    return next((tag.removeprefix("REQ-") for tag in sorted(tags) if tag.startswith("REQ-")), "")


def lacks_rows(template: Any) -> bool:
    """Whether pytest-bdd's `template` is an outline that no row of examples makes a scenario of."""
    return bool(template.templated) and not any(table.examples for table in template.examples)


def told(template: Any, row: Mapping[str, object] | None, name: str, row_tags: frozenset[str] = frozenset()) -> Told:
    """Return the scenario that pytest-bdd's `template` makes with `row` of its examples; pytest calls it `name`.

    `row_tags`: those of the table that the row is of.
    """
    rendered = template.render(row or {})
    tags = template.tags | template.feature.tags | (template.rule.tags if template.rule else set()) | row_tags
    sentences = (
        Sentence(each.type, each.name, each.line_number, _rows(each.datatable) if each.datatable else ())
        for each in rendered.steps
    )
    return Told(
        id=name,
        requirement=next((tag.removeprefix("REQ-") for tag in sorted(tags) if tag.startswith("REQ-")), ""),
        title=rendered.name,
        example=name.partition("[")[2].removesuffix("]"),
        feature=short(template.feature.filename),
        line=template.line_number,
        sentences=tuple(sentences),
        needs=frozenset(tag.removeprefix("needs-") for tag in tags if tag.startswith("needs-")),
    )


def _rows(datatable: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in datatable.raw())


@cache
def all_told() -> tuple[Told, ...]:
    """Return every scenario of the suite, one for each row of an outline, in pytest's order."""
    found: list[Told] = []
    for _, template in scenarios():
        rows = [(row, frozenset(table.tags)) for table in template.examples for row in table.as_contexts()]
        name = name_of(template)
        found += [told(template, row, f"{name}[{'-'.join(row.values())}]", tags) for row, tags in rows] or [
            told(template, None, name)
        ]
    return tuple(found)


def scenarios_of(requirement_id: str) -> Iterator[tuple[str, str, str]]:
    """Yield (file:line, title, text as it stands there) of a requirement's scenarios."""
    for found, template in scenarios():
        if found == requirement_id:
            yield f"{short(template.feature.filename)}:{template.line_number}", template.name, _text_of(template)


def _text_of(template: Any) -> str:
    first, *lines = Path(template.feature.filename).read_text().splitlines()[template.line_number - 1 :]
    own = list(takewhile(lambda line: not _NEXT.match(line), lines))
    before = [f"      {each.keyword} {each.name}" for each in template.all_background_steps]
    if before:
        own = [line.replace("Given", "And", 1) if at == 0 else line for at, line in enumerate(own)]
    return textwrap.dedent("\n".join((first, *before, *own))).rstrip()


@cache
def definitions() -> tuple[Any, ...]:
    """Return pytest-bdd's contexts of all step definitions: `type`, `parser`, `step_func`."""
    return tuple(each for name in STEP_MODULES for each in definitions_in(importlib.import_module(name)))


def definitions_in(module: Any) -> Iterator[Any]:
    """Yield pytest-bdd's contexts of the step definitions in one module."""
    from pytest_bdd.steps import step_function_context_registry

    for value in vars(module).values():
        marker = getattr(value, "_fixture_function", value)
        if callable(marker) and marker in step_function_context_registry:
            yield step_function_context_registry[marker]


@cache
def _definition(kind: str, sentence: str) -> Callable[..., Any]:
    for each in definitions():
        if each.type in (None, kind) and each.parser.is_matching(sentence):
            return partial(each.step_func, **each.parser.parse_arguments(sentence))
    raise UnknownSentence(f"no step says {kind.capitalize()} {sentence!r}")


@cache
def step_of(sentence: str) -> Callable[..., Any]:
    """Return what a `When` sentence does, or else a `Given` one; it is called with the world.

    Raises:
        UnknownSentence: no step definition fits.

    """
    for kind in ("when", "given"):
        with contextlib.suppress(UnknownSentence):
            return _definition(kind, sentence)
    raise UnknownSentence(f"no step does what {sentence!r} says")
