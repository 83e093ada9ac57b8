"""The mail that an adapter hands out itself."""

import threading
from collections.abc import Sequence
from typing import Protocol

from kmc_harness.hosting.mail._settling import left_s
from kmc_harness.port import Mail

__all__ = ["AdapterOutbox", "HasOutbox"]


class HasOutbox(Protocol):
    """An adapter that can tell what mail its target sent."""

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`; in any order, and those read before may be left out."""


class AdapterOutbox:
    """A mailbox that asks the adapter."""

    def __init__(self, adapter: HasOutbox) -> None:
        self._adapter = adapter
        self._closed = threading.Event()

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return what the adapter hands out for `email`, once it has been quiet for `settle_s` (see `Mailbox`)."""
        self._closed.wait(left_s(quiet_since, settle_s))
        return tuple(self._adapter.outbox(email))

    def close(self) -> None:
        """Nothing is held; whoever waits is let go."""
        self._closed.set()
