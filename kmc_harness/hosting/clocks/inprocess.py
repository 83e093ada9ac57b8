"""Implementations that run in this very Python process."""

import datetime
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from kmc_harness.hosting.clocks._clock import forward

__all__ = ["Freezegun", "InProcess", "TimeMachine", "lead_monotonic"]


class _Monotonic:
    """Stands in for `time.monotonic`, and can be moved."""

    def __init__(self) -> None:
        self.ahead_s = 0
        self._real, self._real_ns = time.monotonic, time.monotonic_ns

    def now(self) -> float:
        return self._real() + self.ahead_s

    def now_ns(self) -> int:
        return self._real_ns() + self.ahead_s * 10**9


_monotonic = _Monotonic()


def lead_monotonic() -> None:
    """Have modules imported from now on find a `time.monotonic` that can be moved.

    Neither library reaches a cache that has kept the function itself, as cachetools does; time-machine none at all.
    """
    vars(time).update(monotonic=_monotonic.now, monotonic_ns=_monotonic.now_ns)


class InProcess(ABC):
    """Time of this process, flowing on from further and further ahead.

    Attributes:
        moves_monotonic: whether the monotonic clock moves along, where it was taken the lead of.

    """

    def __init__(self, *, monotonic: bool = False) -> None:
        self.moves_monotonic = monotonic
        self._bent: Any = None

    def now(self) -> int:
        """Return the time in epoch seconds, as this process sees it."""
        return int(time.time())

    def advance(self, seconds: int) -> None:
        """Move it forward, in one step: no thread sees the time before again."""
        forward(seconds)
        if self._bent is None:
            self._bent = self._bend()
        self._shift(seconds)
        if self.moves_monotonic:
            _monotonic.ahead_s += seconds

    @abstractmethod
    def _bend(self) -> Any:
        """Take the time over, as it is; return what has `stop`."""

    @abstractmethod
    def _shift(self, seconds: int) -> None:
        """Move it, once it is taken over."""

    def environment(self) -> Mapping[str, str]:
        """Nothing: there is no other process."""
        return {}

    def prove(self) -> None:  # noqa: B027 - so for both
        """A probe sees whether codes follow: part of a process can be left behind."""

    def restart(self) -> None:  # noqa: B027 - so for both
        """Nothing is counted."""

    def close(self) -> None:
        """Give this process its own time back."""
        if self._bent is not None:
            self._bent.stop()
            self._bent = None


class Freezegun(InProcess):
    """freezegun replaces what modules have imported from `time` and `datetime`; what hides from it stays behind."""

    def _bend(self) -> Any:
        import freezegun

        present = datetime.datetime.now(datetime.UTC)
        bent: Any = freezegun.freeze_time(present, tick=True, real_asyncio=True)
        self._frozen: Any = bent.start()
        return bent

    def _shift(self, seconds: int) -> None:
        # Its own `tick` forgets the time that has really passed.
        self._frozen.time_to_freeze += datetime.timedelta(seconds=seconds)


class TimeMachine(InProcess):
    """time-machine changes the clock's functions themselves, for everybody in this process."""

    def _bend(self) -> Any:
        import time_machine

        bent = time_machine.travel(time.time(), tick=True)
        self._traveller = bent.start()
        # It stands still until it is asked for the first time.
        time.time()
        return bent

    def _shift(self, seconds: int) -> None:
        self._traveller.shift(seconds)
