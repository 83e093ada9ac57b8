"""A configuration: a state of the model, an instant, and what each person knows. Moves lead from one to the next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache, cached_property
from typing import NamedTuple

from kmc_model import actions as a
from kmc_model.clock import START, STEP_S
from kmc_model.model import Outcome, Variant
from kmc_model.policy import Policy
from kmc_model.records import Credentials, State
from kmc_model.sentences import FIRST_PASSWORD, Code, Link
from kmc_model.values import Value

__all__ = [
    "PASSED",
    "PEOPLE",
    "Abstraction",
    "Act",
    "Configuration",
    "Knowledge",
    "Make",
    "Move",
    "Output",
    "Rules",
    "Scope",
    "Symbols",
    "Transition",
    "email_of",
]

DOMAIN = "@kmc.example"
PEOPLE = ("Ada", "Bo", "Grace")
"""Those whose knowledge is kept, in this order; a scope may leave out the last ones."""


class Symbols:
    """Secrets, tokens and codes as symbols: `S3`, `T7`, `S3/58920120` for the code of a secret in a time step."""

    def secret(self, serial: int, bits: int) -> str:
        """Return the `serial`-th secret."""
        return f"S{serial}"

    def token(self, serial: int) -> str:
        """Return the `serial`-th token."""
        return f"T{serial}"

    def readable_token(self, serial: int, expires_at: int) -> str:
        """Return the `serial`-th token; that it can be read makes no difference here."""
        return f"T{serial}"

    def code_at(self, secret: str, now: int) -> str:
        """Return the code of `secret` at `now`; of the empty key too."""
        return f"{secret}/{now // STEP_S}"

    def counter_of(self, code: str | None, secret: str, now: int, tolerance_steps: int, as_numbers: bool) -> int | None:
        """Return the time step of `code` where it is one of `secret` that counts at `now`."""
        made_of, _, counter = (code or "").rpartition("/")
        if made_of != secret or not counter or abs(int(counter) - now // STEP_S) > tolerance_steps:
            return None
        return int(counter)


class Knowledge(Value, frozen=True):
    """What a person has and knows.

    Attributes:
        app, earlier_app: the secrets of the present app entry and of the one before it.
        code: the one by which they were let in last.
        last_step: the time step in which a code of theirs was made last.
        machine: on which a login with a code was accepted.
        reset_link: the one through which they set a password last.
        passwords_set: how many new passwords they have had.

    """

    app: str | None = None
    earlier_app: str | None = None
    code: str | None = None
    last_step: int = -10
    session: str | None = None
    earlier_session: str | None = None
    machine: str | None = None
    reset_link: str | None = None
    password: str = FIRST_PASSWORD
    passwords_set: int = 0


class Configuration(Value, frozen=True):
    """A state of the model at an instant, and what each person knows, in the order of `PEOPLE`."""

    state: State
    now: int
    knowledge: tuple[Knowledge, ...]


class Output(NamedTuple):
    """What an outsider sees of one move.

    Attributes:
        accepted: whether the last thing done was.
        asks_for_code: whether the answer asks for a code.
        shown: `new`, or `known` for a QR code whose secret is in the app already; empty for none.
        account: in which the session is that was opened or used.
        mailed: recipient and kind of each link.
        broke_off: whether the move does several things, and one of them could not be done.

    """

    accepted: bool
    asks_for_code: bool = False
    shown: str = ""
    account: str = ""
    mailed: tuple[tuple[str, str], ...] = ()
    broke_off: bool = False

    def __str__(self) -> str:
        answer = "accepted" if self.accepted else "asked for a code" if self.asks_for_code else "refused"
        shown = ("a QR code is shown",) if self.shown else ()
        mailed = (f"mailed: {' and '.join(kind for _, kind in self.mailed)} link",) if self.mailed else ()
        return ", ".join((f"{answer} in {self.account}" if self.account else answer, *shown, *mailed))


PASSED = Output(accepted=True)


SYMBOLS = Symbols()


class Rules(Variant):
    """By what a configuration is judged: a variant of the model, whose secrets are symbols."""

    def perform(self, state: State, now: int, action: a.Action) -> tuple[State, Outcome]:
        """Return the state after `action` at `now`, and the answer."""
        return self.step(state, action, now, SYMBOLS)

    @classmethod
    def of(cls, variant: Variant) -> "Rules":
        """Return the rules of a variant."""
        return cls(variant.policy, variant.rules, variant.turn)


class Transition(Value, frozen=True):
    """What a move leads to and shows, and the requirements that answered it."""

    configuration: Configuration
    output: Output
    why: str = ""


Make = Callable[[Configuration, Rules], Transition | None]
"""How a move is made; None where it cannot be: there is no link to open, no session to end."""


class Act(Enum):
    """What is done in a move."""

    SWITCH_ON = auto()
    SWITCH_OFF = auto()
    REGISTER = auto()
    SET_STATUS = auto()
    BLOCK_ACCOUNT = auto()
    OPEN_LINK = auto()
    LOG_IN = auto()
    TRY_WRONG = auto()
    USE_SESSION = auto()
    LOG_OUT = auto()
    SWITCH_ACCOUNT = auto()
    ASK_FOR_RESET = auto()
    SET_PASSWORD = auto()
    CONFIRM_PASSWORD = auto()
    RESET_PASSWORD = auto()
    CHANGE_PASSWORD = auto()
    WAIT = auto()
    WAIT_FOR_LIMIT = auto()
    WAIT_FOR_ZERO = auto()


@dataclass(frozen=True)
class Move:
    """One thing that may happen next: a sentence of the features, what it says, and how it is made.

    Attributes:
        sentence: as a `When` says it; of a move that does several things the sentences of its parts.
        make: how it is made.
        act: what is done.
        actor: the person who does it; empty where nobody of the people does.
        account: which account is spoken of.
        whom: to whom it is done, where that is somebody else.
        code: which code is typed.
        password: the words for another password than the person's own.
        link: which link is used.
        is_earlier: whether the session before the present one is used.
        parts: what is done one after another, in a move that does several things.

    """

    sentence: str
    make: Make = field(compare=False)
    act: Act | None = None
    actor: str = ""
    account: str = ""
    whom: str = ""
    code: Code | None = None
    password: str = ""
    link: Link | None = None
    is_earlier: bool = False
    parts: tuple["Move", ...] = ()

    @property
    def steps(self) -> tuple["Move", ...]:
        """What is done one after another; itself where that is one thing."""
        return self.parts or (self,)

    def does(self, *acts: Act) -> bool:
        """Whether one of `acts` is among what is done."""
        return any(each.act in acts for each in self.steps)


Abstraction = Callable[[Configuration, Credentials, Knowledge, Policy], object]
"""Something of one person that may decide what is to come."""


@dataclass(frozen=True)
class Scope:
    """A part of all configurations.

    Attributes:
        name: what it is called.
        people: who is there: the first ones of `PEOPLE`.
        accounts: which accounts there are.
        moves: what may happen.
        abstractions: what of a person these moves can bring to light.
        link_abstractions: those that look at nothing but the instant and the person's links.
        members: who is registered where at the start; everybody everywhere, unless it says otherwise.

    """

    name: str
    people: tuple[str, ...]
    accounts: tuple[str, ...]
    moves: tuple[Move, ...]
    abstractions: tuple[Abstraction, ...]
    link_abstractions: tuple[Abstraction, ...]
    members: tuple[tuple[str, str], ...] = ()

    @property
    def founders(self) -> tuple[tuple[str, str], ...]:
        """Who is registered where at the start, in that order."""
        return self.members or tuple((name, account) for account in self.accounts for name in self.people)

    @cached_property
    def emails(self) -> tuple[str, ...]:
        """The people's e-mails."""
        return tuple(map(email_of, self.people))

    def start(self, rules: Rules) -> Configuration:
        """Return the configuration in which the founders have just been registered."""
        state = State()
        for name, account in self.founders:
            state, _ = rules.perform(state, START, a.RegisterUser(account, email_of(name), FIRST_PASSWORD))
        return Configuration(state, START, tuple(Knowledge() for _ in self.people))


@cache
def email_of(name: str) -> str:
    """Return the e-mail of the person called `name`."""
    return f"{name.lower()}{DOMAIN}"
