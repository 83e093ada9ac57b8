"""The whole site as one application."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from kmc_harness.server import api_v3, lab_api
from kmc_harness.server.backend import Backend
from kmc_harness.server.lab import Lab
from kmc_harness.server.lab_state import LabState
from kmc_harness.server.routes import front

__all__ = ["make_app"]


def make_app(
    backend: Backend,
    *,
    lab: bool,
    token: str | None,
    built: Sequence[BaseRoute] | None = None,
    strict: bool = False,
) -> Starlette:
    """Return API v3, the screens and, if `lab`, the lab of `backend`.

    `token` opens the lab, and is the secret of the vendor's representative on API v3 (partner -2).
    `built` are the routes of a front end built elsewhere, in place of the screens; the lab does not see what they show.
    `strict`: callers of API v3 meet there what they meet at the published server.

    Raises:
        ValueError: a lab without a token.

    """
    if lab and not token:
        raise ValueError("a lab needs a token; anybody could turn its clock")
    routes = api_v3.routes(backend, token, strict=strict)
    if not lab or not token:
        return Starlette(routes=[*routes, *front(backend, built=built)])
    lab_state = LabState()
    backend.on_performed = lab_state.performed
    routes += [
        *front(backend, lab_state, built),
        *lab_api.routes(backend, token),
        *Lab(backend, lab_state, token).routes(),
    ]
    return Starlette(routes=routes)
