"""What people do, done to your product. What stands here is made up: replace it by your product, action by action.

kmc doctor FOLDER             # what works, and what to write next
kmc run --target FOLDER
"""

import secrets

from kmc_harness.port import Action, LogIn, LogOut, NotOffered, Observation, Offer, RegisterUser, UseSession


class Adapter:
    """Returns what a person would see, never what stands in the database."""

    offers: frozenset[Offer] = frozenset()  # what else your product does, such as Offer.RESET

    def __init__(self) -> None:
        self.passwords: dict[str, str | None] = {}
        self.sessions: set[str] = set()

    def reset(self) -> None:
        """A scenario begins. Its people are new to your product, so there is nothing to clear."""

    def perform(self, action: Action) -> Observation:
        match action:
            case RegisterUser(email=email, password=password):
                self.passwords.setdefault(email, password)
                return Observation(accepted=True)
            case LogIn(email=email, password=password):
                if email not in self.passwords or self.passwords[email] != password:
                    return Observation(accepted=False, message="Wrong e-mail or password.")
                session = secrets.token_urlsafe()
                self.sessions.add(session)
                return Observation(accepted=True, session=session)
            case UseSession(session=session):
                return Observation(accepted=session in self.sessions)
            case LogOut(session=session):
                self.sessions.discard(session)
                return Observation(accepted=True)
        raise NotOffered(type(action).__name__)  # the scenarios that need it are skipped by name

    # What two people do at the same moment, where you offer Offer.RACE (from kmc_harness.racing import in_threads):
    # def at_once(self, actions):
    #     return in_threads(self.perform, actions)

    def close(self) -> None:
        """The run is over: let go of connections."""
