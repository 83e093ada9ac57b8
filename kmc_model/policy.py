"""Every contested number or choice, with its source. A rule holds no literal of its own.

`ARTICLE` is the reference. `KALTURA_SERVER` behaves as Kaltura's published server does, and departs from the
reference in exactly the fields that carry an `as_built` mark: the number of the observation, and the
requirements that must notice it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

__all__ = ["ARTICLE", "KALTURA_SERVER", "POLICIES", "Choice", "Policy", "choices", "departures"]

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S


class Choice(NamedTuple):
    """What the requirements leave open: the values that they allow, and which of them say so, and why."""

    allowed: Sequence[Any]
    source: str


def _as_built(value: Any, observation: str, *requirements: str, choice: Choice | None = None) -> Any:
    """Declare a field whose default is the reference and on which the published server departs."""
    metadata = {"observation": observation, "requirements": requirements, "choice": choice}
    return field(default=value, metadata=metadata)


def _open(value: Any, allowed: Sequence[Any], source: str) -> Any:
    """Declare a field whose default is the reference, and which the requirements leave open."""
    return field(default=value, metadata={"choice": Choice(allowed, source)})


_EITHER = (False, True)
_SILENT = "no requirement speaks of it"


@dataclass(frozen=True)
class Policy:
    """One rulebook. Times are in seconds."""

    name: str = "article"

    # Lifetimes
    enrolment_link_ttl_s: int = _as_built(24 * HOUR_S, "I-01", "ENR-009")
    """How long a mailed link shows its QR code (article, Renew an expired QR code)."""
    unused_qr_code_ttl_s: int | None = _as_built(
        24 * HOUR_S, "I-01", "ENR-012", choice=Choice((24 * HOUR_S, None), "ENR-012, reading B: only the link expires")
    )
    """How long a QR code that completed no login is good for one; None: for ever."""
    reset_link_ttl_s: int = _open(DAY_S, range(1, DAY_S + 1), "RST-011: 24 hours at most")
    """ASVS 5 wants reset links short-lived; the published server says 24 hours."""

    # Codes
    tolerance_steps: int = _open(1, range(2), "STD-002: the step before SHOULD count, two before must not")
    """How many 30 s steps a code may be away, either way (RFC 6238, 5.2 and 6)."""
    steps_ahead: int | None = _open(None, range(2), "STD-010: SHOULD; STD-012: two ahead should not")
    """How many of them it may be ahead; None: as many as behind."""
    wrong_code_wait_s: int = _open(0, range(DAY_S + 1), "RFC 4226 7.3 throttles; SEC-011: 24 hours at most")
    """How long no code counts after a wrong one."""
    code_counts_once: bool = _as_built(True, "I-10", "STD-003", "STD-011", "SEC-014")
    codes_compared_as_numbers: bool = _as_built(False, "I-31", "STD-006")
    missing_secret_is_empty_key: bool = _as_built(False, "I-23", "ENA-012")
    """Whether someone added with credentials from elsewhere gets no secret, and the empty key's code logs in."""

    # QR codes
    secret_bits: int = _as_built(160, "I-28", "STD-004", "STD-005")
    uri_names_issuer: bool = _as_built(True, "I-29", "STD-007")
    quiet_zone_modules: int = _as_built(4, "I-30", "STD-008")

    # Mail and links
    late_user_is_mailed_link: bool = _as_built(True, "I-12", "ENA-008")
    """Whether someone registered after switching on, with credentials that exist, is mailed a link."""
    only_administrators_enrol: bool = _as_built(
        False, "I-05", "ENA-013", choice=Choice(_EITHER, "ENA-013, reading B: KMC users are administrators")
    )
    blocked_users_are_mailed: bool = _open(False, _EITHER, _SILENT)
    """Whether those blocked in an account are mailed a link too when it is switched on."""
    switching_on_renews_pairings: bool = _open(
        False, _EITHER, "ENA-011 and ENA-015, reading B: each switching on asks for a new enrolment"
    )
    switching_on_ends_sessions: bool = _open(False, _EITHER, "ENA-014, reading B")
    link_shows_until_login: bool = _open(False, _EITHER, "ENR-002, readings B and C: one device, one login")
    """Whether a link shows its QR code again until a login with a code."""
    reset_mails_qr_code: bool = _as_built(True, "I-02", "ENR-002", "RST-004", "RST-019")
    """Whether the new QR code after a reset also comes by e-mail, or on the screen alone."""
    renewal_link_shares_time: bool = _open(False, _EITHER, "RST-019, reading B: it shares the reset link's time")
    one_link_at_a_time: bool = _as_built(
        False, "I-18", "RST-020", choice=Choice(_EITHER, "RST-020, reading B: the newest mail wins")
    )
    """Whether any mailed link replaces every other one of that person, whatever its kind."""
    links_are_locked: bool = _as_built(True, "I-38", "SEC-014")
    """Whether nothing comes between the check of a link and its use."""
    removal_hinders_resets: bool = _as_built(False, "I-39", "RST-003")
    """Whether a reset breaks off, its password set, for somebody removed from the account that they used last."""
    links_have_one_purpose: bool = _as_built(True, "I-33", "SEC-006")
    links_are_opaque: bool = _as_built(True, "I-32", "SEC-005")
    newest_reset_link_alone: bool = _open(True, _EITHER, "RST-012, reading B: every unexpired link works")
    locked_out_are_mailed_resets: bool = _open(True, _EITHER, _SILENT)
    """Whether somebody whom no account lets in is mailed a reset link."""
    resets_max: int = _open(10, range(1, 11), "SEC-012: ten at most")
    resets_period_s: int = _open(10 * MINUTE_S, range(10 * MINUTE_S, 400 * DAY_S + 1), "SEC-012: in ten minutes")
    resets_period_slides: bool = _as_built(True, "I-37", "SEC-012")
    """Whether each request has ten minutes of its own, or the first one's are all."""
    too_many_resets_are_told: bool = _as_built(False, "I-37", "SEC-012")

    # Passwords
    password_min: int = 8
    """How many characters a new password needs (ASVS 5, 6.2.1; the published server too), and what else it must fit."""
    new_passwords_fit: str = r"(?=.*\d)(?=.*[~!@#$%^*=+?()\-[\]{}]).*"
    change_needs_code_of: str = _open("nobody", ("nobody", "enrolled", "paired"), _SILENT)
    """Who changes the password in a two-factor account with a code only, which is used up: who has a QR code, or who
    has logged in with a code of it."""
    change_renews_pairing: bool = _open(False, _EITHER, "LOG-015, reading B: every new password makes a new QR code")

    # Logging in
    failures_max: int = _as_built(
        10,
        "I-14",
        "SEC-001",
        "SEC-002",
        "SEC-018",
        choice=Choice(range(1, 101), "SEC-001, SEC-002: 100 in a row at most"),
    )
    code_failures_max: int | None = _open(None, range(1, 101), "SEC-002: 100 in a row at most")
    """How many wrong codes, counted by themselves; None: together with wrong passwords."""
    lock_s: int = _open(15 * MINUTE_S, range(1, DAY_S + 1), "SEC-001: a while; SEC-011: 24 hours at most")
    attempts_extend_lock: bool = _open(False, _EITHER, "SEC-011 counts from the run of wrong attempts")
    lock_clears_failures: bool = _open(True, _EITHER, "SEC-001 sets the most, not the least")
    """Whether it takes as many again after a lock, or one."""
    nameless_login_opens: str = _open("first usable", ("first usable", "first", "last usable", "last used"), _SILENT)
    """Which of the user's accounts, in the order they joined them, a login that names none opens; to join is a use."""
    registering_twice_is_refused: bool = _open(False, _EITHER, _SILENT)
    fallback_asks_for_code: bool = _as_built(True, "I-24", "LOG-013")
    """Whether the account that is really opened decides, or the one looked at first."""

    # Sessions
    session_ttl_s: int | None = _open(None, range(5 * MINUTE_S, 400 * DAY_S + 1), _SILENT)
    """How long a session lasts; None: until it is ended."""
    use_renews_session: bool = _open(False, _EITHER, _SILENT)
    """Whether that counts from the last use, or from the login."""
    login_ends_sessions: bool = _open(False, _EITHER, _SILENT)
    logout_ends_all_sessions: bool = _open(False, _EITHER, _SILENT)
    change_ends_own_session: bool = _open(False, _EITHER, "SEC-007 speaks of the others")
    blocked_account_ends_sessions: bool = _open(False, _EITHER, "SEC-010 speaks of logins")
    switch_in_place_needs_login: bool = _open(False, _EITHER, _SILENT)
    """Whether going to the very account one is in counts as going to one that has two-factor authentication."""
    new_password_ends_sessions: bool = _as_built(True, "I-17", "SEC-007")
    removal_ends_sessions: bool = _as_built(True, "I-40", "SEC-015")
    """Whether somebody removed from an account is logged out of it, as somebody blocked is."""
    switch_between_two_factor_accounts_needs_login: bool = _as_built(True, "I-03", "SWI-002")

    def link_ends_at(self, kind: str, issued_at: int) -> int:
        """Return the last second in which a link of `kind`, `enrolment` or `reset`, is good."""
        return issued_at + (self.reset_link_ttl_s if kind == "reset" else self.enrolment_link_ttl_s)

    def qr_code_ends_at(self, issued_at: int) -> int | None:
        """Return the last second in which a QR code that completed no login is good; None: it is so for ever."""
        return None if self.unused_qr_code_ttl_s is None else issued_at + self.unused_qr_code_ttl_s


ARTICLE = Policy()
KALTURA_SERVER = Policy(
    name="kaltura-server",
    enrolment_link_ttl_s=72 * HOUR_S,
    unused_qr_code_ttl_s=None,
    code_counts_once=False,
    codes_compared_as_numbers=True,
    missing_secret_is_empty_key=True,
    secret_bits=80,
    uri_names_issuer=False,
    quiet_zone_modules=0,
    late_user_is_mailed_link=False,
    only_administrators_enrol=True,
    reset_mails_qr_code=False,
    one_link_at_a_time=True,
    resets_period_slides=False,
    too_many_resets_are_told=True,
    new_passwords_fit=r"(?=.*\d)(?=.*[a-z])(?=.*[~!@#$%^*=+?()\-[\]{}])[a-zA-Z0-9~!@#$%^*=+?()\-[\]{}]{,14}",
    links_are_locked=False,
    removal_hinders_resets=True,
    links_have_one_purpose=False,
    links_are_opaque=False,
    nameless_login_opens="last used",
    failures_max=5000,
    fallback_asks_for_code=False,
    new_password_ends_sessions=False,
    removal_ends_sessions=False,
    switch_between_two_factor_accounts_needs_login=False,
)
POLICIES = {policy.name: policy for policy in (ARTICLE, KALTURA_SERVER)}


def departures(policy: Policy) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the fields in which `policy` departs: name to (observation, requirements that must notice)."""
    return {
        each.name: (each.metadata["observation"], each.metadata["requirements"])
        for each in fields(Policy)
        if "observation" in each.metadata and getattr(policy, each.name) != getattr(ARTICLE, each.name)
    }


def choices() -> dict[str, Choice]:
    """Return what the requirements leave open, by the name of the field."""
    return {each.name: choice for each in fields(Policy) if (choice := each.metadata.get("choice"))}
