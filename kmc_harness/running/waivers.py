"""Waivers: departures that are known, each pinned to the way it fails, so that it hides no second one.

A waiver never keeps a scenario from running. One that no longer applies fails the run: it would silence a check.
"""

import datetime
import json
import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from kmc_harness.report.results import ScenarioResult, WaiverResult, WaiverState
from kmc_harness.specification import catalogue
from kmc_harness.verdicts import Misuse, Verdict

__all__ = ["Waiver", "apply", "missing", "read"]

_HELD = frozenset({Verdict.PASS, Verdict.WARNING, Verdict.SKIPPED})


class _Waivable(StrEnum):
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of `waivers.toml`.

    Attributes:
        requirement: the id of the requirement that is departed from.
        actual: what is seen of it, as the report says under `actual`; `*` stands for any text.
        why: the reason, in words.
        scenario: the title of the only scenario it speaks of; all of the requirement where it is empty.
        link: where the departure is tracked.
        until: the last day on which it holds.
        verdict: what is waived, `fail` or `inconclusive`.

    """

    requirement: str
    actual: str
    why: str
    scenario: str = ""
    link: str = ""
    until: datetime.date | None = None
    verdict: _Waivable = _Waivable.FAIL

    def speaks_of(self, scenario: ScenarioResult) -> bool:
        """Whether `scenario` is one of those this waiver is for, however it ended."""
        return self.requirement == scenario.requirement and self.scenario in ("", scenario.title)

    def matches(self, scenario: ScenarioResult) -> bool:
        """Whether `scenario` ended as this waiver says it does."""
        pattern = ".*".join(map(re.escape, self.actual.split("*")))
        ended_so = scenario.verdict.value == self.verdict.value
        return self.speaks_of(scenario) and ended_so and re.fullmatch(pattern, scenario.actual, re.DOTALL) is not None

    @property
    def reason(self) -> str:
        """Why, with link and last day, for a report."""
        until = f"until {self.until}" if self.until else ""
        notes = ", ".join(filter(None, (self.link, until)))
        return f"{self.why} ({notes})" if notes else self.why


class _File(msgspec.Struct, forbid_unknown_fields=True):
    waiver: tuple[Waiver, ...] = ()


def read(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a TOML file, in its order.

    Raises:
        Misuse: the file cannot be read, has an unknown field, lacks a reason, or names what does not exist.

    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File).waiver
    except OSError as error:
        raise Misuse(f"waivers cannot be read from {str(path)!r}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        renamed = "; `seen` is called `actual` now" if "`seen`" in str(error) else ""
        raise Misuse(f"{path} cannot be read as waivers: {error}{renamed}") from error
    for number, each in enumerate(found, 1):
        if complaint := _complaint(each):
            raise Misuse(f"{path}: waiver {number} {complaint}")
    return found


def _complaint(waiver: Waiver) -> str:
    from kmc_harness.specification.bindings import scenarios_of

    if waiver.requirement not in catalogue.load():
        return f"names an unknown requirement {waiver.requirement!r}; `kmc requirements` lists all"
    titles = [title for _, title, _ in scenarios_of(waiver.requirement)]
    if waiver.scenario and waiver.scenario not in titles:
        return f"names an unknown scenario {waiver.scenario!r}; {waiver.requirement} has {', '.join(titles)}"
    if not waiver.why.strip():
        return f"({waiver.requirement}) gives no reason; say why the departure is accepted"
    if not (waiver.why + waiver.link).isprintable():
        return f"({waiver.requirement}) has characters in it that cannot be shown; write `why` and `link` on one line"
    if not waiver.actual.strip(" *"):
        return f"({waiver.requirement}) would match however it fails; copy `actual` from the report"
    return ""


def missing(waivers: Sequence[Waiver], scenarios: Iterable[ScenarioResult]) -> list[str]:
    """Return an entry, as TOML, for each way in which `scenarios` end that none of `waivers` is for; `why` is empty.

    It names its scenario only where others of the requirement end in another way.
    """
    ways: dict[tuple[str, str], dict[str, set[str]]] = {}
    for each in scenarios:
        if each.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) and not any(one.matches(each) for one in waivers):
            of_requirement = ways.setdefault((each.requirement, each.verdict.value), {})
            of_requirement.setdefault(each.actual, set()).add("" if each.scenario_of else each.title)
    entries = []
    for (requirement, verdict), titles_of in ways.items():
        for actual, titles in titles_of.items():
            for title in sorted(titles) if len(titles_of) > 1 else ("",):
                fields = {"requirement": requirement, "scenario": title, "actual": actual}
                given = {name: text for name, text in fields.items() if text}
                given |= {"verdict": verdict} if verdict == Verdict.INCONCLUSIVE else {}
                entries.append(_as_toml(given | {"why": ""}))
    return entries


def _as_toml(fields: dict[str, str]) -> str:
    quoted = {name: json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f") for name, text in fields.items()}
    return "\n".join(["[[waiver]]", *(f"{name} = {text}" for name, text in quoted.items())]) + "\n"


def apply(
    waivers: Sequence[Waiver],
    repeats: Iterable[Sequence[ScenarioResult]],
    chosen: Collection[str],
    today: datetime.date,
) -> tuple[list[list[ScenarioResult]], tuple[WaiverResult, ...]]:
    """Return the scenarios of each repeat with `waived` where a waiver holds, and what became of each waiver.

    Args:
        waivers: what was declared.
        repeats: the results, once per repeat.
        chosen: the requirements that were to be judged; waivers of others are not.
        today: the day of the run.

    """
    valid = [each for each in waivers if each.until is None or today <= each.until]
    given = [list(each) for each in repeats]
    waived = [[_waived(scenario, valid) for scenario in repeat] for repeat in given]
    ran = [scenario for repeat in given for scenario in repeat]
    return waived, tuple(_became(each, ran, chosen, each in valid) for each in waivers)


def _waived(scenario: ScenarioResult, waivers: Iterable[Waiver]) -> ScenarioResult:
    for each in waivers:
        if each.matches(scenario):
            return msgspec.structs.replace(scenario, verdict=Verdict.WAIVED, waiver=each.reason)
    return scenario


def _became(waiver: Waiver, ran: Sequence[ScenarioResult], chosen: Collection[str], valid: bool) -> WaiverResult:
    spoken_of = [each for each in ran if waiver.speaks_of(each)]
    matched = tuple(sorted({each.id for each in spoken_of if waiver.matches(each)}))
    ended = {each.verdict for each in spoken_of}
    if waiver.requirement not in chosen:
        state = WaiverState.NOT_JUDGED
    elif not valid:
        state = WaiverState.OVERDUE
    elif matched:
        state = WaiverState.APPLIED
    elif ended <= {Verdict.SKIPPED} or ended & {Verdict.FAIL, Verdict(waiver.verdict)}:
        state = WaiverState.UNMATCHED
    else:
        state = WaiverState.STALE if ended <= _HELD else WaiverState.NOT_JUDGED
    until = waiver.until.isoformat() if waiver.until else ""
    return WaiverResult(
        waiver.requirement, waiver.scenario, waiver.actual, waiver.why, waiver.link, until, state, matched
    )
