"""Two targets side by side, told the same sentences: the model and a target, or two targets.

What is compared is what a person would compare: accepted or not, asked for a code, shown a QR code, in which account,
who was mailed what. Words may differ, secrets and links must; what they give away must not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kmc_harness.exploring.divergence import Departed, Glimpse
from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.phone.pictures import quiet_zone_modules
from kmc_harness.port import LinkKind, Mail, NotOffered, Observation, Offer, Target
from kmc_harness.scenario.people import Person
from kmc_harness.scenario.world import World
from kmc_harness.secrecy.tokens import constant_bytes, random_bits, token_of, told_by
from kmc_harness.specification import bindings
from kmc_harness.verdicts import Departure, Unreached

__all__ = ["DIFFER", "ENOUGH_LINKS", "Side", "Twins"]

ENOUGH_SECRETS = 32
"""With fewer, bits of random secrets are alike by chance."""
ENOUGH_LINKS = 8
DIFFER = "answers differ where somebody "
_NUMBER = re.compile(r"\d+")
_OPENS = re.compile(r" (logs in|switches to) [^;]*$")
NOT_DONE = Observation(accepted=False)

NewMails = Sequence[tuple[Person, Sequence[Mail]]]
"""What one sentence mailed to whom."""


@dataclass
class Side:
    """One of the two: its people, and what has been seen of all of them; `known` are all secrets ever seen here."""

    target: Target
    world: World
    looks: dict[str, set[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    _many: tuple[int, int] = (0, 0)
    _given_away: list[str] = field(default_factory=list)

    @property
    def reads_mail(self) -> bool:
        """Whether the target lets its mails be seen."""
        return Offer.OUTBOX in self.world.exchange.offers

    def perform(self, sentence: str) -> Glimpse:
        """Do what `sentence` says and return what was seen of it."""
        world = self.world
        world.post.begin_act()
        world.exchange.tried = []
        before = len(world.exchange.answers)
        unreached = ""
        try:
            self._do(sentence)
        except (Departure, Unreached, NotOffered) as error:
            unreached = type(error).__name__
        seen = world.exchange.answers[-1] if len(world.exchange.answers) > before else NOT_DONE
        person, people = world.people.spoken_of, world.people.all
        shown, qr_code = self._scan(person, seen)
        new = [(each, world.post.new_mails(each)) for each in people] if self.reads_mail else []
        return Glimpse(
            unreached,
            seen.accepted,
            seen.asks_for_code,
            seen.accepted and seen.session is not None and _OPENS.search(sentence) is not None,
            self._account(seen),
            shown,
            qr_code,
            tuple((each.name, *_counted(mails)) for each, mails in new),
            sum(each.accepted for each in world.exchange.tried),
            "link" in sentence and not seen.accepted and not unreached and not seen.message.strip(),
            self._telling(sentence, seen, new),
        )

    def _do(self, sentence: str) -> None:
        for each in sentence.split("; "):
            bindings.step_of(each)(self.world)

    def _account(self, seen: Observation) -> str:
        """Return the account as the sentences name it; a target that does not tell is not asked again."""
        return (seen.account or "").partition("-")[0]

    def _scan(self, person: Person | None, seen: Observation) -> tuple[str, tuple[object, ...]]:
        """Scan the QR code that is shown, and say how its secret stands to those seen before."""
        if person is None or not seen.shows_qr_code:
            return "", ()
        held = person.authenticator.secret if person.authenticator else None
        try:
            entry = self.world.act.scan(person.name) if person.shown is seen else person.authenticator
        except Unreached:
            return "unreadable", ()
        if entry is None:
            return "unreadable", ()
        self.known.add(entry.secret)
        owner = self.owners.setdefault(entry.secret, person.name)
        shown = f"{owner}'s" if owner != person.name else "known" if entry.secret == held else "new"
        return shown, _looked_at(entry, seen.picture, Offer.PICTURE in self.world.exchange.offers)

    def _telling(self, sentence: str, seen: Observation, new: NewMails) -> tuple[str, ...]:
        told = []
        if kind := next(
            (each for each in ("logs in with a wrong password", "asks for a reset") if each in sentence), ""
        ):
            looks = self.looks.setdefault(kind, set())
            # What counts (attempts left, seconds to wait) is another number each time.
            looks.add(_NUMBER.sub("#", self.world.expect.look_of(seen)))
            told += [DIFFER + kind] if len(looks) > 1 else []
        told += self._told_by_mails(new)
        told += self._told_by_many()
        return tuple(told)

    def _told_by_many(self) -> list[str]:
        """Say what all secrets and all links together give away; looked at again where there are more than before."""
        many = (len(self.known), len(self.tokens))
        if many != self._many:
            self._many, self._given_away = many, []
            if len(self.known) >= ENOUGH_SECRETS and self._are_alike():
                self._given_away.append("secrets are alike in some bytes")
            if len(self.tokens) >= ENOUGH_LINKS and random_bits(self.tokens) < 128:
                self._given_away.append("links can be guessed")
        return self._given_away

    def _are_alike(self) -> bool:
        return constant_bytes([Authenticator("", secret).secret_bytes for secret in self.known]) > 0

    def _told_by_mails(self, new: NewMails) -> list[str]:
        """Say what the mails that the sentence brought should not tell."""
        told = []
        for person, mails in new:
            entries = filter(None, (person.authenticator, *person.earlier)) if mails else ()
            secrets = [person.password, *(each.secret for each in entries)]
            for mail in mails:
                told += ["a secret or password in a mail"] if any(each in mail.text for each in secrets) else []
                tokens = [token_of(link.url) for link in mail.links]
                personal = (person.email, person.email.partition("@")[0])
                told += [f"a link tells {what}" for each in tokens if (what := told_by(each, personal))]
                self.tokens += tokens
        return told


def _counted(mails: Sequence[Mail]) -> tuple[int, int]:
    """Return how many enrolment and reset links are in `mails`."""
    if not mails:
        return (0, 0)
    kinds = [link.kind for mail in mails for link in mail.links]
    enrolment, reset = map(kinds.count, LinkKind)
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


class Twins:
    """Two targets that live through the same; `tag` makes their people new to both.

    Attributes:
        expected, seen: the two; `acting` is the one whose turn it is or was last.
        scanned: whether the last sentence showed a QR code.
        done: whether it could be done.
        runs: whether the clock of one of them has been seen to go on by itself.

    """

    acting: Side

    def __init__(
        self,
        expected: Target,
        target: Target,
        tag: str,
        founders: Sequence[tuple[str, str]],
        before: "Twins | None" = None,
    ) -> None:
        """Start afresh: `founders` are the people and the accounts they are registered in first.

        `before` are the twins of an earlier life of the same two targets, whose secrets still count as seen.
        """
        self.known: tuple[set[str], set[str]] = before.known if before else (set(), set())
        self.scanned = False
        self.done = False
        self.expected = Side(expected, World(expected, tag), known=self.known[0])
        self.seen = Side(target, World(target, tag), known=self.known[1])
        self._keep_time()
        for side in (self.expected, self.seen):
            self.acting = side
            side.world.exchange.offers = expected.offers & target.offers
            for name, account in founders:
                side.world.given.user(name, account)
        self.runs = self._keep_time()

    def perform(self, sentence: str) -> Departed | None:
        """Have both do what `sentence` says; return how they departed from each other, or None."""
        self.acting = self.seen
        seen = self.seen.perform(sentence)
        self.acting = self.expected
        expected = self.expected.perform(sentence)
        self.runs |= self._keep_time()
        self.scanned, self.done = bool(expected.shown), not expected.unreached
        if seen.unreached == NotOffered.__name__ != expected.unreached:
            raise NotOffered("what is declared was answered not offered")
        account = expected.account
        if not (expected.account and seen.account):  # one of them does not tell
            expected, seen = expected._replace(account=""), seen._replace(account="")
        return None if expected == seen else Departed(sentence, expected, seen, account)

    def _keep_time(self) -> bool:
        """Move the clock that is behind to where the other one is; return whether one was."""
        ahead_s = self.expected.target.now() - self.seen.target.now()
        if ahead_s:
            behind = self.seen if ahead_s > 0 else self.expected
            behind.target.advance(abs(ahead_s))
        return ahead_s != 0

    @property
    def actions(self) -> int:
        """How many actions the second one was asked to perform."""
        return self.seen.world.exchange.count
