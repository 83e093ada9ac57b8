"""Where features and steps are: inside this package when installed, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_INSTALLED = (_PACKAGE / "features").is_dir()

FEATURES = (_PACKAGE if _INSTALLED else _PACKAGE.parent) / "features"
STEPS = "kmc_harness.steps" if _INSTALLED else "steps"
STEP_MODULES = tuple(
    f"{STEPS}.{path.stem}" for path in sorted((FEATURES.parent / "steps").glob("*.py")) if not path.stem.startswith("_")
)
