"""What was done to a model, and what lived from when until when: links, QR codes, pairings, sessions.

Nothing but the actions is kept. Whoever looks back performs them once more, on a model of the same kind.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from kmc_model.actions import LogIn
from kmc_model.analysis.configurations import Configuration, edges
from kmc_model.clock import STEP_S, ManualClock
from kmc_model.model import Event, Model, Outcome
from kmc_model.records import LinkStatus, State
from kmc_model.values import Shown

if TYPE_CHECKING:
    import pandas

__all__ = ["History", "Lifetime"]


class Lifetime(NamedTuple):
    """Something that was good for something from `since` until `until` (epoch seconds).

    Attributes:
        who: the e-mail of its owner.
        what: `QR code`, `pairing`, `enrolment link`, `reset link`, `session in Acme`, `can log in to Acme`.
        ended: `used`, `replaced`, `expired`, `paired` (a QR code), `ended` (a session); for a login by what it was
            possible, `password` or `password and code`; empty where it still lives.

    """

    who: str
    what: str
    since: int
    until: int
    ended: str


class History(Shown):
    """What was done to a model so far, in order: a timeline that draws itself in Jupyter."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.events = tuple(model.events)

    def __repr__(self) -> str:
        rows = (
            f"{_utc(each.at):%d %b %Y, %H:%M:%S}  {_who(each, state):24}  "
            f"{type(each.action).__name__:18}  {each.outcome.reason or 'accepted'}"
            + (f" ({each.outcome.requirement})" if each.outcome.requirement else "")
            for each, state in self._states()
        )
        return "\n".join(rows) or "nothing was done yet"

    def to_frame(self) -> "pandas.DataFrame":
        """Return a row an action: when (UTC), who, action, accepted, reason, requirement.

        `who` is the e-mail of the person it concerns; `reason` is empty where it was accepted, `requirement` where
        none decided.
        """
        import pandas

        rows = [
            (_utc(each.at), _who(each, state), type(each.action).__name__, *_answer(each.outcome))
            for each, state in self._states()
        ]
        return pandas.DataFrame(rows, columns=["when", "who", "action", "accepted", "reason", "requirement"])

    def jumps(self) -> Iterator[tuple[int, int]]:
        """Yield where the clock was moved from and to, in epoch seconds; moves on end are one."""
        instants = [*(each.at for each in self.events), self.model.clock.now()]
        return ((before, after) for before, after in pairwise(instants) if before < after)

    def lifetimes(self) -> tuple[Lifetime, ...]:
        """Return all that ever lived, in the order in which it began; what still does lasts until now."""
        alive: dict[tuple[str, ...], tuple[str, str, int]] = {}
        ended = []
        for at, state in self._instants():
            living = dict(self._living(at, state))
            for key in [key for key in alive if key not in living]:
                who, what, since = alive.pop(key)
                ended.append(Lifetime(who, what, since, at, _end(key, state)))
            for key, (who, what) in living.items():
                alive.setdefault(key, (who, what, at))
        now = self.model.clock.now()
        still = [Lifetime(*each, now, key[1] if key[0] == "login" else "") for key, each in alive.items()]
        return tuple(sorted(ended + still, key=lambda each: (each.since, each.until)))

    def lifetimes_frame(self) -> "pandas.DataFrame":
        """Return the lifetimes as a table: who, what, since and until (UTC), ended."""
        import pandas

        rows = [(each.who, each.what, _utc(each.since), _utc(each.until), each.ended) for each in self.lifetimes()]
        return pandas.DataFrame(rows, columns=list(Lifetime._fields))

    def _states(self) -> Iterator[tuple[Event, State]]:
        """Yield each event with the state after it."""
        again = self._again()
        for event in self.events:
            again.clock = ManualClock(event.at)
            again.perform(event.action)
            yield event, again.state

    def _again(self) -> Model:
        one = self.model
        return Model(None, one.secrets, one.variant)

    def _instants(self) -> Iterator[tuple[int, State]]:
        """Yield every instant at which something may begin or end, with the state in it."""
        policy, now = self.model.policy, self.model.clock.now()
        states = list(self._states())
        if not states:
            return
        for (event, state), next_at in zip(states, [*(each.at for each, _ in states[1:]), now + 1], strict=True):
            yield event.at, state
            limits = {at for at in edges(Configuration(state, event.at, ()), policy) if event.at < at < next_at}
            yield from ((at, state) for at in sorted(limits))

    def _living(self, now: int, state: State) -> Iterator[tuple[tuple[str, ...], tuple[str, str]]]:
        """Yield what is alive: what tells it from all else, and whose and what it is."""
        policy = self.model.policy
        for link in state.links.values():
            if link.status is LinkStatus.OPEN and now <= policy.link_ends_at(link.kind, link.issued_at):
                yield ("link", link.token), (link.email, f"{link.kind} link")
        for own in state.credentials.values():
            if own.secret is None:
                continue
            ends_at = policy.qr_code_ends_at(own.secret.issued_at)
            if own.secret.proven:
                yield ("pairing", own.secret.base32), (own.email, "pairing")
            elif ends_at is None or now <= ends_at:
                yield ("QR code", own.secret.base32, own.email), (own.email, "QR code")
        for session in state.sessions.values():
            if session.is_open:
                yield ("session", session.handle, session.account), (session.email, f"session in {session.account}")
        for account, email in state.memberships:
            if how := self._way_in(now, state, email, account):
                yield ("login", how, email, account), (email, f"can log in to {account}")

    def _way_in(self, now: int, state: State, email: str, account: str) -> str:
        """Return by what a person who knows the password and holds the present secret could log in, by trying it."""
        own = state.credentials[email]
        secret = own.secret.base32 if own.secret else ""
        # The code of the next step, which has not been used yet.
        for how, code in (("password", None), ("password and code", self.model.secrets.code_at(secret, now + STEP_S))):
            trial = self._again()
            trial.clock, trial.state = ManualClock(now), state
            if own.password and trial.perform(LogIn(email, own.password, code, account)).accepted:
                return how
        return ""


def _end(key: tuple[str, ...], state: State) -> str:
    """Return how something that is alive no more came to its end."""
    match key:
        case ("link", token) if (status := state.links[token].status) is not LinkStatus.OPEN:
            return status.value
        case ("QR code", base32, email) if (secret := state.credentials[email].secret) and secret.base32 == base32:
            return "paired" if secret.proven else "expired"
        case ("QR code" | "pairing", *_):
            return "replaced"
        case ("session", *_):
            return "ended"
        case ("login", how, *_):
            return how
    return "expired"


def _answer(outcome: Outcome) -> tuple[bool, str, str]:
    return outcome.accepted, outcome.reason.value if outcome.reason else "", outcome.requirement or ""


def _who(event: Event, state: State) -> str:
    """Return whom an action concerns: whom it names, or who owns the session or link it names."""
    action: Any = event.action
    if email := getattr(action, "email", None):
        return str(email)
    if token := getattr(action, "link", None):
        link = state.links.get(token.rpartition("/")[2])
        return link.email if link else "unknown"
    if handle := getattr(action, "session", None):
        session = state.sessions.get(handle)
        return session.email if session else "unknown"
    return "the vendor"


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
