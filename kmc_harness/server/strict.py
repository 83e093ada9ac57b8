"""What a caller meets at the published server beside the rules of the model (facts, 15).

1. It forgets nothing but what its own times say; they are those of the site's clock.
2. What the lab does is no call: it has no names, quota or cache.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from kmc_harness.port import Action, RegisterUser
from kmc_harness.server.backend import Backend
from kmc_harness.server.errors import ApiError
from kmc_harness.server.wire import Parameters
from kmc_model.actions import UserStatus

__all__ = ["Strictness"]

ADMINISTRATORS = {"objectType": "KalturaSystemPartnerOveragedLimit", "type": "ADMIN_LOGIN_USERS"}
QUOTA = 10
RESETS_MAX, RESETS_PERIOD_S = 10, 600
SHORTEST_NAME = 3
ANSWER_KEPT_S, ERROR_KEPT_S = 600, 120
NEVER_DISABLES_CACHE = "user.generateqrcode"
BEFORE_THE_ACTION = "SERVICE_FORBIDDEN_CONTENT_BLOCKED"
"""An error that comes before an action could say that its answer is not to be kept."""


@dataclass
class Strictness:
    """Names, quotas, requests of strangers, and answers that are kept."""

    backend: Backend
    _names: dict[str, tuple[str, str]] = field(default_factory=dict)
    _quotas: dict[str, int] = field(default_factory=dict)
    _asked_at: dict[str, list[int]] = field(default_factory=dict)
    _kept: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.backend.loses = self._loses

    # People

    def name(self, email: str, first: str, last: str) -> None:
        """Remember what somebody is called."""
        self._names[email] = (first, last)

    def _loses(self, action: Action, email: str) -> bool:
        """Whether the mailer dies of a mail: its templates want a name (I-35)."""
        return self._names.get(email) == ("", "") and not isinstance(action, RegisterUser)

    def forbids(self, email: str, password: str) -> bool:
        """Whether a password holds the name of its owner, or is their e-mail."""
        first, last = (each.lower() for each in self._names.get(email, ("", "")))
        parts = [each for each in (first, last) if len(each) >= SHORTEST_NAME] + [f"{first} {last}".strip()]
        return password == email or any(part in password.lower() for part in parts if part)

    def add_administrator(self, account: str) -> None:
        """See that there is room for one more.

        Raises:
            ApiError: there is none, unless the limits of the account are raised.

        """
        members = self.backend.state.memberships.values()
        count = sum(
            each.account == account and each.administrator and each.status is not UserStatus.REMOVED for each in members
        )
        if count >= self._quotas.get(account, QUOTA):
            raise ApiError("ADMIN_LOGIN_USERS_QUOTA_EXCEEDED")

    def limit(self, account: str, limits: Parameters) -> None:
        """Set what `limits` of a configuration say of administrators; a limit of another type is taken, and ignored."""
        for each in limits.values():
            if isinstance(each, dict) and each.items() >= ADMINISTRATORS.items() and str(each.get("max")).isdecimal():
                self._quotas[account] = int(each["max"])

    def reserve(self, email: str) -> None:
        """Count a request for a reset of a stranger; the model counts those of its people.

        Raises:
            ApiError: there were too many.

        """
        now, asked_at = self.backend.now(), self._asked_at.get(email, [])
        if asked_at and now >= asked_at[0] + RESETS_PERIOD_S:
            asked_at = []
        if len(asked_at) >= RESETS_MAX:
            raise ApiError("RESOURCE_IS_RESERVED", ID=email)
        self._asked_at[email] = [*asked_at, now]

    # The response cache

    def kept(self, parameters: Parameters) -> tuple[Any] | None:
        """Return the answer that an identical call had, if it is kept still."""
        at, answer = self._kept.get(_key(parameters), (0, None))
        return (answer,) if self.backend.now() < at and _may_be_kept(parameters) else None

    def keep(self, parameters: Parameters, inner: ApiError | None, answer: Any) -> None:
        """Keep an answer as long as the published server does; `inner` is the error of the server's inside."""
        name = f"{parameters.get('service')}.{parameters.get('action')}".lower()
        keeps = name == NEVER_DISABLES_CACHE or (inner is not None and inner.code == BEFORE_THE_ACTION)
        if keeps and _may_be_kept(parameters):
            until = self.backend.now() + (ERROR_KEPT_S if inner else ANSWER_KEPT_S)
            self._kept[_key(parameters)] = (until, answer)


def _may_be_kept(parameters: Parameters) -> bool:
    return not parameters.get("ks") and not parameters.get("nocache")


def _key(parameters: Parameters) -> str:
    return json.dumps(parameters, sort_keys=True)
