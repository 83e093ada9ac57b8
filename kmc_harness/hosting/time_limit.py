"""A time limit for what others wrote and this process runs: an adapter in Python that hangs.

It rings by a signal, so it ends whatever Python waits for (an answer, a lock, a sleep) and none of what a library does
in C without looking at signals: there, and where signals are ignored, the parent of a judge ends it (supervision.py).
Without a limit are other threads than the first, and without the signal a process whose timer rings already.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

from kmc_harness.hosting import supervision

__all__ = ["TookTooLong", "left_s", "limit"]

AGAIN_S = 1.0
"""How soon to ring again where the first time was swallowed."""


class TookTooLong(Exception):
    """There was no answer in time."""


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """End what is done within this after `seconds`.

    Raises:
        TookTooLong: it took longer, also where it swallowed that and came to an end by itself.

    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with supervision.due_within(seconds), _ringing(seconds):
        yield


@contextlib.contextmanager
def _ringing(seconds: float) -> Iterator[None]:
    if sys.platform == "win32" or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    is_late = is_done = False

    def ring(*_: object) -> None:
        nonlocal is_late
        if not is_done:
            is_late = True
            raise TookTooLong(f"no answer within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        is_done = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if is_late:
        raise TookTooLong(f"no answer within {seconds:g} s")


def left_s(unlimited: float) -> float:
    """Return how many seconds are left of the limit that is on; `unlimited` where there is none."""
    left = 0.0 if sys.platform == "win32" else signal.getitimer(signal.ITIMER_REAL)[0]
    return left or unlimited
