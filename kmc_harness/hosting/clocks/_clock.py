"""What every clock does."""

from collections.abc import Mapping
from typing import Protocol

__all__ = ["Clock", "NoProof", "forward"]


class NoProof(Exception):
    """A clock could not be shown to move its target; the message says what was tried and what may be the cause."""


class Clock(Protocol):
    """A target's clock, as the harness moves it."""

    def now(self) -> int:
        """Return the target's time in epoch seconds."""

    def advance(self, seconds: int) -> None:
        """Move it forward.

        Raises:
            ValueError: `seconds` is below 0.
            Unreached: it cannot be moved so far; the message says why.

        """

    def environment(self) -> Mapping[str, str]:
        """Return what the target's process must find in its environment."""

    def prove(self) -> None:
        """See that the running target follows.

        Raises:
            NoProof: it does not.

        """

    def restart(self) -> None:
        """Begin a new scenario: the clock stays where it is."""

    def close(self) -> None:
        """Let go of everything; may be called again."""


def forward(seconds: int) -> int:
    """Return `seconds`.

    Raises:
        ValueError: they are below 0.

    """
    if seconds < 0:
        raise ValueError(f"a clock was to be moved by {seconds} s; it only goes forward")
    return seconds
