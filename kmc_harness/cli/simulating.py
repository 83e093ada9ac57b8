"""What `kmc simulate` does: from settings to a table, a chart and a file."""

import io
import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from kmc_harness import terminal
from kmc_harness.durations import stopwatch
from kmc_harness.report.files import write_whole
from kmc_harness.verdicts import Misuse, unknown
from kmc_model.analysis.population import Impossible, apply_settings
from kmc_model.analysis.population import simulate as simulated
from kmc_model.analysis.population.study import Study
from kmc_model.policy import POLICIES

__all__ = ["Settings", "simulate"]


@dataclass(frozen=True)
class Settings:
    """What is asked for on the command line."""

    users: int
    days: int
    policy: str
    settings: tuple[str, ...]
    seed: int
    seeds: int
    processes: int
    out: Path | None


def simulate(asked: Settings) -> None:
    """Simulate, show table and chart, and write the file.

    Raises:
        Misuse: settings that make no sense, or a file that cannot be written; before any work.

    """
    if asked.policy not in POLICIES:
        raise unknown("policy", asked.policy, POLICIES)
    if asked.processes < 1:
        raise Misuse(f"-n takes 1 or more, not {asked.processes}")
    if asked.out:
        _check_file(asked.out)
    began = stopwatch()
    try:
        policy, behaviour = apply_settings(dict(map(_pair, asked.settings)), POLICIES[asked.policy])
        with _Bar() as bar:
            study = simulated(
                asked.users,
                asked.days,
                policy,
                behaviour,
                seed=asked.seed,
                seeds=asked.seeds,
                workers=asked.processes,
                on_progress=bar.show,
            )
    except Impossible as error:
        raise Misuse(str(error)) from error
    _show(study, asked, stopwatch() - began)
    if asked.out:
        _write(study, asked.out)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise Impossible(f"--set {text!r} cannot be read; write NAME=VALUE, as qr_ttl=72h")
    return name.strip(), value


def _check_file(path: Path) -> None:
    if path.suffix not in (".csv", ".parquet"):
        raise Misuse(f"--out {str(path)!r}: its name ends in .csv or .parquet")
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise Misuse("pyarrow is not installed: pip install 'kmc-harness[notebooks]', or write .csv")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise Misuse(f"{str(path)!r} cannot be written: there is no such folder, or it is one")


def _write(study: Study, path: Path) -> None:
    frame, stream = study.to_frame(), io.BytesIO()
    if path.suffix == ".csv":
        frame.to_csv(stream, index=False)
    else:
        frame.to_parquet(stream, index=False)
    try:
        write_whole(path, stream.getvalue())
    except OSError as error:
        raise Misuse(f"{str(path)!r} cannot be written: {error.strerror}") from error
    terminal.console().print(f"{len(frame)} rows in {escape(str(path))}", soft_wrap=True)


class _Bar:
    """A bar on a terminal, silence elsewhere."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("users' days"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=1.0)

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, share: float) -> None:
        """Show which share is done."""
        self._bar.update(self._task, completed=share)


# What is shown

CHART = 32
"""Characters that stand for all users."""


def _show(study: Study, asked: Settings, seconds: float) -> None:
    console = terminal.console()
    title = ", ".join([f"{asked.users:,} users", f"{asked.days} days", f"policy {asked.policy}", *asked.settings])
    console.print(f"[bold]{escape(title)}[/]\n")
    console.print(_summary(study))
    console.print()
    console.print(_refusals(study))
    console.print()
    console.print(_chart(study))
    counted = f"{study.events:,} actions of users, {asked.seeds} seeds from {asked.seed}, {seconds:.1f} s"
    console.print(f"\n{counted}; ± holds 95 % of the time")


def _summary(study: Study) -> Table:
    table = terminal.table("")
    for name in ("mean", "±", "of 100 users"):
        table.add_column(name, justify="right")
    for measure, mean, low, _ in study.summary.itertuples(index=False):
        name = f"  {measure.removeprefix('calls: ')}" if measure.startswith("calls: ") else measure
        table.add_row(name, f"{mean:,.0f}", _half(mean - low), f"{100 * mean / study.users:.1f}")
    return table


def _refusals(study: Study) -> Table:
    table = terminal.table()
    for name in ("refused", "reason", "requirement"):
        table.add_column(name)
    for name in ("mean", "±"):
        table.add_column(name, justify="right")
    for action, reason, requirement, mean, low, _ in study.refusals.itertuples(index=False):
        table.add_row(action, reason, requirement, f"{mean:,.0f}", _half(mean - low))
    return table


def _half(width: float) -> str:
    return "" if math.isnan(width) else f"{width:,.0f}"


def _chart(study: Study) -> Table:
    """Return how many had logged in with a code by the end of a day, and the help desk's calls since the row before."""
    table = terminal.table()
    table.add_column("end of day", justify="right")
    table.add_column("enrolled, of 100 users", width=CHART)
    for name in ("", "calls a day"):
        table.add_column(name, justify="right")
    enrolled = study.by_day["first logged in with a code"].cumsum() / study.users
    calls = study.by_day["help desk calls"]
    before = -1
    for day in _days(study.days):
        share = float(enrolled[day])
        bar = "█" * int(share * CHART) + "▌" * (share * CHART % 1 >= 0.5)
        a_day = calls[before + 1 : day + 1].mean()
        table.add_row(str(day + 1), f"[green]{bar}[/]", f"{100 * share:.1f}", f"{a_day:,.0f}")
        before = day
    return table


def _days(days: int) -> list[int]:
    shown = [day for day in (0, 1, 2, 3, 4, 6, 9, 13, 29, 59, 89, 179, 364) if day < days - 1]
    return [*shown, days - 1]
