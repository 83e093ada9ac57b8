"""The model by properties that hold whatever people do, and by the promises of its design."""

import datetime
import time
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from kmc_model import actions as a
from kmc_model.clock import ManualClock
from kmc_model.model import Model, Outcome, Variant
from kmc_model.policy import ARTICLE, KALTURA_SERVER, Policy
from kmc_model.records import LinkStatus
from kmc_model.rules import RULES
from kmc_model.totp import SeededSecrets, code_at
from kmc_model.values import changed

PEOPLE = ("ada@x.example", "bo@x.example")
ACCOUNTS = ("Acme", "Globex")
FIRST, OTHER = "s3cure-pass!", "n3w-pass!1"


class Configuration:
    """Drives a model through choices that a test draws: each is a kind of act, a person, an account and a number."""

    def __init__(self, policy: Policy) -> None:
        self.model = Model(ManualClock(), SeededSecrets(7), Variant(policy))
        self.sessions: list[str] = ["none"]
        for email in PEOPLE:
            for account in ACCOUNTS:
                self.model.perform(a.RegisterUser(account, email, FIRST))

    def act(self, kind: int, who: int, where: int, number: int) -> tuple[a.Action | None, Outcome | None]:
        action = self._action(kind, PEOPLE[who], ACCOUNTS[where], number)
        if action is None:
            self.model.clock.advance((1, 29, 30, 61, 3600, 86_399, 86_401)[number % 7])
            return None, None
        outcome = self.model.perform(action)
        if outcome.session:
            self.sessions.append(outcome.session)
        return action, outcome

    def _action(self, kind: int, email: str, account: str, number: int) -> a.Action | None:
        links = list(self.model.state.links) or ["none"]
        link, session = links[number % len(links)], self.sessions[number % len(self.sessions)]
        password = (FIRST, OTHER, "short")[number % 3]
        return (
            None,
            a.EnableTwoFactor(account),
            a.DisableTwoFactor(account) if number % 4 == 0 else a.EnableTwoFactor(account),
            a.OpenEnrolmentLink(link),
            a.LogIn(email, password, self._code(email, number), account if number % 5 else None),
            a.LogIn(email, FIRST, self._code(email, 0), account),
            a.LogOut(session),
            a.UseSession(session),
            a.SwitchAccount(session, account),
            a.RequestReset(email),
            a.SetPassword(link, password),
            a.ConfirmPassword(link),
            a.ChangePassword(session, password, OTHER),
            a.SetUserStatus(account, email, list(a.UserStatus)[number % 3]),
            a.SetAccountStatus(account, list(a.AccountStatus)[number % 2]),
            a.RegisterUser(account, email, FIRST),
        )[kind]

    def _code(self, email: str, number: int) -> str | None:
        """Return the right code, none, one made up, or the other person's."""
        other = next(each for each in PEOPLE if each != email)
        secret = self.model.state.credentials[other if number % 4 == 3 else email].secret
        right = code_at(secret.base32, self.model.clock.now()) if secret else "123456"
        return (right, None, "000000", right)[number % 4]


CHOICES = st.tuples(st.integers(0, 15), st.integers(0, 1), st.integers(0, 1), st.integers(0, 59))
LIVES = st.lists(CHOICES, max_size=40)


@given(LIVES)
@settings(max_examples=300, deadline=None)
def test_a_refusal_opens_shows_and_mails_nothing(choices: list[Any]) -> None:
    life = Configuration(ARTICLE)
    for choice in choices:
        before = life.model.state
        _, outcome = life.act(*choice)
        if outcome and not outcome.accepted:
            after = life.model.state
            assert (outcome.session, outcome.qr_code, outcome.mails) == (None, None, ())
            assert changed(after, credentials=before.credentials) == before
            kept = ("password", "secret", "last_counter")
            for email in PEOPLE:
                for name in kept:
                    assert getattr(after.credentials[email], name) == getattr(before.credentials[email], name)


@given(LIVES)
@settings(max_examples=300, deadline=None)
def test_a_two_factor_account_is_entered_only_with_right_password_and_live_code(choices: list[Any]) -> None:
    life = Configuration(ARTICLE)
    for choice in choices:
        before, now = life.model.state, life.model.clock.now()
        action, outcome = life.act(*choice)
        if not (outcome and outcome.account and before.accounts[outcome.account].two_factor):
            continue
        if isinstance(action, a.LogIn):
            own = before.credentials[action.email]
            assert own.secret is not None
            assert action.password == own.password
            assert action.code in {code_at(own.secret.base32, now + away) for away in (-30, 0, 30)}
        elif isinstance(action, a.SwitchAccount):
            assert before.sessions[action.session].account == outcome.account


@given(LIVES)
@settings(max_examples=200, deadline=None)
def test_every_open_enrolment_link_shows_the_one_live_secret_of_its_owner(choices: list[Any]) -> None:
    life = Configuration(ARTICLE)
    for choice in choices:
        life.act(*choice)
    for link in list(life.model.state.links.values()):
        shown = life.model.perform(a.OpenEnrolmentLink(link.token)).qr_code
        if shown:
            secret = life.model.state.credentials[link.email].secret
            assert secret is not None
            assert f"secret={secret.base32}&" in shown.uri
            assert link.status is LinkStatus.OPEN


@given(LIVES)
@settings(max_examples=100, deadline=None)
def test_a_strangers_code_never_helps(choices: list[Any]) -> None:
    life = Configuration(ARTICLE)
    for choice in choices:
        life.act(*choice)
    ada, bo = (life.model.state.credentials[email] for email in PEOPLE)
    if bo.secret and not (ada.secret and ada.secret.base32 == bo.secret.base32):
        code = code_at(bo.secret.base32, life.model.clock.now())
        for account in ACCOUNTS:
            if life.model.state.accounts[account].two_factor:
                assert not life.model.perform(a.LogIn(ada.email, ada.password or "", code, account)).accepted


@pytest.mark.parametrize("policy", [ARTICLE, KALTURA_SERVER], ids=lambda each: each.name)
@given(choices=LIVES)
@settings(max_examples=150, deadline=None)
def test_every_situation_and_action_has_an_answer(policy: Policy, choices: list[Any]) -> None:
    life = Configuration(policy)
    for choice in choices:
        life.act(*choice)
    for kind in range(1, 16):
        assert life.act(kind, 0, 0, 0)[1] is not None


def test_every_action_ends_in_a_row_that_always_applies() -> None:
    for action in a.ACTIONS:
        rows = [rule for rule in RULES if rule.action is action]
        assert [rule.applies.__name__ for rule in rows].index("always") == len(rows) - 1


def _story(model: Model) -> list[object]:
    steps: list[a.Action] = [
        a.RegisterUser("Acme", PEOPLE[0], FIRST),
        a.EnableTwoFactor("Acme"),
        a.RequestReset(PEOPLE[0]),
        a.LogIn(PEOPLE[0], FIRST, "123456", "Acme"),
    ]
    seen: list[object] = [model.perform(step) for step in steps]
    link = model.state.outbox[0].link or ""
    shown = model.perform(a.OpenEnrolmentLink(link)).qr_code
    return [*seen, shown and shown.png(), model.state]


def test_the_same_seed_and_actions_give_the_same_bytes() -> None:
    assert _story(Model(secrets=SeededSecrets(3))) == _story(Model(secrets=SeededSecrets(3)))
    assert _story(Model(secrets=SeededSecrets(3))) != _story(Model(secrets=SeededSecrets(4)))


def test_the_model_never_looks_at_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _story(Model())
    with freeze_time("2031-07-01"):
        assert datetime.datetime.now().year == 2031
        assert _story(Model()) == expected

    def forbidden() -> float:
        raise AssertionError("the model read the wall clock")

    for name in ("time", "monotonic", "time_ns"):
        monkeypatch.setattr(time, name, forbidden)
    story = _story(Model())
    monkeypatch.undo()
    assert story == expected


def test_secrets_stay_out_of_what_is_printed() -> None:
    model = Model()
    model.perform(a.RegisterUser("Globex", PEOPLE[1], FIRST))
    logged_in = model.perform(a.LogIn(PEOPLE[1], FIRST, None, "Globex"))
    told = (_story(model), logged_in, model.state, a.SetPassword("a-secret-link", FIRST), a.LogIn("e", FIRST, "123456"))
    secret = model.state.credentials[PEOPLE[0]].secret
    assert secret is not None
    assert logged_in.session in model.state.sessions
    for each in (FIRST, secret.base32, "a-secret-link", "123456", *model.state.links, *model.state.sessions):
        assert each not in repr(told)


def test_an_action_is_printed_as_one_would_write_it() -> None:
    action = a.RegisterUser("Acme", "ada@acme.example", None, administrator=False)
    assert repr(action) == "RegisterUser(account='Acme', email='ada@acme.example', administrator=False)"
    blocked = a.SetAccountStatus("Acme", a.AccountStatus.BLOCKED)
    assert repr(blocked) == "SetAccountStatus(account='Acme', status='blocked')"


def test_the_clock_only_goes_forward() -> None:
    with pytest.raises(ValueError, match="only goes forward"):
        ManualClock().advance(-1)
