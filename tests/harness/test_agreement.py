"""Two interpret the sentences of the features, and agree: the moves of the state space, and the steps."""

import random
from dataclasses import replace

import pytest

from kmc_harness.exploring.differential import Subject
from kmc_harness.exploring.divergence import Observed
from kmc_harness.port import LinkKind
from kmc_harness.scenario.world import World
from kmc_harness.targets.model import ModelTarget
from kmc_model import sentences
from kmc_model.analysis.configurations import (
    EVERYTHING,
    SCOPES,
    TOPICS,
    Act,
    Configuration,
    Move,
    Rules,
    Scope,
    Transition,
    email_of,
    then,
    waits,
)
from tests.conftest import WHOLE

RULES = Rules()
LENGTH = 60
WALKS = 24 if WHOLE else 2
ALL = {scope.name: scope for scope in (*SCOPES, *TOPICS, EVERYTHING)}


def _shown(move: Move, made: Transition, scope: Scope) -> Observed:
    """Return what is to be observed of a move, as the state space makes it; QR codes and leaks left out."""
    output = made.output
    mailed = [
        (name, *(output.mailed.count((email_of(name), kind.value)) for kind in LinkKind))
        for name in sorted(scope.people)
    ]
    if output.broke_off:
        return Observed(unreached="Unreached", mailed=tuple(mailed))
    tried = 10 if output.accepted and move.act is Act.TRY_WRONG else 0
    if move.act in (Act.TRY_WRONG, Act.REGISTER, Act.RACE):  # no answer to one act
        return Observed(mailed=tuple(mailed), tried=tried)
    opened = bool(output.account) and move.steps[-1].act in (Act.LOG_IN, Act.SWITCH_ACCOUNT)
    return Observed("", output.accepted, output.asks_for_code, opened, output.account, output.shown, (), tuple(mailed))


def _seen(move: Move, observed: Observed, scope: Scope) -> Observed:
    """Return what was observed of the scope's people."""
    mailed = tuple(sorted(each for each in observed.mailed if each[0] in scope.people))
    missing = tuple((name, 0, 0) for name in scope.people if name not in {each[0] for each in mailed})
    mailed = tuple(sorted((*mailed, *missing)))
    if observed.unreached:
        return Observed(unreached=observed.unreached, mailed=mailed)
    if move.act in (Act.TRY_WRONG, Act.REGISTER, Act.RACE):
        return Observed(mailed=mailed, tried=observed.tried)
    return observed._replace(qr_code=(), mailed=mailed, leaks=(), tried=0, silent=False)


def differences(scope: Scope, seed: int, length: int = LENGTH) -> list[str]:
    """Make random moves of a scope in both ways; return the first in which they differ, with what led there."""
    rng, target = random.Random(seed), ModelTarget(seed=seed)
    subject = Subject(target, World(target, "a"))
    for name, account in scope.founders:
        subject.world.given.user(name, account)
    here, path = scope.start(RULES), []
    for _ in range(length):
        move = rng.choice(scope.moves)
        made = move.make(here, RULES)
        if move.act is Act.WAIT_FOR_LIMIT:
            if made is None:
                continue
            move = waits(made.configuration.now - here.now)
        path.append(move.sentence)
        if move.does(Act.WAIT_FOR_ZERO):
            # Symbols begin with no digit: how long that takes is seen on the target alone.
            first, *rest = move.steps
            subject.perform(first)
            here, move = Configuration(here.state, target.now(), here.knowledge), then(*rest)
            made = move.make(here, RULES)
        observed = subject.perform(move)
        if made is None:
            if not observed.unreached:
                return [*path, f"cannot be made, but was: {observed}"]
            continue
        if move.act is not Act.WAIT and (_shown(move, made, scope) != _seen(move, observed, scope)):
            return [*path, f"expected {_shown(move, made, scope)}", f"but was {_seen(move, observed, scope)}"]
        here = made.configuration
        if here.now != target.now():
            return [*path, f"expected to take until {here.now}, but took until {target.now()}"]
    return []


@pytest.mark.parametrize("name", ALL)
def test_moves_and_steps_agree_on_what_a_sentence_does(name: str) -> None:
    for seed in range(WALKS):
        found = differences(ALL[name], seed)
        assert not found, "\n".join(found)


def test_a_reader_that_is_changed_for_one_of_them_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps take another code for the same one, the moves do not."""
    from kmc_harness.scenario import codes

    class Forgets(codes.Codes):
        def typed(self, person: object, said: sentences.Code) -> str | None:
            return super().typed(person, replace_source(said))  # type: ignore[arg-type]

    def replace_source(said: sentences.Code) -> sentences.Code:
        return sentences.A_CODE if said.source is sentences.Source.LAST else said

    monkeypatch.setattr("kmc_harness.scenario.world.Codes", Forgets)
    assert any(differences(ALL["one account"], seed) for seed in range(6))


def test_a_sentence_that_is_reworded_empties_no_property() -> None:
    """Properties compare what moves say, not the words in which they say it."""
    from kmc_model.analysis.statespace import explore, violations
    from tests.model.test_statespace import BREAKS, TOPIC, rules_of

    for start, (name, fault) in BREAKS.items():
        scope = TOPIC[name]
        moves = tuple(replace(each, sentence=f"move {at}") for at, each in enumerate(scope.moves))
        found = violations(explore(replace(scope, moves=moves), rules_of(fault)))
        assert any(each.property.sentence.startswith(start) for each in found), start


@pytest.mark.parametrize("words", sentences.FLAWS)
def test_every_flaw_of_a_code_is_made_in_both_ways(words: str) -> None:
    world = World(ModelTarget(), "a")
    person = world.given.pairing("Ada")
    if words == "the code without its leading zeros":
        world.given.leading_zero("Ada")
    said = sentences.code(words)
    right = world.codes.typed(person, sentences.Code())
    assert said.flaw
    assert not said.is_right
    assert world.codes.typed(person, said) not in (None, right)
