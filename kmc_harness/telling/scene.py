"""A scenario as it runs, in pytest or without, and the verdict at its end.

Only an observed departure is `fail`. A defect of harness or adapter is `error`, a situation out of reach is
`inconclusive`; neither passes.
"""

import contextlib
import hashlib
from typing import Any

from msgspec.structs import replace

from kmc_harness.durations import stopwatch
from kmc_harness.hosting import supervision
from kmc_harness.port import ACTIONS, NEEDED_OFFER, NotOffered
from kmc_harness.report.results import READY, Besides, ScenarioResult
from kmc_harness.scenario.checks import NO_SESSION
from kmc_harness.scenario.evidence import Recorder
from kmc_harness.scenario.world import World
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.specification import catalogue
from kmc_harness.specification.bindings import Told
from kmc_harness.specification.contexts import rows_of
from kmc_harness.telling import canary
from kmc_harness.telling.whole_clock import doubt
from kmc_harness.verdicts import AdapterMistake, Departure, NotJudged, Unreached, Verdict

__all__ = ["Scene", "tag_of", "tell"]

NO_CODE = "ENA-007"
"""The requirement that a session opened without a code departs from, whatever opened it."""


class Scene:
    """What is known of the scenario that runs now; `world` is None until it is entered."""

    def __init__(self, told: Told, *, with_evidence: bool = True) -> None:
        """Start the clock of `told`."""
        self.told = told
        self._recorder = Recorder(is_idle=not with_evidence)
        self.world: World | None = None
        self._tag = ""
        self._at = -1
        self._kind = ""
        self._started = stopwatch()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return stopwatch() - self._started

    def enter(self, target: Any, tag: str) -> World:
        """Return a world before `target`, with new people whose names have `tag`.

        Raises:
            NotJudged: `target` is one: the reason why there is no target; or it does what does not exist.
            NotOffered: an offer that the scenario needs is missing.

        """
        if isinstance(target, NotJudged):
            # A new one each time: raised again and again, one exception would drag along all its tracebacks.
            raise NotJudged(*target.args)
        for offer in sorted(self.told.needs):
            if offer not in target.offers:
                raise NotOffered(offer)
        self._tag = tag
        if getattr(target, "runs_in", "") and canary.falls_on(tag):
            canary.ask(target, tag)
        self.world = World(target, tag, self._recorder)
        return self.world

    def begin_step(self, kind: str) -> None:
        """Tell the world about each new step, and about the start of an act."""
        if self.world is None:
            return
        if kind == "when" and self._kind != "when":
            self.world.post.begin_act()
        self._at += 1
        self._kind = kind
        told = self.told
        if self._at < len(told.sentences):
            supervision.at(
                f"{told.requirement}, step {told.sentences[self._at].in_full!r} ({told.feature}:{told.line})"
            )
        self._recorder.begin_step()

    def result(self, error: BaseException | None) -> ScenarioResult:
        """Return how it ended: with `error`, or well; a departure that may be the clock's is inconclusive."""
        ended = self.observed(error)
        if self.world is None:
            return ended
        exchange = self.world.exchange
        moved_s = 0 if exchange.raced else exchange.moved_s
        why = doubt(exchange.target, ended, self._tell_again, moved_s=moved_s, passed_s=exchange.passed_s)
        return replace(ended, verdict=Verdict.INCONCLUSIVE, actual=ended.actual + why) if why else ended

    def _tell_again(self, target: Any, word: str) -> ScenarioResult:
        scene = Scene(self.told)
        return scene.observed(scene.tell(target, tag_of(self._tag, word)))

    def tell(self, target: Any, tag: str) -> BaseException | None:
        """Tell all of it before `target`, and return what it ended with; None where it ended well."""
        try:
            self.tell_in(self.enter(target, tag))
        except (Exception, SystemExit) as error:
            return error
        return None

    def tell_in(self, world: World) -> None:
        """Do what its sentences say in `world`, which was entered; whatever ends it is raised."""
        for each in self.told.sentences:
            self.begin_step(each.kind)
            each.do(world)

    def observed(self, error: BaseException | None) -> ScenarioResult:
        """Return how it ended before this target, whatever is to blame for that."""
        world, told = self.world, self.told
        if world:
            with contextlib.suppress(Exception):  # the target may not be there any more
                world.exchange.sessions.look()
        verdict, expected, actual = self._ended(error)
        if world and verdict in (Verdict.FAIL, Verdict.WARNING, Verdict.INCONCLUSIVE):
            with contextlib.suppress(Exception):  # the target may not be there any more
                world.post.note_all()
        recorder = self._recorder
        planned = [(each.in_full, each.line) for each in told.sentences]
        steps = recorder.steps(planned, broke_off=error is not None)
        result = ScenarioResult(
            id=told.id,
            requirement=told.requirement,
            title=told.title,
            example=told.example,
            feature=told.feature,
            line=told.line,
            verdict=verdict,
            step=steps[self._at].text if self._at >= 0 and expected + actual else "",
            expected=recorder.redact(expected),
            actual=recorder.redact(actual),
            steps=steps,
            actions=tuple(sorted(world.exchange.performed)) if world else (),
            offers=tuple(sorted(world.exchange.used_offers | told.needs)) if world else (),
            context=told.context,
            meanwhile=tuple(rows_of(told)),
        )
        return self._with_besides(result)

    def _with_besides(self, result: ScenarioResult) -> ScenarioResult:
        """Return `result` with the session that was opened without a code, where one was."""
        opened = self.world.exchange.sessions.opened if self.world else None
        if opened is None:
            return result
        step = result.steps[opened.step].text if result.steps else ""
        actual = self._recorder.redact(opened.actual)
        if result.requirement != NO_CODE:
            return replace(result, besides=Besides(NO_CODE, step, NO_SESSION, actual))
        if result.verdict is Verdict.FAIL:
            return result
        return replace(result, verdict=Verdict.FAIL, step=step, expected=NO_SESSION, actual=actual)

    def _ended(self, error: BaseException | None) -> tuple[Verdict, str, str]:
        match error:
            case None if self.world and self.world.exchange.beside:
                return Verdict.INCONCLUSIVE, "two acts at the same moment", "no act came that another could meet"
            case None if self.world and self.world.expect.count:
                return Verdict.PASS, "", ""
            case None:
                return Verdict.INCONCLUSIVE, "a check", "the scenario ended without having checked anything"
            case Departure() if self._kind == "given":
                return Verdict.INCONCLUSIVE, error.expected, error.actual
            case Departure():
                only_warns = catalogue.load()[self.told.requirement].only_warns
                return Verdict.WARNING if only_warns else Verdict.FAIL, error.expected, error.actual
            case Unreached():
                return Verdict.INCONCLUSIVE, "the situation to be reached", str(error)
            case NotOffered() if self._declared(str(error)):
                answered = (
                    f"'{error}' is declared, but was answered not offered; does its branch return an Observation?"
                )
                return Verdict.ERROR, "what the target declares", answered
            case NotOffered():
                return Verdict.SKIPPED, "", f"the target does not offer '{error}'"
            case NotJudged():
                return Verdict.ERROR, READY, str(error)
            case AdapterMistake():
                return Verdict.ERROR, "an answer that makes sense", str(error)
        return Verdict.ERROR, "an answer", in_words(error, self.world.target if self.world else None)

    def _declared(self, offer: str) -> bool:
        """Whether the target contradicts itself: it declares `offer`, or `offer` is an action that all targets need."""
        if self.world is None:
            return False
        needed = {action.__name__: NEEDED_OFFER.get(action) for action in ACTIONS}.get(offer, offer)
        return needed is None or needed in self.world.target.offers


def tell(told: Told, target: Any, tag: str, *, with_evidence: bool = True) -> ScenarioResult:
    """Tell a scenario before `target` without pytest, and return how it ended.

    Args:
        told: which one.
        target: a probed target, or the exception of its failed probe.
        tag: makes the names of its people new.
        with_evidence: whether the result is to say what happened in each step; the verdict is the same without.

    """
    scene = Scene(told, with_evidence=with_evidence)
    return scene.result(scene.tell(target, tag))


def tag_of(seed: str, name: str, repeat: int = 1) -> str:
    """Return a tag for people's names, unique to a scenario and repeat: some targets forget nobody."""
    text = f"{seed}:{name}" + (f":{repeat}" if repeat > 1 else "")
    return hashlib.sha256(text.encode()).hexdigest()[:8]
