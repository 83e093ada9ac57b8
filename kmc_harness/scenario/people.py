"""The people and accounts of one scenario: what they are called, and what each has and knows.

What the target knows is not kept here.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from kmc_harness.phone.authenticator import Authenticator
from kmc_harness.port import Naming, NotOffered, Observation, PasswordRules
from kmc_harness.verdicts import Unreached
from kmc_model.sentences import FIRST_PASSWORD

__all__ = ["DESK", "EMAILS", "EMAILS_LIKE", "HOME", "PASSWORDS", "TAKEN", "People", "Person", "owner_of"]

HOME, OWNER = "Acme", "Grace"
DESK = "desk"
"""The machine of one's own; a login on None is one on a new machine."""
PRONOUNS = frozenset({"she", "he", "they"})
EMAILS: Mapping[str, Callable[[str], str]] = {
    "has a plus in it": lambda email: email.replace("@", "+kmc@"),
    "has an apostrophe in it": lambda email: f"o'{email}",
    "is long": lambda email: f"{'long.' * 8}{email}",
    "has an i in it": lambda email: email.replace("@", ".mail@"),
}
"""For each phrase, a function from somebody's e-mail to one of another shape."""
EMAILS_LIKE: Mapping[str, Callable[[str], str]] = {
    "at another address": lambda email: email.replace("@", "@mail."),
    "with more before the @": lambda email: email.replace("@", "x@"),
    "with a dotless i": lambda email: email.replace("i", "\N{LATIN SMALL LETTER DOTLESS I}", 1),
    "with an accent": lambda email: email.replace("a", "\N{LATIN SMALL LETTER A WITH ACUTE}", 1),
    "with a wildcard for a letter": lambda email: email.replace("a", "_", 1),
}
"""For each phrase, a function from an e-mail to one like it."""
PASSWORDS: Mapping[str, str] = {
    "is another one": "0ther-w0rds!",
    "has blanks in it": "s3 cure pass!",
    "is long": "s3cure-pass!xy",
    "has 80 signs": f"s3cure-pass!{'Ab1-' * 17}",
}
"""For each phrase, a first password."""
TAKEN: Mapping[str, Callable[[str, int], str]] = {
    "the present password again": lambda own, number: own,
    "the first password again": lambda own, number: FIRST_PASSWORD,
    "a password with a plus": lambda own, number: f"n3w+pass!{number}",
    "a password with signs of web addresses": lambda own, number: f"n3w&p=%41#?{number}",
    "a password with blanks": lambda own, number: f"n3w pass! {number}",
    "a password of eight signs": lambda own, number: f"n3w!pa{number:02}",
    "a password with capitals": lambda own, number: f"N3w!PaSS{number}",
    "a password in another script": lambda own, number: f"n3w!пароль{number}",
}
"""For each phrase, a function from somebody's password, and a number, to the one that they set at a reset."""


@dataclass
class Person:
    """Somebody in the scenario, and what they have and know.

    Attributes:
        name: as sentences call them.
        email: as the target knows them.
        unusual: what is unusual in how they are registered, which a target may refuse.
        accounts: of which they have been made a user, in this order, as far as the scenario says.
        besides: of which they have been made a user in an interlude.
        locked_out: those of the accounts in which they are blocked, or from which they are removed.
        earlier: the entries paired before the present one.
        shown: the screen in front of them, where it shows a QR code.
        scanned: the one whose QR code they have scanned last.
        paired_alone: whether they paired on their settings page, so that their logins need a code.
        without_renewal: whether a reset brought them no new QR code, where it was to bring one.
        opened_link, reset_link: the links that they used last, to see a QR code and to set a password.
        last_code: the one by which they were let in last.
        last_typed: the one that they typed last, accepted or not.
        last_step: the time step in which a code of theirs was made last.
        passwords_before: those that they had earlier.
        takes: makes the password of a reset from the present one and a number; None: each is new.

    """

    name: str
    email: str
    password: str = field(default=FIRST_PASSWORD, repr=False)
    unusual: str = ""
    accounts: list[str] = field(default_factory=list)
    besides: list[str] = field(default_factory=list)
    locked_out: set[str] = field(default_factory=set)
    authenticator: Authenticator | None = None
    earlier: list[Authenticator] = field(default_factory=list)
    shown: Observation | None = field(default=None, repr=False)
    scanned: Observation | None = field(default=None, repr=False)
    paired_alone: bool = False
    without_renewal: bool = False
    session: str | None = field(default=None, repr=False)
    earlier_session: str | None = field(default=None, repr=False)
    opened_link: str | None = field(default=None, repr=False)
    reset_link: str | None = field(default=None, repr=False)
    last_code: str | None = field(default=None, repr=False)
    last_typed: str | None = field(default=None, repr=False)
    last_step: int = -10
    passwords_set: int = 0
    passwords_before: list[str] = field(default_factory=list, repr=False)
    takes: Callable[[str, int], str] | None = None

    @property
    def memberships(self) -> list[str]:
        """All accounts of which they are a user."""
        return [*self.accounts, *self.besides]

    @property
    def home(self) -> str:
        """The account that is meant where none is named: the first of theirs."""
        return next(iter(self.memberships), HOME)

    @property
    def entries(self) -> list[Authenticator]:
        """All entries of their app, oldest first."""
        return [*self.earlier, *([self.authenticator] if self.authenticator else [])]

    @property
    def open_session(self) -> str:
        """The session they are in.

        Raises:
            Unreached: they have none.

        """
        if self.session is None:
            raise Unreached(f"{self.name} was to use a session, but has none")
        return self.session


def owner_of(account: str) -> str:
    """Return who founds `account`: nobody need be in two because of it."""
    return OWNER if account == HOME else f"{account}-{OWNER}"


_IN_HAND = ("shown", "scanned", "session", "earlier_session", "opened_link", "reset_link", "last_code", "last_typed")
"""What a person keeps of their own acts, beside what has become of them."""


class People:
    """Everybody spoken of, and the accounts.

    Attributes:
        founded: the accounts that have users.
        two_factor: the accounts that have two-factor authentication on, as far as the scenario knows.
        named: what the target calls the accounts spoken of.

    """

    def __init__(self, naming: Naming, tag: str, rules: PasswordRules | None = None) -> None:
        """Start with nobody.

        Args:
            naming: what people and accounts are called.
            tag: makes the names of this scenario's people and accounts new to the target.
            rules: what the target says of its passwords, if it does.

        """
        self._naming, self._rules = naming, rules
        self._tag = tag
        self._people: dict[str, Person] = {}
        self._spoken_of = ""
        self._renamed: dict[str | None, str] = {}
        self.founded: set[str] = set()
        self.two_factor: set[str] = set()
        self.named: set[str] = set()

    def __getitem__(self, name: str) -> Person:
        """Return the person called `name`; `she` and the like mean whoever was spoken of last."""
        name = self._spoken_of if name in PRONOUNS else name
        self._spoken_of = name
        if name not in self._people:
            email = self._naming.email(f"{name.lower()}.{self._tag}")
            self._people[name] = Person(name, email, self.password(FIRST_PASSWORD))
        return self._people[name]

    def password(self, wanted: str) -> str:
        """Return a password that the target takes, for one that any will do for."""
        return self._rules.fitted(wanted) if self._rules else wanted

    def password_so(self, wanted: str) -> str:
        """Return a password that must be as it is.

        Raises:
            NotOffered: the target says that it takes no such one.

        """
        if wanted == FIRST_PASSWORD:
            return self.password(wanted)
        if self._rules and not self._rules.take(wanted):
            raise NotOffered("such a password, by what it says of its passwords")
        return wanted

    def known(self, name: str) -> Person | None:
        """Return somebody spoken of before, without speaking of them now."""
        return self._people.get(name)

    @property
    def all(self) -> list[Person]:
        """Everybody spoken of so far, in the order of their first mention."""
        return list(self._people.values())

    @property
    def spoken_of(self) -> Person | None:
        """Whoever was spoken of last."""
        return self._people.get(self._spoken_of)

    def unregistered(self, name: str) -> Person:
        """Return somebody of whom the target does not know yet.

        Raises:
            Unreached: it does.

        """
        person = self[name]
        if person.memberships:
            raise Unreached(f"{name} was to be new, but is registered")
        return person

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Keep who is spoken of, what people have in hand and the order of their accounts through an interlude.

        What becomes of people stays: passwords, apps, accounts.
        """
        spoken_of = self._spoken_of
        before = {name: (list(each.accounts), _in_hand(each)) for name, each in self._people.items()}
        self._renamed.clear()
        try:
            yield
        finally:
            self._spoken_of = spoken_of
            for name, person in self._people.items():
                accounts, in_hand = before.get(name, ([], _in_hand(Person("", ""))))
                person.besides += [each for each in person.accounts if each not in accounts]
                person.accounts = accounts
                vars(person).update(in_hand)
                person.session, person.earlier_session = map(self._present, (person.session, person.earlier_session))

    def speak_of(self, person: Person | None) -> None:
        """Have `person` be the one spoken of."""
        self._spoken_of = person.name if person else ""

    def rename_session(self, used: str, given: str) -> None:
        """Give whoever holds the session `used` its new handle."""
        self._renamed[used] = given
        for person in self.all:
            person.session = given if person.session == used else person.session
            person.earlier_session = given if person.earlier_session == used else person.earlier_session

    def _present(self, session: str | None) -> str | None:
        """Return what a session is called now, after the interlude."""
        while session in self._renamed:
            session = self._renamed[session]
        return session

    def account(self, name: str) -> str:
        """Return the target's name for the scenario's account `name`."""
        named = self._naming.account(f"{name}-{self._tag}")
        self.named.add(named)
        return named

    def must_renew(self, person: Person) -> bool:
        """Whether a reset is to bring `person` a new QR code: an account that lets them in has two-factor on."""
        return bool(self.two_factor & set(person.memberships) - person.locked_out)


def _in_hand(person: Person) -> dict[str, object]:
    return {name: getattr(person, name) for name in _IN_HAND}
