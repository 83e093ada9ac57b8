"""What every mailbox is, and how much longer mail may come."""

from typing import Protocol

from kmc_harness.durations import stopwatch
from kmc_harness.port import Mail

__all__ = ["Mailbox", "left_s"]


class Mailbox(Protocol):
    """Where a target's mail ends up."""

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s`.

        Args:
            email: whose; upper or lower case does not matter.
            quiet_since: the instant of the last action, of `durations.stopwatch`.
            settle_s: how long after that its mail may still come, in seconds.

        """

    def close(self) -> None:
        """Let go of everything; idempotent."""


def left_s(quiet_since: float, settle_s: float) -> float:
    """Return the seconds until `settle_s` have passed since `quiet_since` (by `stopwatch`); at most `settle_s`."""
    return max(0.0, min(settle_s, quiet_since + settle_s - stopwatch()))
