"""Settings by name: fields of the policy and of the behaviour, as people write them; impossible ones are refused."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from kmc_model.analysis.population.behaviour import Behaviour, Impossible, LogNormal, Normal
from kmc_model.analysis.population.tables import gap_s
from kmc_model.policy import ARTICLE, Policy, choices

__all__ = ["DAYS_MAX", "USERS_MAX", "apply_settings", "check"]

USERS_MAX = 10**9
DAYS_MAX = 3650
SEEDS_MAX = 1000
LIFETIME_MIN_S = 600
LOCK_SHORT_S, LOCK_LONG_S = 30, 600

SHORT = {"qr_ttl": ("enrolment_link_ttl_s", "unused_qr_code_ttl_s")}
"""Names for what goes together: a QR code's lifetime is that of its link and of the code unused."""

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIMULATED = {
    *("unused_qr_code_ttl_s", "reset_link_ttl_s", "tolerance_steps", "only_administrators_enrol", "one_link_at_a_time"),
    *("resets_max", "resets_period_s", "failures_max", "lock_s"),
}
"""Of what the requirements leave open, what the visits of a population can show; the rest stays the reference's."""
_POLICY = {each.name for each in fields(Policy)} - {"name"} - (choices().keys() - _SIMULATED)
_BEHAVIOUR = {each.name for each in fields(Behaviour)}


def apply_settings(
    settings: Mapping[str, object], policy: Policy = ARTICLE, behaviour: Behaviour | None = None
) -> tuple[Policy, Behaviour]:
    """Return policy and behaviour with `settings`: by field names or `qr_ttl`, values or text such as `72h` or `none`.

    Raises:
        Impossible: there is no such setting, or no such value.

    """
    behaviour = behaviour or Behaviour()
    for name, value in settings.items():
        known = [*SHORT, *sorted(_POLICY), *sorted(_BEHAVIOUR)]
        for each in SHORT.get(name, (f"{name}_s" if f"{name}_s" in known else name,)):
            if each in _POLICY:
                made: Any = _valued(name, value, getattr(ARTICLE, each))
                policy = replace(policy, **{each: made})
            elif each in _BEHAVIOUR:
                made = _valued(name, value, getattr(behaviour, each))
                behaviour = replace(behaviour, **{each: made})
            else:
                raise Impossible(f"there is no setting {name!r}; choose of {', '.join(known)}")
    return policy, behaviour


def _valued(name: str, value: object, like: object) -> object:
    """Return `value` in the form that the field has; of a delay its median, the rest in proportion."""
    if isinstance(value, str):
        value = _read(name, value.strip())
    if value is None or isinstance(value, bool) or isinstance(like, bool):
        ok = (isinstance(value, bool) and isinstance(like, bool)) or (
            value is None and name in (*SHORT, "unused_qr_code_ttl_s")
        )
    elif isinstance(like, int):
        ok = isinstance(value, (int, float)) and value == int(value)
        value = int(value) if ok and isinstance(value, (int, float)) else value
    elif isinstance(like, (LogNormal, Normal)) and isinstance(value, (int, float)):
        ok = True
        if isinstance(like, LogNormal):
            value = LogNormal(value, value * like.p90_s / like.median_s)
        else:
            value = Normal(like.mean_s, value)
    else:
        ok = isinstance(value, (int, float, type(like)))
    if not ok:
        raise Impossible(f"{name}={value} cannot be: it is like {like}")
    return value


def _read(name: str, text: str) -> object:
    words = {"none": None, "true": True, "false": False, "yes": True, "no": False}
    if text.lower() in words:
        return words[text.lower()]
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)([smhd]?)", text)
    if not found:
        raise Impossible(
            f"{name}={text} cannot be read; write a number, a time as 90s, 5m, 72h or 7d, true, false or none"
        )
    number = float(found[1]) * _UNITS_S.get(found[2], 1)
    return int(number) if number == int(number) else number


def check(users: int, days: int, seeds: int, policy: Policy) -> None:
    """See that a study can be made.

    Raises:
        Impossible: it cannot; the text says what to change.

    """
    for name, number, most in (("users", users, USERS_MAX), ("days", days, DAYS_MAX), ("seeds", seeds, SEEDS_MAX)):
        if not 1 <= number <= most:
            raise Impossible(f"{name}={number} cannot be: it takes 1 to {most:,}")
    for name in ("enrolment_link_ttl_s", "unused_qr_code_ttl_s", "reset_link_ttl_s"):
        lifetime_s = getattr(policy, name)
        if lifetime_s is not None and not LIFETIME_MIN_S <= lifetime_s <= 100 * 365 * 86400:
            why = "people sit down for minutes" if lifetime_s < LIFETIME_MIN_S else "nobody waits for it"
            raise Impossible(f"{name}={lifetime_s} cannot be simulated: {why}; it takes 600 (10m) to 3153600000")
    ranges = {
        "tolerance_steps": (0, 9),
        "failures_max": (1, 10**6),
        "lock_s": (0, 365 * 86400),
        "password_min": (4, 10),
        "resets_max": (1, 10**6),
        "resets_period_s": (0, policy.resets_max * gap_s(policy)),
    }
    for name, (least, most) in ranges.items():
        number = getattr(policy, name)
        if not least <= number <= most:
            raise Impossible(f"{name}={number} cannot be simulated: it takes {least} to {most}")
    if LOCK_SHORT_S < policy.lock_s < LOCK_LONG_S:
        why = "it would end while people sit there"
        raise Impossible(f"lock_s={policy.lock_s} cannot be simulated: {why}; it takes 0 to 30, or 600 (10m) and more")
