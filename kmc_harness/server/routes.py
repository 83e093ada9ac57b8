"""The front of the site: all screens of the KMC together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from kmc_harness.server.backend import Backend
from kmc_harness.server.screens import Audience, Screens
from kmc_harness.server.signed_in import Inside

__all__ = ["front"]


class _Kept(StaticFiles):
    """Files that a browser may keep for an hour."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Return the file."""
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "max-age=3600"
        return response


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
    styles = Mount("/static", _Kept(directory=Path(__file__).parent / "static"))
    if built is not None:
        return [*built, *screens.sign_up_routes(), styles]
    return [*screens.routes(), *Inside(backend, screens).routes(), styles]
