"""A departure, told in words."""

import pytest

from kmc_harness.exploring.divergence import Departed, Glimpse

COMMON = (("SHA1", 6, 30), True, True, True, True)
SECOND = (("SHA1", 8, 30), True, False, True, True)


@pytest.mark.parametrize(
    ("expected", "seen", "told"),
    [
        (Glimpse(), Glimpse(accepted=True), [("refused", "accepted")]),
        (Glimpse(asks_for_code=True), Glimpse(), [("a code asked for", "no code asked for")]),
        (Glimpse(unreached="Unreached"), Glimpse(), [("could not be done", "done")]),
        (Glimpse(account="Acme"), Glimpse(account="Globex"), [("in Acme", "in Globex")]),
        (Glimpse(shown="new"), Glimpse(shown="Bo's"), [("a new QR code", "Bo's QR code")]),
        (Glimpse(shown="new", qr_code=COMMON), Glimpse(), [("a new QR code", "no QR code")]),
        (
            Glimpse(qr_code=COMMON),
            Glimpse(qr_code=SECOND),
            [("SHA1, 6 digits, 30 s; 160 bits", "SHA1, 8 digits, 30 s; not 160 bits")],
        ),
        (
            Glimpse(mailed=(("Ada", 1, 0), ("Bo", 0, 2))),
            Glimpse(mailed=(("Ada", 0, 0), ("Bo", 0, 0))),
            [("1 enrolment link to Ada, 2 reset links to Bo", "nothing mailed")],
        ),
        (Glimpse(), Glimpse(tried=2), [("0 of the wrong ones accepted", "2 of the wrong ones accepted")]),
        (
            Glimpse(),
            Glimpse(silent=True, telling=("a secret",)),
            [("a word", "no word"), ("nothing given away", "a secret")],
        ),
    ],
)
def test_what_differs_is_told_in_words(expected: Glimpse, seen: Glimpse, told: list[tuple[str, str]]) -> None:
    assert list(Departed("Ada does it", expected, seen).in_words()) == told
