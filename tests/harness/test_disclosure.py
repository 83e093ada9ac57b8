"""A mail that tells a secret, a password or a code in any way is found out; one that has neither is not."""

import base64
import gzip
import io
import zipfile
import zlib
from dataclasses import replace
from email.message import EmailMessage
from urllib.parse import quote

import pytest
import qrcode
from PIL import Image

from kmc_harness.hosting.mail import compile_links, read
from kmc_harness.port import Mail
from kmc_harness.scenario.disclosure import tells_code, tells_password, tells_secret, unread
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.scene import tell
from kmc_harness.verdicts import Verdict
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


def _svg(shapes: str, side: float) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">{shapes}</svg>'.encode()


def _svgs() -> list[bytes]:
    """Return the QR code as common libraries draw it: by a path a module, by lines, by rectangles, by dots."""
    code = qrcode.QRCode(border=4)
    code.add_data(URI)
    dark = [(x, y) for y, row in enumerate(code.get_matrix()) for x, is_dark in enumerate(row) if is_dark]
    side = len(code.get_matrix())
    return [
        _svg(f'<path fill="#FFF" d="M0,0h{side}v{side}H0z"/><path d="{path}"/>', side)
        for path in ("".join(f"M{x},{y}h1v1h-1z" for x, y in dark),)
    ] + [
        _svg(f'<path stroke="#000" d="{"".join(f"M{x} {y}.5h1" for x, y in dark)}"/>', side),
        _svg("".join(f'<rect x="{x}" y="{y}" width="1" height="1"/>' for x, y in dark), side),
        _svg("".join(f'<circle cx="{x}.5" cy="{y}.5" r=".5" fill="navy"/>' for x, y in dark), side),
    ]


def _pdf(shown: bytes, *, packed: bool = True) -> bytes:
    stream = zlib.compress(shown) if packed else shown
    return b"%PDF-1.4\n4 0 obj << /Length 1 >>\nstream\n" + stream + b"\nendstream endobj\n%%EOF"


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(PNG)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


SVGS = _svgs()
PDF = ("application", "pdf")


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
        *(_attached(svg, "image", "svg+xml") for svg in SVGS),
        *(_html(f"<p>Scan</p>{svg.decode()}") for svg in SVGS),
        _html(f"<img src='data:image/svg+xml,{quote(SVGS[1])}'>"),
        _html(f"<img src='data:image/svg+xml;base64,{base64.b64encode(SVGS[0]).decode()}'>"),
        _attached(_pdf(f"BT /F1 12 Tf (Your secret: ) Tj [({SECRET[:9]}) -20 ({SECRET[9:]})] TJ ET".encode()), *PDF),
        _attached(_pdf(f"BT <{SECRET.encode().hex()}> Tj ET".encode()), *PDF),
        _attached(_pdf(_jpeg(), packed=False), *PDF),
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


LOGO = _svg('<path d="M0 0' + "l1 1c1 1 2 2 3 1" * 40 + 'z"/>', 30)
TURNED = _svg(f'<g transform="rotate(45)"><path d="{"M1 1h1v1h-1z" * 40}"/></g>', 30)


@pytest.mark.parametrize(
    ("mail", "names"),
    [
        (_attached(_pdf(b"BT (Hello) Tj ET"), *PDF), ["it"]),
        (_attached(b"7z\xbc\xaf\x27\x1c\0\4", "application", "octet-stream"), ["it"]),
        (_attached(_broken(_zipped("x" * 100)), "application", "zip"), []),
        (_attached(TURNED, "image", "svg+xml"), ["it"]),
        (_html(f"<p>Hello</p>{TURNED.decode()}"), ["text/html"]),
        (_attached(LOGO, "image", "svg+xml"), []),
        (_attached(PNG, "image", "png"), []),
        (_attached(_zipped("hello"), "application", "zip"), []),
        (_attached(b"BEGIN:VCALENDAR", "text", "calendar"), []),
        (_attached("Hello".encode("utf-16"), "text", "csv"), []),
        (_attached(b"0\x82\0\0", "application", "pkcs7-signature"), []),
        (Mail("ada@kmc.example", 0, "Hello", "Hello"), []),
    ],
)
def test_what_may_tell_something_and_cannot_be_read_is_named(mail: Mail, names: list[str]) -> None:
    assert unread([mail]) == names


class AttachesTerms(ModelTarget):
    """Sends a PDF along, to each person another one or to all the same."""

    def __init__(self, *, personal: bool) -> None:
        self._personal = personal
        super().__init__()

    def outbox(self, email: str) -> list[Mail]:
        shown = f"BT ({email if self._personal else 'Terms'}) Tj ET"
        raw = _attached(_pdf(shown.encode()), *PDF).raw
        return [replace(mail, raw=raw) for mail in super().outbox(email)]


def test_a_mail_that_cannot_be_read_whole_is_no_pass() -> None:
    told = [each for each in bindings.all_told() if each.requirement == "SEC-008"]
    personal = [tell(each, AttachesTerms(personal=True), "x") for each in told]
    assert {each.verdict for each in personal} == {Verdict.INCONCLUSIVE}
    assert all("these parts could not be: it" in each.actual for each in personal)


def test_what_goes_to_several_people_alike_is_nobodys_secret() -> None:
    terms = _attached(_pdf(b"BT (Terms) Tj ET"), *PDF)
    assert unread([terms, replace(terms, recipient="bo@kmc.example")]) == []
    assert unread([terms, terms]) == ["it"]
