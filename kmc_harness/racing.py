"""A helper for adapters that offer `race`: several actions in flight at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from kmc_harness.port import Action, Observation

__all__ = ["in_threads"]


def in_threads(perform: Callable[[Action], Observation], actions: Sequence[Action]) -> list[Observation]:
    """Return what `perform` returns for each of `actions`, each in a thread of its own, all begun together.

    Raises:
        Exception: what one of them raised, once all have ended.

    """
    start = threading.Barrier(len(actions))
    ended: list[Future[Observation]] = [Future() for _ in actions]

    def one(action: Action, end: Future[Observation]) -> None:
        start.wait()
        try:
            end.set_result(perform(action))
        except BaseException as error:
            end.set_exception(error)

    for each in zip(actions, ended, strict=True):
        # Of the kind that the end of a process does not wait for: one may hang.
        threading.Thread(target=one, args=each, daemon=True).start()
    wait(ended)
    return [each.result() for each in ended]
