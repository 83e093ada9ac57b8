"""A time limit for what others wrote and this process runs: an adapter in Python that hangs.

It rings by a signal, so it ends whatever Python waits for (an answer, a lock, a sleep) and none of what a library does
in C without looking at signals. Without it are other threads than the first, and a process whose timer rings already.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

__all__ = ["TookTooLong", "limit"]

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
    first = threading.current_thread() is threading.main_thread()
    if sys.platform == "win32" or not first or signal.getitimer(signal.ITIMER_REAL)[0]:
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
