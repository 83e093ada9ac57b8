"""The front of the site: all screens of the KMC together."""

from collections.abc import Sequence
from pathlib import Path

from starlette.routing import BaseRoute, Mount

from kmc_harness.server.backend import Backend
from kmc_harness.server.screens import Audience, Screens
from kmc_harness.server.signed_in import Inside
from kmc_harness.server.web import KeptFiles

__all__ = ["front"]


def front(
    backend: Backend, audience: Audience | None = None, built: Sequence[BaseRoute] | None = None
) -> list[BaseRoute]:
    """Return the routes of the KMC's screens, with their styles.

    Args:
        backend: what they show.
        audience: who else sees what they show.
        built: those of a front end built elsewhere, which stands in their place.

    """
    screens = Screens(backend, audience)
    styles = Mount("/static", KeptFiles(directory=Path(__file__).parent / "static"))
    if built is not None:
        return [*built, *screens.sign_up_routes(), styles]
    return [*screens.routes(), *Inside(backend, screens).routes(), styles]
