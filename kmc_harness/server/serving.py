"""`kmc serve`: the site as a process."""

import ipaddress
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from kmc_harness.server import built_front
from kmc_harness.server.backend import Backend
from kmc_harness.server.delivery import Delivery
from kmc_harness.server.site import make_app
from kmc_harness.verdicts import Misuse, unknown
from kmc_model.actions import RegisterUser
from kmc_model.model import Variant
from kmc_model.policy import KALTURA_SERVER, POLICIES

__all__ = ["Settings", "serve"]

BACKLOG = 2048
"""How many connections may wait: as many as uvicorn has by itself."""


@dataclass(frozen=True)
class Settings:
    """What `kmc serve` was asked for.

    Attributes:
        accounts: NAME:EMAIL or NAME:EMAIL:PASSWORD.
        front: the folder of a front end built elsewhere, which stands in place of the screens.

    """

    policy: str
    seed: str | None
    host: str
    port: int
    lab: bool
    smtp: str | None
    accounts: Sequence[str]
    token: str | None = None
    front: Path | None = None
    strict: bool = False


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; `say` tells the addresses once they are taken.

    Raises:
        Misuse: it cannot be begun.

    """
    if settings.policy not in POLICIES:
        raise unknown("policy", settings.policy, POLICIES)
    with _listening(settings.host, settings.port) as listening:
        _serve(settings, listening, say)


def _serve(settings: Settings, listening: socket.socket, say: Callable[[str], None]) -> None:
    port = listening.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{port}"
    token = settings.token or secrets.token_urlsafe(24)
    strict = settings.strict or settings.policy == KALTURA_SERVER.name
    policy = POLICIES[settings.policy]
    policy = replace(policy, new_passwords_fit=KALTURA_SERVER.new_passwords_fit) if strict else policy
    backend = Backend(Variant(policy), settings.seed or secrets.token_hex(16), origin=url)
    delivery = _delivery(settings.smtp, say) if settings.smtp else None
    if delivery:
        backend.on_mail, backend.mails_waiting = delivery.send, delivery.waiting
    for each in settings.accounts:
        _register(backend, each)
    built = built_front.routes(settings.front, url) if settings.front else None
    app = make_app(backend, lab=settings.lab, token=token, built=built, strict=strict)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off")
    if not _is_loopback(settings.host):
        say(f"warning: {settings.host} can be reached from other machines, and nothing here is encrypted")
    say(f"KMC       {url}/index.php/kmcng/login")
    say(f"API v3    {url}/api_v3")
    if settings.lab:
        say(f"lab       {url}/lab" + (", with KMC_LAB_TOKEN" if settings.token else f"?token={token}"))
    say("Ctrl-C ends it")
    try:
        # It is kind to Ctrl-C: what is being answered is answered, then it raises KeyboardInterrupt.
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        if delivery:
            delivery.close()


def _delivery(smtp: str, say: Callable[[str], None]) -> Delivery:
    host, _, port = smtp.rpartition(":")
    if not host or not port.isdecimal():
        raise Misuse(f"--smtp {smtp!r}: write HOST:PORT, as 127.0.0.1:1025")
    return Delivery(host, int(port), say)


def _listening(host: str, port: int) -> socket.socket:
    try:
        # With the protocol named, which asyncio looks at: without TCP_NODELAY each answer waits 40 ms.
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        # Before anybody is told the address; whoever comes before the first is answered waits.
        made.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        raise Misuse(f"{host}:{port} cannot be listened on: {error}; choose another --port") from error
    return made


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _register(backend: Backend, text: str) -> None:
    name, _, rest = text.partition(":")
    email, _, password = rest.partition(":")
    if not name or "@" not in email:
        raise Misuse(f"--account {text!r}: write NAME:EMAIL or NAME:EMAIL:PASSWORD, as Acme:ada@acme.example")
    backend.perform(RegisterUser(name, email, password or None))
