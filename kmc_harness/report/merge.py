"""One report of several runs that each told a share of the pairs of scenarios and contexts (`--shard K/N`)."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from kmc_harness.report.results import InContexts, Report, Run, ScenarioResult, Timing, WaiverResult, WaiverState, build
from kmc_harness.specification import catalogue
from kmc_harness.specification.contexts import length_of
from kmc_harness.verdicts import Misuse

__all__ = ["merge"]


def merge(reports: Sequence[Report]) -> Report:
    """Return the report that one run of the whole would have given.

    Raises:
        Misuse: a share is missing or there twice, or the runs differ in more than their share.

    """
    run = _whole(reports[0].run)
    if any(_whole(each.run) != run for each in reports):
        raise Misuse("the reports are of runs that differ in more than --shard; merge those of one run")
    shares = [each.run.shard for each in reports]
    of = shares[0].partition("/")[2]
    wanted = [f"{share}/{of}" for share in range(1, int(of or 0) + 1)]
    if not wanted or sorted(shares) != sorted(wanted):
        needed = f"; each of {', '.join(wanted)} is needed once" if wanted else "; kmc run --shard makes shares"
        raise Misuse(f"the reports have the shares {', '.join(filter(None, shares)) or 'none'}{needed}")
    results = [*_plain(reports), *_departures(reports)]
    return build(
        run,
        [catalogue.load()[each] for each in catalogue.select(run.profile, run.only)],
        [results],
        tuple(map(_became, zip(*(each.waivers for each in reports), strict=True))),
        Timing(reports[0].timing.started_at, reports[0].timing.scenarios),
        _in_contexts(reports),
        reports[0].choices,
    )


def _whole(run: Run) -> Run:
    return msgspec.structs.replace(run, shard="")


def _plain(reports: Sequence[Report]) -> list[ScenarioResult]:
    """Return the scenarios as they stand, each with its highest verdict: every run tells them all."""
    found: dict[str, ScenarioResult] = {}
    for each in (scenario for report in reports for scenario in report.scenarios if not scenario.context):
        if each.id not in found or each.verdict.rank > found[each.id].verdict.rank:
            found[each.id] = each
    return list(found.values())


def _departures(reports: Sequence[Report]) -> list[ScenarioResult]:
    """Return the departures in contexts, each that shows alike once: the shortest, with the pairs of all shares."""
    alike: dict[tuple[str, ...], list[ScenarioResult]] = {}
    for each in (scenario for report in reports for scenario in report.scenarios if scenario.context):
        alike.setdefault((each.requirement, each.expected, each.actual), []).append(each)
    return [_shortest(each) for each in alike.values()]


def _shortest(alike: Sequence[ScenarioResult]) -> ScenarioResult:
    shortest = min(alike, key=lambda each: (length_of(each.context), each.id))
    return msgspec.structs.replace(shortest, also=sum(each.also + 1 for each in alike) - 1)


def _became(waivers: Sequence[WaiverResult]) -> WaiverResult:
    """Return what became of one waiver: it is applied where it was in any share."""
    return next((each for each in waivers if each.state is WaiverState.APPLIED), waivers[0])


def _in_contexts(reports: Sequence[Report]) -> InContexts:
    counts: dict[str, Counter[str]] = {"ends": Counter(), "told": Counter(), "tests": Counter()}
    for report in reports:
        for name, counted in counts.items():
            counted.update(getattr(report.in_contexts, name))
    in_order = {name: dict(sorted(counted.items())) for name, counted in counts.items()}
    asked = reports[0].in_contexts.asked
    broken = next((each.in_contexts.broken for each in reports if each.in_contexts.broken), "")
    return InContexts(asked, sum(each.in_contexts.planned for each in reports), **in_order, broken=broken)
