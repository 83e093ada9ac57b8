"""How moves are made: each returns what it leads to and shows, or None where it cannot be made."""

from collections.abc import Callable, Iterator
from functools import cache

from kmc_model import actions as a
from kmc_model.analysis.configurations._configuration import (
    FIRST,
    PASSED,
    Holds,
    Life,
    Made,
    Make,
    Rules,
    Seen,
    email_of,
)
from kmc_model.analysis.configurations.abstraction import newest_links
from kmc_model.clock import STEP_S
from kmc_model.model import Outcome
from kmc_model.policy import Policy
from kmc_model.records import LinkKind, LinkStatus, State
from kmc_model.turn import Reason
from kmc_model.values import changed

__all__ = [
    "confirm",
    "edges",
    "fixed",
    "in_session",
    "in_turn",
    "log_in",
    "next_password",
    "open_link",
    "reset_at_once",
    "set_password",
    "time_passes",
    "times",
    "to_next_limit",
]


def _act(who: int, action: Callable[[Life], a.Action | None]) -> Make:
    """Return a move in which person `who` does something; what is shown to them they keep."""

    def make(life: Life, rules: Rules) -> Made | None:
        done = action(life)
        if done is None:
            return None
        state, outcome = rules.perform(life.state, life.now, done)
        if state is life.state and outcome.qr_code is None and not outcome.session:
            return Made(life, *_answer(outcome.requirement, outcome.reason))
        return _kept(life, state, who, done, outcome)

    return make


@cache
def _answer(
    requirement: str | None,
    reason: Reason | None,
    shown: str = "",
    account: str | None = None,
    mailed: tuple[tuple[str, str], ...] = (),
) -> tuple[Seen, str]:
    """Return what an outsider sees of an answer, and why it was given."""
    seen = Seen(reason is None, reason is Reason.CODE_NEEDED, shown, account or "", mailed)
    return seen, f"{requirement} {reason or 'accepted'}"


def _kept(life: Life, state: State, who: int, done: a.Action, outcome: Outcome) -> Made:
    had = holds = life.holds[who]
    shown = ""
    if outcome.qr_code:
        secret = outcome.qr_code.uri.partition("secret=")[2].partition("&")[0]
        shown = "known" if secret == had.app else "new"
        holds = changed(holds, app=secret, earlier_app=had.app)
    if outcome.session and outcome.session != had.session:
        holds = changed(holds, session=outcome.session, earlier_session=had.session)
    if outcome.accepted:
        if isinstance(done, a.SetPassword):
            holds = changed(holds, password=done.password, reset_link=done.link)
        elif isinstance(done, a.ChangePassword):
            holds = changed(holds, password=done.new_password)
        elif isinstance(done, a.LogIn) and done.code:
            holds = changed(holds, code=done.code, machine=done.device or holds.machine)
    if holds is not had:
        return _made(Life(state, life.now, (*life.holds[:who], holds, *life.holds[who + 1 :])), outcome, shown)
    return _made(life if state is life.state else Life(state, life.now, life.holds), outcome, shown)


def _made(life: Life, outcome: Outcome, shown: str = "") -> Made:
    mailed: tuple[tuple[str, str], ...] = ()
    if outcome.mails:
        mailed = tuple((mail.recipient, life.state.links[mail.link].kind.value) for mail in outcome.mails if mail.link)
    return Made(life, *_answer(outcome.requirement, outcome.reason, shown, outcome.account, mailed))


FIXED_CODES = {
    "no code": None,
    "an empty code": "",
    "a code made of six zeros": "zeros",
    "the code of an empty key": "",
}


Typed = Callable[[Holds, Holds, int], str | None]
"""The code that a person types who holds one thing, and another person another, in a time step; None: there is none."""


def _typed(words: str) -> Typed:
    """Return how the code that `words` describe is made, as a symbol."""
    if words in FIXED_CODES:
        made_of, of_a_step = FIXED_CODES[words], words.startswith(("a code", "the code"))
        return lambda holds, other, counter: f"{made_of}/{counter}" if of_a_step else made_of
    if words == "the same code":
        return lambda holds, other, counter: holds.code
    of_other, of_earlier = words.endswith("'s code"), "earlier" in words
    right = of_other or words in ("a code", "a code of the earlier QR code") or words.endswith(" s from now")
    steps = int(words.split()[3]) // STEP_S if words.endswith(" s from now") else 0

    def typed(holds: Holds, other: Holds, counter: int) -> str | None:
        app = holds.earlier_app if of_earlier else other.app if of_other else holds.app
        return None if app is None else f"{app if right else 'wrong'}/{counter + steps}"

    return typed


def log_in(
    who: int,
    name: str,
    account: str | None,
    typed: str,
    password: str | None = None,
    device: str | None = None,
) -> Make:
    """Log in with the code that `typed` describes, and with the present password unless another is given."""
    email, code_of = email_of(name), _typed(typed)

    def action(life: Life) -> a.Action | None:
        holds = life.holds[who]
        code = code_of(holds, life.holds[1 - who] if len(life.holds) > 1 else holds, life.now // STEP_S)
        if code is None and typed != "no code":
            return None
        return a.LogIn(email, holds.password if password is None else password, code, account, device)

    make = _act(who, action)
    if typed not in ("a code", "a code of the earlier QR code"):
        return make

    def at_a_fresh_step(life: Life, rules: Rules) -> Made | None:
        """A code is typed in a time step that no earlier login has used: the person waits for it."""
        used = life.holds[who].code
        if used and int(used.rpartition("/")[2]) >= life.now // STEP_S - 1:
            life = Life(life.state, life.now + 2 * STEP_S, life.holds)
        return make(life, rules)

    return at_a_fresh_step


def open_link(who: int, name: str, nth: int, as_kind: str = "enrolment") -> Make:
    """Open the newest link, or the one before it, to see a QR code."""
    email, kind = email_of(name), LinkKind(as_kind)

    def action(life: Life) -> a.Action | None:
        links = newest_links(life.state, email, kind)
        return a.OpenEnrolmentLink(links[nth].token) if len(links) > nth else None

    return _act(who, action)


def unknown_link(who: int, name: str, kind: str) -> Make:
    """Use a link that nobody was mailed, made up from one of `kind` that was."""

    def action(life: Life) -> a.Action | None:
        if not newest_links(life.state, email_of(name), LinkKind(kind)):
            return None
        made_up = "made-up"
        return a.OpenEnrolmentLink(made_up) if kind == "enrolment" else a.SetPassword(made_up, FIRST)

    return _act(who, action)


def set_password(who: int, name: str, nth: int, password: str = "", as_kind: str = "reset") -> Make:
    """Set a password through the newest link, or the one before it."""
    email, kind = email_of(name), LinkKind(as_kind)

    def action(life: Life) -> a.Action | None:
        links = newest_links(life.state, email, kind)
        return a.SetPassword(links[nth].token, password or next_password(life.holds[who])) if len(links) > nth else None

    return _act(who, action)


def next_password(holds: Holds) -> str:
    """Return another password than the present one; there are but two, so that lives repeat."""
    return "n3w-pass!1" if holds.password == FIRST else FIRST


def confirm(who: int) -> Make:
    def action(life: Life) -> a.Action | None:
        link = life.holds[who].reset_link
        return a.ConfirmPassword(link) if link else None

    return _act(who, action)


def in_session(who: int, made: Callable[[str, Holds], a.Action], *, earlier: bool = False) -> Make:
    """Do something in the person's session, or in the one before it."""

    def action(life: Life) -> a.Action | None:
        holds = life.holds[who]
        handle = holds.earlier_session if earlier else holds.session
        return made(handle, holds) if handle else None

    return _act(who, action)


def fixed(action: a.Action) -> Make:
    """Return a move in which somebody else does something: nobody of the scope keeps what is shown."""

    def make(life: Life, rules: Rules) -> Made:
        state, outcome = rules.perform(life.state, life.now, action)
        return _made(life if state is life.state else Life(state, life.now, life.holds), outcome)

    return make


def in_turn(*steps: Make) -> Make:
    """Return a move of several steps, up to one that cannot be made; what is seen is the last answer, and all mails."""

    def make(life: Life, rules: Rules) -> Made | None:
        made: list[Made] = []
        for step in steps:
            each = step(made[-1].life if made else life, rules)
            if each is None:
                break
            made.append(each)
        if not made:
            return None
        mailed = tuple(mail for each in made for mail in each.seen.mailed)
        return Made(made[-1].life, made[-1].seen._replace(mailed=mailed), " ".join(each.why for each in made))

    return make


def reset_at_once(who: int, name: str) -> Make:
    """Ask for a reset, set a new password, click OK and scan, as one move."""
    return in_turn(fixed(a.RequestReset(email_of(name))), set_password(who, name, 0), confirm(who))


def times(count: int, make: Make) -> Make:
    """Return a move made `count` times on end."""

    def made(life: Life, rules: Rules) -> Made | None:
        last = None
        for _ in range(count):
            last = make(life, rules)
            if last is None:
                return None
            life = last.life
        return last

    return made


def time_passes(seconds: int) -> Make:
    return lambda life, rules: Made(Life(life.state, life.now + seconds, life.holds), PASSED)


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


def to_next_limit(life: Life, rules: Rules) -> Made | None:
    at = min((each for each in edges(life, rules.policy) if each > life.now), default=None)
    return Made(Life(life.state, at, life.holds), PASSED) if at else None
