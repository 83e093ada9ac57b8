"""What pages say of the code is made from the code, each time the pages are built.

A page has a comment where such a part belongs: `<!-- from code: chapter SWI -->`. On a forge it is not seen.
"""

import enum
import os
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import typer
from sphinx.application import Sphinx
from typer.testing import CliRunner

from kmc_harness.cli.app import app as command
from kmc_harness.port import NEEDED_OFFER, Offer
from kmc_harness.report import read, results
from kmc_harness.report.choices import in_words, title_of
from kmc_harness.report.matrix import matrix
from kmc_harness.running.waivers import Waiver
from kmc_harness.scenario import evidence
from kmc_harness.specification import action_guide, bindings, catalogue, contexts
from kmc_harness.specification.catalogue import Requirement
from kmc_harness.targets import description
from kmc_harness.verdicts import Verdict
from kmc_model.analysis.faults import all_faults
from kmc_model.policy import ARTICLE, choices

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PRODUCTS = ROOT / "examples" / "targets"
MARK = re.compile(r"<!-- from code: (\w+)(?: (\S+))? -->")
ARTICLE_URL = "https://knowledge.kaltura.com/help/kmc-2-factor-authentication"
SOURCES = {
    r"^The article": ARTICLE_URL,
    r"RFC 4226": "https://www.rfc-editor.org/rfc/rfc4226",
    r"RFC 6238": "https://www.rfc-editor.org/rfc/rfc6238",
    r"OWASP ASVS 5": "https://github.com/OWASP/ASVS/tree/v5.0.0",
    r"NIST SP 800-63B-4": "https://pages.nist.gov/800-63-4/sp800-63b.html",
    r"Key URI format": "https://github.com/google/google-authenticator/wiki/Key-Uri-Format",
    r"[Pp]ublished server": "../explanation/article-and-server.md",
}
LEVELS = {
    "stated": "primary",
    "implied": "primary",
    "interpreted": "info",
    "standard": "success",
    "convention": "success",
    "hardening": "warning",
}
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", bytes: "bytes", Any: "anything"}


# The specification


def chapter(name: str) -> str:
    """Return a chapter of the specification: each requirement under an anchor of its own."""
    return "\n".join(line for each in catalogue.load().values() if each.chapter == name for line in _requirement(each))


def _requirement(each: Requirement) -> Iterator[str]:
    yield f"({each.id.lower()})="
    yield f"## {each.id}: {each.title}\n"
    yield f"{{bdg-{LEVELS[each.level]}}}`{each.level}` {{bdg-secondary-line}}`{each.word}`\n"
    yield f"{each.text}\n"
    yield f"Source\n: {_source(each.source)}\n"
    if each.see:
        yield f"Tests and weaknesses that speak of the same\n: {', '.join(map(_external, each.see))}\n"
    yield from _readings(each)
    if each.offers or each.actions:
        yield f"To judge it\n: A target needs {_needs(each)}\n"
    else:
        yield f"To judge it\n: {_SEEN[each.seen]}\n"
    if each.as_built != "pass":
        yield f"Kaltura's published server\n: {_AS_BUILT[each.as_built]}: {each.departure}.\n"
    yield from _in_products(each.id)
    yield from _scenarios(each.id)
    yield from _faults(each.id)


def _external(name: str) -> str:
    kind, _, number = name.partition("-")
    return f"[{name}](https://cwe.mitre.org/data/definitions/{number}.html)" if kind == "CWE" else name


_SEEN = {
    "anywhere": "Any target can be judged.",
    "screen": "It shows on a screen only, so a target must offer `screen`.",
    "nowhere": "It cannot be seen from outside. It stands here for completeness, and is always `skipped`.",
}
_AS_BUILT = {"fail": "departs", "warning": "departs from this recommendation", "inconclusive": "cannot be judged"}


def _source(source: str) -> str:
    """Return the source with links; numbers of observations, which only the authors know, are left out."""
    told = re.sub(r"^(the )?article", "The article", re.sub(r"[;,]? ?I-\d+", "", source))
    for pattern, url in SOURCES.items():
        told = re.sub(pattern, lambda found, url=url: f"[{found[0]}]({url})", told, count=1)
    return f"{told[0].upper()}{told[1:]}." if told[0] != "[" else f"{told}."


def _readings(each: Requirement) -> Iterator[str]:
    if len(each.readings) > 1:
        first, *others = each.readings
        yield f"Readings\n: Here: {first}.\n"
        yield from (f": It could also be read so: {other}.\n" for other in others)
    elif each.readings:
        yield f"How it is read here\n: {each.readings[0]}.\n"


def _needs(each: Requirement) -> str:
    offers = f"the offers {_coded(each.offers)}" if each.offers else "no offer"
    return f"{offers}. The scenarios use {_coded(each.actions)}."


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


@cache
def _products() -> Any:
    return matrix([(each, read(PRODUCTS / each)) for each in _folders()])


def _folders() -> list[str]:
    return sorted(each.parent.name for each in PRODUCTS.glob("*/report.json"))


def _in_products(requirement: str) -> Iterator[str]:
    made = _products()
    for result, cells in made.rows:
        if result.id == requirement:
            told: dict[Verdict, list[str]] = {}
            for label, folder, one in zip(made.labels, _folders(), cells, strict=True):
                if one and one.verdict is not Verdict.SKIPPED:
                    told.setdefault(one.verdict, []).append(f"[{label}](../products/{folder}.md)")
            if told:
                said = "; ".join(f"`{kind}`: {', '.join(told[kind])}" for kind in reversed(Verdict) if kind in told)
                yield f"[Published products](../products/index.md)\n: {said}.\n"


def _scenarios(requirement: str) -> Iterator[str]:
    found = list(bindings.scenarios_of(requirement))
    if found:
        yield f":::::{{dropdown}} Scenarios ({len(found)})"
        for where, _, text in found:
            yield f"```gherkin\n# features/{where}\n{text}\n```\n"
        yield ":::::\n"


def _faults(requirement: str) -> Iterator[str]:
    found = [each for each in all_faults() if requirement in each.requirements]
    if found:
        yield f":::::{{dropdown}} Deliberate faults that break it ({len(found)})"
        yield from (f"- {_escaped(each.sentence)}" for each in found)
        yield ":::::\n"


def requirements() -> str:
    """Return all requirements in one table, with a link to each."""
    rows = []
    for each in catalogue.load().values():
        link = f"[{each.id}]({each.chapter.lower()}.md#{each.id.lower()})"
        rows.append((link, _escaped(each.title), each.level, each.word))
    return _table(("id", "title", "level", "word"), rows)


def counts() -> str:
    """Return how large the suite is, in one sentence."""
    return (
        f"The specification has {len(catalogue.load())} requirements in {len(catalogue.CHAPTERS)} chapters, "
        f"{len(bindings.all_told())} scenarios and {len(contexts.load())} contexts."
    )


def departures() -> str:
    """Return where Kaltura's published server departs from what is required, as the model shows it."""
    rows = [
        (
            f"[{each.id}](../specification/{each.chapter.lower()}.md#{each.id.lower()})",
            _escaped(each.title),
            each.as_built,
            _escaped(each.departure),
        )
        for each in catalogue.load().values()
        if each.as_built != "pass"
    ]
    return _table(("requirement", "what is required", "verdict", "the published server"), rows)


def open_choices() -> str:
    """Return what the requirements leave open: the reference's choice, and what is allowed."""
    rows = [
        (f"`{name}`", title_of(name), in_words(name, getattr(ARTICLE, name)), _escaped(choice.source))
        for name, choice in choices().items()
    ]
    return _table(("field of `Policy`", "in words", "the reference", "why it is open"), rows)


def matrix_of_products() -> str:
    """Return the published products side by side."""
    made = _products()
    rows = [
        (
            f"[{result.id}](../specification/{result.id[:3].lower()}.md#{result.id.lower()})",
            *map(_cell, cells),
        )
        for result, cells in made.rows
        if any(one and one.verdict is not Verdict.SKIPPED for one in cells)
    ]
    labels = (f"[{label}]({folder}.md)" for label, folder in zip(made.labels, _folders(), strict=True))
    return _table(("requirement", *labels), rows)


def _cell(result: results.RequirementResult | None) -> str:
    if result is None:
        return ""
    verdict = f"**{result.verdict}**" if result.verdict is Verdict.FAIL else str(result.verdict)
    return f"{verdict}, partly" if result.partly_covered else verdict


# The command line, and settings


def command_line() -> str:
    """Return every command with its arguments and options."""
    return "\n".join(line for name, each in _commands().items() for line in _command(name, each))


def _commands() -> dict[str, Any]:
    found: dict[str, Any] = typer.main.get_command(command).commands  # type: ignore[attr-defined]
    return found


def _command(name: str, each: Any) -> Iterator[str]:
    arguments = [param for param in each.params if param.param_type_name == "argument"]
    usage = " ".join(["kmc", name, "[OPTIONS]", *(_usage(param) for param in arguments)])
    yield f"(kmc-{name})=\n## `kmc {name}`\n"
    yield f"{_escaped(' '.join((each.help or '').split()))}\n"
    yield f"```text\n{usage}\n```\n"
    rows = [(_named(param), _default(param), _escaped(getattr(param, "help", "") or "")) for param in each.params]
    if rows:
        yield _table(("option", "default", "meaning"), rows)


def _usage(param: Any) -> str:
    shown = (param.metavar or param.name.upper()).strip("[]")
    more = "..." if param.nargs == -1 and not shown.endswith("...") else ""
    return f"{shown}{more}" if param.required else f"[{shown}{more}]"


def _named(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_usage(param)}`"
    kind = {int: "N"}.get(type(param.default), "TEXT")
    value = "" if param.is_flag else f" {param.metavar or kind}"
    return ", ".join(f"`{each}{value}`" for each in (*param.opts, *param.secondary_opts))


def _default(param: Any) -> str:
    default = None if callable(param.default) else param.default
    return "" if default in (None, False, "") or param.required else f"`{default}`"


def settings() -> str:
    """Return what `kmc run` and pytest take from files and from the environment."""
    named = {param.name: param for param in _commands()["run"].params}
    before = Path.cwd()
    os.chdir("/")  # where no project's file is found
    try:
        listed = [line.split()[0] for line in CliRunner().invoke(command, ["config"]).stdout.splitlines()[1:]]
    finally:
        os.chdir(before)
    rows = []
    for key in listed:
        param = named[key.replace("-", "_")]
        option = param.opts[0]
        is_plugins = key in ("target", "policy", "profile", "only", "seed", "patience")
        variable = param.envvar or (f"KMC_{key.upper()}" if is_plugins else "")
        ours = f"`--kmc-{key}`, `kmc_{key}`" if is_plugins else ""
        rows.append((f"`{key}`", f"`{option}`", f"`{variable}`" if variable else "", ours, _escaped(param.help)))
    return _table(("in `kmc.toml`", "`kmc run`", "environment", "pytest: option, ini key", "meaning"), rows)


# Types: reports, target.toml, waivers


def target_toml() -> str:
    """Return the tables of a target.toml."""
    parts = {f"`[{name}]`": kind for name, kind in description.PARTS.items()}
    return "\n".join(f"## {name}\n\n{_fields(kind)}" for name, kind in parts.items())


def report_types() -> str:
    """Return what report.json holds, type by type."""
    kinds = (
        results.Report, results.Run, results.RequirementResult, results.ScenarioResult, results.Besides,
        evidence.Step, evidence.Acted, evidence.Waited, evidence.Scanned, evidence.Mailed, evidence.Checked,
        results.InContexts, results.Choice, results.WaiverResult, results.Timing,
    )  # fmt: skip
    version = f"The schema has version {results.SCHEMA_VERSION}.\n"
    return "\n".join(
        [version, *(f"(report-{each.__name__.lower()})=\n## {each.__name__}\n\n{_fields(each)}" for each in kinds)]
    )


def waiver_fields() -> str:
    """Return what an entry of waivers.toml takes."""
    return _fields(Waiver)


def _fields(kind: type) -> str:
    told = meanings(kind)
    rows = [
        (f"`{each.encode_name}`", _escaped(_plain(each.type)), _value(each), _escaped(told.get(each.name, "")))
        for each in msgspec.structs.fields(kind)
    ]
    return f"{_escaped(told[''])}\n\n{_table(('field', 'holds', 'default', 'meaning'), rows)}"


def meanings(kind: type) -> dict[str, str]:
    """Return what a docstring says of a type under "", and of each field; two with one meaning may share a line."""
    whole, _, listed = (kind.__doc__ or "").partition("Attributes:\n")
    found = {"": " ".join(whole.split())}
    last: list[str] = []
    for line in listed.splitlines():
        if begun := re.fullmatch(r" {8}([\w, ]+): (.*)", line):
            last = begun[1].split(", ")
            found |= dict.fromkeys(last, begun[2])
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in last}
    return found


def _value(each: Any) -> str:
    if each.required:
        return "must be given"
    value = each.default if each.default is not msgspec.NODEFAULT else each.default_factory()
    return "" if value in (None, "", (), {}) or isinstance(value, msgspec.Struct) else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(kind: Any) -> str:
    """Return a type in words."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return ", ".join(map(str, inside))
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_plain(each) for each in inside if each is not type(None))
    if origin in (tuple, list):
        return f"list of {_plain(inside[0])}"
    if origin is dict:
        return f"{_plain(inside[1])} by name"
    if isinstance(kind, type) and issubclass(kind, enum.StrEnum):
        return ", ".join(kind)
    return WORDS.get(kind) or getattr(kind, "__name__", str(kind))


def offers() -> str:
    """Return the offers: what each says of the product, what an adapter writes for it, and how much it opens."""
    told = meanings(Offer)
    needing = [each.offers for each in catalogue.load().values()]
    rows = []
    for each in Offer:
        actions = [kind.__name__ for kind, offer in NEEDED_OFFER.items() if offer is each]
        actions += ["OpenEnrolmentLink"] * (each is Offer.ENABLE)
        rows.append((f"`{each}`", _escaped(told[each.name]), _coded(actions), str(sum(each in one for one in needing))))
    return _table(("offer", "the product", "actions", "requirements that use it"), rows)


def verdicts() -> str:
    """Return the verdicts, highest first."""
    return ", ".join(f"`{each}`" for each in reversed(Verdict))


# Files


PAGES = {
    "kmc_harness/targets/EXEC.md": "reference/exec-protocol.md",
    "kmc_harness/report/schema.json": "reference/report.md",
    "kmc_harness/port.py": "reference/python-api.md",
    "kmc_model/policy.py": "explanation/choices.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "index.md",
} | {
    str(each.relative_to(ROOT)): f"products/{'index' if each.parent == PRODUCTS else each.parent.name}.md"
    for each in PRODUCTS.rglob("README.md")
    if len(each.relative_to(PRODUCTS).parts) <= 2
}
"""Files elsewhere in the repository that are pages here."""


def file(name: str, page: str) -> str:
    """Return a file of the repository as a part of `page`; its links lead where they led, or to the page made of it."""
    path = ROOT / name

    def link(found: re.Match[str]) -> str:
        where, mark, anchor = found[2].partition("#")
        if not where or ":" in where:
            return found[0]
        inside = os.path.relpath((path.parent / where).resolve(), ROOT)
        named = inside if inside in PAGES or (ROOT / inside).is_file() else f"{inside}/README.md"
        leads_to = DOCS / PAGES[named] if named in PAGES else ROOT / named
        if not leads_to.is_file():
            return found[1]
        return f"[{found[1]}]({os.path.relpath(leads_to, (DOCS / page).parent)}{mark}{anchor})"

    return re.sub(r"\[([^\]\n]+)\]\(([^)\s]+)\)", link, path.read_text())


# Markdown


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines) + "\n"


def _escaped(text: str) -> str:
    """Return `text` so that Markdown takes nothing outside backticks for more than it is."""
    parts = text.split("`")
    plain = [re.sub(r"([\\*_<>\[\]{}])", r"\\\1", each) for each in parts[::2]]
    coded = parts[1::2]
    woven = [word for pair in zip(plain, [f"`{each}`" for each in coded] + [""], strict=False) for word in pair]
    return "".join(woven).replace("|", "\\|")


PARTS: dict[str, Callable[..., str]] = {
    each.__name__: each
    for each in (
        chapter, command_line, counts, departures, matrix_of_products, offers, open_choices, report_types,
        requirements, settings, target_toml, verdicts, waiver_fields,
    )
} | {"actions": action_guide.as_markdown}  # fmt: skip


def filled(text: str, page: str) -> str:
    """Return the Markdown of a page with its parts filled in."""

    def part(found: re.Match[str]) -> str:
        name, argument = found.groups()
        if name == "file":
            return file(argument, page)
        return PARTS[name](argument) if argument else PARTS[name]()

    return MARK.sub(part, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx fill in what is made from code."""

    def fill(_: Sphinx, page: str, source: list[str]) -> None:
        source[0] = filled(source[0], page)

    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
