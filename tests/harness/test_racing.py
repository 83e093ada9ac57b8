"""Actions at the same moment."""

import threading

import pytest

from kmc_harness.port import Action, LogIn, Observation
from kmc_harness.racing import in_threads

TWO = [LogIn("ada@kmc.example", "one"), LogIn("ada@kmc.example", "two")]


def test_all_are_in_flight_together_and_answered_in_their_order() -> None:
    together = threading.Barrier(2, timeout=10)

    def perform(action: Action) -> Observation:
        together.wait()
        return Observation(True, message=action.password)

    assert [seen.message for seen in in_threads(perform, TWO)] == ["one", "two"]


def test_what_one_of_them_raises_is_raised() -> None:
    def perform(action: Action) -> Observation:
        raise RuntimeError(action.password)

    with pytest.raises(RuntimeError, match="one"):
        in_threads(perform, TWO)
