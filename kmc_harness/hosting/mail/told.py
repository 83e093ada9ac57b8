"""A mailbox whose sender tells when all mail is out, so that nobody waits as long as mail may take at most."""

import threading
from collections.abc import Callable

from kmc_harness.durations import stopwatch
from kmc_harness.hosting.mail._settling import Mailbox, left_s
from kmc_harness.port import Mail
from kmc_harness.verdicts import AdapterMistake

__all__ = ["DOUBTED", "Told"]

ASKED_AGAIN_S = 0.02
DOUBTED = 10
"""After so many acts that brought no mail it is waited in full, to see that there was none."""


class Told:
    """Looks into another mailbox as soon as all mail is told to be there; else once `settle_s` is over."""

    def __init__(self, mailbox: Mailbox, are_out: Callable[[], bool]) -> None:
        """Have `are_out` say whether all mail that was caused so far has reached `mailbox`."""
        self._mailbox, self._are_out = mailbox, are_out
        self._told_of = -1.0
        self._is_wrong = False
        self._doubted: set[float] = set()
        self._known: dict[str, int] = {}
        self._closed = threading.Event()

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first (see `Mailbox`).

        Raises:
            AdapterMistake: a mail came after all were told to be out. From then on `settle_s` is waited.

        """
        if self._is_wrong or not self._told(quiet_since, settle_s):
            return self._mailbox.mails(email, quiet_since, settle_s)
        found = self._mailbox.mails(email, stopwatch(), 0.0)
        if len(found) <= self._known.get(email, 0) and len(self._doubted | {quiet_since}) <= DOUBTED:
            self._doubted.add(quiet_since)
            self._doubt(found, self._mailbox.mails(email, quiet_since, settle_s))
        self._known[email] = len(found)
        return found

    def _told(self, quiet_since: float, settle_s: float) -> bool:
        while self._told_of != quiet_since:
            if self._are_out():
                self._told_of = quiet_since
            elif not (left := left_s(quiet_since, settle_s)) or self._closed.wait(min(left, ASKED_AGAIN_S)):
                return False
        return True

    def _doubt(self, found: tuple[Mail, ...], later: tuple[Mail, ...]) -> None:
        if len(later) > len(found):
            self._is_wrong = True
            raise AdapterMistake(
                "mails_are_out() said so, and a mail came after that: it is to say so once all mail is in the mailbox;"
                " or leave `idle` out of [mail]"
            )

    def close(self) -> None:
        """Close the other one; whoever waits is let go."""
        self._closed.set()
        self._mailbox.close()
