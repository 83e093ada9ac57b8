"""Many users over days: how many enrol in time, what is refused, what it costs the help desk.

The state space of one user is compiled into tables, and NumPy sends many users through them at once. NumPy and pandas
are imported when a study is made: `pip install 'kmc-harness[notebooks]'`.

    from kmc_model.analysis.population import Behaviour, simulate, sweep

    simulate(10_000, days=30).summary
    sweep({"qr_ttl": ["1h", "24h", "7d"]}, users=10_000, days=30)
"""

from typing import TYPE_CHECKING, Any

from kmc_model.analysis.population.behaviour import Behaviour, Impossible, LogNormal, Normal
from kmc_model.analysis.population.settings import apply_settings

if TYPE_CHECKING:
    from kmc_model.analysis.population.sampling import SampledLife, lives, replay
    from kmc_model.analysis.population.study import Study, simulate, sweep

__all__ = [
    "Behaviour",
    "Impossible",
    "LogNormal",
    "Normal",
    "SampledLife",
    "Study",
    "apply_settings",
    "lives",
    "replay",
    "simulate",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Import what needs NumPy and pandas when it is asked for."""
    if name in ("SampledLife", "lives", "replay"):
        from kmc_model.analysis.population import sampling

        return getattr(sampling, name)
    if name in ("Study", "simulate", "sweep"):
        from kmc_model.analysis.population import study

        return getattr(study, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
