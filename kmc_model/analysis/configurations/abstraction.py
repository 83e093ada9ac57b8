"""The abstraction of configurations: the aspects that determine later outputs, without symbols and instants."""

from kmc_model.actions import AccountStatus
from kmc_model.analysis.configurations.configuration import Configuration, Knowledge, Scope
from kmc_model.clock import STEP_S
from kmc_model.policy import Policy
from kmc_model.records import Credentials, Link, LinkKind, LinkStatus, State

__all__ = [
    "app",
    "code",
    "earlier_app",
    "earlier_session",
    "enrolment_links",
    "first_password",
    "key_of",
    "lock",
    "machine",
    "newest_in_full",
    "newest_link",
    "newest_links",
    "newest_two_in_full",
    "reset",
    "reset_links",
    "resets",
    "secret",
    "session",
    "status",
]


# In Python 3.11 a member of an enum takes five times as long to look up as a name of the module.
ACTIVE, OPEN, ENROLMENT, RESET = AccountStatus.ACTIVE, LinkStatus.OPEN, LinkKind.ENROLMENT, LinkKind.RESET

Key = tuple[object, ...]


def key_of(
    configuration: Configuration, scope: Scope, policy: Policy, near: tuple[Configuration, Key] | None = None
) -> Key:
    """Return the abstract state: with equal keys, every move of the scope has the same output.

    `near` is another configuration with its key. If it has the same links and time, the link part of its key is reused.
    """
    state = configuration.state
    people = [
        (state.credentials[email], known) for email, known in zip(scope.emails, configuration.knowledge, strict=True)
    ]
    key: list[object] = [(each.two_factor, each.status is ACTIVE) for each in state.accounts.values()]
    key += [part(configuration, own, known, policy) for own, known in people for part in scope.abstractions]
    if near and near[0].state.links is state.links and near[0].now == configuration.now:
        return (*key, *near[1][len(key) :])
    return (
        *key,
        *[part(configuration, own, known, policy) for own, known in people for part in scope.link_abstractions],
    )


def newest_links(state: State, email: str, kind: LinkKind) -> list[Link]:
    """Return the newest two links of `kind` that `email` was mailed, newest first."""
    found: list[Link] = []
    for mail in reversed(state.outbox):
        if mail.link and mail.recipient == email and (link := state.links[mail.link]).kind is kind:
            found.append(link)
            if len(found) == 2:
                break
    return found


def secret(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> str:
    secret = own.secret
    if secret is None or secret.proven:
        return "proven" if secret else "none"
    ends_at = policy.qr_code_ends_at(secret.issued_at)
    return "open" if ends_at is None else _time_left(ends_at - configuration.now)


def app(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> bool | None:
    return known.app == own.secret.base32 if known.app and own.secret else None


def earlier_app(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> bool | None:
    return known.earlier_app == own.secret.base32 if known.earlier_app and own.secret else None


def code(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> tuple[str, bool] | None:
    """Return the validity of the last code, and whether the person must wait for a fresh one."""
    if not own.secret:
        return None
    waits = configuration.now < (known.last_step + 2) * STEP_S
    made_of, _, counter = (known.code or "").rpartition("/")
    if made_of != own.secret.base32 or int(counter) < configuration.now // STEP_S - 1:
        return ("wrong" if known.code else "none"), waits
    return ("used" if own.last_counter >= int(counter) else "unused"), waits


def first_password(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> bool:
    """Return whether the password is the first one still."""
    return known.passwords_set == 0


def newest_link(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> str:
    links = newest_links(configuration.state, own.email, ENROLMENT)
    return _of_link(links[0], configuration.now, policy) if links else ""


def enrolment_links(
    configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy
) -> tuple[str, ...]:
    return tuple(
        [_of_link(each, configuration.now, policy) for each in newest_links(configuration.state, own.email, ENROLMENT)]
    )


def reset_links(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> tuple[str, ...]:
    return tuple(
        [_of_link(each, configuration.now, policy) for each in newest_links(configuration.state, own.email, RESET)]
    )


def newest_two_in_full(
    configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy
) -> tuple[str, ...]:
    """Return kind, status and time left of the newest two links of each kind, including used ones."""
    return _in_full(configuration, own, policy, 2)


def newest_in_full(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> tuple[str, ...]:
    """Return kind, status and time left of the newest link of each kind, used or not."""
    return _in_full(configuration, own, policy, 1)


def _in_full(configuration: Configuration, own: Credentials, policy: Policy, most: int) -> tuple[str, ...]:
    links = [each for kind in (ENROLMENT, RESET) for each in newest_links(configuration.state, own.email, kind)[:most]]
    return tuple([f"{each.kind} {each.status} {_time_of(each, configuration.now, policy)}" for each in links])


def reset(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> str | None:
    """Return the validity of the enrolment link behind OK."""
    if known.reset_link is None:
        return None
    follow_up = configuration.state.links[known.reset_link].follow_up
    return _of_link(configuration.state.links[follow_up], configuration.now, policy) if follow_up else "nothing"


def resets(
    configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy
) -> tuple[str, bool, bool] | None:
    """Return the resets left, and whether the last and the first request are at least half the period old."""
    recent = [at for at in own.resets_asked_at if at > configuration.now - policy.resets_period_s]
    if not recent:
        return None
    left = policy.resets_max - len(recent)
    long_ago = configuration.now - policy.resets_period_s // 2
    return (
        "none left" if left <= 0 else "one left" if left == 1 else "some left",
        recent[-1] <= long_ago,
        recent[0] <= long_ago,
    )


def session(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> object:
    session = configuration.state.sessions[known.session] if known.session else None
    return session and session.is_open and session.account


def earlier_session(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> object:
    return configuration.state.sessions[known.earlier_session].is_open if known.earlier_session else None


def machine(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> str | None:
    """Return the machine on which a login with a code was accepted."""
    return known.machine


def lock(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> object:
    return own.locked_until > configuration.now and (own.locked_until == configuration.now + 1 or "for a while")


def status(configuration: Configuration, own: Credentials, known: Knowledge, policy: Policy) -> tuple[str, ...]:
    return tuple([str(each.status) for each in configuration.state.memberships.values() if each.email == own.email])


def _of_link(link: Link, now: int, policy: Policy) -> str:
    if link.status is not OPEN:
        return "gone"
    return _time_of(link, now, policy)


def _time_of(link: Link, now: int, policy: Policy) -> str:
    return _time_left(policy.link_ends_at(link.kind, link.issued_at) - now)


def _time_left(seconds: int) -> str:
    return "open" if seconds > 0 else "last second" if seconds == 0 else "gone"
