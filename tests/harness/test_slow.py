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


LOCKS = [replace(ARTICLE, lock_s=lock_s, failures_max=most) for lock_s in (30, 60, 120) for most in (5, 10)]
TARGETS = [Slow(), _SlowToAnswer(), _SlowMail(), *(Slow(Variant(policy)) for policy in LOCKS)]


@pytest.mark.parametrize("target", TARGETS)
def test_a_slow_product_departs_nowhere(target: Slow) -> None:
    probe(target, "probe")
    ends = [tell(each, target, f"slow{at}", with_evidence=False) for at, each in enumerate(bindings.all_told())]
    departed = [each for each in ends if each.verdict not in ("pass", "skipped")]
    assert [(each.requirement, each.title, each.actual) for each in departed] == []


@pytest.mark.parametrize("title", ["Twenty requests", "Ten requests, and ten more before ten minutes are over"])
def test_a_product_that_mails_without_limit_departs(title: str) -> None:
    (told,) = (each for each in bindings.all_told() if each.title == title)
    assert tell(told, ModelTarget(Variant(replace(ARTICLE, resets_max=1000))), "all").verdict == "fail"


@pytest.mark.parametrize("requirement", ["SEC-001", "SEC-002"])
def test_a_slow_product_that_locks_nobody_departs(requirement: str) -> None:
    target = Slow(Variant(replace(ARTICLE, failures_max=5000)))
    told = [
        each
        for each in bindings.all_told()
        # Where an e-mail is another one in capitals, what is typed so counts for nobody.
        if each.requirement == requirement and "The right" in each.title and "capitals" not in each.title
    ]
    assert told
    assert {tell(each, target, each.id).verdict for each in told} == {"fail"}
