"""Whether a departure may be that of a clock which stood still.

Many caches count lifetimes by the monotonic clock, which is not moved: some waits never end when it jumps. Then what
ends by that clock looks like what never ends. So the scenario is told again before the same target with that clock
moved along.
"""

import secrets
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.telling.probes import probe
from kmc_harness.verdicts import NotJudged, Verdict

__all__ = ["Ended", "doubt"]

_DEPARTED = (Verdict.FAIL, Verdict.WARNING)
_COUNTS = (
    "; with its monotonic clock moved along it passes: that clock counts here, and stood still; "
    "write monotonic = true under [clock], or have the cache count by the system's time"
)
_UNKNOWN = (
    "; whether its monotonic clock counts here, which stood still, could not be found out: with that "
    "clock moved along, {}; have caches count by the system's time, or write monotonic = false under [clock] where "
    "nothing that ends counts by it"
)


class Ended(Protocol):
    """How a scenario ended, or a trace; `step` is the first that departed, or where it broke off."""

    @property
    def verdict(self) -> Verdict:
        """Whether it departed."""

    @property
    def step(self) -> str:
        """In words."""

    @property
    def expected(self) -> str:
        """In words."""

    @property
    def actual(self) -> str:
        """In words."""


def doubt(target: Any, ended: Ended, tell: Callable[[Any, str], Ended], *, moved_s: int, passed_s: int) -> str:
    """Return in words that the clock may be to blame for how a scenario `ended`; nothing where it is the target.

    Args:
        target: before which it ended so.
        ended: a departure, or a situation that was not reached after time had passed.
        tell: tells it again before a target; a word makes the names of its people new.
        moved_s: by how many seconds the clock was moved; 0 as well where people met at the same moment, who do not
            meet alike each time.
        passed_s: how much of it the sentences let pass.

    It is the clock's if it passes with the whole clock moved, and ends so once more without: a server is just started
    either time. It is the target's if it ends so at the same step either way. A target that does not bear it is
    judged, unless the scenario speaks of time.

    """
    whole_clock = getattr(target, "whole_clock", None)
    departed = ended.verdict in _DEPARTED
    is_of_time = moved_s if departed else ended.verdict is Verdict.INCONCLUSIVE and moved_s and passed_s
    if whole_clock is None or not is_of_time:
        return ""
    with whole_clock() as whole:
        if whole is None:
            return ""
        why = _unfit(whole)
        again = None if why else tell(whole, "whole")
    if again and again.verdict is Verdict.PASS:
        return _COUNTS if tell(target, "as before").verdict is ended.verdict else ""
    if again and (again.verdict, again.step) == (ended.verdict, ended.step):
        return ""
    seen = f"it expects {again.expected}; actual: {again.actual}" if again else why
    return _UNKNOWN.format(seen) if departed and passed_s else ""


@cache
def _unfit(whole: Any) -> str:
    """Return why nothing can be told before `whole`, or nothing; a target is tried once."""
    try:
        probe(whole, secrets.token_hex(4))
    except NotJudged as error:
        return str(error)
    except Exception as error:
        return in_words(error, whole)
    return ""
