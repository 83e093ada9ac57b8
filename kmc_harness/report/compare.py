"""Two reports side by side: what got better or worse, and which checks silently stopped running."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from kmc_harness.port import Offer
from kmc_harness.report.results import Report, ScenarioResult
from kmc_harness.scenario.evidence import Checked
from kmc_harness.verdicts import Verdict

__all__ = ["NONE", "Change", "Difference", "compare"]

NONE = "none"
"""How a scenario ended that a report does not have."""


class Change(StrEnum):
    """How a scenario, or a choice, differs between two reports; worst first."""

    WORSE = "worse"
    LOST = "lost"
    BETTER = "better"
    NEW = "new"
    GONE = "gone"
    OTHERWISE = "otherwise"
    CHOICE = "choice"
    """No scenario: the target chooses otherwise where the requirements leave it a choice."""

    @property
    def fails(self) -> bool:
        """Whether it is a regression, or a check that was lost."""
        return self in (Change.WORSE, Change.LOST)


class Difference(msgspec.Struct, frozen=True):
    """One scenario that differs; `before` and `after` say how it ended, and `none` where it is not there.

    Of a choice they say what was chosen; `scenario` is its title, and `requirement` empty.
    """

    change: Change
    requirement: str
    scenario: str
    before: str
    after: str


def compare(before: Report, after: Report) -> list[Difference]:
    """Return what differs, worst first; scenarios are the same where requirement, feature and title are.

    The examples of one that races repeat it, since one race may be won by luck: they differ where their worst does.
    A report holds only those pairs of a scenario and a context that departed; where contexts were told, others passed.
    """
    order = list(Change)
    old, new = _by_name(before), _by_name(after)
    for one, others, other in ((old, new, before), (new, old, after)):
        if other.in_contexts.judged:
            one |= {name: _as_passed(each) for name, each in others.items() if each.context and name not in one}
    was, now = _worst_races(before), _worst_races(after)
    for name in old.keys() & new.keys():
        race, were_judged = _race(old[name]), old[name].verdict.is_judged and new[name].verdict.is_judged
        if were_judged and race in was and was[race] is now.get(race):
            new[name] = msgspec.structs.replace(new[name], verdict=old[name].verdict)
    found = [*_differences(old, new), *_choices(before, after)]
    return sorted(found, key=lambda each: (order.index(each.change), each.requirement, each.scenario))


def _choices(before: Report, after: Report) -> Iterator[Difference]:
    """Yield the choices that are others now; those of a report that has none are not known."""
    old = {each.name: each for each in before.choices}
    for each in after.choices:
        if each.name in old and (was := old[each.name].here) != each.here:
            yield Difference(Change.CHOICE, "", each.title, was, each.here)


_Name = tuple[str, str, str]


def _as_passed(departed: ScenarioResult) -> ScenarioResult:
    return msgspec.structs.replace(departed, verdict=Verdict.PASS, steps=())


def _by_name(report: Report) -> dict[_Name, ScenarioResult]:
    return {(each.requirement, each.feature, each.full_title): each for each in report.scenarios}


def _race(scenario: ScenarioResult) -> _Name:
    return scenario.requirement, scenario.feature, msgspec.structs.replace(scenario, example="").full_title


def _worst_races(report: Report) -> dict[_Name, Verdict]:
    worst: dict[_Name, Verdict] = {}
    for each in (each for each in report.scenarios if Offer.RACE in each.offers):
        worst[_race(each)] = max(worst.get(_race(each), each.verdict), each.verdict, key=lambda verdict: verdict.rank)
    return worst


def _differences(old: dict[_Name, ScenarioResult], new: dict[_Name, ScenarioResult]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        requirement, _, title = name
        if before is None:
            assert after is not None
            yield Difference(Change.NEW, requirement, title, NONE, after.verdict)
        elif after is None:
            change = Change.LOST if before.verdict.is_judged else Change.GONE
            yield Difference(change, requirement, title, before.verdict, NONE)
        elif before.verdict is not after.verdict:
            yield Difference(_change(before.verdict, after.verdict), requirement, title, before.verdict, after.verdict)
        elif before.verdict is Verdict.PASS and _checks(after) < _checks(before):
            counts = (f"{_checks(each)} checks" for each in (before, after))
            yield Difference(Change.LOST, requirement, title, *counts)


def _change(before: Verdict, after: Verdict) -> Change:
    if (before, after) == (Verdict.FAIL, Verdict.WAIVED):
        # Declared, not mended.
        return Change.OTHERWISE
    if before.is_judged and after.is_judged:
        return Change.WORSE if after.rank > before.rank else Change.BETTER
    if before.is_judged:
        return Change.WORSE if after is Verdict.FLAKY and before is not Verdict.FAIL else Change.LOST
    return Change.NEW if after.is_judged else Change.OTHERWISE


def _checks(scenario: ScenarioResult) -> int:
    return sum(isinstance(event, Checked) for step in scenario.steps for event in step.events)
