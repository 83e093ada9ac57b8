"""Mail that a target leaves in a folder."""

import re
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from kmc_harness.hosting.mail._settling import left_s
from kmc_harness.hosting.mail.reading import Links, read, sent_at
from kmc_harness.port import Mail

__all__ = ["Maildir"]

_Id = tuple[str, int]
"""A file's name without the flags that a maildir adds later, and which message in it."""


class Maildir:
    """A folder of mail: `new` and `cur` of a maildir, or files of one message each.

    A `*.log` file may hold several messages with a line of 79 dashes after each, as Django's file backend writes them.
    The headers say who gets a mail: a Bcc that is not among them is not seen.
    """

    def __init__(self, folder: Path, links: Links, now: Callable[[], int]) -> None:
        """Read `folder`, which is made if need be. `now` is asked only while mails are asked for."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._links = links
        self._now = now
        self._looked_at = now()
        self._sizes: dict[str, int] = {}
        self._sent_at: dict[_Id, int] = {}
        self._mails: dict[_Id, tuple[Mail, ...]] = {}
        self._closed = threading.Event()

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s` (see `Mailbox`).

        A mail was sent when its Date says, if that lies between this look and the one before; else it counts as sent
        now: look before you move the clock.
        """
        self._closed.wait(left_s(quiet_since, settle_s))
        now = self._now()
        for path, size in self._files():
            self._look_at(path, size, now)
        self._looked_at = now
        return tuple(mail for each in self._mails.values() for mail in each if mail.recipient.lower() == email.lower())

    def close(self) -> None:
        """Nothing is held; whoever waits is let go. The folder stays."""
        self._closed.set()

    def _files(self) -> list[tuple[Path, int]]:
        """Return the files and their sizes in bytes, oldest first."""
        is_maildir = (self._folder / "new").is_dir()
        places = [self._folder / "new", self._folder / "cur"] if is_maildir else [self._folder]
        found = []
        for path in (path for place in places if place.is_dir() for path in place.iterdir() if path.name[0] != "."):
            with suppress(FileNotFoundError):
                status = path.stat()
                if stat.S_ISREG(status.st_mode):
                    found.append((status.st_mtime_ns, path.name, path, status.st_size))
        return [(path, size) for _, _, path, size in sorted(found)]

    def _look_at(self, path: Path, size: int, now: int) -> None:
        """Read `path` unless nothing was added to it: whoever writes it may not have been done with it."""
        name = path.name.partition(":")[0]
        if self._sizes.get(name) == size:
            return
        try:
            raw = path.read_bytes()
        except FileNotFoundError:  # moved or deleted meanwhile; where it was moved to it is seen the next time
            return
        self._sizes[name] = len(raw)
        for at, message in enumerate(_messages(raw) if path.suffix == ".log" else [raw]):
            first_seen = self._sent_at.setdefault((name, at), sent_at(message, self._looked_at, now))
            self._mails[name, at] = read(message, first_seen, None, self._links)


def _messages(raw: bytes) -> Iterator[bytes]:
    return (each for each in re.split(rb"(?m)^-{79}\r?\n", raw) if each.strip())
