"""How people behave, as named distributions: with units, defaults, and where these come from.

What nobody has measured for such a login is called "assumed", so that a study can vary it.
"""

import math
from dataclasses import dataclass, field, fields
from typing import Any

__all__ = ["Behaviour", "Impossible", "LogNormal", "Normal"]

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
_Z90 = 1.2815515655446004
_KOOTI = (
    "Kooti et al., Evolution of Conversations in the Age of Email Overload, WWW 2015: half of replies in 47 minutes"
)
_FLORENCIO = "Florencio and Herley, A Large-Scale Study of Web Password Habits, WWW 2007: 1.5 % of users a month"
_CHATTERJEE = "assumed; Chatterjee et al., IEEE S&P 2016, find typing errors in one failed login of ten"


class Impossible(ValueError):
    """A study that makes no sense, or that is not simulated; the text says what to change."""


@dataclass(frozen=True)
class LogNormal:
    """A delay: half of all are shorter than `median_s`, nine of ten shorter than `p90_s` (seconds)."""

    median_s: float
    p90_s: float

    @property
    def mu(self) -> float:
        """Return the mean of the logarithm."""
        return math.log(self.median_s)

    @property
    def sigma(self) -> float:
        """Return the standard deviation of the logarithm."""
        return math.log(self.p90_s / self.median_s) / _Z90

    def problem(self) -> str:
        """Return what is wrong with it, or nothing."""
        if not (0 < self.median_s <= self.p90_s < math.inf):
            return "takes a median above 0 s and a 90th percentile that is no shorter"
        return ""


@dataclass(frozen=True)
class Normal:
    """An error either way (seconds)."""

    mean_s: float
    sd_s: float

    def problem(self) -> str:
        """Return what is wrong with it, or nothing."""
        return "" if 0 <= self.sd_s < math.inf and math.isfinite(self.mean_s) else "takes a deviation of 0 s or more"


def _is(default: Any, unit: str, source: str = "assumed") -> Any:
    return field(default=default, metadata={"unit": unit, "source": source})


@dataclass(frozen=True)
class Behaviour:
    """What people do. Shares are from 0 to 1; times are in seconds, of the clock on the wall (UTC)."""

    # The day
    logs_in_on_working_day: float = _is(0.6, "share of users, a day")
    logs_in_at_weekend: float = _is(0.05, "share of users, a day")
    day_begins_s: int = _is(8 * HOUR_S, "seconds after midnight")
    day_ends_s: int = _is(18 * HOUR_S, "seconds after midnight")
    """Logins fall between the two, most of them in the middle; Saturday and Sunday are the weekend."""

    # Mail
    enrolment_mail_delay: LogNormal = _is(LogNormal(47 * MINUTE_S, 24 * HOUR_S), "seconds until it is read", _KOOTI)
    reset_mail_delay: LogNormal = _is(LogNormal(2 * MINUTE_S, 30 * MINUTE_S), "seconds until it is read")
    reads_outside_hours: float = _is(0.3, "share of mails that are read in the evening or at the weekend, if they come")
    mail_bounces: float = _is(0.01, "share of users whose mails do not arrive, until the help desk hears of it")

    # Enrolling
    ignores_enrolment_mail: float = _is(0.1, "share of users who look for it only when a code is asked for")
    has_no_phone_at_hand: float = _is(0.03, "share of QR codes shown that are not scanned")
    logs_in_later: float = _is(0.15, "share of QR codes scanned without logging in at once")
    closes_before_ok: float = _is(0.05, "share of resets in which the page is closed before OK")

    # Passwords
    mistypes_password: float = _is(0.03, "share of logins", _CHATTERJEE)
    forgets_password: float = _is(0.015, "share of users, a month of 30 days", _FLORENCIO)
    chooses_weak_password: float = _is(0.1, "share of resets in which the first new password is refused")

    # Phones
    mistypes_code: float = _is(0.01, "share of codes")
    typing_time: LogNormal = _is(LogNormal(8, 20), "seconds from reading a code to sending it")
    phone_clock_error: Normal = _is(Normal(0, 1), "seconds, of a phone that sets its clock itself")
    phone_clock_is_off: float = _is(0.005, "share of users whose phone's clock was set by hand")
    phone_clock_error_by_hand: Normal = _is(Normal(0, 180), "seconds, of such a phone")
    loses_phone: float = _is(0.05, "share of users, a year")

    # Accounts
    has_two_accounts: float = _is(0.1, "share of users")
    second_has_two_factor: float = _is(0.5, "share of users with two accounts")
    switches_account: float = _is(0.2, "share of logins of users with two accounts")

    # The help desk
    calls_about_link: float = _is(0.2, "share of links refused that are followed by a call")
    help_desk_delay: LogNormal = _is(LogNormal(HOUR_S, 8 * HOUR_S), "seconds from a call to its answer")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, (LogNormal, Normal)):
                problem = value.problem()
            elif each.metadata["unit"].startswith("share"):
                problem = "" if 0 <= value <= 1 else "is a share: from 0 to 1"
            else:
                problem = ""
            if problem:
                raise Impossible(f"{each.name}={value} cannot be: it {problem}")
        if not 6 * HOUR_S <= self.day_begins_s < self.day_ends_s <= 22 * HOUR_S:
            raise Impossible(
                f"a day from {self.day_begins_s} s to {self.day_ends_s} s cannot be: "
                "it begins at 6:00 (21600) or later and ends by 22:00 (79200)"
            )

        if (slips := sum(self.slips(two_accounts=True).values())) > 1:
            raise Impossible(
                f"{slips:.0%} of logins cannot be out of the ordinary: lower mistypes_… or switches_account"
            )

    @property
    def sittings_a_day(self) -> float:
        """How many logins a user makes a day, over the week."""
        return (5 * self.logs_in_on_working_day + 2 * self.logs_in_at_weekend) / 7

    def slips(self, *, two_accounts: bool) -> dict[str, float]:
        """Return how often a login is out of the ordinary: share of logins by what happens; one thing a login."""
        a_day = self.sittings_a_day or 1.0
        return {
            "mistypes password": self.mistypes_password * (1 - self.mistypes_password),
            "mistypes password twice": self.mistypes_password**2,
            "mistypes code": self.mistypes_code,
            "forgets password": min(0.1, self.forgets_password / 30 / a_day),
            "loses phone": min(0.1, self.loses_phone / 365 / a_day),
            "switches account": self.switches_account * two_accounts,
        }
