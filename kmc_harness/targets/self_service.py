"""The reference as a product of another kind: everybody has an account of their own, and pairs on a settings page."""

from dataclasses import replace

from kmc_harness.phone.authenticator import read_qr_code
from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPairing,
    DisableTwoFactor,
    EnableTwoFactor,
    LinkKind,
    LogIn,
    LogOut,
    Mail,
    NotOffered,
    Observation,
    Offer,
    OpenEnrolmentLink,
    RegisterUser,
    RequestReset,
    SetPassword,
    StartPairing,
    UseSession,
)
from kmc_harness.targets.model import ModelTarget
from kmc_model.clock import START
from kmc_model.model import Variant
from kmc_model.values import changed

__all__ = ["SelfService"]


class SelfService(ModelTarget):
    """The model with a settings page, which switches two-factor authentication on for one person alone.

    `keeps_pairing` says whether a reset leaves the pairing, or drops it; the variant must then keep the secret too.
    """

    offers = frozenset(
        {Offer.CLOCK, Offer.OUTBOX, Offer.SETTINGS, Offer.RESET, Offer.RULES, Offer.CHANGE, Offer.BROWSERS}
    )

    def __init__(
        self,
        variant: str | Variant = "article",
        seed: int | str = 0,
        start: int = START,
        *,
        keeps_pairing: bool = False,
    ) -> None:
        """Begin with nobody registered; see `ModelTarget` for the rest."""
        self._keeps_pairing = keeps_pairing
        super().__init__(variant, seed, start)

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self.logged_in: dict[str, LogIn] = {}
        self.paired: set[str] = set()

    def perform(self, action: Action) -> Observation:
        """Perform `action` on the model, in the person's own account."""
        match action:
            case RegisterUser(_, email, password):
                return super().perform(RegisterUser(email, email, password))
            case LogIn(email, _, _, account):
                seen = super().perform(replace(action, account=email if account else None))
                self.logged_in |= {seen.session: action} if seen.session else {}
                return replace(seen, account=None)
            case StartPairing(session):
                return self.start_pairing(self.logged_in[session].email)
            case ConfirmPairing(session, code):
                return self.confirm_pairing(replace(self.logged_in[session], account=None, code=code))
            case SetPassword(link):
                seen = super().perform(action)
                if seen.accepted and not self._keeps_pairing:
                    self._drop_pairing(self.model.state.links[link.rpartition("/")[2]].email)
                return seen
            case UseSession() | LogOut() | RequestReset() | ChangePassword():
                return replace(super().perform(action), account=None)
        raise NotOffered(type(action).__name__)

    def _drop_pairing(self, email: str) -> None:
        super().perform(DisableTwoFactor(email))
        self.paired.discard(email)

    def start_pairing(self, email: str) -> Observation:
        """Show a QR code to somebody who has paired nothing."""
        if email in self.paired:
            return Observation(False, "there is a pairing")
        self._forget_secret(email)
        super().perform(EnableTwoFactor(email))
        shown = super().perform(OpenEnrolmentLink(super().outbox(email)[-1].links[0].url))
        super().perform(DisableTwoFactor(email))
        return Observation(shown.accepted, uri=read_qr_code(shown.picture or b""))

    def _forget_secret(self, email: str) -> None:
        credentials = self.model.state.credentials
        new = {**credentials, email: changed(credentials[email], secret=None)}
        self.model.state = changed(self.model.state, credentials=new)

    def confirm_pairing(self, login: LogIn) -> Observation:
        """Switch two-factor authentication on for somebody whose code is right."""
        super().perform(EnableTwoFactor(login.email))
        seen = super().perform(login)
        if seen.accepted:
            self.paired.add(login.email)
        else:
            super().perform(DisableTwoFactor(login.email))
        return Observation(seen.accepted)

    def outbox(self, email: str) -> list[Mail]:
        """Return the mails that such a product sends: none with a link to a QR code."""
        mails = super().outbox(email)
        return [each for each in mails if not any(link.kind is LinkKind.ENROLMENT for link in each.links)]
