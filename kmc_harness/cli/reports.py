"""What the terminal shows of reports: verdicts by chapter, a scenario's timeline, comparisons."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from kmc_harness import terminal
from kmc_harness.report.compare import NONE, Change, Difference
from kmc_harness.report.matrix import Matrix
from kmc_harness.report.results import (
    NOTHING_RAN,
    Report,
    RequirementResult,
    Run,
    ScenarioResult,
    WaiverResult,
    WaiverState,
)
from kmc_harness.report.times import clock, moment, span
from kmc_harness.scenario.evidence import Acted, Checked, Event, Mailed, Scanned, Step, StepEnd, Waited
from kmc_harness.specification.catalogue import CHAPTERS, readings_of
from kmc_harness.verdicts import Misuse, Verdict

if TYPE_CHECKING:
    from kmc_harness.running.replaying import Replay

__all__ = ["show_comparison", "show_matrix", "show_replay", "show_report", "write_waivers"]


def show_report(
    report: Report, folder: Path, took_s: float | None = None, *, quiet: bool = False, verbose: bool = False
) -> None:
    """Show what is behind each requirement that did not pass, and the counts; `folder` holds the report's files.

    Args:
        report: what to show.
        folder: where it was written.
        took_s: how long it took, where that is not the sum of its scenarios.
        quiet: the counts alone.
        verbose: first each requirement with its verdict, by chapter.

    """
    console = terminal.console()
    if report.refusal:
        refused = f"{escape(report.run.subject)} was not judged: {escape(report.refusal)}"
        console.print(f"{terminal.badge(Verdict.ERROR)} {refused}")
        return
    if verbose:
        _show_all(console, report)
    if not quiet:
        _show_departures(console, report)
        _show_alike(console, report.requirements, Verdict.WAIVED)
        _show_alike(console, report.requirements, Verdict.SKIPPED)
        _show_partly_covered(console, report.requirements)
        _show_waivers(console, report.waivers)
    _show_headline(console, report, folder, report.timing.seconds if took_s is None else took_s)


def _show_all(console: Console, report: Report) -> None:
    table = terminal.table()
    table.add_column("requirement", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what it says", ratio=1)
    for chapter, name in CHAPTERS.items():
        of_chapter = [each for each in report.requirements if each.id.startswith(chapter)]
        if of_chapter:
            table.add_row("", "", f"[bold]{name}[/]")
        for each in of_chapter:
            table.add_row(each.id, terminal.badge(each.verdict), escape(each.title))
    console.print(table)


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
    ran = sum(each.verdict is not Verdict.SKIPPED for each in scenarios)
    console.print(f"\n{terminal.badge(requirement.verdict)} [bold]{requirement.id}[/] {escape(requirement.title)}")
    reading, *others = readings_of(requirement.id) or ("",)
    rows = {
        "source": f"{requirement.source} ({requirement.level}, {requirement.word})",
        "reading": reading,
        "other": "; ".join(others),
        "scenario": f"{first.title} ({first.feature}:{first.line}); {alike} of {ran} ended so",
        "context": first.context,
        "also": _in_others(first),
        "meanwhile": "; ".join(first.meanwhile),
        "step": first.step,
        "expected": first.expected,
        "actual": first.actual,
        "repeats": requirement.reason if first.verdict is Verdict.FLAKY else "",
        "known": requirement.known_departure,
    }
    grid = Table.grid(padding=(0, 1), pad_edge=False)
    grid.add_column(no_wrap=True, style="dim", min_width=10)
    grid.add_column(overflow="fold")
    for name, text in rows.items():
        if text:
            grid.add_row(f"  {name}", escape(text))
    console.print(grid)
    command = run.reproduce(requirement.id, first)
    console.print(f"  [dim]reproduce with[/] {escape(command)}", soft_wrap=True)  # one line, to be copied


def _in_others(shown: ScenarioResult) -> str:
    """Return words on where else the same showed; empty where it was nowhere else."""
    if not shown.also:
        return ""
    return f"in {shown.also} other {'pair' if shown.context else 'scenario'}{'s' * (shown.also > 1)}"


def _show_alike(console: Console, requirements: Iterable[RequirementResult], verdict: Verdict) -> None:
    """Show those with `verdict` together, by reason."""
    by_reason: dict[str, list[str]] = {}
    for each in requirements:
        if each.verdict is verdict:
            by_reason.setdefault(each.reason, []).append(each.id)
    for reason, ids in by_reason.items():
        which = f"{len(ids)} requirements" if reason == NOTHING_RAN else ", ".join(ids)
        console.print(f"\n{terminal.badge(verdict)} {which}\n  {escape(reason)}")


def _show_partly_covered(console: Console, requirements: Iterable[RequirementResult]) -> None:
    """Show those of which some scenarios were skipped, and what the target lacks for them."""
    grid = Table.grid(padding=(0, 1), pad_edge=False)
    for each in requirements:
        if each.partly_covered:
            grid.add_row(f"  {each.id}", each.partly_covered)
    if grid.row_count:
        console.print("\n[bold]partly covered[/]", grid, sep="\n")


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
            console.print(f"\n[bold red]{each.state} waiver[/] {escape(name)}, actual {escape(repr(each.actual))}")
            console.print(f"  {why[each.state]}{until}")


def _show_headline(console: Console, report: Report, folder: Path, took_s: float) -> None:
    counts = ", ".join(f"{count} {terminal.badge(Verdict(name))}" for name, count in report.counts.items() if count)
    console.print(f"\n[bold]{escape(report.headline)}[/]: {counts}")
    often = f", each {report.run.repeat} times," if report.run.repeat > 1 else ""
    console.print(f"{report.size}{often} in {took_s:.1f} s; report in {folder}")
    if report.in_contexts.in_words:
        console.print(report.in_contexts.in_words)
    if report.chosen:
        console.print(escape(report.chosen))
    console.print(f"the page: {folder / 'report.html'}", soft_wrap=True)
    if report.run.target == "model":
        console.print("a login of your own: kmc new-target python my-login")


def _show_timeline(scenario: ScenarioResult) -> None:
    """Show what was recorded of a scenario, step by step."""
    console = terminal.console()
    console.print(f"{terminal.badge(scenario.verdict)} [bold]{scenario.requirement}[/] {escape(scenario.full_title)}")
    console.print(f"[dim]{escape(scenario.where)}[/]")
    for each in scenario.steps:
        _show_step(each)


def _show_step(step: Step) -> None:
    """Show one step and what happened in it."""
    console = terminal.console()
    signs = {StepEnd.PASSED: "[green]✓[/]", StepEnd.FAILED: "[red]✗[/]", StepEnd.NOT_RUN: "[dim]-[/]"}
    console.print(f"{signs[step.ended]} {escape(step.text)}")
    for event in step.events:
        console.print(Padding(line_of(event), (0, 0, 0, 4)))


def line_of(event: Event) -> str:
    """Return one line on what happened, in rich's markup."""
    match event:
        case Acted():
            details = ", ".join(f"{name} {value}" for name, value in event.details.items())
            asked = f" [dim]{escape(details)}[/]" if details else ""
            said = f' "{event.message}"' if event.message else ""
            shown = "".join(f" + {each}" for each in event.shown)
            what = f"{event.by} {event.action}".strip()
            answer = f"{event.answer}{said}{shown}"
            return f"[dim]{clock(event.at)}[/] {escape(what)}{asked} → {escape(answer)}"
        case Waited():
            to = moment(event.at + event.seconds)
            return f"[dim]{clock(event.at)}[/] [bold]{span(event.seconds)}[/] pass, to {to}"
        case Scanned():
            return f"[dim]{clock(event.at)}[/] {escape(event.by)} scans the QR code"
        case Mailed():
            links = "".join(f", {each} link" for each in event.links)
            return f"[dim]{clock(event.at)}[/] mail to {escape(event.to)}: {escape(event.subject)}{links}"
        case Checked():
            sign = "[green]✓[/]" if event.held else "[red]✗[/]"
            return f"{sign} expected {escape(event.expected)}; actual: {escape(event.actual)}"


def show_replay(replay: "Replay") -> int:
    """Show a replay and how it differs from what was recorded; return the exit code.

    0: the verdict is the same; 1: it is another one; 3: the target was not judged this time.
    """
    console = terminal.console()
    _show_timeline(replay.now)
    recorded, now = replay.recorded.verdict, replay.now.verdict
    same = "the same verdict as recorded" if replay.same_verdict else "another verdict than recorded"
    console.print(f"\n[bold]{same}[/]: {terminal.badge(recorded)}, now {terminal.badge(now)}")
    if replay.first_difference is None:
        but = "" if replay.is_exact else ", but for times of day, sessions, links and the like"
        console.print(f"every event of its {len(replay.now.steps)} steps is as recorded{but}")
    else:
        console.print("the evidence differs first in this step, as recorded:")
        if replay.first_difference[0]:
            _show_step(replay.first_difference[0])
    if replay.same_verdict:
        return 0
    return 1 if now.is_judged else 3


def show_comparison(before: Report, after: Report, differences: Sequence[Difference]) -> None:
    """Show what differs between two reports, worst first."""
    console = terminal.console()
    for name, each in (("A", before), ("B", after)):
        console.print(f"[bold]{name}[/] {escape(each.headline)}, seed {escape(each.run.seed)}")
    colours = {Change.WORSE: "bold red", Change.LOST: "red", Change.BETTER: "green", Change.NEW: "cyan"}
    table = terminal.table()
    for column in ("change", "requirement"):
        table.add_column(column, no_wrap=True)
    table.add_column("scenario", ratio=1)
    table.add_column("A to B", no_wrap=True)
    never_judged = [one for one in differences if {one.before, one.after} == {NONE, Verdict.SKIPPED}]
    for one in differences:
        colour = colours.get(one.change, "dim")
        ended = f"{one.before} → {one.after}"
        if one not in never_judged:
            table.add_row(f"[{colour}]{one.change}[/]", one.requirement, escape(one.scenario), ended)
    if table.row_count:
        console.print()
        console.print(table)
    if never_judged:
        console.print(f"\n{len(never_judged)} scenarios are in one report alone, and were skipped there")
    counts = {change: sum(each.change is change for each in differences) for change in Change}
    told = ", ".join(f"{count} {change}" for change, count in counts.items() if count)
    console.print(f"\n{told or 'no scenario differs'}")


def write_waivers(report: Report, file: Path) -> str:
    """Write the waivers that `file` lacks for `report` to its end; return in words how many.

    Raises:
        Misuse: the file has a waiver that makes no sense, or cannot be written.

    """
    from kmc_harness.report.files import write_whole
    from kmc_harness.running import waivers

    has_file = file.exists()
    entries = waivers.missing(waivers.read(file) if has_file else (), report.scenarios)
    if not entries:
        return f"{file}: nothing to add"
    try:
        before = file.read_bytes().rstrip() if has_file else b""
        write_whole(file, b"\n\n".join(filter(None, (before, "\n".join(entries).encode()))))
    except OSError as error:
        raise Misuse(f"{str(file)!r} cannot be written: {error.strerror}") from error
    said = "1 waiver" if len(entries) == 1 else f"{len(entries)} waivers"
    return f"{file}: {said} added; write why each departure is accepted, or the file is refused"


def show_matrix(made: Matrix) -> None:
    """Show requirements by implementations."""
    table = terminal.table()
    table.add_column("requirement", no_wrap=True)
    for label in made.labels:
        table.add_column(escape(label), overflow="fold")
    for each, results in made.rows:
        table.add_row(each.id, *map(_in_matrix, results))
    table.add_row("[bold]judged[/]", *(made.judged(at) for at in range(len(made.labels))))
    terminal.console().print(table)
    if any(one and one.partly_covered for _, results in made.rows for one in results):
        terminal.console().print("\n* judged in part: some of its scenarios were skipped")


def _in_matrix(result: RequirementResult | None) -> str:
    return f"{terminal.badge(result.verdict)}{'*' * bool(result.partly_covered)}" if result else ""
