"""Results of scenarios and requirements, and the report made of them.

These types are the contract of `report.json`; its JSON Schema is made of them (kmc_harness/report/schema.json).
"""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from kmc_harness.report.choices import Choice
from kmc_harness.scenario.evidence import Step
from kmc_harness.specification.catalogue import Requirement, Seen
from kmc_harness.verdicts import Verdict, highest
from kmc_model.values import Shown

__all__ = [
    "NOTHING_RAN",
    "READY",
    "RUN",
    "SCHEMA_VERSION",
    "Besides",
    "InContexts",
    "Report",
    "RequirementResult",
    "Run",
    "ScenarioResult",
    "Timing",
    "WaiverResult",
    "WaiverState",
    "build",
]

SCHEMA_VERSION = 7
"""Raised whenever a report of the new kind could not be read by the old code."""
NOTHING_RAN = "no scenario was run"
TABLED = ("Given meanwhile:", "Given this has happened:", "Given at the moment of the next act:")
"""Sentences with a row for each thing that happened."""
READY = "a target that starts and passes the probes"
"""What a scenario expects before its first step."""
RUN = "to be run"
"""What is expected of a scenario that pytest left out, since it stopped before."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a report; a field that is not known makes it one of another version."""


class Run(_Part, frozen=True):
    """What a run was asked for; the same again gives the same report.

    Attributes:
        target: as `--target` names it.
        policy: the model's rulebook; empty for other targets.
        profile: which levels of requirement.
        only: the requirements it was narrowed to, if any.
        seed: of the model and of people's names.
        patience: how long may really be waited in one scenario, where the clock cannot be moved.
        repeat: how often each scenario was run.
        pytest_arguments: what was passed on to pytest.
        versions: of the suite, of Python and of what judges; `features` is a digest of the features.
        contexts: how many pairs of scenarios and contexts are told: off, sweep, all, a number or a time.
        context: the contexts it was narrowed to, if any.
        shard: the share of the pairs that is told, as 2/4; empty for all.
        choices: whether it was measured what the target chose where the requirements leave it a choice.
        adapter: where the adapter ran: a process of its own, or the process that judges; empty where there is none.
        min_judged: how many requirements are to be judged at least.
        called: what its `target.toml` calls the target, with the version; empty for others.

    """

    target: str = "model"
    policy: str = "article"
    profile: str = "strict"
    only: tuple[str, ...] = ()
    seed: str = "0"
    patience: str = "2m"
    repeat: int = 1
    pytest_arguments: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    contexts: str = "off"
    context: tuple[str, ...] = ()
    shard: str = ""
    choices: bool = False
    adapter: str = ""
    min_judged: int = 0
    called: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether less was run than the profile says."""
        return bool(self.only or self.pytest_arguments)

    @property
    def subject(self) -> str:
        """The target with its policy, as headings name it."""
        name = self.called or self.target
        return f"{name}, policy {self.policy}" if self.policy else name

    def reproduce(self, requirement: str, shown_by: "ScenarioResult | None" = None) -> str:
        """Return the command that judges just `requirement` again, as the scenario `shown_by` has shown it."""
        context, other = (shown_by.context, shown_by.scenario_of) if shown_by else ("", "")
        words = ["kmc run --target", shlex.quote(self.target)]
        words += ["--policy", self.policy] if self.policy else []
        words += ["--profile all --only", requirement, *(["--context", shlex.quote(context)] if context else [])]
        words += ["--only", other] if other else []
        return " ".join([*words, "--seed", self.seed, "--report kmc-reproduced"])


class Besides(_Part, frozen=True):
    """A departure from another requirement than the scenario's own, in the sentence `step`."""

    requirement: str
    step: str
    expected: str
    actual: str


class ScenarioResult(_Part, frozen=True):
    """How one scenario ended; `step` is the first that departed, or where it broke off.

    Attributes:
        id: by feature file and line, with the example in brackets; what pytest calls it.
        example: the row of an outline; empty elsewhere.
        repeats: the verdict of each repeat, where there was more than one.
        waiver: why the departure is accepted, where it is.
        actions, offers: what was used of the target.
        context: the context in which it departed; empty for a scenario as it stands in its feature.
        meanwhile: the sentences of that context that the departure needs.
        also: in how many other pairs, or scenarios, the same showed.
        besides: what else departed in it, whatever its own verdict.
        scenario_of: the requirement whose scenario it is, where it departed from another one besides.

    """

    id: str
    requirement: str
    title: str
    example: str
    feature: str
    line: int
    verdict: Verdict
    step: str = ""
    expected: str = ""
    actual: str = ""
    steps: tuple[Step, ...] = ()
    actions: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    repeats: tuple[Verdict, ...] = ()
    waiver: str = ""
    context: str = ""
    meanwhile: tuple[str, ...] = ()
    also: int = 0
    besides: Besides | None = None
    scenario_of: str = ""

    @property
    def where(self) -> str:
        """Feature file and line."""
        return f"{self.feature}:{self.line}"

    @property
    def full_title(self) -> str:
        """The title, with the example where there is one; what a scenario keeps when lines move."""
        title = f"{self.title} [{self.example}]" if self.example else self.title
        return f"{title}, in the context: {self.context}" if self.context else title

    @property
    def of_besides(self) -> "ScenarioResult | None":
        """What else departed in it, as a result of the requirement that it departs from."""
        if self.besides is None:
            return None
        found = msgspec.structs.asdict(self.besides)
        name = f"{self.id} ~ {self.besides.requirement}"
        own = self.requirement
        return msgspec.structs.replace(self, id=name, verdict=Verdict.FAIL, besides=None, scenario_of=own, **found)

    @property
    def gherkin(self) -> str:
        """The scenario with its context as it can be run, in Gherkin."""
        lines = [f"Scenario: {self.full_title}"]
        for each in self.steps:
            tabled = next((words for words in TABLED if each.text.startswith(words)), "")
            lines.append(f"  {tabled or each.text}")
            rows = each.text.removeprefix(tabled).strip().split("; ")
            lines += [f"    | {row} |" for row in rows] if tabled else []
        return "\n".join(lines)


class InContexts(_Part, frozen=True):
    """How much was told in contexts.

    Attributes:
        asked: off, sweep, all, a number of pairs or a time.
        planned: how many pairs that is of this target.
        ends: how many ended in which way; what is missing from `planned` was not told.
        told: by context, how many of its pairs were told.
        tests: by context, how many of them were tests: the reference passes them, and no right variant departs.
        broken: the first pair in which harness or adapter broke, and how; empty where none did.

    """

    asked: str = "off"
    planned: int = 0
    ends: dict[str, int] = {}
    told: dict[str, int] = {}
    tests: dict[str, int] = {}
    broken: str = ""

    @property
    def judged(self) -> int:
        """How many pairs said something of the target."""
        return self.ends.get("passed", 0) + self.ends.get("departed", 0)

    @property
    def in_words(self) -> str:
        """How much was told, and what became of the rest; empty where nothing was asked for."""
        if not self.planned:
            return ""
        departed = self.ends.get("departed", 0)
        others = ", ".join(f"{count:,} {end}" for end, count in self.ends.items() if end not in ("passed", "departed"))
        rest = f"; {others}" if others else ""
        rest += f"; the first that broke off is {self.broken}" if self.broken else ""
        return f"in contexts: {self.judged:,} of {self.planned:,} pairs judged, {departed:,} departed{rest}"


class RequirementResult(_Part, frozen=True):
    """The highest verdict of a requirement's scenarios that were not skipped; `reason` says why it is no pass.

    `partly_covered` says how many were skipped for what, where others were judged.
    """

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
    partly_covered: str = ""


class WaiverState(StrEnum):
    """What became of a waiver; all but the first two fail the run."""

    APPLIED = "applied"
    NOT_JUDGED = "not judged"
    STALE = "stale"
    UNMATCHED = "unmatched"
    OVERDUE = "overdue"

    @property
    def fails_run(self) -> bool:
        """Whether the declaration is wrong: nothing fails so any more, it fails otherwise, or its time is over."""
        return self in (WaiverState.STALE, WaiverState.UNMATCHED, WaiverState.OVERDUE)


class WaiverResult(_Part, frozen=True):
    """A waiver as declared, what became of it, and the scenarios it waived."""

    requirement: str
    scenario: str
    actual: str
    why: str
    link: str
    until: str
    state: WaiverState
    scenarios: tuple[str, ...]


class Timing(_Part, frozen=True):
    """What differs from run to run: when it began (ISO 8601, UTC), and how many seconds each scenario took.

    `digest` is over these two and the digest of the report.
    """

    started_at: str
    scenarios: dict[str, float]
    digest: str = ""

    @property
    def seconds(self) -> float:
        """The sum over all scenarios."""
        return sum(self.scenarios.values())


class Report(_Part, Shown, frozen=True):
    """One run. Two runs with the same seed on a deterministic target differ in `timing` alone.

    `digest` is over all but itself and `timing`, which has one of its own: a report that was changed by hand is
    refused. `choices` are those that were measured, and those that could not be.
    """

    schema_version: int
    digest: str
    run: Run
    partial: bool
    judged: int
    counts: dict[str, int]
    requirements: tuple[RequirementResult, ...]
    scenarios: tuple[ScenarioResult, ...]
    waivers: tuple[WaiverResult, ...]
    timing: Timing
    in_contexts: InContexts = InContexts()
    choices: tuple[Choice, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: all as declared; 1: a `fail` or a wrong waiver; 3: neither, but undecided, cut short or too little.

        Undecided is an `error`, also in a context, an `inconclusive` or a `flaky`; a scenario that was not run is one.
        """
        seen = {each.verdict for each in self.scenarios} | {each for one in self.scenarios for each in one.repeats}
        if Verdict.FAIL in seen or any(each.state.fails_run for each in self.waivers):
            return 1
        undecided = seen & {Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.FLAKY} or self.in_contexts.broken
        return 3 if undecided or self.judged < self.run.min_judged else 0

    @property
    def not_run(self) -> int:
        """How many scenarios were left out since the run was cut short, as by -x."""
        return sum(each.expected == RUN for each in self.scenarios)

    @property
    def refusal(self) -> str:
        """Why nothing at all was judged, where the target did not start or failed a probe; empty elsewhere."""
        first = next(iter(self.scenarios), None)
        return first.actual if first and all(each.expected == READY for each in self.scenarios) else ""

    @property
    def outcome(self) -> str:
        """What the exit code says, in words."""
        if self.refusal:
            return f"Not judged: {self.refusal}"
        if self.exit_code == 1 and any(each.verdict is Verdict.FAIL for each in self.requirements):
            return "Departs from what is documented"
        return {
            0: "Matches what is declared",
            1: "Not as declared",
            3: "Not decided: something broke, changed its verdict, was not run or judged, or could not be reached",
        }[self.exit_code]

    @property
    def size(self) -> str:
        """How many scenarios there are as they stand in the features, in words."""
        count = sum(not (each.context or each.scenario_of) for each in self.scenarios)
        return f"{count} scenario{'s' * (count != 1)}"

    @property
    def chosen(self) -> str:
        """What the target chose otherwise than the reference, in words; empty where nothing was measured."""
        if not self.choices:
            return ""
        others = [f"{each.title} {each.here}" for each in self.choices if each.is_other]
        count = sum(not each.unmeasured for each in self.choices)
        unlike = f"; unlike the reference: {', '.join(others)}" if others else ""
        return f"choices: {count} of {len(self.choices)} measured{unlike}"

    @property
    def partly_covered(self) -> int:
        """How many requirements were judged by some of their scenarios only."""
        return sum(bool(each.partly_covered) for each in self.requirements)

    @property
    def headline(self) -> str:
        """How much was judged, of what."""
        partial = "partial run: " if self.partial else ""
        judged = f"{self.judged} of {len(self.requirements)} requirements judged"
        judged += f", {self.partly_covered} of them partly," if self.partly_covered else ""
        lacking = f"; {self.not_run} scenarios not run" if self.not_run else ""
        if self.judged < self.run.min_judged:
            lacking += f"; {self.run.min_judged} were to be judged at least: what is not offered any more?"
        return f"{partial}{judged} on {self.run.subject}, profile {self.run.profile}{lacking}"


def build(
    run: Run,
    requirements: Iterable[Requirement],
    repeats: Sequence[Sequence[ScenarioResult]],
    waivers: tuple[WaiverResult, ...],
    timing: Timing,
    in_contexts: InContexts | None = None,
    choices: tuple[Choice, ...] = (),
) -> Report:
    """Put a report together; scenarios are ordered by feature and line, whatever the order they ran in.

    Args:
        run: what was run.
        requirements: those that were to be judged.
        repeats: the results of the scenarios, once per repeat; `waived` where a waiver holds.
        waivers: what became of them.
        timing: when it began, and how long each scenario took.
        in_contexts: how much was told in contexts; the departures are among the results.
        choices: what the target chose where the requirements leave it a choice, if that was measured.

    """
    scenarios = _merged(repeats)
    by_requirement: dict[str, list[ScenarioResult]] = {}
    for each in scenarios:
        by_requirement.setdefault(each.requirement, []).append(each)
    known = run.policy == "kaltura-server"
    results = tuple(_requirement_result(each, by_requirement.get(each.id, []), known) for each in requirements)
    counts = Counter(each.verdict for each in results)
    return Report(
        schema_version=SCHEMA_VERSION,
        digest="",
        run=run,
        partial=run.is_partial,
        judged=sum(each.verdict.is_judged for each in results),
        counts={verdict.value: counts[verdict] for verdict in Verdict},
        requirements=results,
        scenarios=tuple(scenarios),
        waivers=waivers,
        timing=Timing(timing.started_at, {each.id: timing.scenarios.get(each.id, 0.0) for each in scenarios}),
        in_contexts=in_contexts or InContexts(),
        choices=choices,
    )


def _merged(repeats: Sequence[Sequence[ScenarioResult]]) -> list[ScenarioResult]:
    """Return one result a scenario: of the repeat with the highest verdict, `flaky` where they differ."""
    by_id: dict[str, list[ScenarioResult]] = {}
    for each in (scenario for repeat in repeats for scenario in repeat):
        by_id.setdefault(each.id, []).append(each)
    merged = [each[0] if len(repeats) == 1 else _merge(each) for each in by_id.values()]
    return sorted(merged, key=lambda each: (each.feature, each.line, each.id))


def _merge(results: Sequence[ScenarioResult]) -> ScenarioResult:
    verdicts = tuple(each.verdict for each in results)
    shown = max(results, key=lambda each: each.verdict.rank)
    verdict = shown.verdict if len(set(verdicts)) == 1 else Verdict.FLAKY
    return msgspec.structs.replace(shown, verdict=verdict, repeats=verdicts)


def _requirement_result(
    requirement: Requirement, scenarios: Sequence[ScenarioResult], known: bool
) -> RequirementResult:
    verdict = highest(each.verdict for each in scenarios)
    reason = next((_reason(each) for each in scenarios if each.verdict is verdict), "")
    if not scenarios:
        reason = "not to be seen from outside" if requirement.seen is Seen.NOWHERE else NOTHING_RAN
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
        _partly_covered(scenarios),
    )


def _partly_covered(scenarios: Sequence[ScenarioResult]) -> str:
    skipped = [each for each in scenarios if each.verdict is Verdict.SKIPPED]
    if not skipped or len(skipped) == len(scenarios):
        return ""
    missing = ", ".join(sorted({each.actual.partition("'")[2].strip("'") for each in skipped}))
    return f"{len(scenarios) - len(skipped)} of {len(scenarios)} scenarios; not offered: {missing}"


def _reason(scenario: ScenarioResult) -> str:
    if scenario.verdict is Verdict.FLAKY:
        return f"ended {', '.join(scenario.repeats)} in {len(scenario.repeats)} repeats"
    return scenario.waiver or scenario.actual
