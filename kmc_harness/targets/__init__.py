"""Targets that ship, and how one is found by its name."""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

from kmc_harness.port import Target

__all__ = ["UnknownTarget", "load"]


class UnknownTarget(Exception):
    """No target answers to this name; the message says which do."""


def load(name: str, settings: Mapping[str, str]) -> Target:
    """Return the target called `name`.

    Args:
        name: `model`, or `python:module:Class` for an adapter of one's own (looked for in the working folder too).
        settings: `policy` and `seed`, for the model.

    Raises:
        UnknownTarget: there is none, or its adapter cannot be imported.

    """
    if name == "model":
        from kmc_harness.targets.model import ModelTarget

        return ModelTarget(settings["policy"], settings["seed"])
    if name.startswith("python:") and name.count(":") == 2:
        return _from_python(*name.split(":")[1:])
    raise UnknownTarget(f"unknown target {name!r}; use model, or python:module:Class for an adapter of your own")


def _from_python(module: str, attribute: str) -> Target:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        target: Target = getattr(importlib.import_module(module), attribute)()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise UnknownTarget(f"target python:{module}:{attribute} cannot be loaded: {reason}") from error
    return target
