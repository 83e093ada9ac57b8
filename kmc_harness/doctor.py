"""What `kmc doctor` does: try what people do, one thing after another, and say what the adapter still lacks."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from inspect import getdoc

from kmc_harness import catalogue
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
from kmc_harness.probes import probe
from kmc_harness.verdicts import NotJudged, Unreached
from kmc_harness.world import HOME, World

__all__ = ["Examination", "Finding", "State", "examine"]

ONE, OTHER = "Globex", "Initech"
"""Accounts without two-factor authentication."""


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
    """What came of one try, and in plain words what to do; empty where it works."""

    what: str
    state: State
    advice: str = ""


@dataclass(frozen=True)
class Examination:
    """What came of all of them; `refusal` says why the suite would not judge the target, empty where it would."""

    findings: tuple[Finding, ...]
    refusal: str


class _Unheard(Action):
    """An action that nobody knows."""


@dataclass(frozen=True)
class _Try:
    """One thing people do: `do` returns what was wrong, or nothing; `answer` is what the adapter answers it with."""

    what: str
    do: Callable[[World], str]
    action: type[Action] | None = None
    answer: str = ""
    needs: tuple[Offer, ...] = ()


def examine(target: Target) -> Examination:
    """Try `target` in the order in which an adapter is written; people and accounts are new at every call.

    Raises:
        NotJudged: it does not even start.

    """
    world = _world(target)
    findings = []
    told: set[Offer] = set()
    for each in TRIES:
        lacking = [offer for offer in each.needs if offer not in world.offers]
        if told.intersection(lacking):
            continue
        told.update(lacking[:1])
        found = _tried(each, world)
        findings.append(found)
        if found.state is State.BROKE:
            world = _world(target)
    try:
        probe(target, secrets.token_hex(4))
    except Exception as error:
        return Examination(tuple(findings), str(error))
    return Examination(tuple(findings), "")


def _world(target: Target) -> World:
    try:
        return World(target, secrets.token_hex(4))
    except Exception as error:
        raise NotJudged(f"it does not start: {error}") from error


def _tried(each: _Try, world: World) -> Finding:
    lacking = [offer for offer in each.needs if offer not in world.offers]
    if lacking:
        return Finding(each.what, State.LACKS, _how_to_offer(lacking[0], each))
    try:
        wrong = each.do(world)
    except NotOffered as error:
        return Finding(each.what, State.MISSING, _how_to_write(str(error), each))
    except (Unreached, NotJudged) as error:
        return Finding(each.what, State.UNREACHED, world.recorder.redact(str(error)))
    except Exception as error:
        return Finding(each.what, State.BROKE, world.recorder.redact(f"{type(error).__name__}: {error}"))
    return Finding(each.what, State.WRONG, world.recorder.redact(wrong)) if wrong else Finding(each.what, State.WORKS)


def _how_to_write(missing: str, each: _Try) -> str:
    if each.action is None or missing != each.action.__name__:
        return f"{missing} comes first"
    return f"write {_signature(each.action)}: answer {each.answer}"


def _signature(action: type[Action]) -> str:
    return f"{action.__name__}({', '.join(field.name for field in fields(action))})"


def _how_to_offer(lacking: Offer, each: _Try) -> str:
    waiting = sum(lacking in requirement.offers for requirement in catalogue.load().values())
    wait = f"{waiting} requirements use it" if waiting else "the other way to pair, in place of 'enable'"
    own = each.action and NEEDED_OFFER.get(each.action) is lacking
    how = f"write {_signature(each.action)}, then offer" if own and each.action else "offer"
    return f"{how} '{lacking}' ({MEANS[lacking]}): {wait}"


MEANS = {
    offer: line.partition(": ")[2].rstrip(".")
    for offer in Offer
    for line in (getdoc(Offer) or "").splitlines()
    if line.strip().startswith(f"{offer.name}: ")
}
"""What each offer says, as the port words it."""


# What is tried


def _unheard(world: World) -> str:
    try:
        world.target.perform(_Unheard())
    except NotOffered:
        return ""
    return "it was answered; raise NotOffered (exec: error code 1) for what you do not know"


def _register(world: World) -> str:
    world.reach_user("Ada", HOME)
    return ""


def _log_in(world: World) -> str:
    world.reach_user("Ada", HOME)
    seen = world.log_in("Ada", "no code")
    if not seen.accepted:
        return f"the right password of a user just registered was {world.in_words(seen)}"
    return "" if seen.session else "accepted, but without a session: return the token or cookie you got"


def _wrong_password(world: World) -> str:
    world.reach_user("Ada", HOME)
    (seen,) = world.try_wrong("Ada", 1, "passwords")
    return "it was accepted: ask the product, and answer what it says" if seen.accepted else ""


def _stranger(world: World) -> str:
    nobody = world.person("Mallory")
    seen = world.perform(LogIn(nobody.email, nobody.password, account=world.account(HOME)))
    return "somebody just made up was let in: ask the product" if seen.accepted else ""


def _use_session(world: World) -> str:
    world.reach_session("Ada", HOME)
    seen = world.use_session("Ada", earlier=False)
    return "" if seen.accepted else "refused right after logging in: load a page that only someone logged in may see"


def _log_out(world: World) -> str:
    world.reach_session("Ada", HOME)
    if not world.log_out("Ada").accepted:
        return "it was refused right after logging in"
    return "the session is open still" if world.use_session("Ada", earlier=False).accepted else ""


def _move_clock(world: World) -> str:
    before = world.now()
    world.pass_time(60)
    moved_s = world.now() - before
    return "" if 60 <= moved_s <= 120 else f"it was to move by 60 s, and moved by {moved_s} s"


def _enable(world: World) -> str:
    world.reach_user("Bo", HOME)
    world.reach_two_factor(HOME)
    return ""


def _enrolment_mail(world: World) -> str:
    world.reach_enrolment_mail("Bo")
    return ""


def _open_link(world: World) -> str:
    world.reach_open_screen("Bo")
    world.scan("Bo")
    return ""


def _pair_alone(world: World) -> str:
    world.reach_pairing("Cy")
    return ""


def _paired(world: World) -> str:
    return "Bo" if Offer.ENABLE in world.offers else "Cy"


def _asked_for_code(world: World) -> str:
    world.reach_pairing(name := _paired(world))
    seen = world.log_in(name, "no code")
    if seen.accepted or seen.session:
        return "let in without a code, though an authenticator is paired"
    return "" if seen.asks_for_code else "refused, but not asked for a code: answer asks_for_code as well"


def _with_code(world: World) -> str:
    world.reach_pairing(name := _paired(world))
    seen = world.log_in(name, "a code")
    return "" if seen.accepted else f"a right code was {world.in_words(seen)}"


def _wrong_code(world: World) -> str:
    world.reach_pairing(name := _paired(world))
    (seen,) = world.try_wrong(name, 1, "codes")
    return "it was accepted" if seen.accepted else ""


def _ask_for_reset(world: World) -> str:
    world.reach_user("Dan", HOME)
    seen = world.ask_for_reset("Dan")
    return "" if seen.accepted else f"{world.in_words(seen)} for a user just registered"


def _reset_mail(world: World) -> str:
    world.reach_user("Dan", HOME)
    return "" if world.links(world.reach_reset_mail("Dan"), LinkKind.RESET) else "the mail has no reset link"


def _set_password(world: World) -> str:
    world.reach_new_password("Dan")
    seen = world.log_in("Dan", "no code")
    return "" if seen.accepted or seen.asks_for_code else f"logging in with the new password was {world.in_words(seen)}"


def _renew(world: World) -> str:
    world.reach_reset(_paired(world))
    return ""


def _change_password(world: World) -> str:
    world.reach_session("Ada", HOME)
    seen = world.change_password("Ada")
    return "" if seen.accepted else f"with the right password it was {world.in_words(seen)}"


def _switch(world: World) -> str:
    for account in (ONE, OTHER):
        world.reach_user("Eve", account)
    world.reach_session("Eve", ONE)
    seen = world.switch_account("Eve", OTHER)
    return "" if seen.accepted else f"between accounts without two-factor authentication it was {world.in_words(seen)}"


def _block_user(world: World) -> str:
    world.reach_user("Fay", HOME)
    world.reach_status("Fay", UserStatus.BLOCKED, HOME)
    world.reach_status("Fay", UserStatus.ACTIVE, HOME)
    return ""


def _block_account(world: World) -> str:
    world.reach_user("Fay", HOME)
    world.reach_account_status(HOME, AccountStatus.BLOCKED)
    world.reach_account_status(HOME, AccountStatus.ACTIVE)
    return ""


def _disable(world: World) -> str:
    world.reach_two_factor(HOME)
    world.reach_two_factor(HOME, on=False)
    return ""


_ACCEPTED = "accepted"
_A_QR_CODE = "accepted and the picture, or the uri"
_PAIRING_WAYS = (Offer.ENABLE, Offer.OUTBOX)

TRIES = (
    _Try("an action nobody knows is not offered", _unheard),
    _Try("a user is registered", _register, RegisterUser, _ACCEPTED),
    _Try("she logs in", _log_in, LogIn, "accepted and the session, or refused and the product's words"),
    _Try("a wrong password is refused", _wrong_password, LogIn),
    _Try("a stranger is refused", _stranger, LogIn),
    _Try("the session is used", _use_session, UseSession, "whether a page for logged-in users was shown"),
    _Try("she logs out, which ends it", _log_out, LogOut, _ACCEPTED),
    _Try("the clock is moved", _move_clock, needs=(Offer.CLOCK,)),
    _Try("two-factor is switched on", _enable, EnableTwoFactor, _ACCEPTED, (Offer.ENABLE,)),
    _Try("a link to a QR code is mailed", _enrolment_mail, needs=(Offer.ENABLE, Offer.OUTBOX)),
    _Try("the link shows a QR code", _open_link, OpenEnrolmentLink, "the picture, or the uri", _PAIRING_WAYS),
    _Try("a QR code from the settings", _pair_alone, StartPairing, _A_QR_CODE, (Offer.SETTINGS,)),
    _Try("a code completes the pairing", _pair_alone, ConfirmPairing, _ACCEPTED, (Offer.SETTINGS,)),
    _Try("without code one is asked for", _asked_for_code, LogIn),
    _Try("a right code logs in", _with_code, LogIn),
    _Try("a wrong code is refused", _wrong_code, LogIn),
    _Try("a reset is asked for", _ask_for_reset, RequestReset, _ACCEPTED, (Offer.RESET,)),
    _Try("a reset link is mailed", _reset_mail, needs=(Offer.RESET, Offer.OUTBOX)),
    _Try("the link sets a password", _set_password, SetPassword, _ACCEPTED, (Offer.RESET, Offer.OUTBOX)),
    _Try("OK shows a new QR code", _renew, ConfirmPassword, _A_QR_CODE, (Offer.RENEW,)),
    _Try("the password is changed", _change_password, ChangePassword, _ACCEPTED, (Offer.CHANGE,)),
    _Try("she switches accounts", _switch, SwitchAccount, "accepted and the session", (Offer.SWITCH,)),
    _Try("a user is blocked, and let in", _block_user, SetUserStatus, _ACCEPTED, (Offer.ADMINISTER,)),
    _Try("so is an account", _block_account, SetAccountStatus, _ACCEPTED, (Offer.ADMINISTER,)),
    _Try("two-factor is switched off", _disable, DisableTwoFactor, _ACCEPTED, (Offer.ENABLE,)),
)  # fmt: skip
