"""The report as SARIF 2.1.0, for servers of code scanning: a rule a requirement, a result a departure.

A rule names the weakness (CWE) that a departure from it is, and the test of OWASP's guide. What was judged is a running
system, so a result has no place in its code; its place is the scenario.
"""

import json

from kmc_harness.report.results import Report, RequirementResult, ScenarioResult
from kmc_harness.specification import catalogue
from kmc_harness.verdicts import Verdict

__all__ = ["sarif"]

LEVELS = {Verdict.FAIL: "error", Verdict.WARNING: "warning"}
"""What departs; what could not be judged is a notification, and no result."""
UNJUDGED = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.FLAKY)


def sarif(report: Report) -> bytes:
    """Return `report` as SARIF."""
    scenarios = {each.id: each for each in report.scenarios}
    departed = [each for each in report.requirements if each.verdict in (*LEVELS, Verdict.WAIVED)]
    results = [
        _result(each, next(scenarios[name] for name in each.scenarios if scenarios[name].verdict is each.verdict))
        for each in departed
    ]
    unjudged = [each for each in report.requirements if each.verdict in UNJUDGED]
    run = {
        "tool": {
            "driver": {
                "name": "kmc-harness",
                "version": report.run.versions["kmc-harness"],
                "rules": [_rule(each) for each in departed],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.refusal,
                "toolExecutionNotifications": [_notification(f"{each.id}: {each.verdict}") for each in unjudged]
                + ([_notification(report.refusal)] if report.refusal else []),
            }
        ],
        "results": results,
    }
    whole = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2, ensure_ascii=False).encode() + b"\n"


def _rule(result: RequirementResult) -> dict[str, object]:
    known = catalogue.load().get(result.id)
    rule: dict[str, object] = {
        "id": result.id,
        "shortDescription": {"text": result.title},
        "fullDescription": {"text": known.text if known else result.title},
        "help": {"text": f"Source: {result.source}"},
    }
    if known and known.see:
        rule["properties"] = {"tags": ["security", *(_as_tag(each) for each in known.see)]}
    return rule


def _as_tag(name: str) -> str:
    """Return a weakness as GitHub's code scanning reads it."""
    return f"external/cwe/{name.lower()}" if name.startswith("CWE-") else name


def _result(result: RequirementResult, scenario: ScenarioResult) -> dict[str, object]:
    text = f"{scenario.full_title}, at {scenario.step!r}: expected {scenario.expected}; actual: {scenario.actual}"
    made: dict[str, object] = {
        "ruleId": result.id,
        "level": LEVELS.get(result.verdict, "note"),
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"features/{scenario.feature}"},
                    "region": {"startLine": scenario.line},
                }
            }
        ],
        "partialFingerprints": {"scenario/v1": f"{result.id}/{scenario.full_title}"},
    }
    if result.verdict is Verdict.WAIVED:
        made["suppressions"] = [{"kind": "external", "justification": scenario.waiver}]
    return made


def _notification(text: str) -> dict[str, object]:
    return {"level": "error", "message": {"text": text}}
