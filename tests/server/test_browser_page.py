"""Pages as large front ends write them, looked at and used in Chromium: none of them navigates, few name anything."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from kmc_harness import targets
from kmc_harness.phone.pictures import find_codes
from kmc_harness.targets import browser_words
from kmc_harness.targets.browser_page import Kept, Page
from kmc_harness.targets.browser_words import Words
from kmc_harness.verdicts import Misuse
from kmc_model.qr import QrCode, key_uri
from tests.server.inside import Served

QR_CODE = base64.b64encode(QrCode(key_uri("GEZDGNBVGY3TQOJQ", "ada", names_issuer=False), 4).png()).decode()
WORDS = Words()
SCRIPTED = "<!doctype html><script>var scripted</script>"
_Shows = Callable[[str], Page]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Page]:
    page = Page(served.url, [".store"], WORDS.busy, (800, 600))
    yield page
    page.close()


@pytest.fixture
def shows(served: Served, page: Page) -> _Shows:
    """What shows a page of this HTML; /said answers, and says that it may not be kept."""

    def shown(html: str) -> Page:
        async def index(_: Request) -> Response:
            return HTMLResponse(html)

        async def said(_: Request) -> Response:
            return JSONResponse({"said": "done", "picture": QR_CODE}, headers={"Cache-Control": "no-store"})

        served.app = Starlette(routes=[Route("/said", said), Route("/{rest:path}", index)])
        page.sit_at(Kept())
        page.go("/")
        return page

    return shown


def _names(page: Page, role: str) -> list[str]:
    return [name for name, *_ in getattr(page.look, role)]


def test_a_field_without_a_name_has_that_of_the_text_beside_it(shows: _Shows) -> None:
    page = shows(
        "<div><span>Email</span><div><input></div></div><div>Password <input type=password></div>"
        "<div><span style='display: inline-block; position: relative; width: 16px'><span>"
        "<input type=checkbox style='position: absolute; width: 1px; height: 1px; clip: rect(0 0 0 0)'></span></span>"
        "<label>Remember me</label> <a>Forgot Password?</a></div>"
        "<div><span>Other</span><div><input placeholder='Enter Authenticator Code'></div></div>"
    )
    assert _names(page, "field") == ["Email", "Password", "Remember me", "Enter Authenticator Code"]


@pytest.mark.parametrize("style", ["visibility: hidden", "display: none"])
def test_what_is_invisible_does_not_count(style: str, shows: _Shows) -> None:
    page = shows(f"<div style='{style}'><input placeholder='Authenticator Code'><button>Login</button></div>")
    assert (page.look.field, page.look.control) == ([], [])


def test_what_looks_clickable_is_a_control(shows: _Shows) -> None:
    page = shows(
        f"{SCRIPTED}<a>Forgot Password?</a><button>Login</button><p>Text</p>"
        "<div style='cursor: pointer'><i>Menu</i></div><div class=store>&nbsp;</div><a href='/x'>Help</a>"
    )
    assert _names(page, "control") == ["Forgot Password?", "Login", "Menu", "", "Help"]


def test_beneath_a_dialog_nothing_counts(shows: _Shows) -> None:
    page = shows(
        f"{SCRIPTED}<input placeholder=Email><button>Login</button><div style='position: fixed; inset: 0'></div>"
        "<div style='position: fixed; top: 40%; left: 40%'>Error<button>OK</button></div>"
    )
    assert (_names(page, "field"), _names(page, "control")) == ([], ["OK"])


def test_what_stands_beside_a_field_names_it_sooner_than_what_stands_above(shows: _Shows) -> None:
    rows = "".join(
        f"<tr><td width=200>{name}<td><input type=password>" for name in ("Current Password", "New password")
    )
    page = shows(f"<table><tr><td colspan=2>Use a strong password that you use nowhere else.{rows}</table>")
    assert _names(page, "field") == ["Current Password", "New password"]


def test_a_field_of_a_dialog_is_not_called_as_a_page_beneath_says(shows: _Shows) -> None:
    row = "<div style='position: fixed; top: 100px; left: {}px; {}'>{}</div>"
    page = shows(
        SCRIPTED
        + row.format(250, "", "Role")
        + "<div style='position: fixed; inset: 0; background: blue'></div>"
        + row.format(100, "", "Current Password")
        + row.format(300, "", "<input type=password>")
    )
    assert _names(page, "field") == ["Current Password"]


def test_a_field_that_can_be_typed_into_later_is_waited_for(shows: _Shows) -> None:
    page = shows(
        "Password <input type=password readonly><script>const it = document.querySelector('input');"
        "it.onfocus = () => setTimeout(() => { it.readOnly = false }, 200)</script>"
    )
    assert page.fill(WORDS.password, "s3cure-pass!")
    shows("Password <input type=password readonly>")
    with pytest.raises(LookupError, match="'Password' is on the screen, but takes nothing"):
        page.fill(WORDS.password, "s3cure-pass!")


def test_a_click_waits_for_what_is_shown(shows: _Shows) -> None:
    page = shows(
        "<p id=told></p><button onclick='go(this)'>Login</button><script>async function go(button) {"
        "button.textContent = 'Wait…'; const said = await (await fetch('/said')).json();"
        "setTimeout(() => { button.textContent = 'Login'; told.textContent = said.said }, 300) }</script>"
    )
    assert page.click(WORDS.log_in)
    assert page.told() == "done"
    assert _names(page, "control") == ["Login"]


def test_a_page_that_has_not_been_drawn_yet_is_waited_for(shows: _Shows) -> None:
    page = shows("<p id=told></p><script>setTimeout(() => { told.textContent = 'drawn' }, 500)</script>")
    assert page.look.lines == ["drawn"]


def test_a_window_that_a_picture_opens_tells_where_it_leads(shows: _Shows, served: Served) -> None:
    page = shows(f"{SCRIPTED}<div class=store style='width: 90px; height: 40px' onclick='window.open(\"/app\")'></div>")
    assert page.leads(browser_words.Word(WORDS.ok.pattern, ".store")) == [f"{served.url}/app"]


def test_a_background_is_a_picture_and_what_brought_it_says_whether_it_may_be_kept(shows: _Shows) -> None:
    page = shows(
        "<div id=code style='width: 150px; height: 150px'></div><script>fetch('/said').then(said => said.json())"
        '.then(said => { code.style.background = `url("data:image/png;base64,${said.picture}") no-repeat` })</script>'
    )
    picture, cache_control = page.picture() or (b"", "")
    assert find_codes(picture)
    assert cache_control == "no-store"
    assert page.cache_control() == ""


def test_what_one_tab_keeps_goes_with_the_session_and_not_with_the_machine(shows: _Shows) -> None:
    keeps = "Kept<script>for (const each of [localStorage, sessionStorage]) each.who = 'Ada'</script>"
    here = "<p id=told></p><script>told.textContent = [localStorage.who, sessionStorage.who].join()</script>"
    kept = shows(keeps).kept()
    page = shows(here)
    assert page.look.lines == [","]
    for sat, seen in ((kept, "Ada,Ada"), (kept.in_a_new_tab(), "Ada,"), (Kept(), ",")):
        page.sit_at(sat)
        page.go("/")
        assert page.look.lines == [seen]


def test_a_tab_that_is_left_stays_as_it_is(shows: _Shows) -> None:
    page = shows("<button onclick='document.body.append(++times)'>OK</button><script>var times = 0</script>")
    page.click(WORDS.ok)
    left = page.new_tab()
    page.go("/elsewhere")
    page.back_to(left)
    page.click(WORDS.ok)
    assert "".join(page.look.lines) == "OK12"


# Words


def test_the_words_of_kmc_ng_ship() -> None:
    words = browser_words.read("kmc-ng.toml")
    assert words.screens == "kmc-ng"
    assert words.new_password.fits("New password", ())
    assert words.menu.fits("", [".kUserName"])
    assert not words.menu.fits("", [])
    assert words.switch("Acme (1)").fits("Acme (1) (102)", ())
    assert not words.switch("Acme").fits("Acme2 (102)", ())


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('emial = "x"', r"names 'emial'; it takes email, password, "),
        ('email = "("', r"email cannot be '\('"),
        ("email = 1", "email cannot be 1: it is a text"),
        ("links = { reste = '/x' }", "it is a table of enrolment, reset"),
        ("email", "is no TOML"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(table: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text(table)
    with pytest.raises(Misuse, match=why):
        browser_words.read(str(tmp_path / "words.toml"))


def test_a_table_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Misuse, match=r"'none\.toml' cannot be read .*; these ship: kmc-ng\.toml"):
        browser_words.read("none.toml")


def test_words_are_for_screens_alone(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    with pytest.raises(Misuse, match="is for browser:URL, not for kaltura:URL"):
        targets.load(f"kaltura:{served.url}#kmc-ng.toml")
