"""How the scenario's people scan QR codes and make codes, at the target's clock."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode, empty_key_code
from kmc_harness.port import Offer
from kmc_harness.scenario.evidence import Scanned
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.scenario.people import Person
from kmc_harness.verdicts import Unreached
from kmc_model.clock import STEP_S
from kmc_model.sentences import Code, Source, wait_s

__all__ = ["Codes"]

NEAR_S = range(-5 * STEP_S, 6 * STEP_S, STEP_S)
"""Where a code might still count, with room to spare."""
SOONEST_STEPS, LATEST_STEPS = 2, 400


class Codes:
    """Everybody's authenticator."""

    def __init__(self, exchange: Exchange) -> None:
        """Start with nothing scanned."""
        self._exchange = exchange
        self._people = exchange.people

    def scan(self, person: Person) -> Authenticator:
        """Have `person` scan the QR code on the screen; the entry paired before is kept as an earlier one."""
        if person.shown is None or not person.shown.shows_qr_code:
            raise Unreached(f"{person.name} was to scan a QR code, but none is shown")
        try:
            scanned = Authenticator.scan(person.shown.picture, person.shown.uri)
        except UnreadableQrCode as error:
            raise Unreached(f"{person.name} was to scan a QR code, but there is {error}") from error
        self._exchange.recorder.learn(scanned.secret, scanned.uri)
        person.earlier, person.authenticator, person.scanned = person.entries, scanned, person.shown
        self._exchange.recorder.note(Scanned(at=self._exchange.now(), by=person.name))
        return scanned

    def app_of(self, person: Person) -> Authenticator:
        """Return the app entry that `person` has paired.

        Raises:
            Unreached: there is none.
            NotOffered: a reset was to bring a new QR code, and the target does not offer that.

        """
        if person.authenticator is None:
            self.need_renewal(person)
            raise Unreached(f"{person.name} was to make a code, but has paired no authenticator")
        return person.authenticator

    def need_renewal(self, person: Person) -> None:
        """Note that a new QR code is needed, where a reset brought none."""
        if person.without_renewal:
            self._exchange.needs(Offer.RENEW)

    def be_ready(self, person: Person, said: Code) -> None:
        """Let the time pass that `person` would wait before they type such a code."""
        if waits := wait_s(said, self._exchange.now(), person.last_step):
            self._exchange.keep_apart(waits)

    def typed(self, person: Person, said: Code) -> str | None:
        """Return the code that `person` types; None where none is. Time passes first, where people would wait.

        Raises:
            Unreached: there is no such code.

        """
        found = self._typed(person, said)
        person.last_typed = found or person.last_typed
        return found

    def _typed(self, person: Person, said: Code) -> str | None:
        app = self._app(person, said)
        if waits := wait_s(said, self._exchange.now(), person.last_step):
            self._exchange.keep_apart(waits)
        now = self._exchange.now()
        if app is None:
            return self._without_app(person, said, now)
        if said.flaw:
            return _flawed(app, said.flaw, now)
        if said.is_right:
            person.last_step = now // STEP_S
        return app.code_at(now + said.offset_s)

    def _app(self, person: Person, said: Code) -> Authenticator | None:
        """Return the app entry that makes a code; None where it comes from elsewhere.

        Raises:
            Unreached: there is no such entry, and no code that let them in.

        """
        if said.source is Source.LAST and person.last_code is None:
            raise Unreached(f"{person.name} was to log in with the code first, but was not let in")
        if said.source is Source.TYPED and person.last_typed is None:
            raise Unreached(f"{person.name} was to type a code first, but has typed none")
        if said.source is not Source.APP:
            return None
        if said.is_earlier:
            return self._earlier_app(person)
        return self.app_of((self._people.known(said.owner) or Person(said.owner, "")) if said.owner else person)

    def _without_app(self, person: Person, said: Code, now: int) -> str | None:
        made = {Source.NOTHING: None, Source.EMPTY: "", Source.LAST: person.last_code, Source.TYPED: person.last_typed}
        if said.source in made:
            return made[said.source]
        return self._six_zeros(person) if said.source is Source.ZEROS else empty_key_code(now)

    def _earlier_app(self, person: Person) -> Authenticator:
        if not person.earlier:
            raise Unreached(f"{person.name} was to have an earlier authenticator, but has none")
        return person.earlier[-1]

    def _six_zeros(self, person: Person) -> str:
        """Return 000000, at a time when it is not by chance the right code."""
        app = person.authenticator
        while app and "000000" in (app.code_at(self._exchange.now() + offset_s) for offset_s in NEAR_S):
            self._exchange.keep_apart(2 * STEP_S)
        return "000000"

    def await_leading_zero(self, person: Person) -> None:
        """Let time pass until `person`'s code begins with 0."""
        app = self.app_of(person)
        if waits := wait_s(Code(), self._exchange.now(), person.last_step):
            self._exchange.keep_apart(waits)
        now = self._exchange.now()
        steps = range(SOONEST_STEPS, LATEST_STEPS)
        found = next((each for each in steps if app.code_at(now + each * STEP_S).startswith("0")), None)
        if found is None:
            raise Unreached(f"no code of the next {LATEST_STEPS} begins with 0")
        self._exchange.keep_apart(found * STEP_S)


def _flawed(app: Authenticator, flaw: str, now: int) -> str:
    right = app.code_at(now)
    shapes: dict[str, Callable[[], str]] = {
        "a wrong code": lambda: next(app.wrong_codes(now)),
        "letters for a code": lambda: "abcdef",
        "the word None for a code": lambda: "None",
        "a code cut short": lambda: right[:-1],
        "a code with a digit too many": lambda: right + right[-1],
        "the code without its leading zeros": lambda: right.lstrip("0"),
        "a code made with SHA-256": lambda: app.code_at(now, digest=hashlib.sha256),
        "a code of eight digits": lambda: app.code_at(now, digits=8),
        "a code made in steps of 60 s": lambda: app.code_at(now, interval=60),
        "a code with another first digit": lambda: _wrong(app, now, (_counted_up(right, 0, n) for n in range(1, 10))),
        "a code with another last digit": lambda: _wrong(app, now, (_counted_up(right, -1, n) for n in range(1, 10))),
        "a code with two digits exchanged": lambda: _wrong(app, now, _exchanged(right)),
        "a code turned round": lambda: _wrong(app, now, (right[::-1], right[3:] + right[:3], _counted_up(right, 2, 5))),
        "a code of six equal digits": lambda: _wrong(app, now, (str(digit) * len(right) for digit in range(1, 10))),
    }
    made = shapes[flaw]()
    if made == right:
        raise Unreached(f"{flaw} was to be typed, but that is what the QR code asks for")
    return made


def _wrong(app: Authenticator, now: int, candidates: Iterable[str]) -> str:
    """Return the first of `candidates` that is right at no time near.

    Raises:
        Unreached: all are.

    """
    near = {app.code_at(now + offset_s) for offset_s in NEAR_S}
    for each in candidates:
        if each not in near:
            return each
    raise Unreached("a wrong code was to be typed, but all that were tried are right at some time near")


def _counted_up(code: str, place: int, by: int) -> str:
    digits = [int(each) for each in code]
    digits[place] = (digits[place] + by) % 10
    return "".join(map(str, digits))


def _exchanged(code: str) -> Iterator[str]:
    """Yield `code` with each digit and the next one exchanged, and then with others changed."""
    yield from (code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(len(code) - 1))
    yield from (_counted_up(code, 1, by) for by in range(1, 10))
