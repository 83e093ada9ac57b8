"""Wrong models near to the reference: what a walk has in mind when it asks where an implementation could differ.

The faults derived by machine, and three families beside them: a row that spoils something else as well, a check of a
login that is left out on one way to log in, and a refusal that anybody brings upon all.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain

from kmc_model.actions import LogIn
from kmc_model.faults._fault import changed as with_row
from kmc_model.faults.derived import of_policy, of_rows
from kmc_model.lives import Rules
from kmc_model.records import Credentials, LinkKind
from kmc_model.rules import RULES, Effect, Rule, is_unknown, no_code_needed
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["Suspicion", "suspicions"]

SIDE_EFFECT = 0.1
"""What it is worth to see a row spoil nothing, beside a row that is wrong itself."""


@dataclass(frozen=True, eq=False)
class Suspicion:
    """One wrong model; each is equal to itself alone.

    Attributes:
        rules: by which it judges.
        where: the row, the kind of action or the field of the policy without which it answers as the reference does.
        worth: what it is worth to tell it from the reference.

    """

    rules: Rules
    where: str
    worth: float = 1


def suspicions() -> tuple[Suspicion, ...]:
    """Return every wrong model that a walk has in mind."""
    return tuple(chain(_derived(), _side_effects(), _one_way(), _for_all()))


def _derived() -> Iterator[Suspicion]:
    for each in of_rows():
        if each.requirements:
            yield Suspicion(Rules(rules=each.rules), each.name.partition(" ")[0])
    for each in of_policy():
        if each.requirements:
            yield Suspicion(Rules(each.policy), each.name.partition("=")[0])


# Each row spoils something of the person, or of everybody else

Spoil = Callable[[Turn, str], None]


def _end_sessions(turn: Turn, email: str) -> None:
    for session in turn.state.sessions.values():
        if session.email == email and session.is_open:
            turn.put_session(changed(session, is_open=False))


def _use_up_links(turn: Turn, email: str) -> None:
    turn.replace_links(email, *LinkKind)


def _with_credentials(spoilt: Callable[[Turn, Credentials], Credentials]) -> Spoil:
    return lambda turn, email: turn.put_credentials(spoilt(turn, turn.state.credentials[email]))


SPOILS: tuple[Spoil, ...] = (
    _end_sessions,
    _use_up_links,
    _with_credentials(lambda turn, own: changed(own, password=None)),
    _with_credentials(lambda turn, own: changed(own, secret=None)),
    _with_credentials(lambda turn, own: changed(own, locked_until=turn.now + turn.policy.lock_s)),
)


def _side_effects() -> Iterator[Suspicion]:
    for at, rule in enumerate(RULES):
        if rule.effects:
            for spoil in SPOILS:
                for own in (True, False):
                    effect = Effect(None, _spoiling(spoil, own))
                    spoiling = replace(rule, effects=(*rule.effects, effect))
                    yield Suspicion(Rules(rules=with_row(at, spoiling)), rule.name, SIDE_EFFECT)


def _spoiling(spoil: Spoil, own: bool) -> Callable[[Turn], None]:
    def effect(turn: Turn) -> None:
        for email in tuple(turn.state.credentials):
            if (email == turn.email) is own:
                spoil(turn, email)

    return effect


# Checks of a login left out where a code is typed, or where one would be asked for


def _one_way() -> Iterator[Suspicion]:
    for at, rule in _checks_of_a_login():
        for left_out in (_is_typed, _is_asked_for):
            yield Suspicion(Rules(rules=with_row(at, _but_where(rule, left_out))), rule.name)


def _is_typed(turn: Turn) -> bool:
    return bool(turn.action.code)


def _is_asked_for(turn: Turn) -> bool:
    return not turn.action.code and turn.account is not None and not no_code_needed(turn)


def _but_where(rule: Rule, left_out: Callable[[Turn], bool]) -> Rule:
    return replace(rule, applies=lambda turn: rule.applies(turn) and not left_out(turn))


# A refusal that anybody brings upon all


def _for_all() -> Iterator[Suspicion]:
    for at, rule in _checks_of_a_login():
        yield Suspicion(Rules(rules=with_row(at, replace(rule, applies=_for_anybody(rule)))), LogIn.__name__)


def _for_anybody(rule: Rule) -> Callable[[Turn], bool]:
    def applies(turn: Turn) -> bool:
        return any(rule.applies(_as(turn, email)) for email in turn.state.credentials)

    return applies


def _as(turn: Turn, email: str) -> Turn:
    """Return a turn that sees the same, as if it were another person's."""
    other = copy(turn)
    other.email = email
    return other


def _checks_of_a_login() -> Iterator[tuple[int, Rule]]:
    for at, rule in enumerate(RULES):
        if rule.action is LogIn and rule.reason and rule.applies is not is_unknown:
            yield at, rule
