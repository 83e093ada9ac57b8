"""Reports: `report.json`, the contract, and what is made of it for people and for other tools."""

from kmc_harness.report.files import RENDERED, REPORT, UnreadableReport, read, render, write
from kmc_harness.report.frames import Frames, load

__all__ = ["RENDERED", "REPORT", "Frames", "UnreadableReport", "load", "read", "render", "write"]
