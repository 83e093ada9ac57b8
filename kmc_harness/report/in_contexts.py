"""The departures in contexts as a feature that can be run: each by the shortest scenario that shows it."""

from kmc_harness.report.results import Report, ScenarioResult

__all__ = ["NAME", "departures", "feature"]

NAME = "contexts.feature"


def departures(report: Report) -> list[ScenarioResult]:
    """Return the scenarios that departed in a context."""
    return [each for each in report.scenarios if each.context]


def feature(report: Report) -> tuple[str, list[int]]:
    """Return the text of a feature, and the line of each of the departures in it; "" where there is none."""
    lines = [f"Feature: Departures of {report.run.subject} in contexts"]
    places: list[int] = []
    for each in departures(report):
        lines += ["", f"  # {each.requirement}: expected {each.expected}; actual: {each.actual}"]
        places.append(len(lines) + 1)
        lines += [f"  {line}" for line in each.gherkin.splitlines()]
    return "\n".join([*lines, ""]) if places else "", places
