"""What the terminal shows: a progress bar, verdicts by chapter, the catalogue."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kmc_harness.catalogue import CHAPTERS, Requirement
from kmc_harness.port import ACTIONS
from kmc_harness.results import Report, RequirementResult, Run, ScenarioResult, WaiverResult, WaiverState
from kmc_harness.verdicts import Verdict

__all__ = ["Progress", "show_catalogue", "show_report", "show_requirement"]

COLOURS = {
    Verdict.PASS: "green",
    Verdict.SKIPPED: "dim",
    Verdict.WARNING: "yellow",
    Verdict.WAIVED: "cyan",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.ERROR: "bright_red",
    Verdict.FLAKY: "bold magenta",
    Verdict.FAIL: "bold red",
}


class Progress:
    """A bar on a terminal, silence elsewhere."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[worst]}"),
        )
        self._bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("scenarios", total=None, worst="")
        self._worst = Verdict.PASS
        self._total = 0

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def expect(self, count: int) -> None:
        """Say that there will be `count` more scenarios."""
        self._total += count
        self._bar.update(self._task, total=self._total)

    def advance(self, verdict: Verdict) -> None:
        """Count one scenario and show the highest verdict so far."""
        self._worst = max(self._worst, verdict, key=lambda each: each.rank)
        shown = f"[{COLOURS[self._worst]}]{self._worst}[/]"
        self._bar.update(self._task, advance=1, worst=shown)


def _verdict(verdict: Verdict) -> str:
    return f"[{COLOURS[verdict]}]{verdict}[/]"


def show_report(report: Report, folder: Path) -> None:
    """Show the verdicts by chapter, and what is behind each that is no pass; `folder` holds the report's files."""
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, show_header=True, header_style="bold")
    table.add_column("requirement", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what it says", ratio=1)
    for chapter, name in CHAPTERS.items():
        of_chapter = [each for each in report.requirements if each.id.startswith(chapter)]
        if of_chapter:
            table.add_row("", "", f"[bold]{name}[/]")
        for each in of_chapter:
            table.add_row(each.id, _verdict(each.verdict), escape(each.title))
    console.print(table)
    _show_departures(console, report)
    _show_alike(console, report.requirements, Verdict.WAIVED)
    _show_alike(console, report.requirements, Verdict.SKIPPED)
    _show_waivers(console, report.waivers)
    _show_headline(console, report, folder)


def _show_departures(console: Console, report: Report) -> None:
    """Show each in full, but an error that many requirements share once: it says nothing of the target."""
    scenarios = {each.id: each for each in report.scenarios}
    alike: dict[tuple[Verdict, str], list[RequirementResult]] = {}
    for each in report.requirements:
        if each.verdict not in (Verdict.PASS, Verdict.SKIPPED, Verdict.WAIVED):
            cause = each.reason if each.verdict is Verdict.ERROR else each.id
            alike.setdefault((each.verdict, cause), []).append(each)
    for first, *others in alike.values():
        _show_departure(console, first, [scenarios[name] for name in first.scenarios], report.run)
        if others:
            console.print(f"  and so did {', '.join(each.id for each in others)}")


def _show_departure(
    console: Console,
    requirement: RequirementResult,
    scenarios: Sequence[ScenarioResult],
    run: Run,
) -> None:
    first = next(each for each in scenarios if each.verdict is requirement.verdict)
    alike = sum(each.verdict is requirement.verdict for each in scenarios)
    console.print(f"\n{_verdict(requirement.verdict)} [bold]{requirement.id}[/] {escape(requirement.text)}")
    rows = {
        "source": f"{requirement.source} ({requirement.level}, {requirement.word})",
        "scenario": f"{first.title} ({first.feature}:{first.line}); {alike} of {len(scenarios)} ended so",
        "step": first.step,
        "expected": first.expected,
        "seen": first.seen,
        "repeats": requirement.reason if first.verdict is Verdict.FLAKY else "",
        "known": requirement.known_departure,
        "again": run.again(requirement.id),
    }
    grid = Table.grid(padding=(0, 1), pad_edge=False)
    grid.add_column(no_wrap=True, style="dim", min_width=10)
    grid.add_column(overflow="fold")
    for name, text in rows.items():
        if text:
            grid.add_row(f"  {name}", escape(text))
    console.print(grid)


def _show_alike(console: Console, requirements: Iterable[RequirementResult], verdict: Verdict) -> None:
    """Show those with `verdict` together, by reason."""
    by_reason: dict[str, list[str]] = {}
    for each in requirements:
        if each.verdict is verdict:
            by_reason.setdefault(each.reason, []).append(each.id)
    for reason, ids in by_reason.items():
        console.print(f"\n{_verdict(verdict)} {', '.join(ids)}\n  {escape(reason)}")


def _show_waivers(console: Console, waivers: Iterable[WaiverResult]) -> None:
    """Show the waivers that no longer hold, and so fail the run."""
    why = {
        WaiverState.STALE: "nothing fails so any more: take it out",
        WaiverState.UNMATCHED: "it does not end so: look at what is seen now",
        WaiverState.OVERDUE: "its last day is over",
    }
    for each in waivers:
        if each.state.fails_run:
            name = f"{each.requirement} {each.scenario}".strip()
            until = f" ({each.until})" if each.state is WaiverState.OVERDUE else ""
            console.print(f"\n[bold red]{each.state} waiver[/] {escape(name)}, seen {escape(repr(each.seen))}")
            console.print(f"  {why[each.state]}{until}")


def _show_headline(console: Console, report: Report, folder: Path) -> None:
    counts = ", ".join(f"{count} {_verdict(Verdict(name))}" for name, count in report.counts.items() if count)
    console.print(f"\n[bold]{escape(report.headline)}[/]: {counts}")
    noun = "scenario" if len(report.scenarios) == 1 else "scenarios"
    often = f", each {report.run.repeat} times," if report.run.repeat > 1 else ""
    console.print(f"{len(report.scenarios)} {noun}{often} in {report.timing.seconds:.1f} s; report in {folder}")


def show_catalogue(requirements: Sequence[Requirement]) -> None:
    """Show the requirements with what an adapter needs for each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("title", ratio=2)
    table.add_column("actions", ratio=1, min_width=max(map(len, (action.__name__ for action in ACTIONS))) + 1)
    table.add_column("offers", min_width=11)
    for each in requirements:
        actions = ", ".join(each.actions) or f"({each.seen})"
        table.add_row(each.id, escape(each.title), actions, ", ".join(each.offers))
    Console(highlight=False).print(table)


def show_requirement(requirement: Requirement) -> None:
    """Show one requirement with source, readings, scenarios and known departure."""
    from kmc_harness.bindings import scenarios_of

    console = Console(highlight=False)
    console.print(f"[bold]{requirement.id}[/] {escape(requirement.text)}")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column()
    rows = {
        "level": f"{requirement.level}, {requirement.word}; since {requirement.since}",
        "source": requirement.source,
        "reading": requirement.readings[0] if requirement.readings else "",
        "other": "; ".join(requirement.readings[1:]),
        "departs": f"{requirement.observation}: {requirement.departure}" if requirement.departure else "",
        "actions": ", ".join(requirement.actions),
        "offers": ", ".join(requirement.offers),
        "seen": requirement.seen.value,
    }
    for name, text in rows.items():
        if text:
            grid.add_row(f"  {name}", escape(text))
    console.print(grid)
    for where, title in scenarios_of(requirement.id):
        console.print(f"  [dim]{where}[/] {escape(title)}")
