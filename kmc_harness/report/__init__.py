"""Reports: `report.json`, the contract, and what is made of it for people and for other tools."""

from kmc_harness.report import display as _display  # noqa: F401  registers how reports show themselves
from kmc_harness.report.files import RENDERED, REPORT, read, render, write
from kmc_harness.report.frames import Frames, load

__all__ = ["RENDERED", "REPORT", "Frames", "load", "read", "render", "write"]
