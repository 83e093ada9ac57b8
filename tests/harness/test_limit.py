"""The time limit of what others wrote."""

import contextlib
import signal
import threading

import pytest

from kmc_harness.hosting.time_limit import TookTooLong, left_s, limit


def test_what_is_done_in_time_is_left_alone_and_nothing_rings_later() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with limit(30):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_what_is_left_of_the_limit_is_told_inside_of_it() -> None:
    with limit(3600):
        assert 0 < left_s(30) <= 3600
        assert left_s(30) > 30
    assert left_s(30) == 30


def test_a_late_answer_is_none_even_where_the_alarm_is_swallowed() -> None:
    def swallow() -> None:
        with limit(0.01), contextlib.suppress(Exception):
            threading.Event().wait()

    with pytest.raises(TookTooLong, match=r"within 0\.01 s"):
        swallow()


def test_a_timer_of_somebody_elses_is_left_alone() -> None:
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with limit(0.01):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
