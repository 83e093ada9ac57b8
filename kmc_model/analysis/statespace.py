"""The state space of a scope, its properties, and the differences between two rulebooks.

`explore` makes every move in every state; configurations with the same future outputs are one state. `violations`
checks the properties on every transition, and gives the shortest path to a violation; `examine` does both at once.
`differences` explores two rulebooks in parallel, and gives the shortest path to each difference.
"""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kmc_model.analysis.configurations import (
    PASSED,
    PEOPLE,
    Act,
    Configuration,
    Move,
    Output,
    Rules,
    Scope,
    Transition,
    edges,
    email_of,
    key_of,
)
from kmc_model.analysis.machines import Machine
from kmc_model.records import LinkKind, LinkStatus
from kmc_model.sentences import PASSWORDS
from kmc_model.values import Shown

if TYPE_CHECKING:
    import networkx
    import pandas

__all__ = [
    "PAIRINGS",
    "PROPERTIES",
    "Difference",
    "Property",
    "Space",
    "Violation",
    "differences",
    "examine",
    "explore",
    "mermaid",
    "outline",
    "violations",
]


@dataclass(frozen=True, repr=False)
class Space(Shown):
    """The configurations of a scope, numbered in the order of their discovery, and every transition between them.

    Attributes:
        scope: the scope of the exploration.
        rules: the rules of the exploration.
        configurations: one configuration of each state.
        keys: the abstract key of each state.
        next: the next state, by state and move; an impossible move leads to the same state.
        output: the output, by state and move; None for an impossible move.
        why: the requirements behind the answer, by state and move; empty for none.
        came_from: the state and move of the first path to each state; None for the start.

    """

    scope: Scope
    rules: Rules
    configurations: tuple[Configuration, ...]
    keys: tuple[tuple[object, ...], ...]
    next: tuple[tuple[int, ...], ...]
    output: tuple[tuple[Output | None, ...], ...]
    why: tuple[tuple[str, ...], ...]
    came_from: tuple[tuple[int, int] | None, ...]

    def __repr__(self) -> str:
        size = f"{len(self.configurations):,} states, {self.transitions:,} transitions"
        return f"Space({self.scope.name}, policy {self.rules.policy.name}: {size})"

    @property
    def transitions(self) -> int:
        """How many moves can be made, over all states."""
        return sum(seen is not None for of_state in self.output for seen in of_state)

    def path(self, state: int) -> tuple[str, ...]:
        """Return the sentences that lead to `state` on the shortest way."""
        sentences: list[str] = []
        while came_from := self.came_from[state]:
            state, move = came_from
            sentences.append(self.scope.moves[move].sentence)
        return tuple(reversed(sentences))

    def machine(self) -> Machine:
        """Return it as a Mealy machine whose inputs are the moves."""
        return Machine(self.next, self.output)

    def to_networkx(self) -> "networkx.MultiDiGraph":
        """Return it as a graph; edges carry `move` and `accepted`."""
        import networkx

        graph = networkx.MultiDiGraph()
        graph.add_nodes_from((at, {"key": key}) for at, key in enumerate(self.keys))
        for state, (nexts, seen) in enumerate(zip(self.next, self.output, strict=True)):
            for move, end, each in zip(self.scope.moves, nexts, seen, strict=True):
                if each is not None:
                    graph.add_edge(state, end, move=move.sentence, accepted=each.accepted)
        return graph

    def to_frame(self) -> "pandas.DataFrame":
        """Return the transitions: from, move, to, accepted, asks_for_code, shown, account, mailed (how many links)."""
        import pandas

        rows = [
            (state, move.sentence, end, *each[:4], len(each.mailed))
            for state, (nexts, seen) in enumerate(zip(self.next, self.output, strict=True))
            for move, end, each in zip(self.scope.moves, nexts, seen, strict=True)
            if each is not None
        ]
        columns = ["from", "move", "to", "accepted", "asks_for_code", "shown", "account", "mailed"]
        return pandas.DataFrame(rows, columns=columns)


Made = list[Transition | None]
"""What each move of a scope leads to; None for one that cannot be made."""


def explore(
    scope: Scope, rules: Rules | None = None, on_moves: Callable[[int, Configuration, Made], None] | None = None
) -> Space:
    """Visit every configuration of `scope` under `rules`, the reference's by default, and make every move in each.

    `on_moves` is called with the number of each state, its configuration, and what every move leads to.
    """
    rules = rules or Rules()
    first = scope.start(rules)
    configurations, keys = [first], [key_of(first, scope, rules.policy)]
    known = {keys[0]: 0}
    makes = [move.make for move in scope.moves]
    came_from: list[tuple[int, int] | None] = [None]
    nexts: list[tuple[int, ...]] = []
    seen: list[tuple[Output | None, ...]] = []
    why: list[tuple[str, ...]] = []
    # All objects made here live until the end: garbage collection would take a sixth of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        for state, configuration in enumerate(configurations):
            made = [make(configuration, rules) for make in makes]
            if on_moves:
                on_moves(state, configuration, made)
            ends: list[int] = []
            for number, each in enumerate(made):
                end = state
                if each is not None and each.configuration is not configuration:
                    key = key_of(each.configuration, scope, rules.policy, near=(configuration, keys[state]))
                    end = known.setdefault(key, len(configurations))
                    if end == len(configurations):
                        configurations.append(each.configuration)
                        keys.append(key)
                        came_from.append((state, number))
                ends.append(end)
            nexts.append(tuple(ends))
            seen.append(tuple([each.output if each else None for each in made]))
            why.append(tuple([each.why if each else "" for each in made]))
    finally:
        if was_on:
            gc.enable()
    return Space(
        scope, rules, tuple(configurations), tuple(keys), tuple(nexts), tuple(seen), tuple(why), tuple(came_from)
    )


# Properties

Check = Callable[[Configuration, Move, Configuration, Output], bool]


@dataclass(frozen=True)
class Property:
    """A condition on every transition; it follows from `requirements`."""

    sentence: str
    requirements: tuple[str, ...]
    holds: Check


@dataclass(frozen=True)
class Violation:
    """A property that does not hold, and the shortest way to see it."""

    property: Property
    path: tuple[str, ...]


class _Check:
    """Checks the properties on every transition, and keeps the state and move of each one's first violation."""

    def __init__(self, scope: Scope) -> None:
        self._moves = scope.moves
        self._left = list(PROPERTIES)
        self._found: list[tuple[Property, int, Move]] = []

    def __call__(self, state: int, before: Configuration, made: Made) -> None:
        for move, each in zip(self._moves, made, strict=True):
            if each is None:
                continue
            for held in self._left:
                if not held.holds(before, move, each.configuration, each.output):
                    self._found.append((held, state, move))
                    self._left = [one for one in self._left if one is not held]

    def violations(self, space: Space) -> tuple[Violation, ...]:
        """Return what was found, with the shortest path to it."""
        return tuple(Violation(each, (*space.path(state), move.sentence)) for each, state, move in self._found)


def violations(space: Space) -> tuple[Violation, ...]:
    """Return each property that is violated on some transition of `space`, with the shortest path to it."""
    check = _Check(space.scope)
    for state, configuration in enumerate(space.configurations):
        check(state, configuration, [move.make(configuration, space.rules) for move in space.scope.moves])
    return check.violations(space)


def examine(scope: Scope, rules: Rules | None = None) -> tuple[Space, tuple[Violation, ...]]:
    """Return what `explore` and `violations` return; each move is made once."""
    check = _Check(scope)
    space = explore(scope, rules, check)
    return space, check.violations(space)


def _opened(before: Configuration, after: Configuration) -> Iterator[str]:
    """Yield the handles of the sessions that were opened."""
    return (handle for handle in after.state.sessions if handle not in before.state.sessions)


def _session_needs_code(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    for handle in _opened(before, after):
        session = after.state.sessions[handle]
        own = after.state.credentials[session.email]
        if before.state.accounts[session.account].two_factor:
            was = before.state.credentials[session.email]
            alive = own.secret is not None and was.secret is not None and own.secret.base32 == was.secret.base32
            proven = alive and own.last_counter > was.last_counter
            if not proven or not _types_their_own(before, move):
                return False
    return True


def _types_their_own(before: Configuration, move: Move) -> bool:
    """Whether every login in `move` uses the actor's own password, and no code of another person."""
    for step in move.steps:
        if step.code and step.code.owner:
            return False
        if step.act is Act.LOG_IN and step.password and step.actor in PEOPLE:
            own = before.knowledge[PEOPLE.index(step.actor)].password
            if PASSWORDS[step.password](own) != own:
                return False
    return True


def _switch_needs_login(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    return all(
        session.account == before.state.sessions[handle].account
        or not before.state.accounts[session.account].two_factor
        for handle, session in after.state.sessions.items()
        if handle in before.state.sessions
    )


def _refusal_is_silent(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    return output.accepted or not (output.shown or output.account or output.mailed)


def _shown_once(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    def used(configuration: Configuration) -> int:
        return sum(each.status is LinkStatus.USED for each in configuration.state.links.values())

    return not output.shown or used(after) > used(before)


def _shown_in_time(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    if not output.shown:
        return True
    spent = (
        link
        for token, link in after.state.links.items()
        if link.kind is LinkKind.ENROLMENT and link.status is LinkStatus.USED
        if token not in before.state.links or before.state.links[token].status is LinkStatus.OPEN
    )
    return all(after.now - link.issued_at <= 24 * 3600 for link in spent)


def _others_keep_theirs(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    """Everyone except the actor keeps their password and a proven secret; any other secret may change."""
    return all(
        after.state.credentials[email].password == own.password
        and (own.secret is None or not own.secret.proven or after.state.credentials[email].secret == own.secret)
        for email, own in before.state.credentials.items()
        if email != email_of(move.actor)
    )


def _pairing_lasts(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    """Only a new password set through a link replaces a proven secret."""
    return move.does(Act.SET_PASSWORD, Act.RESET_PASSWORD) or all(
        own.secret is None or not own.secret.proven or after.state.credentials[email].secret == own.secret
        for email, own in before.state.credentials.items()
    )


def _secrets_differ(before: Configuration, move: Move, after: Configuration, output: Output) -> bool:
    secrets = [own.secret.base32 for own in after.state.credentials.values() if own.secret]
    return len(set(secrets)) == len(secrets)


PROPERTIES: tuple[Property, ...] = (
    Property(
        "No session is opened in a two-factor account without the password and a live code not used before",
        ("ENA-007", "ENA-012", "LOG-006", "STD-003"),
        _session_needs_code,
    ),
    Property("No session is moved into a two-factor account", ("SWI-001", "SWI-002", "SWI-009"), _switch_needs_login),
    Property("A refusal shows no QR code, opens no session and mails nothing", ("ENR-013",), _refusal_is_silent),
    Property("Each showing of a QR code uses a link up", ("ENR-002", "RST-018"), _shown_once),
    Property("No QR code is shown later than 24 hours after its mail", ("ENR-009",), _shown_in_time),
    Property("Whoever does not act keeps password and pairing", ("RST-015",), _others_keep_theirs),
    Property("A pairing that has completed a login lasts until a reset", ("ENR-011", "ENA-011"), _pairing_lasts),
    Property("No two people share a secret", ("ENA-006", "STD-009"), _secrets_differ),
)


# Differences


@dataclass(frozen=True)
class Difference:
    """A move with different answers under two rulebooks; `path` is the shortest path that ends with it.

    `why` holds the requirements behind the answer of the first rulebook.
    """

    path: tuple[str, ...]
    one: Output | None
    other: Output | None
    why: str = ""

    @property
    def move(self) -> str:
        """The sentence that is answered differently."""
        return self.path[-1]


def differences(scope: Scope, one: Rules, other: Rules) -> Iterator[Difference]:
    """Yield one difference of each kind between two rulebooks, nearest first.

    The kind consists of the move, both outputs, and the requirements. Both rulebooks are explored in parallel, and no
    path is followed beyond a difference.
    """
    starts = scope.start(one), scope.start(other)
    pairs = [starts]
    came_from: list[tuple[int, str]] = [(-1, "")]
    known = {_pair_key(starts, scope, one, other)}
    told: set[object] = set()
    for at, pair in enumerate(pairs):
        for move in scope.moves:
            first, second = _both(move, pair, one, other)
            ends = tuple(
                each.configuration if each else configuration
                for each, configuration in zip((first, second), pair, strict=True)
            )
            seen = tuple(each.output if each else None for each in (first, second))
            if seen[0] != seen[1] or ends[0].now != ends[1].now:
                why = first.why if first else ""
                if (kind := (move.sentence, *seen, why)) not in told:
                    told.add(kind)
                    yield Difference((*_way(came_from, at), move.sentence), seen[0], seen[1], why)
                continue
            key = _pair_key((ends[0], ends[1]), scope, one, other)
            if key not in known:
                known.add(key)
                pairs.append((ends[0], ends[1]))
                came_from.append((at, move.sentence))


def _both(
    move: Move, pair: tuple[Configuration, Configuration], one: Rules, other: Rules
) -> tuple[Transition | None, Transition | None]:
    first, second = move.make(pair[0], one), move.make(pair[1], other)
    if move.act is Act.WAIT_FOR_LIMIT:
        # One clock for both: it stops at the limits of either.
        limits = (*edges(pair[0], one.policy), *edges(pair[1], other.policy))
        at = min((each for each in limits if each > pair[0].now), default=None)
        if at is None:
            return None, None
        first, second = (Transition(Configuration(each.state, at, each.knowledge), PASSED) for each in pair)
    return first, second


def _pair_key(pair: tuple[Configuration, Configuration], scope: Scope, one: Rules, other: Rules) -> tuple[object, ...]:
    extra = tuple(getattr(each.state, "notes", None) for each in pair)
    return (key_of(pair[0], scope, one.policy), key_of(pair[1], scope, other.policy), extra)


def _way(came_from: list[tuple[int, str]], at: int) -> tuple[str, ...]:
    sentences = []
    while at > 0:
        at, sentence = came_from[at]
        sentences.append(sentence)
    return tuple(reversed(sentences))


# Diagram


def mermaid(space: Space) -> str:
    """Return a small Mermaid state diagram; its states show accounts and pairing, but no sessions or links."""
    few, arrows = outline(space)
    names = {group: f"s{at}" for at, group in enumerate(few)}
    lines = ["stateDiagram-v2", "    [*] --> s0"]
    lines += [f"    {name}: {', '.join(group)}" for group, name in names.items()]
    lines += [f"    {names[one]} --> {names[two]}: {words}" for (one, two), words in arrows.items()]
    return "\n".join(lines) + "\n"


Group = tuple[str, str]
"""A state of the diagram: the accounts with two-factor authentication, and the first person's pairing status."""


def outline(space: Space) -> tuple[tuple[Group, ...], dict[tuple[Group, Group], str]]:
    """Return the states of the diagram, the start first, and the shortened moves between each pair of states."""
    moves_of: dict[tuple[Group, Group], set[Move]] = {}
    groups = [_group(configuration) for configuration in space.configurations]
    for state, (nexts, seen) in enumerate(zip(space.next, space.output, strict=True)):
        for move, end, each in zip(space.scope.moves, nexts, seen, strict=True):
            if each is not None and groups[state] != groups[end]:
                moves_of.setdefault((groups[state], groups[end]), set()).add(move)
    return tuple(dict.fromkeys(groups)), {ends: _short(moves) for ends, moves in moves_of.items()}


PAIRINGS = ("no secret", "not paired", "paired", "paired and used", "old app")


def _group(configuration: Configuration) -> Group:
    own = next(iter(configuration.state.credentials.values()))
    known = configuration.knowledge[0]
    on = [name for name, account in configuration.state.accounts.items() if account.two_factor]
    if own.secret is None:
        pairing = "no secret"
    elif known.app != own.secret.base32:
        pairing = "old app" if known.app else "not paired"
    else:
        pairing = "paired and used" if own.secret.proven else "paired"
    return (f"on for {' and '.join(on)}" if on else "off", pairing)


SHORT = {
    Act.SWITCH_ON: "on",
    Act.SWITCH_OFF: "off",
    Act.OPEN_LINK: "open link",
    Act.LOG_IN: "log in",
    Act.SET_PASSWORD: "set password",
    Act.CONFIRM_PASSWORD: "OK",
    Act.RESET_PASSWORD: "reset",
    Act.WAIT: "time",
    Act.WAIT_FOR_LIMIT: "time",
}
"""The label of each act in the diagram."""


def _short(moves: set[Move]) -> str:
    named = [name for act, name in SHORT.items() if any(move.does(act) for move in moves)]
    return ", ".join(dict.fromkeys(named)) or ", ".join(sorted(move.sentence for move in moves))
