"""Mails for tests, and what is read from them."""

from email.message import EmailMessage
from zlib import crc32

from kmc_harness.hosting.mail import compile_links
from kmc_harness.port import Mail

NOW = 1_700_000_000
LINKS = compile_links({"reset": "/reset/", "enrolment": "/auth-info/"})
RESET = "https://kmc.example/reset/Zm9v-_x?user=7&timestamp=9"
ADA, BO = "ada@kmc.example", "bo@kmc.example"


def written(text: str, html: str | None = None, subject: str = "Hello", cte: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "kmc@kmc.example", ADA
    message.set_content(text, cte=cte)
    if html is not None:
        message.add_alternative(html, subtype="html", cte=cte)
    return message


def urls(mail: Mail) -> list[str]:
    return [link.url for link in mail.links]


def part(kind: str, body: str) -> str:
    """Return a part of a mail: `kind` of text and what belongs to it, as `plain; format=flowed`."""
    return f"Content-Type: text/{kind}\r\n\r\n{body}\r\n"


def joined(kind: str, *parts: str) -> bytes:
    """Return parts as one multipart of `kind`."""
    mark = f"={kind}{len(parts)}{crc32(repr(parts).encode())}"
    between = "".join(f"--{mark}\r\n{each}\r\n" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\r\n\r\n{between}--{mark}--\r\n'.encode()
