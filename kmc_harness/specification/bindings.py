"""What binds features, steps and catalogue together, read from the files themselves."""

import hashlib
import importlib
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from pytest_bdd.feature import get_features

from kmc_harness.specification.locations import FEATURES, STEP_MODULES

__all__ = [
    "UnknownSentence",
    "definitions",
    "definitions_in",
    "features_digest",
    "name_of",
    "scenarios",
    "scenarios_of",
    "short",
    "step_of",
]


_NEXT = re.compile(r"\s*(@|Scenario|Rule:)")


class UnknownSentence(Exception):
    """No step says this; the message names the sentence."""


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
    """Return a scenario's name in reports and test ids, by file and line."""
    stem = template.feature.filename.rpartition("/")[2].removesuffix(".feature")
    return f"{stem}_feature_L{template.line_number}"


def scenarios() -> Iterator[tuple[str, Any]]:
    """Yield every scenario as (requirement id, pytest-bdd's template)."""
    for feature in get_features([str(FEATURES)]):
        for template in feature.scenarios.values():
            tags = template.rule.tags if template.rule else set()
            for tag in sorted(tags):
                if tag.startswith("REQ-"):
                    yield tag.removeprefix("REQ-"), template


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
def step_of(sentence: str) -> Callable[..., Any]:
    """Return what a `When` sentence does, or else a `Given` one; it is called with the world.

    Raises:
        UnknownSentence: no step definition fits.

    """
    for each in sorted(definitions(), key=lambda each: each.type != "when"):
        if each.type != "then" and each.parser.is_matching(sentence):
            return partial(each.step_func, **each.parser.parse_arguments(sentence))
    raise UnknownSentence(f"no step does what {sentence!r} says")
