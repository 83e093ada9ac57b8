"""Targets that move their own clock."""

from collections.abc import Mapping
from typing import Protocol

from kmc_harness.hosting.clocks._clock import forward

__all__ = ["AdapterClock"]


class _Movable(Protocol):
    def now(self) -> int: ...
    def advance(self, seconds: int) -> None: ...


class AdapterClock:
    """Asks an adapter's own `now` and `advance`."""

    def __init__(self, adapter: _Movable) -> None:
        self._adapter = adapter

    def now(self) -> int:
        """Return the target's time in epoch seconds."""
        return self._adapter.now()

    def advance(self, seconds: int) -> None:
        """Move it forward."""
        self._adapter.advance(forward(seconds))

    def environment(self) -> Mapping[str, str]:
        """Nothing: the target moves its own clock."""
        return {}

    def prove(self) -> None:
        """Nothing is assumed of it: a probe sees whether codes follow."""

    def restart(self) -> None:
        """Nothing is counted."""

    def close(self) -> None:
        """Nothing is held."""
