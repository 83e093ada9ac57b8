"""What a run tells GitHub Actions, where it runs there: an annotation for each departure, and the step's summary."""

import os
from pathlib import Path

from kmc_harness.report.results import Report
from kmc_harness.verdicts import Verdict

__all__ = ["tell"]

_COMMANDS = {
    Verdict.FAIL: "error",
    Verdict.ERROR: "error",
    Verdict.FLAKY: "error",
    Verdict.INCONCLUSIVE: "warning",
    Verdict.WARNING: "warning",
}


def tell(report: Report, folder: Path) -> str:
    """Return the annotations of `report`, a line each, and add its summary in `folder` to that of the step.

    Nothing where this is no step of a workflow.
    Source: docs.github.com, "Workflow commands for GitHub Actions".
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return ""
    summary, whole = os.environ.get("GITHUB_STEP_SUMMARY"), folder / "summary.md"
    if summary and whole.is_file():
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(whole.read_text(encoding="utf-8") + "\n")
    if report.refusal:
        return _annotation("error", report.run.subject, report.refusal)
    scenarios = {each.id: each for each in report.scenarios}
    lines = []
    for each in report.requirements:
        if command := _COMMANDS.get(each.verdict):
            ended = [scenarios[name] for name in each.scenarios]
            first = next((one for one in ended if one.verdict is each.verdict), None)
            seen = f"expected {first.expected}; actual: {first.actual}" if first else each.reason
            lines.append(_annotation(command, f"{each.id} {each.title}", f"{each.verdict}: {seen}"))
    return "\n".join(lines)


def _annotation(command: str, title: str, text: str) -> str:
    title = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{command} title={title}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
