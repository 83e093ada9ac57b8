"""Mail of which the adapter tells when all is out: nobody waits longer, and a word that is wrong is found."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kmc_harness import targets
from kmc_harness.hosting.mail import Told
from kmc_harness.port import Mail, RegisterUser
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.targets.kaltura import Kaltura
from kmc_harness.verdicts import AdapterMistake
from kmc_model.clock import ManualClock
from tests.server.inside import TOKEN, Served

ADA, LONG_S, ACTS = "ada@kmc.example", 3600.0, 12
NOT_YET = 1e9
"""An instant after which mail may come for long."""
MAIL = Mail(ADA, 0, "a link", "")


@dataclass
class Box:
    """A mailbox that notes how long was waited; `late` come only to whoever waits."""

    there: list[Mail] = field(default_factory=list)
    late: list[Mail] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def mails(self, email: str, quiet_since: float, settle_s: float) -> tuple[Mail, ...]:
        self.waited.append(settle_s)
        self.there += [self.late.pop() for _ in self.late[:] if settle_s]
        return tuple(self.there)

    def close(self) -> None:
        """Nothing is held."""


def _looks(told: Told, box: Box, acts: int, mailed: Callable[[int], list[Mail]] = lambda _: [MAIL]) -> None:
    for act in range(acts):
        box.there += mailed(act)
        told.mails(ADA, float(act), LONG_S)


def test_what_has_come_is_waited_for_no_longer_than_it_is_told() -> None:
    box = Box()
    _looks(Told(box, lambda: True), box, ACTS)
    assert box.waited == [0.0] * ACTS


def test_that_nothing_came_is_waited_for_in_full_ten_times() -> None:
    box = Box()
    told = Told(box, lambda: True)
    _looks(told, box, ACTS, lambda _: [])
    assert box.waited == [0.0, LONG_S] * 10 + [0.0] * (ACTS - 10)


def test_a_mail_is_waited_for_until_it_is_told_to_be_out() -> None:
    box = Box()
    words: Iterator[bool] = iter([False, False, True])

    def are_out() -> bool:
        said = next(words)
        box.there += [MAIL] if said else []
        return said

    assert Told(box, are_out).mails(ADA, NOT_YET, LONG_S) == (MAIL,)
    assert box.waited == [0.0]


def test_where_nothing_is_told_it_is_waited_as_long_as_mail_may_take() -> None:
    box, asked = Box(late=[MAIL]), []

    def are_out() -> bool:
        asked.append(1)
        return False

    assert Told(box, are_out).mails(ADA, -LONG_S, 1.0) == (MAIL,)
    assert box.waited == [1.0]
    assert asked == [1]


def test_after_one_act_it_is_asked_once() -> None:
    asked = []
    told = Told(Box(), lambda: asked.append(1) is None)
    for email in (ADA, "bo@kmc.example"):
        told.mails(email, 1.0, LONG_S)
    assert asked == [1]


def test_a_mail_after_all_were_told_to_be_out_is_the_adapters_mistake_and_then_it_is_waited() -> None:
    box = Box(late=[MAIL])
    told = Told(box, lambda: True)
    with pytest.raises(AdapterMistake, match=r"mails_are_out\(\) said so, and a mail came after that"):
        told.mails(ADA, 0.0, LONG_S)
    box.late.append(MAIL)
    assert len(told.mails(ADA, 1.0, LONG_S)) == 2


# In front of the suite


LATE = """
from kmc_harness.targets.model import ModelTarget


class Late(ModelTarget):
    '''Its mail is out when it has been asked twice after an act.'''

    left = 0

    def perform(self, action):
        self.left = 2
        return super().perform(action)

    def mails_are_out(self):
        self.left -= 1
        return self.left < 1

    def outbox(self, email):
        return () if self.left > 0 else super().outbox(email)


class Silent(ModelTarget):
    pass


class Unclear(ModelTarget):
    def mails_are_out(self):
        return "yes"
"""
DESCRIBED = """
name = "late"
[adapter]
python = "adapter:{name}"
[clock]
kind = "adapter"
[mail]
kind = "adapter"
settle = "{settle}"
idle = true
"""


@pytest.fixture
def described(tmp_path: Path) -> Callable[..., str]:
    def make(name: str, settle: str = "100ms") -> str:
        (tmp_path / "adapter.py").write_text(LATE)
        (tmp_path / "target.toml").write_text(DESCRIBED.format(name=name, settle=settle))
        return str(tmp_path)

    return make


def test_a_product_whose_mail_is_late_gets_its_verdicts(
    judge: Callable[..., Any], described: Callable[..., str]
) -> None:
    only = [word for name in ("ENA-001", "RST-001", "RST-013") for word in ("--only", name)]
    ran = judge(described("Late"), *only)
    assert ran.verdicts == dict.fromkeys(("ENA-001", "RST-001", "RST-013"), "pass")


def test_an_adapter_that_is_to_tell_and_cannot_is_told_what_it_lacks(described: Callable[..., str]) -> None:
    with closing(targets.load(described("Silent"))) as target, pytest.raises(AdapterMistake, match="no mails_are_out"):
        target.reset()


def test_an_answer_that_is_neither_yes_nor_no_is_a_mistake(described: Callable[..., str]) -> None:
    with closing(targets.load(described("Unclear"))) as target:
        target.reset()
        with pytest.raises(AdapterMistake, match=r"mails_are_out\(\) was answered with a value of type str, not bool"):
            target.outbox(ADA)


TELLS_IN_EXEC = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    results = {"start": {"protocol": 1, "name": "x", "offers": ["outbox"]}, "mails_are_out": True, "outbox": []}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": results.get(asked["method"])}), flush=True)
"""


def test_an_adapter_in_another_language_is_asked_too(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(TELLS_IN_EXEC)
    described = 'name = "x"\n[adapter]\nexec = ["{python}", "adapter.py"]\n[mail]\nkind = "adapter"\nidle = true\n'
    (tmp_path / "target.toml").write_text(described + 'settle = "10ms"\n')
    with closing(targets.load(str(tmp_path))) as target:
        target.reset()
        assert target.outbox(ADA) == ()


# Kaltura's own


def test_a_kaltura_tells_its_vendor_when_all_mail_is_out() -> None:
    backend = Backend(clock=ManualClock())
    with closing(Served()) as served:
        served.app = make_app(backend, lab=False, token=TOKEN, strict=True)
        vendor = Kaltura(served.url, secret=TOKEN)
        vendor.perform(RegisterUser("Acme", ADA, "s3cure-pass!"))
        assert vendor.mails_are_out()
        backend.mails_waiting = lambda: 2
        assert not vendor.mails_are_out()
