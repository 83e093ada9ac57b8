"""A helper for adapters that offer `race`: several actions in flight at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from kmc_harness.port import Action, Observation

__all__ = ["in_threads"]


def in_threads(perform: Callable[[Action], Observation], actions: Sequence[Action]) -> list[Observation]:
    """Return what `perform` returns for each of `actions`, each in a thread of its own, all begun together.

    Raises:
        Exception: what one of them raised, once all have ended.

    """
    start = threading.Barrier(len(actions))

    def one(action: Action) -> Observation:
        start.wait()
        return perform(action)

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(one, actions))
