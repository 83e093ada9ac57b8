"""Faults derived by machine: every row and effect of the table, every field of the policy, changed in turn."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kmc_model.analysis.faults._fault import Fault, Kind, effect_instead, with_row, without
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE, HOUR_S, KALTURA_SERVER, MINUTE_S, departures
from kmc_model.rules import RULES, Rule
from kmc_model.turn import Reason

__all__ = ["EQUIVALENT", "GUARDS", "of_policy", "of_rows"]

NODDING: dict[str, tuple[str, ...]] = {
    # That nothing is shown is another matter than that the person is told so.
    "OpenEnrolmentLink": ("ENR-013",),
    "OpenEnrolmentLink.made_to_reset": (),
    "ConfirmPassword.password_not_set": (),
    "ConfirmPassword.qr_code_gone": (),
}
"""What demands that an action, or a row, says no where nothing is done anyway; by default the row's requirements."""

EQUIVALENT = frozenset({"OpenEnrolmentLink.no_secret accepted"})
"""They change nothing: a link to a QR code is mailed to nobody who has no secret."""

GUARDS = frozenset({"account_unknown", "is_unknown", "link_unknown", "no_secret", "not_in_account", "password_not_set"})
"""Conditions that protect the rows after them from missing data; without them, those rows would break."""

MAY_REFUSE = frozenset({"EnableTwoFactor.account_has_two_factor"})
"""No requirement says that these are accepted: only that nothing comes of it."""


def of_rows() -> Iterator[Fault]:
    """Yield each row dropped, refusing for accepting and the other way round, and each effect skipped."""
    for at, rule in enumerate(RULES):
        if rule.requirement:
            yield from _of_row(at, rule)


def _of_row(at: int, rule: Rule) -> Iterator[Fault]:
    name, requirements = rule.name, _all_of(rule)
    if rule.applies.__name__ not in GUARDS | {"always"}:
        yield _fault(f"{name} dropped", f"{name} is not checked.", requirements, without(at))
    if rule.reason:
        nods = with_row(at, replace(rule, reason=None, effects=()))
        demanded = NODDING.get(name, NODDING.get(rule.action.__name__, requirements))
        yield _fault(f"{name} accepted", f"{name} is accepted, and nothing done.", demanded, nods)
    else:
        refuses = with_row(at, replace(rule, reason=Reason.NOT_ALLOWED, effects=()))
        demanded = () if name in MAY_REFUSE else requirements
        yield _fault(f"{name} refused", f"{name} is refused.", demanded, refuses)
    for effect in rule.effects:
        if effect.requirement:
            skipped = effect.apply.__name__
            sentence = f"{name} does not {skipped.replace('_', ' ')}."
            yield _fault(f"{name} without {skipped}", sentence, (effect.requirement,), effect_instead(at, skipped))


def _fault(name: str, sentence: str, requirements: tuple[str, ...], rules: tuple[Rule, ...]) -> Fault:
    return Fault(name, sentence, requirements, Kind.ROW if requirements else Kind.BENIGN, Variant(rules=rules))


def _all_of(rule: Rule) -> tuple[str, ...]:
    """Return the requirements of a row and of its effects, each once."""
    found = [rule.requirement, *(each.requirement for each in rule.effects)]
    return tuple(dict.fromkeys(each for each in found if each))


NUMBERS: dict[str, tuple[tuple[Any, tuple[str, ...]], ...]] = {
    "enrolment_link_ttl_s": ((23 * HOUR_S, ("ENR-009", "RST-019")), (25 * HOUR_S, ("ENR-009", "RST-019"))),
    "unused_qr_code_ttl_s": ((23 * HOUR_S, ("ENR-005",)), (25 * HOUR_S, ("ENR-012",))),
    "reset_link_ttl_s": ((HOUR_S, ()), (23 * HOUR_S, ()), (25 * HOUR_S, ("RST-011",))),
    "tolerance_steps": ((0, ("STD-002", "STD-010")), (2, ("STD-002", "STD-012")), (10, ("LOG-008",))),
    "secret_bits": ((152, ("STD-005",)), (120, ("STD-004",)), (168, ())),
    "quiet_zone_modules": ((3, ("STD-008",)), (5, ())),
    "resets_max": ((3, ()), (9, ()), (11, ("SEC-012",))),
    "resets_period_s": ((9 * MINUTE_S, ("SEC-012",)), (11 * MINUTE_S, ())),
    "password_min": ((7, ("RST-013", "LOG-017")), (9, ())),
    "failures_max": ((5, ()), (9, ()), (100, ()), (11, ()), (101, ("SEC-001", "SEC-002", "SEC-018"))),
    "lock_s": (
        *((MINUTE_S, ()), (14 * MINUTE_S, ()), (16 * MINUTE_S, ()), (23 * HOUR_S, ())),
        *((0, ("SEC-001", "SEC-002", "SEC-018")), (25 * HOUR_S, ("SEC-011",))),
    ),
}
"""Each number one unit off, and where that is within what the requirements allow, so far that it is not.

Units are those in which the requirements speak: an hour of a day, a minute of ten, a byte of a secret.
"""


CHOICES: dict[str, tuple[tuple[Any, tuple[str, ...]], ...]] = {
    "steps_ahead": ((0, ("STD-010",)), (2, ("STD-012",)), (10, ("STD-012", "LOG-008"))),
    "wrong_code_wait_s": ((20, ()), (25 * HOUR_S, ("SEC-011",))),
    "code_failures_max": ((5, ()), (10, ()), (101, ("SEC-002",))),
    "session_ttl_s": ((30 * MINUTE_S, ()), (8 * HOUR_S, ())),
    "new_passwords_fit": ((r"(?=.*\d)(?=.*[a-z])(?=.*[^\w\s]).*", ()), (r".*\d.*", ("RST-013", "LOG-017"))),
    "nameless_login_opens": (("first", ()), ("last usable", ()), ("last used", ())),
    "blocked_account_ends_sessions": ((True, ()),),
    "blocked_users_are_mailed": ((True, ()),),
    "switching_on_renews_pairings": ((True, ("ENA-011", "ENA-015")),),
    "switching_on_ends_sessions": ((True, ("ENA-014",)),),
    "link_shows_until_login": ((True, ("ENR-002",)),),
    # No scenario lets time pass between asking for a reset and setting the password.
    "renewal_link_shares_time": ((True, ()),),
    "newest_reset_link_alone": ((False, ("RST-012",)),),
    "locked_out_are_mailed_resets": ((False, ()),),
    "change_needs_code_of": (("enrolled", ()), ("paired", ())),
    "change_renews_pairing": ((True, ("LOG-015",)),),
    "attempts_extend_lock": ((True, ()),),
    "lock_clears_failures": ((False, ()),),
    "registering_twice_is_refused": ((True, ()),),
    "use_renews_session": ((True, ()),),
    "login_ends_sessions": ((True, ()),),
    "logout_ends_all_sessions": ((True, ()),),
    "change_ends_own_session": ((True, ()),),
    "switch_in_place_needs_login": ((True, ()),),
}
"""Other answers to what is open, and what demands the reference's under the reading that it takes."""


def of_policy() -> Iterator[Fault]:
    """Yield each number a unit off and each choice flipped; a change that no requirement forbids is benign."""
    for name, others in (NUMBERS | CHOICES).items():
        for value, requirements in others:
            yield _with(name, value, requirements)
    for name, (_, requirements) in departures(KALTURA_SERVER).items():
        if name not in NUMBERS:
            yield _with(name, getattr(KALTURA_SERVER, name), requirements)


def _with(name: str, value: Any, requirements: tuple[str, ...]) -> Fault:
    return Fault(
        f"{name}={value}",
        f"{name} is {value}, not {getattr(ARTICLE, name)}.",
        requirements,
        Kind.POLICY if requirements else Kind.BENIGN,
        Variant(replace(ARTICLE, **{name: value})),
    )
