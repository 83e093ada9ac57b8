"""The front of the site: all screens of the KMC together."""

from pathlib import Path

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from kmc_harness.server.inside import Inside
from kmc_harness.server.screens import Audience, Screens, Served

__all__ = ["front"]


def front(served: Served, audience: Audience | None = None) -> list[BaseRoute]:
    """Return the routes of the KMC's screens, with their styles; `audience`: who else sees what they show."""
    screens = Screens(served, audience)
    styles = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return [*screens.routes(), *Inside(served.model, screens).routes(), styles]
