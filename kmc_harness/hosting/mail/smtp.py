"""An SMTP server on loopback that takes every mail and delivers none."""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress

from kmc_harness.hosting.mail._settling import left_s
from kmc_harness.hosting.mail.reading import Links, read
from kmc_harness.port import Mail

try:
    from aiosmtpd.controller import Controller

    from kmc_harness.hosting.mail._certificate import certified
    from kmc_harness.hosting.mail._conversation import LARGEST_MAIL, Conversation
except ModuleNotFoundError as error:
    hint = "to catch mail over SMTP, install aiosmtpd and cryptography: pip install 'kmc-harness[mail]'"
    raise ModuleNotFoundError(hint, name=error.name) from error

__all__ = ["LARGEST_MAIL", "SmtpCatcher"]

HOSTS = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}

PATIENCE_S = 5.0
"""How long a mail that is just coming in is waited for."""


class SmtpCatcher:
    """A mail server on loopback that keeps what it is sent, from its construction until it is closed.

    It takes any user name and password. The envelope says who gets a mail, as in a real mail server: a Bcc counts.

    Attributes:
        port: takes STARTTLS, but does not tell of it.
        starttls_port: tells of it.
        tls_port: speaks TLS from the first byte.
        certificate: what a client must trust for that (PEM).

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
        self._open: dict[int, str] = {}
        self._closed = False
        tls, self.certificate = certified()
        self._server = _Server(self, tls)
        self._server.start()
        self.port, self.starttls_port, self.tls_port = self._server.ports

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

    def leave_open(self, before: int, number: int, told: str) -> None:
        """Remember, in place of `before`, what was said last where no mail has come. Called on the server's thread."""
        with self._changed:
            self._open.pop(before, None)
            self._open[number] = told

    def settle(self, number: int) -> None:
        """Forget what was left open: the mail has come. Called on the server's thread."""
        with self._changed:
            self._open.pop(number, None)

    def turned_away(self) -> Mapping[int, str]:
        """Return what was said last in each conversation that brought no mail, refused or broken off; by a number."""
        with self._changed:
            return dict(self._open)

    def close(self) -> None:
        """Stop listening; idempotent."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._server.stop()


class _Server(Controller):
    """Listens on three ports; on IPv6 too, where there is that.

    What a client does without TLS stays as it is: most use STARTTLS once they are told of it, and do not go on where
    they cannot trust the certificate.
    """

    def __init__(self, catcher: SmtpCatcher, tls: ssl.SSLContext) -> None:
        super().__init__(catcher, next(iter(HOSTS)), 0)
        self._catcher, self._tls = catcher, tls
        self._servers: list[asyncio.AbstractServer] = []
        self.ports: list[int] = []

    def factory(self) -> Conversation:
        return self._conversation(tells_of_tls=False)

    def _conversation(self, *, tells_of_tls: bool) -> Conversation:
        return Conversation(self._catcher, tls=self._tls, tells_of_tls=tells_of_tls, loop=self.loop)

    async def _create_server(self) -> asyncio.AbstractServer:
        await self._listen(self._factory_invoker)
        await self._listen(lambda: self._conversation(tells_of_tls=True))
        await self._listen(lambda: self._conversation(tells_of_tls=False), self._tls)
        self.port = self.ports[0]
        return self._servers[0]

    async def _listen(self, made: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None) -> None:
        port = 0
        for host, family in HOSTS.items():
            with suppress(OSError) if port else nullcontext():
                opened = socket.create_server((host, port), family=family)
                port = opened.getsockname()[1]
                self._servers.append(await self.loop.create_server(made, sock=opened, ssl=tls))
        self.ports.append(port)

    def stop(self, no_assert: bool = False) -> None:
        for each in self._servers[1:]:
            self.loop.call_soon_threadsafe(each.close)
        super().stop(no_assert)
