"""The products' adapters in front of servers that answer as no product should."""

import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kmc_harness.port import LogIn, LogOut, Observation, RequestReset, SetPassword
from kmc_harness.targets.exec import Execd, NoAnswer

httpx = pytest.importorskip("httpx")

TARGETS = Path(__file__).parent.parent / "examples" / "targets"
CLASSES = {"django-allauth": "Allauth", "flask-security": "FlaskSecurity"}
CLICKED = {"django-two-factor-auth": "TwoFactor", "pgadmin": "PgAdmin"}
LINK = "http://127.0.0.1/reset-password/s3cret-t0ken"
PENDING = {
    "django-allauth": (401, {"data": {"flows": [{"id": "mfa_authenticate"}]}, "meta": {"session_token": "half"}}),
    "flask-security": (200, {"response": {"tf_required": True}}),
}
OPENED = (200, {"meta": {"session_token": "open"}, "response": {}})
REQUIRED = (400, {"errors": [{"message": "Required."}], "response": {"errors": ["Required."]}})


def _adapter(product: str, answer: Callable[[Any], Any]) -> Any:
    spec = importlib.util.spec_from_file_location(f"{product}/adapter", TARGETS / product / "adapter.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return getattr(made, (CLASSES | CLICKED)[product])(transport=httpx.MockTransport(answer))


def _log_in(product: str, code: str | None, to_code: tuple[int, Any]) -> tuple[Observation, list[Any]]:
    """Log in where a code is asked for, and `to_code` is the answer to it; return what was seen and sent."""
    sent: list[Any] = []

    def answer(request: Any) -> Any:
        sent.append(json.loads(request.content))
        status, body = PENDING[product] if len(sent) == 1 else to_code
        return httpx.Response(status, json=body)

    return _adapter(product, answer).perform(LogIn("ada@kmc.example", "s3cure-pass!", code)), sent


@pytest.mark.parametrize("status", [204, 302, 403, 404, 500, 503])
@pytest.mark.parametrize(
    "action", [LogIn("a", "b"), RequestReset("a"), SetPassword(LINK, "b")], ids=lambda each: type(each).__name__
)
@pytest.mark.parametrize("product", CLASSES | CLICKED)
def test_an_answer_that_means_neither_yes_nor_no_raises_and_tells_no_secret(
    product: str, action: Any, status: int
) -> None:
    adapter = _adapter(product, lambda _: httpx.Response(status, text="<h1>Sorry</h1>"))
    with pytest.raises(RuntimeError, match=f"was answered {status}") as raised:
        adapter.perform(action)
    assert "s3cret-t0ken" not in str(raised.value)


@pytest.mark.parametrize("product", CLASSES)
def test_an_empty_code_is_left_to_the_product(product: str) -> None:
    seen, sent = _log_in(product, "", REQUIRED)
    assert sent[-1] == {"code": ""}
    assert (seen.accepted, seen.asks_for_code, seen.message) == (False, True, "Required.")


@pytest.mark.parametrize("product", CLASSES)
def test_a_product_that_takes_an_empty_code_is_seen_to(product: str) -> None:
    seen, _ = _log_in(product, "", OPENED)
    assert seen.accepted


@pytest.mark.parametrize("product", CLASSES)
def test_where_no_code_is_typed_none_is_sent(product: str) -> None:
    seen, sent = _log_in(product, None, OPENED)
    assert len(sent) == 1
    assert (seen.accepted, seen.asks_for_code) == (False, True)


@contextmanager
def _better_auth(status: int, body: str) -> Iterator[Execd]:
    """Put the adapter in front of a server that answers everything so, itself being where it sends one on to."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Location", self.path)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            with closing(Execd(("node", "adapter.mjs"), TARGETS / "better-auth", {"url": url})) as adapter:
                yield adapter
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<h1>Welcome</h1>"),
        (302, ""),
        (400, "<h1>Sorry</h1>"),
        (400, '{"code": "VALIDATION_ERROR", "message": "[body.email] Required"}'),
        (403, '{"message": "Invalid origin"}'),
        (500, ""),
    ],
)
def test_what_is_not_an_answer_of_better_auth_breaks_and_tells_no_secret(status: int, body: str) -> None:
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    with _better_auth(status, body) as adapter:
        for action in (LogIn("a", "s3cure-pass!"), RequestReset("a"), SetPassword(LINK, "s3cure-pass!")):
            with pytest.raises(NoAnswer, match=f"was answered {status}") as raised:
                adapter.perform(action)
            assert "s3cret-t0ken" not in str(raised.value)
            assert "s3cure-pass!" not in str(raised.value)


def test_too_many_requests_are_a_refusal_in_their_own_words() -> None:
    adapter = _adapter("django-allauth", lambda _: httpx.Response(429, json={"status": 429}))
    assert adapter.perform(RequestReset("ada@kmc.example")) == Observation(False, "Too Many Requests")


def test_a_logout_that_is_answered_as_a_session_is_not_believed() -> None:
    adapter = _adapter("django-allauth", lambda _: httpx.Response(200, json={"status": 200}))
    with pytest.raises(RuntimeError, match="was answered 200"):
        adapter.perform(LogOut("open"))


def test_a_machine_keeps_its_lasting_cookies_and_no_others() -> None:
    sent: list[str | None] = []

    def answer(request: Any) -> Any:
        sent.append(request.headers.get("cookie"))
        set_cookie = [("Set-Cookie", "session=1; Path=/"), ("Set-Cookie", "trusted=2; Path=/; Max-Age=999")]
        return httpx.Response(200, headers=set_cookie, json={"response": {"tf_required": False}})

    adapter = _adapter("flask-security", answer)
    for device in ("desk", "desk", None):
        adapter.perform(LogIn("ada@kmc.example", "s3cure-pass!", device=device))
    assert sent == [None, "trusted=2", None]


def _drawn(said: str) -> str:
    return f"""renderSecurityPage('page', {{"csrfToken": "t0ken"}}, {{"messages": [[["Error"], "{said}"]]}});"""


FORM = "<form method=post><input name=csrfmiddlewaretoken value=t0ken>"
ASKS = {
    "django-two-factor-auth": {
        "GET /account/login/": (200, f"{FORM}<input name=auth-username><input name=auth-password></form>", ""),
        "POST /account/login/": (200, f"{FORM}<input name=token-otp_token></form>", ""),
    },
    "pgadmin": {
        "GET /login": (200, _drawn(""), ""),
        "POST /authenticate/login": (302, "", "/browser/"),
        "GET /browser/": (302, "", "/mfa/validate?next=%2Fbrowser%2F"),
    },
}
WRONG = {
    "django-two-factor-auth": (200, f"{FORM}<ul class=errorlist><li>No such code.</li></ul></form>", ""),
    "pgadmin": (401, _drawn("No such code."), ""),
}
RIGHT = {"django-two-factor-auth": (302, "", "/"), "pgadmin": (302, "", "/browser/")}


def _click_in(product: str, code: str | None, to_code: tuple[int, str, str]) -> tuple[Observation, list[str]]:
    """Log in through pages, the one for the code answered by `to_code`; return what was seen and what was typed."""
    typed: list[str] = []

    def answer(request: Any) -> Any:
        body = request.content.decode()
        is_code = "token-otp_token=" in body or "code=" in body
        if request.method == "POST":
            typed.append(body)
        status, text, location = to_code if is_code else ASKS[product][f"{request.method} {request.url.path}"]
        return httpx.Response(status, text=text, headers={"Location": location} if location else {})

    return _adapter(product, answer).perform(LogIn("ada@kmc.example", "s3cure-pass!", code)), typed


@pytest.mark.parametrize("product", CLICKED)
def test_pages_that_ask_for_a_code_get_none_where_none_is_typed(product: str) -> None:
    seen, typed = _click_in(product, None, RIGHT[product])
    assert len(typed) == 1
    assert "=t0ken" in typed[0]
    assert (seen.accepted, seen.asks_for_code) == (False, True)


@pytest.mark.parametrize(("code", "asks"), [("", True), ("000000", False)])
@pytest.mark.parametrize("product", CLICKED)
def test_a_page_says_in_its_own_words_that_a_code_is_wrong(product: str, code: str, asks: bool) -> None:
    seen, typed = _click_in(product, code, WRONG[product])
    assert len(typed) == 2
    assert (seen.accepted, seen.asks_for_code, seen.message) == (False, asks, "No such code.")


@pytest.mark.parametrize("code", ["", "123456"])
@pytest.mark.parametrize("product", CLICKED)
def test_a_page_that_takes_a_code_is_seen_to(product: str, code: str) -> None:
    seen, _ = _click_in(product, code, RIGHT[product])
    assert seen.accepted


@pytest.mark.parametrize("product", CLICKED)
def test_a_page_sent_on_to_somewhere_unknown_is_not_believed(product: str) -> None:
    with pytest.raises(RuntimeError, match="was answered 302"):
        _click_in(product, "123456", (302, "", "/maintenance"))
