"""Mail that is delivered to a mailbox on a mail server, read by IMAP."""

import imaplib
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from kmc_harness.hosting.mail._settling import left_s
from kmc_harness.hosting.mail.reading import Links, read, sent_at
from kmc_harness.port import Mail

__all__ = ["Imap", "UnusableMailbox"]

WITHIN_S = 30
PORTS = {"imaps": 993, "imap": 143}


class UnusableMailbox(Exception):
    """The mailbox cannot be read; the message says which and why, without the password."""


class Imap:
    """A mailbox that gets the mail of everybody, as one behind `qa+{name}@mail.example` does.

    Only what comes after it was opened is read, and nothing is changed there. The headers say who gets a mail.
    """

    def __init__(self, url: str, password: str, links: Links, now: Callable[[], int]) -> None:
        """Log in to `url`, as imaps://qa@mail.example/INBOX. `now` is asked only while mails are asked for.

        Raises:
            UnusableMailbox: nobody answers there, or lets us in.

        """
        self._url, self._password, self._links, self._now = urlsplit(url), password, links, now
        self._looked_at = now()
        self._mails: list[Mail] = []
        self._closed = threading.Event()
        self._connection, self._next = self._opened()

    def _opened(self) -> tuple[imaplib.IMAP4, int]:
        """Return a connection, and the number that the next mail will have."""
        host, user = self._url.hostname or "", unquote(self._url.username or "")
        mailbox = unquote(self._url.path.strip("/")) or "INBOX"
        make = imaplib.IMAP4_SSL if self._url.scheme == "imaps" else imaplib.IMAP4
        made = None
        try:
            made = make(host, self._url.port or PORTS[self._url.scheme], timeout=WITHIN_S)
            made.login(user, self._password)
            status, said = made.select(f'"{mailbox}"', readonly=True)
            if status != "OK":
                raise imaplib.IMAP4.error(said[0])
            _, said = made.response("UIDNEXT")
            return made, int(said[0] or 0)
        except (OSError, imaplib.IMAP4.error, TypeError, ValueError) as error:
            _leave(made)
            why = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else error
            told = f"the mailbox {mailbox} of {user} at {host} cannot be read: {why}"
            raise UnusableMailbox(f"{told}; look at url and password of [mail]") from error

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s` (see `Mailbox`).

        A mail was sent when its Date says, if that lies between this look and the one before; else it counts as sent
        now: look before you move the clock.

        Raises:
            UnusableMailbox: the server is not there any more.

        """
        self._closed.wait(left_s(quiet_since, settle_s))
        now = self._now()
        try:
            self._look(now)
        except (OSError, imaplib.IMAP4.abort):  # it may end a connection that was quiet for long
            self._connection, _ = self._opened()
            self._look(now)
        self._looked_at = now
        return tuple(mail for mail in self._mails if mail.recipient.lower() == email.lower())

    def _look(self, now: int) -> None:
        """Read what has come since the last look; where that breaks off, the next one goes on."""
        self._connection.noop()
        _, found = self._connection.uid("search", "UID", f"{self._next}:*")
        # A range that ends with * has the newest mail in it, however old.
        for number in (each for each in map(int, (found[0] or b"").split()) if each >= self._next):
            _, parts = self._connection.uid("fetch", str(number), "(BODY.PEEK[])")
            for raw in (part[1] for part in parts if isinstance(part, tuple)):
                self._mails += read(raw, sent_at(raw, self._looked_at, now), None, self._links)
            self._next = number + 1

    def close(self) -> None:
        """Log out; whoever waits is let go."""
        self._closed.set()
        _leave(self._connection)


def _leave(connection: imaplib.IMAP4 | None) -> None:
    with suppress(OSError, imaplib.IMAP4.error):
        if connection:
            connection.logout()
