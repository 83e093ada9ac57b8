"""What a scenario can end with, and the exceptions by which it ends so."""

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Departure", "NotJudged", "Unreached", "Verdict", "highest"]


class Verdict(StrEnum):
    """Rising: a scenario, and a requirement, has the highest of its checks."""

    PASS = "pass"
    SKIPPED = "skipped"
    WARNING = "warning"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """The place in the rising order, from 0."""
        return tuple(Verdict).index(self)


def highest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the highest verdict; nothing at all is skipped, not passed."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.SKIPPED)


class Departure(AssertionError):
    """The target was seen to depart from the requirement."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; seen: {seen}")
        self.expected = expected
        self.seen = seen


class Unreached(Exception):
    """The situation that a scenario speaks of was not reached, so nothing was judged."""


class NotJudged(Exception):
    """The adapter failed a probe: what it says cannot be trusted."""
