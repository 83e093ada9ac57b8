"""The house as docs/architecture.md draws it: no circle, few floors, few files at the top. Late imports count too."""

import ast
import re
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("kmc_model", "kmc_harness", "steps")


def _modules() -> dict[str, Path]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "scaffolds" not in path.parts)
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = _modules()


def _imports(path: Path, name: str) -> Iterator[str]:
    """Yield the modules of ours that a file imports, wherever in it."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(filter(None, (above, node.module)))
            inside = {f"{module}.{each.name}" for each in node.names}
            yield from (inside & MODULES.keys()) or ({module} & MODULES.keys())


IMPORTS = {name: set(_imports(path, name)) - {name} for name, path in MODULES.items()}


def _floors(imports: dict[str, set[str]]) -> int:
    """Return how many modules stand above one another at most."""
    floor: dict[str, int] = {}
    for each in TopologicalSorter(imports).static_order():
        floor[each] = 1 + max((floor[below] for below in imports.get(each, ())), default=0)
    return max(floor.values())


def _room(module: str) -> str:
    """Return the folder at the top of a package in which a module stands; the model is one room."""
    package, *inside = module.split(".")
    return f"{package}.{inside[0]}" if inside and package == "kmc_harness" else package


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


def test_the_house_has_nine_floors_at_most() -> None:
    rooms: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        if module != "kmc_harness":
            found = {_room(each) for each in imported if each != "kmc_harness"}
            rooms.setdefault(_room(module), set()).update(found - {_room(module)})
    assert _floors(rooms) <= 9


def test_twelve_files_stand_at_the_top_of_the_harness_at_most() -> None:
    assert len(list((ROOT / "kmc_harness").glob("*.py"))) <= 12


def test_the_oracle_stays_small() -> None:
    oracle = [path for path in (ROOT / "kmc_model").glob("*.py") if path.stem not in ("__init__", "sentences")]
    assert sum(len(path.read_text().splitlines()) for path in oracle) < 2000


def test_the_page_shows_the_layers_that_are_kept() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    kept = {tuple(each["containers"]): each["layers"] for each in contracts if "containers" in each}
    page = (ROOT / "docs" / "architecture.md").read_text()
    for package in ("kmc_harness", "kmc_model"):
        drawn = re.search(rf"\n{package}\n((?:  [^\n]+\n)+)", page)
        assert drawn is not None
        rooms = [re.split(" {3,}", line.strip())[0] for line in drawn[1].splitlines()]
        assert rooms == kept[package,]
