"""Requests that no client would make: none brings an answer of 500, breaks an answer, or gets at a secret."""

import contextlib
import json
import socket
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from kmc_harness.port import LinkKind
from kmc_harness.server.services import ACTIONS
from kmc_model.policy import ARTICLE, KALTURA_SERVER
from tests.conftest import WHOLE
from tests.server.inside import TOKEN, Answer, Served
from tests.server.test_api_v3 import ADA, BO, PASSWORD, Site

EXAMPLES = 10_000 if WHOLE else 300
SITES = [Site(ARTICLE), Site(KALTURA_SERVER)]
for each_site in SITES:
    each_site.call("user", "resetPassword", email=ADA)
SECRETS = [
    TOKEN,
    *(s for site in SITES for s in (site.link(LinkKind.ENROLMENT), site.link(LinkKind.RESET))),
    *(own.secret.base32 for site in SITES for own in site.backend.state.credentials.values() if own.secret),
]
FORGED_KS = SITES[0].log_in()[:-8] + "AAAAAAA="
VENDORS = [site.call("session", "start", secret=TOKEN, partnerId=-2, type=2) for site in SITES]
NAMES = sorted({
    "loginId", "password", "partnerId", "expiry", "privileges", "otp", "userId", "email", "hashKey", "newPassword",
    "oldLoginId", "newLoginId", "newEmail", "requestedPartnerId", "session", "secret", "ks", "pId", "configuration",
    "configuration:useTwoFactorAuthentication", "linkType", "format", "ignoreNull", "clientTag", "type", "service",
    "partner", "partner:name", "partner:adminName", "partner:adminEmail", "partner:description", "cmsPassword",
    "user", "user:id", "user:email", "user:password", "user:isAdmin", "user:status", "id", "status", "reason",
})  # fmt: skip
USUAL = [
    *VENDORS,
    *(ADA, BO, PASSWORD, "101", "102", "-2", "0", "1", FORGED_KS, "true"),
    *("{1:result}", "{0:result:a}", "{9999:result}"),
]
SHARP = [
    *("'; DROP TABLE x; --", "<script>alert(1)</script>", "<b", "]]>", "&amp;", "../../etc/passwd"),
    *("\x00", "\ud800", "\ufffe", "%00", "\u202e", "١٢٣", "²", "é", "=?utf-8?q?x?=", "\r\nSet-Cookie: a=b"),
    *("9" * 5000, "-1e999", "NaN", "a" * 20000, "{" * 50, "a:b:c", "a[b][c]", "__null", "MXwxfA==", "fDF8fA"),
]
text = st.sampled_from(USUAL) | st.sampled_from(SHARP) | st.text(max_size=30)
value = st.recursive(
    text | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
parameters = st.dictionaries(st.sampled_from(NAMES) | text, value, max_size=8)
service_and_action = st.sampled_from(sorted(ACTIONS)) | st.tuples(text, text).map(".".join)
TYPES = [
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data",
    "text/xml", "application/json; charset=utf-16", "", "x" * 300, "multipart/form-data; boundary=\xff",
]  # fmt: skip


def _path(called: str) -> str:
    service, _, action = called.partition(".")
    return f"/api_v3/service/{service}/action/{action}"


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Return a body: sound, cut short, with a few bytes of nonsense in it, or nothing but nonsense."""
    made = draw(parameters)
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary(max_size=300))
        case 1:
            raw = urlencode({k: str(v) for k, v in made.items()}, errors="replace").encode()
        case 2:
            named = "".join(
                f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in made.items()
            )
            raw = f"{named}--x--\r\n".encode("utf-8", "replace")
        case 3:
            calls = {str(n): draw(parameters | st.just(7)) for n in range(draw(st.integers(0, 3)))}
            raw = json.dumps({"service": "multirequest"} | calls).encode()
        case 4:
            raw = b"[" * 30000 + b"]" * draw(st.integers(0, 30000))
        case _:
            raw = json.dumps(made).encode()
    cut = draw(st.integers(0, len(raw)))
    return raw[:cut] + draw(st.sampled_from([raw[cut:], b"", b"\xff\xfe", b"\xed\xa0\x80"]))


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(SITES),
    st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
    service_and_action,
    parameters,
    bodies(),
    st.sampled_from(TYPES),
)
def test_no_request_breaks_api_v3(
    site: Site, method: str, called: str, query: dict[str, Any], body: bytes, kind: str
) -> None:
    in_query = urlencode({k: str(v) for k, v in query.items()}, errors="replace").encode()
    _sound(site.ask(method, _path(called), body, {"Content-Type": kind}, in_query))


@st.composite
def asked_of_the_lab(draw: st.DrawFn) -> bytes:
    action = st.sampled_from(["RegisterUser", "SetUserStatus", "SetAccountStatus", "EnableTwoFactor"])
    field = st.sampled_from(["account", "email", "status", "password", "administrator"])
    asked = {"action": draw(action), "fields": draw(st.dictionaries(field, value, max_size=4)), "advance": draw(value)}
    return json.dumps(asked).encode()


@settings(max_examples=EXAMPLES // 5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(SITES),
    st.sampled_from(["/lab/clock", "/lab/mails", "/lab/perform"]),
    st.sampled_from(["GET", "POST"]),
    bodies() | asked_of_the_lab(),
    text,
)
def test_no_request_breaks_the_lab(site: Site, path: str, method: str, body: bytes, to: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    query = f"to={quote(to, errors='replace')}".encode()
    said = site.ask(method, path, body, headers, query)
    assert said.status < 500
    if said.status != 405:
        json.loads(said.body)


def _sound(said: Answer) -> None:
    """Expect an answer that its receiver can read, and no secret in it."""
    assert said.status < 500
    if said.headers.get("content-type", "").startswith("text/xml") and said.body:
        etree.fromstring(said.body)
    elif said.headers.get("content-type") == "application/json" and said.body:
        json.loads(said.body)
    assert not any(secret in said.text for secret in SECRETS)
    assert "Traceback" not in said.text


def test_an_answer_never_tells_another_persons_secret_even_to_who_knows_the_names() -> None:
    for called in ACTIONS:
        for site in SITES:
            service, _, action = called.partition(".")
            everything = dict.fromkeys(NAMES, ADA) | {"service": service, "action": action, "format": 1}
            _sound(site.ask("POST", _path(called), json.dumps(everything).encode(), {"Content-Type": TYPES[0]}))


NO_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST /api_v3 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"A" * 200_000,
]


@pytest.mark.parametrize("raw", NO_HTTP)
def test_what_is_no_http_breaks_nothing(raw: bytes) -> None:
    served = Served()
    try:
        host, port = served.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            said = b""
            with contextlib.suppress(OSError):  # it hangs up before all is said
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
                said = connection.recv(100)
        assert b" 500 " not in said
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"GET /api_v3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    finally:
        served.close()
