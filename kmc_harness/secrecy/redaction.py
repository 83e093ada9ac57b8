"""What this process has seen of secrets, in whatever scenario: a server's log speaks of earlier ones too."""

from functools import lru_cache
from urllib.parse import quote

from kmc_harness.port import shorten

__all__ = ["SHORTEST", "keep", "spelled", "without_secrets"]

GROUPS = (3, 4)
"""Apps and screens show codes and secrets in groups of so many characters."""
SHORTEST = 4
"""What is shorter stands in texts by chance."""
MOST = 50_000
"""How many are kept, the newest: what is quoted is the end of a log."""

_seen: dict[str, None] = {}


@lru_cache(maxsize=4096)
def spelled(secret: str) -> frozenset[str]:
    """Return how `secret` may be spelled: as it is, percent-encoded, in groups."""
    grouped = (" ".join(secret[at : at + size] for at in range(0, len(secret), size)) for size in GROUPS)
    return frozenset({secret, quote(secret, safe="", errors="replace"), *grouped})


def keep(secret: str) -> None:
    """Keep `secret` out of every later quotation, unless it is short; the oldest goes when there are too many."""
    if len(secret) < SHORTEST:
        return
    _seen.pop(secret, None)
    _seen[secret] = None
    if len(_seen) > MOST:
        del _seen[next(iter(_seen))]


def without_secrets(text: str) -> str:
    """Return `text` with every secret that this process has seen shortened.

    This is for what is quoted, of a log or an exception. Elsewhere a scenario's own secrets are enough, and what
    other scenarios have seen must not change its evidence.
    """
    # Secrets overlap, a link and its token: the longest goes first.
    told = {spelling for secret in tuple(_seen) for spelling in spelled(secret) if spelling in text}
    for spelling in sorted(told, key=len, reverse=True):
        text = text.replace(spelling, shorten(spelling))
    return text
