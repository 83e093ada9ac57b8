"""Results and reports made up for tests."""

from pathlib import Path

from kmc_harness.port import Target
from kmc_harness.report.results import Report, Run, ScenarioResult, Timing, WaiverResult, build
from kmc_harness.scenario.evidence import Checked, Step, StepEnd
from kmc_harness.specification import bindings, catalogue
from kmc_harness.telling.scene import tag_of, tell
from kmc_harness.verdicts import Verdict

RUN = Run(
    "model",
    "article",
    "all",
    (),
    "0",
    "2m",
    1,
    (),
    {"kmc-harness": "0.1.0", "python": "3.11.0", "features": "of a test"},
)


def scenario(
    verdict: Verdict = Verdict.PASS,
    *,
    title: str = "Both accounts have it on",
    requirement: str = "SWI-002",
    actual: str = "accepted with a session",
    checks: int = 1,
    name: str = "",
) -> ScenarioResult:
    """Return a scenario with one step; its evidence has as many checks."""
    held = verdict is Verdict.PASS
    events = tuple(Checked(at=0, expected="refused", actual="refused", held=held) for _ in range(checks))
    step = Step("Then she is refused", 30, StepEnd.PASSED if held else StepEnd.FAILED, events)
    said = {} if held else {"step": step.text, "expected": "refused", "actual": actual}
    return ScenarioResult(
        name or title.replace(" ", "_"), requirement, title, "", "article/switching.feature", 25, verdict,
        steps=(step,), **said,
    )  # fmt: skip


def report(*scenarios: ScenarioResult, run: Run = RUN, waivers: tuple[WaiverResult, ...] = ()) -> Report:
    """Return a report of one repeat of `scenarios` and their requirements."""
    known = catalogue.load()
    ids = dict.fromkeys(each.requirement for each in scenarios)
    timing = Timing("2026-01-05T09:00:00+00:00", {each.id: 0.5 for each in scenarios})
    return build(run, [known[each] for each in ids], [scenarios], waivers, timing)


def left_running(work: Path) -> list[str]:
    """Return the commands of all processes that have `work` in their environment, as their temporary folder say."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                if str(work).encode() in (each / "environ").read_bytes():
                    found.append((each / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def told(target: Target) -> list[ScenarioResult]:
    """Return how every scenario ends before `target`, told in this process."""
    return [tell(each, target, tag_of("0", f"test_{each.id}"), with_evidence=False) for each in bindings.all_told()]
