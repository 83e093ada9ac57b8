"""A clock that stands still until it is moved."""

__all__ = ["START", "STEP_S", "ManualClock"]

STEP_S = 30
"""How long a time step of codes is (RFC 6238, 5.2)."""
START = 1_767_603_610
"""Monday 5 January 2026, 09:00:10 UTC: ten seconds into a 30 s step."""


class ManualClock:
    """Epoch seconds, moved by hand and only forward."""

    def __init__(self, now: int = START) -> None:
        self._now = now

    def now(self) -> int:
        """Return epoch seconds, UTC."""
        return self._now

    def advance(self, seconds: int) -> None:
        """Move forward by `seconds`.

        Raises:
            ValueError: `seconds` is negative.

        """
        if seconds < 0:
            raise ValueError(f"the clock was asked to move by {seconds} s; it only goes forward")
        self._now += seconds
