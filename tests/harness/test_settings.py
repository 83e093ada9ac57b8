"""QR codes on a settings page: their 24 hours, and that a new one makes the one before useless."""

from dataclasses import replace

import pytest

from kmc_harness.port import Action, ConfirmPairing, Observation, StartPairing
from kmc_harness.specification import bindings
from kmc_harness.targets.self_service import SelfService
from kmc_harness.telling.scene import tell
from kmc_harness.verdicts import Verdict
from kmc_model.model import Variant
from kmc_model.policy import ARTICLE


class QrCodesForEver(SelfService):
    """Lets a pairing be completed at any time."""

    def __init__(self) -> None:
        super().__init__(Variant(replace(ARTICLE, unused_qr_code_ttl_s=None)))


class EachQrCodeCounts(SelfService):
    """Completes a pairing with the code of any QR code that was shown."""

    def perform(self, action: Action) -> Observation:
        seen = super().perform(action)
        if isinstance(action, StartPairing) and seen.accepted:
            email = self.logged_in[action.session].email
            self._shown = [*getattr(self, "_shown", []), self.model.state.credentials[email].secret]
        if isinstance(action, ConfirmPairing) and not seen.accepted:
            now = self.now()
            codes = [self.model.secrets.code_at(each.base32, now) for each in self._shown if each]
            return Observation(action.code in codes)
        return seen

    def reset(self) -> None:
        super().reset()
        self._shown = []


class OneQrCodeForEachPerson(SelfService):
    """Right: shows a person the same QR code until the pairing is complete."""

    def start_pairing(self, email: str) -> Observation:
        self._first = getattr(self, "_first", None) or super().start_pairing(email)
        return self._first

    def reset(self) -> None:
        super().reset()
        self._first: Observation | None = None


def _verdicts(target: SelfService, requirement: str) -> set[Verdict]:
    return {tell(each, target, "x").verdict for each in bindings.all_told() if each.requirement == requirement}


@pytest.mark.parametrize(
    ("target", "requirement", "verdict"),
    [
        (SelfService, "ENR-012", Verdict.PASS),
        (SelfService, "ENR-016", Verdict.PASS),
        (QrCodesForEver, "ENR-012", Verdict.FAIL),
        (EachQrCodeCounts, "ENR-016", Verdict.FAIL),
    ],
)
def test_qr_codes_of_the_settings_are_judged(target: type[SelfService], requirement: str, verdict: Verdict) -> None:
    assert verdict in _verdicts(target(), requirement)


def test_a_product_that_shows_one_qr_code_again_is_not_judged_by_the_one_before() -> None:
    assert _verdicts(OneQrCodeForEachPerson(), "ENR-016") == {Verdict.SKIPPED}
