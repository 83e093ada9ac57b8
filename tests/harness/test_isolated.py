"""An adapter of a target.toml in a process of its own: what it does there stays there."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kmc_harness import targets
from kmc_harness.port import LogIn, NotOffered, Offer, RegisterUser
from kmc_harness.telling.probes import NoSuchAction, probe
from kmc_harness.verdicts import AdapterMistake, Misuse, NotJudged, Unreached

ADAPTER = """
import os, signal, sys
from kmc_harness.port import *
from kmc_harness.targets.model import ModelTarget


class Mine(ModelTarget):
    def perform(self, action):
        %s
        return super().perform(action)
"""
DESCRIBED = 'name = "mine"\n[adapter]\npython = "adapter:Mine"\n[mail]\nkind = "adapter"\nsettle = "0s"\n'
CLOCK = '[clock]\nkind = "adapter"\n'
FREEZE = '[clock]\nkind = "freezegun"\n'


@pytest.fixture
def described(tmp_path: Path) -> Callable[..., Path]:
    def make(does: str = "", more: str = CLOCK) -> Path:
        (tmp_path / "adapter.py").write_text(ADAPTER % does.replace("\n", "\n        "))
        (tmp_path / "target.toml").write_text(DESCRIBED + more)
        return tmp_path

    return make


@pytest.fixture
def loaded(described: Callable[..., Path]) -> Iterator[Callable[..., Any]]:
    made: list[Any] = []

    def load(*given: str) -> Any:
        made.append(targets.load(str(described(*given))))
        return made[-1]

    yield load
    for each in made:
        each.close()


def test_it_is_the_same_target_in_another_process(loaded: Callable[..., Any]) -> None:
    target = loaded("assert os.environ.setdefault('KMC_TEST_IN', str(os.getpid()))")
    assert (target.name, target.runs_in) == ("mine", "a process of its own")
    assert target.offers >= {Offer.CLOCK, Offer.OUTBOX}
    probe(target, "probe")
    with pytest.raises(NotOffered):
        target.perform(NoSuchAction())


def test_it_can_run_in_the_process_that_judges(described: Callable[..., Path]) -> None:
    folder = described()
    toml = folder / "target.toml"
    toml.write_text(toml.read_text().replace("[adapter]", "[adapter]\nisolated = false"))
    with closing(targets.load(str(folder))) as target:
        assert target.runs_in == "the process that judges"  # type: ignore[attr-defined]


def test_its_end_costs_what_was_asked_and_the_next_reset_has_a_new_one(loaded: Callable[..., Any]) -> None:
    target = loaded("if isinstance(action, LogIn): os._exit(0)")
    target.reset()
    user = RegisterUser("ada@kmc.example", "Acme", "s3cure-pass!")
    assert target.perform(user).accepted
    with pytest.raises(Exception, match="the adapter ended with status 0 when asked for LogIn"):
        target.perform(LogIn("ada@kmc.example", "s3cure-pass!", account="Acme"))
    target.reset()
    assert target.perform(user).accepted


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("sys.exit(0)", r"RegisterUser: SystemExit: 0 \(adapter\.py:9\)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return None", "RegisterUser was answered with NoneType, not an Observation"),
    ],
)
def test_what_it_raises_is_told_as_in_the_process_that_judges(
    does: str, words: str, loaded: Callable[..., Any]
) -> None:
    target = loaded(does)
    with pytest.raises(Exception, match=words):
        target.perform(RegisterUser("ada@kmc.example", "Acme", "s3cure-pass!"))


def test_what_it_prints_is_no_answer(loaded: Callable[..., Any]) -> None:
    target = loaded("print('x' * 1_000_000); os.write(1, b'y' * 1_000_000)")
    assert target.perform(RegisterUser("ada@kmc.example", "Acme", "s3cure-pass!")).accepted


def test_a_clock_of_python_moves_that_process_alone(loaded: Callable[..., Any]) -> None:
    import time

    before = time.time()
    target = loaded("", FREEZE)
    target.reset()
    began = target.now()
    target.advance(86_400)
    assert 86_400 <= target.now() - began < 90_000
    assert time.time() - before < 86_400
    with target.whole_clock() as whole:
        assert whole is target
        whole.advance(60)
        assert 86_460 <= whole.now() - began < 90_000


def test_what_is_known_to_the_harness_of_its_kind_comes_as_such(loaded: Callable[..., Any]) -> None:
    target = loaded("", "")
    with pytest.raises(NotOffered):
        target.advance(1)
    waits = loaded("", '[clock]\nkind = "wait"\n')
    with pytest.raises(Unreached, match="the patience ends after 120 s"):
        waits.advance(1_000)


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("import nowhere", "No module named 'nowhere'"),
        ("os._exit(0)", "ended with"),
    ],
)
def test_an_adapter_that_cannot_be_loaded_is_a_misuse(does: str, words: str, described: Callable[..., Path]) -> None:
    folder = described()
    (folder / "adapter.py").write_text(f"import os\n{does}\n")
    with pytest.raises(Misuse, match=words):
        targets.load(str(folder))


def test_offers_stay_as_they_were(loaded: Callable[..., Any]) -> None:
    target = loaded("type(self).offers = type(self).offers - {Offer.RACE}")
    target.reset()
    target.perform(RegisterUser("ada@kmc.example", "Acme", "s3cure-pass!"))
    with pytest.raises(AdapterMistake, match="offers changed during the run: race"):
        target.reset()


def test_nothing_of_the_tests_is_told_to_it(loaded: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMC_CONTEXTS", "sweep")
    target = loaded("assert not {'PYTEST_CURRENT_TEST', 'KMC_CONTEXTS'} & set(os.environ)")
    assert target.perform(RegisterUser("ada@kmc.example", "Acme", "s3cure-pass!")).accepted


def test_a_process_that_cannot_start_is_not_judged(loaded: Callable[..., Any]) -> None:
    target = loaded("raise ValueError('boom')")
    with pytest.raises(NotJudged, match="boom"):
        probe(target, "probe")


@pytest.mark.parametrize(
    ("own", "said"), [("", None), ("password_rules = PasswordRules(max=14)", 14), ("password_rules = {}", None)]
)
def test_what_passwords_must_be_passes_the_border(own: str, said: int | None, described: Callable[..., Path]) -> None:
    folder = described()
    (folder / "adapter.py").write_text(ADAPTER % "pass" + f"    {own}\n")
    toml = folder / "target.toml"
    for where in ("true", "false"):
        toml.write_text(DESCRIBED.replace("[adapter]", f"[adapter]\nisolated = {where}") + CLOCK)
        with closing(targets.load(str(folder))) as target:
            rules = target.password_rules  # type: ignore[attr-defined]
            assert (rules and rules.max) == said
