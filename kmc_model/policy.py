"""Every contested number or choice, with its source. A rule holds no literal of its own.

`ARTICLE` is the reference. `KALTURA_SERVER` behaves as Kaltura's published server does, and departs from the
reference in exactly the fields that carry an `as_built` mark: the number of the observation, and the
requirements that must notice it.
"""

from dataclasses import dataclass, field, fields
from typing import Any

__all__ = ["ARTICLE", "KALTURA_SERVER", "POLICIES", "Policy", "departures"]

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S


def _as_built(value: Any, observation: str, *requirements: str) -> Any:
    """Declare a field whose default is the reference and on which the published server departs."""
    return field(default=value, metadata={"observation": observation, "requirements": requirements})


@dataclass(frozen=True)
class Policy:
    """One rulebook. Times are in seconds."""

    name: str = "article"

    # Lifetimes
    enrolment_link_ttl_s: int = _as_built(24 * HOUR_S, "I-01", "ENR-009")
    """How long a mailed link shows its QR code (article, Renew an expired QR code)."""
    unused_qr_code_ttl_s: int | None = _as_built(24 * HOUR_S, "I-01", "ENR-012")
    """How long a QR code that completed no login is good for one; None: for ever."""
    reset_link_ttl_s: int = 24 * HOUR_S
    """ASVS 5 wants reset links short-lived; the published server says 24 hours."""

    # Codes
    tolerance_steps: int = 1
    """How many 30 s steps a code may be away, either way (RFC 6238, 5.2 and 6)."""
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
    only_administrators_enrol: bool = _as_built(False, "I-05", "ENA-013")
    reset_mails_qr_code: bool = _as_built(True, "I-02", "RST-004", "RST-019")
    """Whether the new QR code after a reset also comes by e-mail, or on the screen alone."""
    one_link_at_a_time: bool = _as_built(False, "I-18", "RST-020")
    """Whether any mailed link replaces every other one of that person, whatever its kind."""
    links_have_one_purpose: bool = _as_built(True, "I-33", "SEC-006")
    links_are_opaque: bool = _as_built(True, "I-32", "SEC-005")
    resets_max: int = 10
    resets_period_s: int = 10 * MINUTE_S

    # Passwords
    password_min: int = 8
    """How many characters a new password needs (ASVS 5, 6.2.1; the published server too)."""

    # Logging in
    failures_max: int = _as_built(10, "I-14", "SEC-001", "SEC-002", "SEC-018")
    lock_s: int = 15 * MINUTE_S
    fallback_asks_for_code: bool = _as_built(True, "I-24", "LOG-013")
    """Whether the account that is really opened decides, or the one looked at first."""
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
    links_have_one_purpose=False,
    links_are_opaque=False,
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
        if each.metadata and getattr(policy, each.name) != getattr(ARTICLE, each.name)
    }
