"""What the lab sees: the screens that show a QR code now, phones that scan them, and what happened.

Nothing here changes the model: a phone works from pixels, the timeline from what was asked and answered.
"""

import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kmc_harness.phone.authenticator import Authenticator
from kmc_model.actions import Action, described
from kmc_model.model import Outcome

__all__ = ["Entry", "Happening", "LabState", "clock_time"]

MOST_SCREENS = 20
MOST_ENTRIES = 50
LONGEST_TIMELINE = 200


def clock_time(at: int) -> str:
    """Return epoch seconds as a person reads them, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%a %d %b %Y, %H:%M:%S")


@dataclass(frozen=True)
class Entry:
    """One entry of a phone: whose phone, and the app's view of a scanned QR code."""

    phone: str
    app: Authenticator = field(repr=False)

    @property
    def title(self) -> str:
        """What the app calls it."""
        issuer, account = self.app.named_issuer_and_account
        return f"{issuer}: {account}" if issuer else account

    def code_at(self, now: int) -> str:
        """Return the code in two groups, as apps show it."""
        code = self.app.code_at(now)
        return f"{code[: len(code) // 2]} {code[len(code) // 2 :]}"

    def left_s(self, now: int) -> int:
        """Return how many seconds the code is still shown."""
        return self.app.step_s - now % self.app.step_s


@dataclass(frozen=True)
class Happening:
    """Something that was done: when, what, to whom, and how it ended; secrets shortened."""

    at: int
    what: str
    details: str
    accepted: bool
    message: str
    requirement: str | None


class LabState:
    """The screens that show a QR code now, and the phones; the audience of the KMC's screens, and of the backend."""

    def __init__(self) -> None:
        self.screens: OrderedDict[str, bytes] = OrderedDict()
        self.entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)
        self.timeline: deque[Happening] = deque(maxlen=LONGEST_TIMELINE)

    def shows(self, browser: str, picture: bytes | None) -> None:
        """See what this browser shows now."""
        self.screens.pop(browser, None)
        if picture:
            self.screens[browser] = picture
            if len(self.screens) > MOST_SCREENS:
                self.screens.popitem(last=False)

    def scan(self, phone: str) -> bool:
        """Have a phone scan the QR code shown last; False where none is on a screen."""
        if not self.screens:
            return False
        newest = next(reversed(self.screens.values()))
        self.entries.append(Entry(phone, Authenticator.scan(newest)))
        return True

    def performed(self, at: int, action: Action, outcome: Outcome) -> None:
        """Note what was done; that somebody looks at a page with a session is not worth a note."""
        if type(action).__name__ != "UseSession":
            what = re.sub(r"(?<!^)(?=[A-Z])", " ", type(action).__name__).capitalize()
            fields = {name: text for name, text in described(action).items() if name != "device"}
            details = ", ".join(f"{name} {text}" for name, text in fields.items())
            ended = Happening(at, what, details, outcome.accepted, outcome.message, outcome.requirement)
            self.timeline.appendleft(ended)

    def forget(self) -> None:
        """Take all entries off the phones."""
        self.entries.clear()
