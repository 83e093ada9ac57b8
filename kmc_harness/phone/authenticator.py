"""An authenticator app: it scans a picture as a phone does and makes codes at its own clock.

It never asks the target: all it knows is what stands in the QR code.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp

from kmc_harness.phone.pictures import find_codes, for_apps
from kmc_harness.port import shorten

__all__ = ["Authenticator", "UnreadableQrCode", "empty_key_code", "read_qr_code"]


_COLON = re.compile(":|%3A", re.IGNORECASE)
_UNSAFE = frozenset(' <>"{}|\\^`')
"""What stands percent-encoded in every URI (RFC 3986)."""
_BASE32 = re.compile("[A-Za-z2-7]+")
ALGORITHMS = frozenset({"SHA1", "SHA256", "SHA512"})
DIGITS = range(6, 11)
PERIODS_S = range(1, 121)
"""What some app, if not each, makes codes of (Key URI format)."""
MOST_CHARS = 4296
"""The longest text that a QR code holds (ISO/IEC 18004, version 40-L)."""


class UnreadableQrCode(Exception):
    """No app could pair from this picture; the message says why."""


class _Totp(pyotp.TOTP):
    """pyotp refuses secrets under 112 bits, real servers use 80: a requirement judges that, not an exception."""

    min_secret_length_bits = 0


@lru_cache(maxsize=4096)
def _code(secret: str, now: int, **parameters: Any) -> str:
    return _Totp(secret, **parameters).at(now)


def _parameter(uri: str, name: str) -> str:
    """Return the first parameter of this name as it stands in `uri`, still percent-encoded; "" where there is none."""
    pairs = (each.partition("=") for each in urlsplit(uri).query.split("&"))
    return next((value for key, _, value in pairs if key == name), "")


def _flaw_of(name: str) -> str:
    """Return what is wrong with a percent-encoded name; "" where apps show it as it was meant."""
    shown = unquote(name)
    if ":" in shown:
        return "a colon"
    if "\ufffd" in shown:
        return "bytes that are no UTF-8"
    if not shown.isprintable():
        return "a control character"
    return "an encoding within the encoding" if re.search("%[0-9A-Fa-f]{2}", shown) else ""


def read_qr_code(picture: bytes) -> str:
    """Return what the QR code in `picture` (PNG bytes) says.

    Raises:
        UnreadableQrCode: there is no picture, or not exactly one QR code in it.

    """
    try:
        found = for_apps(find_codes(picture))
    except OSError as error:
        raise UnreadableQrCode(f"{len(picture)} bytes that are no picture") from error
    if len(found) != 1:
        raise UnreadableQrCode(f"a picture with {len(found)} QR codes in it")
    return found[0].text


def empty_key_code(now: int) -> str:
    """Return the code of the empty key at `now`, which an account without any secret might accept."""
    return _Totp("").at(now)


@dataclass
class Authenticator:
    """One entry of an app: a secret and the parameters that came with it. `offset_s`: how far its clock is ahead."""

    uri: str = field(repr=False)
    secret: str = field(repr=False)
    digits: int = 6
    step_s: int = 30
    algorithm: str = "SHA1"
    offset_s: int = 0

    @classmethod
    def scan(cls, picture: bytes | None, uri: str | None = None) -> "Authenticator":
        """Pair from a picture (PNG bytes), or from what it would say where nobody has drawn it.

        Raises:
            UnreadableQrCode: there is no QR code, or its content is not one that apps take (Key URI format).

        """
        uri = uri or read_qr_code(picture or b"")
        if len(uri) > MOST_CHARS:
            raise UnreadableQrCode(f"a text of {len(uri)} characters, more than a QR code holds")
        try:
            return cls._paired(uri)
        except (KeyError, ValueError) as error:
            raise UnreadableQrCode(f"a QR code that no app can pair from ({type(error).__name__})") from error

    @classmethod
    def _paired(cls, uri: str) -> "Authenticator":
        parts = urlsplit(uri)
        if (parts.scheme, parts.netloc) != ("otpauth", "totp"):
            host = parts.netloc if parts.netloc == "hotp" else shorten(parts.netloc)
            raise UnreadableQrCode(f"a QR code for {parts.scheme or 'no scheme'}://{host}, not for otpauth://totp")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        entry = cls(
            uri,
            query["secret"].rstrip("="),
            int(query.get("digits", "6")),
            int(query.get("period", "30")),
            query.get("algorithm", "SHA1").upper().replace("-", ""),
        )
        if entry.digits not in DIGITS or entry.step_s not in PERIODS_S or entry.algorithm not in ALGORITHMS:
            asked = f"{entry.algorithm[:20]}, {str(entry.digits)[:20]} digits, {str(entry.step_s)[:20]} s"
            raise UnreadableQrCode(f"a QR code that no app can pair from: it asks for {asked}")
        if not entry.secret_bytes:
            raise UnreadableQrCode("a QR code that no app can pair from: its secret is empty")
        entry.code_at(0)
        return entry

    def code_at(self, now: int, **parameters: Any) -> str:
        """Return the code shown at `now` (epoch seconds); `parameters` replace those of the QR code."""
        chosen = {"digits": self.digits, "interval": self.step_s, "digest": getattr(hashlib, self.algorithm.lower())}
        return _code(self.secret, now + self.offset_s, **chosen | parameters)

    def wrong_codes(self, now: int) -> Iterator[str]:
        """Yield codes that are right at no time within five minutes of `now`."""
        near = {self.code_at(now + steps * self.step_s) for steps in range(-10, 11)}
        right = int(self.code_at(now))
        candidates = (f"{(right + n) % 10**self.digits:0{self.digits}}" for n in count(1))
        return (code for code in candidates if code not in near)

    @property
    def secret_bits(self) -> int:
        """The length of the shared secret."""
        return len(_Totp(self.secret).byte_secret()) * 8

    @property
    def secret_bytes(self) -> bytes:
        """The shared secret, raw."""
        return _Totp(self.secret).byte_secret()

    @property
    def label(self) -> str:
        """The label as it stands in the URI, still percent-encoded."""
        return urlsplit(self.uri).path.lstrip("/")

    @property
    def issuer(self) -> str | None:
        """The issuer parameter, percent-decoded: in a URI a `+` is no blank, and apps show it as it stands."""
        return parse_qs(urlsplit(self.uri).query.replace("+", "%2B")).get("issuer", [None])[0]

    @property
    def named_issuer_and_account(self) -> tuple[str, str]:
        """The label's two parts, decoded; the first is empty where the label names no issuer."""
        issuer, account = self._label_parts
        return unquote(issuer), unquote(account).strip()

    @property
    def _label_parts(self) -> tuple[str, str]:
        """The label's parts, still percent-encoded: its first colon, encoded or not, stands between them."""
        issuer, *account = _COLON.split(self.label, maxsplit=1)
        return (issuer, account[0]) if account else ("", issuer)

    @property
    def ill_formed(self) -> str:
        """What the Key URI format forbids in the names and the secret, in words; empty where all is well."""
        issuer, account = self._label_parts
        parameter = _parameter(self.uri, "issuer")
        names = {"the issuer parameter": parameter, "the label's issuer": issuer, "the account": account}
        for what, name in names.items():
            if flaw := _flaw_of(name):
                return f"{flaw} in {what} ({unquote(name)})"
        if "+" in issuer:
            return f"a + in the label's issuer, which apps show as it stands ({unquote(issuer)})"
        raw = sorted({sign for sign in self.uri if sign in _UNSAFE or not sign.isascii()})
        if raw:
            return f"{' '.join(raw)} in it, not percent-encoded"
        return (
            ""
            if _BASE32.fullmatch(_parameter(self.uri, "secret"))
            else "padding or other signs than base32's in the secret"
        )
