"""One scenario in front of one target: its people and accounts, its time, its evidence and its mail.

What a person knows is kept here; what the target knows is not.
"""

import contextlib
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import TypeVar

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode
from kmc_harness.phone.pictures import blurred
from kmc_harness.port import (
    NEEDED_OFFER,
    SECRET_FIELDS,
    Action,
    DisableTwoFactor,
    EnableTwoFactor,
    LinkKind,
    LogOut,
    Mail,
    Naming,
    NotOffered,
    Observation,
    Offer,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    Target,
    described,
)
from kmc_harness.scenario.evidence import Acted, Mailed, Recorder, Waited
from kmc_harness.secrecy import tokens
from kmc_harness.verdicts import AdapterMistake, Unreached

__all__ = ["DESK", "HOME", "STEP_S", "Person", "Scene", "owner_of"]

_T = TypeVar("_T")

STEP_S = 30
EDGE_S = 5
LONGEST_WAIT_S = 90
HOME = "Acme"
OWNER = "Grace"
DESK = "desk"
ADDRESS = re.compile(r"\w+://[^\s<>\"'\[\]]+")
SHOWN_ADDRESSES = 3
PASSWORD = "s3cure-pass!"
PRONOUNS = frozenset({"she", "he", "they"})
BY_MAIL = "RegisterUser without a password"
"""What a target may not have, though it registers users: the one answer that declares by itself what is skipped."""
DONE_BY: dict[type[Action], str] = {
    EnableTwoFactor: "vendor",
    DisableTwoFactor: "vendor",
    SetAccountStatus: "vendor",
    RegisterUser: "administrator",
    SetUserStatus: "administrator",
}
"""Who does what no user does; without a session of theirs."""


@dataclass
class Person:
    """Somebody in the scenario, and what they have and know.

    Attributes:
        shown: the screen in front of them, where it shows a QR code.
        paired_alone: whether they paired on their settings page, so that their logins need a code.
        without_renewal: whether a reset brought them no new QR code, where it was to bring one.

    """

    name: str
    email: str
    password: str = field(default=PASSWORD, repr=False)
    accounts: list[str] = field(default_factory=list)
    authenticator: Authenticator | None = None
    earlier: list[Authenticator] = field(default_factory=list)
    shown: Observation | None = field(default=None, repr=False)
    paired_alone: bool = False
    without_renewal: bool = False
    session: str | None = field(default=None, repr=False)
    earlier_session: str | None = field(default=None, repr=False)
    opened_link: str | None = field(default=None, repr=False)
    reset_link: str | None = field(default=None, repr=False)
    last_code: str | None = field(default=None, repr=False)
    last_step: int = -10
    was_let_in: bool = False
    passwords_set: int = 0


OBSERVED: dict[str, tuple[type, ...]] = {
    "accepted": (bool,),
    "message": (str,),
    "asks_for_code": (bool,),
    "picture": (bytes, NoneType),
    "uri": (str, NoneType),
    "session": (str, NoneType),
    "account": (str, NoneType),
}
"""What an adapter may answer in each field of an observation."""
NOTHING = Observation(accepted=False)


def owner_of(account: str) -> str:
    """Return who founds `account`: nobody need be in two because of it."""
    return OWNER if account == HOME else f"{account}-{OWNER}"


class Scene:
    """Everything of a scenario but what is done in it."""

    def __init__(self, target: Target, tag: str) -> None:
        """Start afresh. `tag` makes the names of this scenario's people and accounts new to the target."""
        self.target = target
        self.offers = target.offers
        self.recorder = Recorder()
        self.performed: set[str] = set()
        self.used_offers: set[Offer] = set()
        self.checks = 0
        self.count = 0
        self.moved_s = 0
        self._tag = tag
        self._naming: Naming = getattr(target, "naming", Naming())
        self.recorder.leave_out(self._naming.mark)
        self._people: dict[str, Person] = {}
        self._founded: set[str] = set()
        self._named: set[str] = set()
        self._two_factor: set[str] = set()
        self._spoken_of = ""
        self.answers: list[Observation] = []
        self.tried: list[Observation] = []
        self.raced: list[Observation] = []
        self._mails_before: dict[str, int] = {}
        self._mails_noted: dict[str, int] = {}
        self._at = 0
        target.reset()

    # People, accounts, time

    def person(self, name: str) -> Person:
        """Return the person called `name`; `she` and the like mean whoever was spoken of last."""
        name = self._spoken_of if name in PRONOUNS else name
        self._spoken_of = name
        if name not in self._people:
            self._people[name] = Person(name, self._naming.email(f"{name.lower()}.{self._tag}"))
            self.recorder.learn(PASSWORD)
        return self._people[name]

    @property
    def people(self) -> list[Person]:
        """Everybody spoken of so far, in the order of their first mention."""
        return list(self._people.values())

    @property
    def spoken_of(self) -> Person | None:
        """Whoever was spoken of last."""
        return self._people.get(self._spoken_of)

    def account(self, name: str) -> str:
        """Return the target's name for the scenario's account `name`."""
        if name != HOME:
            self.needs(Offer.ACCOUNTS)
        named = self._naming.account(f"{name}-{self._tag}")
        self._named.add(named)
        return named

    def reach_user(self, name: str, account: str, *, administrator: bool = True, password: bool = True) -> Person:
        """Make `name` a user of `account`, which is founded by its owner first."""
        if account not in self._founded:
            self._founded.add(account)
            if name != (owner := owner_of(account)):
                self.reach_user(owner, account)
        person = self.person(name)
        if account not in person.accounts:
            self._may_join(person)
            registration = RegisterUser(
                self.account(account), person.email, person.password if password else None, administrator
            )
            self._must(self.perform(registration), f"{name} was to become a user of {account}")
            person.accounts.append(account)
        return person

    def _may_join(self, person: Person) -> None:
        if person.accounts:
            self.needs(Offer.MEMBERSHIPS)

    def needs(self, offer: Offer) -> None:
        """Note that the scenario needs `offer`.

        Raises:
            NotOffered: the target does not declare it.

        """
        self.used_offers.add(offer)
        if offer not in self.offers:
            raise NotOffered(offer.value)

    def now(self) -> int:
        self._at = self.target.now()
        return self._at

    def pass_time(self, seconds: int) -> None:
        """Let time pass: by moving the target's clock, or by really waiting where it is short."""
        if seconds > LONGEST_WAIT_S:
            self.needs(Offer.CLOCK)
        self.recorder.note(Waited(at=self.now(), seconds=seconds))
        if Offer.CLOCK in self.offers:
            self.target.advance(seconds)
            self.moved_s += seconds
        else:
            time.sleep(seconds)

    def move_into_step(self, into_s: int) -> None:
        """Let time pass until `into_s` seconds into a 30 s step."""
        if wait_s := (into_s - self.now()) % STEP_S:
            self.pass_time(wait_s)

    def _settle(self) -> None:
        if not EDGE_S <= self.now() % STEP_S <= STEP_S - EDGE_S:
            self.move_into_step(2 * EDGE_S)

    # Actions, and what is kept of them

    def perform(self, action: Action) -> Observation:
        """Have `action` performed, and keep it and what was seen as evidence."""
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

    def _race(self, *actions: Action) -> None:
        """Have `actions` performed at the same moment; what was seen is in `raced`.

        Two meet in more races than five do: who has to send five sends them farther apart.
        """
        self.needs(Offer.RACE)
        for each in actions:
            self._begin(each)
        at = self.now()
        try:
            found = self.target.at_once(actions)
        except Exception:
            for each in actions:
                self._note(at, each, "broke off")
            raise
        self.raced = [self._see(at, *each) for each in zip(actions, found, strict=True)]

    def _begin(self, action: Action) -> None:
        if offer := NEEDED_OFFER.get(type(action)):
            self.needs(offer)
        self._learn(action)
        self.performed.add(type(action).__name__)
        self.count += 1

    def _see(self, at: int, action: Action, seen: Observation) -> Observation:
        """Keep what was seen of an action as evidence.

        Raises:
            AdapterMistake: it is no observation, one of its fields is of another type, or it names an account that
                nothing here is called.

        """
        if not isinstance(seen, Observation):
            self._note(at, action, "broke off")
            raise AdapterMistake(f"{type(action).__name__} was answered with {type(seen).__name__}, not an Observation")
        for name, kinds in OBSERVED.items():
            if not isinstance(value := getattr(seen, name), kinds):
                self._note(at, action, "broke off")
                found = f"{name} of type {type(value).__name__}, not {kinds[0].__name__}"
                raise AdapterMistake(f"{type(action).__name__} was answered with {found}")
        if seen.account is not None and seen.account not in self._named:
            self._note(at, action, "broke off")
            found = f"account {seen.account!r}, which no action has named"
            raise AdapterMistake(f"{type(action).__name__} was answered with {found}: give the name from the actions")
        self.recorder.learn(seen.session)
        if seen.shows_qr_code:
            with contextlib.suppress(UnreadableQrCode):
                shown_entry = Authenticator.scan(seen.picture, seen.uri)
                self.recorder.learn(shown_entry.secret, shown_entry.uri)
        self._note(at, action, "accepted" if seen.accepted else "refused", seen)
        self._follow(action, seen)
        return seen

    def _follow(self, action: Action, seen: Observation) -> None:
        """Have whoever goes on in a session know it by its new handle, where the target has given it one.

        What the target opens for nobody, after a logout, is no session of theirs.
        """
        used = getattr(action, "session", None)
        if used and seen.accepted and seen.session not in (None, used) and not isinstance(action, LogOut):
            for person in self.people:
                person.session = seen.session if person.session == used else person.session
                person.earlier_session = seen.session if person.earlier_session == used else person.earlier_session

    def _note(self, at: int, action: Action, answer: str, seen: Observation = NOTHING) -> None:
        by = self._spoken_of if getattr(action, "session", None) else DONE_BY.get(type(action), self._spoken_of)
        shown = [what for what, there in (("QR code", seen.shows_qr_code), ("session", seen.session)) if there]
        shown += ["field for a code"] if seen.asks_for_code else []
        if not self.recorder.is_on:
            return
        picture = blurred(seen.picture) if seen.picture else None
        name, details = type(action).__name__, described(action)
        self.recorder.note(
            Acted(
                at=at,
                by=by,
                action=name,
                details=details,
                answer=answer,
                message=seen.message,
                shown=tuple(shown),
                picture=picture,
            )
        )

    def _learn(self, action: Action) -> None:
        for name in SECRET_FIELDS:
            if value := getattr(action, name, None):
                self.recorder.learn(value, tokens.token_of(value) if name == "link" else None)

    def _answer(self, seen: Observation) -> Observation:
        self.answers.append(seen)
        return seen

    def _must(self, seen: Observation, what: str) -> Observation:
        if not seen.accepted:
            raise Unreached(f"{what}, but the target refused: {seen.message or 'without a word'}")
        return seen

    def _session(self, person: Person) -> str:
        if person.session is None:
            raise Unreached(f"{person.name} was to use a session, but has none")
        return person.session

    def _had(self, found: list[_T], what: str, at: int) -> _T:
        if not found:
            raise Unreached(f"{self._spoken_of} was to have {what}, but has none")
        return found[at]

    # Mail

    def mails(self, person: Person) -> Sequence[Mail]:
        """Return the mails `person` has been sent, oldest first."""
        self.needs(Offer.OUTBOX)
        found = tuple(self.target.outbox(person.email))
        for mail in found[self._mails_noted.get(person.name, 0) :]:
            for link in mail.links:
                self.recorder.learn(link.url, tokens.token_of(link.url))
            kinds = tuple(link.kind.value for link in mail.links)
            self.recorder.note(Mailed(at=mail.sent_at, to=person.name, subject=mail.subject, links=kinds))
        self._mails_noted[person.name] = len(found)
        return found

    def _came_instead(self, person: Person) -> str:
        mails = self.mails(person)
        kinds = sorted({link.kind for mail in mails for link in mail.links})
        told = f", with links told to be for {' and '.join(kinds)}" if kinds else ""
        came = f"no mail with such a link came, but {len(mails)} mail{'s' * (len(mails) != 1)} in all{told}"
        unknown = self.unknown_addresses(mails)
        return f"{came}, {unknown}" if unknown else came

    def note_mails(self) -> None:
        """Keep as evidence what mail everybody has, read or not."""
        if Offer.OUTBOX in self.offers:
            for each in self.people:
                self.mails(each)

    @staticmethod
    def unknown_addresses(mails: Iterable[Mail]) -> str:
        """Return words on the addresses in `mails` that were told to be no link of any kind; "" where there is none."""
        found = (address for mail in mails if not mail.links for address in ADDRESS.findall(mail.text))
        if not (shown := list(dict.fromkeys(map(tokens.without_token, found)))):
            return ""
        return f"some hold addresses that no pattern in `links` of [mail] fits: {', '.join(shown[:SHOWN_ADDRESSES])}"

    def links(self, person: Person, kind: LinkKind) -> list[str]:
        """Return the links of `kind` in the mails of `person`, oldest first."""
        return _of_kind(self.mails(person), kind)

    def new_links(self, name: str, kind: LinkKind) -> list[str]:
        """Return the links of `kind` that the latest act mailed to `name`."""
        return _of_kind(self.new_mails(name), kind)

    def new_mails(self, name: str) -> Sequence[Mail]:
        """Return the mails that the latest act brought to `name`."""
        person = self.person(name)
        return self.mails(person)[self._mails_before.get(person.name, 0) :]


def _of_kind(mails: Iterable[Mail], kind: LinkKind) -> list[str]:
    """Return the links of `kind`, each once for a mail: it may stand there as a button and in words."""
    return [url for mail in mails for url in dict.fromkeys(each.url for each in mail.links if each.kind is kind)]
