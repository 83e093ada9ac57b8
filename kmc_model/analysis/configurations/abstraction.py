"""What of a life decides what is to come: the parts of a state's key. Symbols and instants are left out."""

from kmc_model.actions import AccountStatus
from kmc_model.analysis.configurations._configuration import Holds, Life, Scope
from kmc_model.clock import STEP_S
from kmc_model.policy import Policy
from kmc_model.records import Credentials, Link, LinkKind, LinkStatus, State

__all__ = [
    "app",
    "code",
    "earlier_app",
    "earlier_session",
    "enrolment_links",
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


def key_of(life: Life, scope: Scope, policy: Policy, near: tuple[Life, Key] | None = None) -> Key:
    """Return what of a life decides everything that the scope's moves can show, symbols and instants left out.

    `near`: another life and its key; what hangs on links and instant alone is taken from there if it has the same.
    """
    state = life.state
    people = [(state.credentials[email], holds) for email, holds in zip(scope.emails, life.holds, strict=True)]
    key: list[object] = [(each.two_factor, each.status is ACTIVE) for each in state.accounts.values()]
    key += [part(life, own, holds, policy) for own, holds in people for part in scope.parts]
    if near and near[0].state.links is state.links and near[0].now == life.now:
        return (*key, *near[1][len(key) :])
    return (*key, *[part(life, own, holds, policy) for own, holds in people for part in scope.link_parts])


def newest_links(state: State, email: str, kind: LinkKind) -> list[Link]:
    """Return the newest two links of `kind` mailed to `email`, newest first."""
    found: list[Link] = []
    for each in reversed(state.links.values()):
        if each.kind is kind and each.email == email:
            found.append(each)
            if len(found) == 2:
                break
    return found


def secret(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str:
    secret, ttl_s = own.secret, policy.unused_qr_code_ttl_s
    if secret is None or secret.proven:
        return "proven" if secret else "none"
    return "open" if ttl_s is None else _time_left(secret.issued_at + ttl_s - life.now)


def app(life: Life, own: Credentials, holds: Holds, policy: Policy) -> bool | None:
    return holds.app == own.secret.base32 if holds.app and own.secret else None


def earlier_app(life: Life, own: Credentials, holds: Holds, policy: Policy) -> bool | None:
    return holds.earlier_app == own.secret.base32 if holds.earlier_app and own.secret else None


def code(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str | None:
    """Return what the code typed last is worth: it fits no more, or it fits and was used or not."""
    if not holds.code or not own.secret:
        return None
    made_of, _, counter = holds.code.rpartition("/")
    if made_of != own.secret.base32 or int(counter) < life.now // STEP_S - 1:
        return "wrong"
    return "used" if own.last_counter >= int(counter) else "unused"


def newest_link(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str:
    links = newest_links(life.state, own.email, ENROLMENT)
    return _of_link(links[0], life.now, policy) if links else ""


def enrolment_links(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    return tuple([_of_link(each, life.now, policy) for each in newest_links(life.state, own.email, ENROLMENT)])


def reset_links(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    return tuple([_of_link(each, life.now, policy) for each in newest_links(life.state, own.email, RESET)])


def newest_two_in_full(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    """Return of the newest two links of each kind what became of them, and what time they have, used or not."""
    return _in_full(life, own, policy, 2)


def newest_in_full(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    """Return of the newest link of each kind what became of it, and what time it has, used or not."""
    return _in_full(life, own, policy, 1)


def _in_full(life: Life, own: Credentials, policy: Policy, most: int) -> tuple[str, ...]:
    links = [each for kind in (ENROLMENT, RESET) for each in newest_links(life.state, own.email, kind)[:most]]
    return tuple([f"{each.kind} {each.status} {_time_of(each, life.now, policy)}" for each in links])


def reset(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str | None:
    """Return what the link is worth that OK leads to."""
    if holds.reset_link is None:
        return None
    follow_up = life.state.links[holds.reset_link].follow_up
    return _of_link(life.state.links[follow_up], life.now, policy) if follow_up else "nothing"


def resets(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, bool, bool] | None:
    """Return how many resets may still be asked for, and whether the last one, and the first, soon count no more."""
    recent = [at for at in own.resets_asked_at if at > life.now - policy.resets_period_s]
    if not recent:
        return None
    left = policy.resets_max - len(recent)
    long_ago = life.now - policy.resets_period_s // 2
    return (
        "none left" if left <= 0 else "one left" if left == 1 else "some left",
        recent[-1] <= long_ago,
        recent[0] <= long_ago,
    )


def session(life: Life, own: Credentials, holds: Holds, policy: Policy) -> object:
    session = life.state.sessions[holds.session] if holds.session else None
    return session and session.is_open and session.account


def earlier_session(life: Life, own: Credentials, holds: Holds, policy: Policy) -> object:
    return life.state.sessions[holds.earlier_session].is_open if holds.earlier_session else None


def machine(life: Life, own: Credentials, holds: Holds, policy: Policy) -> str | None:
    """Return the machine on which a login with a code was accepted."""
    return holds.machine


def lock(life: Life, own: Credentials, holds: Holds, policy: Policy) -> object:
    return own.locked_until > life.now and (own.locked_until == life.now + 1 or "for a while")


def status(life: Life, own: Credentials, holds: Holds, policy: Policy) -> tuple[str, ...]:
    return tuple([str(each.status) for each in life.state.memberships.values() if each.email == own.email])


def _of_link(link: Link, now: int, policy: Policy) -> str:
    if link.status is not OPEN:
        return "gone"
    return _time_of(link, now, policy)


def _time_of(link: Link, now: int, policy: Policy) -> str:
    ttl_s = policy.reset_link_ttl_s if link.kind is RESET else policy.enrolment_link_ttl_s
    return _time_left(link.issued_at + ttl_s - now)


def _time_left(seconds: int) -> str:
    return "open" if seconds > 0 else "last second" if seconds == 0 else "gone"
