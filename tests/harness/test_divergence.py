"""A departure, told in words."""

import pytest

from kmc_harness.exploring.divergence import Divergence, Leak, Observed
from kmc_model.analysis.configurations import move_of

COMMON = (("SHA1", 6, 30), True, True, True, True)
SECOND = (("SHA1", 8, 30), True, False, True, True)


@pytest.mark.parametrize(
    ("expected", "seen", "told"),
    [
        (Observed(), Observed(accepted=True), [("refused", "accepted")]),
        (Observed(asks_for_code=True), Observed(), [("a code asked for", "no code asked for")]),
        (Observed(unreached="Unreached"), Observed(), [("could not be done", "done")]),
        (Observed(account="Acme"), Observed(account="Globex"), [("in Acme", "in Globex")]),
        (Observed(shown="new"), Observed(shown="Bo's"), [("a new QR code", "Bo's QR code")]),
        (Observed(shown="new", qr_code=COMMON), Observed(), [("a new QR code", "no QR code")]),
        (
            Observed(qr_code=COMMON),
            Observed(qr_code=SECOND),
            [("SHA1, 6 digits, 30 s; 160 bits", "SHA1, 8 digits, 30 s; not 160 bits")],
        ),
        (
            Observed(mailed=(("Ada", 1, 0), ("Bo", 0, 2))),
            Observed(mailed=(("Ada", 0, 0), ("Bo", 0, 0))),
            [("1 enrolment link to Ada, 2 reset links to Bo", "nothing mailed")],
        ),
        (Observed(), Observed(tried=2), [("0 of the wrong ones accepted", "2 of the wrong ones accepted")]),
        (
            Observed(),
            Observed(silent=True, leaks=(Leak("a secret", "SEC-008"),)),
            [("a word", "no word"), ("nothing given away", "a secret")],
        ),
    ],
)
def test_what_differs_is_told_in_words(expected: Observed, seen: Observed, told: list[tuple[str, str]]) -> None:
    assert list(Divergence(move_of("Ada logs out"), expected, seen).in_words()) == told
