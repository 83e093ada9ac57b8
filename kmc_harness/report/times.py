"""Instants and lengths of time as people read them. Instants are epoch seconds, shown in UTC."""

import datetime

__all__ = ["clock", "moment", "span"]


def clock(at: int) -> str:
    """Return the time of day: 09:00:10."""
    return f"{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"


def moment(at: int) -> str:
    """Return day and time: 05 Jan 2026, 09:00:10."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%d %b %Y, %H:%M:%S")


def span(seconds: int) -> str:
    """Return a length of time in the largest units it fills: 90 is 1 min 30 s."""
    parts = []
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 s"
