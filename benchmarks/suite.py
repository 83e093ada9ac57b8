"""The suite on the reference model beside bare pytest-bdd: as many scenarios and steps, all of them empty.

Both run cold, in one process each, in turn; the ratio is of the medians. Run: python benchmarks/suite.py
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kmc_harness.specification import bindings

ROUNDS = 5
STEP_DEFINITIONS = 60


def _counts() -> list[int]:
    """Return the number of steps of every scenario, outlines expanded."""
    counts = []
    for _, template in bindings.scenarios():
        rows = sum(len(table.examples) for table in template.examples) or 1
        counts += [len(template.steps)] * rows
    return counts


def _write_empty_suite(folder: Path, counts: list[int]) -> None:
    lines = ["Feature: Nothing"]
    for number, steps in enumerate(counts):
        lines += [f"  Scenario: Number {number}"]
        lines += [f"    Given nothing {step % STEP_DEFINITIONS} happens" for step in range(steps)]
    (folder / "nothing.feature").write_text("\n".join(lines))
    module = ["from pytest_bdd import given, parsers, scenarios", "", 'scenarios("nothing.feature")']
    for number in range(STEP_DEFINITIONS):
        module += [f'@given(parsers.parse("nothing {number} {{what:w}}"))', f"def step_{number}(what):", "    pass"]
    (folder / "test_nothing.py").write_text("\n".join(module))


def _seconds(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print a line for each side, and the ratio."""
    counts = _counts()
    ours = [
        sys.executable,
        "-c",
        "from kmc_harness.cli.app import app; app()",
        "run",
        "--profile",
        "all",
        "--contexts",
        "off",
    ]
    bare = [sys.executable, "-m", "pytest", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:kmc"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_empty_suite(folder, counts)
        pairs = [(_seconds(ours, folder), _seconds(bare, folder)) for _ in range(ROUNDS)]
    suite_s, bare_s = (statistics.median(side) for side in zip(*pairs, strict=True))
    steps = sum(counts)
    print(f"{len(counts)} scenarios, {steps} steps; median of {ROUNDS}, cold, one process")
    print(f"kmc run on the model   {suite_s:5.2f} s   {suite_s / steps * 1000:5.2f} ms a step")
    print(f"bare pytest-bdd, empty {bare_s:5.2f} s   {bare_s / steps * 1000:5.2f} ms a step")
    print(f"ratio {suite_s / bare_s:.2f}")


if __name__ == "__main__":
    main()
