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
"""The people with recorded knowledge, in this order; a scope may leave out the last ones."""


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
        """Return the time step of `code` if it is a valid code of `secret` at `now`, else None."""
        made_of, _, counter = (code or "").rpartition("/")
        if made_of != secret or not counter or abs(int(counter) - now // STEP_S) > tolerance_steps:
            return None
        return int(counter)


class Knowledge(Value, frozen=True):
    """What a person has and knows.

    Attributes:
        app, earlier_app: the secrets of the present app entry and of the one before it.
        code: the code of their last accepted login with a code.
        last_step: the time step of their last code.
        machine: the machine of an accepted login with a code.
        reset_link: the link of their last password reset.
        passwords_set: the number of new passwords so far.

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
    """The observable result of one move.

    Attributes:
        accepted: whether the last action was accepted.
        asks_for_code: whether the answer asks for a code.
        shown: `new` for a new QR code, `known` for the secret in the app; empty for none.
        account: the account of the opened or used session.
        mailed: recipient and kind of each mailed link.
        broke_off: whether one of several parts of the move was impossible.

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
    """The rules of a state space: a variant of the model with symbols for secrets."""

    def perform(self, state: State, now: int, action: a.Action) -> tuple[State, Outcome]:
        """Return the state after `action` at `now`, and the answer."""
        return self.step(state, action, now, SYMBOLS)

    @classmethod
    def of(cls, variant: Variant) -> "Rules":
        """Return the rules of a variant."""
        return cls(variant.policy, variant.rules, variant.turn)


class Transition(Value, frozen=True):
    """The result of a move: the next configuration, the output, and the requirements behind the answer."""

    configuration: Configuration
    output: Output
    why: str = ""


Make = Callable[[Configuration, Rules], Transition | None]
"""The function of a move; its result is None for an impossible move, without a link or a session for example."""


class Act(Enum):
    """What is done in a move."""

    SWITCH_ON = auto()
    SWITCH_OFF = auto()
    REGISTER = auto()
    SET_STATUS = auto()
    BLOCK_ACCOUNT = auto()
    OPEN_LINK = auto()
    RACE = auto()
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
    """A possible next step: a sentence of the features, its meaning, and a function.

    Attributes:
        sentence: the text of a `When`; for a move of several parts, their sentences.
        make: the function that makes the move.
        act: the kind of action.
        actor: the person who acts; empty for anybody outside `PEOPLE`.
        account: the account in the sentence.
        whom: the other person concerned, if any.
        code: the typed code.
        password: the words for the password, if it is not the person's own.
        link: the used link.
        is_earlier: whether the session before the present one is used.
        parts: the parts of a composite move, in their order.

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
        """The parts of the move, or the move itself if it has no parts."""
        return self.parts or (self,)

    def does(self, *acts: Act) -> bool:
        """Whether the move contains one of `acts`."""
        return any(each.act in acts for each in self.steps)


Abstraction = Callable[[Configuration, Credentials, Knowledge, Policy], object]
"""A function that returns one aspect of a person's state, as far as it affects later outputs."""


@dataclass(frozen=True)
class Scope:
    """The bounds of a state space: its people, accounts and moves.

    Attributes:
        name: the name of the scope.
        people: the first ones of `PEOPLE`.
        accounts: the names of the accounts.
        moves: all possible moves.
        abstractions: the aspects of a person's state that these moves can reveal.
        link_abstractions: the aspects that depend only on the time and the person's links.
        members: the pairs of person and account at the start; empty for everybody in every account.

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
