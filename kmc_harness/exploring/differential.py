"""A differential test: the model and a target, or two targets, make the same moves.

The comparison covers everything that a person would notice: acceptance, a request for a code, a QR code, the account,
and the mails of each person. Texts may differ, secrets and links must differ, and leaks must be the same.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kmc_harness.exploring.divergence import Divergence, Leak, Observed
from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.phone.pictures import quiet_zone_modules
from kmc_harness.port import LinkKind, Mail, NotOffered, Observation, Offer, Target
from kmc_harness.scenario.disclosure import tells_password, tells_secret
from kmc_harness.scenario.people import Person
from kmc_harness.scenario.post import links_of
from kmc_harness.scenario.world import World
from kmc_harness.secrecy.tokens import constant_bytes, made_from, random_bits, token_of, told_by
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.analysis.configurations import Act, Move
from kmc_model.model import Variant

__all__ = ["Differential", "Seen", "Subject", "agrees"]

MAILS_TELL_NOTHING = "no mail to <person> contains the secret, the password or the code"
ENOUGH_SECRETS = 32
"""The least number of secrets to compare: fewer random secrets can have equal bits by chance."""
ENOUGH_LINKS = 8
_NUMBER = re.compile(r"\d+")
NOT_DONE = Observation(accepted=False)
WRONG = "a wrong password"
ALIKE = {Act.LOG_IN: f"logs in with {WRONG}", Act.ASK_FOR_RESET: "asks for a reset"}
"""The acts that must get the same answer for every person."""

NewMails = Sequence[tuple[Person, Sequence[Mail]]]
"""The new mails of each person after one move."""


class Seen(NamedTuple):
    """What a target showed of one move that began `at` an instant (epoch seconds)."""

    at: int
    move: Move
    observed: Observed


@dataclass
class Subject:
    """One of the two targets, its people, and the observations so far; `known` are all secrets ever seen there."""

    target: Target
    world: World
    looks: dict[Act, set[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    _many: tuple[int, int] = (0, 0)
    _given_away: list[Leak] = field(default_factory=list)

    @property
    def reads_mail(self) -> bool:
        """Whether the target lets its mails be seen."""
        return Offer.OUTBOX in self.world.exchange.offers

    def perform(self, move: Move) -> Observed:
        """Make `move` and return what was seen of it."""
        world, exchange = self.world, self.world.exchange
        world.post.begin_act()
        exchange.tried, exchange.raced = [], []
        before = len(exchange.answers)
        unreached = ""
        try:
            for step in move.steps:
                bindings.step_of(step.sentence)(world)
        except (Departure, Unreached, NotOffered) as error:
            unreached = type(error).__name__
        seen = exchange.answers[-1] if len(exchange.answers) > before else NOT_DONE
        person, people = world.people.spoken_of, world.people.all
        shown, qr_code = self._scan(person, seen)
        new = [(each, world.post.new_mails(each)) for each in people] if self.reads_mail else []
        opens = move.steps[-1].act in (Act.LOG_IN, Act.SWITCH_ACCOUNT)
        uses_link = any(step.link and not step.password for step in move.steps)
        return Observed(
            unreached,
            seen.accepted,
            seen.asks_for_code,
            opens and seen.accepted and seen.session is not None,
            self._account(seen),
            shown,
            qr_code,
            tuple((each.name, *_counted(mails)) for each, mails in new),
            sum(each.accepted for each in exchange.tried),
            uses_link and not seen.accepted and not unreached and not seen.message.strip(),
            (
                *self._without_code(),
                *_raced(exchange.raced),
                *self._answers_differ(move, seen),
                *self._in_mails(new),
                *self._in_many(),
            ),
        )

    def _account(self, seen: Observation) -> str:
        """Return the scenario's name of the account; it is empty if the target does not tell."""
        return (seen.account or "").partition("-")[0]

    def _scan(self, person: Person | None, seen: Observation) -> tuple[str, tuple[object, ...]]:
        """Scan a shown QR code; return its relation to earlier secrets, and its properties."""
        if person is None or not seen.shows_qr_code:
            return "", ()
        if person.shown is seen and person.scanned is not seen:
            try:
                self.world.codes.scan(person)
            except Unreached:
                return "unreadable", ()
        if person.authenticator is None:
            return "unreadable", ()
        entry, held = person.authenticator, person.earlier[-1].secret if person.earlier else None
        self.known.add(entry.secret)
        owner = self.owners.setdefault(entry.secret, person.name)
        shown = f"{owner}'s" if owner != person.name else "known" if entry.secret == held else "new"
        return shown, _looked_at(entry, seen.picture, Offer.PICTURE in self.world.exchange.offers)

    # Leaks

    def _without_code(self) -> Iterator[Leak]:
        sessions = self.world.exchange.sessions
        sessions.look()
        if sessions.opened:
            yield Leak("a session opened without a code", "ENA-007", check="no session is open without a code")

    def _answers_differ(self, move: Move, seen: Observation) -> Iterator[Leak]:
        for step in move.steps:
            if step.act not in ALIKE or (step.act is Act.LOG_IN and step.password != WRONG):
                continue
            looks = self.looks.setdefault(step.act, set())
            # Counters (attempts left, seconds to wait) differ from answer to answer.
            looks.add(_NUMBER.sub("#", self.world.expect.look_of(seen)))
            if len(looks) > 1:
                yield Leak(f"answers differ where somebody {ALIKE[step.act]}", "SEC-004", step.act)

    def _in_mails(self, new: NewMails) -> Iterator[Leak]:
        """Yield the leaks in the mails of this move."""
        for person, mails in new:
            for mail in mails:
                told = any(tells_secret(mail, each.secret) for each in person.entries)
                if told or tells_password(mail, person.password):
                    yield Leak("a secret or password in a mail", "SEC-008", check=MAILS_TELL_NOTHING)
                tokens = [token_of(link.url) for link in mail.links]
                personal = (person.email, person.email.partition("@")[0])
                yield from (
                    Leak(f"a link tells {what}", "SEC-005") for each in tokens if (what := told_by(each, personal))
                )
                known = (made_from(link.url, person.email, mail.sent_at) for link in mail.links)
                yield from (Leak(f"a link's token is {what}", "SEC-005") for what in known if what)
                self.tokens += tokens

    def _in_many(self) -> list[Leak]:
        """Return the leaks of all secrets and links together; only new secrets or links lead to a new check."""
        many = (len(self.known), len(self.tokens))
        if many != self._many:
            self._many, self._given_away = many, []
            if len(self.known) >= ENOUGH_SECRETS and self._are_alike():
                self._given_away.append(Leak("secrets are alike in some bytes", "STD-009"))
            if len(self.tokens) >= ENOUGH_LINKS and random_bits(self.tokens) < 128:
                self._given_away.append(Leak("links can be guessed", "SEC-005"))
        return self._given_away

    def _are_alike(self) -> bool:
        return constant_bytes([Authenticator("", secret).secret_bytes for secret in self.known]) > 0


def _raced(seen: Sequence[Observation]) -> Iterator[Leak]:
    if sum(each.accepted for each in seen) > 1:
        yield Leak("two at the same moment both succeed", "SEC-014", check="one of the two succeeds at most")


def _counted(mails: Sequence[Mail]) -> tuple[int, int]:
    """Return how many enrolment and reset links are in `mails`."""
    if not mails:
        return (0, 0)
    enrolment, reset = (len(links_of(mails, kind)) for kind in LinkKind)
    return enrolment, reset


def _looked_at(entry: Authenticator, picture: bytes | None, is_delivered: bool) -> tuple[object, ...]:
    named, account = entry.named_issuer_and_account
    return (
        (entry.algorithm, entry.digits, entry.step_s),
        entry.secret_bits >= 128,
        entry.secret_bits >= 160,
        bool(entry.issuer) and named == entry.issuer and bool(account),
        is_delivered and picture is not None and quiet_zone_modules(picture) >= 4,
    )


class Differential:
    """Two targets that make the same moves; `tag` makes their people new to both.

    Attributes:
        expected, actual: the two targets; `acting` is the present one to act, or the last one.
        scanned: whether the last move showed a QR code.
        made: whether the second target could make it.
        runs: whether one of the clocks was seen to run by itself.
        seen: what the second one has shown so far.

    """

    acting: Subject

    def __init__(
        self,
        expected: Target,
        target: Target,
        tag: str,
        founders: Sequence[tuple[str, str]],
        before: "Differential | None" = None,
    ) -> None:
        """Start afresh: `founders` are the people and the accounts they are registered in first.

        `before` is the differential of an earlier trace on the same targets; its secrets still count as seen.
        """
        self.known: tuple[set[str], set[str]] = before.known if before else (set(), set())
        self.scanned = False
        self.made = False
        self.expected = Subject(expected, World(expected, tag), known=self.known[0])
        self.actual = Subject(target, World(target, tag), known=self.known[1])
        self._keep_time()
        for subject in (self.expected, self.actual):
            self.acting = subject
            subject.world.exchange.offers = expected.offers & target.offers
            for name, account in founders:
                subject.world.given.user(name, account)
        self.runs = self._keep_time()
        self.seen: list[Seen] = []

    def perform(self, move: Move) -> Divergence | None:
        """Have both make `move`; return how they diverge, or None."""
        self.acting = self.actual
        at = self._now
        actual = self.actual.perform(move)
        self.seen.append(Seen(at, move, actual))
        self.acting = self.expected
        expected = self.expected.perform(move)
        self.runs |= self._keep_time()
        self.scanned, self.made = bool(expected.shown), not actual.unreached
        if actual.unreached == NotOffered.__name__ != expected.unreached:
            raise NotOffered("what is declared was answered not offered")
        divergence = _divergence(move, expected, actual)
        if divergence and (told := self.actual.world.post.turned_away()):
            self.acting = self.actual
            raise Unreached(told)
        return divergence

    def _keep_time(self) -> bool:
        """Move the slower clock to the time of the other one; return whether they differed."""
        expected_now, actual_now = self.expected.target.now(), self.actual.target.now()
        self._now = max(expected_now, actual_now)
        ahead_s = expected_now - actual_now
        if ahead_s:
            behind = self.actual if ahead_s > 0 else self.expected
            behind.world.exchange.move_clock(abs(ahead_s))
        return ahead_s != 0

    @property
    def actions(self) -> int:
        """How many actions the second one was asked to perform."""
        return self.actual.world.exchange.count


def _divergence(move: Move, expected: Observed, actual: Observed) -> Divergence | None:
    account = expected.account
    if not (expected.account and actual.account):  # one of them does not tell
        expected, actual = expected._replace(account=""), actual._replace(account="")
    return None if expected == actual else Divergence(move, expected, actual, account)


_NO_CHOICE: dict[str, Any] = {"qr_code": (), "silent": False, "leaks": ()}


def agrees(
    variant: Variant, founders: Sequence[tuple[str, str]], seen: Sequence[Seen], offers: frozenset[Offer]
) -> bool:
    """Whether the model, as `variant`, shows what a target has shown, move by move at the same times.

    What no choice is about is left out: how a QR code is made, what is given away, and whether a word is said.
    """
    model = ModelTarget(variant, start=seen[0].at)
    subject = Subject(model, World(model, "again"))
    subject.world.exchange.offers = offers
    for name, account in founders:
        subject.world.given.user(name, account)
    for at, move, observed in seen:
        subject.world.exchange.move_clock(max(at - model.now(), 0))
        if _divergence(move, subject.perform(move)._replace(**_NO_CHOICE), observed._replace(**_NO_CHOICE)):
            return False
    return True
