"""How a target's time is bent: one clock for every kind of target, and all of them pass the same test.

Forward only: replay guards keep the last time step they saw.
"""

from kmc_harness.hosting.clocks._clock import Clock, NoProof
from kmc_harness.hosting.clocks.adapter import AdapterClock
from kmc_harness.hosting.clocks.faketime import Faketime
from kmc_harness.hosting.clocks.inprocess import Freezegun, InProcess, TimeMachine, lead_monotonic
from kmc_harness.hosting.clocks.waiting import Waiting

__all__ = [
    "AdapterClock",
    "Clock",
    "Faketime",
    "Freezegun",
    "InProcess",
    "NoProof",
    "TimeMachine",
    "Waiting",
    "lead_monotonic",
]
