"""How much longer mail may come."""

from kmc_harness.durations import stopwatch

__all__ = ["left_s"]


def left_s(quiet_since: float, settle_s: float) -> float:
    """Return the seconds until `settle_s` have passed since `quiet_since` (by `stopwatch`); at most `settle_s`."""
    return max(0.0, min(settle_s, quiet_since + settle_s - stopwatch()))
