"""What the terminal shows of the suite: the catalogue, the actions, what the doctor found."""

import shlex
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from kmc_harness import terminal
from kmc_harness.port import ACTIONS, Offer
from kmc_harness.specification import bindings, catalogue, contexts
from kmc_harness.specification.catalogue import Requirement
from kmc_harness.verdicts import LAST_WORDS

if TYPE_CHECKING:
    from kmc_harness.report.results import InContexts
    from kmc_harness.running.doctor import Examination, Finding

__all__ = [
    "as_data",
    "show_actions",
    "show_catalogue",
    "show_contexts",
    "show_examination",
    "show_reach",
    "show_requirement",
    "show_tries",
]

WIDE = 110
"""Characters of a line, from which on lists have room for what an adapter is asked."""

OR_SETTINGS = "enable: or settings, where a scenario only needs somebody who has paired an authenticator"


def show_tries(examined: "Examination") -> None:
    """Show what each try asked of the target, and what was seen of the answers."""
    from kmc_harness.cli.reports import line_of

    console = terminal.console()
    for each in examined.findings:
        if each.events:
            console.print(f"[bold]{escape(each.what)}[/]: {_state(each)}")
            for event in each.events:
                console.print(Padding(line_of(event), (0, 0, 0, 2)))
    console.print()


def _state(found: "Finding") -> str:
    colour = {"works": "green", "not offered": "dim"}.get(found.state, "bold red")
    return f"[{colour}]{found.state}[/]"


def show_examination(target: str, examined: "Examination") -> int:
    """Show what works and what is missing next; return the exit code."""
    console = terminal.console()
    table = terminal.table()
    table.add_column("what people do", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what to do", ratio=1, overflow="fold")
    words = ""
    for each in examined.findings:
        advice, _, said = each.advice.partition(LAST_WORDS)
        words = words or said
        table.add_row(each.what, _state(each), escape(advice))
    console.print(table)
    if first := examined.next:
        console.print(f"\n[bold]next[/]  {first.what}: {first.state}. {escape(first.advice.partition(LAST_WORDS)[0])}")
    refusal, _, said = examined.refusal.partition(LAST_WORDS)
    if refusal:
        console.print(f"\n[bold red]kmc run would not judge it[/]: {escape(refusal)}")
    if words or said:
        lines = (words or said).replace(" | ", "\n  ")
        console.print(f"\n[bold]the server's last words[/]\n  {escape(lines)}", soft_wrap=True)
    if refusal:
        return examined.exit_code
    works = sum(each.state == "works" for each in examined.findings)
    console.print(f"\n{works} of {len(examined.findings)} work; what is not offered is skipped by name")
    named = escape(shlex.quote(target))
    is_clear = not examined.exit_code
    if not is_clear:
        console.print("mend first what is red, unless the product itself is so; then again")
    console.print(f"kmc {'run --target' if is_clear else 'doctor'} {named}")
    return examined.exit_code


def as_data(examined: "Examination") -> dict[str, object]:
    """Return an examination for JSON: each try with its state and advice, and why it would not be judged."""
    tries = [{"what": each.what, "state": each.state, "advice": each.advice} for each in examined.findings]
    return {"tries": tries, "refusal": examined.refusal}


def show_actions() -> None:
    """Show what an adapter is asked and answers."""
    from kmc_harness.specification import action_guide

    table = terminal.table()
    table.add_column("action, its fields", no_wrap=True)
    table.add_column("under", no_wrap=True)
    table.add_column("meaning", ratio=1)
    for each in action_guide.rows():
        name = f"  {each.name}" if each.is_field else f"[bold]{each.name}[/]"
        table.add_row(name, each.offer, escape(each.meaning))
    console = terminal.console()
    console.print(table)
    console.print("\nunder: the offer that an adapter declares for it; NotOffered is raised for what is not there")


def show_catalogue(requirements: Sequence[Requirement]) -> None:
    """Show the requirements with what an adapter needs for each: its actions only where there is room for them."""
    console = terminal.console()
    is_wide = console.width >= WIDE
    table = terminal.table()
    table.add_column("id", no_wrap=True)
    table.add_column("title", ratio=2)
    table.add_column("offers", ratio=1, min_width=11)
    if is_wide:
        table.add_column("actions", ratio=1, min_width=max(map(len, (action.__name__ for action in ACTIONS))) + 1)
    for each in requirements:
        offers = ", ".join(each.offers) or ("" if each.actions else f"({each.seen})")
        table.add_row(each.id, escape(each.title), offers, *([", ".join(each.actions)] if is_wide else []))
    console.print(table)
    console.print(f"\n{OR_SETTINGS}")


def show_contexts(told: "InContexts | None") -> None:
    """Show every context; with how many of its pairs were told, and how many of these were tests."""
    console = terminal.console()
    table = terminal.table("dimension", "context", *(("pairs", "tests") if told else ()))
    for column in table.columns[2:]:
        column.justify = "right"
    for each in contexts.load():
        counts = (told.told.get(each.name, 0), told.tests.get(each.name, 0)) if told else ()
        table.add_row(each.dimension, escape(each.name), *map(str, counts))
    console.print(table)
    if told:
        console.print(f"\n{told.in_words or 'nothing was told in contexts'}")


def show_reach() -> None:
    """Show how many pairs the scenarios of each requirement have with the contexts of each dimension, or why none."""
    found: dict[str, Counter[str]] = {}
    for told in bindings.all_told():
        counts = found.setdefault(told.requirement, Counter())
        for each in contexts.load():
            counts[each.dimension] += len(contexts.places(told, each))
    dimensions = list(dict.fromkeys(each.dimension for each in contexts.load()))
    table = terminal.table("requirement", *dimensions)
    for column in table.columns[1:]:
        column.justify = "right"
    for name in sorted(found, key=list(catalogue.load()).index):
        table.add_row(name, *(str(found[name][each] or "-") for each in dimensions))
    console = terminal.console()
    console.print(table)
    console.print("\n-: the dimension does not matter there")
    for indifference in contexts.indifferences():
        console.print(f"\n{indifference.dimension}: {escape(indifference.why)}")
        console.print(Padding(", ".join(indifference.to), (0, 0, 0, 2)))


def show_requirement(requirement: Requirement) -> None:
    """Show one requirement with source, readings, scenarios and known departure."""
    from kmc_harness.specification.bindings import scenarios_of

    console = terminal.console()
    console.print(f"[bold]{requirement.id}[/] {escape(requirement.text)}")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column()
    rows = {
        "level": f"{requirement.level}, {requirement.word}; since {requirement.since}",
        "source": requirement.source,
        "see": ", ".join(requirement.see),
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
    if Offer.ENABLE in requirement.offers:
        console.print(f"  [dim]{OR_SETTINGS}[/]")
    for where, _, text in scenarios_of(requirement.id):
        console.print(f"\n  [dim]{where}[/]")
        console.print(escape(textwrap.indent(text, "  ")), soft_wrap=True)
