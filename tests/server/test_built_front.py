"""A front end built elsewhere, beside API v3."""

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kmc_harness.server import built_front
from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.verdicts import Misuse

ORIGIN = "http://127.0.0.1:8800"
PAGE = """<!doctype html><base href="/"><link href="styles.css"><link href="https://fonts.example/lato">
<script>var kmcConfig = null;</script><script src="main.js"></script>"""


@pytest.fixture
def site(tmp_path: Path) -> TestClient:
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "main.js").write_text("run()")
    return TestClient(make_app(Backend(), lab=False, token=None, built=built_front.routes(tmp_path, ORIGIN)))


@pytest.mark.parametrize("path", ["", "/login", "/actions/auth-info/abc=", "/settings/myUserSettings"])
def test_its_page_stands_at_every_address_of_the_kmc(path: str, site: TestClient) -> None:
    said = site.get(f"/index.php/kmcng{path}")
    assert (said.status_code, said.headers["cache-control"]) == (200, "no-store")
    assert '<base href="/index.php/kmcng/">' in said.text
    assert 'href="https://fonts.example/lato"' in said.text
    for name in re.findall(r'(?:src|href)="(/apps/[^"]*)"', said.text):
        assert name in ("/apps/kmcng/styles.css", "/apps/kmcng/main.js")
    assert site.get("/apps/kmcng/main.js").text == "run()"


def test_it_is_told_where_the_server_is(site: TestClient) -> None:
    told = re.search("kmcConfig = (.*);</script>", site.get("/index.php/kmcng").text)
    assert told
    settings = json.loads(told[1])
    assert settings["kalturaServer"]["uri"] == "127.0.0.1:8800"
    key = settings["kalturaServer"]["resetPasswordUri"].replace("{hash}", "x")
    assert site.get(key).json()["errorCode"] == "LOGIN_DATA_NOT_FOUND"
    sign_up = settings["externalLinks"]["kaltura"]["signUp"].removeprefix(ORIGIN)
    assert "Sign Up" in site.get(sign_up).text
    assert site.get("/api_v3").status_code == 200


def test_a_folder_without_a_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"has no index\.html.*name a built kmc-ng"):
        built_front.routes(tmp_path, ORIGIN)
