"""Reports as pandas DataFrames."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from kmc_harness.report.choices import Choice
from kmc_harness.report.files import read
from kmc_harness.report.results import Report, RequirementResult, ScenarioResult
from kmc_harness.scenario.evidence import Event
from kmc_harness.specification.catalogue import chapter_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Frames", "load"]


@dataclass(frozen=True)
class Frames:
    """A report as tables.

    Attributes:
        requirements: indexed by `id`; chapter, level, word, title, verdict, reason, scenarios (how many), ...
        scenarios: indexed by `id`; requirement, chapter, title, example, feature, line, verdict, seconds, ...
        events: one row for everything that happened, in order; scenario, step, kind, at (UTC), and the fields of
            that kind of event, such as action and answer.
        choices: indexed by `name`; value, reference, source, unmeasured (why), and in words title, here, there. Empty
            where they were not measured.
        report: what they are made of.

    """

    requirements: "pd.DataFrame"
    scenarios: "pd.DataFrame"
    events: "pd.DataFrame"
    choices: "pd.DataFrame"
    report: Report

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return self.report._repr_mimebundle_(include, exclude)


def load(path: str | Path) -> Frames:
    """Return the report at `path`, a `report.json` or its folder, as DataFrames.

    Raises:
        Misuse: it is missing, truncated, changed, of a newer version, or no report at all.
        ModuleNotFoundError: pandas is not installed (the extra `notebooks` brings it).

    """
    import pandas as pd

    report = read(Path(path))
    requirements = [
        _row(each) | {"chapter": chapter_of(each.id), "scenarios": len(each.scenarios)} for each in report.requirements
    ]
    scenarios = [
        _row(each, without=("steps",))
        | {"chapter": chapter_of(each.requirement), "seconds": report.timing.scenarios.get(each.id, 0.0)}
        for each in report.scenarios
    ]
    events = [
        {"scenario": each.id, "step": step.text, "kind": event.kind, **_row(event, without=("picture",))}
        for each in report.scenarios
        for step in each.steps
        for event in step.events
    ]
    frame = pd.DataFrame(events, columns=["scenario", "step", "kind", *_columns(*get_args(Event), without="picture")])
    frame["at"] = pd.to_datetime(frame["at"], unit="s", utc=True)
    return Frames(
        pd.DataFrame(requirements, columns=[*_columns(RequirementResult), "chapter"]).set_index("id"),
        pd.DataFrame(scenarios, columns=[*_columns(ScenarioResult, without="steps"), "chapter", "seconds"]).set_index(
            "id"
        ),
        frame,
        _choices(report),
        report,
    )


def _choices(report: Report) -> "pd.DataFrame":
    import pandas as pd

    words = ("title", "here", "there")
    rows = [_row(each) | {name: getattr(each, name) for name in words} for each in report.choices]
    # As they are: a lock is no number with a fraction because a session has none.
    return pd.DataFrame(rows, columns=[*_columns(Choice), *words], dtype=object).set_index("name")


def _columns(*kinds: type[msgspec.Struct], without: str = "") -> list[str]:
    names = dict.fromkeys(name for kind in kinds for name in kind.__struct_fields__)
    return [name for name in names if name != without]


def _row(record: msgspec.Struct, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__ if name not in without}
