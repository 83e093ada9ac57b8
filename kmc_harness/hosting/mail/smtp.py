"""An SMTP server on loopback that takes every mail and delivers none."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kmc_harness.hosting.mail._settling import left_s
from kmc_harness.hosting.mail.reading import Links, read
from kmc_harness.port import Mail

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
except ModuleNotFoundError as error:
    hint = "to catch mail over SMTP, install aiosmtpd: pip install 'kmc-harness[mail]'"
    raise ModuleNotFoundError(hint, name=error.name) from error

__all__ = ["LARGEST_MAIL", "SmtpCatcher"]

HOST = "127.0.0.1"

LARGEST_MAIL = 10_000_000
"""Bytes of a mail; a larger one is refused with 552."""

PATIENCE_S = 5.0
"""How long a mail that is just coming in is waited for."""


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
        self._coming = 0
        self._closed = False
        self._server = _Server(self)
        self._server.start()
        self.port = self._server.port

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        """Return all mails to `email` so far, oldest first, once it has been quiet for `settle_s` (see `Mailbox`).

        A mail that is then just coming in is waited for.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed, left_s(quiet_since, settle_s))
            self._changed.wait_for(lambda: self._closed or not self._coming, left_s(quiet_since, settle_s + PATIENCE_S))
            if broke := self._broke:
                self._broke = None
                raise broke
            return tuple(self._mails.get(email.lower(), ()))

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Have a mail waited for that comes in meanwhile. Called on the server's thread."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._changed:
            self._coming += more
            self._changed.notify_all()

    def keep(self, raw: bytes, recipients: list[str]) -> None:
        """Keep a mail that came in. Called on the server's thread."""
        try:
            mails = read(raw, self._now(), recipients, self._links)
        except Exception as error:  # raised where mails are asked for: the target is not to blame
            self._broke = error
            return
        with self._changed:
            for mail in mails:
                self._mails.setdefault(mail.recipient.lower(), []).append(mail)

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

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        with self.event_handler.catcher.coming():
            await super().smtp_DATA(arg)


class _Handler:
    """What aiosmtpd calls, by these names."""

    def __init__(self, catcher: SmtpCatcher) -> None:
        self.catcher = catcher

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.catcher.keep(envelope.original_content or b"", envelope.rcpt_tos)
        return "250 OK"
