"""The KMC's screens and the lab, asked over HTTP without a socket."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_model.actions import EnableTwoFactor, RegisterUser
from kmc_model.clock import ManualClock

BASE = "/index.php/kmcng"
SCRIPT = "<img src=x onerror=alert(1)>"
ADA, PASSWORD, TOKEN = "ada@acme.example", "s3cure-pass!", "a-token"


@pytest.fixture
def backend() -> Backend:
    backend = Backend(clock=ManualClock())
    for account in ("Acme", SCRIPT):
        backend.perform(RegisterUser(account, ADA, PASSWORD))
    return backend


@pytest.fixture
def site(backend: Backend) -> TestClient:
    return TestClient(make_app(backend, lab=True, token=TOKEN))


def _send(site: TestClient, page: str, to: str = "", **fields: str) -> Any:
    """Load a page and send its first form."""
    token = re.search(r'name="csrf" value="(\w+)"', site.get(page).text)
    assert token
    return site.post(to or page, data={"csrf": token[1], **fields})


def _log_in(site: TestClient, **fields: str) -> Any:
    return _send(site, f"{BASE}/login", email=ADA, password=PASSWORD, **fields)


def _enrolment(backend: Backend) -> str:
    backend.perform(EnableTwoFactor("Acme"))
    return f"{BASE}/actions/auth-info/{backend.state.outbox[-1].link}"


def test_a_name_is_never_a_script(site: TestClient) -> None:
    page = _log_in(site)
    assert SCRIPT not in page.text
    assert "&lt;img src=x" in page.text


@pytest.mark.parametrize("page", ["login", "forgot-password", "actions/auth-info/x", "actions/restore-password/x"])
def test_no_page_is_kept_framed_or_scripted(page: str, site: TestClient) -> None:
    headers = site.get(f"{BASE}/{page}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'none'" in headers["Content-Security-Policy"]
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=lax" in headers["Set-Cookie"]


def test_remember_me_is_ticked_where_somebody_is_remembered(site: TestClient) -> None:
    assert "checked" not in site.get(f"{BASE}/login").text
    _log_in(site, remember="on")
    site.cookies.delete("kmc_session")
    page = site.get(f"{BASE}/login").text
    assert "checked" in page
    assert f'value="{ADA}"' in page


PAGES = ("login", "login?from=authentication", "forgot-password", "actions/auth-info/x", "actions/restore-password/x")


@pytest.mark.parametrize("place", [f"{BASE}/{each}" for each in PAGES] + ["enrolment", "reset", "settings", "home"])
def test_everything_has_a_name_and_takes_the_keyboard(place: str, site: TestClient, backend: Backend) -> None:
    """On purpose: on the published front end fields have no labels, links no address, dialogs and errors no role."""
    if place in ("settings", "home"):
        _log_in(site)
        place = f"{BASE}/{place}"
    if place == "enrolment":
        place = _enrolment(backend)
    if place == "reset":
        _send(site, f"{BASE}/forgot-password", email=ADA)
        place = f"{BASE}/actions/restore-password/{backend.state.outbox[-1].link}"
    page = site.get(place).text
    assert re.search("<title>KMC &gt; [A-Z]", page)
    assert page.count("<h1") == 1
    assert '<html lang="en">' in page
    for field in re.findall(r"<input (?!type=\"hidden\")[^>]*>", page):
        name = re.search(r'id="(\w+)"', field)
        assert (name and f'for="{name[1]}"' in page) or re.search(f'<label class="tick">{re.escape(field)} \\w', page)
    assert all('href="' in link for link in re.findall("<a[^>]*>", page))
    assert all('alt="' in picture for picture in re.findall("<img[^>]*>", page))
    assert all("tabindex" not in each and "onclick" not in each for each in re.findall("<[a-z][^>]*>", page))
    assert all('role="' in told for told in re.findall('<[a-z]+ class="(?:told|good)"[^>]*>', page))


def test_a_form_without_this_browsers_token_does_nothing(site: TestClient, backend: Backend) -> None:
    before = backend.state
    assert site.post(f"{BASE}/login", data={"email": ADA, "password": PASSWORD, "csrf": "0" * 64}).status_code == 400
    assert _send(site, f"{BASE}/login", email="x" * 20_000).status_code == 400
    assert backend.state is before


def test_asking_whether_a_page_is_there_does_not_use_the_link(site: TestClient, backend: Backend) -> None:
    link = _enrolment(backend)
    assert site.head(link).status_code == 200
    assert "data:image/png;base64," in site.get(link).text
    assert "This link is not valid." in site.get(link).text


def test_the_password_is_typed_once_and_stands_on_no_page(site: TestClient, backend: Backend) -> None:
    _enrolment(backend)
    page = _log_in(site, account="Acme")
    assert 'id="code"' in page.text
    assert PASSWORD not in page.text


def test_looking_at_a_reset_link_does_not_use_it(site: TestClient, backend: Backend) -> None:
    _send(site, f"{BASE}/forgot-password", email=ADA)
    link = f"{BASE}/actions/restore-password/{backend.state.outbox[-1].link}"
    for _ in range(2):
        assert "Please select your password." in site.get(link).text
    assert "Passwords do not match" in _send(site, link, password="n3w-pass!", again="other").text
    assert "Your new password has been set" in _send(site, link, password="n3w-pass!", again="n3w-pass!").text
    assert "Link Invalid" in site.get(link).text


def test_the_lab_opens_with_its_token_alone(site: TestClient, backend: Backend) -> None:
    for address in ("/lab", "/lab/live", "/lab?token=guess"):
        assert site.get(address).status_code == 403
    now = backend.now()
    assert site.post("/lab/press/move", data={"by": "30 s"}).status_code == 403
    assert backend.now() == now
    assert "Mailbox" in site.get("/lab", params={"token": TOKEN}).text


def test_the_labs_phone_scans_what_a_screen_shows_and_its_clock_moves(site: TestClient, backend: Backend) -> None:
    site.get("/lab", params={"token": TOKEN})
    site.get(_enrolment(backend))
    assert "has scanned the QR code" in _send(site, "/lab", "/lab/press/scan", phone="Ada's phone").text
    now = backend.now()
    assert "have passed" in _send(site, "/lab", "/lab/press/move", by="23 h 59 min").text
    assert backend.now() == now + 86_340
    code = re.search(r'class="digits">(\d{3}) (\d{3})<', site.get("/lab/live").text)
    assert code
    assert "two-factor authentication on" in _log_in(site, account="Acme", code=code[1] + code[2]).text
