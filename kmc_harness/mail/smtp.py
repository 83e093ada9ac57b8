"""An SMTP server on loopback that takes every mail and delivers none."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from kmc_harness.mail.reading import Links, read
from kmc_harness.port import Mail

__all__ = ["LARGEST_MAIL", "SmtpCatcher"]

HOST = "127.0.0.1"

LARGEST_MAIL = 10_000_000
"""Bytes of a mail; a larger one is refused with 552."""


class SmtpCatcher:
    """A mail server at `127.0.0.1:port` that keeps what it is sent, from its construction until it is closed.

    It takes any user name and password. The envelope says who gets a mail, as in a real mail server: a Bcc counts.
    """

    def __init__(self, links: Links, now: Callable[[], int]) -> None:
        """Listen on a free port.

        `now` is called on the server's own thread whenever a mail comes, often in the midst of an action: it must
        not ask a target that is busy with that action.
        """
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # it logs all mails in full
        self._links = links
        self._now = now
        self._changed = threading.Condition()
        self._mails: dict[str, list[Mail]] = {}
        self._broke: Exception | None = None
        self._closed = False
        self._server = _Server(self)
        self._server.start()
        self.port = self._server.port

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s`.

        Args:
            email: whose; upper or lower case does not matter.
            quiet_since: the instant of the last action, of `time.monotonic`.
            settle_s: how long after that its mail may still come, in seconds.

        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed, min(settle_s, quiet_since + settle_s - time.monotonic()))
            if self._broke:
                raise self._broke
            return tuple(self._mails.get(email.lower(), ()))

    def keep(self, raw: bytes, recipients: list[str]) -> None:
        """Keep a mail that came in. Called on the server's thread."""
        with self._changed:
            try:
                for mail in read(raw, self._now(), recipients, self._links):
                    self._mails.setdefault(mail.recipient.lower(), []).append(mail)
            except Exception as error:  # raised where mails are asked for: the target is not to blame
                self._broke = error

    def close(self) -> None:
        """Stop listening; idempotent."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._server.stop()


class _Server(Controller):
    def __init__(self, catcher: SmtpCatcher) -> None:
        super().__init__(_Handler(catcher), HOST, 0)

    def factory(self) -> SMTP:
        return _Conversation(
            self.handler,
            hostname="localhost",
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=self.loop,
        )

    async def _create_server(self) -> asyncio.AbstractServer:
        server = await self.loop.create_server(self._factory_invoker, self.hostname, 0)
        self.port = server.sockets[0].getsockname()[1]
        return server


class _Conversation(SMTP):
    line_length_limit = LARGEST_MAIL  # whether lines are wrapped is not what is judged


class _Handler:
    """What aiosmtpd calls, by these names."""

    def __init__(self, catcher: SmtpCatcher) -> None:
        self._catcher = catcher

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._catcher.keep(envelope.original_content or b"", envelope.rcpt_tos)
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        return f"451 the mail catcher broke: {type(error).__name__}"
