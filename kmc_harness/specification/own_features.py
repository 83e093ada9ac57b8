"""A team's own scenarios beside ours: in our vocabulary and their own, shadowing nothing (`kmc check-features`)."""

import codecs
import contextlib
import difflib
import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from kmc_harness.port import Offer
from kmc_harness.specification import bindings
from kmc_harness.specification.locations import STEP_MODULES
from kmc_harness.verdicts import Misuse

__all__ = ["Checked", "Problem", "check"]

CLOSE = 0.6
_PROJECT = (".git", "pyproject.toml", "pytest.ini", "setup.cfg", "setup.py", "tox.ini")
"""Where one of these stands, a project begins: pytest looks no higher for fixtures."""


@dataclass(frozen=True)
class Problem:
    """Something that would not run, or not as it reads; `where` is file:line."""

    where: str
    what: str


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what is wrong with it."""

    scenarios: int
    steps: int
    problems: tuple[Problem, ...]


def check(folder: Path) -> Checked:
    """Look at every feature below `folder`; steps of their own stand where pytest finds them.

    That is in the folder's modules of tests, and in conftest.py there, below, or above up to the project's own folder.

    Raises:
        Misuse: there is no feature, or a module cannot be imported.

    """
    files = sorted(folder.rglob("*.feature"))
    if not files:
        raise Misuse(f"{str(folder)!r} has no *.feature below it")
    own = tuple(each for module in _modules(folder) for each in _own_definitions(module))
    ours = [(template.name, template) for _, template in bindings.scenarios()]
    problems = list(_shadowing(own, ours))
    counted = [0, 0]
    for file in files:
        problems += _of_file(file, folder, own, {title for title, _ in ours}, counted)
    return Checked(counted[0], counted[1], tuple(problems))


def _modules(folder: Path) -> Iterator[Path]:
    at = folder.resolve()
    while at != at.parent and not any((at / name).exists() for name in _PROJECT):
        at = at.parent
        yield from at.glob("conftest.py")
    for name in ("conftest.py", "test_*.py", "*_test.py"):
        yield from sorted(folder.rglob(name))


def _own_definitions(file: Path) -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location(f"own_steps_{file.parent.name}_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.parent))
    try:
        with _for_its_steps():
            spec.loader.exec_module(module)
    except Exception as error:
        raise Misuse(f"{str(file)!r} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(file.parent))
    return bindings.definitions_in(module)


def _binds_none(*named: str, **settings: object) -> Callable[[Any], Any]:
    return lambda test: test


@contextlib.contextmanager
def _for_its_steps() -> Iterator[None]:
    """Have a module of tests imported meanwhile bind no scenario, of its own or of ours: pytest alone can do that."""
    import pytest
    import pytest_bdd

    suite = ModuleType("kmc_harness.suite")
    vars(suite).update(pytest_plugins=list(STEP_MODULES), __all__=["pytest_plugins"])
    with pytest.MonkeyPatch.context() as patch:
        for place in (pytest_bdd, sys.modules["pytest_bdd.scenario"]):
            for name in ("scenario", "scenarios"):
                patch.setattr(place, name, _binds_none)
        patch.setitem(sys.modules, suite.__name__, suite)
        yield


def _shadowing(own: tuple[Any, ...], ours: list[tuple[str, Any]]) -> Iterator[Problem]:
    sentences = sorted({(step.type, step.name) for _, template in ours for step in _rendered(template)})
    for each in own:
        taken = next((name for kind, name in sentences if _fits(each, kind, name)), None)
        if taken:
            yield Problem(_place(each), f"the step {each.parser.name!r} also fits ours, {taken!r}; word it otherwise")


def _place(definition: Any) -> str:
    code = definition.step_func.__code__
    return f"{os.path.relpath(code.co_filename)}:{code.co_firstlineno}"


def _of_file(
    file: Path, folder: Path, own: tuple[Any, ...], our_titles: set[str], counted: list[int]
) -> Iterator[Problem]:
    from pytest_bdd.exceptions import GherkinParseError
    from pytest_bdd.feature import get_feature

    name = file.relative_to(folder).as_posix()
    if file.read_bytes().startswith(codecs.BOM_UTF8):
        yield Problem(f"{name}:1", "it begins with a byte order mark, which pytest-bdd cannot read; save it without")
        return
    try:
        feature = get_feature(str(folder), name)
    except UnicodeDecodeError as error:
        yield Problem(f"{name}:1", f"it is no UTF-8: {error.reason} at byte {error.start}")
        return
    except GherkinParseError as error:
        yield Problem(f"{name}:{error.line}", str(error.message))
        return
    titles = Counter(_titles(file))
    for title, often in titles.items():
        if often > 1:
            yield Problem(
                f"{name}:1", f"{often} scenarios are called {title!r}; pytest-bdd would run the last one only"
            )
        if title in our_titles:
            yield Problem(f"{name}:1", f"a scenario of the suite is called {title!r} too; call yours otherwise")
    for template in feature.scenarios.values():
        counted[0] += 1
        where = f"{name}:{template.line_number}"
        of_rows = {tag for table in template.examples for tag in table.tags}
        tags = template.tags | (template.rule.tags if template.rule else set()) | feature.tags | of_rows
        yield from (Problem(where, problem) for problem in _wrong_tags(tags))
        if not template.steps or template.steps[-1].type != "then":
            yield Problem(where, "the scenario checks nothing: it does not end with a Then")
        if bindings.lacks_rows(template):
            yield Problem(where, bindings.NO_ROWS)
            continue
        for step in _rendered(template):
            counted[1] += 1
            fitting = [each for each in (*bindings.definitions(), *own) if _fits(each, step.type, step.name)]
            if len(fitting) != 1:
                yield Problem(f"{name}:{step.line_number}", _misfit(step, fitting))


def _titles(file: Path) -> list[str]:
    from gherkin.parser import Parser

    feature: Any = Parser().parse(file.read_text("utf-8"))["feature"]
    children = [child for rule in feature["children"] for child in rule.get("rule", {}).get("children", [rule])]
    return [child["scenario"]["name"] for child in children if "scenario" in child]


def _wrong_tags(tags: set[str]) -> Iterator[str]:
    for tag in sorted(tags):
        if tag.startswith("REQ-"):
            yield f"@{tag} is a requirement of the suite; tag yours otherwise"
        if tag.startswith("needs-") and tag.removeprefix("needs-") not in set(Offer):
            yield f"@{tag} names no offer; there are {', '.join(sorted(Offer))}"


def _rendered(template: Any) -> list[Any]:
    rows = [row for table in template.examples for row in table.as_contexts()] or [{}]
    return [step for row in rows for step in template.render(row).steps]


def _fits(definition: Any, kind: str, sentence: str) -> bool:
    return definition.type in (None, kind) and bool(definition.parser.is_matching(sentence))


def _misfit(step: Any, fitting: list[Any]) -> str:
    said = f"{step.type.capitalize()} {step.name}"
    if fitting:
        return f"{said!r} fits {len(fitting)} steps: {', '.join(repr(each.parser.name) for each in fitting)}"
    known = {each.name for _, template in bindings.scenarios() for each in template.steps if each.type == step.type}
    close = difflib.get_close_matches(step.name, known, 1, CLOSE)
    return f"no step says {said!r}" + (f"; the nearest is {close[0]!r}" if close else "")
