"""Maps for walks on targets: small, with more moves, and some of what decides an answer left out."""

from kmc_model import actions as a
from kmc_model.actions import AccountStatus
from kmc_model.analysis.configurations import phrases as say
from kmc_model.analysis.configurations._configuration import FIRST, Move, Scope, email_of
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
from kmc_model.analysis.configurations.moves import (
    fixed,
    in_session,
    in_turn,
    log_in,
    open_link,
    reset_at_once,
    set_password,
    time_passes,
    times,
    unknown_link,
)
from kmc_model.analysis.configurations.scopes import STANDING, TWO_PEOPLE

__all__ = ["EVERYTHING", "TOPICS"]

CODES_TOPIC = Scope(
    "codes",
    ("Ada",),
    ("Acme",),
    (
        *say.switches("Acme"),
        *say.openings(0, "Ada", "newest"),
        *say.logins(0, "Ada", "Acme", *say.CODES),
        *say.logins(
            0, "Ada", "Acme", "an empty code", "letters for a code", "a code cut short", "a code with a digit too many"
        ),
        *say.logins(0, "Ada", "Acme", "a code made of six zeros", "the code of an empty key"),
        *say.logins(
            0, "Ada", "Acme", *(f"a code made {offset} s from now" for offset in (-300, -60, -30, 0, 30, 60, 300))
        ),
        Move(
            "the code of Ada begins with 0; Ada logs in to Acme with the code without its leading zeros",
            log_in(0, "Ada", "Acme", "a wrong code"),
        ),
        *say.passwords(0, "Ada", "a wrong password", code="a code"),
        *say.passwords(0, "Ada", *say.PASSWORDS),
        say.whole_reset(0, "Ada"),
        Move(
            "Ada logs in to Acme with a code; Ada resets the password; "
            "Ada logs in to Acme with a code made 0 s from now",
            in_turn(
                log_in(0, "Ada", "Acme", "a code"),
                reset_at_once(0, "Ada"),
                log_in(0, "Ada", "Acme", "a code made 0 s from now"),
            ),
        ),
        Move("12 h pass", time_passes(say.DAY_S // 2)),
        Move("31 days pass", time_passes(31 * say.DAY_S)),
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
        *say.openings(0, "Ada", "newest"),
        Move("Ada opens a made-up enrolment link", unknown_link(0, "Ada", "enrolment")),
        Move("Ada opens the reset link as an enrolment link", open_link(0, "Ada", 0, as_kind="reset")),
        *say.logins(0, "Ada", "Acme", "no code", "a code"),
        *say.passwords(0, "Ada", "the first password", code="a code"),
        *say.resets(0, "Ada"),
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
        *say.openings(0, "Ada", "newest", "earlier"),
        *say.resets(0, "Ada"),
        Move("Ada sets a new password through the earlier reset link", set_password(0, "Ada", 1)),
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
        *say.openings(0, "Ada", "newest"),
        *say.logins(0, "Ada", "Acme", "no code", "a code", "the same code"),
        *say.logins(0, "Ada", "Globex", "no code", "a code", "the same code"),
        say.nameless(0, "Ada"),
        *say.sessions(0, "Ada"),
        Move("Ada uses the earlier session", in_session(0, say.use, earlier=True)),
        Move(
            "Ada logs out; Ada logs in to Acme with the same code",
            in_turn(in_session(0, say.log_out), log_in(0, "Ada", "Acme", "the same code")),
        ),
        Move(
            "Ada changes the password in the KMC; Ada uses the earlier session",
            in_turn(say.change_of_password(0, "Ada").make, in_session(0, say.use, earlier=True)),
        ),
        Move(
            "Ada resets the password; Ada uses the earlier session",
            in_turn(reset_at_once(0, "Ada"), in_session(0, say.use, earlier=True)),
        ),
        *say.passwords(0, "Ada", "the first password", into="Globex"),
        *say.moves_between(0, "Ada", "Acme", "Globex"),
        *say.tries_to_switch(0, "Ada", "Acme"),
        say.change_of_password(0, "Ada"),
        say.whole_reset(0, "Ada"),
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
        *say.runs(0, "Ada"),
        *say.runs(1, "Bo"),
        *say.logins(0, "Ada", "Acme", "no code", "a code"),
        *say.logins(1, "Bo", "Acme", "no code", "a code"),
        say.nameless(0, "Ada"),
        *say.passwords(0, "Ada", "a wrong password"),
        Move("Mallory logs in with a wrong password and no code", say.wrong("Mallory")),
        Move("Ada asks for a reset", fixed(a.RequestReset(email_of("Ada")))),
        Move("Mallory asks for a reset", fixed(a.RequestReset(email_of("Mallory")))),
        Move("Ada asks for a reset 10 times", times(10, fixed(a.RequestReset(email_of("Ada"))))),
        say.whole_reset(0, "Ada"),
        Move("9 min 30 s pass", time_passes(570)),
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
        *say.resets(0, "Ada"),
        Move("Ada asks for a reset 10 times", times(10, fixed(a.RequestReset(email_of("Ada"))))),
        Move("Ada sets a new password through the earlier reset link", set_password(0, "Ada", 1)),
        *say.logins(0, "Ada", "Acme", "no code"),
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
        *say.switches("Acme"),
        *say.openings(0, "Ada", "newest"),
        *say.logins(0, "Ada", "Acme", "no code"),
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
        *say.logins(0, "Ada", "Acme", "no code"),
        *say.logins(1, "Bo", "Acme", "no code"),
        *say.sessions(0, "Ada"),
        *say.sessions(1, "Bo"),
        say.whole_reset(0, "Ada"),
        Move("Acme is blocked", fixed(a.SetAccountStatus("Acme", AccountStatus.BLOCKED))),
        say.nameless(0, "Ada"),
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
        Move("Bo is registered in Acme with a password", fixed(a.RegisterUser("Acme", email_of("Bo"), FIRST))),
        *say.openings(1, "Bo", "newest"),
        *say.logins(1, "Bo", "Acme", "no code", "a code", "a code made of six zeros", "the code of an empty key"),
        *say.logins(1, "Bo", "Globex", "no code", "a code"),
        *say.moves_between(1, "Bo", "Acme"),
        say.whole_reset(1, "Bo"),
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
        *say.switches("Acme"),
        *say.openings(2, "Grace", "newest"),
        *say.logins(2, "Grace", "Acme", "no code", "a code"),
        *say.logins(2, "Grace", "Globex", "no code"),
        *say.moves_between(2, "Grace", "Acme"),
        say.wrong_passwords("Grace"),
        say.whole_reset(2, "Grace"),
        *say.logins(1, "Bo", "Globex", "no code"),
        *say.tries_to_switch(1, "Bo", "Acme"),
        say.NEXT_LIMIT,
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
