"""Lengths of time: as people write them (90s, 5m, 24h, 500ms), and as they are measured."""

import re
import time

__all__ = ["seconds", "stopwatch"]

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Return the seconds that `text` names.

    Raises:
        ValueError: it is no number with a unit behind it; the message says how to write one.

    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is no length of time; write a number and ms, s, m, h or d, as 90s or 5m")
    return float(found[1]) * _UNITS_S[found[2]]


def stopwatch() -> float:
    """Return seconds that go on whatever a target does to the clocks of this process."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
