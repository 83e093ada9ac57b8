"""Implementations that run in this very Python process."""

import time
from collections.abc import Mapping
from typing import Any

from kmc_harness.clocks._clock import forward

__all__ = ["Freezegun", "TimeMachine"]


class _InProcess:
    """Time of this process, flowing on; each move starts it anew further ahead."""

    def __init__(self) -> None:
        self._bent: Any = None

    def now(self) -> int:
        """Return the time in epoch seconds, as this process sees it."""
        return int(time.time())

    def advance(self, seconds: int) -> None:
        """Move it forward."""
        to = time.time() + forward(seconds)
        self.close()
        self._bent = self._bend(to)
        self._bent.start()

    def _bend(self, to: float) -> Any:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Nothing: there is no other process."""
        return {}

    def prove(self) -> None:
        """A probe sees whether codes follow: part of a process can be left behind."""

    def restart(self) -> None:
        """Nothing is counted."""

    def close(self) -> None:
        """Give this process its own time back."""
        if self._bent is not None:
            self._bent.stop()
            self._bent = None


class Freezegun(_InProcess):
    """freezegun replaces what modules have imported from `time` and `datetime`; what hides from it stays behind."""

    def _bend(self, to: float) -> Any:
        import datetime

        import freezegun

        return freezegun.freeze_time(datetime.datetime.fromtimestamp(to, datetime.UTC), tick=True)


class TimeMachine(_InProcess):
    """time-machine changes the clock's functions themselves, for everybody in this process."""

    def _bend(self, to: float) -> Any:
        import time_machine

        return time_machine.travel(to, tick=True)
