"""What people do: acts, codes, mail.

Steps parse a sentence and make one call to the world, which is this, the ways to reach a situation, and what is
expected. What a person knows is kept here; what the target knows is not.

A code is never made within 5 s of a step's edge, and an ordinary login never reuses a time step.
"""

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from kmc_harness import inspection
from kmc_harness.authenticator import Authenticator, UnreadableQrCode, empty_key_code
from kmc_harness.evidence import Acted, Mailed, Recorder, Scanned, Waited
from kmc_harness.pictures import blurred
from kmc_harness.port import (
    NEEDED_OFFER,
    SECRET_FIELDS,
    AccountStatus,
    Action,
    ChangePassword,
    ConfirmPairing,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    GoToLogin,
    LinkKind,
    LogIn,
    LogOut,
    Mail,
    Naming,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    StartPairing,
    SwitchAccount,
    Target,
    UserStatus,
    UseSession,
    described,
)
from kmc_harness.verdicts import AdapterMistake, Unreached

__all__ = ["HOME", "Acting", "Person"]

_T = TypeVar("_T")

STEP_S = 30
NEAR_S = range(-5 * STEP_S, 6 * STEP_S, STEP_S)
"""Where a code might still count, with room to spare."""
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


NOTHING = Observation(accepted=False)


def _owner(account: str) -> str:
    """Return who founds `account`: nobody need be in two because of it."""
    return OWNER if account == HOME else f"{account}-{OWNER}"


class Acting:
    """One scenario's people in front of one target: how they reach a situation, and what they do."""

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
        return self._naming.account(f"{name}-{self._tag}")

    def reach_user(self, name: str, account: str, *, administrator: bool = True, password: bool = True) -> Person:
        """Make `name` a user of `account`, which is founded by its owner first."""
        if account not in self._founded:
            self._founded.add(account)
            if name != (owner := _owner(account)):
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

    # Acting

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
            AdapterMistake: it is no observation.

        """
        if not isinstance(seen, Observation):
            self._note(at, action, "broke off")
            raise AdapterMistake(f"{type(action).__name__} was answered with {type(seen).__name__}, not an Observation")
        self.recorder.learn(seen.session)
        if seen.shows_qr_code:
            with contextlib.suppress(UnreadableQrCode):
                shown_entry = Authenticator.scan(seen.picture, seen.uri)
                self.recorder.learn(shown_entry.secret, shown_entry.uri)
        self._note(at, action, "accepted" if seen.accepted else "refused", seen)
        return seen

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
                self.recorder.learn(value, inspection.token_of(value) if name == "link" else None)

    def _answer(self, seen: Observation) -> Observation:
        self.answers.append(seen)
        return seen

    def _must(self, seen: Observation, what: str) -> Observation:
        if not seen.accepted:
            raise Unreached(f"{what}, but the target refused: {seen.message or 'without a word'}")
        return seen

    # What people do

    def begin_act(self) -> None:
        """Remember how much mail everybody has, so that a Then can tell what this act brought."""
        if Offer.OUTBOX in self.offers:
            self._mails_before = {name: len(self.mails(each)) for name, each in self._people.items()}

    def switch_two_factor(self, account: str, *, on: bool, by: str | None = None) -> Observation:
        """Have the vendor, or `by` in their session, switch two-factor authentication."""
        if account not in self._founded:
            self.reach_user(_owner(account), account)
        session = self._session(self.person(by)) if by else None
        switch = EnableTwoFactor if on else DisableTwoFactor
        seen = self._answer(self.perform(switch(self.account(account), session)))
        if seen.accepted:
            (self._two_factor.add if on else self._two_factor.discard)(account)
        return seen

    def set_status(self, name: str, status: UserStatus, account: str) -> Observation:
        """Have the account's administration block, remove or restore `name`."""
        return self._answer(self.perform(SetUserStatus(self.account(account), self.person(name).email, status)))

    def set_account_status(self, account: str, status: AccountStatus) -> Observation:
        """Have the vendor block `account`, or lift the block."""
        return self._answer(self.perform(SetAccountStatus(self.account(account), status)))

    def register(self, name: str, account: str, *, password: bool) -> Observation:
        """Have `name` registered as a user of `account`, with a password or by mail."""
        person = self.person(name)
        self._may_join(person)
        action = RegisterUser(self.account(account), person.email, person.password if password else None)
        seen = self._answer(self.perform(action))
        if seen.accepted:
            person.accounts.append(account)
        return seen

    def open_link(self, name: str, link: str = "the newest enrolment") -> Observation:
        """Have `name` open a link to see its QR code; `link` says in words which one."""
        person = self.person(name)
        url = self._link(person, link)
        seen = self._answer(self.perform(OpenEnrolmentLink(url)))
        person.shown = seen
        person.opened_link = url if seen.shows_qr_code else person.opened_link
        return seen

    def _link(self, person: Person, words: str) -> str:
        """Return the link that `words` describe, such as `the newest reset` or `the reset link as an enrolment`.

        As one of the other kind it stands at the address of one, where there is one.
        """
        which, _, kind = words.rpartition(" ")
        if " as " in words:
            url = self._link(person, f"the newest {words.split()[1]}")
            others = self.links(person, LinkKind(kind))
            return inspection.with_token_of(others[-1], url) if others else url
        kept = person.opened_link if kind == LinkKind.ENROLMENT else person.reset_link
        if which == "the same":
            return self._had([kept] if kept else [], f"a used {kind} link", -1)
        links = self.links(person, LinkKind(kind))
        if which == "the earlier":
            return self._had(links[:-1], f"two mailed {kind} links", -1)
        url = self._had(links, f"a mailed {kind} link", 0 if which == "the first" else -1)
        return inspection.made_up(url) if which == "a made-up" else url

    def start_pairing(self, name: str) -> Observation:
        """Have `name` ask for a QR code in the settings; it is not scanned."""
        person = self.person(name)
        person.shown = self._answer(self.perform(StartPairing(self._session(person), person.password)))
        return person.shown

    def confirm_pairing(self, name: str, code: str) -> Observation:
        """Have `name` type a code in the settings, which is to complete the pairing; `code` says in words which."""
        session = self._session(self.person(name))
        return self._answer(self.perform(ConfirmPairing(session, self.code(name, code) or "")))

    def scan(self, name: str) -> Authenticator:
        """Have `name` scan the QR code on the screen; the entry paired before is kept as an earlier one."""
        person = self.person(name)
        if person.shown is None or not person.shown.shows_qr_code:
            raise Unreached(f"{name} was to scan a QR code, but none is shown")
        try:
            scanned = Authenticator.scan(person.shown.picture, person.shown.uri)
        except UnreadableQrCode as error:
            raise Unreached(f"{name} was to scan a QR code, but there is {error}") from error
        self.recorder.learn(scanned.secret, scanned.uri)
        if person.authenticator:
            person.earlier.append(person.authenticator)
        person.authenticator = scanned
        self.recorder.note(Scanned(at=self.now(), by=person.name))
        return scanned

    def log_in(
        self,
        name: str,
        code: str,
        *,
        account: str | None = "",
        password: str | None = None,
        same_machine: bool = False,
    ) -> Observation:
        """Have `name` log in; `code` says in words which code is typed.

        The account is the first of theirs unless another is named; None: the login names no account.
        """
        person = self.person(name)
        typed = self.code(name, code)
        if account == "":
            account = next(iter(person.accounts), HOME)
        named = self.account(account) if account else None
        action = LogIn(person.email, password or person.password, typed, named, DESK if same_machine else None)
        seen = self._answer(self.perform(action))
        person.was_let_in = seen.accepted or (code == "the same code" and person.was_let_in)
        if seen.session:
            person.earlier_session, person.session = person.session, seen.session
        return seen

    def go_to_login(self, name: str, *, by_continue: bool) -> Observation:
        """Have `name` go to the login screen on their own machine, by its address or by Continue."""
        person = self.person(name)
        self.needs(Offer.SCREEN)
        links = [person.opened_link] if person.opened_link else []
        link = self._had(links, "a screen with Continue", -1) if by_continue else None
        return self._answer(self.perform(GoToLogin(person.email, link, DESK)))

    def try_wrong(self, name: str, count: int, what: str, *, after: str | None = None) -> list[Observation]:
        """Have somebody try `count` wrong `passwords` or `codes` as `name`, in the first of their accounts.

        `after`: each time after a login without a code to that account; empty: to the same one.
        """
        person = self.person(name)
        account = self.account(person.accounts[0])
        tries: Iterable[tuple[str, str | None]]
        if what == "passwords":
            tries = ((f"wr0ng-pw!{nth}", None) for nth in range(count))
        else:
            codes = self._known_authenticator(person).wrong_codes(self.now())
            tries = ((person.password, code) for code in islice(codes, count))
        self.tried = []
        for password, code in tries:
            if after is not None:
                self.perform(LogIn(person.email, password, None, self.account(after) if after else account))
            self.tried.append(self.perform(LogIn(person.email, password, code, account)))
        return self.tried

    def race_logins(self, name: str, code: str) -> None:
        """Have two people log in as `name` at the same moment, with one code."""
        person = self.person(name)
        action = LogIn(person.email, person.password, self.code(name, code), self.account(person.accounts[0]))
        self._race(action, action)

    def race_link(self, name: str, link: str) -> None:
        """Have two people use one link of `name` at the same moment: open it, or set a password each through it."""
        url = self._link(self.person(name), link)
        if link.endswith(LinkKind.ENROLMENT):
            self._race(OpenEnrolmentLink(url), OpenEnrolmentLink(url))
        else:
            self._race(SetPassword(url, "n3w-pass!one"), SetPassword(url, "n3w-pass!two"))

    def use_session(self, name: str, *, earlier: bool) -> Observation:
        """Have `name` load a page that only someone logged in may see."""
        person = self.person(name)
        handle = person.earlier_session if earlier else self._session(person)
        handle = self._had([handle] if handle else [], "an earlier session", -1)
        return self._answer(self.perform(UseSession(handle)))

    def log_out(self, name: str) -> Observation:
        """Have `name` log out."""
        return self._answer(self.perform(LogOut(self._session(self.person(name)))))

    def switch_account(self, name: str, account: str) -> Observation:
        """Have `name` go to another account without logging out."""
        person = self.person(name)
        seen = self._answer(self.perform(SwitchAccount(self._session(person), self.account(account))))
        if seen.accepted and seen.session:
            person.session = seen.session
        return seen

    def ask_for_reset(self, name: str) -> Observation:
        """Have `name` use Forgot Password."""
        return self._answer(self.perform(RequestReset(self.person(name).email)))

    def ask_for_resets(self, name: str, count: int, apart_s: int = 0) -> None:
        """Have `name` use Forgot Password `count` times, on end or with time in between."""
        for nth in range(count):
            if nth and apart_s:
                self.pass_time(apart_s)
            self.ask_for_reset(name)

    def set_password(self, name: str, link: str, password: str | None = None) -> Observation:
        """Have `name` set a password through a link; `link` says in words which one."""
        person = self.person(name)
        url = self._link(person, link)
        new = self._new_password(person) if password is None else password
        seen = self._answer(self.perform(SetPassword(url, new)))
        if seen.accepted:
            self._keep_password(person, new)
            person.reset_link = url
        return seen

    def confirm_password(self, name: str) -> Observation:
        """Have `name` click OK after setting a password."""
        person = self.person(name)
        if person.reset_link is None:
            raise Unreached(f"{name} was to click OK, but no new password was set")
        seen = self._answer(self.perform(ConfirmPassword(person.reset_link)))
        person.shown = seen
        return seen

    def change_password(self, name: str) -> Observation:
        """Have `name` change the password while logged in."""
        person = self.person(name)
        code = self.code(name, "a code") if person.authenticator else None
        new = self._new_password(person)
        action = ChangePassword(self._session(person), person.password, new, code)
        seen = self._answer(self.perform(action))
        if seen.accepted:
            self._keep_password(person, new)
            person.session = seen.session or person.session
        return seen

    def _new_password(self, person: Person) -> str:
        return f"n3w-pass!{person.passwords_set + 1}"

    def _keep_password(self, person: Person, password: str) -> None:
        person.password, person.passwords_set = password, person.passwords_set + 1

    # Codes

    def code(self, name: str, words: str) -> str | None:
        """Return the code that `words` describe, made at the target's clock.

        `a code` is the ordinary case: in a time step that no earlier login of this person has used.
        """
        if words in ("no code", "an empty code"):
            return None if words == "no code" else ""
        self._settle()
        if words == "a code made of six zeros":
            return self._six_zeros(self.person(name))
        if words == "the code of an empty key":
            return empty_key_code(self.now())
        person = self.person(name)
        if words.endswith("'s code"):
            other = words.removesuffix("'s code")
            made = self._known_authenticator(self._people.get(other) or Person(other, "")).code_at(self.now())
            self.person(name)
            return made
        if words in ("a code of the earlier QR code", "a code of the first app"):
            return self._fresh_code(person, self._had(person.earlier, "an earlier authenticator", -1))
        if words == "the same code":
            if not person.was_let_in:
                raise Unreached(f"{name} was to log in with the code first, but was not let in")
            return self._had([person.last_code] if person.last_code else [], "a code used before", -1)
        authenticator = self._known_authenticator(person)
        if words == "a code":
            return self._fresh_code(person, authenticator)
        if words.endswith(" s from now"):
            offset_s = int(words.split()[3])
            return self._remember(person, authenticator.code_at(self.now() + offset_s))
        return self._misshapen(authenticator, words)

    def _six_zeros(self, person: Person) -> str:
        """Return 000000, at a time when it is not by chance the right code."""
        authenticator = person.authenticator
        while authenticator and "000000" in (authenticator.code_at(self.now() + offset_s) for offset_s in NEAR_S):
            self.pass_time(2 * STEP_S)
        return "000000"

    def _fresh_code(self, person: Person, authenticator: Authenticator) -> str:
        unused_from = (person.last_step + 2) * STEP_S
        if self.now() < unused_from:
            self.pass_time(2 * STEP_S)
        person.last_step = self.now() // STEP_S
        return self._remember(person, authenticator.code_at(self.now()))

    def _remember(self, person: Person, code: str) -> str:
        person.last_code, person.last_step = code, self.now() // STEP_S
        return code

    def _misshapen(self, authenticator: Authenticator, words: str) -> str:
        right = authenticator.code_at(self.now())
        shapes: dict[str, Callable[[], str]] = {
            "a wrong code": lambda: next(authenticator.wrong_codes(self.now())),
            "letters for a code": lambda: "abcdef",
            "a code cut short": lambda: right[:-1],
            "a code with a digit too many": lambda: right + right[-1],
            "the code without its leading zeros": lambda: right.lstrip("0"),
            "a code made with SHA-256": lambda: authenticator.code_at(self.now(), digest=hashlib.sha256),
            "a code of eight digits": lambda: authenticator.code_at(self.now(), digits=8),
            "a code made in steps of 60 s": lambda: authenticator.code_at(self.now(), interval=60),
        }
        return shapes[words]()

    def _known_authenticator(self, person: Person) -> Authenticator:
        if person.authenticator is None:
            self._needs_renewal(person)
            raise Unreached(f"{person.name} was to make a code, but has paired no authenticator")
        return person.authenticator

    def _needs_renewal(self, person: Person) -> None:
        """Note that a new QR code is needed, where a reset brought none."""
        if person.without_renewal:
            self.needs(Offer.RENEW)

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
                self.recorder.learn(link.url, inspection.token_of(link.url))
            kinds = tuple(link.kind.value for link in mail.links)
            self.recorder.note(Mailed(at=mail.sent_at, to=person.name, subject=mail.subject, links=kinds))
        self._mails_noted[person.name] = len(found)
        return found

    def _came_instead(self, person: Person) -> str:
        mails = self.mails(person)
        came = f"no mail with such a link came: of {len(mails)} mail{'s' * (len(mails) != 1)} in all"
        unknown = self.unknown_addresses(mails)
        return f"{came}, {unknown}" if unknown else came

    @staticmethod
    def unknown_addresses(mails: Iterable[Mail]) -> str:
        """Return words on the addresses in `mails` that were told to be no link of any kind; "" where there is none."""
        found = (address for mail in mails if not mail.links for address in ADDRESS.findall(mail.text))
        if not (shown := list(dict.fromkeys(map(inspection.without_token, found)))):
            return ""
        return f"some hold addresses that no pattern in `links` of [mail] fits: {', '.join(shown[:SHOWN_ADDRESSES])}"

    def links(self, person: Person, kind: LinkKind) -> list[str]:
        """Return the links of `kind` in the mails of `person`, oldest first."""
        return [link.url for mail in self.mails(person) for link in mail.links if link.kind is kind]

    def new_links(self, name: str, kind: LinkKind) -> list[str]:
        """Return the links of `kind` that the latest act mailed to `name`."""
        return [link.url for mail in self.new_mails(name) for link in mail.links if link.kind is kind]

    def new_mails(self, name: str) -> Sequence[Mail]:
        """Return the mails that the latest act brought to `name`."""
        person = self.person(name)
        return self.mails(person)[self._mails_before.get(person.name, 0) :]
