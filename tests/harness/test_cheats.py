"""Ways to be judged better than one is, and what becomes of each (docs/border.md has the table)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmc_harness.port import Action, LogIn, Naming, NotOffered, Observation, RegisterUser
from kmc_harness.specification import bindings
from kmc_harness.targets.border import Bordered
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tag_of, tell
from kmc_harness.verdicts import AdapterMistake, NotJudged, Verdict
from tests.conftest import kmc

PATCHES = """
from kmc_harness import verdicts
from kmc_harness.scenario import checks, exchange, world
from kmc_harness.telling import scene
from kmc_harness.targets.model import ModelTarget

checks.Checks.__getattribute__ = lambda *_: lambda *_, **__: None
scene.Scene.result = lambda self, error: None
verdicts.Departure.__init__ = lambda *_: None


class Mine(ModelTarget):
    def __init__(self):
        super().__init__("kaltura-server")
"""


def test_verdicts_that_are_patched_in_another_process_are_none(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(PATCHES)
    described = 'name = "mine"\n[adapter]\npython = "adapter:Mine"\n[clock]\nkind = "adapter"\n'
    (tmp_path / "target.toml").write_text(described + '[mail]\nkind = "adapter"\nsettle = "0s"\n')
    done = kmc("run", "--target", str(tmp_path), "--only", "SWI-002", "--profile", "all", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "accepted with a session" in done.stdout


class _InTheProbesOnly(ModelTarget):
    """Answers what does not exist, unless it is called as in the probes."""

    def perform(self, action: Action) -> Observation:
        try:
            return super().perform(action)
        except NotOffered:
            if type(action).__name__ == "NoSuchAction":
                raise
            return Observation(True)


def test_who_behaves_in_the_probes_only_is_found_among_the_scenarios() -> None:
    target = Bordered(_InTheProbesOnly())
    probe(target, "0")
    seen = {tell(each, target, tag_of("0", each.id)).verdict for each in bindings.all_told()[:40]}
    assert Verdict.ERROR in seen
    assert tell(bindings.all_told()[0], Bordered(ModelTarget()), "00000000").verdict is not Verdict.ERROR


class _OneForAll(ModelTarget):
    def perform(self, action: Action) -> Observation:
        if isinstance(action, RegisterUser | LogIn):
            object.__setattr__(action, "email", "all@kmc.example")
        return super().perform(action)


def test_one_e_mail_for_all_is_not_judged() -> None:
    with pytest.raises(NotJudged):
        probe(Bordered(_OneForAll()), "0")


class _Named(Naming):
    def email(self, name: str) -> str:
        return "all@kmc.example"


@pytest.mark.parametrize("addresses", ["nobody@kmc.example", "{name}{name}@kmc.example", "{name}", "a@b@{name}"])
def test_a_naming_that_names_people_alike_is_refused(addresses: str) -> None:
    target = ModelTarget()
    target.naming = Naming(addresses=addresses)  # type: ignore[attr-defined]
    with pytest.raises(AdapterMistake, match="naming"):
        Bordered(target)


def test_a_naming_of_another_kind_becomes_a_plain_one() -> None:
    target = ModelTarget()
    target.naming = _Named()  # type: ignore[attr-defined]
    assert Bordered(target).naming.email("ada") == "ada@kmc.example"


def test_names_are_others_under_another_seed() -> None:
    assert tag_of("0", "one") != tag_of("1", "one")


def test_a_seed_by_chance_is_told(tmp_path: Path) -> None:
    seeds = {kmc("run", "--only", "SWI-002", "--seed", "random", cwd=tmp_path).stderr for _ in range(2)}
    assert len(seeds) == 2
    assert all(each.startswith("kmc: --seed ") for each in seeds)


class SecondTime(ModelTarget):
    """Lets in whoever is refused twice."""

    def __init__(self) -> None:
        super().__init__()
        self._refused: dict[str, int] = {}

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if not isinstance(action, LogIn) or seen.accepted or action.code is None:
            return seen
        self._refused[action.email] = self._refused.get(action.email, 0) + 1
        return Observation(True, session="s") if self._refused[action.email] > 1 else seen


def test_who_accepts_the_second_time_fails(judge: Callable[..., Any]) -> None:
    ran = judge("python:tests.harness.test_cheats:SecondTime", "--only", "SEC-002", "--only", "LOG-005")
    assert "fail" in ran.verdicts.values()
    assert ran.exit_code == 1
