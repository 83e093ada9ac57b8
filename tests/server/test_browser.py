"""The KMC's screens and the lab in Chromium, as a person meets them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from kmc_harness.server.backend import Backend
from kmc_harness.server.site import make_app
from kmc_harness.specification import catalogue
from kmc_harness.targets import browser
from kmc_model.actions import RegisterUser
from kmc_model.clock import ManualClock
from tests.conftest import ROOT, WHOLE
from tests.server.inside import TOKEN, Served
from tests.server.wrong_screens import KEPT, REMEMBERED

SERVED = ROOT / "examples" / "targets" / "kmc-served"
POLICIES = [("browser.toml", False), ("browser-kaltura-server.toml", True)]
"""By which rulebook, and whether it is the published server's; CI takes one of them, and a sample of each chapter.

In that sample is every action, few times: ten wrong codes are typed ten times.
"""
SAMPLE = {"ENA-014", "ENR-015", "LOG-015", "RST-011", "RST-016", "SWI-003", "SWI-004", "SEC-006", "STD-008"}
NOT_ON_SCREENS = {"STD-008", "SEC-009"}
"""A picture's own file is not to be had from a screen, nor a key from anywhere."""
SCRIPT = "<img src=x onerror=document.title='scripted'>"


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.FLAGS)
        yield chromium.new_page(viewport={"width": 1280, "height": 900})
        chromium.close()


@pytest.fixture
def url() -> Iterator[str]:
    served = Served()
    backend = Backend(clock=ManualClock())
    for account in ("Acme", SCRIPT):
        backend.perform(RegisterUser(account, "ada@acme.example", "s3cure-pass!"))
    served.app = make_app(backend, lab=True, token=TOKEN)
    yield served.url
    served.close()


@pytest.mark.parametrize(("file", "as_built"), POLICIES if WHOLE else POLICIES[:1])
def test_on_the_screens_each_requirement_has_its_known_verdict(
    file: str, as_built: bool, judge: Callable[..., Any]
) -> None:
    """In CI what only a screen shows, and a sample; all of it where KMC_TEST_ALL says so."""
    known = {
        name: "skipped" if name in NOT_ON_SCREENS else each.as_built if as_built else "pass"
        for name, each in catalogue.load().items()
        if each.seen is not catalogue.Seen.ANYWHERE or name in SAMPLE or WHOLE
    }
    ran = judge(str(SERVED / file), "-n", "2", *(word for name in known for word in ("--only", name)))
    assert ran.verdicts == known


@pytest.mark.parametrize(
    ("wrong", "requirement", "scenarios"),
    [
        ("no Sign Up", "LOG-001", 1),
        ("a code without a name", "LOG-003", 3),
        ("the e-mail forgotten", "LOG-011", 1),
        ("the password kept", "LOG-011", 1),
        (REMEMBERED, "LOG-011", 1),
        ("one store", "ENR-004", 2),
        ("Continue leads elsewhere", "ENR-006", 2),
        (KEPT, "SEC-013", 2),
    ][:: 1 if WHOLE else 3],
)
def test_what_is_wrong_on_a_screen_is_noticed(
    wrong: str, requirement: str, scenarios: int, judge: Callable[..., Any]
) -> None:
    ran = judge("python:tests.server.wrong_screens:Wrong", "--only", requirement, KMC_TEST_WRONG=wrong)
    assert ran.verdicts == {requirement: "fail"}
    assert sum(each["verdict"] == "fail" for each in ran.report["scenarios"]) == scenarios


@pytest.mark.parametrize(
    "wrong",
    ["a code that takes nothing", "a code to be read", "a button that takes nothing"][: 3 if WHOLE else 1],
)
def test_what_takes_nothing_is_no_refusal_by_the_target(wrong: str, judge: Callable[..., Any]) -> None:
    """What is typed there must not end in the field before, as it would."""
    ran = judge("python:tests.server.wrong_screens:Wrong", "--only", "SWI-003", KMC_TEST_WRONG=wrong)
    assert ran.verdicts == {"SWI-003": "error"}
    assert "is on the screen, but takes nothing" in ran.report["scenarios"][0]["actual"]


def test_a_qr_code_that_has_expired_is_renewed_in_the_lab(page: Page, url: str) -> None:
    lab = page
    lab.goto(f"{url}/lab?token={TOKEN}")
    acme = lab.locator(".account").filter(has=lab.get_by_role("heading", name=re.compile("^Acme ")))
    acme.get_by_role("button", name="Switch two-factor on").click()

    with lab.expect_popup() as opened:
        lab.get_by_role("link", name="Open the link").first.click()
    kmc = opened.value
    expect(kmc.get_by_alt_text("QR code to scan with an authenticator app")).to_be_visible()

    for jump in ("+23 h 59 min", "+1 min", "+1 min"):
        lab.get_by_role("button", name=jump, exact=True).click()
    lab.get_by_role("button", name="Scan the screen").click()
    kmc.get_by_role("button", name="Continue").click()
    _log_in(kmc, "s3cure-pass!", _code(lab))
    expect(kmc.get_by_role("alert")).to_be_visible()

    kmc.get_by_role("link", name="Forgot Password?").click()
    kmc.get_by_label("E-mail").fill("ada@acme.example")
    kmc.get_by_role("button", name="Send").click()
    lab.reload()
    with lab.expect_popup() as opened:
        lab.get_by_role("link", name="Open the link").first.click()
    kmc = opened.value
    kmc.get_by_label("Enter new password").fill("n3w-pass!")
    kmc.get_by_label("Confirm new password").fill("n3w-pass!")
    kmc.get_by_role("button", name="Set password").click()
    kmc.get_by_role("button", name="OK").click()
    expect(kmc.get_by_alt_text("QR code to scan with an authenticator app")).to_be_visible()
    lab.get_by_role("button", name="Remove all entries").click()
    lab.get_by_role("button", name="Scan the screen").click()
    kmc.get_by_role("button", name="Continue").click()
    _log_in(kmc, "n3w-pass!", _code(lab))
    expect(kmc.get_by_role("heading", name="Acme")).to_be_visible()
    assert "scripted" not in (lab.title(), kmc.title())
    expect(kmc.get_by_text(SCRIPT).first).to_be_visible()


def _code(lab: Page) -> str:
    return lab.locator(".digits").inner_text().replace(" ", "")


def _log_in(kmc: Page, password: str, code: str) -> None:
    kmc.goto(f"{kmc.url.partition('?')[0]}?account=Acme&from=authentication")
    kmc.get_by_label("E-mail").fill("ada@acme.example")
    kmc.get_by_label("Password").fill(password)
    kmc.get_by_label("Authenticator Code").fill(code)
    kmc.get_by_role("button", name="Login").click()
