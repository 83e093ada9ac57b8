"""Scopes: who is there and which moves they have, in the sentences of the features.

`SCOPES` are walked whole, and what tells their states apart is exact but for what counts (wrong attempts, requests
for a reset): in lives of one state each move shows the same.
`TOPICS` are maps for walks on targets: small, with more moves, and some of what decides an answer left out.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from kmc_model import actions as a
from kmc_model.actions import AccountStatus, UserStatus
from kmc_model.lives._life import FIRST, Holds, Make, Move, Scope, email_of
from kmc_model.lives.moves import (
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
    unknown_link,
)
from kmc_model.lives.parts import (
    app,
    code,
    earlier_app,
    earlier_session,
    enrolment_links,
    lock,
    machine,
    newest_in_full,
    newest_link,
    newest_two_in_full,
    reset,
    reset_links,
    resets,
    secret,
    session,
    status,
)

__all__ = ["EVERYTHING", "IN_ONE_ACCOUNT", "SCOPES", "TOPICS"]

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

# Moves of one kind


def _switches(*accounts: str) -> Iterator[Move]:
    for account in accounts:
        for switch, action in (("on", a.EnableTwoFactor(account)), ("off", a.DisableTwoFactor(account))):
            yield Move(f"the vendor switches two-factor authentication {switch} for {account}", fixed(action))


def _logins(who: int, name: str, account: str, *codes: str) -> Iterator[Move]:
    for typed in codes:
        yield Move(f"{name} logs in to {account} with {typed}", log_in(who, name, account, typed))


def _passwords(who: int, name: str, *passwords: str, code: str = "no code", into: str = "Acme") -> Iterator[Move]:
    for words in passwords:
        make = log_in(who, name, into, code, PASSWORDS[words])
        where = "" if into == "Acme" else f" to {into}"
        is_near = words.startswith("the password ")
        yield Move(f"{name} logs in{where} with {words} and {code}", _while_first(who, make) if is_near else make)


def _nameless(who: int, name: str) -> Move:
    return Move(f"{name} logs in naming no account with no code", log_in(who, name, None, "no code"))


def _while_first(who: int, make: Make) -> Make:
    """What is near to the first password is so for as long as that is the person's."""
    return lambda life, rules: make(life, rules) if life.holds[who].password == FIRST else None


def _openings(who: int, name: str, *which: str) -> Iterator[Move]:
    for words in which:
        yield Move(f"{name} opens the {words} enrolment link", open_link(who, name, int(words == "earlier")))


def _resets(who: int, name: str) -> Iterator[Move]:
    yield Move(f"{name} asks for a reset", fixed(a.RequestReset(email_of(name))))
    yield Move(f"{name} sets a new password through the newest reset link", set_password(who, name, 0))
    yield Move(f"{name} confirms the new password", confirm(who))


def _whole_reset(who: int, name: str) -> Move:
    return Move(f"{name} resets the password", reset_at_once(who, name))


def _statuses(name: str, account: str, *words: str) -> Iterator[Move]:
    status_of = {"blocked in": UserStatus.BLOCKED, "removed from": UserStatus.REMOVED, "restored in": UserStatus.ACTIVE}
    for each in words:
        yield Move(f"{name} is {each} {account}", fixed(a.SetUserStatus(account, email_of(name), status_of[each])))


def _sessions(who: int, name: str) -> Iterator[Move]:
    yield Move(f"{name} uses the session", in_session(who, _use))
    yield Move(f"{name} logs out", in_session(who, _log_out))


def _use(handle: str, holds: Holds) -> a.Action:
    return a.UseSession(handle)


def _log_out(handle: str, holds: Holds) -> a.Action:
    return a.LogOut(handle)


def _moves_between(who: int, name: str, *accounts: str) -> Iterator[Move]:
    def switch(handle: str, holds: Holds, *, account: str) -> a.Action:
        return a.SwitchAccount(handle, account)

    for account in accounts:
        yield Move(f"{name} switches to {account}", in_session(who, partial(switch, account=account)))


def _change_of_password(who: int, name: str) -> Move:
    def change(handle: str, holds: Holds) -> a.Action:
        return a.ChangePassword(handle, holds.password, next_password(holds))

    return Move(f"{name} changes the password in the KMC", in_session(who, change))


def _tries_to_switch(who: int, name: str, account: str) -> Iterator[Move]:
    for switch, kind in (("on", a.EnableTwoFactor), ("off", a.DisableTwoFactor)):

        def tried(handle: str, holds: Holds, *, kind: type[a.Action] = kind) -> a.Action:
            return kind(account, handle)  # type: ignore[call-arg]

        sentence = f"{name} tries to switch two-factor authentication {switch} for {account}"
        yield Move(sentence, in_session(who, tried))


def _wrong(name: str) -> Make:
    return fixed(a.LogIn(email_of(name), "wr0ng-guess!", None, "Acme"))


def _runs(who: int, name: str) -> Iterator[Move]:
    """Runs of wrong attempts, as long as the limit of the reference, and what the right ones are worth then."""
    wrong_code = log_in(who, name, "Acme", "a wrong code")
    after = {
        "": times(10, wrong_code),
        ", each after the code was asked for": times(10, in_turn(log_in(who, name, "Acme", "no code"), wrong_code)),
        ", each after a login to Globex": times(10, in_turn(log_in(who, name, "Globex", "no code"), wrong_code)),
    }
    yield Move(f"10 wrong passwords are tried for {name}", times(10, _wrong(name)))
    for words, run in after.items():
        then = f"{name} logs in to Acme with a code"
        yield Move(
            f"10 wrong codes are tried for {name}{words}; {then}", in_turn(run, log_in(who, name, "Acme", "a code"))
        )


CODES = ("no code", "a code", "the same code", "a code of the earlier QR code", "a wrong code")

# Walked whole

ONE_ACCOUNT = Scope(
    "one account",
    ("Ada",),
    ("Acme",),
    (
        *_switches("Acme"),
        *_openings(0, "Ada", "newest", "earlier"),
        *_logins(0, "Ada", "Acme", *CODES),
        *_passwords(0, "Ada", "a wrong password", code="a code"),
        *_sessions(0, "Ada"),
        *_resets(0, "Ada"),
        Move("Ada sets a new password through the earlier reset link", set_password(0, "Ada", 1)),
        Move('Ada tries to set the password "a1!"', set_password(0, "Ada", 0, "a1!")),
        _change_of_password(0, "Ada"),
        Move("60 s pass", time_passes(60)),
        NEXT_LIMIT,
    ),
    (secret, app, earlier_app, code, reset, session),
    (enrolment_links, reset_links),
)

TWO_ACCOUNTS = Scope(
    "two accounts",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *_switches("Acme", "Globex"),
        *_openings(0, "Ada", "newest", "earlier"),
        *_logins(0, "Ada", "Acme", *CODES[:4]),
        *_logins(0, "Ada", "Globex", *CODES[:4]),
        _nameless(0, "Ada"),
        *_sessions(0, "Ada"),
        *_moves_between(0, "Ada", "Acme", "Globex"),
        *_resets(0, "Ada"),
        A_DAY,
    ),
    (secret, app, earlier_app, code, reset, session),
    (enrolment_links, reset_links),
)

TWO_PEOPLE = Scope(
    "two people",
    ("Ada", "Bo"),
    ("Acme",),
    (
        *_switches("Acme"),
        *_openings(0, "Ada", "newest"),
        *_openings(1, "Bo", "newest"),
        *_logins(0, "Ada", "Acme", "a code", "Bo's code"),
        *_logins(1, "Bo", "Acme", "a code", "Ada's code"),
        _whole_reset(0, "Ada"),
        _whole_reset(1, "Bo"),
        A_DAY,
    ),
    (secret, app),
    (newest_link,),
)

STANDING = Scope(
    "standing",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *_switches("Acme", "Globex"),
        *_statuses("Ada", "Acme", "blocked in", "removed from", "restored in"),
        *_openings(0, "Ada", "newest"),
        *_logins(0, "Ada", "Acme", "no code", "a code", "the code of an empty key"),
        *_logins(0, "Ada", "Globex", "no code"),
        _nameless(0, "Ada"),
        *_moves_between(0, "Ada", "Acme"),
        Move("Globex is blocked", fixed(a.SetAccountStatus("Globex", AccountStatus.BLOCKED))),
        *_moves_between(0, "Ada", "Globex"),
    ),
    (secret, app, session, status),
    (newest_link,),
)

SCOPES = (ONE_ACCOUNT, TWO_ACCOUNTS, TWO_PEOPLE, STANDING)

# Topics

CODES_TOPIC = Scope(
    "codes",
    ("Ada",),
    ("Acme",),
    (
        *_switches("Acme"),
        *_openings(0, "Ada", "newest"),
        *_logins(0, "Ada", "Acme", *CODES),
        *_logins(
            0, "Ada", "Acme", "an empty code", "letters for a code", "a code cut short", "a code with a digit too many"
        ),
        *_logins(0, "Ada", "Acme", "a code made of six zeros", "the code of an empty key"),
        *_logins(
            0, "Ada", "Acme", *(f"a code made {offset} s from now" for offset in (-300, -60, -30, 0, 30, 60, 300))
        ),
        Move(
            "the code of Ada begins with 0; Ada logs in to Acme with the code without its leading zeros",
            log_in(0, "Ada", "Acme", "a wrong code"),
        ),
        *_passwords(0, "Ada", "a wrong password", code="a code"),
        *_passwords(0, "Ada", *PASSWORDS),
        _whole_reset(0, "Ada"),
        Move(
            "Ada logs in to Acme with a code; Ada resets the password; "
            "Ada logs in to Acme with a code made 0 s from now",
            in_turn(
                log_in(0, "Ada", "Acme", "a code"),
                reset_at_once(0, "Ada"),
                log_in(0, "Ada", "Acme", "a code made 0 s from now"),
            ),
        ),
        Move("12 h pass", time_passes(DAY_S // 2)),
        Move("31 days pass", time_passes(31 * DAY_S)),
        NEXT_LIMIT,
    ),
    (secret, app, earlier_app, code),
    (newest_link,),
)

LINKS_TOPIC = Scope(
    "links",
    ("Ada",),
    ("Acme",),
    (
        *_switches("Acme"),
        *_openings(0, "Ada", "newest"),
        Move("Ada opens a made-up enrolment link", unknown_link(0, "Ada", "enrolment")),
        Move("Ada opens the reset link as an enrolment link", open_link(0, "Ada", 0, as_kind="reset")),
        *_logins(0, "Ada", "Acme", "no code", "a code"),
        *_passwords(0, "Ada", "the first password", code="a code"),
        *_resets(0, "Ada"),
        Move("Ada sets a new password through a made-up reset link", unknown_link(0, "Ada", "reset")),
        Move(
            "Ada sets a new password through the enrolment link as a reset link",
            set_password(0, "Ada", 0, as_kind="enrolment"),
        ),
        Move('Ada tries to set the password "a1!"', set_password(0, "Ada", 0, "a1!")),
        Move('Ada tries to set the password "Ab1!xyz"', set_password(0, "Ada", 0, "Ab1!xyz")),
        Move(
            'Ada tries to set the password "a1!"; Ada logs in to Acme with a code',
            in_turn(set_password(0, "Ada", 0, "a1!"), log_in(0, "Ada", "Acme", "a code")),
        ),
        A_DAY,
    ),
    (secret, app, reset),
    (newest_in_full,),
)

WORTHLESS_TOPIC = Scope(
    "worthless links",
    ("Ada",),
    ("Acme",),
    (
        *_switches("Acme"),
        *_openings(0, "Ada", "newest", "earlier"),
        *_resets(0, "Ada"),
        Move("Ada sets a new password through the earlier reset link", set_password(0, "Ada", 1)),
        A_DAY,
    ),
    (secret,),
    (newest_two_in_full,),
)

SESSIONS_TOPIC = Scope(
    "sessions",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *_switches("Acme", "Globex"),
        *_openings(0, "Ada", "newest"),
        *_logins(0, "Ada", "Acme", "no code", "a code", "the same code"),
        *_logins(0, "Ada", "Globex", "no code", "a code", "the same code"),
        _nameless(0, "Ada"),
        *_sessions(0, "Ada"),
        Move("Ada uses the earlier session", in_session(0, _use, earlier=True)),
        Move(
            "Ada logs out; Ada logs in to Acme with the same code",
            in_turn(in_session(0, _log_out), log_in(0, "Ada", "Acme", "the same code")),
        ),
        Move(
            "Ada changes the password in the KMC; Ada uses the earlier session",
            in_turn(_change_of_password(0, "Ada").make, in_session(0, _use, earlier=True)),
        ),
        Move(
            "Ada resets the password; Ada uses the earlier session",
            in_turn(reset_at_once(0, "Ada"), in_session(0, _use, earlier=True)),
        ),
        *_passwords(0, "Ada", "the first password", into="Globex"),
        *_moves_between(0, "Ada", "Acme", "Globex"),
        *_tries_to_switch(0, "Ada", "Acme"),
        _change_of_password(0, "Ada"),
        _whole_reset(0, "Ada"),
    ),
    (app, code, session, earlier_session),
    (newest_link,),
)

ATTEMPTS = Scope(
    "attempts",
    ("Ada", "Bo"),
    ("Acme", "Globex"),
    (
        *_switches("Acme"),
        *_runs(0, "Ada"),
        *_runs(1, "Bo"),
        *_logins(0, "Ada", "Acme", "no code", "a code"),
        *_logins(1, "Bo", "Acme", "no code", "a code"),
        _nameless(0, "Ada"),
        *_passwords(0, "Ada", "a wrong password"),
        Move("Mallory logs in with a wrong password and no code", _wrong("Mallory")),
        Move("Ada asks for a reset", fixed(a.RequestReset(email_of("Ada")))),
        Move("Mallory asks for a reset", fixed(a.RequestReset(email_of("Mallory")))),
        Move("Ada asks for a reset 10 times", times(10, fixed(a.RequestReset(email_of("Ada"))))),
        _whole_reset(0, "Ada"),
        Move("9 min 30 s pass", time_passes(570)),
        NEXT_LIMIT,
    ),
    (app, lock),
    (),
)

REQUESTS_TOPIC = Scope(
    "requests",
    ("Ada",),
    ("Acme",),
    (
        *_resets(0, "Ada"),
        Move("Ada asks for a reset 10 times", times(10, fixed(a.RequestReset(email_of("Ada"))))),
        Move("Ada sets a new password through the earlier reset link", set_password(0, "Ada", 1)),
        *_logins(0, "Ada", "Acme", "no code"),
        Move("9 min 30 s pass", time_passes(570)),
    ),
    (resets,),
    (reset_links,),
)

MACHINES_TOPIC = Scope(
    "machines",
    ("Ada",),
    ("Acme",),
    (
        *_switches("Acme"),
        *_openings(0, "Ada", "newest"),
        *_logins(0, "Ada", "Acme", "no code"),
        Move("Ada logs in on the same machine with a code", log_in(0, "Ada", "Acme", "a code", device="desk")),
        Move("Ada logs in on the same machine with no code", log_in(0, "Ada", "Acme", "no code", device="desk")),
    ),
    (app, machine),
    (newest_link,),
)

COLLEAGUES_TOPIC = Scope(
    "colleagues",
    ("Ada", "Bo"),
    ("Acme",),
    (
        *_logins(0, "Ada", "Acme", "no code"),
        *_logins(1, "Bo", "Acme", "no code"),
        *_sessions(0, "Ada"),
        *_sessions(1, "Bo"),
        _whole_reset(0, "Ada"),
        Move("Acme is blocked", fixed(a.SetAccountStatus("Acme", AccountStatus.BLOCKED))),
        _nameless(0, "Ada"),
    ),
    (session,),
    (),
)

NEWCOMERS_TOPIC = Scope(
    "newcomers",
    ("Ada", "Bo"),
    ("Acme", "Globex"),
    (
        *_switches("Acme", "Globex"),
        Move("Bo is registered in Acme with a password", fixed(a.RegisterUser("Acme", email_of("Bo"), FIRST))),
        *_openings(1, "Bo", "newest"),
        *_logins(1, "Bo", "Acme", "no code", "a code", "a code made of six zeros", "the code of an empty key"),
        *_logins(1, "Bo", "Globex", "no code", "a code"),
        *_moves_between(1, "Bo", "Acme"),
        _whole_reset(1, "Bo"),
        Move(
            "Mallory is registered in Acme with a password", fixed(a.RegisterUser("Acme", email_of("Mallory"), FIRST))
        ),
        Move(
            "Mallory is a user of Acme who is no administrator",
            fixed(a.RegisterUser("Acme", email_of("Mallory"), FIRST, administrator=False)),
        ),
        Move("Mallory logs in to Acme with no code", fixed(a.LogIn(email_of("Mallory"), FIRST, None, "Acme"))),
    ),
    (secret, app, session, status),
    (newest_link,),
    (("Ada", "Acme"), ("Bo", "Globex")),
)

OWNERS_TOPIC = Scope(
    "owners",
    ("Ada", "Bo", "Grace"),
    ("Acme", "Globex"),
    (
        *_switches("Acme"),
        *_openings(2, "Grace", "newest"),
        *_logins(2, "Grace", "Acme", "no code", "a code"),
        *_logins(2, "Grace", "Globex", "no code"),
        *_moves_between(2, "Grace", "Acme"),
        Move("10 wrong passwords are tried for Grace", times(10, _wrong("Grace"))),
        _whole_reset(2, "Grace"),
        *_logins(1, "Bo", "Globex", "no code"),
        *_tries_to_switch(1, "Bo", "Acme"),
        NEXT_LIMIT,
    ),
    (app, session, lock),
    (newest_link,),
    (("Grace", "Acme"), ("Ada", "Acme"), ("Bo", "Globex"), ("Grace", "Globex")),
)

TOPICS = (
    CODES_TOPIC,
    LINKS_TOPIC,
    WORTHLESS_TOPIC,
    SESSIONS_TOPIC,
    TWO_PEOPLE,
    ATTEMPTS,
    REQUESTS_TOPIC,
    MACHINES_TOPIC,
    COLLEAGUES_TOPIC,
    STANDING,
    NEWCOMERS_TOPIC,
    OWNERS_TOPIC,
)


def _everything(name: str, topics: Iterable[Scope], people: tuple[str, ...], *members: tuple[str, str]) -> Scope:
    """Return all moves of `topics` in one scope: too many lives to be walked whole, good to begin with."""
    moves = {move.sentence: move for topic in topics for move in topic.moves}
    accounts = tuple(dict.fromkeys(account for _, account in members))
    parts = (secret, app, session, lock, status)
    return Scope(name, people, accounts, tuple(moves.values()), parts, (newest_link,), members)


EVERYTHING = _everything(
    "everything",
    TOPICS,
    ("Ada", "Bo", "Grace"),
    ("Grace", "Acme"),
    ("Ada", "Acme"),
    ("Ada", "Globex"),
    ("Bo", "Globex"),
    ("Grace", "Globex"),
)
IN_ONE_ACCOUNT = _everything(
    "everything in one account",
    (each for each in TOPICS if len(each.accounts) == 1),
    ("Ada", "Bo"),
    ("Ada", "Acme"),
    ("Bo", "Acme"),
)
