"""Days of the calendar as sentences name them: the last day of a month, the first Sunday of March."""

import re
from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

__all__ = ["DAY_PATTERN", "next_time"]

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KINDS, _MONTHS = "|".join(WEEKDAYS), "|".join(MONTHS)
DAY_PATTERN = (
    rf"(?:the day before )?the (?:first|second|last) (?:day|{_KINDS})(?: but one)? of (?:a month|{_MONTHS})"
    r"|2[89] February of a leap year"
)
"""A pattern of all words for a day."""
FARTHEST_DAYS = 9 * 366
"""From any day, there is a leap year within nine."""


@lru_cache(maxsize=1024)
def next_time(hour_and_minute: str, day: str, now: int) -> int:
    """Return the next instant (epoch seconds, UTC) after `now` at `hour_and_minute` ("23:00") on a `day`.

    Args:
        hour_and_minute: in UTC.
        day: words that fit `DAY_PATTERN`.
        now: epoch seconds.

    """
    hour, minute = map(int, hour_and_minute.split(":"))
    today = datetime.fromtimestamp(now, UTC).date()
    for ahead in range(FARTHEST_DAYS):
        candidate = today + timedelta(days=ahead)
        at = int(datetime.combine(candidate, time(hour, minute), UTC).timestamp())
        if at > now and _is(candidate, day):
            return at
    raise LookupError(f"no {day} within {FARTHEST_DAYS} days")


def _is(candidate: date, day: str) -> bool:
    if day.startswith("the day before "):
        return _is(candidate + timedelta(days=1), day.removeprefix("the day before "))
    if leap := re.fullmatch(r"(\d+) February of a leap year", day):
        return isleap(candidate.year) and (candidate.month, candidate.day) == (2, int(leap[1]))
    found = re.fullmatch(r"the (first|second|last) (\w+?)( but one)? of (.+)", day)
    assert found is not None
    nth, kind, but_one, month = found.groups()
    step = timedelta(days=1 if kind == "day" else 7)
    outwards = step if nth == "last" else -step
    end = candidate + outwards * (bool(but_one) or nth == "second")
    return (
        (month == "a month" or candidate.month == MONTHS.index(month) + 1)
        and (kind == "day" or candidate.weekday() == WEEKDAYS.index(kind))
        and end.month == candidate.month
        and (end + outwards).month != candidate.month
    )
