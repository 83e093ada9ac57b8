"""The functions that make moves: each returns a transition, or None for an impossible move."""

from collections.abc import Callable, Iterator
from functools import cache

from kmc_model import actions as a
from kmc_model.analysis.configurations.abstraction import newest_links
from kmc_model.analysis.configurations.configuration import (
    PASSED,
    PEOPLE,
    Configuration,
    Knowledge,
    Make,
    Output,
    Rules,
    Transition,
    email_of,
)
from kmc_model.clock import STEP_S
from kmc_model.model import Outcome
from kmc_model.policy import Policy
from kmc_model.records import LinkKind, LinkStatus, State
from kmc_model.sentences import (
    A_CODE,
    LINKS_APART_S,
    NO_CODE,
    PASSWORDS,
    Code,
    Link,
    Source,
    Which,
    chosen,
    new_password,
    wait_s,
)
from kmc_model.turn import Reason
from kmc_model.values import changed

__all__ = [
    "by_others",
    "by_somebody",
    "change_password",
    "confirm",
    "edges",
    "in_session",
    "in_turn",
    "log_in",
    "nothing",
    "open_link",
    "reset",
    "set_password",
    "time_passes",
    "times",
    "to_next_limit",
]


# One action, and what is kept of it


def _perform(configuration: Configuration, rules: Rules, who: int, action: a.Action) -> Transition:
    """Perform an action of a person, and add the answer to the person's knowledge."""
    state, outcome = rules.perform(configuration.state, configuration.now, action)
    if state is configuration.state and outcome.qr_code is None and not outcome.session:
        return Transition(configuration, *_answer(outcome.requirement, outcome.reason))
    had = configuration.knowledge[who]
    known, shown = _learnt(had, action, outcome)
    if known is not had:
        after = _with(Configuration(state, configuration.now, configuration.knowledge), who, known)
    elif state is configuration.state:
        after = configuration
    else:
        after = Configuration(state, configuration.now, configuration.knowledge)
    return _transition(after, outcome, shown)


def _learnt(had: Knowledge, action: a.Action, outcome: Outcome) -> tuple[Knowledge, str]:
    """Return a person's knowledge after an answer, and `new` or `known` for a QR code in it (empty for none)."""
    known, shown = had, ""
    if outcome.qr_code:
        secret = outcome.qr_code.uri.partition("secret=")[2].partition("&")[0]
        shown = "known" if secret == had.app else "new"
        known = changed(known, app=secret, earlier_app=had.app)
    if isinstance(action, a.LogIn) and outcome.session:
        known = changed(known, session=outcome.session, earlier_session=had.session)
    if outcome.accepted:
        if isinstance(action, a.SetPassword):
            known = changed(_with_password(known, action.password), reset_link=action.link)
        elif isinstance(action, a.ChangePassword):
            known = _with_password(known, action.new_password)
        elif isinstance(action, a.LogIn) and action.code:
            known = changed(known, code=action.code, machine=action.device or known.machine)
    return known, shown


def _with_password(known: Knowledge, password: str) -> Knowledge:
    return changed(known, password=password, passwords_set=known.passwords_set + 1)


def _with(configuration: Configuration, who: int, known: Knowledge) -> Configuration:
    before, after = configuration.knowledge[:who], configuration.knowledge[who + 1 :]
    return Configuration(configuration.state, configuration.now, (*before, known, *after))


def _transition(configuration: Configuration, outcome: Outcome, shown: str = "") -> Transition:
    mailed: tuple[tuple[str, str], ...] = ()
    if outcome.mails:
        links = configuration.state.links
        mailed = tuple((mail.recipient, links[mail.link].kind.value) for mail in outcome.mails if mail.link)
    return Transition(configuration, *_answer(outcome.requirement, outcome.reason, shown, outcome.account, mailed))


@cache
def _answer(
    requirement: str | None,
    reason: Reason | None,
    shown: str = "",
    account: str | None = None,
    mailed: tuple[tuple[str, str], ...] = (),
) -> tuple[Output, str]:
    """Return what an outsider sees of an answer, and why it was given."""
    output = Output(reason is None, reason is Reason.CODE_NEEDED, shown, account or "", mailed)
    return output, f"{requirement} {reason or 'accepted'}"


def by_others(action: a.Action) -> Make:
    """Return a move in which an outsider performs `action`; the people of the scope learn nothing from it."""

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        state, outcome = rules.perform(configuration.state, configuration.now, action)
        unchanged = state is configuration.state
        after = configuration if unchanged else Configuration(state, configuration.now, configuration.knowledge)
        return _transition(after, outcome)

    return make


# Codes, and logging in


def _type(configuration: Configuration, who: int, said: Code) -> tuple[Configuration, str | None] | None:
    """Return the configuration at the time of typing, and the typed text; None if there is no such code."""
    if said is NO_CODE:
        return configuration, None
    own = configuration.knowledge[who]
    owner = configuration.knowledge[PEOPLE.index(said.owner)] if said.owner else own
    app = owner.earlier_app if said.is_earlier else owner.app
    lacks_app, lacks_code = said.source is Source.APP and app is None, said.source is Source.LAST and own.code is None
    if lacks_app or lacks_code or said.source is Source.TYPED:  # what was refused is not kept
        return None
    if waits := wait_s(said, configuration.now, own.last_step):
        configuration = _later(configuration, waits)
    counter = configuration.now // STEP_S
    if said.source is not Source.APP:
        typed = {Source.EMPTY: "", Source.ZEROS: f"zeros/{counter}", Source.EMPTY_KEY: f"/{counter}"}
        return configuration, own.code if said.source is Source.LAST else typed.get(said.source)
    if said.is_right and own.last_step != counter:
        configuration = _with(configuration, who, changed(own, last_step=counter))
    return configuration, f"{'wrong' if said.flaw else app}/{counter + said.offset_s // STEP_S}"


def log_in(name: str, account: str | None, said: Code, password: str = "", device: str | None = None) -> Make:
    """Log in with a code and the person's own password, or the password that the words `password` mean."""
    who, email = PEOPLE.index(name), email_of(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        typed = _type(configuration, who, said)
        if typed is None:
            return None
        configuration, code = typed
        own = configuration.knowledge[who].password
        chosen = PASSWORDS[password](own) if password else own
        return _perform(configuration, rules, who, a.LogIn(email, chosen, code, account, device))

    return make


# Links and passwords


def open_link(name: str, said: Link) -> Make:
    """Open a link to see a QR code."""
    who, email = PEOPLE.index(name), email_of(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        token = _link(configuration.state, email, said)
        return _perform(configuration, rules, who, a.OpenEnrolmentLink(token)) if token else None

    return make


def set_password(name: str, said: Link, password: str = "") -> Make:
    """Set a password through a link: a new one, unless it is told."""
    who, email = PEOPLE.index(name), email_of(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        token = _link(configuration.state, email, said)
        if token is None:
            return None
        new = password or new_password(configuration.knowledge[who].passwords_set + 1)
        return _perform(configuration, rules, who, a.SetPassword(token, new))

    return make


def _link(state: State, email: str, said: Link) -> str | None:
    """Return the token of the link that is meant; only the newest two of a kind are told apart."""
    mailed = [each.token for each in reversed(newest_links(state, email, LinkKind(said.kind)))]
    token = chosen(said.which, mailed)
    return "made-up" if token and said.which in (Which.MADE_UP, Which.NULL, Which.HALF) else token


def confirm(name: str) -> Make:
    """Click OK after setting a password."""
    who = PEOPLE.index(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        link = configuration.knowledge[who].reset_link
        return _perform(configuration, rules, who, a.ConfirmPassword(link)) if link else None

    return make


def reset(name: str) -> Make:
    """Ask for a reset, set a new password through the link that comes, click OK and scan, as one move.

    It breaks off where no link comes, or one of these is refused.
    """
    who, email = PEOPLE.index(name), email_of(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        if newest_links(configuration.state, email, LinkKind.RESET):
            configuration = _later(configuration, LINKS_APART_S)
        asked = _perform(configuration, rules, who, a.RequestReset(email))
        made = [asked]
        if asked.output.accepted and (email, LinkKind.RESET.value) in asked.output.mailed:
            for each in (set_password(name, Link(Which.NEWEST, "reset")), confirm(name)):
                done = each(made[-1].configuration, rules)
                assert done is not None  # the link has just come
                made.append(done)
                if not done.output.accepted:
                    break
        is_done = len(made) == 3 and made[-1].output.accepted
        return _joined(made, broke_off=not is_done)

    return make


# Sessions


def in_session(name: str, action: Callable[[str], a.Action], *, earlier: bool = False) -> Make:
    """Do something in the person's session, or in the one before it."""
    who = PEOPLE.index(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        known = configuration.knowledge[who]
        handle = known.earlier_session if earlier else known.session
        return _perform(configuration, rules, who, action(handle)) if handle else None

    return make


def change_password(name: str) -> Make:
    """Change the password in the session, with a code where there is an app."""
    who = PEOPLE.index(name)

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        known = configuration.knowledge[who]
        if not known.session:
            return None
        typed = _type(configuration, who, A_CODE) if known.app else (configuration, None)
        assert typed is not None  # there is an app
        configuration, code = typed
        new = new_password(known.passwords_set + 1)
        return _perform(configuration, rules, who, a.ChangePassword(known.session, known.password, new, code))

    return make


# Several steps


def in_turn(*steps: Make) -> Make:
    """Return a move of several steps, which ends before an impossible one.

    Its output combines the last answer with all mails.
    """

    def make(configuration: Configuration, rules: Rules) -> Transition | None:
        made: list[Transition] = []
        for step in steps:
            each = step(made[-1].configuration if made else configuration, rules)
            if each is None:
                break
            made.append(each)
            if each.output.broke_off:
                break
        if not made:
            return None
        return _joined(made, broke_off=len(made) < len(steps) or made[-1].output.broke_off)

    return make


def _joined(made: list[Transition], *, broke_off: bool) -> Transition:
    mailed = tuple(mail for each in made for mail in each.output.mailed)
    last = made[-1].output._replace(mailed=mailed, broke_off=broke_off)
    return Transition(made[-1].configuration, last, " ".join(each.why for each in made))


def by_somebody(make: Make) -> Make:
    """Return the same move, made by somebody else in the person's name; the person learns nothing from it."""

    def made(configuration: Configuration, rules: Rules) -> Transition | None:
        transition = make(configuration, rules)
        if transition is None:
            return None
        after = transition.configuration
        kept = Configuration(after.state, after.now, configuration.knowledge)
        return Transition(kept, transition.output, transition.why)

    return made


def times(count: int, make: Make) -> Make:
    """Return a move made `count` times on end."""

    def made(configuration: Configuration, rules: Rules) -> Transition | None:
        mailed: tuple[tuple[str, str], ...] = ()
        last = None
        for _ in range(count):
            last = make(configuration, rules)
            if last is None:
                return None
            configuration = last.configuration
            mailed += last.output.mailed
        return last and Transition(configuration, last.output._replace(mailed=mailed), last.why)

    return made


# Time


def _later(configuration: Configuration, seconds: int) -> Configuration:
    return Configuration(configuration.state, configuration.now + seconds, configuration.knowledge)


def time_passes(seconds: int) -> Make:
    """Let time pass."""
    return lambda configuration, rules: Transition(_later(configuration, seconds), PASSED)


def nothing(name: str) -> Make:
    """Wait for a code that begins with 0: a person with an app does nothing here, since codes are symbols."""
    who = PEOPLE.index(name)
    return lambda configuration, rules: Transition(configuration, PASSED) if configuration.knowledge[who].app else None


def edges(configuration: Configuration, policy: Policy) -> Iterator[int]:
    """Yield the last second of each lifetime or lock, and the first second after it."""
    for link in configuration.state.links.values():
        if link.status is LinkStatus.OPEN:
            ends_at = policy.link_ends_at(link.kind, link.issued_at)
            yield from (ends_at, ends_at + 1)
    for own in configuration.state.credentials.values():
        if own.secret and not own.secret.proven and (dies_at := policy.qr_code_ends_at(own.secret.issued_at)):
            yield from (dies_at, dies_at + 1)
        if own.locked_until > configuration.now:
            yield from (own.locked_until - 1, own.locked_until)
    if policy.session_ttl_s is not None:
        for session in configuration.state.sessions.values():
            if session.is_open:
                yield from (session.since + policy.session_ttl_s - 1, session.since + policy.session_ttl_s)


def to_next_limit(configuration: Configuration, rules: Rules) -> Transition | None:
    """Let time pass to the next instant at which something runs out; None where nothing does."""
    at = min((each for each in edges(configuration, rules.policy) if each > configuration.now), default=None)
    return Transition(_later(configuration, at - configuration.now), PASSED) if at else None
