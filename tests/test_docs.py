"""The pages hold what they promise: one screen of README, links that lead somewhere, commands that exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kmc_harness.cli.app import app
from kmc_harness.specification import catalogue

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SITE = sorted(each for each in (ROOT / "docs").rglob("*.md") if "_build" not in each.parts)
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *SITE]
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
BLOCK = re.compile(r"^(?:```|~~~)(\w*)\n(.*?)^(?:```|~~~)$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\s*(?:\$|- run:|-)? ?)?(?:\.?venv/bin/|\.venv/bin/)?kmc (.*?)(?:\s#.*)?$")


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _anchors(page: Path) -> set[str]:
    text = re.sub(BLOCK, "", page.read_text())
    headings = [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]
    slugs = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    made = {each.lower() for each in catalogue.load() if page.name == f"{each[:3].lower()}.md"}
    return slugs | made


def _links(page: Path) -> Iterator[str]:
    text = re.sub(r"`[^`\n]*`", "", re.sub(BLOCK, "", page.read_text()))
    yield from (each for each in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:", each))


def _commands(page: Path) -> Iterator[str]:
    for language, block in BLOCK.findall(page.read_text()):
        if language in ("", "text", "yaml", "groovy"):
            for line in block.splitlines():
                if found := COMMAND.match(line):
                    yield found[1]


def _mistakes(typed: str) -> list[str]:
    """Return what is wrong with a command, typed as it stands on a page."""
    name, *words = shlex.split(re.split(r" \|\| | > ", typed, maxsplit=1)[0])
    if name.startswith("--"):
        return []
    if name not in COMMANDS:
        return [f"there is no command {name!r}"]
    known = {option for each in COMMANDS[name].params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    before = words[: words.index("--")] if "--" in words else words
    return [
        f"kmc {name} takes no {each}" for each in before if each.startswith("-") and each.split("=")[0] not in known
    ]


def test_the_readme_is_one_screen() -> None:
    assert len(README.read_bytes()) <= 5000


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in _anchors(there)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_command_exists(page: Path) -> None:
    assert [mistake for typed in _commands(page) for mistake in _mistakes(typed)] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    assert _mistakes("runn --target model") == ["there is no command 'runn'"]
    assert _mistakes("run --targt model") == ["kmc run takes no --targt"]
    assert _mistakes("run --target model -- -x --maxfail=1") == []
