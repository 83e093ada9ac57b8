"""Results of scenarios and requirements, and the report made of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from kmc_harness import __version__
from kmc_harness.catalogue import Requirement, Seen
from kmc_harness.verdicts import Verdict, highest
from kmc_harness.world import Happening

__all__ = ["Report", "RequirementResult", "ScenarioResult", "build", "write"]

SCHEMA_VERSION = 1


class ScenarioResult(msgspec.Struct, frozen=True):
    """How one scenario ended; `step` is the first that departed, or where it broke off."""

    id: str
    requirement: str
    title: str
    feature: str
    line: int
    verdict: Verdict
    step: str = ""
    expected: str = ""
    seen: str = ""
    happenings: tuple[Happening, ...] = ()
    actions: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    seconds: float = 0.0


class RequirementResult(msgspec.Struct, frozen=True):
    """The highest verdict of a requirement's scenarios; `reason` says why it is neither pass nor fail."""

    id: str
    level: str
    word: str
    title: str
    text: str
    source: str
    verdict: Verdict
    reason: str
    known_departure: str
    scenarios: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """One run. Two runs with the same seed on a deterministic target differ in `timing` alone."""

    schema_version: int
    suite_version: str
    target: str
    policy: str
    profile: str
    seed: str
    partial: bool
    judged: int
    counts: dict[str, int]
    requirements: tuple[RequirementResult, ...]
    scenarios: tuple[ScenarioResult, ...]
    timing: dict[str, float]

    @property
    def exit_code(self) -> int:
        """0: no departure; 1: a `fail`; 3: no `fail`, but an `error` or something `inconclusive`."""
        verdicts = {each.verdict for each in self.requirements}
        if Verdict.FAIL in verdicts:
            return 1
        return 3 if verdicts & {Verdict.ERROR, Verdict.INCONCLUSIVE} else 0


def _requirement_result(
    requirement: Requirement, scenarios: Sequence[ScenarioResult], known: bool
) -> RequirementResult:
    verdict = highest(each.verdict for each in scenarios)
    reason = next((each.seen for each in scenarios if each.verdict is verdict), "")
    if not scenarios:
        reason = {
            Seen.SCREEN: "only to be seen on a screen, which this target does not show",
            Seen.NOWHERE: "not to be seen from outside",
        }.get(requirement.seen, "no scenario was run")
    return RequirementResult(
        requirement.id,
        requirement.level.value,
        requirement.word,
        requirement.title,
        requirement.text,
        requirement.source,
        verdict,
        reason,
        f"{requirement.observation}: {requirement.departure}" if known and requirement.observation else "",
        tuple(each.id for each in scenarios),
    )


def build(
    requirements: Iterable[Requirement],
    scenarios: Iterable[ScenarioResult],
    *,
    target: str,
    policy: str,
    profile: str,
    seed: str,
    partial: bool,
) -> Report:
    """Put a report together; scenarios are ordered by feature and line, whatever the order they ran in."""
    ordered = sorted(scenarios, key=lambda each: (each.feature, each.line, each.id))
    by_requirement: dict[str, list[ScenarioResult]] = {}
    for each in ordered:
        by_requirement.setdefault(each.requirement, []).append(each)
    results = tuple(
        _requirement_result(each, by_requirement.get(each.id, []), policy == "kaltura-server") for each in requirements
    )
    counts = Counter(each.verdict.value for each in results)
    return Report(
        SCHEMA_VERSION,
        __version__,
        target,
        policy,
        profile,
        seed,
        partial,
        sum(each.verdict in (Verdict.PASS, Verdict.WARNING, Verdict.FAIL) for each in results),
        {verdict.value: counts[verdict.value] for verdict in Verdict},
        results,
        tuple(msgspec.structs.replace(each, seconds=0.0) for each in ordered),
        {each.id: round(each.seconds, 4) for each in ordered},
    )


def write(report: Report, folder: Path) -> Path:
    """Write `report.json` into `folder`, which is made where it is missing; replaced whole or not at all.

    Raises:
        OSError: the folder cannot be made or written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = folder / "report.json", folder / "report.json.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    draft.replace(path)
    return path
