"""The whole site as one application."""

import importlib
import importlib.util

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from kmc_harness.server import api_v3, lab_api
from kmc_harness.server.backend import Backend

__all__ = ["make_app"]


def make_app(backend: Backend, *, lab: bool, token: str | None) -> Starlette:
    """Return API v3, the screens and, if `lab`, the lab of `backend`.

    `token` opens the lab, and is the secret of the vendor's representative on API v3 (partner -2).

    Raises:
        ValueError: a lab without a token.

    """
    if lab and not token:
        raise ValueError("a lab needs a token; anybody could turn its clock")
    routes = api_v3.routes(backend, token)
    routes += _routes_of("screens", backend)
    if lab and token:
        routes += lab_api.routes(backend, token)
        routes += _routes_of("lab", backend, token)
    return Starlette(routes=routes)


def _routes_of(module: str, *shared: object) -> list[BaseRoute]:
    """Return the `routes` of a part of the site that may not be there."""
    name = f"kmc_harness.server.{module}"
    if importlib.util.find_spec(name) is None:
        return []
    made: list[BaseRoute] = importlib.import_module(name).routes(*shared)
    return made
