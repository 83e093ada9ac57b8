"""Whether a departure may be that of a clock which stood still.

Many caches count lifetimes by the monotonic clock, which is not moved: some waits never end when it jumps. Then what
ends by that clock looks like what never ends. So the scenario is told again before the same target with that clock
moved along.
"""

import secrets
from collections.abc import Callable
from functools import cache
from typing import Any

from kmc_harness.report.results import ScenarioResult
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.telling.probes import probe
from kmc_harness.verdicts import NotJudged, Verdict

__all__ = ["doubt"]

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


def doubt(exchange: Exchange, ended: ScenarioResult, tell: Callable[[Any, str], ScenarioResult]) -> str:
    """Return in words that the clock may be to blame for how a scenario `ended`; nothing where it is the target.

    Args:
        exchange: that of the scenario, which is over.
        ended: a departure, or a situation that was not reached after time had passed.
        tell: tells it again before a target; a word makes the names of its people new.

    It is the clock's if it passes with the whole clock moved, and ends so once more without: a server is just started
    either time. It is the target's if it ends so at the same step either way. A target that does not bear it is
    judged, unless the scenario speaks of time. People who meet at the same moment do not meet alike each time.

    """
    target = exchange.target
    whole_clock = getattr(target, "whole_clock", None)
    departed = ended.verdict in _DEPARTED
    is_of_time = exchange.moved_s if departed else ended.verdict is Verdict.INCONCLUSIVE and exchange.passed_s
    if whole_clock is None or not is_of_time or exchange.raced:
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
    return _UNKNOWN.format(seen) if departed and exchange.passed_s else ""


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
