"""What a project's own file says of `kmc run`: `kmc.toml`, or `[tool.kmc]` in `pyproject.toml`."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kmc_harness.verdicts import Misuse, unknown

__all__ = ["find", "read"]

NAME = "kmc.toml"
PATHS = ("waivers", "report")
KINDS: dict[str, tuple[type, str]] = {
    "repeat": (int, "a whole number"),
    "processes": (int, "a whole number"),
    "choices": (bool, "true or false"),
}


def find(start: Path) -> Path | None:
    """Return the file that counts in `start`: of the nearest folder upwards that has one; None where none has."""
    for folder in (start, *start.parents):
        if (own := folder / NAME).is_file():
            return own
        if (shared := folder / "pyproject.toml").is_file() and "kmc" in _parsed(shared).get("tool", {}):
            return shared
    return None


def read(path: Path, known: Iterable[str]) -> dict[str, Any]:
    """Return the settings in `path`; names of files count from its folder.

    Raises:
        Misuse: the file is no TOML, or has a setting that is not `known`, or a value of another kind.

    """
    found = _parsed(path)
    settings: dict[str, Any] = found if path.name == NAME else found["tool"]["kmc"]
    names = sorted(name.replace("_", "-") for name in known)
    for name, value in settings.items():
        if name not in names:
            raise Misuse(f"{path}: {unknown('setting', name, names)}")
        kind, words = KINDS.get(name, (str, "words between quotation marks"))
        values = value if name == "only" and isinstance(value, list) else [value]
        if not all(type(each) is kind for each in values):
            raise Misuse(f"{path}: {name} takes {words}, not {value!r}")
    read = {name.replace("-", "_"): value for name, value in settings.items()}
    for name in PATHS:
        if name in read:
            read[name] = str(path.parent / str(read[name]))
    if (target := path.parent / str(read.get("target", ""))) != path.parent and target.exists():
        read["target"] = str(target)
    if isinstance(read.get("only"), str):
        read["only"] = [read["only"]]
    return read


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misuse(f"{path} cannot be read: {error}") from error
