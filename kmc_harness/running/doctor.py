"""The command `kmc doctor`: it tries people's actions one after another, and reports the gaps of the adapter."""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from inspect import getdoc

from kmc_harness.port import (
    NEEDED_OFFER,
    AccountStatus,
    Action,
    ChangePassword,
    ConfirmPairing,
    ConfirmPassword,
    DisableTwoFactor,
    EnableTwoFactor,
    LinkKind,
    LogIn,
    LogOut,
    NotOffered,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetAccountStatus,
    SetPassword,
    SetUserStatus,
    StartPairing,
    SwitchAccount,
    Target,
    UserStatus,
    UseSession,
)
from kmc_harness.scenario.evidence import Event
from kmc_harness.scenario.givens import NEWEST_RESET
from kmc_harness.scenario.world import HOME, World
from kmc_harness.secrecy import redaction
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.specification import catalogue
from kmc_harness.specification.action_guide import signature
from kmc_harness.telling.probes import NoSuchAction, probe
from kmc_harness.verdicts import AdapterMistake, NotJudged, Unreached
from kmc_model.sentences import A_CODE, NO_CODE, Code

__all__ = ["Examination", "Finding", "State", "examine"]

ONE, OTHER = "Globex", "Initech"
"""Accounts without two-factor authentication."""
MANY_RESETS, LONG_S = 12, 90_000
REFUSED = "Ivy"
"""Who types wrong passwords and codes, and nothing else: some products have them wait after one."""


class State(StrEnum):
    """How one try ended."""

    WORKS = "works"
    LACKS = "not offered"
    MISSING = "missing"
    WRONG = "wrong"
    UNREACHED = "not reached"
    BROKE = "broke"


@dataclass(frozen=True)
class Finding:
    """The result of one try, with advice in plain words, and what happened in it; no advice for a success."""

    what: str
    state: State
    advice: str = ""
    events: tuple[Event, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Examination:
    """The results of all tries; `refusal` is the suite's reason not to judge the target, or empty."""

    findings: tuple[Finding, ...]
    refusal: str

    @property
    def exit_code(self) -> int:
        """0: all works that is offered; 1: an answer was seen to be wrong; 3: neither, but something is not decided."""
        states = {each.state for each in self.findings}
        if State.WRONG in states:
            return 1
        return 3 if self.refusal or states - {State.WORKS, State.LACKS} else 0

    @property
    def next(self) -> Finding | None:
        """The finding to fix first: a defect, else a missing part.

        A missing offer counts only until a login with a code works.
        """
        rising = [State.LACKS, State.UNREACHED, State.MISSING, State.WRONG, State.BROKE]
        if Finding(WITH_CODE, State.WORKS) in self.findings:
            rising = rising[1:]
        open_ones = [each for each in self.findings if each.state in rising and each.advice != OTHER_WAY]
        return max(open_ones, key=lambda each: rising.index(each.state), default=None)


@dataclass(frozen=True)
class _Try:
    """One try: something that people do.

    Attributes:
        do: the function that makes the try; it returns the error in words, or an empty text.
        action: the action that the adapter needs for it.
        answer: the right answer to this action, for the advice.
        needs: the offers that the adapter needs for it.
        pairs: whether somebody must have paired an authenticator.

    """

    what: str
    do: Callable[[World], str]
    action: type[Action] | None = None
    answer: str = "accepted"
    needs: tuple[Offer, ...] = ()
    pairs: bool = False


def examine(target: Target) -> Examination:
    """Try `target` in the order in which an adapter is written; people and accounts are new at every call.

    Raises:
        NotJudged: it does not even start.

    """
    world = _world(target)
    findings: list[Finding] = []
    for each in TRIES:
        world.recorder.begin_step()
        found = replace(_tried(each, world), events=world.recorder.latest())
        if found.state is State.LACKS and found.advice in (known.advice for known in findings):
            continue
        findings.append(found)
        if found.state is State.BROKE:
            world = _world(target)
    try:
        probe(target, secrets.token_hex(4))
    except NotJudged as error:
        return Examination(tuple(findings), str(error))
    except Exception as error:
        return Examination(tuple(findings), in_words(error, target))
    return Examination(tuple(findings), "")


def _world(target: Target) -> World:
    try:
        return World(target, secrets.token_hex(4))
    except Exception as error:
        raise NotJudged(redaction.without_secrets(f"it does not start: {error}")) from error


def _tried(each: _Try, world: World) -> Finding:
    if lacks := _lacking(each, world.exchange.offers):
        return Finding(each.what, State.LACKS, lacks)
    try:
        wrong = each.do(world)
    except NotOffered as error:
        if each.action and str(error) == each.action.__name__:
            return Finding(each.what, State.MISSING, f"write {signature(each.action.__name__)}; answer: {each.answer}")
        return Finding(each.what, State.UNREACHED, f"{error} comes first")
    except Unreached as error:
        return Finding(each.what, State.UNREACHED, world.recorder.redact(str(error)))
    except AdapterMistake as error:
        wrong = str(error)
    except Exception as error:
        return Finding(each.what, State.BROKE, world.recorder.quoted(in_words(error, world.target)))
    return Finding(each.what, State.WRONG, world.recorder.redact(wrong)) if wrong else Finding(each.what, State.WORKS)


def _lacking(each: _Try, offers: frozenset[Offer]) -> str:
    for offer in each.needs:
        if offer not in offers:
            return _how_to_offer(offer, offers)
    if each.pairs and not _ways_to_pair(offers):
        return f"a way to pair comes first: '{Offer.SETTINGS}', or '{Offer.ENABLE}'"
    return ""


def _ways_to_pair(offers: frozenset[Offer]) -> bool:
    return Offer.SETTINGS in offers or offers >= set(_BY_MAIL)


def _how_to_offer(lacking: Offer, offers: frozenset[Offer]) -> str:
    if lacking in _ELSEWHERE:
        return _ELSEWHERE[lacking]
    if lacking in (Offer.ENABLE, Offer.SETTINGS) and _ways_to_pair(offers):
        return OTHER_WAY
    actions = " and ".join(signature(action.__name__) for action, offer in NEEDED_OFFER.items() if offer is lacking)
    write = f"write {actions} and offer" if actions else "offer"
    users = sum(lacking in requirement.offers for requirement in catalogue.load().values())
    what_for = f"; {users} requirement{' uses' if users == 1 else 's use'} it" if users else ""
    return f"if {MEANS[lacking]}: {write} '{lacking}'{what_for}"


WITH_CODE = "a right code logs in"
OTHER_WAY = "people pair the other way"
_ELSEWHERE = {
    Offer.CLOCK: "a [clock] in target.toml moves it; or write now and advance, and offer 'clock'",
    Offer.RACE: (
        "if several requests can be sent at the same moment: write at_once, and offer 'race' (SEC-014, SEC-018)"
    ),
    Offer.OUTBOX: "a [mail] in target.toml reads it; or write outbox, and offer 'outbox'",
}
MEANS = {
    offer: line.partition(": ")[2].rstrip(".")
    for offer in Offer
    for line in (getdoc(Offer) or "").splitlines()
    if line.strip().startswith(f"{offer.name}: ")
}
"""The meaning of each offer, in the words of the port."""


# What is tried


def _unheard(world: World) -> str:
    try:
        world.exchange.perform(NoSuchAction())
    except NotOffered:
        return ""
    except Exception as error:
        world.target.reset()
        return f"{_SAY_SO}; instead it broke: {in_words(error, world.target)}"
    return f"it was answered; {_SAY_SO}"


def _register(world: World) -> str:
    world.given.user("Ada", HOME)
    return ""


def _log_in(world: World) -> str:
    world.given.user("Ada", HOME)
    seen = world.act.log_in("Ada", NO_CODE)
    if not seen.accepted:
        return f"the right password of a user just registered was {seen.in_words}"
    return "" if seen.session else "accepted without a session: answer the token or cookie that it opened"


def _wrong_password(world: World) -> str:
    world.given.user(REFUSED, HOME)
    (seen,) = world.act.try_wrong(REFUSED, 1, "passwords")
    return "it was accepted: ask the product, and answer what it says" if seen.accepted else ""


def _stranger(world: World) -> str:
    nobody = world.people["Mallory"]
    seen = world.exchange.perform(LogIn(nobody.email, nobody.password, account=world.exchange.account(HOME)))
    return "somebody just made up was let in: ask the product" if seen.accepted else ""


def _use_session(world: World) -> str:
    world.given.session("Ada", HOME)
    seen = world.act.use_session("Ada", earlier=False)
    return "" if seen.accepted else "refused right after logging in: load a page that only someone logged in may see"


def _log_out(world: World) -> str:
    world.given.session("Ada", HOME)
    if not world.act.log_out("Ada").accepted:
        return "it was refused right after logging in"
    try:
        seen = world.act.use_session("Ada", earlier=False)
    except NotOffered:
        raise
    except Exception as error:
        return f"{_KEEP_A_COPY}; instead it broke: {in_words(error, world.target)}"
    return "the session is open still" if seen.accepted else ""


def _ended_stays_ended(world: World) -> str:
    world.given.user("Ada", HOME)
    sessions = []
    for _ in range(2):
        let_in = world.exchange.must(world.act.log_in("Ada", NO_CODE, same_machine=True), "Ada was to log in again")
        sessions.append(let_in.session or "")
        world.given.logout("Ada")
    world.exchange.must(world.act.log_in("Ada", NO_CODE, same_machine=True), "Ada was to log in again")
    if len(set(sessions)) < len(sessions):
        return f"two logins were answered with the same session: answer another one each time. {_KEEP_A_COPY}"
    seen = world.exchange.perform(UseSession(sessions[0]))
    return f"after the next login it was open again. {_KEEP_A_COPY}" if seen.accepted else ""


def _side_by_side(world: World) -> str:
    for name in ("Ada", "Gil"):
        world.given.user(name, HOME)
        world.given.session(name, HOME)
    world.given.logout("Ada")
    seen = world.act.use_session("Gil", earlier=False)
    return "" if seen.accepted else "when one logged out, the other's session ended: keep the cookies of each apart"


def _move_clock(world: World) -> str:
    before = world.target.now()
    world.exchange.pass_time(60)
    moved_s = world.target.now() - before
    return "" if 60 <= moved_s <= 120 else f"it was to move by 60 s, and moved by {moved_s} s"


def _what_expires(world: World) -> str:
    """See that what is counted for a while is not counted for ever: caches count by another clock than servers."""
    world.given.user("Ken", HOME)
    world.act.ask_for_resets("Ken", MANY_RESETS)
    came = len(world.post.links(world.people["Ken"], LinkKind.RESET))
    if not came:
        raise Unreached("a reset link was to be mailed, but none came")
    if came == MANY_RESETS:
        return ""
    with contextlib.suppress(Unreached):  # of a clock that is not moved, nothing is to be proven
        world.exchange.pass_time(LONG_S)
        world.post.begin_act()
        world.act.ask_for_reset("Ken")
        if not world.post.new_links(world.people["Ken"], LinkKind.RESET):
            return (
                f"after {MANY_RESETS} resets the next one was refused, a day later still: something counts by a clock "
                "that was not moved; monotonic under [clock] moves that of caches"
            )
    return ""


def _enable(world: World) -> str:
    world.given.user("Bo", HOME)
    world.given.two_factor(HOME)
    return ""


def _enrolment_mail(world: World) -> str:
    world.given.enrolment_mail("Bo")
    return ""


def _open_link(world: World) -> str:
    world.given.open_screen("Bo")
    world.act.scan("Bo")
    return ""


def _see_in_settings(world: World) -> str:
    world.given.user("Cy", HOME)
    session = world.given.session("Cy", HOME).session or ""
    seen = world.exchange.perform(StartPairing(session, world.people["Cy"].password))
    return "" if seen.accepted and seen.shows_qr_code else f"{seen.in_words}, and no QR code shown"


def _confirm_with_wrong_code(world: World) -> str:
    world.given.user("Hal", HOME)
    session = world.given.session("Hal", HOME).session or ""
    person = world.people["Hal"]
    person.shown = world.exchange.perform(StartPairing(session, person.password))
    world.act.scan("Hal")
    seen = world.exchange.perform(
        ConfirmPairing(session, world.codes.typed(world.people["Hal"], Code(flaw="a wrong code")) or "")
    )
    return "it was accepted" if seen.accepted else ""


def _pair_alone(world: World) -> str:
    _pair(world, "Cy")
    return ""


def _pair(world: World, name: str) -> str:
    world.given.user(name, HOME)
    world.given.pairing(name)
    return name


def _paired(world: World) -> str:
    """Return somebody who has paired an authenticator, whatever the way."""
    return _pair(world, "Bo" if Offer.ENABLE in world.exchange.offers else "Cy")


def _picture(world: World) -> str:
    shown = world.people[_paired(world)].shown
    return "" if shown and shown.picture else "there is none: answer its PNG as picture, or do not offer 'picture'"


def _asked_for_code(world: World) -> str:
    name = _paired(world)
    seen = world.act.log_in(name, NO_CODE)
    if seen.accepted or seen.session:
        return "let in without a code, though an authenticator is paired"
    return "" if seen.asks_for_code else "refused, but not asked for a code: answer asks_for_code as well"


def _with_code(world: World) -> str:
    name = _paired(world)
    seen = world.act.log_in(name, A_CODE)
    return "" if seen.accepted else f"a right code was {seen.in_words}"


def _wrong_code(world: World) -> str:
    (seen,) = world.act.try_wrong(_pair(world, REFUSED), 1, "codes")
    return "it was accepted" if seen.accepted else ""


def _ask_for_reset(world: World) -> str:
    world.given.user("Dan", HOME)
    seen = world.act.ask_for_reset("Dan")
    return "" if seen.accepted else f"{seen.in_words} for a user just registered"


def _reset_mail(world: World) -> str:
    world.given.user("Dan", HOME)
    return "" if world.post.links(world.given.reset_mail("Dan"), LinkKind.RESET) else "the mail has no reset link"


def _set_password(world: World) -> str:
    world.given.new_password("Dan")
    seen = world.act.log_in("Dan", NO_CODE)
    return "" if seen.accepted or seen.asks_for_code else f"logging in with the new password was {seen.in_words}"


def _at_once(world: World) -> str:
    world.given.user("Ada", HOME)
    world.act.race_logins("Ada", NO_CODE)
    refused = [seen.in_words for seen in world.exchange.raced if not seen.accepted]
    return f"of two logins with the right password one was {refused[0]}" if refused else ""


def _weak_password(world: World) -> str:
    world.given.reset_mail("Dan")
    return "it was accepted" if world.act.set_password("Dan", NEWEST_RESET, "short").accepted else ""


def _renew(world: World) -> str:
    world.given.reset(_paired(world))
    return ""


def _change_password(world: World) -> str:
    world.given.session("Ada", HOME)
    seen = world.act.change_password("Ada")
    return "" if seen.accepted else f"with the right password it was {seen.in_words}"


def _elsewhere(world: World) -> str:
    world.given.user("Hal", ONE)
    return ""


def _two_accounts(world: World) -> str:
    for account in (ONE, OTHER):
        world.given.user("Eve", account)
    return ""


def _switch(world: World) -> str:
    _two_accounts(world)
    world.given.session("Eve", ONE)
    seen = world.act.switch_account("Eve", OTHER)
    return "" if seen.accepted else f"between accounts without two-factor authentication it was {seen.in_words}"


def _block_user(world: World) -> str:
    world.given.user("Fay", HOME)
    world.given.status("Fay", UserStatus.BLOCKED, HOME)
    world.given.status("Fay", UserStatus.ACTIVE, HOME)
    return ""


def _block_account(world: World) -> str:
    world.given.user("Fay", HOME)
    world.given.account_status(HOME, AccountStatus.BLOCKED)
    world.given.account_status(HOME, AccountStatus.ACTIVE)
    return ""


def _disable(world: World) -> str:
    world.given.two_factor(HOME)
    world.given.two_factor(HOME, on=False)
    return ""


def _enable_as_customer(world: World) -> str:
    world.given.session("Ada", HOME)
    if not world.act.switch_two_factor(HOME, on=True, by="Ada").accepted:
        return ""
    world.act.switch_two_factor(HOME, on=False)
    return (
        "it was accepted. EnableTwoFactor with a session is what that customer tries: send it with that session, never "
        "with the vendor's key; without one (None) it is the vendor"
    )


_SAY_SO = "raise NotOffered (exec: error code 1) for what you do not know"
_KEEP_A_COPY = "For a session that has ended, present the cookies or the token that it had: keep a copy of each"
_SHOWN = "accepted, and the picture or the uri of the QR code"
_BY_MAIL = (Offer.ENABLE, Offer.OUTBOX)
_MEMBERSHIPS = (Offer.ACCOUNTS, Offer.MEMBERSHIPS)
_SWITCH = (Offer.SWITCH, *_MEMBERSHIPS)
_RESET = (Offer.RESET, Offer.OUTBOX)

TRIES = (
    _Try("what nobody knows is not offered", _unheard),
    _Try("a user is registered", _register, RegisterUser),
    _Try("she logs in", _log_in, LogIn, "accepted and the session; or refused, and the product's words"),
    _Try("a wrong password is refused", _wrong_password, LogIn),
    _Try("a stranger is refused", _stranger, LogIn),
    _Try("her session is used", _use_session, UseSession, "whether a page for those logged in was shown"),
    _Try("she logs out, which ends it", _log_out, LogOut),
    _Try("what has ended stays ended", _ended_stays_ended, UseSession),
    _Try("another's session stays open meanwhile", _side_by_side, LogOut),
    _Try("she sees a QR code in the settings", _see_in_settings, StartPairing, _SHOWN, (Offer.SETTINGS,)),
    _Try("a wrong code completes no pairing", _confirm_with_wrong_code, ConfirmPairing, needs=(Offer.SETTINGS,)),
    _Try("a code completes the pairing", _pair_alone, ConfirmPairing, needs=(Offer.SETTINGS,)),
    _Try("two-factor login is switched on", _enable, EnableTwoFactor, needs=(Offer.ENABLE,)),
    _Try("a link to a QR code is mailed", _enrolment_mail, needs=_BY_MAIL),
    _Try("the link shows a QR code", _open_link, OpenEnrolmentLink, _SHOWN, _BY_MAIL),
    _Try("the QR code is a picture", _picture, needs=(Offer.PICTURE,), pairs=True),
    _Try("without a code one is asked for", _asked_for_code, LogIn, pairs=True),
    _Try(WITH_CODE, _with_code, LogIn, pairs=True),
    _Try("a wrong code is refused", _wrong_code, LogIn, pairs=True),
    _Try("the clock is moved", _move_clock, needs=(Offer.CLOCK,)),
    _Try("a reset is asked for", _ask_for_reset, RequestReset, needs=(Offer.RESET,)),
    _Try("a reset link is mailed", _reset_mail, needs=_RESET),
    _Try("the link sets a password", _set_password, SetPassword, needs=_RESET),
    _Try("a weak password is refused", _weak_password, SetPassword, needs=(Offer.RULES, *_RESET)),
    _Try("OK leads to a new QR code", _renew, ConfirmPassword, _SHOWN, (Offer.RENEW, *_RESET), pairs=True),
    _Try("the password is changed", _change_password, ChangePassword, needs=(Offer.CHANGE,)),
    _Try("somebody is in another account", _elsewhere, RegisterUser, needs=(Offer.ACCOUNTS,)),
    _Try("she is a user of two accounts", _two_accounts, RegisterUser, needs=_MEMBERSHIPS),
    _Try("she switches between them", _switch, SwitchAccount, "accepted and the session", _SWITCH),
    _Try("a user is blocked and let in", _block_user, SetUserStatus, needs=(Offer.ADMINISTER,)),
    _Try("so is an account", _block_account, SetAccountStatus, needs=(Offer.ADMINISTER,)),
    _Try("two-factor login is switched off", _disable, DisableTwoFactor, needs=(Offer.ENABLE,)),
    _Try("no customer can switch it on", _enable_as_customer, EnableTwoFactor, "refused", (Offer.ENABLE,)),
    _Try("what is counted expires", _what_expires, RequestReset, needs=(Offer.CLOCK, *_RESET)),
    _Try("two log in at the same moment", _at_once, LogIn, needs=(Offer.RACE,)),
)  # fmt: skip
"""In the order in which an adapter is written."""
