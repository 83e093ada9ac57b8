"""The site inside a test's own process: asked directly, or served on a free port by a thread."""

import asyncio
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from kmc_harness.selftest import Faulty
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.targets.kaltura import Kaltura
from kmc_model.clock import ManualClock

TOKEN = "token-of-a-test"


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode()


class Asked:
    """An application that is asked without any network."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, query: bytes = b""
    ) -> Answer:
        return asyncio.run(self._ask(method, path, body, headers or {}, query))

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str], query: bytes) -> Answer:
        got = Answer()
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        scope: Scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode("utf-8", "replace"), "query_string": query, "root_path": "",
            "headers": raw, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        told = False

        async def receive() -> Any:
            nonlocal told
            if told:
                return {"type": "http.disconnect"}
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                got.status = message["status"]
                got.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                got.body += message.get("body", b"")

        await self._app(scope, receive, send)
        return got


class Served:
    """Serves what `app` is at the moment; nothing is reachable but from this machine."""

    def __init__(self) -> None:
        self.app: ASGIApp = make_app(Backend(), lab=False, token=None)
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(self._answer, interface="asgi3", log_level="error", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, args=([listening],), daemon=True)
        self._thread.start()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


class FaultyServed(Kaltura):
    """The model with the fault of the moment, behind the wire; the clock stands still until it is moved."""

    def __init__(self) -> None:
        self._served = Served()
        super().__init__(self._served.url, TOKEN)

    def reset(self) -> None:
        fault = Faulty.fault
        backend = Backend(fault.variant, 0, ManualClock())
        self._served.app = make_app(backend, lab=True, token=TOKEN)
        super().reset()

    def close(self) -> None:
        super().close()
        self._served.close()
