"""Odd pictures and texts of QR codes: they are the product's departure, and break nothing."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode, read_qr_code
from kmc_harness.phone.pictures import blurred, quiet_zone_modules
from kmc_harness.port import Action, Observation
from kmc_harness.secrecy import redaction
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tell
from kmc_model.qr import QrCode

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PICTURE = QrCode(f"otpauth://totp/a:b?secret={SECRET}", 4).png()
PLACES = st.integers(0, len(PICTURE) - 1)
NUMBERS = st.one_of(st.integers(), st.integers(-(10**40), 10**40), st.text(max_size=5)).map(str)
ALGORITHMS = st.one_of(st.sampled_from(["SHA1", "sha-256", "MD5", "NEW", "SHAKE_128", "SCRYPT", "__NAME__"]), st.text())
SECRETS = st.one_of(st.just(SECRET), st.text("ABCDEFG234567= ", max_size=40), st.text(max_size=10))


def _bomb() -> bytes:
    """Return a PNG of a few bytes that unpacks to more pixels than any memory holds."""
    out = io.BytesIO()
    Image.new("1", (16, 16)).save(out, "PNG")
    raw = bytearray(out.getvalue())
    raw[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(raw)


ODD_TEXTS = {
    "a host that is none": "otpauth://[totp/a?secret=" + SECRET,
    "a host in odd signs": f"otpauth://\u2100/a?secret={SECRET}",
    "a port that is none": f"otpauth://totp:port/a?secret={SECRET}",
    "half a sign": f"otpauth://totp/\ud800?secret={SECRET}\ud800",
    "bad percents": "otpauth://totp/%zz%?secret=%zz",
    "no base32": "otpauth://totp/a?secret=018-!",
    "an empty secret": "otpauth://totp/a?secret=%20",
    "no digits": f"otpauth://totp/a?secret={SECRET}&digits=0",
    "negative digits": f"otpauth://totp/a?secret={SECRET}&digits=-4",
    "one digit": f"otpauth://totp/a?secret={SECRET}&digits=1",
    "99 digits": f"otpauth://totp/a?secret={SECRET}&digits=99",
    "no period": f"otpauth://totp/a?secret={SECRET}&period=0",
    "a negative period": f"otpauth://totp/a?secret={SECRET}&period=-30",
    "an endless period": f"otpauth://totp/a?secret={SECRET}&period={'9' * 30}",
    "MD5": f"otpauth://totp/a?secret={SECRET}&algorithm=MD5",
    "what is no algorithm": f"otpauth://totp/a?secret={SECRET}&algorithm=NEW",
    "more than a QR code holds": f"otpauth://totp/{'a' * 1_000_000}?secret={SECRET}",
}
ODD_PICTURES = {
    "a picture cut short": PICTURE[: len(PICTURE) // 2],
    "a broken chunk": PICTURE.replace(b"IDAT", b"IDAS"),
    "a header alone": PICTURE[:40],
    "no pixels": PICTURE[:16] + bytes(8) + PICTURE[24:],
    "a bomb": _bomb(),
    "no picture": b"<svg/>",
    "bytes that are no text": b"",
}


def _with_bytes_that_are_no_text() -> bytes:
    import qrcode
    from qrcode.util import MODE_8BIT_BYTE, QRData

    code = qrcode.QRCode(border=4)
    code.add_data(QRData(bytes([0x80, 0xFF, 0xFE, 0x00, 0xC3]), mode=MODE_8BIT_BYTE))
    out = io.BytesIO()
    code.make_image().save(out, "PNG")
    return out.getvalue()


ODD_PICTURES["bytes that are no text"] = _with_bytes_that_are_no_text()


class _Shows(ModelTarget):
    """Shows another QR code in place of each of its own."""

    def __init__(self, **shown: Any) -> None:
        super().__init__()
        self.shown = shown

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        return replace(seen, **self.shown) if seen.shows_qr_code else seen


ODD = [{"picture": None, "uri": text} for text in ODD_TEXTS.values()]
ODD += [{"picture": picture} for picture in ODD_PICTURES.values()]


@pytest.mark.parametrize("shown", ODD, ids=[*ODD_TEXTS, *ODD_PICTURES])
def test_an_odd_qr_code_is_the_products_departure_and_breaks_nothing(shown: dict[str, Any]) -> None:
    target = _Shows(**shown)
    probe(target, "probe")
    wanted = {"ENR-001": "The link is opened", "ENR-003": "A common app scans it"}
    told = [each for each in bindings.all_told() if wanted.get(each.requirement) == each.title]
    ends = [tell(each, target, f"odd{at}") for at, each in enumerate(told)]
    assert [(each.verdict, each.expected) for each in ends] == [
        ("fail", "a QR code that an authenticator app can pair from")
    ] * 2
    assert SECRET not in "".join(each.actual for each in ends)


def _reads_or_says_why(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except UnreadableQrCode:
        return None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_picture_or_none(raw: bytes) -> None:
    _reads_or_says_why(lambda: read_qr_code(raw))
    assert blurred(raw) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PLACES, st.integers(0, 255)), max_size=4), PLACES)
def test_any_picture_with_wrong_bytes_is_a_picture_or_none(changes: list[tuple[int, int]], cut: int) -> None:
    raw = bytearray(PICTURE)
    for place, byte in changes:
        raw[place] = byte
    for each in (bytes(raw), bytes(raw[:cut])):
        if _reads_or_says_why(lambda each=each: read_qr_code(each)):
            assert quiet_zone_modules(each) >= 0
        blurred(each)


@settings(max_examples=300, deadline=None)
@given(st.text(), SECRETS, NUMBERS, NUMBERS, ALGORITHMS)
def test_any_text_pairs_for_all_that_is_asked_of_an_entry_or_not_at_all(
    label: str, secret: str, digits: str, period: str, algorithm: str
) -> None:
    uri = f"otpauth://totp/{label}?secret={secret}&digits={digits}&period={period}&algorithm={algorithm}&issuer={label}"
    _use(uri)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.text().map(lambda text: f"otpauth://{text}?secret={SECRET}")))
def test_any_text_at_all_pairs_or_does_not(uri: str) -> None:
    _use(uri)


@settings(max_examples=300, deadline=None)
@given(st.integers(-5, 15), st.integers(-5, 150))
def test_any_number_of_digits_and_any_period_pair_or_do_not(digits: int, period: int) -> None:
    _use(f"otpauth://totp/a?secret={SECRET}&digits={digits}&period={period}")


def _use(uri: str) -> None:
    entry = _reads_or_says_why(lambda: Authenticator.scan(None, uri))
    if entry is None:
        return
    now = 1_800_000_000
    assert len(entry.code_at(now)) == entry.digits
    wrong = entry.wrong_codes(now)
    assert entry.code_at(now) not in {next(wrong) for _ in range(100)}
    assert entry.secret_bits == 8 * len(entry.secret_bytes)
    assert isinstance(entry.label, str)
    assert entry.issuer is None or isinstance(entry.issuer, str)
    assert len(entry.named_issuer_and_account) == 2
    assert redaction.spelled(entry.uri)


def test_a_long_secret_is_spelled_in_no_time() -> None:
    assert len(redaction.spelled("a" * 3_000_000)) == 3
