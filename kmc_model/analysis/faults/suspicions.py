"""Wrong models near to the reference: what a walk has in mind when it asks where an implementation could differ.

The faults derived by machine, and seven families beside them: a row that spoils something else as well, one that does
to all what is to be done to one, one that does to some what is to be done to all, a check that is left out in one case,
what is asked of anybody where it is to be asked of the person, what is asked of the first account where it is to be
asked of all, and a link's hours that are counted from another one's mail.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import chain

from kmc_model.actions import DisableTwoFactor, EnableTwoFactor, LogIn, SetPassword, SwitchAccount
from kmc_model.analysis.configurations import Rules
from kmc_model.analysis.configurations.phrases import PASSWORDS
from kmc_model.analysis.faults._fault import effect_instead, with_row, without
from kmc_model.analysis.faults.derived import of_policy, of_rows
from kmc_model.analysis.faults.realistic.attacks import forgive_who_has_not_paired
from kmc_model.analysis.faults.realistic.narrow import end_newest_session, use_up_unless_of_a_reset
from kmc_model.analysis.faults.realistic.resets import NeedIsOfTheFirstAccount
from kmc_model.records import Credentials, Link, LinkKind, LinkStatus
from kmc_model.rules import (
    GUARDS,
    RULES,
    Effect,
    Rule,
    end_other_sessions,
    forgive_failures,
    is_unknown,
    no_code_needed,
    password_wrong,
    use_enrolment_link,
    use_reset_link,
)
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["Suspicion", "suspicions"]

IN_AN_ACCOUNT = (LogIn, SwitchAccount, EnableTwoFactor, DisableTwoFactor)
LATE, IN_ONE_CASE, SPOILS_OWN, SPOILS_OTHERS = 5.0, 0.5, 0.3, 0.1
"""What it is worth to see what shows late go wrong nowhere, a check left out in no case, a row spoil nothing of the
person's, or of the others'.

A row that is wrong itself is worth 1.
"""


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


@cache
def suspicions() -> tuple[Suspicion, ...]:
    """Return every wrong model that a walk has in mind."""
    families = (_derived, _side_effects, _to_all, _to_some, _in_one_case, _of_anybody, _of_the_first, _as_old)
    return tuple(chain.from_iterable(family() for family in families))


def _derived() -> Iterator[Suspicion]:
    for each in of_rows():
        if each.requirements:
            yield Suspicion(Rules(rules=each.rules), each.name.partition(" ")[0])
    for at, rule in enumerate(RULES):
        if not rule.requirement and rule.applies.__name__ not in GUARDS | {"always"}:
            yield Suspicion(Rules(rules=without(at)), rule.name)
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
    Turn.new_secret,
    _with_credentials(lambda turn, own: changed(own, locked_until=turn.now + turn.policy.lock_s)),
)


def _side_effects() -> Iterator[Suspicion]:
    for at, rule in enumerate(RULES):
        if rule.effects:
            for spoil in SPOILS:
                for own, worth in ((True, SPOILS_OWN), (False, SPOILS_OTHERS)):
                    effect = Effect(None, _spoiling(spoil, own))
                    spoiling = replace(rule, effects=(*rule.effects, effect))
                    yield Suspicion(Rules(rules=with_row(at, spoiling)), rule.name, worth)


def _spoiling(spoil: Spoil, own: bool) -> Callable[[Turn], None]:
    def effect(turn: Turn) -> None:
        for email in tuple(turn.state.credentials):
            if (email == turn.email) is own:
                spoil(turn, email)

    return effect


# What is to be done to one person, or in one account, is done to all


def _to_all() -> Iterator[Suspicion]:
    for at, rule in enumerate(RULES):
        if rule.effects:
            names_account = any(each.name == "account" for each in fields(rule.action))
            for others in (_other_people, _other_accounts) if names_account else (_other_people,):
                effect = Effect(None, _done_to(others, rule))
                yield Suspicion(Rules(rules=with_row(at, replace(rule, effects=(effect, *rule.effects)))), rule.name)


def _other_people(turn: Turn) -> Iterator[Turn]:
    return (_as(turn, email) for email in tuple(turn.state.credentials) if email != turn.email)


def _other_accounts(turn: Turn) -> Iterator[Turn]:
    for name in tuple(turn.state.accounts):
        if name != turn.action.account:
            other = copy(turn)
            other.action = replace(turn.action, account=name)
            yield other


def _done_to(others: Callable[[Turn], Iterator[Turn]], rule: Rule) -> Callable[[Turn], None]:
    def effect(turn: Turn) -> None:
        for other in others(turn):
            if next(row for row in RULES if row.action is rule.action and row.applies(other)) is rule:
                for each in rule.effects:
                    each.apply(other)
                turn.state = other.state

    return effect


# What is to be done to all of the person's sessions, to every link, or to anybody, is done to some


def _use_up_the_first_two(turn: Turn) -> None:
    used = [each for each in turn.state.links.values() if each.email == turn.email and each.status is LinkStatus.USED]
    if sum(each.kind is LinkKind.RESET for each in used) < 2:
        use_reset_link(turn)


TO_SOME: dict[Callable[[Turn], None], tuple[Callable[[Turn], None], float]] = {
    end_other_sessions: (end_newest_session, 1),
    forgive_failures: (forgive_who_has_not_paired, 1),
    use_enrolment_link: (use_up_unless_of_a_reset, 1),
    use_reset_link: (_use_up_the_first_two, LATE),
}
"""What is done instead, and what it is worth."""


def _to_some() -> Iterator[Suspicion]:
    for at, rule in enumerate(RULES):
        for effect in rule.effects:
            if effect.apply in TO_SOME:
                to_some, worth = TO_SOME[effect.apply]
                yield Suspicion(Rules(rules=effect_instead(at, effect.apply.__name__, to_some)), rule.name, worth)


# Checks left out in one case: of a login where a code is typed, one would be asked for, no account is named or another
# than the first, the password is a certain one, the attempt is the one that locks; of whatever is to be done in an
# account, for its owner, for strangers


def _in_one_case() -> Iterator[Suspicion]:
    for at, rule in _checks_of_a_login():
        passwords = map(_has_password, PASSWORDS.values()) if rule.applies is password_wrong else ()
        locks = (_is_last,) if rule.effects else ()
        for left_out in (_is_typed, _is_asked_for, _names_no_account, _names_another, *passwords, *locks):
            yield Suspicion(Rules(rules=with_row(at, _but_where(rule, left_out))), rule.name, IN_ONE_CASE)
    for at, rule in enumerate(RULES):
        if rule.reason and rule.action in IN_AN_ACCOUNT and rule.applies.__name__ not in GUARDS:
            for left_out in (_is_owner, _is_stranger):
                yield Suspicion(Rules(rules=with_row(at, _but_where(rule, left_out))), rule.name, IN_ONE_CASE)


def _is_typed(turn: Turn) -> bool:
    return bool(turn.action.code)


def _is_asked_for(turn: Turn) -> bool:
    return not turn.action.code and turn.account is not None and not no_code_needed(turn)


def _names_no_account(turn: Turn) -> bool:
    return turn.action.account is None


def _names_another(turn: Turn) -> bool:
    return turn.action.account not in (None, _first_account(turn))


def _is_last(turn: Turn) -> bool:
    return turn.own.failures + 1 == turn.policy.failures_max


def _is_owner(turn: Turn) -> bool:
    """The owners of whom sentences speak are those of the account that they joined first."""
    return turn.account is not None and turn.account.owner == turn.email and turn.account.name == _first_account(turn)


def _is_stranger(turn: Turn) -> bool:
    return turn.membership is None


def _first_account(turn: Turn) -> str | None:
    return next((each.account for each in turn.memberships()), None)


def _has_password(password: str) -> Callable[[Turn], bool]:
    return lambda turn: turn.action.password == password


def _but_where(rule: Rule, left_out: Callable[[Turn], bool]) -> Rule:
    return replace(rule, applies=lambda turn: rule.applies(turn) and not left_out(turn))


# What is to be asked of the person is asked of anybody: what refuses a login, what a reset needs


def _of_anybody() -> Iterator[Suspicion]:
    for at, rule in _checks_of_a_login():
        yield Suspicion(Rules(rules=with_row(at, replace(rule, applies=_for_anybody(rule)))), LogIn.__name__)
    yield Suspicion(Rules(turn=_AnybodysNeed), SetPassword.__name__)


def _for_anybody(rule: Rule) -> Callable[[Turn], bool]:
    def applies(turn: Turn) -> bool:
        return any(rule.applies(_as(turn, email)) for email in turn.state.credentials)

    return applies


class _AnybodysNeed(Turn):
    def needs_two_factor(self) -> bool:
        return any(Turn.needs_two_factor(_as(self, email)) for email in self.state.credentials)


# What a reset needs is asked of the first account


def _of_the_first() -> Iterator[Suspicion]:
    yield Suspicion(Rules(turn=NeedIsOfTheFirstAccount), SetPassword.__name__)


# A link's hours are counted from the first mail that anybody was sent, or from the person's first link of that kind


def _as_old() -> Iterator[Suspicion]:
    for kind in LinkKind:
        for since in (_first_mail, _first_link):
            yield Suspicion(Rules(turn=_counting(kind, since)), f"{kind}_link_ttl_s", LATE)


def _counting(kind: LinkKind, since: Callable[[Turn, Link], int]) -> type[Turn]:
    class Counting(Turn):
        def is_expired(self, link: Link) -> bool:
            issued_at = since(self, link) if link.kind is kind else link.issued_at
            return super().is_expired(changed(link, issued_at=issued_at))

    return Counting


def _first_mail(turn: Turn, link: Link) -> int:
    return turn.state.outbox[0].sent_at


def _first_link(turn: Turn, link: Link) -> int:
    alike = (each for each in turn.state.links.values() if (each.email, each.kind) == (link.email, link.kind))
    return next(alike).issued_at


def _as(turn: Turn, email: str) -> Turn:
    """Return a turn that sees the same, as if it were another person's."""
    other = copy(turn)
    other.email = email
    return other


def _checks_of_a_login() -> Iterator[tuple[int, Rule]]:
    for at, rule in enumerate(RULES):
        if rule.action is LogIn and rule.reason and rule.applies is not is_unknown:
            yield at, rule
