"""A departure becomes a scenario that says what should have been seen, or none."""

from dataclasses import replace
from pathlib import Path

import pytest

from kmc_harness.exploring.differential import Differential
from kmc_harness.exploring.reproducer import as_feature
from kmc_harness.exploring.search import Run
from kmc_harness.port import Action, EnableTwoFactor, LogIn, Observation, RequestReset, Target
from kmc_harness.targets.model import ModelTarget
from kmc_model.analysis.configurations import move_of
from tests.harness.traces import ON, OPENS, RENEWS, WRONG, fails_on_it_alone, run, with_fault


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("on ends sessions", ["Ada logs in to Acme with no code", ON, "Ada uses the session"]),
        ("SetPassword.always without renew_secret", [ON, OPENS, *RENEWS]),
    ],
)
def test_what_is_seen_besides_the_last_answer_becomes_a_scenario_too(
    fault: str, told: list[str], tmp_path: Path
) -> None:
    found = run(with_fault(fault), *told)
    assert found is not None
    fails_on_it_alone(found, fault, tmp_path)


def test_whose_secret_is_shown_to_whom_is_told() -> None:
    found = run(with_fault("one secret a batch"), ON, OPENS.replace("Ada", "Grace"), OPENS)
    assert found is not None
    assert "Then Ada and Grace have different secrets" in (as_feature([found]) or "")


class MailsResetToo(ModelTarget):
    """Mails a reset link beside the QR code."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if isinstance(action, EnableTwoFactor):
            super().perform(RequestReset(next(iter(self.model.state.credentials))))
        return seen


class MindsTheCode(ModelTarget):
    """Has other words for a wrong password where a code would be asked for."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        needs_code = any(each.two_factor for each in self.model.state.accounts.values())
        refused = isinstance(action, LogIn) and not seen.accepted
        return replace(seen, message=f"{seen.message} Mind the code.") if refused and needs_code else seen


@pytest.mark.parametrize(
    ("target", "told", "field"),
    [
        (with_fault("resets_max=9"), ["Ada asks for a reset 10 times"], "mailed"),
        (MindsTheCode(), [WRONG, ON, WRONG], "leaks"),
    ],
)
def test_a_departure_that_no_sentence_says_becomes_no_scenario(target: Target, told: list[str], field: str) -> None:
    found = run(target, *told)
    assert found is not None
    assert found.divergence.fields == (field,)
    assert as_feature([found]) is None


def test_a_mail_of_another_kind_is_told_by_its_kind() -> None:
    found = run(MailsResetToo(), ON)
    assert found is not None
    assert "is mailed no reset link" in (as_feature([found]) or "")


def test_what_gives_away_too_much_is_told_where_both_answers_are_the_last() -> None:
    found = run(with_fault("unknown e-mail told"), WRONG, WRONG.replace("Ada", "Mallory"))
    assert found is not None
    assert (found.divergence.fields, found.requirement) == (("leaks",), "SEC-004")
    assert "Then the last 2 answers look the same" in (as_feature([found]) or "")


def test_a_qr_code_in_which_they_differ_is_scanned_all_the_same() -> None:
    target = ModelTarget("kaltura-server")
    differential, begun = Differential(ModelTarget(), target, "x", [("Ada", "Acme")]), Run([("Ada", "Acme")])
    told = (
        ON,
        OPENS,
        "24 h 1 min pass",
        "Ada logs in to Acme with a code",
    )
    *_, shown, _, found = (begun.make(differential, move_of(each)) for each in told)
    assert shown.divergence.fields[0] == "qr_code"
    assert "Ada scans the QR code" in (as_feature([found]) or "")
