"""Secrets that this process has seen are kept out of what it quotes; what stands in any text is none."""

import pytest

from kmc_harness.secrecy import redaction


@pytest.fixture(autouse=True)
def _seen_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_seen", {})


def test_a_secret_is_shortened_however_it_is_spelled() -> None:
    redaction.keep("JBSWY3DPEHPK")
    assert redaction.without_secrets("it is JBSW Y3DP EHPK") == "it is JB…"


def test_what_is_too_short_for_a_secret_is_left_as_it_is() -> None:
    for short in (":", "no", "ref", ""):
        redaction.keep(short)
    assert redaction.without_secrets("the target refused: no") == "the target refused: no"
