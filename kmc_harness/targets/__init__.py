"""Targets that ship, and how one is found by its name."""

import importlib
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from kmc_harness import durations
from kmc_harness.port import Naming, NotOffered, Target
from kmc_harness.targets.border import Bordered, Broke, loading
from kmc_harness.verdicts import AdapterMistake, Misuse

__all__ = ["Loaded", "load"]

SCREENS = {"": ("browser", "Browser"), "kmc-ng": ("browser_kmc_ng", "KmcNg")}
"""By what a table of words calls them: who goes through them."""
ANSWER_WITHIN = "KMC_ANSWER_WITHIN"
"""The environment's word for how long one answer of `python:` and `exec:` may take, as 30s."""


def load(name: str, *, policy: str = "article", seed: str = "0", patience: str = "2m") -> Target:
    """Return the target called `name`.

    Args:
        name: `model`; the path of a `target.toml`, or of its folder, for one with process, clock or mailbox around it;
            `kaltura:URL` for API v3 there, `browser:URL` for the screens there in Chromium (clock, mail and
            administration by its lab, with the token in KMC_LAB_TOKEN), `browser:URL#FILE` where a table of words says
            what stands on them;
            `python:module:Class` for an adapter of one's own (looked for in the working folder too); or
            `exec:command` for one in any language (see EXEC.md beside this file).
        policy: the model's rulebook.
        seed: of the model.
        patience: how long may really be waited in a scenario, for targets whose clock cannot be moved.

    Raises:
        Misuse: there is none, or its adapter cannot be imported.

    """
    if name == "model":
        from kmc_harness.targets.model import ModelTarget

        return ModelTarget(policy, seed)
    if name.startswith("python:") and name.count(":") == 2:
        _, module, attribute = name.split(":")
        return _from_python(module, attribute, patience)
    kind, _, url = name.partition(":")
    if kind in ("kaltura", "browser"):
        return _served(kind, url)
    if name.startswith("exec:"):
        return _from_command(name.removeprefix("exec:"))
    if Path(name).exists():
        return _described(Path(name), patience)
    if os.sep in name and ":" not in name:
        raise Misuse(f"target {name!r}: there is no such file or folder")
    own = "a folder with a target.toml, python:module:Class or exec:command for an adapter of your own"
    raise Misuse(f"unknown target {name!r}; use model, kaltura:URL, browser:URL, or {own}")


class Loaded:
    """A target that was loaded to see that there is one: whoever takes it first has it, and nobody loads it again."""

    def __init__(self, target: Target) -> None:
        self._target: Target | None = target

    @property
    def waits(self) -> bool:
        """Whether time is really waited for, where it is to pass."""
        return bool(getattr(self._target, "waits", False))

    @property
    def runs_in(self) -> str:
        """Where the adapter runs, in words; empty where there is none of somebody else's."""
        return str(getattr(self._target, "runs_in", ""))

    @property
    def called(self) -> str:
        """What its `target.toml` calls it, with its version; empty where there is none."""
        return str(getattr(self._target, "called", ""))

    def expected_judged(self, profile: str) -> int:
        """How many requirements of `profile` are to be judged at least, as its `target.toml` says."""
        described = getattr(self._target, "expected_judged", {})
        return int(described.get(profile, 0))

    def take(self) -> Target | None:
        """Return the target, and None from then on."""
        taken, self._target = self._target, None
        return taken

    def close(self) -> None:
        """Let go of it, where nobody has taken it."""
        if target := self.take():
            target.close()


def _described(path: Path, patience: str) -> Target:
    from kmc_harness.targets.description import read

    _, described = read(path)
    if described.adapter.python and described.adapter.isolated:
        from kmc_harness.targets.exec import NoAnswer
        from kmc_harness.targets.isolated import Isolated

        try:
            return Isolated(path, patience)
        except NoAnswer as error:
            raise Misuse(f"the adapter {described.adapter.python} cannot be loaded: {error}") from error
    from kmc_harness.targets.hosted import Hosted

    return Hosted(path, patience)


def _served(kind: str, url: str) -> Target:
    """Return a target that speaks to a server which is running already."""
    from kmc_harness.hosting import addresses

    if "PYTEST_XDIST_WORKER" in os.environ:
        alone = "run without -n, or start a server for each process, as examples/targets/kmc-served does"
        raise Misuse(f"target {kind}:{url} has one clock, which several processes would turn at once; {alone}")
    address, _, wording = url.partition("#")
    try:
        addresses.look(address, within_s=10)
        module, name, settings = _adapter(kind, wording)
        made = getattr(importlib.import_module(f"kmc_harness.targets.{module}"), name)(address, **settings)
    except ModuleNotFoundError as error:
        missing = f"{error.name}, which is not installed: pip install 'kmc-harness[{kind}]'"
        raise Misuse(f"target {kind}:{url} needs {missing}") from error
    except LookupError as error:
        raise Misuse(f"target {kind}:{url} cannot be used: {error.args[0]}") from error
    except (OSError, ValueError) as error:
        raise Misuse(f"target {kind}:{url} does not answer ({error}); is it running? (kmc serve --lab)") from error
    made.naming = Naming.anew()
    return made  # type: ignore[no-any-return]


def _adapter(kind: str, wording: str) -> tuple[str, str, dict[str, Any]]:
    """Return module, class and settings of what speaks to a server."""
    if not wording:
        return kind, kind.capitalize(), {}
    from kmc_harness.targets import browser_words

    if kind != "browser":
        raise Misuse(f"a wording ({wording}) is for browser:URL, not for {kind}:URL, which looks at no screen")
    words = browser_words.read(wording)
    if words.screens not in SCREENS:
        raise Misuse(f"wording {wording!r}: screens takes {', '.join(filter(None, SCREENS))}, not {words.screens!r}")
    return *SCREENS[words.screens], {"wording": words}


def _from_python(module: str, attribute: str, patience: str) -> Target:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    within_s = _answer_within(f"python:{module}:{attribute}")
    made: Any = None
    try:
        with loading(made, within_s):
            made = getattr(importlib.import_module(module), attribute)
        with loading(made, within_s):
            target = made()
    except (Broke, NotOffered) as error:
        raise Misuse(f"target python:{module}:{attribute} cannot be loaded: {error}") from error
    try:
        return Bordered(target, "name", "now", within_s=within_s, patience_s=durations.seconds(patience))
    except (AdapterMistake, Broke, NotOffered) as error:
        raise Misuse(f"target python:{module}:{attribute}: {error}") from error


def _from_command(command: str) -> Target:
    from kmc_harness.targets.exec import Execd

    within_s = _answer_within(f"exec:{command}")
    try:
        return Execd(shlex.split(command), Path.cwd(), {}, within_s)
    except ValueError as error:
        raise Misuse(f"target exec:{command} cannot be run: {error}") from error


def _answer_within(target: str) -> float:
    within = os.environ.get(ANSWER_WITHIN, "30s")
    try:
        return durations.seconds(within)
    except ValueError as error:
        raise Misuse(f"target {target} cannot be judged ({ANSWER_WITHIN}={within}): {error}") from error
