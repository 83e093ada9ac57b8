"""Sessions that an answer opens without a code in an account that demands one (ENA-007), whatever was done.

Each new handle is tried before anything else happens: does it open pages, and is a code asked for where the same
person logs in with the password alone?
"""

from collections.abc import Callable
from typing import NamedTuple

from kmc_harness.port import (
    Action,
    ChangePassword,
    ConfirmPairing,
    LogIn,
    Observation,
    StartPairing,
    UseSession,
)
from kmc_harness.scenario.people import People, Person

__all__ = ["Opened", "Sessions"]

IN_SESSION = (UseSession, StartPairing, ConfirmPairing, ChangePassword)
"""What is done in a session stays in it, and in its account, whatever its handle is afterwards."""


class Opened(NamedTuple):
    """A session that was opened without a code: in which sentence, from 0, and by what."""

    step: int
    actual: str


class _New(NamedTuple):
    step: int
    action: str
    person: Person
    handle: str


class Sessions:
    """Watches the handles in the answers of a target; `opened` is the first session without a code."""

    def __init__(self, people: People, perform: Callable[[Action], Observation]) -> None:
        """Start with no handle seen; `perform` has the target asked."""
        self._people = people
        self._perform = perform
        self._seen: dict[str, str | None] = {}
        self._with_code: set[str] = set()
        self._new: list[_New] = []
        self.opened: Opened | None = None

    def watch(self, step: int, action: Action, person: Person | None, seen: Observation) -> None:
        """Keep a new handle in an answer to `person`, in the sentence `step`; None: to vendor or administration."""
        handle, used = seen.session, getattr(action, "session", None)
        if handle is None:
            return
        is_new, before = handle not in self._seen, self._seen.get(used) if used else None
        # A session may go to another account as it is.
        self._seen[handle] = (seen.account if seen.accepted else None) or self._seen.get(handle)
        if not is_new:
            return
        gave_code = isinstance(action, LogIn | ConfirmPairing) and bool(action.code)
        if seen.accepted and (gave_code or used in self._with_code):
            self._with_code.add(handle)
        elif person and not self._is_expected(action, seen, before) and self._may_need_code(person):
            self._new.append(_New(step, type(action).__name__, person, handle))

    @staticmethod
    def _is_expected(action: Action, seen: Observation, before: str | None) -> bool:
        """Whether an answer may have a session; `before`: the account of the one used, where that is known.

        That of a login is judged where it is expected to be refused.
        """
        is_in_session = isinstance(action, IN_SESSION) and (before is None or seen.account in (None, before))
        return seen.accepted and (is_in_session or isinstance(action, LogIn))

    def _may_need_code(self, person: Person) -> bool:
        on = self._people.two_factor.intersection(person.memberships)
        return bool(on) or person.authenticator is not None or person.paired_alone

    def look(self) -> None:
        """Try the new handles, before anything else happens."""
        new, self._new = self._new, []
        for each in new:
            if self.opened is None and self._needs_code_there(each.person, each.handle):
                what = f"{each.action} was answered with a session that opens pages"
                self.opened = Opened(each.step, f"{what}, where {each.person.name}'s login asks for a code")

    def _needs_code_there(self, person: Person, handle: str) -> bool:
        """Whether a session opens pages of accounts to which `person`'s password alone is no way in."""
        used = self._perform(UseSession(handle))
        if not used.accepted:
            return False
        names = [self._people.account(each) for each in person.memberships]
        accounts = [used.account] if used.account else names
        logins = (LogIn(person.email, person.password, None, each) for each in accounts)
        return bool(accounts) and all(_asks(self._perform(each)) for each in logins)


def _asks(seen: Observation) -> bool:
    return seen.asks_for_code and not seen.accepted
