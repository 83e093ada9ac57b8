"""Moves of one kind, in the sentences of the features: what is said of one person, one account, one link."""

from collections.abc import Iterator
from functools import cache, partial

from kmc_model import actions as a
from kmc_model.actions import AccountStatus, UserStatus
from kmc_model.analysis.configurations.configuration import Act, Move, email_of
from kmc_model.analysis.configurations.making import (
    by_others,
    by_somebody,
    change_password,
    confirm,
    in_session,
    in_turn,
    log_in,
    nothing,
    open_link,
    reset,
    set_password,
    time_passes,
    times,
    to_next_limit,
)
from kmc_model.sentences import A_CODE, FIRST_PASSWORD, HOUR_S, NO_CODE, PASSWORDS, code, duration_in_words, link

__all__ = [
    "A_DAY",
    "NEXT_LIMIT",
    "USUAL_CODES",
    "asks_for_reset",
    "blocks",
    "changes_password",
    "confirms",
    "logins",
    "moves_between",
    "nameless",
    "on_the_same_machine",
    "openings",
    "passwords",
    "registers",
    "resets",
    "resets_password",
    "runs",
    "sessions",
    "sets_password",
    "statuses",
    "stranger",
    "switches",
    "then",
    "tries_password",
    "tries_to_switch",
    "uses_earlier_session",
    "waits",
    "waits_for_zero",
    "wrong_passwords",
]

USUAL_CODES = ("no code", "a code", "the same code", "a code of the earlier QR code", "a wrong code")
LIMIT = 10
"""As many wrong attempts, and requests for a reset, as the reference's limits."""


def then(*moves: Move) -> Move:
    """Return a move that does what several do, one after another, as far as that can be done."""
    steps = tuple(step for move in moves for step in move.steps)
    if len(steps) == 1:
        return steps[0]
    sentence = "; ".join(each.sentence for each in steps)
    return Move(sentence, in_turn(*(each.make for each in steps)), actor=steps[0].actor, parts=steps)


# Time


@cache
def waits(seconds: int) -> Move:
    """Let time pass; in words in hours up to two days."""
    return Move(f"{duration_in_words(seconds)} pass", time_passes(seconds), Act.WAIT)


NEXT_LIMIT = Move("time passes to the next limit", to_next_limit, Act.WAIT_FOR_LIMIT)
A_DAY = waits(25 * HOUR_S)


def waits_for_zero(name: str) -> Move:
    return Move(f"the code of {name} begins with 0", nothing(name), Act.WAIT_FOR_ZERO, name)


# Accounts and their users


def switches(*accounts: str) -> Iterator[Move]:
    for account in accounts:
        for switch, act, action in (
            ("on", Act.SWITCH_ON, a.EnableTwoFactor(account)),
            ("off", Act.SWITCH_OFF, a.DisableTwoFactor(account)),
        ):
            sentence = f"the vendor switches two-factor authentication {switch} for {account}"
            yield Move(sentence, by_others(action), act, account=account)


def tries_to_switch(name: str, account: str) -> Iterator[Move]:
    for switch, act, action in (
        ("on", Act.SWITCH_ON, a.EnableTwoFactor),
        ("off", Act.SWITCH_OFF, a.DisableTwoFactor),
    ):
        sentence = f"{name} tries to switch two-factor authentication {switch} for {account}"
        yield Move(sentence, in_session(name, partial(action, account)), act, name, account)


def registers(name: str, account: str, *, administrator: bool = True) -> Move:
    how = "is registered in {} with a password" if administrator else "is a user of {} who is no administrator"
    action = a.RegisterUser(account, email_of(name), FIRST_PASSWORD, administrator=administrator)
    return Move(f"{name} {how.format(account)}", by_others(action), Act.REGISTER, account=account, whom=name)


def statuses(name: str, account: str, *words: str) -> Iterator[Move]:
    status_of = {"blocked in": UserStatus.BLOCKED, "removed from": UserStatus.REMOVED, "restored in": UserStatus.ACTIVE}
    for each in words:
        action = a.SetUserStatus(account, email_of(name), status_of[each])
        yield Move(f"{name} is {each} {account}", by_others(action), Act.SET_STATUS, account=account, whom=name)


def blocks(account: str) -> Move:
    action = a.SetAccountStatus(account, AccountStatus.BLOCKED)
    return Move(f"{account} is blocked", by_others(action), Act.BLOCK_ACCOUNT, account=account)


# Enrolling and logging in


def openings(name: str, *links: str) -> Iterator[Move]:
    for words in links:
        said = link(words)
        yield Move(f"{name} opens {words}", open_link(name, said), Act.OPEN_LINK, name, link=said)


def races(name: str, words: str) -> Move:
    """Have two people open a link of somebody's at the same moment, of whom the second comes too late."""
    opened = open_link(name, link(words))
    sentence = f"two people use {words} of {name} at the same moment"
    return Move(sentence, by_somebody(in_turn(opened, opened)), Act.RACE, whom=name)


def logins(name: str, account: str, *codes: str) -> Iterator[Move]:
    for words in codes:
        said = code(words)
        sentence = f"{name} logs in to {account} with {words}"
        yield Move(sentence, log_in(name, account, said), Act.LOG_IN, name, account, code=said)


def passwords(name: str, *passwords: str, code_typed: str = "no code", into: str = "Acme") -> Iterator[Move]:
    """Log in with other passwords than the person's own; into Acme, their first account, without naming it."""
    said = code(code_typed)
    where = "" if into == "Acme" else f" to {into}"
    for words in passwords:
        make = log_in(name, into, said, words)
        yield Move(
            f"{name} logs in{where} with {words} and {code_typed}",
            make,
            Act.LOG_IN,
            name,
            into,
            code=said,
            password=words,
        )


def nameless(name: str) -> Move:
    make = log_in(name, None, NO_CODE)
    return Move(f"{name} logs in naming no account with no code", make, Act.LOG_IN, name, code=NO_CODE)


def stranger(name: str, password: str = "") -> Move:
    """Log in as somebody of whom nothing is kept, to Acme without a code."""
    chosen = PASSWORDS[password](FIRST_PASSWORD) if password else FIRST_PASSWORD
    words = f"with {password} and no code" if password else "to Acme with no code"
    make = by_others(a.LogIn(email_of(name), chosen, None, "Acme"))
    return Move(f"{name} logs in {words}", make, Act.LOG_IN, name, "Acme", code=NO_CODE, password=password)


def on_the_same_machine(name: str, *codes: str) -> Iterator[Move]:
    for words in codes:
        said = code(words)
        make = log_in(name, "Acme", said, device="desk")
        sentence = f"{name} logs in on the same machine with {words}"
        yield Move(sentence, make, Act.LOG_IN, name, "Acme", code=said)


def runs(name: str) -> Iterator[Move]:
    """Runs of wrong attempts, as long as the limit of the reference, and what the right ones are worth then."""
    wrong_code = log_in(name, "Acme", code("a wrong code"))
    befores = {
        "": wrong_code,
        ", each after the code was asked for": in_turn(log_in(name, "Acme", NO_CODE), wrong_code),
        ", each after a login to Globex": in_turn(log_in(name, "Globex", NO_CODE), wrong_code),
    }
    (right,) = logins(name, "Acme", "a code")
    yield wrong_passwords(name)
    for words, each in befores.items():
        sentence = f"{LIMIT} wrong codes are tried for {name}{words}"
        tried = Move(sentence, by_somebody(times(LIMIT, each)), Act.TRY_WRONG, name, "Acme", code=code("a wrong code"))
        yield then(tried, right)


def wrong_passwords(name: str) -> Move:
    words = "a wrong password"
    action = a.LogIn(email_of(name), PASSWORDS[words](FIRST_PASSWORD), None, "Acme")
    sentence = f"{LIMIT} wrong passwords are tried for {name}"
    return Move(
        sentence,
        times(LIMIT, by_others(action)),
        Act.TRY_WRONG,
        name,
        "Acme",
        code=NO_CODE,
        password=words,
    )


# Sessions


def sessions(name: str) -> Iterator[Move]:
    yield Move(f"{name} uses the session", in_session(name, a.UseSession), Act.USE_SESSION, name)
    yield Move(f"{name} logs out", in_session(name, a.LogOut), Act.LOG_OUT, name)


def uses_earlier_session(name: str) -> Move:
    make = in_session(name, a.UseSession, earlier=True)
    return Move(f"{name} uses the earlier session", make, Act.USE_SESSION, name, is_earlier=True)


def moves_between(name: str, *accounts: str) -> Iterator[Move]:
    for account in accounts:
        make = in_session(name, partial(_switch, account))
        yield Move(f"{name} switches to {account}", make, Act.SWITCH_ACCOUNT, name, account)


def _switch(account: str, handle: str) -> a.Action:
    return a.SwitchAccount(handle, account)


# Passwords


def asks_for_reset(name: str, *, often: int = 1) -> Move:
    asked = by_others(a.RequestReset(email_of(name)))
    words = f"{name} asks for a reset" + (f" {often} times" if often > 1 else "")
    return Move(words, times(often, asked) if often > 1 else asked, Act.ASK_FOR_RESET, name)


def sets_password(name: str, *links: str) -> Iterator[Move]:
    for words in links:
        said = link(words)
        sentence = f"{name} sets a new password through {words}"
        yield Move(sentence, set_password(name, said), Act.SET_PASSWORD, name, link=said)


def tries_password(name: str, *passwords: str) -> Iterator[Move]:
    said = link("the newest reset link")
    for each in passwords:
        make = set_password(name, said, each)
        yield Move(f'{name} tries to set the password "{each}"', make, Act.SET_PASSWORD, name, link=said, password=each)


def confirms(name: str) -> Move:
    return Move(f"{name} confirms the new password", confirm(name), Act.CONFIRM_PASSWORD, name)


def resets(name: str) -> Iterator[Move]:
    yield asks_for_reset(name)
    yield from sets_password(name, "the newest reset link")
    yield confirms(name)


def resets_password(name: str) -> Move:
    return Move(f"{name} resets the password", reset(name), Act.RESET_PASSWORD, name)


def changes_password(name: str) -> Move:
    make = change_password(name)
    return Move(f"{name} changes the password in the KMC", make, Act.CHANGE_PASSWORD, name, code=A_CODE)
