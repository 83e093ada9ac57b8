"""Codes by pyotp (RFC 6238: HMAC-SHA-1, 6 digits, 30 s steps), and secrets and tokens from a seed."""

import base64
import hmac
from functools import lru_cache

import pyotp

from kmc_model.clock import STEP_S

__all__ = ["SeededSecrets", "code_at", "counter_of"]


class _Totp(pyotp.TOTP):
    """pyotp refuses secrets under 112 bits; real servers use 80, and one of them the empty key (I-23, I-28)."""

    min_secret_length_bits = 0


@lru_cache(maxsize=4096)
def _at_counter(secret: str, counter: int) -> str:
    return _Totp(secret).generate_otp(counter)


def code_at(secret: str, now: int) -> str:
    """Return the code of `secret` (base32) at `now` (epoch seconds)."""
    return _at_counter(secret, now // STEP_S)


def counter_of(code: str, secret: str, now: int, tolerance_steps: int, as_numbers: bool) -> int | None:
    """Return the TOTP counter that `code` fits at `now`, or None.

    Args:
        code: what the person typed.
        secret: base32; empty for the empty key.
        now: epoch seconds.
        tolerance_steps: how many 30 s steps either way still count (RFC 6238, 5.2).
        as_numbers: compare numerically, so that leading zeros may be missing (I-31).

    """
    present = now // STEP_S
    for counter in range(present - tolerance_steps, present + tolerance_steps + 1):
        expected = _at_counter(secret, counter)
        if code == expected or (as_numbers and _number(code) == int(expected)):
            return counter
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class SeededSecrets:
    """Secrets and tokens as a function of seed and serial number: same seed and actions, same bytes."""

    def __init__(self, seed: int | str) -> None:
        self._key = f"kmc-model:{seed}".encode()

    def _bytes(self, purpose: str, serial: int) -> bytes:
        return hmac.digest(self._key, f"{purpose}:{serial}".encode(), "sha512")

    def secret(self, serial: int, bits: int) -> str:
        """Return the `serial`-th shared secret in base32, without padding."""
        return base64.b32encode(self._bytes("secret", serial)[: bits // 8]).decode().rstrip("=")

    def token(self, serial: int) -> str:
        """Return the `serial`-th token: 192 unguessable bits, URL-safe."""
        return base64.urlsafe_b64encode(self._bytes("token", serial)[:24]).decode()

    def readable_token(self, serial: int, expires_at: int) -> str:
        """Return a token as Kaltura makes it: base64 of a user's number, expiry and 40 hex characters (I-32)."""
        digits = self._bytes("token", serial)[:20].hex()
        return base64.urlsafe_b64encode(f"{serial}|{expires_at}|{digits}".encode()).decode()

    code_at = staticmethod(code_at)
    counter_of = staticmethod(counter_of)
