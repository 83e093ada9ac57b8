"""Judge a two-factor login by its documented behaviour: `judge` runs the suite, `load` reads a report of `kmc run`.

An adapter is a `Target`: it performs the actions of `kmc_harness.port` and returns an `Observation` of each.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmc_harness.judging import judge
    from kmc_harness.port import Action, LinkKind, Mail, MailedLink, NotOffered, Observation, Offer, Screen, Target
    from kmc_harness.report import Frames, load
    from kmc_harness.verdicts import Misuse, Verdict

__all__ = [
    "Action",
    "Frames",
    "LinkKind",
    "Mail",
    "MailedLink",
    "Misuse",
    "NotOffered",
    "Observation",
    "Offer",
    "Screen",
    "Target",
    "Verdict",
    "judge",
    "load",
]

__version__ = "0.1.0"

_MODULES = {
    "judging": ("judge",),
    "port": ("Action", "LinkKind", "Mail", "MailedLink", "NotOffered", "Observation", "Offer", "Screen", "Target"),
    "report": ("Frames", "load"),
    "verdicts": ("Misuse", "Verdict"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for first: `kmc --help` needs none of them."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
