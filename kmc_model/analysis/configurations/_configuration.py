"""What a life is: a state of the model, an instant, and what each person holds. Its moves are sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from kmc_model import actions as a
from kmc_model.clock import START, STEP_S
from kmc_model.model import Outcome, step
from kmc_model.policy import ARTICLE, Policy
from kmc_model.records import Credentials, State
from kmc_model.rules import RULES, Rule, by_action
from kmc_model.turn import Turn
from kmc_model.values import Value

__all__ = [
    "FIRST",
    "PASSED",
    "Holds",
    "Life",
    "Made",
    "Make",
    "Move",
    "Part",
    "Rules",
    "Scope",
    "Seen",
    "Symbols",
    "email_of",
]

FIRST = "s3cure-pass!"
DOMAIN = "@kmc.example"


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


class Holds(Value, frozen=True):
    """What a person holds: the app entry and the one before it, the code typed last, sessions, the link of a reset."""

    app: str | None = None
    earlier_app: str | None = None
    code: str | None = None
    session: str | None = None
    earlier_session: str | None = None
    machine: str | None = None
    reset_link: str | None = None
    password: str = FIRST


class Life(Value, frozen=True):
    """A state of the model at an instant, and what each person holds, in the order of the scope's people."""

    state: State
    now: int
    holds: tuple[Holds, ...]


class Seen(NamedTuple):
    """What an outsider sees of one move.

    `shown`: `new`, or `known` for a QR code whose secret is in the app already. `mailed`: recipient and kind of link.
    """

    accepted: bool
    asks_for_code: bool = False
    shown: str = ""
    account: str = ""
    mailed: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        answer = "accepted" if self.accepted else "asked for a code" if self.asks_for_code else "refused"
        shown = ("a QR code is shown",) if self.shown else ()
        mailed = (f"mailed: {' and '.join(kind for _, kind in self.mailed)} link",) if self.mailed else ()
        return ", ".join((f"{answer} in {self.account}" if self.account else answer, *shown, *mailed))


PASSED = Seen(accepted=True)


@dataclass(frozen=True)
class Rules:
    """By what a life is judged."""

    policy: Policy = ARTICLE
    rules: tuple[Rule, ...] = RULES
    turn: type[Turn] = Turn

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rulebook", by_action(self.rules))
        object.__setattr__(self, "_symbols", Symbols())

    def perform(self, state: State, now: int, action: a.Action) -> tuple[State, Outcome]:
        """Return the state after `action` at `now`, and the answer."""
        return step(state, action, now, self.policy, self._symbols, self._rulebook, self.turn)  # type: ignore[attr-defined]


class Made(Value, frozen=True):
    """What a move leads to and shows, and the requirements that answered it."""

    life: Life
    seen: Seen
    why: str = ""


Make = Callable[[Life, Rules], Made | None]
"""How a move is made; None where it cannot be: there is no link to open, no session to end."""


@dataclass(frozen=True)
class Move:
    """One thing that may happen next: a sentence of the features, and what it does."""

    sentence: str
    make: Make


Part = Callable[[Life, Credentials, Holds, Policy], object]
"""Something of one person that may decide what is to come."""


@dataclass(frozen=True)
class Scope:
    """A part of all lives: who is there, which moves they have, and what of a person these can bring to light."""

    name: str
    people: tuple[str, ...]
    accounts: tuple[str, ...]
    moves: tuple[Move, ...]
    parts: tuple[Part, ...]
    link_parts: tuple[Part, ...]
    """Those that look at nothing but the instant and the person's links."""
    members: tuple[tuple[str, str], ...] = ()
    """Who is registered where at the start; everybody everywhere, unless it says otherwise."""

    @property
    def founders(self) -> tuple[tuple[str, str], ...]:
        """Who is registered where at the start, in that order."""
        return self.members or tuple((name, account) for account in self.accounts for name in self.people)

    @cached_property
    def emails(self) -> tuple[str, ...]:
        """The people's e-mails."""
        return tuple(map(email_of, self.people))

    def start(self, rules: Rules) -> Life:
        """Return the life in which the founders have just been registered."""
        state = State()
        for name, account in self.founders:
            state, _ = rules.perform(state, START, a.RegisterUser(account, email_of(name), FIRST))
        return Life(state, START, tuple(Holds() for _ in self.people))


@cache
def email_of(name: str) -> str:
    """Return the e-mail of the person called `name`."""
    return f"{name.lower()}{DOMAIN}"
