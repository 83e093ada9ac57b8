"""Codes against the values of the RFCs and of the published server."""

import base64

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmc_harness.phone.authenticator import Authenticator
from kmc_model.totp import code_at, counter_of

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = 1_767_603_610


# RFC 6238, Appendix B gives eight digits; six are their end.
RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
PUBLISHED_SERVER = [
    ("JBSWY3DPEHPK3PXP", 1, "996554"),
    ("JBSWY3DPEHPK3PXP", 37037036, "071271"),
    ("GEZDGNBVGY3TQOJQ", 1, "263420"),
    ("ABCDEFGHIJKLMNOP", 56666666, "541083"),
    ("", 56666666, "501315"),
]


@pytest.mark.parametrize(("now", "code"), list(RFC_6238.items()))
def test_model_and_authenticator_make_the_codes_of_rfc_6238(now: int, code: str) -> None:
    assert code_at(RFC_SECRET, now) == code[2:]
    assert Authenticator("", RFC_SECRET, digits=8).code_at(now) == code


@pytest.mark.parametrize(("counter", "code"), list(enumerate(RFC_4226)))
def test_model_and_authenticator_make_the_codes_of_rfc_4226(counter: int, code: str) -> None:
    assert code_at(RFC_SECRET, counter * 30) == code
    assert Authenticator("", RFC_SECRET).code_at(counter * 30 + 29) == code


@pytest.mark.parametrize(("secret", "counter", "code"), PUBLISHED_SERVER)
def test_codes_are_those_that_the_published_server_makes(secret: str, counter: int, code: str) -> None:
    assert code_at(secret, counter * 30) == code
    assert Authenticator("", secret).code_at(counter * 30) == code


@pytest.mark.parametrize(("away", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_fits_its_step_and_the_steps_on_either_side(away: int, fits: bool) -> None:
    counter = counter_of(code_at(RFC_SECRET, NOW + away), RFC_SECRET, NOW, tolerance_steps=1, as_numbers=False)
    assert counter == ((NOW + away) // 30 if fits else None)


@pytest.mark.parametrize("typed", ["82801", " 082801", "082801 ", "+082801", "082801.0", "0082801"])
def test_numbers_that_look_alike_fit_only_where_codes_are_compared_as_numbers(typed: str) -> None:
    now = next(n * 30 for n in range(10**6) if code_at(RFC_SECRET, n * 30).startswith("0"))
    written = typed.replace("82801", code_at(RFC_SECRET, now)[1:])
    assert counter_of(written, RFC_SECRET, now, 0, as_numbers=True) == now // 30
    assert counter_of(written, RFC_SECRET, now, 0, as_numbers=False) is None


@given(st.text(max_size=8))
def test_odd_text_is_no_code(text: str) -> None:
    known = {code_at(RFC_SECRET, NOW + away) for away in (-30, 0, 30)}
    assert (counter_of(text, RFC_SECRET, NOW, 1, as_numbers=False) is not None) == (text in known)


def test_the_authenticator_pairs_with_short_secrets_that_pyotp_refuses() -> None:
    with pytest.raises(ValueError, match="112 bits"):
        pyotp.TOTP("JBSWY3DPEHPK3PXP")
    assert Authenticator("", "JBSWY3DPEHPK3PXP").secret_bits == 80


def test_wrong_codes_are_right_at_no_time_near() -> None:
    entry = Authenticator("", RFC_SECRET)
    wrong = [code for code, _ in zip(entry.wrong_codes(NOW), range(1000), strict=False)]
    near = {entry.code_at(NOW + away) for away in range(-300, 301)}
    assert len(set(wrong)) == 1000
    assert not near.intersection(wrong)
