"""Really waiting, where nothing else helps."""

import time
from collections.abc import Mapping

from kmc_harness.hosting.clocks._clock import forward
from kmc_harness.verdicts import Unreached

__all__ = ["Waiting"]


class Waiting:
    """The machine's own clock. What would take longer than the patience for one scenario is not waited for."""

    def __init__(self, patience_s: float, why: str = "") -> None:
        """Wait at most `patience_s` a scenario; `why` says why the clock cannot be moved instead."""
        self._patience_s, self._why = patience_s, why
        self._left_s = patience_s

    def now(self) -> int:
        """Return the time in epoch seconds."""
        return int(time.time())

    def advance(self, seconds: int) -> None:
        """Wait.

        Raises:
            Unreached: it would take too long.

        """
        if forward(seconds) > self._left_s:
            why = f", and {self._why}" if self._why else ""
            wanted = f"{seconds} s were to pass, but the patience ends after {self._patience_s:g} s"
            raise Unreached(f"{wanted} (--patience){why}")
        self._left_s -= seconds
        time.sleep(seconds)

    def environment(self) -> Mapping[str, str]:
        """Nothing: time is real."""
        return {}

    def prove(self) -> None:
        """Real time passes for everybody."""

    def restart(self) -> None:
        """Be patient again."""
        self._left_s = self._patience_s

    def close(self) -> None:
        """Nothing is held."""
