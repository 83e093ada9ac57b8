"""Ten thousand scenario results as a page, beside junit2html on the same results as JUnit XML.

Both render in this process, in turn; the ratio is of the medians. Run: python benchmarks/report.py REPORT
with a folder that `kmc run` wrote. Its scenarios are repeated until there are enough.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from junit2htmlreport.parser import Junit

from kmc_harness.report import read
from kmc_harness.report.html import page
from kmc_harness.report.junit import junit
from kmc_harness.report.results import Report, Timing

RESULTS = 10_000
ROUNDS = 5


def _many(report: Report) -> Report:
    """Return `report` with its scenarios repeated under other ids."""
    rounds = (
        msgspec.structs.replace(each, id=f"{each.id}~{number}")
        for number in itertools.count()
        for each in report.scenarios
    )
    scenarios = tuple(itertools.islice(rounds, RESULTS))
    timing = Timing(report.timing.started_at, {each.id: 0.01 for each in scenarios})
    return msgspec.structs.replace(report, scenarios=scenarios, timing=timing)


def _seconds(render: Callable[[], str]) -> float:
    started = time.perf_counter()
    render()
    return time.perf_counter() - started


def main() -> None:
    """Print a line for each side, and the ratio."""
    many = _many(read(Path(sys.argv[1])))
    with TemporaryDirectory() as name:
        path = Path(name) / "junit.xml"
        path.write_bytes(junit(many))
        sides = (lambda: page(many, Path("kmc-report")), lambda: str(Junit(str(path)).html()))
        rounds = [tuple(map(_seconds, sides)) for _ in range(ROUNDS)]
    ours_s, peer_s = (statistics.median(side) for side in zip(*rounds, strict=True))
    print(f"{RESULTS} scenario results; median of {ROUNDS}")
    print(f"page with timelines {ours_s:5.2f} s   {len(sides[0]()) / 1e6:5.1f} MB")
    print(f"junit2html          {peer_s:5.2f} s")
    print(f"ratio {ours_s / peer_s:.2f}")


if __name__ == "__main__":
    main()
