"""Passwords of the suite obey what a target says of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.port import LinkKind, NotOffered, PasswordRules
from kmc_harness.scenario.people import PASSWORDS, TAKEN
from kmc_harness.scenario.world import World
from kmc_harness.targets import description
from kmc_harness.targets.kaltura import Kaltura
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Misuse, Unreached
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE
from kmc_model.sentences import FIRST_PASSWORD, WRONG_PASSWORD, new_password

LONG = PasswordRules(min=16, needs=("upper", "digit", "symbol"), symbols="/", only=True, forbids=("kmc", "pass"))


class WantsLongOnes(ModelTarget):
    """Takes passwords of 16 characters and more with a capital, a digit and a slash, and says so or not."""

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, new_passwords_fit=r"(?=.*[A-Z])(?=.*\d)(?=.*/)[\w/]{16,}")))


class SaysSo(WantsLongOnes):
    password_rules = LONG


@pytest.mark.parametrize("number", range(1, 200))
def test_new_passwords_obey_kalturas_rules_and_hold_no_name(number: int) -> None:
    password = new_password(number)
    assert Kaltura.password_rules.take(password)
    assert not any(name in password.lower() for name in ("ada", "bo", "eve", "dan", "fay", "cleo", "tester"))


@pytest.mark.parametrize("password", [FIRST_PASSWORD, WRONG_PASSWORD, PASSWORDS["is another one"]])
def test_what_is_typed_everywhere_obeys_kalturas_rules(password: str) -> None:
    assert Kaltura.password_rules.fitted(password) == password


def test_a_password_that_does_not_obey_is_made_to_the_same_each_time() -> None:
    made = {LONG.fitted(each) for each in (FIRST_PASSWORD, FIRST_PASSWORD, WRONG_PASSWORD)}
    assert len(made) == 2
    assert all(map(LONG.take, made))


def test_a_target_with_other_rules_is_judged_where_it_says_them() -> None:
    world = World(SaysSo(), "a")
    for _ in range(3):
        world.given.new_password("Ada")
    assert LONG.take(world.people["Ada"].password)
    with pytest.raises(Unreached, match="was to set a new password"):
        World(WantsLongOnes(), "a").given.new_password("Ada")


def test_a_password_that_is_about_its_shape_is_not_replaced_by_another() -> None:
    world = World(SaysSo(), "a")
    with pytest.raises(NotOffered, match="by what it says of its passwords"):
        world.given.password("Ada", PASSWORDS["has blanks in it"])
    world.given.reset_mail("Bo")
    world.people["Bo"].takes = TAKEN["a password with blanks"]
    with pytest.raises(NotOffered, match="by what it says of its passwords"):
        world.given.new_password("Bo")
    world.people["Bo"].takes = TAKEN["the first password again"]
    assert world.post.links(world.given.new_password("Bo"), LinkKind.RESET)


def _described(folder: Path, passwords: str) -> Any:
    text = f'name = "x"\n[adapter]\npython = "a:B"\npasswords = {passwords}\n'
    (folder / "target.toml").write_text(text)
    return description.read(folder)[1].adapter.rules


def test_a_target_toml_says_the_rules(tmp_path: Path) -> None:
    rules = _described(
        tmp_path,
        '{ min = 16, needs = ["upper", "digit", "symbol"], symbols = "/", only = true, forbids = ["kmc", "pass"] }',
    )
    assert rules == LONG


@pytest.mark.parametrize(
    ("passwords", "told"),
    [
        ('{ needs = ["vowel"] }', "'vowel'"),
        ("{ length = 8 }", "`length`.*; it takes min, max, needs"),
        ("{ min = 20, max = 10 }", "no password was found that obeys"),
    ],
)
def test_rules_that_nothing_obeys_are_refused(passwords: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=told):
        _described(tmp_path, passwords)
