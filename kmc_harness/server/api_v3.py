"""API v3 over HTTP: single calls and multirequests, from GET, form and JSON bodies, answered in XML or JSON.

Beside it stands what the KMC asks about a mailed link outside of the API.
"""

import asyncio
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kmc_harness.durations import stopwatch
from kmc_harness.server import wire
from kmc_harness.server.backend import Backend
from kmc_harness.server.call import Call, Site
from kmc_harness.server.errors import ApiError, Crash, shown
from kmc_harness.server.ks import KsIssuer
from kmc_harness.server.services import ACTIONS
from kmc_harness.server.strict import Strictness
from kmc_model.records import LinkStatus

__all__ = ["RESET_KEY", "routes"]

LARGEST_BODY = 64 * 1024
MOST_CALLS = 50
MOST_FIELDS = 1000
SERVICES = {name.partition(".")[0] for name in ACTIONS}
COMMON = ("ks", "partnerId", "clientTag", "nocache")
"""What the calls of a multirequest take from the whole where they do not say it themselves."""
REFERENCE = re.compile(r"\{([0-9]{1,4}):result:?([^{}]*)\}")
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
JSON = "1"
RESET_KEY = "/index.php/kmcng/resetpassword/setpasshashkey"
BETWEEN_S = 0.05
"""Between the check of a link and its use, where nothing locks it."""


class TooLarge(Exception):
    """The body of a request is larger than any call needs."""


def routes(backend: Backend, vendor_secret: str | None, *, strict: bool = False) -> list[BaseRoute]:
    """Return where API v3 answers.

    Args:
        backend: the model behind it.
        vendor_secret: opens a session of the vendor's (partner -2).
        strict: whether callers meet there what they meet at the published server.

    """
    site = Site(backend, KsIssuer(), vendor_secret, Strictness(backend) if strict else None)

    async def answer(request: Request) -> Response:
        began = stopwatch()
        try:
            parameters = await _parameters(request)
        except TooLarge:
            return Response(f"more than {LARGEST_BODY} bytes", 413, HEADERS, "text/plain")
        if not backend.policy.links_are_locked:
            await _look_at_link(backend, parameters)
        try:
            said = answers(site, parameters)
        except Crash:
            return Response(b"", 500, HEADERS)
        if parameters.get("format") == JSON:
            return Response(wire.as_json(said), 200, HEADERS, "application/json")
        return Response(wire.as_xml(said, stopwatch() - began), 200, HEADERS, "text/xml")

    async def reset_key(request: Request) -> Response:
        said = answers(site, {"service": "user", "action": "validateHashKey", "hashKey": request.path_params["key"]})
        code = said.code if isinstance(said, ApiError) else None
        return JSONResponse({"errorCode": code}, 200, HEADERS)

    calls = [Route(path, answer, methods=["GET", "POST"]) for path in ("/api_v3", "/api_v3/{rest:path}")]
    return [*calls, Route(f"{RESET_KEY}/{{key:path}}", reset_key)]


async def _look_at_link(backend: Backend, parameters: wire.Parameters) -> None:
    """Look at a link some time before it is used; whoever comes meanwhile finds it as it was (I-38)."""
    link = backend.find(str(parameters.get("hashKey", "")))
    if link and link.status is LinkStatus.OPEN:
        await asyncio.sleep(BETWEEN_S)
        backend.put_back(link)


async def _parameters(request: Request) -> wire.Parameters:
    """Return what path, query and body say; path and query count more than the body."""
    path = request.path_params.get("rest", "").removeprefix("index.php")
    in_path, in_query = wire.of_path(path), wire.of_query(request.scope["query_string"])
    return wire.merged(await _in_body(request), in_query, in_path)


async def _in_body(request: Request) -> wire.Parameters:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge
    request._body = body  # where request.form looks for what was read already
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/json":
            return wire.of_json(body)
        case "multipart/form-data":
            async with request.form(max_files=MOST_FIELDS, max_fields=MOST_FIELDS) as form:
                fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return wire.merged(wire.of_json(fields.pop("json", "").encode()), wire.of_pairs(fields.items()))
    return wire.of_query(body)


def answers(site: Site, parameters: wire.Parameters) -> Any:
    """Return the result of a call, or the list of results of a multirequest; errors are results too."""
    if parameters.get("service") != "multirequest":
        return _answer(site, parameters)
    calls = {int(name): call for name, call in parameters.items() if name.isdecimal() and len(name) < 5}
    common = {name: parameters[name] for name in COMMON if name in parameters}
    results: list[Any] = []
    # Kaltura's clients for Python count from 0, all others from 1; results are counted from 1 by both.
    for number in range(min(calls, default=1), max(calls, default=0) + 1):
        call = calls.get(number)
        if not isinstance(call, dict) or "service" not in call or "action" not in call or len(results) == MOST_CALLS:
            break
        try:
            results.append(_answer(site, common | _resolved(call, results)))
        except ApiError as error:
            results.append(error)
    return results


def _resolved(value: Any, results: list[Any]) -> Any:
    """Return `value` with what stands at `{1:result}` or `{1:result:name}` in the results so far.

    Raises:
        ApiError: nothing stands there.

    """
    if isinstance(value, dict):
        return {name: _resolved(each, results) for name, each in value.items()}
    found = REFERENCE.fullmatch(value)
    if not found or int(found[1]) > len(results):
        return value
    result = results[int(found[1]) - 1] if int(found[1]) else None
    for name in filter(None, found[2].split(":")):
        if isinstance(result, list) and name.isdecimal() and len(name) < 5:
            result = dict(enumerate(result)).get(int(name))
        else:
            result = result.get(name) if isinstance(result, dict) else None
    if not result or not isinstance(result, str | int):
        raise ApiError("MISSING_MANDATORY_PARAMETER", PARAM_NAME=value)
    return str(result)


def _answer(site: Site, parameters: wire.Parameters) -> Any:
    service, action = (parameters.get(name) for name in ("service", "action"))
    service, action = (name if isinstance(name, str) else "" for name in (service, action))
    if site.strictness and (kept := site.strictness.kept(parameters)):
        return kept[0]
    inner: ApiError | None = None
    try:
        answer = _found(service, action)(Call(site, parameters))
    except ApiError as error:
        inner, answer = error, shown(error, service, action)
    if site.strictness:
        site.strictness.keep(parameters, inner, answer)
    return answer


def _found(service: str, action: str) -> Any:
    if not service:
        raise ApiError("SERVICE_NOT_SPECIFIED")
    if service.lower() not in SERVICES:
        raise ApiError("SERVICE_DOES_NOT_EXISTS", SRV_NAME=service)
    if not action:
        raise ApiError("ACTION_NOT_SPECIFIED")
    if (made := ACTIONS.get(f"{service}.{action}".lower())) is None:
        raise ApiError("ACTION_DOES_NOT_EXISTS", ACTION_NAME=action, SERVICE_NAME=service)
    return made
