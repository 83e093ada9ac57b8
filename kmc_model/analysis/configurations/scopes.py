"""Scopes that are walked whole: who is there and which moves they have.

What tells their states apart is exact but for what counts (wrong attempts, requests for a reset): in lives of one state
each move shows the same.
"""

from kmc_model import actions as a
from kmc_model.actions import AccountStatus
from kmc_model.analysis.configurations import phrases as say
from kmc_model.analysis.configurations._configuration import Move, Scope
from kmc_model.analysis.configurations.abstraction import (
    app,
    code,
    earlier_app,
    enrolment_links,
    newest_link,
    reset,
    reset_links,
    secret,
    session,
    status,
)
from kmc_model.analysis.configurations.moves import (
    fixed,
    set_password,
    time_passes,
)

__all__ = ["SCOPES", "STANDING", "TWO_PEOPLE"]

ONE_ACCOUNT = Scope(
    "one account",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings(0, "Ada", "newest", "earlier"),
        *say.logins(0, "Ada", "Acme", *say.CODES),
        *say.passwords(0, "Ada", "a wrong password", code="a code"),
        *say.sessions(0, "Ada"),
        *say.resets(0, "Ada"),
        Move("Ada sets a new password through the earlier reset link", set_password(0, "Ada", 1)),
        Move('Ada tries to set the password "a1!"', set_password(0, "Ada", 0, "a1!")),
        say.change_of_password(0, "Ada"),
        Move("60 s pass", time_passes(60)),
        say.NEXT_LIMIT,
    ),
    (secret, app, earlier_app, code, reset, session),
    (enrolment_links, reset_links),
)

TWO_ACCOUNTS = Scope(
    "two accounts",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *say.switches("Acme", "Globex"),
        *say.openings(0, "Ada", "newest", "earlier"),
        *say.logins(0, "Ada", "Acme", *say.CODES[:4]),
        *say.logins(0, "Ada", "Globex", *say.CODES[:4]),
        say.nameless(0, "Ada"),
        *say.sessions(0, "Ada"),
        *say.moves_between(0, "Ada", "Acme", "Globex"),
        *say.resets(0, "Ada"),
        say.A_DAY,
    ),
    (secret, app, earlier_app, code, reset, session),
    (enrolment_links, reset_links),
)

TWO_PEOPLE = Scope(
    "two people",
    ("Ada", "Bo"),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings(0, "Ada", "newest"),
        *say.openings(1, "Bo", "newest"),
        *say.logins(0, "Ada", "Acme", "a code", "Bo's code"),
        *say.logins(1, "Bo", "Acme", "a code", "Ada's code"),
        say.whole_reset(0, "Ada"),
        say.whole_reset(1, "Bo"),
        say.A_DAY,
    ),
    (secret, app),
    (newest_link,),
)

STANDING = Scope(
    "standing",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *say.switches("Acme", "Globex"),
        *say.statuses("Ada", "Acme", "blocked in", "removed from", "restored in"),
        *say.openings(0, "Ada", "newest"),
        *say.logins(0, "Ada", "Acme", "no code", "a code", "the code of an empty key"),
        *say.logins(0, "Ada", "Globex", "no code"),
        say.nameless(0, "Ada"),
        *say.moves_between(0, "Ada", "Acme"),
        Move("Globex is blocked", fixed(a.SetAccountStatus("Globex", AccountStatus.BLOCKED))),
        *say.moves_between(0, "Ada", "Globex"),
    ),
    (secret, app, session, status),
    (newest_link,),
)

SCOPES = (ONE_ACCOUNT, TWO_ACCOUNTS, TWO_PEOPLE, STANDING)
