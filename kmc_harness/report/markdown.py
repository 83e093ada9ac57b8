"""The report as a summary in Markdown, for a pull request or a job's page."""

from kmc_harness.report.results import Report
from kmc_harness.verdicts import Verdict

__all__ = ["summary"]

HELD = (Verdict.PASS, Verdict.SKIPPED)
SIGNS = frozenset("\\`*_{}[]<>#|~&")


def summary(report: Report) -> str:
    """Return headline, counts, and a table of what is neither passed nor skipped."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in reversed(report.counts.items()) if count)
    lines = [f"## {_plain(report.outcome)}", "", f"{_plain(report.headline)}: {counts}.", ""]
    lines += [f"{_plain(report.in_contexts.in_words)}.", ""] if report.in_contexts.in_words else []
    lines += [f"{_plain(report.chosen)}.", ""] if report.chosen else []
    lines += [] if report.refusal else _departures(report)
    lines += _waivers(report)
    skipped = [each.id for each in report.requirements if each.verdict is Verdict.SKIPPED]
    if skipped:
        lines += [f"Skipped: {', '.join(skipped)}.", ""]
    suite = report.run.versions["kmc-harness"]
    lines.append(f"Seed {report.run.seed}, {report.size}, kmc-harness {suite}.")
    return "\n".join(lines) + "\n"


def _departures(report: Report) -> list[str]:
    scenarios = {each.id: each for each in report.scenarios}
    rows = []
    for each in report.requirements:
        if each.verdict not in HELD and each.scenarios:
            first = next(scenarios[name] for name in each.scenarios if scenarios[name].verdict is each.verdict)
            actual = first.actual if each.verdict is not Verdict.FLAKY else each.reason
            cells = (f"{each.id} {each.title}", first.where, first.expected, actual)
            rows.append(f"| **{each.verdict}** | {' | '.join(map(_plain, cells))} |")
    head = ["| verdict | requirement | scenario | expected | actual |", "|---|---|---|---|---|"]
    return [*head, *rows, ""] if rows else []


def _waivers(report: Report) -> list[str]:
    wrong = [each for each in report.waivers if each.state.fails_run]
    named = [(each, f"{each.requirement} {each.scenario}".strip()) for each in wrong]
    rows = [f"- **{each.state}**: {_plain(f'{name}, actual {each.actual!r}')}" for each, name in named]
    return ["Waivers that do not hold:", "", *rows, ""] if rows else []


def _plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it stands, on one line."""
    return "".join(f"\\{sign}" if sign in SIGNS else sign for sign in " ".join(text.split()))
