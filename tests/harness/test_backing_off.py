"""A right product that lets nobody try again for a while after a wrong attempt."""

import pytest

from kmc_harness.port import Action, ConfirmPairing, EnableTwoFactor, LogIn, Observation, Offer, RegisterUser
from kmc_harness.running.doctor import State, examine
from kmc_harness.specification import bindings
from kmc_harness.targets.model import ModelTarget
from kmc_harness.telling.probes import probe
from kmc_harness.telling.scene import tell
from kmc_model.analysis.faults import by_name
from tests.targets import Settings

SPARED = (RegisterUser, EnableTwoFactor)


class Throttles(ModelTarget):
    """Refuses everybody everything for half a minute after anybody's wrong password or code."""

    wait_s = 30
    until = 0

    def reset(self) -> None:
        super().reset()
        self.until = 0

    def perform(self, action: Action) -> Observation:
        if self.now() < self.until and not isinstance(action, SPARED):
            return Observation(False, "The e-mail or password is incorrect.")
        seen = super().perform(action)
        if isinstance(action, LogIn | ConfirmPairing) and not seen.accepted and not seen.asks_for_code:
            self.until = self.now() + self.wait_s
        return seen


class ThrottlesInSettings(Throttles, Settings):
    """The same, where people pair in the settings."""


class _WithoutClock(Throttles):
    offers = Throttles.offers - {Offer.CLOCK}


def _departed(target: ModelTarget) -> list[tuple[str, str, str]]:
    probe(target, "probe")
    ends = [tell(each, target, f"again{at}", with_evidence=False) for at, each in enumerate(bindings.all_told())]
    return [(each.requirement, each.title, each.actual) for each in ends if each.verdict not in ("pass", "skipped")]


@pytest.mark.parametrize("name", ["all refused for 5 s", "all refused for 30 s", "wait after a wrong code"])
def test_who_tried_wrongly_has_to_wait(name: str) -> None:
    assert _departed(ModelTarget(by_name(name).variant)) == []


@pytest.mark.parametrize("kind", [Throttles, ThrottlesInSettings])
def test_all_have_to_wait(kind: type[Throttles]) -> None:
    assert _departed(kind()) == []


def test_the_probes_do_not_ask_too_soon_where_no_clock_is_moved() -> None:
    probe(_WithoutClock(), "probe")


def test_the_doctor_does_not_ask_too_soon() -> None:
    made = examine(ModelTarget(by_name("all refused for 30 s").variant))
    assert [each for each in made.findings if each.state not in (State.WORKS, State.LACKS)] == []
    assert made.refusal == ""
