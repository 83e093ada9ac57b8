"""The suite as a function, for notebooks and scripts: nothing is printed, and nothing left on disk."""

import os
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import Any

from kmc_harness import report
from kmc_harness.hosting import supervision
from kmc_harness.report.results import Run
from kmc_harness.running import runner
from kmc_harness.verdicts import Misuse

__all__ = ["judge"]


def judge(
    target: str,
    *,
    policy: str = "article",
    profile: str = "all",
    only: tuple[str, ...] = (),
    patience: str = "2m",
    contexts: str = "off",
    choices: bool = False,
    client: Any = None,
) -> report.Frames:
    """Run the suite on `target` in a fork of this process and return its report as DataFrames.

    What the target does to its process does not reach this one: where the fork ends before it is done, what is not
    finished is an `error`. What an adapter of the notebook's own keeps in variables is gone with the fork. With a
    `client`, and where no process can be forked, as on Windows, it runs here.

    Args:
        target: as `kmc run --target`; `python:__main__:Class` for an adapter written in the notebook itself.
        policy: the model's rulebook.
        profile: which levels of requirement.
        only: ids of requirements to narrow it down to.
        patience: how long may really be waited in one scenario, where the clock cannot be moved.
        contexts: what is told in contexts too, as `kmc run --contexts`.
        choices: whether to measure what the target chose where the requirements leave it a choice.
        client: a Dask client (`distributed.Client`) whose workers do that; each loads the target anew.

    Raises:
        Misuse: settings that make no sense.

    """
    with tempfile.TemporaryDirectory() as folder:
        what = Run(target, policy, profile, only, patience=patience, contexts=contexts, choices=choices)
        if client is None and hasattr(os, "fork"):
            _run_apart(what, Path(folder))
        else:
            runner.run(what, Path(folder), client=client)
        return report.load(folder)


def _run_apart(what: Run, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as beside:
        refused, broke = Path(beside, "refused"), Path(beside, "broke")

        def run() -> int:
            try:
                return runner.run(what, folder).exit_code
            except Misuse as error:
                refused.write_text(str(error), errors="replace")
            except Exception:
                broke.write_text(traceback.format_exc(), errors="replace")
            return supervision.UNDECIDED

        told, how = supervision.apart(run)
        if refused.exists():
            raise Misuse(refused.read_text())
        if broke.exists():
            raise RuntimeError(f"kmc broke; please report it, with this: {broke.read_text()}")
        if told is None:
            warnings.warn(how, stacklevel=3)
            try:
                runner.conclude(folder, how)
            except Misuse as error:
                raise Misuse(f"{what.target} was not judged: {how}; {error}") from error
