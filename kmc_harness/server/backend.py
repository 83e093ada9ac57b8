"""One model, shared by everything that a site serves; its clock is real time plus an offset.

Invariants:
1. Everything that changes goes through `perform`, one action at a time; several that belong together hold `lock`.
2. What `state` returns is never changed afterwards, so it may be read without the lock.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from kmc_harness.port import Action, LinkKind, Mail, MailedLink, RequestReset
from kmc_model import mails, records
from kmc_model.model import Model, Outcome, Variant
from kmc_model.policy import Policy
from kmc_model.totp import SeededSecrets
from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["Backend", "Clock", "OffsetClock"]

FIRST_PARTNER_ID = 101
CENTURY_S = 100 * 365 * 24 * 3600
MADE_UP_ORIGIN = mails.SITE.partition("/index.php")[0]


class Clock(Protocol):
    """What the model is told the time by; `kmc_model.clock.ManualClock` is one too."""

    def now(self) -> int: ...
    def advance(self, seconds: int) -> None: ...


class OffsetClock:
    """Real time, put forward by hand."""

    def __init__(self) -> None:
        self._ahead_s = 0

    def now(self) -> int:
        """Return epoch seconds, UTC."""
        return int(time.time()) + self._ahead_s

    def advance(self, seconds: int) -> None:
        """Move forward by `seconds`.

        Raises:
            ValueError: `seconds` is negative, or the clock would be more than a century ahead.

        """
        if not 0 <= seconds <= CENTURY_S - self._ahead_s:
            raise ValueError(f"the clock was asked to move by {seconds} s; it goes forward, a century at most")
        self._ahead_s += seconds


class Backend:
    """What all parts of a site share."""

    def __init__(
        self,
        variant: Variant | None = None,
        seed: int | str = 0,
        clock: Clock | None = None,
        *,
        origin: str = MADE_UP_ORIGIN,
    ) -> None:
        """Begin with nobody registered; `origin` is what mailed links begin with, as http://127.0.0.1:8800."""
        self.lock = threading.RLock()
        self.clock = clock or OffsetClock()
        self.variant = variant or Variant()
        self.on_mail: Callable[[Mail], None] = lambda mail: None
        self.mails_waiting: Callable[[], int] = lambda: 0
        """How many mails are not delivered yet."""
        self.on_performed: Callable[[int, Action, Outcome], None] = lambda now, action, outcome: None
        self.loses: Callable[[Action, str], bool] = lambda action, email: False
        """Whether the mails that an action sends to an e-mail are lost."""
        self._origin = origin
        # The model only reads its clock, so any that tells the time will do.
        self._model = Model(self.clock, SeededSecrets(seed), self.variant)  # type: ignore[arg-type]
        self._mails: list[Mail] = []
        self._inboxes: dict[str, list[Mail]] = {}
        self._accounts: list[str] = []
        self._partner_ids: dict[str, int] = {}

    @property
    def policy(self) -> Policy:
        """By which the model answers."""
        return self.variant.policy

    def perform(self, action: Action) -> Outcome:
        """Perform `action` now and return how it ended; its mails are delivered before that."""
        with self.lock:
            now, outcome = self.clock.now(), self._model.perform(action)
            self.on_performed(now, action, outcome)
            for name in list(self.state.accounts)[len(self._accounts) :]:
                self._partner_ids[name] = FIRST_PARTNER_ID + len(self._accounts)
                self._accounts.append(name)
            self._deliver(each for each in outcome.mails if not self.loses(action, each.recipient))
            return outcome

    def _deliver(self, sent: Iterable[records.Mail]) -> None:
        for mail in map(self._as_received, sent):
            self._mails.append(mail)
            self._inboxes.setdefault(mail.recipient, []).append(mail)
            self.on_mail(mail)

    def mail_first_password(self, email: str) -> None:
        """Mail a link to set a password, as to somebody who was registered without one."""
        with self.lock:
            turn, before = self.turn(RequestReset(email)), len(self.state.outbox)
            turn.put_mail(mails.first_password(turn.new_link(records.LinkKind.RESET, email)))
            self._model.state = turn.state
            self._deliver(turn.state.outbox[before:])

    def find(self, key: str) -> records.Link | None:
        """Return the link with this key, which may lack its padding or have `.` in its place: it counts decoded."""
        found, bare = self.state.links.get, key.replace(".", "=").rstrip("=")
        return found(bare) or found(bare + "=" * (-len(bare) % 4))

    def put_back(self, link: records.Link) -> None:
        """Have a link be as it was looked at before."""
        with self.lock:
            self._model.state = changed(self.state, links={**self.state.links, link.token: link})

    @property
    def state(self) -> records.State:
        """What is remembered at this instant."""
        return self._model.state

    def would(self, action: Action) -> Outcome:
        """Return how `action` would end now; nothing is done."""
        with self.lock:
            return self._model.would(action)

    def turn(self, action: Action) -> Turn:
        """Return what the rules would see of `action` now, without performing it."""
        with self.lock:
            return self.variant.turn(self.state, action, self.clock.now(), self.policy, self._model.secrets)

    def now(self) -> int:
        """Return the site's time in epoch seconds."""
        return self.clock.now()

    def advance(self, seconds: int) -> None:
        """Move the site's clock forward; raises ValueError where it cannot."""
        with self.lock:
            self.clock.advance(seconds)

    # Accounts by the numbers that Kaltura gives them

    def partner_id(self, account: str) -> int | None:
        """Return the number of `account`, or None where there is no such account."""
        return self._partner_ids.get(account)

    def account(self, partner_id: int) -> str | None:
        """Return the account with this number, or None."""
        place = partner_id - FIRST_PARTNER_ID
        return self._accounts[place] if 0 <= place < len(self._accounts) else None

    # Mail

    def mails(self) -> Sequence[Mail]:
        """Return every mail sent, oldest first."""
        return tuple(self._mails)

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`, oldest first."""
        return tuple(self._inboxes.get(email, ()))

    def _as_received(self, mail: records.Mail) -> Mail:
        text = mail.text.replace(MADE_UP_ORIGIN, self._origin)
        links: tuple[MailedLink, ...] = ()
        if mail.link:
            url = next(word for word in text.split() if word.endswith(mail.link))
            links = (MailedLink(LinkKind(self.state.links[mail.link].kind), url),)
        return Mail(mail.recipient, mail.sent_at, mail.subject, text, links)
