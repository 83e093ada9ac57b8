"""The report as Cucumber Messages: one JSON envelope a line, for any tool that reads them.

Made from the report, so that it is whole also where workers ran the scenarios. Whatever makes `kmc run` fail is
FAILED here, with the verdict in its message: readers take less for green.
"""

import datetime
import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from gherkin.stream.gherkin_events import GherkinEvents

from kmc_harness.report import in_contexts
from kmc_harness.report.results import Report, ScenarioResult
from kmc_harness.scenario.evidence import Step, StepEnd
from kmc_harness.specification.locations import FEATURES
from kmc_harness.verdicts import Verdict

__all__ = ["messages"]

PROTOCOL = "32.0.0"
NANOS = 1_000_000_000
_ENDS = {StepEnd.PASSED: "PASSED", StepEnd.FAILED: "FAILED", StepEnd.NOT_RUN: "SKIPPED"}
_KEPT = {Verdict.SKIPPED: "SKIPPED", Verdict.WAIVED: "SKIPPED", Verdict.WARNING: "PASSED"}


def messages(report: Report) -> bytes:
    """Return `report` as newline-delimited Cucumber Messages; only for features of the installed suite."""
    return b"".join(msgspec.json.encode(each) + b"\n" for each in _envelopes(report))


def _envelopes(report: Report) -> Iterator[dict[str, Any]]:
    versions = report.run.versions
    yield {
        "meta": {
            "protocolVersion": PROTOCOL,
            "implementation": {"name": "kmc-harness", "version": versions["kmc-harness"]},
            "runtime": {"name": "Python", "version": versions["python"]},
            "os": {"name": platform.system()},
            "cpu": {"name": platform.machine()},
        }
    }
    pickles: dict[tuple[str, int, str], dict[str, Any]] = {}
    events = GherkinEvents(GherkinEvents.Options(print_source=True, print_ast=True, print_pickles=True))
    text, places = in_contexts.feature(report)
    sources = {each.feature: _source(each.feature) for each in report.scenarios if not each.context}
    sources |= {in_contexts.NAME: _as_source(in_contexts.NAME, text)} if text else {}
    for feature, source in sources.items():
        lines: dict[str, int] = {}
        rows: dict[str, str] = {}
        for event in events.enum(source):
            envelope: dict[str, Any] = dict(event)
            if "gherkinDocument" in envelope:
                _note_nodes(envelope["gherkinDocument"], lines, rows)
            if "pickle" in envelope:
                scenario, *row = envelope["pickle"]["astNodeIds"]
                key = (feature, lines[scenario], rows[row[0]] if row else "")
                pickles[key] = envelope["pickle"]
            yield envelope
    line_of = dict(zip((each.id for each in in_contexts.departures(report)), places, strict=True))
    cases = [
        (
            each,
            pickles[in_contexts.NAME, line_of[each.id], ""]
            if each.context
            else pickles[each.feature, each.line, each.example],
        )
        for each in report.scenarios
    ]
    yield from _run(report, cases)


def _source(feature: str) -> Any:
    return _as_source(feature, (FEATURES / feature).read_text("utf-8"))


def _as_source(feature: str, text: str) -> Any:
    return {"source": {"uri": f"features/{feature}", "data": text, "mediaType": "text/x.cucumber.gherkin+plain"}}


def _note_nodes(node: Any, lines: dict[str, int], rows: dict[str, str]) -> None:
    """Note the line of every node, and what stands in every row of examples, as pytest names it."""
    if isinstance(node, Mapping):
        if "id" in node:
            lines[node["id"]] = node["location"]["line"]
            if "cells" in node:
                rows[node["id"]] = "-".join(cell["value"] for cell in node["cells"])
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            _note_nodes(each, lines, rows)


def _run(report: Report, cases: Sequence[tuple[ScenarioResult, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    began = datetime.datetime.fromisoformat(report.timing.started_at).timestamp() if report.timing.started_at else 0.0
    for scenario, pickle in cases:
        steps = [{"id": f"{scenario.id}/{each['id']}", "pickleStepId": each["id"]} for each in pickle["steps"]]
        yield {"testCase": {"id": scenario.id, "pickleId": pickle["id"], "testSteps": steps, "testRunStartedId": "run"}}
    yield {"testRunStarted": {"id": "run", "timestamp": _moment(began)}}
    for scenario, pickle in cases:
        seconds = report.timing.scenarios.get(scenario.id, 0.0)
        yield from _case(scenario, pickle, began, seconds)
        began += seconds
    ended = {"success": report.exit_code == 0, "timestamp": _moment(began), "testRunStartedId": "run"}
    yield {"testRunFinished": ended | {"message": report.headline}}


def _case(
    scenario: ScenarioResult, pickle: Mapping[str, Any], began: float, seconds: float
) -> Iterator[dict[str, Any]]:
    started = f"{scenario.id}/started"
    of_case = {"testCaseId": scenario.id, "attempt": 0, "timestamp": _moment(began)}
    yield {"testCaseStarted": {"id": started, **of_case}}
    results = _step_results(scenario, len(pickle["steps"]))
    for at, (step, result) in enumerate(zip(pickle["steps"], results, strict=True), 1):
        of_step = {"testCaseStartedId": started, "testStepId": f"{scenario.id}/{step['id']}"}
        last = at == len(results)
        yield {"testStepStarted": of_step | {"timestamp": _moment(began)}}
        yield {
            "testStepFinished": of_step
            | {
                "testStepResult": result | {"duration": _moment(seconds if last else 0.0)},
                "timestamp": _moment(began + seconds if last else began),
            }
        }
    finished = {"testCaseStartedId": started, "willBeRetried": False, "timestamp": _moment(began + seconds)}
    yield {"testCaseFinished": finished}


def _step_results(scenario: ScenarioResult, count: int) -> list[dict[str, str]]:
    """Return status and message of each step; what is no pass is told on a step, even where none was begun."""
    ended: Sequence[Step] = scenario.steps
    found = [{"status": _ENDS[each.ended]} for each in ended] or [{"status": "SKIPPED"}] * count
    if scenario.verdict is Verdict.PASS or not found:
        return found
    failed = [at for at, each in enumerate(ended) if each.ended is StepEnd.FAILED]
    at = failed[0] if failed else len(found) - 1 if ended and ended[0].ended is StepEnd.PASSED else 0
    says = f"{scenario.verdict}: expected {scenario.expected}; actual: {scenario.actual}"
    message = f"{scenario.verdict}: {scenario.waiver or scenario.actual}" if scenario.verdict in _KEPT else says
    found[at] = {"status": _KEPT.get(scenario.verdict, "FAILED"), "message": message}
    return found


def _moment(seconds: float) -> dict[str, int]:
    whole, part = divmod(round(seconds * NANOS), NANOS)
    return {"seconds": whole, "nanos": part}
