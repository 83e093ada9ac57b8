"""One action being judged: what the rules can see of it, and how they change the state.

Invariants:
1. A turn never touches the state it was given: each change makes a new one.
2. Time, secrets and the checking of codes come in as arguments; nothing here reads a clock or random source.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Protocol

from kmc_model.actions import AccountStatus, ConfirmPassword, UserStatus
from kmc_model.clock import STEP_S
from kmc_model.policy import Policy
from kmc_model.qr import key_uri
from kmc_model.records import Account, Credentials, Link, LinkKind, LinkStatus, Mail, Membership, Secret, Session, State
from kmc_model.values import changed

__all__ = ["Reason", "Secrets", "Turn"]


class Reason(StrEnum):
    """Why an action was refused."""

    WRONG_CREDENTIALS = "wrong credentials"
    LOCKED = "locked"
    NOT_IN_ACCOUNT = "not in this account"
    BLOCKED = "blocked"
    CODE_NEEDED = "code needed"
    WRONG_CODE = "wrong code"
    LINK_NOT_VALID = "link not valid"
    PASSWORD_REFUSED = "password refused"
    SESSION_ENDED = "session ended"
    NEW_LOGIN_REQUIRED = "new login required"
    NOT_ALLOWED = "not allowed"
    UNKNOWN = "unknown"


TEXTS = {
    Reason.WRONG_CREDENTIALS: "The e-mail or password is incorrect.",
    Reason.LOCKED: "The e-mail or password is incorrect.",
    Reason.NOT_IN_ACCOUNT: "You are not a user of this account.",
    Reason.BLOCKED: "You cannot log in to this account.",
    Reason.CODE_NEEDED: "Enter the authenticator code.",
    Reason.WRONG_CODE: "Invalid authenticator code.",
    Reason.LINK_NOT_VALID: "This link is not valid.",
    Reason.PASSWORD_REFUSED: "The password does not obey the rules.",
    Reason.SESSION_ENDED: "Your session has ended. Log in again.",
    Reason.NEW_LOGIN_REQUIRED: "The requested account requires a new login.",
    Reason.NOT_ALLOWED: "You are not allowed to do this.",
    Reason.UNKNOWN: "No such account or user.",
}
"""What a person reads; being locked looks like a wrong password (SEC-004)."""


class Secrets(Protocol):
    """Where secrets and tokens come from, and who can tell which time step a code belongs to."""

    def secret(self, serial: int, bits: int) -> str:
        """Return the `serial`-th shared secret in base32."""

    def token(self, serial: int) -> str:
        """Return the `serial`-th unguessable token, URL-safe."""

    def readable_token(self, serial: int, expires_at: int) -> str:
        """Return a token that tells whoever decodes it a user's number and when it expires (I-32)."""

    def code_at(self, secret: str, now: int) -> str:
        """Return the code of `secret` at `now`."""

    def counter_of(self, code: str, secret: str, now: int, tolerance_steps: int, as_numbers: bool) -> int | None:
        """Return the TOTP counter that `code` fits at `now`, or None; an empty `secret` is the empty key."""


class Turn:
    """What one rule after another looks at, and what their effects leave behind."""

    def __init__(self, state: State, action: Any, now: int, policy: Policy, secrets: Secrets) -> None:
        self.state = state
        self.action = action
        self.now = now
        self.policy = policy
        self.secrets = secrets
        self.shown: Secret | None = None
        self.opened: Session | None = None
        self.email = self._email()

    # What the action speaks of

    @property
    def link(self) -> Link | None:
        return self.state.links.get(self.action.link.rpartition("/")[2])

    @property
    def enrolment(self) -> Link | None:
        """The link whose QR code is asked for: the one opened, or the one that OK leads to."""
        link = self.link
        if isinstance(self.action, ConfirmPassword):
            return self.state.links.get(link.follow_up or "") if link else None
        return link

    @property
    def session(self) -> Session | None:
        return self.state.sessions.get(self.action.session)

    def _email(self) -> str:
        """Return whose turn it is: whom the action names, or who owns the session or link it names."""
        if email := getattr(self.action, "email", None):
            return str(email)
        owner = self.session if hasattr(self.action, "session") else self.link if hasattr(self.action, "link") else None
        return owner.email if owner else ""

    @property
    def credentials(self) -> Credentials | None:
        return self.state.credentials.get(self.email)

    @property
    def own(self) -> Credentials:
        """The credentials, where an earlier rule has made sure that there are some."""
        return self.state.credentials[self.email]

    @property
    def account(self) -> Account | None:
        """The account named, or the one that a login without a name opens."""
        return self.state.accounts.get(self.action.account or self._chosen_account())

    @property
    def first_choice(self) -> Account | None:
        """The account named, or the one that a login without a name looks at first: joined first, or used last."""
        last = self.own.last_account if self.policy.nameless_login_opens == "last used" else ""
        return self.state.accounts.get(self.action.account or last or next(self.memberships()).account)

    @property
    def membership(self) -> Membership | None:
        account = self.account
        return self.state.memberships.get((account.name, self.email)) if account else None

    def memberships(self) -> Iterator[Membership]:
        """The user's places in accounts, oldest first."""
        email = self.email
        return (each for each in self.state.memberships.values() if each.email == email)

    def lets_in(self, name: str) -> bool:
        account, membership = self.state.accounts[name], self.state.memberships.get((name, self.email))
        return (
            account.status is AccountStatus.ACTIVE and membership is not None and membership.status is UserStatus.ACTIVE
        )

    def needs_two_factor(self) -> bool:
        """Whether any account that the user is active in demands a second factor."""
        return any(
            self.state.accounts[each.account].two_factor
            for each in self.memberships()
            if each.status is UserStatus.ACTIVE
        )

    def _chosen_account(self) -> str:
        """Return the account that a login without a name opens: of those that let the user in, or of all."""
        joined = [each.account for each in self.memberships()]
        opens = self.policy.nameless_login_opens
        joined = [self.own.last_account, *joined] if opens == "last used" else joined
        return joined[0] if opens == "first" else max(joined[:: -1 if opens == "last usable" else 1], key=self.lets_in)

    def needs_code(self, account: Account) -> bool:
        """Whether a login to `account` needs a code."""
        return account.two_factor

    # What follows from the clock

    def is_expired(self, link: Link) -> bool:
        return self.now > self.policy.link_ends_at(link.kind, link.issued_at)

    def is_dead(self, secret: Secret) -> bool:
        ends_at = self.policy.qr_code_ends_at(secret.issued_at)
        return ends_at is not None and not secret.proven and self.now > ends_at

    def is_over(self, session: Session) -> bool:
        """Whether a session has ended by itself."""
        ttl_s = self.policy.session_ttl_s
        return ttl_s is not None and self.now >= session.since + ttl_s

    def counter(self) -> int | None:
        """The time step that the code of this login belongs to, or None."""
        secret, behind, ahead = self.own.secret, self.policy.tolerance_steps, self.policy.steps_ahead
        ahead = behind if ahead is None else ahead
        counter = self.secrets.counter_of(
            self.action.code,
            secret.base32 if secret else "",
            self.now,
            max(behind, ahead),
            self.policy.codes_compared_as_numbers,
        )
        if counter is None or behind == ahead:
            return counter
        return counter if -behind <= counter - self.now // STEP_S <= ahead else None

    # What a person reads and sees

    def message(self, reason: Reason) -> str:
        """Return what the person is told who is refused for `reason`."""
        return TEXTS[reason]

    def uri(self, secret: Secret) -> str:
        """Return what the QR code says."""
        return key_uri(secret.base32, self.email, self.policy.uri_names_issuer)

    # Changes

    def put_account(self, account: Account) -> None:
        self.state = changed(self.state, accounts={**self.state.accounts, account.name: account})

    def put_membership(self, membership: Membership) -> None:
        key = (membership.account, membership.email)
        self.state = changed(self.state, memberships={**self.state.memberships, key: membership})

    def put_credentials(self, credentials: Credentials) -> None:
        self.state = changed(self.state, credentials={**self.state.credentials, credentials.email: credentials})

    def put_link(self, link: Link) -> None:
        self.state = changed(self.state, links={**self.state.links, link.token: link})

    def put_session(self, session: Session) -> None:
        self.state = changed(self.state, sessions={**self.state.sessions, session.handle: session})

    def put_mail(self, mail: Mail) -> None:
        self.state = changed(self.state, outbox=(*self.state.outbox, mail))

    def new_serial(self) -> int:
        self.state = changed(self.state, serial=self.state.serial + 1)
        return self.state.serial

    def new_link(self, kind: LinkKind, email: str) -> Link:
        """Issue a link; under a policy of one link at a time it replaces all others of that person."""
        if self.policy.one_link_at_a_time:
            self.replace_links(email, *LinkKind)
        link = Link(self.token(self.new_serial(), link=kind), kind, email, self.now)
        self.put_link(link)
        return link

    def replace_links(self, email: str, *kinds: LinkKind) -> None:
        """Make every open link of these kinds worthless."""
        for link in self.state.links.values():
            if link.email == email and link.kind in kinds and link.status is LinkStatus.OPEN:
                self.put_link(changed(link, status=LinkStatus.REPLACED))

    def new_secret(self, email: str) -> None:
        secret = Secret(self.base32(self.new_serial()), self.now)
        own = self.state.credentials[email]
        self.put_credentials(changed(own, secret=secret, last_counter=-1, earlier_counters=frozenset()))

    def token(self, serial: int, *, link: LinkKind | None) -> str:
        """Return a new token: of a link of this kind, or of a session."""
        if link and not self.policy.links_are_opaque:
            return self.secrets.readable_token(serial, self.policy.link_ends_at(link, self.now))
        return self.secrets.token(serial)

    def base32(self, serial: int) -> str:
        """Return a new shared secret."""
        return self.secrets.secret(serial, self.policy.secret_bits)
