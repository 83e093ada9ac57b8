"""The report as one HTML page that needs nothing else: no network, no file beside it.

Whatever a target said is escaped, and the page allows no script but its own.
"""

import base64
import hashlib
import shlex
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from kmc_harness.report.results import Report, RequirementResult, ScenarioResult
from kmc_harness.report.times import clock, moment, span
from kmc_harness.specification.catalogue import CHAPTERS, readings_of
from kmc_harness.verdicts import Verdict

__all__ = ["page", "template"]

HERE = Path(__file__).parent
PASSES_UP_TO = 1000
"""With more scenarios, the timelines of passes would make a page that no browser likes."""


def page(report: Report, source: Path) -> str:
    """Return `report`, which is read from `source`, as HTML."""
    by_requirement: dict[str, list[ScenarioResult]] = {each.id: [] for each in report.requirements}
    for each in report.scenarios:
        by_requirement[each.requirement].append(each)
    script = (HERE / "page.js").read_text("utf-8")
    return template("page.html.j2").render(
        report=report,
        outcome=report.outcome,
        colour={0: "pass", 1: "fail"}.get(report.exit_code, "inconclusive"),
        counts=[(name, count) for name, count in reversed(report.counts.items()) if count],
        facts=_facts(report),
        not_held=(not_held := _not_held(report, by_requirement)),
        shown_by={requirement.id: scenario for requirement, scenario in not_held},
        levels=list(dict.fromkeys(each.level for each in report.requirements)),
        chapters=_chapters(report),
        scenarios_of=by_requirement,
        readings_of=readings_of,
        with_passes=len(report.scenarios) <= PASSES_UP_TO,
        passes_up_to=PASSES_UP_TO,
        replay=f"kmc replay {shlex.quote(str(source))}",
        script=Markup(script),  # noqa: S704  ours
        script_hash=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    )


@cache
def template(name: str) -> Template:
    """Return a template of this folder, with the style of all our pages."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"quoted": shlex.quote, "clock": clock, "moment": moment, "span": span, "base64": _base64}
    environment.globals["style"] = Markup((HERE / "page.css").read_text("utf-8"))  # noqa: S704  ours
    return environment.get_template(name)


def _facts(report: Report) -> list[tuple[str, str]]:
    run = report.run
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items() if name != "features")
    return [
        ("target", run.target),
        ("adapter in", run.adapter),
        ("policy", run.policy),
        ("profile", run.profile),
        ("only", ", ".join(run.only)),
        ("seed", run.seed),
        ("repeats", str(run.repeat) if run.repeat > 1 else ""),
        ("pytest", " ".join(run.pytest_arguments)),
        ("when", report.timing.started_at.replace("T", " ").replace("+00:00", " UTC")),
        ("took", f"{report.size}; {report.timing.seconds:.1f} s, summed over them"),
        ("in contexts", report.in_contexts.in_words.removeprefix("in contexts: ")),
        ("features", run.versions.get("features", "")),
        ("versions", versions),
    ]


def _not_held(
    report: Report, by_requirement: dict[str, list[ScenarioResult]]
) -> list[tuple[RequirementResult, ScenarioResult]]:
    if report.refusal:
        return []
    held = (Verdict.PASS, Verdict.SKIPPED, Verdict.WAIVED)
    worst = sorted(
        (each for each in report.requirements if each.verdict not in held), key=lambda one: -one.verdict.rank
    )
    return [
        (each, next(one for one in by_requirement[each.id] if one.verdict is each.verdict))
        for each in worst
        if by_requirement[each.id]
    ]


def _chapters(report: Report) -> list[tuple[str, list[RequirementResult]]]:
    found = [
        (name, [each for each in report.requirements if each.id.startswith(key)]) for key, name in CHAPTERS.items()
    ]
    return [(name, requirements) for name, requirements in found if requirements]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
