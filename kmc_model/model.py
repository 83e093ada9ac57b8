"""The reference model: it performs actions one after another under a policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from kmc_model.actions import Action
from kmc_model.clock import ManualClock
from kmc_model.policy import ARTICLE, Policy
from kmc_model.qr import QrCode
from kmc_model.records import Mail, State
from kmc_model.rules import RULES, Rule, Rulebook, by_action
from kmc_model.totp import SeededSecrets
from kmc_model.turn import Reason, Secrets, Turn
from kmc_model.values import Hidden, Shown, Value

__all__ = ["Event", "Model", "Outcome", "Variant"]


class Outcome(Value, Shown, frozen=True):
    """The model's answer: the result of an action, the requirement behind it, and everything the person sees."""

    requirement: str | None
    reason: Reason | None = None
    message: str = ""
    qr_code: QrCode | None = None
    session: Hidden[str | None] = None
    account: str | None = None
    mails: tuple[Mail, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.reason is None


class Event(Value, frozen=True):
    """What was done at an instant (epoch seconds), and how it ended."""

    at: int
    action: Action
    outcome: Outcome


@dataclass(frozen=True)
class Variant:
    """The policy, rules and turn that determine the answers of a model.

    Attributes:
        policy: the contested numbers and choices.
        rules: the table, in the order of the checks.
        turn: the class through which rules see an action, and effects change the state.

    """

    policy: Policy = ARTICLE
    rules: Sequence[Rule] = RULES
    turn: type[Turn] = Turn

    @cached_property
    def _rulebook(self) -> Rulebook:
        return by_action(self.rules)

    def step(self, state: State, action: Action, now: int, secrets: Secrets) -> tuple[State, Outcome]:
        """Return the state after `action` at `now` (epoch seconds), and the answer; `state` stays as it is.

        Raises:
            LookupError: no rule answers this action.

        """
        here = self.turn(state, action, now, self.policy, secrets)
        for rule in self._rulebook[type(action)]:
            if rule.applies(here):
                for effect in rule.effects:
                    effect.apply(here)
                return here.state, _outcome(here, rule, mails_before=len(state.outbox))
        raise LookupError(f"no rule answers {action!r}; the last row of an action must always apply")


def _outcome(turn: Turn, rule: Rule, mails_before: int) -> Outcome:
    opened = turn.opened
    return Outcome(
        rule.requirement,
        rule.reason,
        turn.message(rule.reason) if rule.reason else "",
        QrCode(turn.uri(turn.shown), turn.policy.quiet_zone_modules) if turn.shown else None,
        opened.handle if opened else None,
        opened.account if opened else None,
        turn.state.outbox[mails_before:],
    )


class Model(Shown):
    """The reference implementation in memory. It is deterministic: same seed and actions, same bytes."""

    def __init__(
        self, clock: ManualClock | None = None, secrets: Secrets | None = None, variant: Variant | None = None
    ) -> None:
        self.clock = clock or ManualClock()
        self.secrets = secrets or SeededSecrets(0)
        self.variant = variant or Variant()
        self.state = State()
        self.events: list[Event] = []

    @property
    def policy(self) -> Policy:
        """The policy of this model."""
        return self.variant.policy

    def perform(self, action: Action) -> Outcome:
        """Perform `action` now and return how it ended."""
        now = self.clock.now()
        self.state, outcome = self.variant.step(self.state, action, now, self.secrets)
        self.events.append(Event(now, action, outcome))  # pragma: no mutate - for who looks back, not for a target
        return outcome

    def would(self, action: Action) -> Outcome:  # pragma: no mutate block - for who looks ahead, not for a target
        """Return how `action` would end now; nothing is done."""
        return self.variant.step(self.state, action, self.clock.now(), self.secrets)[1]

    def __repr__(self) -> str:  # pragma: no mutate block - for who looks back, not for a target
        now = f"{datetime.fromtimestamp(self.clock.now(), UTC):%d %b %Y, %H:%M:%S}"
        people = f"accounts {len(self.state.accounts)}, people {len(self.state.credentials)}"
        return f"Model(policy {self.policy.name}, {now}: {people}, actions {len(self.events)})"
