"""The mail that a target sends, and where the harness gets hold of it.

The SMTP server is in `kmc_harness.mail.smtp`, since it needs aiosmtpd; `kmc_harness.mail.imap` is imported where used.
"""

from typing import Protocol

from kmc_harness.mail.maildir import Maildir
from kmc_harness.mail.outbox import AdapterOutbox
from kmc_harness.mail.reading import Links, compile_links, read
from kmc_harness.port import Mail

__all__ = ["AdapterOutbox", "Links", "Mailbox", "Maildir", "compile_links", "read"]


class Mailbox(Protocol):
    """Where a target's mail ends up."""

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s`.

        Args:
            email: whose; upper or lower case does not matter.
            quiet_since: the instant of the last action, of `time.monotonic`.
            settle_s: how long after that its mail may still come, in seconds.

        """

    def close(self) -> None:
        """Let go of everything; idempotent."""
