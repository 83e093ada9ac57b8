"""What all that is shown in a terminal has in common: the colours of verdicts, tables, the progress of a run."""

import os
import re
import sys
from types import TracebackType
from typing import IO, Any, cast

from rich.console import Console
from rich.table import Table

from kmc_harness.durations import stopwatch
from kmc_harness.verdicts import Verdict

__all__ = ["Progress", "badge", "console", "show_json", "table"]

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

LINE_EVERY_S = 10.0
WITHOUT_END = 10_000
"""So many columns has what is no terminal."""


def console() -> Console:
    """Return standard output with colours; where it is no terminal and COLUMNS does not say how wide, lines are whole.

    Without a terminal, they also end where their words do, so that grep, cut and a log take them as they are.
    """
    made = Console(highlight=False)
    if made.is_terminal or "COLUMNS" in os.environ:
        return made
    return Console(highlight=False, width=WITHOUT_END, file=cast("IO[str]", _Unpadded(made.file)))


class _Unpadded:
    """A file that keeps no blanks at the ends of lines."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        self._file.write(re.sub(r" +(?=\n)", "", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def table(*columns: str) -> Table:
    """Return an empty table in the style of all ours; columns that need more than a head are added to it."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for each in columns:
        made.add_column(each)
    return made


def show_json(value: object) -> None:
    """Print what a command would show, for programs."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


class Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, of: str = "scenarios") -> None:
        """Show the progress of so many scenarios, or whatever else is counted."""
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
        self._task = self._bar.add_task(of, total=None, worst="")
        self._worst, self._worst_of = Verdict.PASS, ""
        self._total = self._done = 0
        self._of = of
        # As it is now: during a run pytest's words are kept back.
        self._file = None if console.is_terminal else sys.stderr
        self._told_at = stopwatch()

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

    def advance(self, verdict: Verdict, requirement: str, count: int = 1) -> None:
        """Count one or more, and show the highest verdict so far and whose it was first."""
        if verdict.rank > self._worst.rank:
            self._worst, self._worst_of = verdict, f" {requirement}"
        self._done += count
        self._bar.update(self._task, advance=count, worst=f"{badge(self._worst)}{self._worst_of}")
        if self._file and stopwatch() >= self._told_at + LINE_EVERY_S:
            self._told_at = stopwatch()
            worst = f"worst so far: {self._worst}{self._worst_of}"
            print(f"{self._done} of {self._total} {self._of}; {worst}", file=self._file, flush=True)


def badge(verdict: Verdict) -> str:
    """Return `verdict` in its colour, as rich markup."""
    return f"[{COLOURS[verdict]}]{verdict}[/]"
