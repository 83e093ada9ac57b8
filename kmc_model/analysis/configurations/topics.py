"""Maps for walks on targets: small, with more moves, and some of what decides an answer left out."""

import re
from functools import cache

from kmc_model.analysis.configurations import phrases as say
from kmc_model.analysis.configurations.abstraction import (
    app,
    code,
    earlier_app,
    earlier_session,
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
from kmc_model.analysis.configurations.configuration import Move, Scope
from kmc_model.analysis.configurations.phrases import then, waits
from kmc_model.analysis.configurations.scopes import SCOPES, STANDING, TWO_PEOPLE
from kmc_model.sentences import DURATION_PATTERN, PASSWORDS, duration_s

__all__ = ["EVERYTHING", "TOPICS"]

CODES_TOPIC = Scope(
    "codes",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings("Ada", "the newest enrolment link"),
        *say.logins("Ada", "Acme", *say.USUAL_CODES),
        *say.logins(
            "Ada", "Acme", "an empty code", "letters for a code", "a code cut short", "a code with a digit too many"
        ),
        *say.logins("Ada", "Acme", "a code made of six zeros", "the code of an empty key"),
        *say.logins(
            "Ada", "Acme", *(f"a code made {offset} s from now" for offset in (-300, -60, -30, 0, 30, 60, 300))
        ),
        say.then(say.waits_for_zero("Ada"), *say.logins("Ada", "Acme", "the code without its leading zeros")),
        *say.passwords("Ada", "a wrong password", code_typed="a code"),
        *say.passwords("Ada", *PASSWORDS),
        say.resets_password("Ada"),
        say.then(
            *say.logins("Ada", "Acme", "a code"),
            say.resets_password("Ada"),
            *say.logins("Ada", "Acme", "a code made 0 s from now"),
        ),
        say.waits(12 * 3600),
        say.waits(31 * 86_400),
        say.NEXT_LIMIT,
    ),
    (secret, app, earlier_app, code),
    (newest_link,),
)

LINKS_TOPIC = Scope(
    "links",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings("Ada", "the newest enrolment link"),
        *say.openings("Ada", "a made-up enrolment link", "the reset link as an enrolment link"),
        *say.logins("Ada", "Acme", "no code", "a code"),
        *say.passwords("Ada", "the first password", code_typed="a code"),
        *say.resets("Ada"),
        *say.sets_password("Ada", "a made-up reset link", "the enrolment link as a reset link"),
        *say.tries_password("Ada", "a1!"),
        *say.tries_password("Ada", "Ab1!xyz"),
        say.then(*say.tries_password("Ada", "a1!"), *say.logins("Ada", "Acme", "a code")),
        say.A_DAY,
    ),
    (secret, app, reset),
    (newest_in_full,),
)

WORTHLESS_TOPIC = Scope(
    "worthless links",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings("Ada", "the newest enrolment link", "the earlier enrolment link"),
        *say.resets("Ada"),
        *say.sets_password("Ada", "the earlier reset link"),
        say.A_DAY,
    ),
    (secret,),
    (newest_two_in_full,),
)

SESSIONS_TOPIC = Scope(
    "sessions",
    ("Ada",),
    ("Acme", "Globex"),
    (
        *say.switches("Acme", "Globex"),
        *say.openings("Ada", "the newest enrolment link"),
        *say.logins("Ada", "Acme", "no code", "a code", "the same code"),
        *say.logins("Ada", "Globex", "no code", "a code", "the same code"),
        say.nameless("Ada"),
        *say.sessions("Ada"),
        say.uses_earlier_session("Ada"),
        say.then(*list(say.sessions("Ada"))[1:], *say.logins("Ada", "Acme", "the same code")),
        say.then(say.changes_password("Ada"), say.uses_earlier_session("Ada")),
        say.then(say.resets_password("Ada"), say.uses_earlier_session("Ada")),
        *say.passwords("Ada", "the first password", into="Globex"),
        *say.moves_between("Ada", "Acme", "Globex"),
        *say.tries_to_switch("Ada", "Acme"),
        say.changes_password("Ada"),
        say.resets_password("Ada"),
    ),
    (app, code, session, earlier_session),
    (newest_link,),
)

ATTEMPTS = Scope(
    "attempts",
    ("Ada", "Bo"),
    ("Acme", "Globex"),
    (
        *say.switches("Acme"),
        *say.runs("Ada"),
        *say.runs("Bo"),
        *say.logins("Ada", "Acme", "no code", "a code"),
        *say.logins("Bo", "Acme", "no code", "a code"),
        say.nameless("Ada"),
        *say.passwords("Ada", "a wrong password"),
        say.stranger("Mallory", "a wrong password"),
        say.asks_for_reset("Ada"),
        say.asks_for_reset("Mallory"),
        say.asks_for_reset("Ada", often=10),
        say.resets_password("Ada"),
        say.waits(570),
        say.NEXT_LIMIT,
    ),
    (app, lock),
    (),
)

REQUESTS_TOPIC = Scope(
    "requests",
    ("Ada",),
    ("Acme",),
    (
        *say.resets("Ada"),
        say.asks_for_reset("Ada", often=10),
        *say.sets_password("Ada", "the earlier reset link"),
        *say.logins("Ada", "Acme", "no code"),
        say.waits(570),
    ),
    (resets,),
    (reset_links,),
)

MACHINES_TOPIC = Scope(
    "machines",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings("Ada", "the newest enrolment link"),
        *say.logins("Ada", "Acme", "no code"),
        *say.on_the_same_machine("Ada", "a code", "no code"),
    ),
    (app, machine),
    (newest_link,),
)

COLLEAGUES_TOPIC = Scope(
    "colleagues",
    ("Ada", "Bo"),
    ("Acme",),
    (
        *say.logins("Ada", "Acme", "no code"),
        *say.logins("Bo", "Acme", "no code"),
        *say.sessions("Ada"),
        *say.sessions("Bo"),
        say.resets_password("Ada"),
        say.blocks("Acme"),
        say.nameless("Ada"),
    ),
    (session,),
    (),
)

NEWCOMERS_TOPIC = Scope(
    "newcomers",
    ("Ada", "Bo"),
    ("Acme", "Globex"),
    (
        *say.switches("Acme", "Globex"),
        say.registers("Bo", "Acme"),
        *say.openings("Bo", "the newest enrolment link"),
        *say.logins("Bo", "Acme", "no code", "a code", "a code made of six zeros", "the code of an empty key"),
        *say.logins("Bo", "Globex", "no code", "a code"),
        *say.moves_between("Bo", "Acme"),
        say.resets_password("Bo"),
        say.registers("Mallory", "Acme"),
        say.registers("Mallory", "Acme", administrator=False),
        say.stranger("Mallory"),
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
        *say.switches("Acme"),
        *say.openings("Grace", "the newest enrolment link"),
        *say.logins("Grace", "Acme", "no code", "a code"),
        *say.logins("Grace", "Globex", "no code"),
        *say.moves_between("Grace", "Acme"),
        say.wrong_passwords("Grace"),
        say.resets_password("Grace"),
        *say.logins("Bo", "Globex", "no code"),
        *say.tries_to_switch("Bo", "Acme"),
        say.NEXT_LIMIT,
    ),
    (app, session, lock),
    (newest_link,),
    (("Grace", "Acme"), ("Ada", "Acme"), ("Bo", "Globex"), ("Grace", "Globex")),
)

RACES_TOPIC = Scope(
    "races",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings("Ada", "the newest enrolment link"),
        say.races("Ada", "the newest enrolment link"),
        say.A_DAY,
    ),
    (secret,),
    (newest_link,),
)

REMOVALS_TOPIC = Scope(
    "removals",
    ("Ada",),
    ("Globex", "Acme"),
    (
        *say.switches("Globex"),
        *say.logins("Ada", "Acme", "no code"),
        say.then(*say.statuses("Ada", "Acme", "removed from"), say.resets_password("Ada")),
        *say.statuses("Ada", "Acme", "restored in"),
    ),
    (app, status),
    (),
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
    RACES_TOPIC,
    REMOVALS_TOPIC,
)


EVERYTHING = Scope(
    "everything",
    ("Ada", "Bo", "Grace"),
    ("Acme", "Globex"),
    tuple({move.sentence: move for topic in TOPICS for move in topic.moves}.values()),
    (secret, app, session, lock, status),
    (newest_link,),
    (("Grace", "Acme"), ("Ada", "Acme"), ("Ada", "Globex"), ("Bo", "Globex"), ("Grace", "Globex")),
)
"""All moves of all topics: too many configurations to be walked whole."""


@cache
def _moves() -> dict[str, Move]:
    """Return every move that does one thing, by its sentence."""
    return {step.sentence: step for scope in (*SCOPES, *TOPICS) for move in scope.moves for step in move.steps}


def move_of(sentence: str) -> Move:
    """Return the move that `sentence` says.

    Raises:
        LookupError: no scope has it, and it lets no time pass.

    """
    return then(*map(_move_of, sentence.split("; "))) if "; " in sentence else _move_of(sentence)


def _move_of(sentence: str) -> Move:
    if move := _moves().get(sentence):
        return move
    if not (passing := re.fullmatch(rf"({DURATION_PATTERN}) pass", sentence)):
        raise LookupError(f"no scope has a move {sentence!r}")
    return waits(duration_s(passing[1]))
