"""Running one scenario of a report again, and holding what happens against what was recorded."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import msgspec

from kmc_harness import targets
from kmc_harness.port import SECRET_FIELDS
from kmc_harness.report.results import Report, Run, ScenarioResult
from kmc_harness.running import runner, unworked
from kmc_harness.running.in_contexts import MINIMISED, telling
from kmc_harness.scenario.evidence import Acted, Event, Step, Waited
from kmc_harness.specification import bindings, contexts
from kmc_harness.verdicts import Misuse, Verdict
from kmc_model.clock import STEP_S

__all__ = ["Replay", "find", "replay"]


@dataclass(frozen=True)
class Replay:
    """What was recorded, and what happened now."""

    recorded: ScenarioResult
    now: ScenarioResult

    @property
    def same_verdict(self) -> bool:
        """Whether it ended as recorded; a waived departure is one still."""
        if self.recorded.verdict is Verdict.WAIVED:
            return (self.now.step, self.now.actual) == (self.recorded.step, self.recorded.actual)
        if departed := unworked.departed(self.recorded):
            return (self.now.step, self.now.actual) == (self.recorded.step, departed)
        shown = max(self.recorded.repeats, key=lambda each: each.rank, default=self.recorded.verdict)
        return self.now.verdict is shown

    @property
    def is_exact(self) -> bool:
        """Whether all evidence is the same, to the second and the letter, as a deterministic target gives it."""
        return self.recorded.steps == self.now.steps

    @property
    def first_difference(self) -> tuple[Step | None, Step | None] | None:
        """The first step whose evidence differs by more than times of day, secrets and pictures of them; or None."""
        for recorded, now in zip_longest(self.recorded.steps, self.now.steps):
            if recorded is None or now is None or _timeless(recorded) != _timeless(now):
                return recorded, now
        return None


def _timeless(step: Step) -> Step:
    """Return `step` without what differs each time on a real clock: when, short waits, secrets, pictures."""
    kept = (each for each in step.events if not isinstance(each, Waited) or each.seconds >= STEP_S)
    return msgspec.structs.replace(step, events=tuple(map(_timeless_event, kept)))


def _timeless_event(event: Event) -> Event:
    if not isinstance(event, Acted):
        return msgspec.structs.replace(event, at=0)
    details = {name: "" if name in SECRET_FIELDS else text for name, text in event.details.items()}
    return msgspec.structs.replace(event, at=0, details=details, picture=b"" if event.picture else None)


def find(report: Report, name: str) -> ScenarioResult:
    """Return the scenario that `name` means: its id, file:line or title, or a requirement's highest verdict.

    Raises:
        Misuse: there is none, or there are several.

    """
    named = [each for each in report.scenarios if name in (each.id, each.where, each.title, each.full_title)]
    if not named:
        of_requirement = [each for each in report.scenarios if each.requirement == name]
        named = sorted(of_requirement, key=lambda each: -each.verdict.rank)[:1]
    exact = [each for each in named if each.id == name] or named
    if len(exact) == 1:
        return exact[0]
    if not exact:
        raise Misuse(f"the report has no scenario {name!r}; give an id, file:line, title, or a requirement")
    raise Misuse(f"{name!r} means {len(exact)} scenarios: {', '.join(each.id for each in exact)}")


def replay(report: Report, recorded: ScenarioResult, target: str | None) -> Replay:
    """Run `recorded` again with the report's settings, on its target or on another one.

    Raises:
        Misuse: the target cannot be had, or the scenario is not in the installed suite.

    """
    # By what it is called in its feature: ids of reports before 0.2 named its line.
    known = {(each.feature, each.title, each.example): each for each in bindings.all_told()}
    told = known.get((recorded.feature, recorded.title, recorded.example))
    if told is None:
        raise Misuse(f"{recorded.id} is not in the installed suite; its features have changed since the report")
    what = msgspec.structs.replace(report.run, target=target) if target else report.run
    loaded = runner.load(what)
    if recorded.context:
        return Replay(recorded, _in_context(told, recorded, what, loaded))
    worst = max(recorded.repeats, key=lambda each: each.rank, default=None)
    repeat = recorded.repeats.index(worst) + 1 if worst else 1
    catcher = _Catcher()
    status, words = runner.quietly([*runner.arguments(what, repeat), f"--kmc-scenario={told.id}"], catcher, loaded)
    loaded.close()
    if catcher.result is None:
        raise Misuse(f"pytest ran no scenario (it ended with {status}):\n{words}")
    besides = catcher.result.of_besides if recorded.scenario_of else None
    return Replay(recorded, besides or catcher.result)


def _in_context(told: bindings.Told, recorded: ScenarioResult, what: Run, loaded: targets.Loaded) -> ScenarioResult:
    """Tell `told` again in the context in which it departed, by the sentences that the departure needs."""
    context = next((each for each in contexts.load() if each.name == recorded.context), None)
    places = {str(each): each for each in contexts.places(told, context)} if context else {}
    at = places.get(recorded.id.rpartition(" ~ ")[2])
    if context is None or at is None:
        raise Misuse(f"the installed suite has no context {recorded.context!r} of that scenario; it has changed since")
    pair = contexts.shortened(contexts.pair(told, context, at), recorded.meanwhile)
    with telling(what, MINIMISED, loaded.take()) as teller:
        return teller.tell(pair)


class _Catcher:
    def __init__(self) -> None:
        self.result: ScenarioResult | None = None

    def pytest_runtest_logreport(self, report: Any) -> None:
        if result := getattr(report, "kmc_result", None):
            self.result = msgspec.convert(result, ScenarioResult)
