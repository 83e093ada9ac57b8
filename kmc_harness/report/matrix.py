"""Many reports side by side: requirements by implementations."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from kmc_harness.report.results import Report, RequirementResult
from kmc_harness.specification.catalogue import CHAPTERS, chapter_of
from kmc_model.values import Shown

__all__ = ["Matrix", "as_csv", "as_html", "matrix"]

Row = tuple[RequirementResult, tuple[RequirementResult | None, ...]]


@dataclass(frozen=True)
class Matrix(Shown):
    """Rows of (requirement, its result in each report or None where it was not in the run); a label a report."""

    labels: tuple[str, ...]
    rows: tuple[Row, ...]

    def judged(self, at: int) -> str:
        """Return how many requirements report number `at` judged, and of how many."""
        column = [found for _, results in self.rows if (found := results[at])]
        return f"{sum(each.verdict.is_judged for each in column)} of {len(column)}"

    def as_data(self) -> list[dict[str, object]]:
        """Return its rows for JSON: id, title, level; by report the verdict or null, and where it is judged in part."""
        return [
            {
                "id": each.id,
                "title": each.title,
                "level": each.level,
                "verdicts": {label: one and one.verdict for label, one in zip(self.labels, row, strict=True)},
                "partly": [label for label, one in zip(self.labels, row, strict=True) if one and one.partly_covered],
            }
            for each, row in self.rows
        ]


def matrix(reports: Sequence[tuple[str, Report]]) -> Matrix:
    """Put reports side by side; each comes with a name to tell it by where two are of the same target."""
    runs = [report.run for _, report in reports]
    subjects = [run.subject if run.called else _short(run.subject) for run in runs]
    labels = tuple(
        subject if subjects.count(subject) == 1 else f"{subject} ({name})"
        for subject, (name, _) in zip(subjects, reports, strict=True)
    )
    found: dict[str, RequirementResult] = {}
    for _, report in reports:
        for each in report.requirements:
            found.setdefault(each.id, each)
    chapters = list(CHAPTERS)
    ids = sorted(found, key=lambda each: (chapters.index(each.partition("-")[0]), each))
    results = [{each.id: each for each in report.requirements} for _, report in reports]
    return Matrix(labels, tuple((found[each], tuple(one.get(each) for one in results)) for each in ids))


def _short(subject: str) -> str:
    """Return the name of a target's folder, where it is named by a path; with the file's, where that is another one."""
    if not re.fullmatch(r"[^:]*/[^:]*", subject):
        return subject
    path = PurePath(subject)
    return path.name if path.suffix != ".toml" else "/".join((path.parent.name, path.stem)).removesuffix("/target")


def as_csv(made: Matrix) -> str:
    """Return `made` as CSV: requirement, title, level, and a column a report."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["requirement", "title", "level", *made.labels])
    for each, results in made.rows:
        writer.writerow([each.id, each.title, each.level, *(one.verdict if one else "" for one in results)])
    return out.getvalue()


def as_html(made: Matrix) -> str:
    """Return `made` as a page that needs nothing else."""
    from kmc_harness.report.html import template

    rows: dict[str, list[Row]] = {}
    for row in made.rows:
        rows.setdefault(chapter_of(row[0].id), []).append(row)
    return template("matrix.html.j2").render(matrix=made, chapters=rows.items())
