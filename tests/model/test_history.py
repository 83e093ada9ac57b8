"""The history of a model: who could do what from when until when."""

import pytest

from kmc_model.actions import (
    EnableTwoFactor,
    LogIn,
    LogOut,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetPassword,
    UseSession,
)
from kmc_model.clock import START
from kmc_model.model import Model
from kmc_model.notebook.history import History, Lifetime
from kmc_model.policy import ARTICLE
from kmc_model.totp import code_at

ADA, PASSWORD, HOUR = "ada@acme.example", "s3cure-pass!", 3600


def _code(model: Model) -> str:
    secret = model.state.credentials[ADA].secret
    assert secret
    return code_at(secret.base32, model.clock.now())


@pytest.fixture
def model() -> Model:
    """Ada enrols after one hour, logs in, logs out after 30 hours, resets, and does nothing for two days."""
    model = Model()
    model.perform(RegisterUser("Acme", ADA, PASSWORD))
    model.clock.advance(HOUR)
    link = model.perform(EnableTwoFactor("Acme")).mails[0].link or ""
    model.clock.advance(HOUR)
    model.perform(OpenEnrolmentLink(link))
    session = model.perform(LogIn(ADA, PASSWORD, _code(model), "Acme")).session or ""
    model.clock.advance(30 * HOUR)
    model.perform(LogOut(session))
    reset = model.perform(RequestReset(ADA)).mails[0].link or ""
    model.clock.advance(HOUR)
    model.perform(SetPassword(reset, "n3w-pass!1"))
    model.clock.advance(48 * HOUR)
    return model


def test_each_thing_lives_from_its_beginning_to_its_end(model: Model) -> None:
    at = [START + hours * HOUR for hours in (0, 1, 2, 32, 33, 57, 81)]
    assert set(History(model).lifetimes()) == {
        Lifetime(ADA, "can log in to Acme", at[0], at[1], "password"),
        Lifetime(ADA, "can log in to Acme", at[1], at[5] + 1, "password and code"),
        Lifetime(ADA, "enrolment link", at[1], at[2], "used"),
        Lifetime(ADA, "QR code", at[1], at[2], "paired"),
        Lifetime(ADA, "pairing", at[2], at[4], "replaced"),
        Lifetime(ADA, "session in Acme", at[2], at[3], "ended"),
        Lifetime(ADA, "reset link", at[3], at[4], "used"),
        Lifetime(ADA, "enrolment link", at[4], at[5] + 1, "expired"),
        Lifetime(ADA, "QR code", at[4], at[5] + 1, "expired"),
    }


def test_what_still_lives_lasts_until_now() -> None:
    model = Model()
    model.perform(RegisterUser("Acme", ADA, PASSWORD))
    model.perform(LogIn(ADA, PASSWORD))
    model.clock.advance(HOUR)
    ends = {(each.what, each.until, each.ended) for each in History(model).lifetimes()}
    assert ends == {("can log in to Acme", START + HOUR, "password"), ("session in Acme", START + HOUR, "")}


def test_nobody_can_log_in_while_they_are_locked_out() -> None:
    model = Model()
    model.perform(RegisterUser("Acme", ADA, PASSWORD))
    for _ in range(ARTICLE.failures_max):
        model.perform(LogIn(ADA, "wr0ng-guess!"))
    model.clock.advance(HOUR)
    spans = [(each.since - START, each.until - START) for each in History(model).lifetimes()]
    assert spans == [(0, 0), (ARTICLE.lock_s, HOUR)]


def test_the_frame_has_a_row_an_action(model: Model) -> None:
    model.perform(LogIn(ADA, "n3w-pass!1", "000000", "Acme"))
    model.perform(UseSession("made up"))
    frame = History(model).to_frame()
    assert list(frame.columns) == ["when", "who", "action", "accepted", "reason", "requirement"]
    assert [tuple(row)[1:] for row in frame.itertuples(index=False)][-2:] == [
        (ADA, "LogIn", False, "wrong code", "ENR-012"),
        ("unknown", "UseSession", False, "session ended", "LOG-010"),
    ]
    assert frame.who[1] == "the vendor"
    assert str(frame.when.dtype).endswith("UTC]")


def test_moves_of_the_clock_on_end_are_one_jump(model: Model) -> None:
    model.clock.advance(HOUR)
    assert [(after - before) // HOUR for before, after in History(model).jumps()] == [1, 1, 30, 1, 49]


def test_the_plain_text_tells_who_did_what(model: Model) -> None:
    lines = repr(History(model)).splitlines()
    assert lines[1].split() == [
        "05",
        "Jan",
        "2026,",
        "10:00:10",
        "the",
        "vendor",
        "EnableTwoFactor",
        "accepted",
        "(ENA-001)",
    ]
    assert len(lines) == len(model.events)


def test_looking_back_changes_nothing(model: Model) -> None:
    before = model.state, list(model.events)
    assert History(model).lifetimes() == History(model).lifetimes()
    assert (model.state, model.events) == before


def test_a_model_to_which_nothing_was_done_has_a_history_all_the_same() -> None:
    history = History(Model())
    assert history.lifetimes() == ()
    assert repr(history) == "nothing was done yet"
