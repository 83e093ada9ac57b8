"""A right product is right however long its answers take: no scenario has a window that acts outlast."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from kmc_harness.port import Action, Mail, Observation
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tell
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE


class Slow(ModelTarget):
    """Needs some seconds of its own clock before it acts, and some before it answers."""

    before_s, after_s = 3, 0

    def perform(self, action: Action) -> Observation:
        self.advance(self.before_s)
        seen = super().perform(action)
        self.advance(self.after_s)
        return seen


class _SlowToAnswer(Slow):
    before_s, after_s = 0, 3


class _SlowMail(Slow):
    """Has the first mail wait longer in a queue than those behind it."""

    def outbox(self, email: str) -> Sequence[Mail]:
        first, *rest = super().outbox(email) or [None]
        return [replace(first, sent_at=first.sent_at + 10), *rest] if first else []


class _LimitsNothing(ModelTarget):
    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, resets_max=1000)))


@pytest.mark.parametrize("kind", [Slow, _SlowToAnswer, _SlowMail])
def test_a_slow_product_departs_nowhere(kind: type[Slow]) -> None:
    target = kind()
    probe(target, "probe")
    ends = [tell(each, target, f"slow{at}") for at, each in enumerate(bindings.all_told())]
    departed = [each for each in ends if each.verdict not in ("pass", "skipped")]
    assert [(each.requirement, each.title, each.actual) for each in departed] == []


@pytest.mark.parametrize("title", ["Twenty requests", "Ten requests, and ten more before ten minutes are over"])
def test_a_product_that_mails_without_limit_departs(title: str) -> None:
    (told,) = (each for each in bindings.all_told() if each.title == title)
    assert tell(told, _LimitsNothing(), "all").verdict == "fail"
