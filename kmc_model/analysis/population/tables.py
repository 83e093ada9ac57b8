"""Compiled state spaces of one user: the effect of each kind of visit in each state.

`explore` finds the states; its moves are the visits, and the end of each single lifetime. So a user of a population is
one state and four deadlines. This module contains no rule: answers, deadlines and mails come from the rules of the
model.

Invariants:
1. In an explored state, no lifetime ends during a visit. A user waits for a deadline that falls within a visit.
2. Visits of a user are `gap_s` apart, so that no code counts as a replay, and no reset as one too many.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from kmc_model import actions as a
from kmc_model.analysis.configurations import (
    PASSED,
    Configuration,
    Knowledge,
    Move,
    Rules,
    Scope,
    Transition,
    edges,
    email_of,
)
from kmc_model.analysis.configurations.abstraction import app, lock, newest_link, newest_links, reset_links, secret
from kmc_model.analysis.configurations.configuration import Symbols
from kmc_model.analysis.population.visits import KINDS, Accounts, Done, End, Kind, Person, sit
from kmc_model.analysis.statespace import Space, explore
from kmc_model.clock import STEP_S, ManualClock
from kmc_model.model import Model
from kmc_model.policy import Policy
from kmc_model.records import Credentials, LinkKind, LinkStatus, State
from kmc_model.values import changed

__all__ = ["DEADLINES", "ENABLE", "GROUPS", "Cell", "Due", "Group", "Keep", "Table", "compiled", "fitting", "gap_s"]

AN_HOUR_S = 3600

WHO = "Ada"
EMAIL = email_of(WHO)


class Group(NamedTuple):
    """Users with the same accounts, the same two-factor accounts among them, and the same choice of login."""

    name: str
    accounts: tuple[str, ...]
    two_factor: tuple[str, ...]
    where: Accounts


GROUPS = (
    Group("one account", ("Acme",), ("Acme",), Accounts("Acme", "Acme")),
    Group("two accounts, both on", ("Acme", "Globex"), ("Acme", "Globex"), Accounts("Acme", "Acme", "Globex")),
    Group("two accounts, one on", ("Acme", "Globex"), ("Acme",), Accounts("Acme", "Globex", "Acme")),
)

DEADLINES = ("link runs out", "QR code dies", "reset link runs out", "lock ends")
ENABLE = "two-factor authentication is switched on"


def gap_s(policy: Policy) -> int:
    """Return the least time between two visits of one person, in seconds (assumed).

    Two minutes; longer under a large tolerance for codes, where a later code could fit an earlier time step.
    """
    return max(120, 2 * STEP_S * policy.tolerance_steps)


class Keep:
    """The effect of a visit on a deadline: kept or removed. Another number is a new one, in seconds from the start."""

    IT = -1
    NONE = -2


class Due:
    """What a person has to do after a visit."""

    AS_BEFORE, NOTHING, FOLLOW, ENROL, ASK = range(5)


@dataclass(frozen=True)
class Cell:
    """The effect of a visit in a state: next state, actions, deadlines, and next task."""

    state: int
    trace: tuple[Done, ...] = ()
    gave_up: bool = False
    deadlines: tuple[int, ...] = (Keep.IT,) * 4
    due: int = Due.AS_BEFORE


@dataclass(frozen=True)
class Table:
    """The cells of one group, by state and move (`KINDS`, `DEADLINES`, `ENABLE`); None for an impossible move."""

    group: Group
    space: Space
    cells: tuple[tuple[Cell | None, ...], ...]


# The aspects of a configuration that determine the answers to a visit

ALIVE = ("open", "last second")


def _link(kind: LinkKind, configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> str:
    """Return `open` for a valid newest link of `kind`, else the reason why it is not valid."""
    links = newest_links(configuration.state, own.email, kind)
    if not links:
        return "none"
    part = (
        newest_link(configuration, own, known, policy)
        if kind is LinkKind.ENROLMENT
        else reset_links(configuration, own, known, policy)[0]
    )
    if part in ALIVE:
        return "open"
    return "run out" if links[0].status is LinkStatus.OPEN else str(links[0].status)


def _secret(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> str:
    part = secret(configuration, own, known, policy)
    return "open" if part in ALIVE else part


def _locked(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> bool:
    return bool(lock(configuration, own, known, policy))


def _failures(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> int:
    return own.failures


def _knows_password(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> bool:
    return own.password == known.password


# Deadlines


def _alive(configuration: Configuration, policy: Policy) -> tuple[object, ...]:
    """Return for each deadline the item that will expire, or None."""
    own, known = configuration.state.credentials[EMAIL], configuration.knowledge[0]
    links = [newest_links(configuration.state, EMAIL, kind)[:1] for kind in (LinkKind.ENROLMENT, LinkKind.RESET)]
    enrolment, reset = (
        links[n][0].token if _link(kind, configuration, own, known, policy) == "open" else None
        for n, kind in enumerate((LinkKind.ENROLMENT, LinkKind.RESET))
    )
    held = (
        (own.secret.base32, own.secret.issued_at)
        if own.secret and _secret(configuration, own, known, policy) == "open"
        else None
    )
    return enrolment, held, reset, own.locked_until if _locked(configuration, own, known, policy) else None


def _deadlines(had_alive: tuple[object, ...], after: Configuration, began: int, policy: Policy) -> tuple[int, ...]:
    """Return what a visit does to each deadline."""
    now = _alive(after, policy)
    return tuple(
        _runs_out(after, which, policy) - began
        if thing is not None and thing != had
        else Keep.NONE
        if thing is None and had is not None
        else Keep.IT
        for which, (had, thing) in enumerate(zip(had_alive, now, strict=True))
    )


NEVER = 2**62


def _runs_out(configuration: Configuration, which: int, policy: Policy) -> int:
    """Return the first instant at which the thing is no longer alive."""
    instants = sorted(each for each in edges(configuration, policy) if each > configuration.now)
    return next(
        (
            at
            for at in instants
            if _alive(Configuration(configuration.state, at, configuration.knowledge), policy)[which] is None
        ),
        NEVER,
    )


def _fresh(configuration: Configuration, policy: Policy) -> Configuration:
    """Return `configuration` a while later, with renewed lifetimes, so that none ends during a visit.

    Unused records are dropped: sessions, and all links but the newest issued and the newest mailed of each kind.
    """
    now = configuration.now + gap_s(policy)
    later = now + AN_HOUR_S
    alive = _alive(configuration, policy)
    own = configuration.state.credentials[EMAIL]
    issued = {link.kind: link for link in configuration.state.links.values()}.values()
    mailed = (link for kind in LinkKind for link in newest_links(configuration.state, EMAIL, kind)[:1])
    links = {link.token: changed(link, issued_at=later) if link.token in alive else link for link in (*mailed, *issued)}
    if own.secret and alive[1]:
        own = changed(own, secret=changed(own.secret, issued_at=later))
    if alive[3]:
        own = changed(own, locked_until=later)
    credentials = {EMAIL: changed(own, resets_asked_at=())}
    mails = tuple(mail for mail in configuration.state.outbox if mail.link in links)
    return Configuration(
        changed(configuration.state, credentials=credentials, links=links, sessions={}, outbox=mails),
        now,
        configuration.knowledge,
    )


LONG_AGO = 0


def _run_out(which: int, configuration: Configuration, rules: Rules) -> Transition | None:
    """Let one lifetime end, and change nothing else."""
    thing = _alive(configuration, rules.policy)[which]
    if thing is None or (which == 1 and rules.policy.unused_qr_code_ttl_s is None):
        return None
    own, links = configuration.state.credentials[EMAIL], configuration.state.links
    if which == 1 and own.secret:
        own = changed(own, secret=changed(own.secret, issued_at=LONG_AGO))
    elif which == 3:
        own = changed(own, locked_until=configuration.now)
    else:
        token = str(thing)
        links = {**links, token: changed(links[token], issued_at=LONG_AGO)}
    state = changed(configuration.state, credentials={EMAIL: own}, links=links)
    return Transition(Configuration(state, configuration.now, configuration.knowledge), PASSED)


# Compiling


class _Compiler:
    """Makes the moves of a group, and remembers what came of each."""

    def __init__(self, group: Group, rules: Rules) -> None:
        self.group = group
        self.model = Model(secrets=Symbols(), variant=rules)
        nowhere = Configuration(self.model.state, 0, ())
        self.kept: tuple[Configuration, tuple[Configuration, tuple[object, ...]]] = nowhere, (nowhere, ())
        self.made: dict[tuple[int, int], tuple[tuple[Done, ...], End, tuple[int, ...], int]] = {}

    def moves(self) -> tuple[Move, ...]:
        kinds = [Move(f"{each.name}, {each.wrong_codes} wrong", partial(self.sits, n)) for n, each in enumerate(KINDS)]
        deadlines = [Move(name, partial(_run_out, which)) for which, name in enumerate(DEADLINES)]
        return (*kinds, *deadlines, Move(ENABLE, self.enables))

    def sits(self, number: int, configuration: Configuration, rules: Rules) -> Transition | None:
        kind = KINDS[number]
        if not _possible(kind, configuration.state):
            return None
        before, alive = self.fresh(configuration)
        self.model.state, self.model.clock = before.state, ManualClock(before.now)
        person = Person(self.model, EMAIL, partial(self.code_of, kind), before.knowledge[0])
        trace, end = sit(person, kind.begin(person, self.group.where))
        after = Configuration(self.model.state, self.model.clock.now(), (person.known,))
        deadlines = _deadlines(alive, after, before.now, rules.policy)
        self.made[id(configuration), number] = trace, end, deadlines, _due(trace, end, after, rules.policy)
        return Transition(after, PASSED)

    def fresh(self, configuration: Configuration) -> tuple[Configuration, tuple[object, ...]]:
        """Return `configuration` as a visit finds it, and what is alive then; kept for the other kinds of visit."""
        if self.kept[0] is not configuration:
            before = _fresh(configuration, self.model.policy)
            self.kept = configuration, (before, _alive(before, self.model.policy))
        return self.kept[1]

    def code_of(self, kind: Kind, held: str, attempt: int) -> str:
        made_of = held if attempt >= kind.wrong_codes else "wrong"
        return f"{made_of}/{self.model.clock.now() // STEP_S}"

    def enables(self, configuration: Configuration, rules: Rules) -> Transition | None:
        if configuration.state.accounts[self.group.two_factor[0]].two_factor:
            return None
        state = configuration.state
        for account in self.group.two_factor:
            state, _ = rules.perform(state, configuration.now, a.EnableTwoFactor(account))
        after = Configuration(state, configuration.now, configuration.knowledge)
        deadlines = _deadlines(_alive(configuration, rules.policy), after, configuration.now, rules.policy)
        self.made[id(configuration), len(KINDS) + len(DEADLINES)] = (), End(), deadlines, Due.ENROL
        return Transition(after, PASSED)


RENEWING = ("follows reset link", "chooses weak password", "closes before OK")


def _possible(kind: Kind, state: State) -> bool:
    """Return whether the conditions of a visit are met.

    Every visit needs two-factor authentication, and some need a reset mail. After failures, a person makes only visits
    that belong to a reset, in line with `_due`.
    """
    if not any(each.two_factor for each in state.accounts.values()):
        return False
    if kind.name in RENEWING:
        return bool(newest_links(state, EMAIL, LinkKind.RESET))
    return kind.name == "asks again" or not state.credentials[EMAIL].failures


def _due(trace: tuple[Done, ...], end: End, after: Configuration, policy: Policy) -> int:
    """Return what the person has to do next, by what was mailed and how the visit ended."""
    mailed = {kind for done in trace for kind in done.mails}
    own, known = after.state.credentials[EMAIL], after.knowledge[0]
    paired = app(after, own, known, policy)
    if end.gave_up:
        return Due.ASK
    if any(done.act.does is a.RequestReset for done in trace):
        return Due.FOLLOW
    if LinkKind.ENROLMENT in mailed and not paired:
        return Due.ENROL
    return Due.NOTHING if paired else Due.AS_BEFORE


def compiled(rules: Rules) -> tuple[Table, ...]:
    """Return the table of each group under `rules`."""
    return tuple(_compiled(group, rules) for group in GROUPS)


def _compiled(group: Group, rules: Rules) -> Table:
    compiler = _Compiler(group, rules)
    parts = (_secret, app, _failures, _locked, _knows_password)
    link_parts = tuple(partial(_link, kind) for kind in (LinkKind.ENROLMENT, LinkKind.RESET))
    scope = Scope(f"population, {group.name}", (WHO,), group.accounts, compiler.moves(), parts, link_parts)
    space = explore(scope, rules)
    cells = []
    for state, configuration in enumerate(space.configurations):
        row: list[Cell | None] = []
        for move, seen in enumerate(space.output[state]):
            made = compiler.made.get((id(configuration), move))
            end = space.next[state][move]
            if seen is None:
                row.append(None)
            elif made is None:
                out = [Keep.IT] * 4
                out[move - len(KINDS)] = Keep.NONE
                row.append(Cell(end, deadlines=tuple(out)))
            else:
                trace, ended, deadlines, due = made
                row.append(Cell(end, trace, ended.gave_up, deadlines, due))
        cells.append(tuple(row))
    return Table(group, space, tuple(cells))


def fitting(table: Table, rules: Rules) -> dict[int, bool]:
    """Return the rules' acceptance of a code by its distance in steps of 30 s, up to 2 beyond the tolerance."""
    enabled = table.cells[0][len(KINDS) + len(DEADLINES)]
    assert enabled is not None
    enrolled = table.cells[enabled.state][[each.name for each in KINDS].index("enrols")]
    assert enrolled is not None
    configuration = table.space.configurations[enrolled.state]
    now = configuration.now + gap_s(rules.policy)
    most = rules.policy.tolerance_steps + 2

    def accepted(steps: int) -> bool:
        login = a.LogIn(
            EMAIL,
            configuration.knowledge[0].password,
            f"{configuration.knowledge[0].app}/{now // STEP_S + steps}",
            "Acme",
        )
        return rules.perform(configuration.state, now, login)[1].accepted

    return {steps: accepted(steps) for steps in range(-most, most + 1)}
