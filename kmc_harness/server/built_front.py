"""A front end built elsewhere, as kmc-ng is, beside API v3: its page where the KMC is, its files, and its settings.

Facts of the real server's page: it stands at every address below the KMC's, which say nothing to the server; what it
loads comes from a folder of its own; its settings are written into it, in place of `kmcConfig = null`.
"""

import json
import re
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from kmc_harness.server.api_v3 import RESET_KEY
from kmc_harness.server.screens import BASE, SIGN_UP
from kmc_harness.server.web import KeptFiles
from kmc_harness.verdicts import Misuse

__all__ = ["routes"]

FILES = "/apps/kmcng/"
PAGE = "index.html"
ASKED_AT_ONCE = ("agentsManagerEndpoint", "unisphereLoaderEndpoint")
"""The services beside Kaltura's that its first page wants an address of, be there anybody or not."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "strict-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def routes(folder: Path, origin: str) -> list[BaseRoute]:
    """Return where the front end built into `folder` is served.

    Args:
        folder: with an index.html, as a build leaves it.
        origin: where this server is reached, as http://127.0.0.1:8800.

    Raises:
        Misuse: there is no such page in it.

    """
    try:
        page = (folder / PAGE).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Misuse(
            f"--front {str(folder)!r} has no {PAGE} that can be read ({error}); name a built kmc-ng"
        ) from error
    shown = _with_settings(page, _settings(origin))

    async def kmc(_: Request) -> Response:
        return HTMLResponse(shown, headers=HEADERS)

    return [
        Mount(FILES.rstrip("/"), KeptFiles(directory=folder)),
        *(Route(path, kmc) for path in ("/", BASE, f"{BASE}/{{rest:path}}")),
    ]


def _with_settings(page: str, settings: dict[str, Any]) -> str:
    page = re.sub(r'\b(src|href)="(?!https?:|/)', rf'\1="{FILES}', page)
    page = page.replace('<base href="/">', f'<base href="{BASE}/">')
    # Nothing in it may end the script that it stands in.
    return page.replace("kmcConfig = null", "kmcConfig = " + json.dumps(settings).replace("<", "\\u003c"))


def _settings(origin: str) -> dict[str, Any]:
    """Return what the front end is told; there is nothing here of what else belongs to a Kaltura."""
    return {
        "kalturaServer": {
            "uri": origin.partition("://")[2],
            "deployUrl": FILES,
            "resetPasswordUri": f"{RESET_KEY}/{{hash}}",
            "previewUIConf": 0,
            "previewUIConfV7": 0,
        },
        "cdnServers": {"serverUri": origin, "securedServerUri": origin},
        "kpfServer": {"kpfPackageManagerBaseUrl": "", "kpfPurchaseManagerBaseUrl": ""},
        "analyticsServer": {"uri": ""},
        "epServer": {"uri": ""},
        "externalApps": {},
        "externalServices": {name: {"uri": ""} for name in ASKED_AT_ONCE},
        "externalLinks": {
            "kaltura": {"signUp": origin + SIGN_UP},
            "previewAndEmbed": {},
            "entitlements": {},
            "uploads": {},
            "live": {},
        },
    }
