"""What a scenario can end with, and the exceptions by which it ends so."""

from collections.abc import Iterable
from enum import StrEnum

__all__ = [
    "LAST_WORDS",
    "AdapterMistake",
    "Departure",
    "Misuse",
    "NotJudged",
    "Unreached",
    "Verdict",
    "highest",
    "unknown",
]


LAST_WORDS = "; the server's last words: "
"""What stands between what an adapter met and the log of the server behind it, in one message."""


class Verdict(StrEnum):
    """Rising: a scenario has the highest of its checks, a requirement the highest of its scenarios.

    `waived` is a departure that was declared, `flaky` a verdict that changed between repeats.
    """

    PASS = "pass"
    SKIPPED = "skipped"
    WARNING = "warning"
    WAIVED = "waived"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FLAKY = "flaky"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """The place in the rising order, from 0."""
        return tuple(Verdict).index(self)

    @property
    def is_judged(self) -> bool:
        """Whether it says something of the target."""
        return self in (Verdict.PASS, Verdict.WARNING, Verdict.WAIVED, Verdict.FAIL)


def highest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the highest verdict of those that were not skipped; nothing at all is skipped, not passed."""
    tried = (verdict for verdict in verdicts if verdict is not Verdict.SKIPPED)
    return max(tried, key=lambda verdict: verdict.rank, default=Verdict.SKIPPED)


class Departure(AssertionError):
    """The target was actual to depart from the requirement."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}; actual: {actual}")
        self.expected = expected
        self.actual = actual


class Unreached(Exception):
    """The situation that a scenario speaks of was not reached, so nothing was judged."""


class AdapterMistake(Exception):
    """What an adapter is or answers makes no sense; the message says what to write instead."""


class NotJudged(Exception):
    """The adapter failed a probe: what it says cannot be trusted."""


class Misuse(Exception):
    """A user's mistake, found before it does harm: the message says what was given, and what to do."""


def unknown(what: str, given: str, known: Iterable[str], listed: str = "") -> Misuse:
    """Return the mistake of naming a `what` that does not exist, with the nearest one that does.

    `listed`: what lists all of `known`, where they are too many for one line.
    """
    import difflib

    known = list(known)
    close = difflib.get_close_matches(given.lower(), known, 1) or difflib.get_close_matches(given.upper(), known, 1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    all_of_them = listed or f"choose one of {', '.join(known)}"
    return Misuse(f"unknown {what} {given!r}; {hint}{all_of_them}")
