"""A question of the probes among the scenarios: who behaves in the probes only is found by it.

It is an action that does not exist, under a name that could be one: no product hears of it.
"""

from kmc_harness.port import Action, NotOffered, Target
from kmc_harness.verdicts import NotJudged

__all__ = ["NAMES", "ask", "falls_on"]

NAMES = ("RenameAccount", "ShowBackupCodes", "InviteUser", "ListSessions", "UnpairDevice", "ExportUsers", "ResendCode")
ONE_IN = 8


def falls_on(tag: str) -> bool:
    """Return whether the scenario whose names have `tag` is one of those."""
    return int(tag, 16) % ONE_IN == 0


def ask(target: Target, tag: str) -> None:
    """Ask `target` for what does not exist.

    Raises:
        NotJudged: it was answered.

    """
    name = NAMES[int(tag, 16) // ONE_IN % len(NAMES)]
    unknown: Action = type(name, (Action,), {"__module__": Action.__module__})()
    try:
        target.perform(unknown)
    except NotOffered:
        return
    raise NotJudged(
        f"{name}, an action that does not exist, was answered in the middle of the run, though not in the probes; "
        "an adapter raises NotOffered for what it does not know"
    )
