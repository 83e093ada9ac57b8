"""The reference model of the KMC's two-factor login: a small table of rules, and what is derived from it.

>>> from kmc_model import KALTURA_SERVER, Model, Variant
>>> Model(variant=Variant(KALTURA_SERVER)).policy.name
'kaltura-server'
"""

import builtins
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmc_model.analysis.population import Behaviour, simulate, sweep
    from kmc_model.clock import ManualClock
    from kmc_model.model import Model, Outcome, Variant
    from kmc_model.notebook.display import InFull
    from kmc_model.notebook.history import History
    from kmc_model.notebook.player import Play, Player
    from kmc_model.policy import ARTICLE, KALTURA_SERVER, Policy

__all__ = [
    "ARTICLE",
    "KALTURA_SERVER",
    "Behaviour",
    "History",
    "InFull",
    "ManualClock",
    "Model",
    "Outcome",
    "Play",
    "Player",
    "Policy",
    "Variant",
    "simulate",
    "sweep",
]

_MODULES = {
    "analysis.population": ("Behaviour", "simulate", "sweep"),
    "clock": ("ManualClock",),
    "model": ("Model", "Outcome", "Variant"),
    "notebook.display": ("InFull",),
    "notebook.history": ("History",),
    "notebook.player": ("Play", "Player"),
    "policy": ("ARTICLE", "KALTURA_SERVER", "Policy"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for first: most users need few of them, and some are heavy."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if hasattr(builtins, "__IPYTHON__"):
    import kmc_model.notebook.display  # noqa: F401  registers how things show themselves in Jupyter
