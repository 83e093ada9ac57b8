"""A witness of a fault: a few actions after which a person sees something else than of the reference."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kmc_model.actions import Action
from kmc_model.analysis.faults._fault import Fault, Kind
from kmc_model.clock import ManualClock
from kmc_model.model import Model, Outcome, Variant
from kmc_model.records import LinkKind
from kmc_model.totp import SeededSecrets, code_at

__all__ = ["Play", "Witnessed", "blind", "harmless", "shows"]


@dataclass
class Play:
    """People in front of one model, and what they see.

    Attributes:
        model: in front of whom.
        seen: what was seen of each action.
        screens: what the QR code that each link showed last says, by the link's owner.

    """

    model: Model
    seen: list[tuple[object, ...]] = field(default_factory=list)
    screens: dict[str, str] = field(default_factory=dict)

    def do(self, action: Action) -> Outcome:
        """Perform `action`, and keep what a person sees of it."""
        outcome = self.model.perform(action)
        uri = outcome.qr_code.uri if outcome.qr_code else None
        if uri:
            self.screens[_owner(self.model, action)] = uri
        mails = sorted((each.recipient, each.link is not None) for each in outcome.mails)
        shown = (outcome.accepted, outcome.reason, outcome.message, uri, outcome.session is not None, outcome.account)
        self.seen.append((type(action).__name__, *shown, mails))
        return outcome

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.model.clock.advance(seconds)

    def link(self, email: str, kind: str, nth: int = -1) -> str:
        """Return the `nth` link of `kind`, enrolment or reset, mailed to `email`; a made-up one where there is none."""
        links = self.model.state.links
        mailed = [
            each.link
            for each in self.model.state.outbox
            if each.recipient == email and each.link and links[each.link].kind is LinkKind(kind)
        ]
        try:
            return f"https://kmc.example/{mailed[nth]}"
        except IndexError:
            return "https://kmc.example/none-was-mailed"

    def secret(self, email: str) -> str:
        """Return the secret in the QR code that was last shown to `email`; "" where none was."""
        return self.screens.get(email, "").partition("secret=")[2].partition("&")[0]

    def code(self, email: str, ahead_s: int = 0) -> str:
        """Return the code that the app of `email` shows, `ahead_s` seconds from now."""
        return code_at(self.secret(email), self.model.clock.now() + ahead_s)


def _owner(model: Model, action: Action) -> str:
    link = model.state.links.get(getattr(action, "link", "").rpartition("/")[2])
    return link.email if link else ""


@dataclass(frozen=True)
class Witnessed:
    """A change of the reference, and a witness that it shows."""

    fault: Fault
    witness: Callable[[Play], None]

    def called(self, name: str) -> "Witnessed":
        """Return it under another name."""
        return replace(self, fault=replace(self.fault, name=name))


def blind(name: str, sentence: str, *requirements: str, variant: Variant, witness: Callable[[Play], None]) -> Witnessed:
    """Return a fault; each of `requirements` is broken by it."""
    return Witnessed(Fault(name, sentence, requirements, Kind.BLIND, variant), witness)


def harmless(name: str, sentence: str, *, variant: Variant, witness: Callable[[Play], None]) -> Witnessed:
    """Return a change that no requirement forbids, although a person sees it."""
    return Witnessed(Fault(name, sentence, (), Kind.BENIGN, variant), witness)


def shows(witnessed: Witnessed) -> bool:
    """Whether the witness sees something else of the fault than of the reference."""
    return _seen(witnessed, Variant()) != _seen(witnessed, witnessed.fault.variant)


def _seen(witnessed: Witnessed, variant: Variant) -> list[tuple[object, ...]]:
    play = Play(Model(ManualClock(), SeededSecrets(0), variant))
    witnessed.witness(play)
    return play.seen
