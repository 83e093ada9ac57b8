"""Where features and steps are: inside this package when installed, beside it in a checkout."""

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from kmc_harness.verdicts import Misuse

__all__ = ["FEATURES", "STEPS", "STEP_MODULES", "read_toml"]

_T = TypeVar("_T")

_PACKAGE = Path(__file__).parent.parent
_INSTALLED = (_PACKAGE / "features").is_dir()

FEATURES = (_PACKAGE if _INSTALLED else _PACKAGE.parent) / "features"
STEPS = "kmc_harness.steps" if _INSTALLED else "steps"
STEP_MODULES = tuple(
    f"{STEPS}.{path.stem}" for path in sorted((FEATURES.parent / "steps").glob("*.py")) if not path.stem.startswith("_")
)


def read_toml(path: Path, kind: type[_T], what: str) -> _T:
    """Return a file of the features as `kind`, which has no dates: an adapter may have bent this process' calendar.

    Raises:
        Misuse: it is missing, is no TOML, or has a field that is not known; the message says that it is no `what`.

    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, ValueError) as error:
        raise Misuse(f"{path} cannot be read as {what}: {error}") from error
