"""Moves of one kind, in the sentences of the features: what is said of one person, one account, one link."""

from collections.abc import Iterator
from functools import partial

from kmc_model import actions as a
from kmc_model.actions import UserStatus
from kmc_model.analysis.configurations._configuration import FIRST, Holds, Make, Move, email_of
from kmc_model.analysis.configurations.moves import (
    confirm,
    fixed,
    in_session,
    in_turn,
    log_in,
    next_password,
    open_link,
    reset_at_once,
    set_password,
    time_passes,
    times,
    to_next_limit,
)

__all__ = [
    "A_DAY",
    "CODES",
    "DAY_S",
    "NEXT_LIMIT",
    "PASSWORDS",
    "change_of_password",
    "log_out",
    "logins",
    "moves_between",
    "nameless",
    "openings",
    "passwords",
    "resets",
    "runs",
    "sessions",
    "statuses",
    "switches",
    "tries_to_switch",
    "use",
    "whole_reset",
    "wrong",
    "wrong_passwords",
]

DAY_S = 86_400
NEXT_LIMIT = Move("time passes to the next limit", to_next_limit)
A_DAY = Move("25 h pass", time_passes(25 * 3600))
PASSWORDS = {
    "a wrong password": "wr0ng-guess!",
    "the password in capitals": FIRST.upper(),
    "the password with another ending": "s3cure-pxyz!",
    "the password cut short": FIRST[:8],
    "the password with more behind it": f"{FIRST}1",
    "an empty password": "",
    "the first password": FIRST,
}


def switches(*accounts: str) -> Iterator[Move]:
    for account in accounts:
        for switch, action in (("on", a.EnableTwoFactor(account)), ("off", a.DisableTwoFactor(account))):
            yield Move(f"the vendor switches two-factor authentication {switch} for {account}", fixed(action))


def logins(who: int, name: str, account: str, *codes: str) -> Iterator[Move]:
    for typed in codes:
        yield Move(f"{name} logs in to {account} with {typed}", log_in(who, name, account, typed))


def passwords(who: int, name: str, *passwords: str, code: str = "no code", into: str = "Acme") -> Iterator[Move]:
    for words in passwords:
        make = log_in(who, name, into, code, PASSWORDS[words])
        where = "" if into == "Acme" else f" to {into}"
        is_near = words.startswith("the password ")
        yield Move(f"{name} logs in{where} with {words} and {code}", _while_first(who, make) if is_near else make)


def nameless(who: int, name: str) -> Move:
    return Move(f"{name} logs in naming no account with no code", log_in(who, name, None, "no code"))


def _while_first(who: int, make: Make) -> Make:
    """What is near to the first password is so for as long as that is the person's."""
    return lambda life, rules: make(life, rules) if life.holds[who].password == FIRST else None


def openings(who: int, name: str, *which: str) -> Iterator[Move]:
    for words in which:
        yield Move(f"{name} opens the {words} enrolment link", open_link(who, name, int(words == "earlier")))


def resets(who: int, name: str) -> Iterator[Move]:
    yield Move(f"{name} asks for a reset", fixed(a.RequestReset(email_of(name))))
    yield Move(f"{name} sets a new password through the newest reset link", set_password(who, name, 0))
    yield Move(f"{name} confirms the new password", confirm(who))


def whole_reset(who: int, name: str) -> Move:
    return Move(f"{name} resets the password", reset_at_once(who, name))


def statuses(name: str, account: str, *words: str) -> Iterator[Move]:
    status_of = {"blocked in": UserStatus.BLOCKED, "removed from": UserStatus.REMOVED, "restored in": UserStatus.ACTIVE}
    for each in words:
        yield Move(f"{name} is {each} {account}", fixed(a.SetUserStatus(account, email_of(name), status_of[each])))


def sessions(who: int, name: str) -> Iterator[Move]:
    yield Move(f"{name} uses the session", in_session(who, use))
    yield Move(f"{name} logs out", in_session(who, log_out))


def use(handle: str, holds: Holds) -> a.Action:
    return a.UseSession(handle)


def log_out(handle: str, holds: Holds) -> a.Action:
    return a.LogOut(handle)


def moves_between(who: int, name: str, *accounts: str) -> Iterator[Move]:
    def switch(handle: str, holds: Holds, *, account: str) -> a.Action:
        return a.SwitchAccount(handle, account)

    for account in accounts:
        yield Move(f"{name} switches to {account}", in_session(who, partial(switch, account=account)))


def change_of_password(who: int, name: str) -> Move:
    def change(handle: str, holds: Holds) -> a.Action:
        return a.ChangePassword(handle, holds.password, next_password(holds))

    return Move(f"{name} changes the password in the KMC", in_session(who, change))


def tries_to_switch(who: int, name: str, account: str) -> Iterator[Move]:
    for switch, kind in (("on", a.EnableTwoFactor), ("off", a.DisableTwoFactor)):

        def tried(handle: str, holds: Holds, *, kind: type[a.Action] = kind) -> a.Action:
            return kind(account, handle)  # type: ignore[call-arg]

        sentence = f"{name} tries to switch two-factor authentication {switch} for {account}"
        yield Move(sentence, in_session(who, tried))


def wrong(name: str) -> Make:
    return fixed(a.LogIn(email_of(name), "wr0ng-guess!", None, "Acme"))


def wrong_passwords(name: str) -> Move:
    return Move(f"10 wrong passwords are tried for {name}", times(10, wrong(name)))


def runs(who: int, name: str) -> Iterator[Move]:
    """Runs of wrong attempts, as long as the limit of the reference, and what the right ones are worth then."""
    wrong_code = log_in(who, name, "Acme", "a wrong code")
    after = {
        "": times(10, wrong_code),
        ", each after the code was asked for": times(10, in_turn(log_in(who, name, "Acme", "no code"), wrong_code)),
        ", each after a login to Globex": times(10, in_turn(log_in(who, name, "Globex", "no code"), wrong_code)),
    }
    yield wrong_passwords(name)
    for words, run in after.items():
        then = f"{name} logs in to Acme with a code"
        yield Move(
            f"10 wrong codes are tried for {name}{words}; {then}", in_turn(run, log_in(who, name, "Acme", "a code"))
        )


CODES = ("no code", "a code", "the same code", "a code of the earlier QR code", "a wrong code")
