"""Ways to count what ends: most products' by the system's time, many caches' by the monotonic clock, some by none."""

import time

from kmc_model.turn import Turn
from kmc_model.values import changed

__all__ = ["LIFETIMES"]

DAY_S = 86_400
issued: dict[str, float] = {}
locked: dict[str, float] = {}


class LinksByMonotonic(Turn):
    """Links stand in a cache of 24 hours, as those of lru-cache and cachetools."""

    def new_link(self, kind, email):
        link = super().new_link(kind, email)
        issued[link.token] = time.monotonic()
        return link

    def is_expired(self, link):
        return time.monotonic() - issued[link.token] > DAY_S


class LinksForEver(Turn):
    """Links never expire."""

    def is_expired(self, link):
        return False


class LocksByMonotonic(Turn):
    """A lock ends a quarter of an hour later by the monotonic clock."""

    def put_credentials(self, credentials):
        if credentials.locked_until == self.now + self.policy.lock_s:
            locked[credentials.email] = time.monotonic() + self.policy.lock_s
        super().put_credentials(credentials)

    @property
    def own(self):
        own = super().own
        if not own.locked_until:
            return own
        return changed(own, locked_until=self.now + (time.monotonic() < locked[own.email]))


class LocksForEver(Turn):
    """A lock never ends."""

    def put_credentials(self, credentials):
        locks = credentials.locked_until > self.now
        super().put_credentials(changed(credentials, locked_until=1 << 40) if locks else credentials)


LIFETIMES = {each.__name__: each for each in (Turn, LinksByMonotonic, LinksForEver, LocksByMonotonic, LocksForEver)}
