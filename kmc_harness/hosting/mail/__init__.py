"""The mail that a target sends, and where the harness gets hold of it.

The SMTP server stands in `smtp`, since it needs aiosmtpd; `imap` is imported where it is used.
"""

from typing import Protocol

from kmc_harness.hosting.mail.maildir import Maildir
from kmc_harness.hosting.mail.outbox import AdapterOutbox
from kmc_harness.hosting.mail.reading import Links, compile_links, read
from kmc_harness.port import Mail

__all__ = ["AdapterOutbox", "Links", "Mailbox", "Maildir", "compile_links", "read"]


class Mailbox(Protocol):
    """Where a target's mail ends up."""

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s`.

        Args:
            email: whose; upper or lower case does not matter.
            quiet_since: the instant of the last action, of `durations.stopwatch`.
            settle_s: how long after that its mail may still come, in seconds.

        """

    def close(self) -> None:
        """Let go of everything; idempotent."""
