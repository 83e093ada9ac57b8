"""What the terminal shows of self-test, exploring and simulating: progress, what caught which fault, departures."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from kmc_harness import terminal
from kmc_harness.durations import stopwatch
from kmc_harness.exploring.measuring import Measured
from kmc_harness.exploring.search import Found, Search
from kmc_harness.report.choices import in_words, title_of
from kmc_harness.selftest import Caught, End, Reach, Selftest
from kmc_harness.specification import contexts
from kmc_model.analysis.faults import Fault, Kind
from kmc_model.analysis.statespace import Difference, Space, Violation
from kmc_model.policy import ARTICLE, choices

__all__ = [
    "Counting",
    "Waiting",
    "say",
    "show_differences",
    "show_found",
    "show_measured",
    "show_score",
    "show_search",
    "show_selftest",
    "show_states",
]

KINDS = {
    Kind.ROW: "rows and effects of the table, changed by machine",
    Kind.POLICY: "fields of the policy, changed by machine",
    Kind.REALISTIC: "as real systems have had them",
    Kind.HIDDEN: "with hidden state: right at first, wrong later",
    Kind.BENIGN: "benign: not to be flagged",
}
COLOURS = {
    End.CAUGHT: "green",
    End.UNFLAGGED: "green",
    End.ELSEWHERE: "red",
    End.MISSED: "bold red",
    End.ALARM: "bold red",
}


class Waiting:
    """A sign of life on a terminal, silence elsewhere."""

    def __init__(self, what: str) -> None:
        console = Console(stderr=True)
        self._status = Status(what, console=console) if console.is_terminal else None
        self._began = stopwatch()
        self.seconds = 0.0

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = stopwatch() - self._began
        if self._status:
            self._status.stop()


class Counting(Waiting):
    """The same with a count; elsewhere than on a terminal a line now and then."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self._what, self._done, self._told_at = what, 0, stopwatch()

    def show(self, done: int, total: int | None) -> None:
        """Show how many are done, of how many."""
        self._done = done
        words = f"{done} of {total} {self._what}" if total else f"{done} {self._what}"
        if self._status:
            self._status.update(words)
        elif stopwatch() >= self._told_at + terminal.LINE_EVERY_S:
            self._told_at = stopwatch()
            print(words, file=sys.stderr, flush=True)

    def count(self) -> None:
        """Show that one more is done."""
        self.show(self._done + 1, None)


def say(text: str) -> None:
    """Print a line."""
    terminal.console().print(escape(text))


def show_selftest(made: Selftest, *, everything: bool, seconds: float) -> int:
    """Show what caught which fault; return 0 where all is as it should be, else 1."""
    console = terminal.console()
    shown = [each for each in made.caught if everything or not each.end.holds]
    if shown:
        table = terminal.table("fault", "to be caught by", "caught by")
        for each in shown:
            table.add_row(*_row(each))
        console.print(table)
        console.print()
    counts = Counter(each.fault.kind for each in made.caught)
    held = Counter(each.fault.kind for each in made.caught if each.end.holds)
    table = terminal.table("faults", "as they should be", "")
    for kind, words in KINDS.items():
        if counts[kind]:
            table.add_row(str(counts[kind]), str(held[kind]), words)
    console.print(table)
    if made.equivalent:
        console.print(f"\n[bold]no difference[/] in any state: {', '.join(map(escape, made.equivalent))}")
    if refused := [each.fault.name for each in made.caught if each.probe]:
        console.print(
            f"\na run would not judge these: its probes refuse them before\n  {', '.join(map(escape, refused))}"
        )
    for name in made.idle or ():
        console.print(f"\n[bold red]idle scenario[/] {escape(name)}: no fault fails it")
    faults = [each for each in made.caught if each.fault.requirements]
    caught = sum(each.end is End.CAUGHT for each in faults)
    idle = "" if made.idle is None else f"{len(made.idle)} of {made.scenarios} scenarios idle; "
    other = f", {len(made.equivalent)} without any difference" if made.equivalent else ""
    console.print(
        f"\n[bold]{caught} of {len(faults)} faults caught[/]{other}; {idle}{made.ran} scenarios run in {seconds:.0f} s"
    )
    return int(not made.holds)


def show_score(tried: Mapping[str, Sequence[Fault]], made: Selftest, *, everything: bool, seconds: float) -> int:
    """Show by set how many faults were caught, and by what; return 1 where a harmless change was flagged, else 0."""
    console = terminal.console()
    found = {each.fault.name: each for each in made.caught}
    reaches = ("plain", "sweep", "all contexts")
    table = terminal.table("set", "faults", *reaches, "missed", "harmless", "flagged")
    for column in table.columns[1:]:
        column.justify = "right"
    total: Counter[str] = Counter()
    for name, faults in tried.items():
        counted = _counted([found[each.name] for each in faults if each.name in found])
        total.update(counted)
        table.add_row(escape(name), *(str(counted[key]) for key in _SCORE))
    table.add_row("[bold]all[/]", *(str(total[key]) for key in _SCORE))
    console.print(table)
    console.print("\nEach column counts what the one before does too.")
    for each in made.caught:
        if everything or each.end in (End.MISSED, End.ELSEWHERE, End.ALARM):
            by = ", ".join(sorted(each.noticed))
            ended = f"in {each.context!r}: {by}" if each.context else by or str(each.end)
            where = f"{each.end}: {by}" if each.end is End.ELSEWHERE else ended
            console.print(
                f"[{COLOURS[each.end]}]{escape(where)}[/]  {escape(each.fault.name)}: {escape(each.fault.sentence)}"
            )
    needed = Counter(each.context for each in made.caught if each.context)
    if everything:
        console.print(f"\n[bold]contexts needed[/] {escape(', '.join(sorted(needed)))}")
        others = [each.name for each in contexts.load() if each.name not in needed]
        console.print(f"[bold]contexts that no fault needs[/] {escape(', '.join(others))}")
    console.print(
        f"\n[bold]{total['all']} of {total['faults']} faults caught[/], {total['plain']} without contexts, "
        f"{total['sweep']} by a sweep; {total['flagged']} of {total['harmless']} harmless changes flagged; "
        f"{len(needed)} of {len(contexts.load())} contexts needed; {made.ran} scenarios run in {seconds:.0f} s"
    )
    return int(total["flagged"] > 0)


_SCORE = ("faults", "plain", "sweep", "all", "missed", "harmless", "flagged")


def _counted(caught: Sequence[Caught]) -> Counter[str]:
    faults = [each for each in caught if each.fault.requirements]
    ends = Counter(each.reach for each in faults if each.end is End.CAUGHT)
    plain, sweep = ends[Reach.PLAIN], ends[Reach.PLAIN] + ends[Reach.SWEEP]
    everywhere = sweep + ends[Reach.ALL]
    harmless = [each for each in caught if not each.fault.requirements]
    return Counter(
        faults=len(faults),
        plain=plain,
        sweep=sweep,
        all=everywhere,
        missed=len(faults) - everywhere,
        harmless=len(harmless),
        flagged=sum(each.end is End.ALARM for each in harmless),
    )


def _row(each: Caught) -> tuple[str, str, str]:
    by = ", ".join(sorted(each.noticed, key=lambda name: (name not in each.fault.requirements, name)))
    colour = COLOURS[each.end]
    caught = by if each.end is End.CAUGHT else f"{each.end}: {by}" if by else str(each.end)
    return escape(each.fault.name), ", ".join(each.fault.requirements) or "nothing", f"[{colour}]{caught}[/]"


def show_states(walked: Sequence[tuple[Space, float]], violated: Sequence[Violation]) -> None:
    """Show how many states each scope has, and which properties do not hold."""
    console = terminal.console()
    table = terminal.table("scope", "states", "transitions", "CPU seconds", "transitions a second")
    for column in table.columns[1:]:
        column.justify = "right"
    total = [0, 0, 0.0]
    for space, seconds in walked:
        numbers = (len(space.configurations), space.transitions, seconds)
        total = [one + two for one, two in zip(total, numbers, strict=True)]
        table.add_row(space.scope.name, *_numbers(*numbers))
    table.add_row("[bold]all[/]", *_numbers(int(total[0]), int(total[1]), total[2]))
    console.print(table)
    if not violated:
        console.print("\nevery property holds on every transition")
    shortest = {each.property: each for each in sorted(violated, key=lambda each: -len(each.path))}
    for each in shortest.values():
        console.print(
            f"\n[bold red]violated[/] {escape(each.property.sentence)} ({', '.join(each.property.requirements)})"
        )
        for sentence in each.path:
            console.print(f"  {escape(sentence)}")


def _numbers(states: int, transitions: int, seconds: float) -> tuple[str, ...]:
    return f"{states:,}", f"{transitions:,}", f"{seconds:.1f}", f"{transitions / seconds:,.0f}"


def show_differences(found: Sequence[Difference]) -> None:
    """Show the shortest way to each kind of difference."""
    console = terminal.console()
    shortest: dict[object, Difference] = {}
    for each in sorted(found, key=lambda each: len(each.path)):
        shortest.setdefault((each.move, each.why, each.one, each.other), each)
    console.print(f"\n[bold]{len(shortest)} differences from the article[/], each by its shortest way")
    for each in shortest.values():
        console.print()
        for sentence in each.path:
            console.print(f"  {escape(sentence)}")
        console.print(f"  [green]article: {escape(_in_words(each.one))}[/] [dim]{escape(each.why)}[/]")
        console.print(f"  [red]here:    {escape(_in_words(each.other))}[/]")


def _in_words(observed: object) -> str:
    if observed is None:
        return "cannot be done"
    words = []
    for name, value in observed._asdict().items():  # type: ignore[attr-defined]
        if name == "accepted":
            words.append("accepted" if value else "refused")
        elif name == "mailed":
            words += [f"{kind} link to {who.partition('@')[0]}" for who, kind in value]
        elif value:
            words.append(f"{name.replace('_', ' ')} {value}".removesuffix(" True"))
    return ", ".join(words)


def show_measured(measured: Measured, seconds: float) -> None:
    """Show what a target chooses where the requirements leave it a choice."""
    console = terminal.console()
    table = terminal.table("left open", "here", "the reference", "by")
    alike = 0
    for name, value in measured.chosen.items():
        reference = getattr(ARTICLE, name)
        if value == reference and (isinstance(value, bool | str) or value is None):
            alike += 1
            continue
        words = in_words(name, value), in_words(name, reference)
        table.add_row(escape(title_of(name)), words[0], words[1], escape(choices()[name].source))
    if table.row_count:
        console.print(table)
    console.print(f"{len(measured.chosen)} choices measured, {measured.actions} actions, {seconds:.1f} s", end="")
    console.print(f"; {alike} more are as the reference's" if alike else "", end="")
    console.print("; [bold magenta]stopped[/] before the rest was measured" if measured.was_stopped else "")
    if measured.unmeasured:
        by_reason: dict[str, list[str]] = {}
        for name, why in measured.unmeasured.items():
            by_reason.setdefault(why, []).append(title_of(name))
        for why, names in by_reason.items():
            console.print(escape(f"not measured: {', '.join(names)} ({why})"))
    console.print()


def show_search(search: Search, target: str, against: str, seconds: float) -> None:
    """Show how far a search went."""
    console = terminal.console()
    if search.was_stopped:
        console.print("[bold magenta]stopped[/]; this is what was found until then")
    traces = "one trace" if search.traces == 1 else f"{search.traces} traces"
    went = f"{search.actions} actions in {traces}, {len(search.transitions)} transitions, {seconds:.1f} s"
    if search.vanished:
        console.print(
            f"[bold magenta]flaky[/] {escape(target)} departed once, and not when the same moves were made again:"
        )
        for sentence in search.vanished[-12:]:
            console.print(f"  {escape(sentence)}")
    elif not (search.transitions or search.found or search.doubted):
        console.print(f"[bold magenta]nothing was compared[/] of {escape(target)} and {escape(against)} in that time")
    elif search.found is None and not search.doubted:
        console.print(f"[green]no departure[/] of {escape(target)} from {escape(against)} found")
    for found, why in search.doubted:
        console.print(f"[bold magenta]not judged[/] {escape(target)} departed where this was done:")
        for sentence in found.sentences:
            console.print(f"  {escape(sentence)}")
        for expected, actual in found.divergence.in_words():
            console.print(f"  expected [green]{escape(expected)}[/], actual [red]{escape(actual)}[/]")
        console.print(f"  {escape(why.removeprefix('; '))}")
    if search.explained:
        chosen = (f"{title_of(name)} {in_words(name, value)}" for name, value in search.explained.items())
        console.print(escape(f"chosen otherwise here and there, as the requirements allow: {', '.join(chosen)}"))
    console.print(f"{went}")


def show_found(found: Found, scenario: str | None, program: str) -> None:
    """Show a departure: what happened, as a scenario, and as a program."""
    console = terminal.console()
    moves = f"{len(found.moves)} move{'s' * (len(found.moves) != 1)}"
    by = f"; {found.requirement} is broken" if found.requirement else ""
    console.print(f"\n[bold red]departure[/] after {moves}, minimised from {found.before_shrinking}{by}")
    for expected, actual in found.divergence.in_words():
        console.print(f"  expected [green]{escape(expected)}[/], actual [red]{escape(actual)}[/]")
    if scenario:
        console.print("\n[bold]as a scenario[/]\n")
        console.print(scenario, markup=False, soft_wrap=True)
    else:
        console.print("\nno sentence of the features says what differs")
    console.print("[bold]as a program[/]\n")
    console.print(program, markup=False, soft_wrap=True)
