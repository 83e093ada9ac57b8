"""The exchange with the target: actions, answers, the evidence of both, and the target's time."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import NoneType

from kmc_harness.durations import stopwatch
from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode
from kmc_harness.phone.pictures import blurred
from kmc_harness.port import (
    NEEDED_OFFER,
    SECRET_FIELDS,
    Action,
    DisableTwoFactor,
    EnableTwoFactor,
    LogOut,
    NotOffered,
    Observation,
    Offer,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    Target,
    described,
)
from kmc_harness.scenario.calendar import next_time
from kmc_harness.scenario.evidence import Acted, Recorder, Waited
from kmc_harness.scenario.people import HOME, People, Person
from kmc_harness.scenario.sessions import Sessions
from kmc_harness.secrecy.tokens import token_of
from kmc_harness.verdicts import AdapterMistake, Unreached
from kmc_model.clock import STEP_S

__all__ = ["Exchange", "Guesses"]

LONGEST_WAIT_S = 90
"""The longest real wait, in seconds; a longer one needs a clock that can be moved."""
BY_MAIL = "RegisterUser without a password"
"""Registration by mail, which a target may lack; here alone, the answer NotOffered is enough for a skip."""
BACK_S, LEAP_S = 2, 5
"""How far a clock may go back, or on, by itself: one that is told by a server is told late, and in whole seconds."""
DONE_BY: dict[type[Action], str] = {
    EnableTwoFactor: "vendor",
    DisableTwoFactor: "vendor",
    SetAccountStatus: "vendor",
    RegisterUser: "administrator",
    SetUserStatus: "administrator",
}
"""The actor of each administrative action without a user's session."""
OBSERVED: dict[str, tuple[type, ...]] = {
    "accepted": (bool,),
    "message": (str,),
    "asks_for_code": (bool,),
    "picture": (bytes, NoneType),
    "uri": (str, NoneType),
    "session": (str, NoneType),
    "account": (str, NoneType),
}
"""The types of the fields of an observation."""
NOTHING = Observation(accepted=False)


@dataclass(frozen=True)
class Guesses:
    """Many wrong passwords or codes that were tried as `name` from `began_at` on; `again` tries so many once more."""

    name: str
    began_at: int
    again: Callable[[int], object]


class _Caught(BaseException):
    """An action that is to be performed later, together with another; an error to nobody."""

    def __init__(self, action: Action, who: Person | None) -> None:
        super().__init__(action)
        self.action = action
        self.who = who


class Exchange:
    """Asks the target, and keeps what it answers.

    Attributes:
        offers: the offers that the scenario may use.
        performed, used_offers: the names of the actions used so far, and the offers used so far.
        count: the number of actions sent to the target.
        answers: the answers to the acts so far, the latest last.
        acts: what was asked of the target for them.
        tried: the answers to the last wrong passwords or codes.
        guesses: how these were tried, until time is let pass.
        raced: the answers to the last actions at the same moment.
        beside: tells what somebody does at the moment of the next act.
        moved_s: the total movement of the clock, in seconds.
        sessions: the watch on the sessions that answers open.
        passed_s: how much time its sentences let pass; the rest keeps apart what has to be.

    """

    def __init__(self, target: Target, people: People, recorder: Recorder) -> None:
        """Start with nothing asked yet."""
        self.target = target
        self.people = people
        self.recorder = recorder
        self.offers = target.offers
        self.performed: set[str] = set()
        self.used_offers: set[Offer] = set()
        self.count = 0
        self.answers: list[Observation] = []
        self.acts: list[Action] = []
        self.tried: list[Observation] = []
        self.guesses: Guesses | None = None
        self.raced: list[Observation] = []
        self.beside: Callable[[], None] | None = None
        self._is_catching = False
        self.moved_s = 0
        self.passed_s = 0
        self.sessions = Sessions(people, self.perform)
        self._at: int | None = None
        self._asked_s = 0
        self._looked_s = stopwatch()
        # How many acts were begun when the clock was asked last but one, and last.
        self._counts = 0, 0

    def needs(self, offer: Offer) -> None:
        """Note that the scenario needs `offer`.

        Raises:
            NotOffered: the target does not declare it.

        """
        self.used_offers.add(offer)
        if offer not in self.offers:
            raise NotOffered(offer.value)

    def account(self, name: str) -> str:
        """Return the target's name for the scenario's account `name`; any but `HOME` needs the offer `accounts`."""
        if name != HOME:
            self.needs(Offer.ACCOUNTS)
        return self.people.account(name)

    # Time

    def now(self) -> int:
        """Return the target's clock, in epoch seconds."""
        at, looked_s = self.target.now(), stopwatch()
        if self._at is not None:
            self._check_clock(at - self._at, looked_s - self._looked_s)
        self._at, self._asked_s, self._looked_s = at, 0, looked_s
        self._counts = self._counts[1], self.count
        return at

    def _check_clock(self, went_s: int, took_s: float) -> None:
        """See that the clock went on as it was asked to, and beside that no more than time has passed.

        A target in this process may have a clock that each act moves on by some seconds.

        Raises:
            AdapterMistake: it ran back or leapt: every verdict on time would be the clock's.

        """
        acts = max(1, self.count - self._counts[0])
        if -BACK_S <= went_s - self._asked_s <= took_s + LEAP_S * acts:
            return
        asked = f"; it was to be moved by {self._asked_s} s" if self._asked_s else "; nobody had moved it"
        self._at = None
        raise AdapterMistake(
            f"the target's clock {'went on' if went_s >= 0 else 'ran back'} by {abs(went_s)} s within {took_s:.0f} s"
            f"{asked}: nothing that speaks of time can be judged by it"
        )

    @property
    def looked_at(self) -> int:
        """The target's clock when it was asked last."""
        return self._at or 0

    def pass_time(self, seconds: int) -> None:
        """Let time pass, as a sentence says: by moving the target's clock, or by really waiting where it is short."""
        self.keep_apart(seconds)
        self.passed_s += seconds

    def keep_apart(self, seconds: int) -> None:
        """Let time pass of which no sentence speaks, so that acts are not in each other's way."""
        self.sessions.look()
        if seconds > LONGEST_WAIT_S:
            self.needs(Offer.CLOCK)
        self.guesses = None
        self.recorder.note(Waited(at=self.now(), seconds=seconds))
        if Offer.CLOCK in self.offers:
            self.move_clock(seconds)
            self.moved_s += seconds
        else:
            time.sleep(seconds)

    def move_clock(self, seconds: int) -> None:
        """Move the target's clock, of which the scenario knows nothing."""
        self.target.advance(seconds)
        self._asked_s += seconds

    def await_time(self, hour_and_minute: str, day: str) -> None:
        """Let time pass until the next such time of such a day, in UTC."""
        now = self.now()
        self.pass_time(next_time(hour_and_minute, day, now) - now)

    def move_into_step(self, into_s: int) -> None:
        """Let time pass until `into_s` seconds into a 30 s step."""
        if wait_s := (into_s - self.now()) % STEP_S:
            self.keep_apart(wait_s)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Have what happens meanwhile leave alone the answers that the scenario remembers."""
        remembered = list(self.answers), list(self.acts), self.tried, self.raced, self.guesses
        try:
            yield
        finally:
            self.answers, self.acts, self.tried, self.raced, self.guesses = remembered

    # Actions

    def perform(self, action: Action) -> Observation:
        """Have `action` performed, and keep it and what was seen as evidence."""
        if self._is_catching:
            raise _Caught(action, self.people.spoken_of)
        self._begin(action)
        at = self.now()
        try:
            seen = self.target.perform(action)
        except NotOffered as error:
            self._note(at, action, "not offered")
            by_mail = isinstance(action, RegisterUser) and action.password is None
            raise NotOffered(BY_MAIL if by_mail else type(action).__name__) from error
        except Exception:
            self._note(at, action, "broke off")
            raise
        return self._see(at, action, seen)

    def act(self, action: Action) -> Observation:
        """Have `action` performed as an act of the scenario: its answer becomes the latest of `answers`."""
        self.answers.append(self._with_another(action, self.beside) if self.beside else self.perform(action))
        self.acts.append(action)
        return self.answers[-1]

    def must(self, seen: Observation, what: str) -> Observation:
        """Return `seen`, an answer that the scenario needs to be accepted.

        Raises:
            Unreached: the answer is a refusal; the message begins with `what`.

        """
        if not seen.accepted:
            raise Unreached(f"{what}, but the target refused: {seen.message or 'without a word'}")
        return seen

    def race(self, *actions: Action) -> None:
        """Have `actions` performed at the same moment; what was seen is in `raced`.

        Two actions overlap more often than five, because five are sent farther apart in time.
        """
        at, found = self._at_once(actions)
        self.raced = [self._see(at, *each) for each in zip(actions, found, strict=True)]

    def _at_once(self, actions: Sequence[Action]) -> tuple[int, Sequence[Observation]]:
        self.needs(Offer.RACE)
        for each in actions:
            self._begin(each)
        at = self.now()
        try:
            return at, self.target.at_once(actions)
        except Exception:
            for each in actions:
                self._note(at, each, "broke off")
            raise

    def _with_another(self, action: Action, tell: Callable[[], None]) -> Observation:
        """Have `action` performed at the same moment as what `tell` says; what becomes of that is not looked at."""
        self.beside = None
        other, who = self._caught(tell)
        at, (seen, seen_by_other) = self._at_once((action, other))
        with self.people.aside():
            self.people.speak_of(who)
            self._see(at, other, seen_by_other)
        return self._see(at, action, seen)

    def _caught(self, tell: Callable[[], None]) -> tuple[Action, Person | None]:
        """Return the first action of what `tell` says, without having it performed, and who does it."""
        self._is_catching = True
        try:
            with self.people.aside():
                tell()
        except _Caught as caught:
            return caught.action, caught.who
        finally:
            self._is_catching = False
        raise Unreached("somebody was to do something at the same moment, but it is no act")

    def _begin(self, action: Action) -> None:
        self.sessions.look()
        if offer := NEEDED_OFFER.get(type(action)):
            self.needs(offer)
        if getattr(action, "browser", None):
            self.needs(Offer.BROWSERS)
        for name in () if self.recorder.is_idle else SECRET_FIELDS:
            if value := getattr(action, name, None):
                self.recorder.learn(value, token_of(value) if name == "link" else None)
        self.performed.add(type(action).__name__)
        self.count += 1

    def _see(self, at: int, action: Action, seen: Observation) -> Observation:
        """Keep what was seen of an action as evidence.

        Raises:
            AdapterMistake: the answer is no observation, has a field of a wrong type, or names an unknown account.

        """
        if wrong := self._wrong_with(seen):
            self._note(at, action, "broke off")
            raise AdapterMistake(f"{type(action).__name__} was answered with {wrong}")
        self.recorder.learn(seen.session)
        if seen.shows_qr_code and not self.recorder.is_idle:
            with contextlib.suppress(UnreadableQrCode):
                shown_entry = Authenticator.scan(seen.picture, seen.uri)
                self.recorder.learn(shown_entry.secret, shown_entry.uri)
        self._note(at, action, "accepted" if seen.accepted else "refused", seen)
        self._follow(action, seen)
        self.sessions.watch(self.recorder.step, action, self._who(action), seen)
        return seen

    def _who(self, action: Action) -> Person | None:
        """Return who does `action`; None for the vendor or an account's administration."""
        by_person = getattr(action, "session", None) or type(action) not in DONE_BY
        return self.people.spoken_of if by_person else None

    def _wrong_with(self, seen: object) -> str:
        """Return the defect of an answer in words, or "" for a valid answer."""
        if not isinstance(seen, Observation):
            return f"{type(seen).__name__}, not an Observation"
        for name, kinds in OBSERVED.items():
            if not isinstance(value := getattr(seen, name), kinds):
                return f"{name} of type {type(value).__name__}, not {kinds[0].__name__}"
        if seen.account is not None and seen.account not in self.people.named:
            return f"account {seen.account!r}, which no action has named: give the name from the actions"
        return ""

    def _follow(self, action: Action, seen: Observation) -> None:
        """Give people the new handle of their session, if the target has changed it.

        A session in the answer to a logout belongs to nobody.
        """
        used = getattr(action, "session", None)
        if used and seen.accepted and seen.session not in (None, used) and not isinstance(action, LogOut):
            self.people.rename_session(used, seen.session or "")

    def _note(self, at: int, action: Action, answer: str, seen: Observation = NOTHING) -> None:
        if not self.recorder.is_on:
            return
        who = self._who(action)
        by = who.name if who else DONE_BY.get(type(action), "")
        shown = [what for what, there in (("QR code", seen.shows_qr_code), ("session", seen.session)) if there]
        shown += ["field for a code"] if seen.asks_for_code else []
        self.recorder.note(
            Acted(
                at=at,
                by=by,
                action=type(action).__name__,
                details=described(action),
                answer=answer,
                message=seen.message,
                shown=tuple(shown),
                picture=blurred(seen.picture) if seen.picture else None,
            )
        )
