"""Secrets that this process has seen are kept out of what it quotes; what stands in any text is none."""

import pytest

from kmc_harness import discretion


@pytest.fixture(autouse=True)
def _seen_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discretion, "_seen", {})


def test_a_secret_is_shortened_however_it_is_spelled() -> None:
    discretion.keep("JBSWY3DPEHPK")
    assert discretion.without_secrets("it is JBSW Y3DP EHPK") == "it is JB…"


def test_what_is_too_short_for_a_secret_is_left_as_it_is() -> None:
    for short in (":", "no", "ref", ""):
        discretion.keep(short)
    assert discretion.without_secrets("the target refused: no") == "the target refused: no"
