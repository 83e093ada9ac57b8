"""The mail that a target sends, and where the harness gets hold of it.

The SMTP server stands in `smtp`, since it needs aiosmtpd; `imap` is imported where it is used.
"""

from kmc_harness.hosting.mail._settling import Mailbox
from kmc_harness.hosting.mail.maildir import Maildir
from kmc_harness.hosting.mail.outbox import AdapterOutbox
from kmc_harness.hosting.mail.reading import Links, compile_links, read
from kmc_harness.hosting.mail.told import Told

__all__ = ["AdapterOutbox", "Links", "Mailbox", "Maildir", "Told", "compile_links", "read"]
