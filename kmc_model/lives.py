"""Lives: what people can do next, and what they know, in the words of the features.

A life is a state of the model, an instant, and what each person holds: apps, a session, the code typed last. Its moves
are sentences. Secrets and codes are symbols, so that lives can be walked by the hundred thousand.

What is left out, so that there are finitely many lives: whoever is shown a QR code scans it; of several links of a
kind the newest two are told apart; wrong attempts count only in a run that locks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from kmc_model import actions as a
from kmc_model.actions import AccountStatus, UserStatus
from kmc_model.clock import START
from kmc_model.model import Outcome, step
from kmc_model.policy import ARTICLE, Policy
from kmc_model.records import Credentials, Link, LinkKind, LinkStatus, State
from kmc_model.rules import RULES, Rule, by_action
from kmc_model.turn import Reason, Turn

__all__ = ["SCOPES", "Holds", "Life", "Move", "Rules", "Scope", "Seen", "Symbols", "edges", "key_of"]

STEP_S = 30
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

    def counter_of(self, code: str, secret: str, now: int, tolerance_steps: int, as_numbers: bool) -> int | None:
        """Return the time step of `code` where it is one of `secret` that counts at `now`."""
        made_of, _, counter = code.rpartition("/")
        if made_of != secret or not counter or abs(int(counter) - now // STEP_S) > tolerance_steps:
            return None
        return int(counter)


class Holds(NamedTuple):
    """What a person holds: the app entry, the one before it, the code typed last, a session, the link of a reset."""

    app: str | None = None
    earlier_app: str | None = None
    code: str | None = None
    session: str | None = None
    reset_link: str | None = None
    password: str = FIRST


class Life(NamedTuple):
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


Made = tuple[Life, Seen] | None
"""What a move leads to and shows; None where it cannot be made: there is no link to open, no session to end."""


@dataclass(frozen=True)
class Move:
    """One thing that may happen next: a sentence of the features, and what it does."""

    sentence: str
    make: Callable[[Life, Rules], Made]


@dataclass(frozen=True)
class Scope:
    """A part of all lives: who is there, which moves they have, and what of a person these can bring to light."""

    name: str
    people: tuple[str, ...]
    accounts: tuple[str, ...]
    moves: tuple[Move, ...]
    parts: tuple["Part", ...]

    @cached_property
    def emails(self) -> tuple[str, ...]:
        """The people's e-mails."""
        return tuple(map(email_of, self.people))

    def start(self, rules: Rules) -> Life:
        """Return the life in which everybody has just been registered everywhere."""
        state = State()
        for account in self.accounts:
            for name in self.people:
                state, _ = rules.perform(state, START, a.RegisterUser(account, email_of(name), FIRST))
        return Life(state, START, tuple(Holds() for _ in self.people))


@cache
def email_of(name: str) -> str:
    """Return the e-mail of the person called `name`."""
    return f"{name.lower()}{DOMAIN}"


# Moves


def _act(who: int, action: Callable[[Life], a.Action | None]) -> Callable[[Life, Rules], Made]:
    """Return a move in which person `who` does something; what is shown to them they keep."""

    def make(life: Life, rules: Rules) -> Made:
        done = action(life)
        if done is None:
            return None
        state, outcome = rules.perform(life.state, life.now, done)
        if state is life.state and outcome.qr_code is None and not outcome.session:
            return life, REFUSED[outcome.reason] if outcome.reason else PASSED
        return _kept(life, state, who, done, outcome)

    return make


REFUSED = {reason: Seen(False, reason is Reason.CODE_NEEDED) for reason in Reason}


def _kept(life: Life, state: State, who: int, done: a.Action, outcome: Outcome) -> tuple[Life, Seen]:
    had = holds = life.holds[who]
    shown = ""
    if outcome.qr_code:
        secret = outcome.qr_code.uri.partition("secret=")[2].partition("&")[0]
        shown = "known" if secret == had.app else "new"
        holds = holds._replace(app=secret, earlier_app=had.app)
    if outcome.session and outcome.session != had.session:
        holds = holds._replace(session=outcome.session)
    if outcome.accepted:
        if isinstance(done, a.SetPassword):
            holds = holds._replace(password=done.password, reset_link=done.link)
        elif isinstance(done, a.ChangePassword):
            holds = holds._replace(password=done.new_password)
        elif isinstance(done, a.LogIn) and done.code:
            holds = holds._replace(code=done.code)
    everybody = life.holds
    if holds is not had:
        everybody = (*everybody[:who], holds, *everybody[who + 1 :])
    mailed = tuple((mail.recipient, state.links[mail.link].kind.value) for mail in outcome.mails if mail.link)
    seen = Seen(outcome.accepted, outcome.reason is Reason.CODE_NEEDED, shown, outcome.account or "", mailed)
    return Life(state, life.now, everybody), seen


def _links(life: Life, email: str, kind: LinkKind) -> list[Link]:
    """Return the newest two links of `kind` mailed to `email`, newest first."""
    found = []
    for each in reversed(tuple(life.state.links.values())):
        if each.kind is kind and each.email == email:
            found.append(each)
            if len(found) == 2:
                break
    return found


def _log_in(who: int, name: str, account: str | None, typed: str, password: str = "") -> Callable[[Life, Rules], Made]:
    email = email_of(name)

    def action(life: Life) -> a.Action | None:
        holds = life.holds[who]
        code: str | None = None
        if typed == "a code":
            code = f"{holds.app}/{life.now // STEP_S}" if holds.app else None
        elif typed == "a code of the earlier QR code":
            code = f"{holds.earlier_app}/{life.now // STEP_S}" if holds.earlier_app else None
        elif typed == "the same code":
            code = holds.code
        elif typed == "a wrong code":
            code = f"wrong/{life.now // STEP_S}" if holds.app else None
        elif typed.endswith("'s code"):
            others = life.holds[1 - who].app
            code = f"{others}/{life.now // STEP_S}" if others else None
        if code is None and typed != "no code":
            return None
        return a.LogIn(email, password or holds.password, code, account)

    make = _act(who, action)
    if typed not in ("a code", "a code of the earlier QR code"):
        return make

    def at_a_fresh_step(life: Life, rules: Rules) -> Made:
        """A code is typed in a time step that no earlier login has used: the person waits for it."""
        used = life.holds[who].code
        if used and int(used.rpartition("/")[2]) >= life.now // STEP_S - 1:
            life = life._replace(now=life.now + 2 * STEP_S)
        return make(life, rules)

    return at_a_fresh_step


def _open(who: int, name: str, nth: int) -> Callable[[Life, Rules], Made]:
    def action(life: Life) -> a.Action | None:
        links = _links(life, email_of(name), LinkKind.ENROLMENT)
        return a.OpenEnrolmentLink(links[nth].token) if len(links) > nth else None

    return _act(who, action)


def _set_password(who: int, name: str, nth: int, password: str = "") -> Callable[[Life, Rules], Made]:
    def action(life: Life) -> a.Action | None:
        links = _links(life, email_of(name), LinkKind.RESET)
        return a.SetPassword(links[nth].token, password or _next(life.holds[who])) if len(links) > nth else None

    return _act(who, action)


def _next(holds: Holds) -> str:
    """Return another password than the present one; there are but two, so that lives repeat."""
    return "n3w-pass!1" if holds.password == FIRST else FIRST


def _confirm(who: int) -> Callable[[Life, Rules], Made]:
    def action(life: Life) -> a.Action | None:
        link = life.holds[who].reset_link
        return a.ConfirmPassword(link) if link else None

    return _act(who, action)


def _in_session(who: int, made: Callable[[str, Holds], a.Action]) -> Callable[[Life, Rules], Made]:
    def action(life: Life) -> a.Action | None:
        holds = life.holds[who]
        return made(holds.session, holds) if holds.session else None

    return _act(who, action)


def _fixed(action: a.Action) -> Callable[[Life, Rules], Made]:
    return _act(0, lambda life: action)


def _reset_at_once(who: int, name: str) -> Callable[[Life, Rules], Made]:
    """Ask for a reset, set a new password, click OK and scan, as one move."""
    steps = (_fixed(a.RequestReset(email_of(name))), _set_password(who, name, 0), _confirm(who))

    def make(life: Life, rules: Rules) -> Made:
        seen: list[Seen] = []
        for each in steps:
            made = each(life, rules)
            if made is None:
                break
            life = made[0]
            seen.append(made[1])
        last = seen[-1]
        return life, last._replace(mailed=tuple(mail for each in seen for mail in each.mailed))

    return make


def _wrong_passwords(name: str, account: str) -> Callable[[Life, Rules], Made]:
    """Try wrong passwords until the limit is reached."""

    def make(life: Life, rules: Rules) -> Made:
        state, accepted = life.state, False
        for nth in range(rules.policy.failures_max):
            state, outcome = rules.perform(state, life.now, a.LogIn(email_of(name), f"wr0ng-pw!{nth}", None, account))
            accepted = accepted or outcome.accepted
        return life._replace(state=state), Seen(accepted)

    return make


def _pass(seconds: int) -> Callable[[Life, Rules], Made]:
    return lambda life, rules: (life._replace(now=life.now + seconds), PASSED)


def edges(life: Life, policy: Policy) -> Iterator[int]:
    """Yield the instants at which something that runs out is just in time, and just too late."""
    for link in life.state.links.values():
        if link.status is LinkStatus.OPEN:
            ttl_s = policy.reset_link_ttl_s if link.kind is LinkKind.RESET else policy.enrolment_link_ttl_s
            yield from (link.issued_at + ttl_s, link.issued_at + ttl_s + 1)
    for own in life.state.credentials.values():
        if own.secret and not own.secret.proven and policy.unused_qr_code_ttl_s is not None:
            dead_at = own.secret.issued_at + policy.unused_qr_code_ttl_s
            yield from (dead_at, dead_at + 1)
        if own.locked_until > life.now:
            yield from (own.locked_until - 1, own.locked_until)


def _to_next_edge(life: Life, rules: Rules) -> Made:
    at = min((each for each in edges(life, rules.policy) if each > life.now), default=None)
    return (life._replace(now=at), PASSED) if at else None


# Keys


def key_of(life: Life, scope: Scope, policy: Policy) -> tuple[object, ...]:
    """Return what of a life decides everything that the scope's moves can show, symbols and instants left out."""
    accounts = life.state.accounts.values()
    key: list[object] = [(each.two_factor, each.status is AccountStatus.ACTIVE) for each in accounts]
    for holds, email in zip(life.holds, scope.emails, strict=True):
        own = life.state.credentials[email]
        for part in scope.parts:
            key.append(part(life, own, holds, policy))
    return tuple(key)


Part = Callable[[Life, Credentials, Holds, Policy], object]
"""Something of one person that may decide what is to come."""


def _secret(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str:
    secret, ttl_s = own.secret, policy.unused_qr_code_ttl_s
    if secret is None or secret.proven:
        return "proven" if secret else "none"
    return "open" if ttl_s is None else _time_left(secret.issued_at + ttl_s - life.now)


def _app(life: Life, own: Credentials, holds: Holds, policy: Policy) -> bool | None:
    return holds.app == own.secret.base32 if holds.app and own.secret else None


def _earlier_app(life: Life, own: Credentials, holds: Holds, policy: Policy) -> bool | None:
    return holds.earlier_app == own.secret.base32 if holds.earlier_app and own.secret else None


def _code(life: Life, own: Credentials, holds: Holds, policy: Policy) -> bool | None:
    """Whether the code typed last still fits, so that only having been used makes it wrong."""
    if not holds.code or not own.secret:
        return None
    made_of, _, counter = holds.code.rpartition("/")
    return made_of == own.secret.base32 and int(counter) >= life.now // STEP_S - 1


def _newest_link(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str:
    links = _links(life, own.email, LinkKind.ENROLMENT)
    return _of_link(links[0], life.now, policy) if links else ""


def _enrolment_links(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    return tuple([_of_link(each, life.now, policy) for each in _links(life, own.email, LinkKind.ENROLMENT)])


def _reset_links(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    return tuple([_of_link(each, life.now, policy) for each in _links(life, own.email, LinkKind.RESET)])


def _reset(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str | None:
    """Return what the link is worth that OK leads to."""
    if holds.reset_link is None:
        return None
    follow_up = life.state.links[holds.reset_link].follow_up
    return _of_link(life.state.links[follow_up], life.now, policy) if follow_up else "nothing"


def _session(life: Life, own: Credentials, holds: Holds, policy: Policy) -> object:
    session = life.state.sessions[holds.session] if holds.session else None
    return session and session.is_open and session.account


def _lock(life: Life, own: Credentials, holds: Holds, policy: Policy) -> object:
    return own.locked_until > life.now and (own.locked_until == life.now + 1 or "for a while")


def _last_account(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str | None:
    return own.last_account


def _status(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    return tuple([str(each.status) for each in life.state.memberships.values() if each.email == own.email])


def _of_link(link: Link, now: int, policy: Policy) -> str:
    if link.status is not LinkStatus.OPEN:
        return "gone"
    ttl_s = policy.reset_link_ttl_s if link.kind is LinkKind.RESET else policy.enrolment_link_ttl_s
    return _time_left(link.issued_at + ttl_s - now)


def _time_left(seconds: int) -> str:
    return "open" if seconds > 0 else "last second" if seconds == 0 else "gone"


# Scopes


def _switches(accounts: Sequence[str]) -> Iterator[Move]:
    for account in accounts:
        yield Move(
            f"the vendor switches two-factor authentication on for {account}", _fixed(a.EnableTwoFactor(account))
        )
        yield Move(
            f"the vendor switches two-factor authentication off for {account}", _fixed(a.DisableTwoFactor(account))
        )


def _logins(who: int, name: str, account: str, codes: Sequence[str]) -> Iterator[Move]:
    for typed in codes:
        yield Move(f"{name} logs in to {account} with {typed}", _log_in(who, name, account, typed))


def _resets(who: int, name: str) -> Iterator[Move]:
    yield Move(f"{name} asks for a reset", _fixed(a.RequestReset(email_of(name))))
    yield Move(f"{name} sets a new password through the newest reset link", _set_password(who, name, 0))
    yield Move(f"{name} confirms the new password", _confirm(who))


def _statuses(name: str, account: str) -> Iterator[Move]:
    for status, words in ((UserStatus.BLOCKED, "blocked in"), (UserStatus.ACTIVE, "restored in")):
        action = a.SetUserStatus(account, email_of(name), status)
        yield Move(f"{name} is {words} {account}", _fixed(action))


def _session_moves(who: int, name: str) -> Iterator[Move]:
    yield Move(f"{name} uses the session", _in_session(who, lambda session, holds: a.UseSession(session)))
    yield Move(f"{name} logs out", _in_session(who, lambda session, holds: a.LogOut(session)))


CODES = ("no code", "a code", "the same code", "a code of the earlier QR code", "a wrong code")

ONE_ACCOUNT = Scope(
    "one account",
    ("Ada",),
    ("Acme",),
    (
        *_switches(("Acme",)),
        Move("Ada opens the newest enrolment link", _open(0, "Ada", 0)),
        Move("Ada opens the earlier enrolment link", _open(0, "Ada", 1)),
        *_logins(0, "Ada", "Acme", CODES),
        Move("Ada logs in with a wrong password and a code", _log_in(0, "Ada", "Acme", "a code", "wr0ng-guess!")),
        *_session_moves(0, "Ada"),
        *_resets(0, "Ada"),
        Move("Ada sets a new password through the earlier reset link", _set_password(0, "Ada", 1)),
        Move('Ada tries to set the password "a1!"', _set_password(0, "Ada", 0, "a1!")),
        Move(
            "Ada changes the password in the KMC",
            _in_session(0, lambda session, holds: a.ChangePassword(session, holds.password, _next(holds))),
        ),
        Move("60 s pass", _pass(60)),
        Move("time passes to the next limit", _to_next_edge),
    ),
    (_secret, _app, _earlier_app, _code, _enrolment_links, _reset_links, _reset, _session),
)

TWO_ACCOUNTS = Scope(
    "two accounts",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *_switches(("Acme", "Globex")),
        Move("Ada opens the newest enrolment link", _open(0, "Ada", 0)),
        Move("Ada opens the earlier enrolment link", _open(0, "Ada", 1)),
        *(move for account in ("Acme", "Globex") for move in _logins(0, "Ada", account, CODES[:4])),
        Move("Ada logs in naming no account with no code", _log_in(0, "Ada", None, "no code")),
        *_session_moves(0, "Ada"),
        *(
            Move(
                f"Ada switches to {account}",
                _in_session(0, lambda session, holds, account=account: a.SwitchAccount(session, account)),  # type: ignore[misc]
            )
            for account in ("Acme", "Globex")
        ),
        *_resets(0, "Ada"),
        Move("25 h pass", _pass(25 * 3600)),
    ),
    (_secret, _app, _earlier_app, _code, _enrolment_links, _reset_links, _reset, _session, _last_account),
)

TWO_PEOPLE = Scope(
    "two people",
    ("Ada", "Bo"),
    ("Acme",),
    (
        *_switches(("Acme",)),
        *(
            move
            for who, (name, other) in enumerate((("Ada", "Bo"), ("Bo", "Ada")))
            for move in (
                Move(f"{name} opens the newest enrolment link", _open(who, name, 0)),
                *_logins(who, name, "Acme", ("a code", f"{other}'s code")),
                Move(f"{name} resets the password", _reset_at_once(who, name)),
            )
        ),
        Move("25 h pass", _pass(25 * 3600)),
    ),
    (_secret, _app, _newest_link),
)

ATTEMPTS = Scope(
    "attempts",
    ("Ada", "Bo"),
    ("Acme",),
    (
        *_switches(("Acme",)),
        *(
            move
            for who, name in enumerate(("Ada", "Bo"))
            for move in (
                Move(f"10 wrong passwords are tried for {name}", _wrong_passwords(name, "Acme")),
                *_logins(who, name, "Acme", ("no code", "a code")),
                Move(f"{name} resets the password", _reset_at_once(who, name)),
                *_statuses(name, "Acme"),
            )
        ),
        Move("Acme is blocked", _fixed(a.SetAccountStatus("Acme", AccountStatus.BLOCKED))),
        Move("time passes to the next limit", _to_next_edge),
    ),
    (_secret, _app, _lock, _status),
)

SCOPES = (ONE_ACCOUNT, TWO_ACCOUNTS, TWO_PEOPLE, ATTEMPTS)
