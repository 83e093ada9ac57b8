"""What is administration or stagecraft, for a harness: the clock, the mails, and what the vendor's people do.

Only with the lab's token, as `Authorization: Bearer TOKEN`.
"""

import json
import secrets
from dataclasses import fields
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kmc_harness.server.backend import Backend
from kmc_model.actions import (
    AccountStatus,
    Action,
    DisableTwoFactor,
    EnableTwoFactor,
    RegisterUser,
    SetAccountStatus,
    SetUserStatus,
    UserStatus,
)

__all__ = ["routes"]

LARGEST_BODY = 16 * 1024
KNOWN = {
    each.__name__: each for each in (RegisterUser, SetUserStatus, SetAccountStatus, EnableTwoFactor, DisableTwoFactor)
}
STATUS = {SetUserStatus: UserStatus, SetAccountStatus: AccountStatus}
NEVER_KEPT = {"Cache-Control": "no-store"}


class Unusable(Exception):
    """What was asked makes no sense; the message says what does."""


def routes(backend: Backend, token: str) -> list[BaseRoute]:
    """Return where the lab answers programs."""

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            asked = await _asked(request)
            seconds = asked.get("advance")
            if not isinstance(seconds, int) or isinstance(seconds, bool):
                raise Unusable('write the seconds to go forward, as {"advance": 30}')
            try:
                backend.advance(seconds)
            except ValueError as error:
                raise Unusable(str(error)) from error
        return _said({"now": backend.now()})

    async def mails(request: Request) -> Response:
        to = request.query_params.get("to")
        found = backend.mails() if to is None else backend.outbox(to)
        return _said(msgspec.to_builtins(found))

    async def perform(request: Request) -> Response:
        action = _action(await _asked(request))
        outcome = backend.perform(action)
        partner_id = backend.partner_id(getattr(action, "account", ""))
        return _said({"accepted": outcome.accepted, "message": outcome.message, "partnerId": partner_id})

    def guarded(handler: Any) -> Any:
        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode("utf-8", "replace")
            if not secrets.compare_digest(given, f"Bearer {token}".encode()):
                return _said({"error": "the lab needs its token, as Authorization: Bearer TOKEN"}, 401)
            try:
                made: Response = await handler(request)
            except Unusable as error:
                return _said({"error": str(error)}, 400)
            return made

        return answer

    return [
        Route("/lab/clock", guarded(clock), methods=["GET", "POST"]),
        Route("/lab/mails", guarded(mails), methods=["GET"]),
        Route("/lab/perform", guarded(perform), methods=["POST"]),
    ]


def _said(what: Any, status: int = 200) -> Response:
    return JSONResponse(what, status, NEVER_KEPT)


async def _asked(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Unusable(f"more than {LARGEST_BODY} bytes")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unusable("the body is no JSON") from error
    if not isinstance(found, dict):
        raise Unusable("the body is no JSON object")
    return found


def _action(asked: dict[str, Any]) -> Action:
    kind, values = KNOWN.get(str(asked.get("action"))), asked.get("fields")
    if kind is None or not isinstance(values, dict):
        raise Unusable(f'write {{"action": ..., "fields": {{...}}}} with one of {", ".join(KNOWN)}')
    known = {each.name for each in fields(kind)} - {"session"}
    if not known.issuperset(values):
        raise Unusable(f"{kind.__name__} has the fields {', '.join(sorted(known))}")
    try:
        status = {"status": STATUS[kind](values["status"])} if kind in STATUS else {}
        made: Action = kind(**(values | status))
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(f"{kind.__name__} cannot be made: {error}") from error
    for each in fields(kind):
        value = getattr(made, each.name)
        fits = isinstance(value, bool) if each.name == "administrator" else isinstance(value, str | None)
        if not fits or (each.name in ("account", "email") and not value) or _is_odd(value):
            raise Unusable(f"{each.name} cannot be {value!r}")
    return made


def _is_odd(value: object) -> bool:
    """Whether text cannot be encoded."""
    return any("\ud800" <= sign <= "\udfff" for sign in str(value))
