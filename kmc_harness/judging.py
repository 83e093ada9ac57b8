"""The suite as a function, for notebooks and scripts: nothing is printed, and nothing left on disk."""

import tempfile
from pathlib import Path
from typing import Any

from kmc_harness import report
from kmc_harness.report.results import Run
from kmc_harness.running import runner

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
    """Run the suite on `target` within this process and return its report as DataFrames.

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
        runner.run(what, Path(folder), client=client)
        return report.load(folder)
