"""The reference model as a target."""

from collections.abc import Sequence

from kmc_harness.phone.pictures import drawn
from kmc_harness.port import Action, LinkKind, Mail, MailedLink, NotOffered, Observation, Offer
from kmc_model import records
from kmc_model.actions import ACTIONS
from kmc_model.clock import START, ManualClock
from kmc_model.model import Model, Variant
from kmc_model.policy import POLICIES, Policy
from kmc_model.totp import SeededSecrets
from kmc_model.turn import Reason
from kmc_model.values import changed

__all__ = ["ModelTarget"]


class ModelTarget:
    """The model behind the port: pictures instead of secrets, words instead of reasons."""

    offers = frozenset(
        {
            *(Offer.CLOCK, Offer.OUTBOX, Offer.ACCOUNTS, Offer.MEMBERSHIPS, Offer.ENABLE, Offer.ADMINISTER),
            *(
                Offer.SWITCH,
                Offer.RESET,
                Offer.RENEW,
                Offer.RULES,
                Offer.CHANGE,
                Offer.PICTURE,
                Offer.RACE,
                Offer.TOKENS,
                Offer.BROWSERS,
            ),
        }
    )

    forgets = True

    def __init__(self, variant: str | Variant = "article", seed: int | str = 0, start: int = START) -> None:
        """Begin with nobody registered.

        Args:
            variant: the name of a policy, or what the model answers by.
            seed: of secrets and tokens.
            start: the clock after each reset, in epoch seconds.

        """
        self.variant = Variant(POLICIES[variant]) if isinstance(variant, str) else variant
        self.name = "model"
        self._seed = seed
        self._start = start
        self.is_last_first = False
        self.requirement: str | None = None
        self.reset()

    @property
    def policy(self) -> Policy:
        """By which the model answers."""
        return self.variant.policy

    def reset(self) -> None:
        """Forget everything."""
        self._inboxes: dict[str, tuple[Mail, ...]] = {}
        self._delivered = 0
        self.model = Model(ManualClock(self._start), SeededSecrets(self._seed), self.variant)

    def perform(self, action: Action) -> Observation:
        """Perform `action` on the model and show what a person would see."""
        if type(action) not in ACTIONS:
            raise NotOffered(type(action).__name__)
        outcome = self.model.perform(action)
        self.requirement = outcome.requirement
        return Observation(
            accepted=outcome.accepted,
            message=outcome.message,
            asks_for_code=outcome.reason is Reason.CODE_NEEDED,
            picture=drawn(outcome.qr_code.uri, outcome.qr_code.quiet_zone_modules) if outcome.qr_code else None,
            session=outcome.session,
            account=outcome.account,
        )

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Perform them one after another, the last one first where `is_last_first`; nothing comes in between.

        Under a policy that does not lock links, each finds the links as the first one found them.
        """
        links, seen = self.model.state.links, []
        for each in reversed(actions) if self.is_last_first else actions:
            if not self.policy.links_are_locked:
                self.model.state = changed(self.model.state, links={**self.model.state.links, **links})
            seen.append(self.perform(each))
        return seen[::-1] if self.is_last_first else seen

    def now(self) -> int:
        """Return the model's clock in epoch seconds."""
        return self.model.clock.now()

    def advance(self, seconds: int) -> None:
        """Move the model's clock forward."""
        self.model.clock.advance(seconds)

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`, oldest first."""
        for mail in self.model.state.outbox[self._delivered :]:
            self._inboxes[mail.recipient] = (*self._inboxes.get(mail.recipient, ()), self._as_received(mail))
        self._delivered = len(self.model.state.outbox)
        return self._inboxes.get(email, ())

    def _as_received(self, mail: records.Mail) -> Mail:
        links: tuple[MailedLink, ...] = ()
        if mail.link:
            url = next(word for word in mail.text.split() if word.endswith(mail.link))
            links = (MailedLink(LinkKind(self.model.state.links[mail.link].kind), url),)
        return Mail(mail.recipient, mail.sent_at, mail.subject, mail.text, links)

    def close(self) -> None:
        """Nothing is held."""
