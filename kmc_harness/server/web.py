"""What every page of the server needs: templates, safe headers, forms with CSRF tokens, cookies.

A page holds no script of its own and no style of its own: the Content-Security-Policy forbids both.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles

__all__ = ["BROWSER", "BadForm", "KeptFiles", "Pages", "browser_of", "moved", "read_form", "set_cookie"]

BROWSER = "kmc_browser"
"""The cookie that tells one browser from another; it lets nobody in."""
LONGEST_FORM = 16_384
_Endpoint = Callable[[Request], Awaitable[Response]]
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src {scripts}; "
    "connect-src {scripts}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""A link's address carries a secret, so no page is kept and none tells the next site where one came from."""


class BadForm(Exception):
    """A form that none of our pages sent; the message is for whoever sent it."""


@cache
def _environment() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Pages:
    """Renders templates for one server, whose CSRF tokens no other server accepts."""

    def __init__(self, **always: Any) -> None:
        """`always`: what every template may use."""
        self._key = secrets.token_bytes(32)
        self._always = always

    def page(
        self, request: Request, template: str, *, scripts: bool = False, status: int = 200, **values: Any
    ) -> Response:
        """Return a page that is never kept, framed or scripted; `scripts`: our own files may run on it."""
        browser = browser_of(request)
        html = _environment().get_template(template).render(**self._always, **values, csrf=self.csrf(browser))
        response = HTMLResponse(
            html,
            status,
            {name: value.format(scripts="'self'" if scripts else "'none'") for name, value in HEADERS.items()},
        )
        if request.cookies.get(BROWSER) != browser:
            set_cookie(request, response, BROWSER, browser)
        return response

    def routes(self, path: str, shown: _Endpoint | None, sent: _Endpoint | None = None) -> list[BaseRoute]:
        """Return the routes of a page, and of the form on it; a bad form is answered with a page that says why."""
        pairs = (("GET", shown), ("POST", sent))
        return [Route(path, self._politely(asked), methods=[method]) for method, asked in pairs if asked]

    def _politely(self, asked: _Endpoint) -> _Endpoint:
        async def answer(request: Request) -> Response:
            try:
                return await asked(request)
            except BadForm as error:
                return self.page(request, "sorry.html", status=400, message=str(error))

        return answer

    def csrf(self, browser: str) -> str:
        """Return the token that forms of this browser carry."""
        return hmac.new(self._key, browser.encode(), hashlib.sha256).hexdigest()

    async def form(self, request: Request) -> Mapping[str, str]:
        """Return the fields of a form that one of our pages sent.

        Raises:
            BadForm: it comes from elsewhere, or is none.

        """
        origin = request.headers.get("origin")
        if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host"):
            raise BadForm(f"this form was sent from {origin[:80]}, not from here")
        fields = await read_form(request)
        if not hmac.compare_digest(fields.get("csrf", "").encode(), self.csrf(browser_of(request)).encode()):
            raise BadForm("this form is not of this browser, or of before the server was started; load the page again")
        return fields


def browser_of(request: Request) -> str:
    """Return the browser's cookie, or a new one, the same for all of one request."""
    known: str | None = getattr(request.state, "browser", None)
    if known is None:
        known = request.cookies.get(BROWSER) or secrets.token_urlsafe(16)
        request.state.browser = known
    return known


async def read_form(request: Request) -> dict[str, str]:
    """Return a form's fields; files are none of ours.

    Raises:
        BadForm: it is too long, or no form.

    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise BadForm(f"a form has {LONGEST_FORM} bytes at most")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError as error:
        raise BadForm("this is no form as browsers send them") from error


def set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int | None = None) -> None:
    """Set a cookie that no script reads and no other site's form brings along."""
    response.set_cookie(
        name, value, max_age_s, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


def moved(address: str) -> Response:
    """Lead the browser to `address` with a GET; as with pages, nothing of it is kept."""
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


class KeptFiles(StaticFiles):
    """Files that a browser may keep for an hour."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Return the file."""
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "max-age=3600"
        return response
