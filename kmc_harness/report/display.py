"""How a report, and many side by side, show themselves in Jupyter."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from kmc_harness.report.matrix import Matrix
from kmc_harness.report.results import Report
from kmc_harness.specification.catalogue import CHAPTERS, chapter_of
from kmc_harness.verdicts import Verdict
from kmc_model.values import drawings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["heat_map"]

COLOURS = {
    Verdict.PASS: "#1a7f4b",
    Verdict.SKIPPED: "#e3e6ea",
    Verdict.WARNING: "#d99b1c",
    Verdict.WAIVED: "#0b7285",
    Verdict.INCONCLUSIVE: "#8a3fa0",
    Verdict.ERROR: "#b4460f",
    Verdict.FLAKY: "#7a2fd0",
    Verdict.FAIL: "#c22436",
}
MARKS = {
    Verdict.WARNING: "!",
    Verdict.WAIVED: "w",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "E",
    Verdict.FLAKY: "~",
    Verdict.FAIL: "x",
}
"""What stands in a cell, so that colour is not all; a pass and a skip have nothing."""


@drawings.register
def _(report: Report, secrets: bool) -> dict[str, object]:
    """Its headline, verdicts by chapter, and what was not held."""
    used = [each for each in Verdict if any(one.verdict is each for one in report.requirements)]
    chapters = dict.fromkeys(chapter_of(each.id) for each in report.requirements)
    counts = [(chapter, *(str(_count(report, chapter, verdict) or "") for verdict in used)) for chapter in chapters]
    departed = [
        (each.id, _badge(each.verdict), escape(each.title))
        for each in report.requirements
        if each.verdict not in (Verdict.PASS, Verdict.SKIPPED)
    ]
    html = (
        f"<p>{escape(report.headline)}</p>"
        + _table(["chapter", *map(_badge, used)], counts)
        + (_table(["requirement", "verdict", "what it says"], departed) if departed else "")
    )
    return {"text/plain": report.headline, "text/html": html}


def _count(report: Report, chapter: str, verdict: Verdict) -> int:
    return sum(chapter_of(each.id) == chapter and each.verdict is verdict for each in report.requirements)


def _badge(verdict: Verdict) -> str:
    colour = COLOURS[verdict] if verdict is not Verdict.SKIPPED else "#667080"
    return f'<b style="color:{colour}">{verdict}</b>'


def _table(heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    left = ' style="text-align:left"'
    head = "".join(f"<th{left}>{each}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td{left}>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


@drawings.register
def _(made: Matrix, secrets: bool) -> dict[str, object]:
    """A heat map, and a line a report as plain text."""
    out = io.BytesIO()
    heat_map(made).savefig(out, format="png", dpi=96, bbox_inches="tight")
    lines = (f"{label}: {made.judged(at)} requirements judged" for at, label in enumerate(made.labels))
    return {"text/plain": "\n".join(lines), "image/png": base64.b64encode(out.getvalue()).decode()}


def heat_map(made: Matrix) -> "Figure":
    """Draw requirements by implementations, a panel a chapter; a cell has the colour of its verdict."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    panels = {
        chapter: [row for row in made.rows if row[0].id.startswith(chapter)]
        for chapter in CHAPTERS
        if any(row[0].id.startswith(chapter) for row in made.rows)
    }
    tallest = max(len(rows) for rows in panels.values())
    figure = Figure(figsize=(1.55 * len(panels), 1.6 + 0.24 * tallest), facecolor="white")
    seen = set()
    for axes, rows in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.values(), strict=True):
        for y, (_, results) in enumerate(rows):
            for x, one in enumerate(results):
                if one is not None:
                    seen.add(one.verdict)
                    _cell(axes, x, y, one.verdict)
        axes.set_yticks(range(len(rows)), [each.id for each, _ in rows], fontsize=7)
        axes.set_xticks(range(len(made.labels)), made.labels, fontsize=7, rotation=90)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set_xlim(-0.5, len(made.labels) - 0.5)
        axes.set_ylim(tallest - 0.5, -0.5)
        for side in axes.spines.values():
            side.set_visible(False)
    handles = [Patch(color=COLOURS[each], label=str(each)) for each in Verdict if each in seen]
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), frameon=False, fontsize=8)
    figure.subplots_adjust(wspace=0.75, bottom=0.06)
    return figure


def _cell(axes: Any, x: int, y: int, verdict: Verdict) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, color=COLOURS[verdict]))
    if mark := MARKS.get(verdict):
        axes.text(x, y, mark, ha="center", va="center", fontsize=8, color="white")
