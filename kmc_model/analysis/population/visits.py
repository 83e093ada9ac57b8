"""Visits: what a person does at a desk, one action after another, led by the answers.

A visit is a generator: it yields acts and is sent what came of each. It never looks at a state, so the same visit
leads a person in front of the compiled tables and in front of `Model`.
"""

from collections.abc import Callable, Generator
from typing import NamedTuple

from kmc_model import actions as a
from kmc_model.analysis.configurations import Knowledge
from kmc_model.analysis.configurations.abstraction import newest_links
from kmc_model.model import Model, Outcome
from kmc_model.records import LinkKind
from kmc_model.turn import Reason
from kmc_model.values import changed

__all__ = ["KINDS", "TICK_S", "Act", "Done", "End", "Kind", "Person", "perform", "sit"]

TICK_S = 30
"""From one act to the next (assumed): a time step of codes, so that a person's codes stay as far off as they are."""

TRIES = 3
"""How many codes are typed before a person gives up; after one more wrong password they ask for a reset (assumed)."""

PASSWORDS = ("s3cure-pass!", "n3w-pass!1")
WRONG, WEAK = "wr0ng-guess!", "a1!"


class Act(NamedTuple):
    """One action in a person's words.

    Attributes:
        does: the action.
        password: `right` as the person knows it, `wrong`, or for a new one `new` or `weak`.
        code: which of the person's attempts at a code; None without one.
        account: where to log in or to switch.

    """

    does: type[a.Action]
    password: str = ""
    code: int | None = None
    account: str = ""


class Done(NamedTuple):
    """An act, when it is done (seconds from the visit's beginning), and what comes of it."""

    after_s: int
    act: Act
    accepted: bool
    reason: Reason | None
    requirement: str | None
    shows_qr_code: bool
    mails: tuple[LinkKind, ...]


class End(NamedTuple):
    """How a visit ends for the person."""

    gave_up: bool = False


class Person:
    """Somebody with a phone and a mailbox, in front of a model.

    `code_of` is given the secret in the phone and the number of an attempt, and returns what is typed.
    """

    def __init__(
        self, model: Model, email: str, code_of: Callable[[str, int], str], known: Knowledge | None = None
    ) -> None:
        self.model = model
        self.email = email
        self.code_of = code_of
        self.known = known or Knowledge()
        self.attempt = 0

    @property
    def has_app(self) -> bool:
        return self.known.app is not None

    def has_mail(self, kind: LinkKind) -> bool:
        """Return whether a mail with a link of `kind` ever came."""
        return bool(newest_links(self.model.state, self.email, kind))

    def forgets_password(self) -> None:
        self.known = changed(self.known, password=WRONG)

    def loses_phone(self) -> None:
        self.known = changed(self.known, app=None)

    def _link(self, kind: LinkKind) -> str:
        return newest_links(self.model.state, self.email, kind)[0].token

    def action(self, act: Act) -> a.Action:
        """Return the action that `act` speaks of."""
        known = self.known
        if act.does is a.LogIn:
            code = None if act.code is None else self.code_of(known.app or "", act.code)
            return a.LogIn(self.email, known.password if act.password == "right" else WRONG, code, act.account)
        if act.does is a.OpenEnrolmentLink:
            return a.OpenEnrolmentLink(self._link(LinkKind.ENROLMENT))
        if act.does is a.RequestReset:
            return a.RequestReset(self.email)
        if act.does is a.SetPassword:
            new = WEAK if act.password == "weak" else PASSWORDS[known.password == PASSWORDS[0]]
            return a.SetPassword(self._link(LinkKind.RESET), new)
        if act.does is a.ConfirmPassword:
            return a.ConfirmPassword(known.reset_link or "")
        if act.does is a.SwitchAccount:
            return a.SwitchAccount(known.session or "", act.account)
        return a.LogOut(known.session or "")

    def notes(self, action: a.Action, answer: Outcome) -> None:
        """Keep what an answer brings. Whoever is shown a QR code may scan it; see `scan`."""
        if answer.session:
            self.known = changed(self.known, session=answer.session)
        if isinstance(action, a.SetPassword) and answer.accepted:
            self.known = changed(self.known, password=action.password, reset_link=action.link)

    def scan(self, answer: Outcome) -> None:
        """Take the secret of a QR code into the phone."""
        assert answer.qr_code is not None
        secret = answer.qr_code.uri.partition("secret=")[2].partition("&")[0]
        self.known = changed(self.known, app=secret)


def perform(person: Person, act: Act, after_s: int) -> tuple[Done, Outcome]:
    """Perform one act on the person's model, now; return it with its answer."""
    action = person.action(act)
    answer = person.model.perform(action)
    person.notes(action, answer)
    links = person.model.state.links
    mails = tuple(links[mail.link].kind for mail in answer.mails if mail.link)
    done = Done(after_s, act, answer.accepted, answer.reason, answer.requirement, answer.qr_code is not None, mails)
    return done, answer


Visit = Generator[Act, Outcome, End]


def sit(person: Person, visit: Visit) -> tuple[tuple[Done, ...], End]:
    """Let `person` go through a visit, an act every `TICK_S`; return what was done, and how it ended."""
    trace: list[Done] = []
    try:
        act = next(visit)
        while True:
            done, answer = perform(person, act, len(trace) * TICK_S)
            trace.append(done)
            person.model.clock.advance(TICK_S)
            act = visit.send(answer)
    except StopIteration as stop:
        return tuple(trace), stop.value


# What people do


class Accounts(NamedTuple):
    """Where somebody logs in: as a rule, and on the way to the other account."""

    usual: str
    first: str
    other: str = ""


def logs_in(
    person: Person, accounts: Accounts, *, wrong_passwords: int = 0, gets_mail: bool = True, account: str = ""
) -> Visit:
    """E-mail and password, then the code; without an authenticator the QR code is looked for."""
    account = account or accounts.usual
    for tried in range(TRIES + 1):
        password = "wrong" if tried < wrong_passwords else "right"
        answer = yield Act(a.LogIn, password, None, account)
        if answer.accepted:
            return End()
        if answer.reason is Reason.CODE_NEEDED:
            break
    else:
        return (yield from asks_for_reset())
    if not person.has_app:
        return (yield from looks_for_qr_code(person, account, gets_mail=gets_mail))
    return (yield from types_code(person, account))


def types_code(person: Person, account: str) -> Visit:
    """Type codes until one is accepted; give up after some."""
    for attempt in range(person.attempt, TRIES):
        person.attempt = attempt
        answer = yield Act(a.LogIn, "right", attempt, account)
        if answer.accepted:
            return End()
    return End(gave_up=True)


def looks_for_qr_code(person: Person, account: str, *, gets_mail: bool) -> Visit:
    """Open the newest mail with a QR code; where none is shown, renew it by a reset as the article says."""
    if gets_mail and person.has_mail(LinkKind.ENROLMENT):
        answer = yield Act(a.OpenEnrolmentLink)
        if answer.qr_code:
            person.scan(answer)
            return (yield from types_code(person, account))
    return (yield from asks_for_reset())


def asks_for_reset() -> Visit:
    """Forgot Password."""
    yield Act(a.RequestReset)
    return End()


def enrols(person: Person, accounts: Accounts, *, scans: bool = True, logs_in_now: bool = True) -> Visit:
    """Read the mail with the enrolment link and open it."""
    answer = yield Act(a.OpenEnrolmentLink)
    if not answer.qr_code:
        return (yield from asks_for_reset())
    if scans:
        person.scan(answer)
        if logs_in_now:
            return (yield from logs_in(person, accounts))
    return End()


def follows_reset_link(
    person: Person, accounts: Accounts, *, weak_first: bool = False, clicks_ok: bool = True
) -> Visit:
    """Read the mail with the reset link, set a password, click OK, scan the new QR code, log in."""
    for password in ("weak", "new")[not weak_first :]:
        answer = yield Act(a.SetPassword, password)
        if answer.reason is Reason.LINK_NOT_VALID:
            return (yield from asks_for_reset())
    if not clicks_ok:
        return End()
    answer = yield Act(a.ConfirmPassword)
    if answer.qr_code:
        person.scan(answer)
    return (yield from logs_in(person, accounts))


def forgets_password(person: Person, accounts: Accounts) -> Visit:
    """Log in with what is remembered of the password, and ask for a reset."""
    person.forgets_password()
    return (yield from logs_in(person, accounts))


def loses_phone(person: Person, accounts: Accounts) -> Visit:
    """Log in, and notice that the phone is gone."""
    person.loses_phone()
    return (yield from logs_in(person, accounts))


def switches_account(person: Person, accounts: Accounts) -> Visit:
    """Log in to one account and switch to the other; log out and in again where that is asked for."""
    if not accounts.other:
        return (yield from logs_in(person, accounts))
    before = person.known.session
    end = yield from logs_in(person, accounts, account=accounts.first)
    if person.known.session == before:
        return end
    answer = yield Act(a.SwitchAccount, account=accounts.other)
    if answer.accepted:
        return End()
    yield Act(a.LogOut)
    return (yield from logs_in(person, accounts, account=accounts.other))


def asks_again(person: Person, accounts: Accounts) -> Visit:
    """Ask for a reset, as the help desk said."""
    return asks_for_reset()


class Kind(NamedTuple):
    """A kind of visit: how it is led, and how many codes are wrong before a right one."""

    name: str
    begin: Callable[[Person, Accounts], Visit]
    wrong_codes: int


def _kinds() -> tuple[Kind, ...]:
    with_codes: dict[str, Callable[[Person, Accounts], Visit]] = {
        "logs in": logs_in,
        "mistypes password": lambda who, where: logs_in(who, where, wrong_passwords=1),
        "mistypes password twice": lambda who, where: logs_in(who, where, wrong_passwords=2),
        "gets no mail": lambda who, where: logs_in(who, where, gets_mail=False),
        "switches account": switches_account,
        "enrols": enrols,
        "follows reset link": follows_reset_link,
        "chooses weak password": lambda who, where: follows_reset_link(who, where, weak_first=True),
    }
    without: dict[str, Callable[[Person, Accounts], Visit]] = {
        "has no phone at hand": lambda who, where: enrols(who, where, scans=False),
        "logs in later": lambda who, where: enrols(who, where, logs_in_now=False),
        "closes before OK": lambda who, where: follows_reset_link(who, where, clicks_ok=False),
        "forgets password": forgets_password,
        "loses phone": loses_phone,
        "asks again": asks_again,
    }
    kinds = [Kind(name, begin, wrong) for name, begin in with_codes.items() for wrong in range(TRIES + 1)]
    return (*kinds, *(Kind(name, begin, 0) for name, begin in without.items()))


KINDS = _kinds()
"""Those that have codes stand together, with 0, 1, 2 and 3 wrong ones."""
