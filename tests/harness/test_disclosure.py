"""A mail that tells a secret, a password or a code in any way is found out; one that has neither is not."""

import base64
import gzip
import io
import zipfile
from email.message import EmailMessage
from urllib.parse import quote

import pytest

from kmc_harness.hosting.mail import compile_links, read
from kmc_harness.port import Mail
from kmc_harness.scenario.disclosure import tells_code, tells_password, tells_secret
from kmc_model.qr import QrCode, key_uri

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "s3cure-pass!"
CODE = "492039"
RAW = base64.b32decode(SECRET)
URI = key_uri(SECRET, "ada@kmc.example", names_issuer=True)
PNG = QrCode(URI, 4).png()


def _received(message: EmailMessage) -> Mail:
    message["To"] = "ada@kmc.example"
    return read(message.as_bytes(), 0, None, compile_links({"reset": "/reset/"}))[0]


def _plain(text: str) -> Mail:
    message = EmailMessage()
    message.set_content(text)
    return _received(message)


def _html(page: str) -> Mail:
    message = EmailMessage()
    message.set_content("Look at the page.")
    message.add_alternative(page, subtype="html")
    return _received(message)


def _attached(content: bytes, maintype: str, subtype: str) -> Mail:
    message = EmailMessage()
    message.set_content("See what is attached.")
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename="it")
    return _received(message)


def _header(name: str, value: str) -> Mail:
    message = EmailMessage()
    message[name] = value
    message.set_content("Hello")
    return _received(message)


def _broken(packed: bytes) -> bytes:
    """Return an archive whose contents can no longer be unpacked."""
    return packed[:50] + b"\xff" * 6 + packed[56:]


def _zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:t>{text}</w:t>")
    return packed.getvalue()


@pytest.mark.parametrize(
    "mail",
    [
        _plain(f"Your secret is {SECRET}."),
        _plain(f"Your secret is {SECRET.lower()}."),
        _plain(" ".join(SECRET[at : at + 4] for at in range(0, 32, 4))),
        _plain(f"Pair by {URI}"),
        _plain(f"https://a.example/qr?text={quote(URI, safe='')}"),
        _plain(f"https://a.example/qr/{base64.urlsafe_b64encode(URI.encode()).decode()}"),
        _plain(f"Key: {RAW.hex()}"),
        _plain(f"Key: {base64.b64encode(RAW).decode()}"),
        _html(f"<p title='{SECRET}'>Hello</p>"),
        _html(f"<p>{SECRET[:10]}<br>{SECRET[10:]}</p>"),
        _html(f"<!-- {SECRET} --><p>Hello</p>"),
        _html(f"<img src='data:image/png;base64,{base64.b64encode(PNG).decode()}'>"),
        _attached(PNG, "image", "png"),
        _attached(URI.encode(), "text", "plain"),
        _attached(_zipped(SECRET), "application", "zip"),
        _header("X-Totp", SECRET),
    ],
)
def test_a_shared_secret_is_found_however_it_is_told(mail: Mail) -> None:
    assert tells_secret(mail, SECRET)


@pytest.mark.parametrize(
    "mail",
    [
        _plain(f"Your password is {PASSWORD}"),
        _plain(f"https://a.example/login?p={quote(PASSWORD, safe='')}"),
        _plain(f"https://a.example/login/{base64.b64encode(PASSWORD.encode()).decode()}"),
        _plain(f"https://a.example/login/{PASSWORD.encode().hex()}"),
        _html(f"<input value='{PASSWORD}'>"),
        _header("Subject", f"Welcome, {PASSWORD.upper()}"),
    ],
)
def test_a_password_is_found_however_it_is_told(mail: Mail) -> None:
    assert tells_password(mail, PASSWORD)


@pytest.mark.parametrize(
    "mail",
    [
        _plain(f"Your code: {CODE}"),
        _plain(f"{CODE[:3]} {CODE[3:]}"),
        _html(f"<a href='https://a.example?c={CODE}'>in</a>"),
    ],
)
def test_a_code_is_found_as_a_number_of_its_own(mail: Mail) -> None:
    assert tells_code(mail, CODE)


def test_what_tells_nothing_is_not_taken_for_it() -> None:
    for mail in (
        _plain("https://a.example/reset/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        _plain(f"https://a.example/reset/1{CODE}7"),
        _attached(QrCode("https://a.example/app", 4).png(), "image", "png"),
        _attached(gzip.compress(b"nothing"), "application", "gzip"),
        _attached(b"\x89PNG but broken", "image", "png"),
        _attached(_broken(_zipped("nothing at all, again and again" * 40)), "application", "zip"),
        _plain(base64.b64encode(_broken(_zipped("nothing at all, again and again" * 40))).decode()),
        Mail("ada@kmc.example", 0, "Hello", "Hello", (), b"\xff\xfe" * 40),
    ):
        assert not tells_secret(mail, SECRET)
        assert not tells_password(mail, PASSWORD)
        assert not tells_code(mail, CODE)
