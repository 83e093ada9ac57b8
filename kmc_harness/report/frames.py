"""Reports as pandas DataFrames."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kmc_harness.catalogue import CHAPTERS
from kmc_harness.report.files import read
from kmc_harness.results import Report

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
        report: what they are made of.

    """

    requirements: "pd.DataFrame"
    scenarios: "pd.DataFrame"
    events: "pd.DataFrame"
    report: Report


def load(path: str | Path) -> Frames:
    """Return the report at `path`, a `report.json` or its folder, as DataFrames.

    Raises:
        UnreadableReport: it is missing, truncated, changed, of a newer version, or no report at all.
        ModuleNotFoundError: pandas is not installed (the extra `notebooks` brings it).

    """
    import pandas as pd

    report = read(Path(path))
    requirements = pd.DataFrame(
        [
            _row(each) | {"chapter": CHAPTERS[each.id.partition("-")[0]], "scenarios": len(each.scenarios)}
            for each in report.requirements
        ]
    )
    scenarios = pd.DataFrame(
        [
            _row(each, without=("steps",))
            | {
                "chapter": CHAPTERS[each.requirement.partition("-")[0]],
                "seconds": report.timing.scenarios.get(each.id, 0.0),
            }
            for each in report.scenarios
        ]
    )
    events = pd.DataFrame(
        [
            {"scenario": each.id, "step": step.text, **_row(event, without=("picture",)), "kind": event.kind}
            for each in report.scenarios
            for step in each.steps
            for event in step.events
        ],
        columns=None if any(step.events for each in report.scenarios for step in each.steps) else ["scenario", "at"],
    )
    events["at"] = pd.to_datetime(events["at"], unit="s", utc=True)
    return Frames(requirements.set_index("id"), scenarios.set_index("id"), events, report)


def _row(record: msgspec.Struct, without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__ if name not in without}
