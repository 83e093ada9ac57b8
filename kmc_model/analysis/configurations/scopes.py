"""Scopes that are walked whole: who is there and which moves they have.

The abstraction is exact but for what counts (wrong attempts, requests for a reset): in all configurations of one state
each move shows the same.
"""

from kmc_model.analysis.configurations import phrases as say
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
from kmc_model.analysis.configurations.configuration import Scope

__all__ = ["SCOPES", "STANDING", "TWO_PEOPLE"]

ONE_ACCOUNT = Scope(
    "one account",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings("Ada", "the newest enrolment link", "the earlier enrolment link"),
        *say.logins("Ada", "Acme", *say.USUAL_CODES),
        *say.passwords("Ada", "a wrong password", code_typed="a code"),
        *say.sessions("Ada"),
        *say.resets("Ada"),
        *say.sets_password("Ada", "the earlier reset link"),
        *say.tries_password("Ada", "a1!"),
        say.changes_password("Ada"),
        say.waits(60),
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
        *say.openings("Ada", "the newest enrolment link", "the earlier enrolment link"),
        *say.logins("Ada", "Acme", *say.USUAL_CODES[:4]),
        *say.logins("Ada", "Globex", *say.USUAL_CODES[:4]),
        say.nameless("Ada"),
        *say.sessions("Ada"),
        *say.moves_between("Ada", "Acme", "Globex"),
        *say.resets("Ada"),
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
        *say.openings("Ada", "the newest enrolment link"),
        *say.openings("Bo", "the newest enrolment link"),
        *say.logins("Ada", "Acme", "a code", "Bo's code"),
        *say.logins("Bo", "Acme", "a code", "Ada's code"),
        say.resets_password("Ada"),
        say.resets_password("Bo"),
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
        *say.openings("Ada", "the newest enrolment link"),
        *say.logins("Ada", "Acme", "no code", "a code", "the code of an empty key"),
        *say.logins("Ada", "Globex", "no code"),
        say.nameless("Ada"),
        *say.moves_between("Ada", "Acme"),
        say.blocks("Globex"),
        *say.moves_between("Ada", "Globex"),
    ),
    (secret, app, session, status),
    (newest_link,),
)

SCOPES = (ONE_ACCOUNT, TWO_ACCOUNTS, TWO_PEOPLE, STANDING)
