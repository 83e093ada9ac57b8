"""One SMTP or LMTP conversation, in which a client gets what it asks for, as far as a mail can be had of it.

It takes more than aiosmtpd: parameters of all extensions, any credentials, BDAT, LMTP, lines without CR. What a mail
server may insist on is not what is judged.
"""

import asyncio
import re
import ssl
from base64 import b64encode
from collections import defaultdict
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP

__all__ = ["LARGEST_MAIL", "Conversation", "Keeper"]

LARGEST_MAIL = 10_000_000
"""Bytes of a mail; a larger one is refused with 552."""
LONGEST_QUOTE = 200
CHUNK = 65_536
CHALLENGES = {
    "PLAIN": ("",),
    "LOGIN": ("Username:", "Password:"),
    "CRAM-MD5": ("<1.1@localhost>",),
    "XOAUTH2": ("",),
    "OAUTHBEARER": ("",),
}
"""What is asked for, one after another, by each mechanism; whatever is answered is let in."""
EXTENSIONS = (
    *(f"SIZE {LARGEST_MAIL}", "8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "BINARYMIME", "DSN"),
    f"AUTH {' '.join(CHALLENGES)}",
)
GIVES_UP = frozenset({"RSET", "QUIT"})
ASIDE = GIVES_UP | {"NOOP", "HELP", "VRFY"}
"""They neither begin nor continue a mail."""
TLS_HANDSHAKE = b"\x16"
_number = count()


class Keeper(Protocol):
    """Who gets the mails; called on the server's thread."""

    def coming(self) -> AbstractContextManager[None]:
        """Have a mail waited for that comes in meanwhile."""

    def keep(self, raw: bytes, recipients: list[str]) -> None:
        """Keep a mail that came in."""

    def leave_open(self, before: int, number: int, told: str) -> None:
        """Remember, in place of `before`, what was said last in a conversation that has not brought its mail."""

    def settle(self, number: int) -> None:
        """Forget what was left open: the mail has come."""


class Conversation(SMTP):
    """What aiosmtpd calls for each connection, command by command, by these names."""

    line_length_limit = LARGEST_MAIL  # whether lines are wrapped is not what is judged
    command_size_limit = LARGEST_MAIL

    def __init__(self, keeper: Keeper, *, tls: ssl.SSLContext, tells_of_tls: bool, **settings: Any) -> None:
        """Begin one. STARTTLS is taken in any case, but clients are only told of it where it `tells_of_tls`.

        Many clients use it as soon as they are told, and give up when they cannot trust the certificate.
        """
        super().__init__(keeper, hostname="localhost", enable_SMTPUTF8=True, **settings)
        self.command_size_limits = defaultdict(lambda: LARGEST_MAIL)
        self._keeper = keeper
        self._tls, self._tells_of_tls, self._is_lmtp = tls, tells_of_tls, False
        self._line, self._refused, self._at = "", "", -1
        self._mail = ExitStack()
        self._is_coming = False

    # What was said

    def data_received(self, data: bytes) -> None:
        """See whether the client speaks TLS where it is not spoken, which is no line."""
        if self._at < 0 and data.startswith(TLS_HANDSHAKE):
            self._note("a TLS handshake", "220 without TLS")
            self._writer.close()
            return
        super().data_received(data)

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._read_until = reader.readuntil
        reader.readuntil = self._heard  # type: ignore[assignment]  # aiosmtpd tells nobody the line

    async def _heard(self, separator: bytes = b"\n") -> bytes:
        line = await self._read_until(separator)
        self._line = line.decode(errors="replace").strip()
        return line

    async def push(self, status: Any) -> None:
        """Answer, and remember what was answered to what until a mail has come."""
        answer = status if isinstance(status, str) else status.decode(errors="replace")
        verb = self._line.partition(" ")[0].upper()
        if verb and verb not in ASIDE:
            self._note(self._line, answer)
            self._expect(answer[:1] in ("2", "3"))
        elif verb in GIVES_UP:
            self._expect(False)
        await super().push(status)

    def connection_lost(self, error: Exception | None) -> None:
        """Wait for no mail from whoever is gone."""
        self._expect(False)
        super().connection_lost(error)

    def _expect(self, is_coming: bool) -> None:
        """Have a mail waited for from the client's first word until it has come, or the client gives up."""
        if not is_coming:
            self._mail.close()
        elif not self._is_coming:
            self._mail.enter_context(self._keeper.coming())
        self._is_coming = is_coming

    def _note(self, line: str, answer: str) -> None:
        told = f"it sent {line[:LONGEST_QUOTE]!r} and was answered {answer[:LONGEST_QUOTE]!r}"
        self._refused = told if answer[:1] in ("4", "5") else self._refused
        before, self._at = self._at, next(_number)
        self._keeper.leave_open(before, self._at, self._refused or told)

    # Beginning

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        await super().smtp_HELO(hostname or "unknown")

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        self.envelope = self._create_envelope()
        assert self.session is not None
        self.session.extended_smtp, self.session.host_name = True, hostname or "unknown"
        is_plain = self._writer.get_extra_info("sslcontext") is None
        offered = (self.hostname, *EXTENSIONS, *(["STARTTLS"] if self._tells_of_tls and is_plain else []))
        for each in offered:
            await self.push(f"250-{each}")
        await self.push("250 HELP")

    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802
        self._is_lmtp = True
        await self.smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self.push("220 Ready to start TLS")
        try:
            await self._writer.start_tls(self._tls)
        except OSError as error:  # it left, or trusts no such certificate
            self._note(self._line, f"220 Ready to start TLS, which failed: {error}")
            raise asyncio.CancelledError from error
        self.transport = self._writer.transport

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        mechanism, _, response = (arg or "").partition(" ")
        self._line = f"AUTH {mechanism}"  # credentials are in no message
        if mechanism.upper() not in CHALLENGES:
            await self.push("504 5.5.4 Unrecognized authentication type")
            return
        for challenge in CHALLENGES[mechanism.upper()][1 if response else 0 :]:
            await self.push(f"334 {b64encode(challenge.encode()).decode()}")
            if (await self._read_until(b"\n")).strip() == b"*":
                await self.push("501 5.7.0 Auth aborted")
                return
        await self.push("235 2.7.0 Authentication successful")

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        await self.push("252 Cannot VRFY user, but will accept message and attempt delivery")

    # A mail

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        path, parameters = _path("FROM", arg)
        size = re.search(r"\bSIZE=(\d{1,20})\b", parameters, re.IGNORECASE)
        if path is None:
            await self.push("501 Syntax: MAIL FROM: <address>")
        elif size and int(size[1]) > LARGEST_MAIL:
            await self.push("552 Error: message size exceeds fixed maximum message size")
        else:
            self.envelope = self._create_envelope()
            self._envelope.mail_from = path
            await self.push("250 OK")

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        path, _ = _path("TO", arg)
        if self._envelope.mail_from is None:
            await self.push("503 Error: need MAIL command")
        elif not path:
            await self.push("501 Syntax: RCPT TO: <address>")
        else:
            self._envelope.rcpt_tos.append(path)
            await self.push("250 OK")

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not self._envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self._take(await self._read_to_dot())

    async def smtp_BDAT(self, arg: str | None) -> None:  # noqa: N802
        said = re.fullmatch(r"(\d{1,20})( +LAST)?", (arg or "").strip(), re.IGNORECASE)
        if not said:
            await self.push("501 Syntax: BDAT size [LAST]")
            return
        left, kept = int(said[1]), bytearray(self._envelope.content or b"")
        while left:
            chunk = await self._reader.readexactly(min(left, CHUNK))
            left -= len(chunk)
            kept += chunk if len(kept) <= LARGEST_MAIL else b""
        self._envelope.content = bytes(kept)
        if not self._envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
        elif said[2]:
            await self._take(bytes(kept) if len(kept) <= LARGEST_MAIL else None)
        else:
            await self.push(f"250 {said[1]} octets received")

    @property
    def _envelope(self) -> Any:
        return self.envelope

    async def _read_to_dot(self) -> bytes | None:
        """Return the mail up to a line with a dot alone; None if it is too large.

        A client that ends its lines without CR ends its mail so too.
        """
        kept, is_whole, is_too_large, ends = bytearray(), True, False, {b".\r\n"}
        while True:
            try:
                line = await self._read_until(b"\n")
            except asyncio.LimitOverrunError as error:
                await self._reader.read(error.consumed)
                is_whole, is_too_large = False, True
                continue
            if not kept and not line.endswith(b"\r\n"):
                ends.add(b".\n")
            if is_whole and line in ends:
                return None if is_too_large else bytes(kept)
            is_whole, is_too_large = True, is_too_large or len(kept) + len(line) > LARGEST_MAIL
            kept += b"" if is_too_large else line.removeprefix(b".")

    async def _take(self, content: bytes | None) -> None:
        """Keep a mail, and say so: in LMTP once for each who gets it."""
        recipients: list[str] = self._envelope.rcpt_tos
        self.envelope = self._create_envelope()
        if content is None:
            await self.push("552 Error: Too much mail data")
            return
        self._keeper.keep(content, recipients)
        self._expect(False)
        self._line = ""
        if "'RCPT" not in self._refused.upper():  # else somebody else goes without it
            self._keeper.settle(self._at)
            self._refused = ""
        for _ in recipients if self._is_lmtp else recipients[:1]:
            await self.push("250 OK")


def _path(word: str, arg: str | None) -> tuple[str | None, str]:
    """Return the address in `FROM:<a@b> SIZE=9`, and the parameters after it."""
    found = re.fullmatch(rf"\s*{word}\s*:\s*(?:<(?:@[^:>]*:)?([^>]*)>|(\S+))(.*)", arg or "", re.IGNORECASE | re.DOTALL)
    if not found:
        return None, ""
    return found[1] if found[1] is not None else found[2], found[3]
