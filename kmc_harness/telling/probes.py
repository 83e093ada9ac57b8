"""Probes before a run: an adapter with invented answers is not judged.

Each probe asks a question with a known answer, the same for every implementation.
"""

import contextlib

from kmc_harness.port import (
    Action,
    ConfirmPairing,
    LogIn,
    NotOffered,
    Offer,
    StartPairing,
    Target,
)
from kmc_harness.scenario.world import HOME, World
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.specification.action_guide import signature
from kmc_harness.verdicts import AdapterMistake, NotJudged, Unreached
from kmc_model.clock import STEP_S
from kmc_model.sentences import A_CODE, Code, Link, Which

__all__ = ["NoSuchAction", "probe"]

ENROLS = frozenset({Offer.ENABLE, Offer.OUTBOX})
MOVED_S = 10
MEANWHILE_S = 60
JUMP_S = 20_250
"""5 h 37 min 30 s: no time zone or other plausible mistake makes a clock wrong by exactly this time."""


class NoSuchAction(Action):
    """An action that does not exist: an adapter answers NotOffered."""


def probe(target: Target, tag: str) -> None:
    """Try `target` before it is judged; `tag` makes the people of this probe new to it.

    Raises:
        NotJudged: an answer was not the one that any honest adapter gives.

    """
    # What does not start breaks here.
    world = World(target, tag)
    _refuses_nonsense(target)
    try:
        _refuses_strangers_and_wrong_passwords(world)
        if Offer.CLOCK in target.offers:
            with contextlib.suppress(Unreached):
                _moves_its_clock(world)
        world.given.user("Bo", HOME)
        # Without a pairing there is nothing to compare: the scenarios judge this, not a probe.
        if Offer.CLOCK in target.offers:
            with contextlib.suppress(Unreached, NotOffered):
                _moves_the_whole_clock(world)
        with contextlib.suppress(Unreached, NotOffered):
            _tells_people_apart(world)
    except AdapterMistake as error:
        raise NotJudged(world.recorder.redact(str(error))) from error
    except NotOffered as error:
        raise NotJudged(f"{signature(str(error))} was answered not offered; every adapter performs it") from error
    except Unreached as error:
        raise NotJudged(world.recorder.redact(f"the target did not get through the probes: {error}")) from error
    except NotJudged:
        raise
    except Exception as error:
        broke = f"the adapter broke in the probes: {in_words(error, target)}"
        raise NotJudged(world.recorder.quoted(broke)) from error


def _refuses_nonsense(target: Target) -> None:
    try:
        answer = target.perform(NoSuchAction())
    except NotOffered:
        return
    except Exception as error:
        broke = f"the adapter broke where it was asked for an action that does not exist: {in_words(error, target)}"
        raise NotJudged(f"{broke}; it raises NotOffered for what it does not know") from error
    said = "accepted" if answer.accepted else "refused"
    raise NotJudged(f"an action that does not exist was {said}; an adapter raises NotOffered for what it does not know")


def _refuses_strangers_and_wrong_passwords(world: World) -> None:
    ada = world.given.user("Ada", HOME)
    seen = world.exchange.perform(LogIn(ada.email, ada.password, account=world.exchange.account(HOME)))
    if not seen.accepted:
        raise NotJudged("the right password of a user just registered was refused; nothing can be judged this way")
    if not seen.session:
        raise NotJudged("LogIn was accepted without a session: answer the token or cookie that it opened")
    # Last of all: after a wrong password, some products delay the next login (RFC 4226, 7.3).
    stranger = world.people["Mallory"]
    if world.exchange.perform(LogIn(stranger.email, stranger.password, account=world.exchange.account(HOME))).accepted:
        raise NotJudged("somebody just made up was logged in; does the adapter really ask the target?")
    if world.exchange.perform(LogIn(ada.email, "wr0ng-pass!", account=world.exchange.account(HOME))).accepted:
        raise NotJudged("a wrong password was accepted; does the adapter really ask the target?")


def _tells_people_apart(world: World) -> None:
    secrets = {_secret(world, name) for name in ("Ada", "Bo")}
    if len(secrets) < 2:
        raise NotJudged("two users were shown the same secret; does the adapter answer from a recording?")
    if world.target.offers >= ENROLS:
        if world.act.open_link("Ada", Link(Which.MADE_UP, "enrolment")).shows_qr_code:
            raise NotJudged("a made-up link showed a QR code; does the adapter really ask the target?")


def _moves_its_clock(world: World) -> None:
    before = world.target.now()
    world.exchange.pass_time(MOVED_S)
    moved_s = world.target.now() - before
    # Some clocks go on by themselves meanwhile.
    if not MOVED_S <= moved_s <= MOVED_S + MEANWHILE_S:
        raise NotJudged(f"its clock was to move by {MOVED_S} s, and moved by {moved_s} s; is it the target's own?")


def _moves_the_whole_clock(world: World) -> None:
    """Check that the target judges codes by the moved clock: a part of a process can keep the old time.

    Nobody has paired before the jump. Each target chooses its own tolerance for codes, so a part with the old time
    begins to refuse codes at an unknown distance.
    """
    world.exchange.pass_time(JUMP_S)
    accepts = _logs_in
    try:
        world.given.pairing("Ada")
        if _logs_in(world, "Ada", A_CODE):
            return
    except Unreached:
        accepts = _completes_a_pairing
    people = ("Ada", "Ada", "Ada") if accepts is _logs_in else ("Cleo", "Dan", "Eve")
    for name, near_s in zip(people, (0, -STEP_S, STEP_S), strict=True):
        moved_s = world.exchange.moved_s
        if accepts(world, name, Code(offset_s=near_s - moved_s)):
            raise NotJudged(
                f"the clock was moved by {moved_s} s, but codes are judged by the time before: part of the target did "
                "not move along; in a Python process time-machine reaches what freezegun leaves behind"
            )


def _logs_in(world: World, name: str, code: Code) -> bool:
    return world.act.log_in(name, code).accepted


def _completes_a_pairing(world: World, name: str, code: Code) -> bool:
    person = world.given.user(name, HOME)
    session = (
        world.exchange.perform(LogIn(person.email, person.password, account=world.exchange.account(HOME))).session or ""
    )
    person.shown = world.exchange.perform(StartPairing(session, person.password))
    world.act.scan(name)
    return world.exchange.perform(ConfirmPairing(session, world.codes.typed(world.people[name], code) or "")).accepted


def _secret(world: World, name: str) -> str:
    authenticator = world.given.pairing(name).authenticator
    return authenticator.secret if authenticator else ""
