"""The HTML report in a browser, as a QA lead opens it."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from kmc_harness.report import html
from kmc_harness.targets import browser as targets_browser
from kmc_harness.verdicts import Verdict
from tests.harness.made import report, scenario


@pytest.fixture(scope="module")
def browser() -> Generator[Browser, None, None]:
    try:
        chromium = targets_browser.chromium()
    except LookupError as missing:
        pytest.skip(str(missing))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=targets_browser.FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, on_kaltura: Any) -> Generator[Page, None, None]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
    )
    opened.goto(f"file://{on_kaltura.folder}/report.html")
    yield opened
    assert complaints == []
    context.close()


def test_a_reader_filters_to_fail_opens_a_scenario_and_follows_a_link(page: Page, on_kaltura: Any) -> None:
    failed, all_of_them = on_kaltura.count("fail"), len(on_kaltura.verdicts)
    expect(page.get_by_text("Departs from what is documented")).to_be_visible()
    page.get_by_role("button", name=f"fail {failed}").click()
    expect(page.locator("#shown")).to_have_text(f"{failed} of {all_of_them} requirements")
    expect(page.locator(".requirement:visible")).to_have_count(failed)
    page.get_by_role("row", name="SWI-002").get_by_role("link", name="SWI-002").click()
    requirement = page.locator("#SWI-002")
    expect(requirement.get_by_text("The same holds from an account that has it.")).to_be_visible()
    requirement.get_by_text("Both accounts have it on", exact=True).click()
    expect(requirement.get_by_text("expected Ada refused; actual: accepted with a session").first).to_be_visible()
    expect(requirement.get_by_text("kmc run --target model --policy kaltura-server")).to_be_visible()
    assert page.url.endswith("#SWI-002")


def test_a_link_to_a_requirement_opens_it_also_when_a_filter_hides_it(page: Page, on_kaltura: Any) -> None:
    all_of_them = len(on_kaltura.verdicts)
    page.get_by_role("button", name=f"pass {on_kaltura.count('pass')}").click()
    expect(page.locator("#SWI-002")).to_be_hidden()
    page.get_by_role("row", name="SWI-002").get_by_role("link", name="SWI-002").click()
    expect(page.locator("#SWI-002 blockquote")).to_be_visible()
    expect(page.locator("#shown")).to_have_text(f"{all_of_them} of {all_of_them} requirements")


def test_search_and_level_narrow_together(page: Page, on_kaltura: Any) -> None:
    page.get_by_label("Search in requirements and scenarios").fill("quiet zone")
    expect(page.locator(".requirement:visible")).to_have_count(1)
    page.get_by_label("Level").select_option("hardening")
    expect(page.locator(".requirement:visible")).to_have_count(0)
    page.get_by_role("button", name="clear").click()
    expect(page.locator(".requirement:visible")).to_have_count(len(on_kaltura.verdicts))


def test_the_keyboard_is_enough(page: Page) -> None:
    page.locator("#SWI-002 > details > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#SWI-002 blockquote")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#SWI-002 .steps").first).to_be_visible()


def test_every_control_has_a_name_for_a_screen_reader(page: Page) -> None:
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, img')].filter("
        "each => !(each.textContent.trim() || each.ariaLabel || each.alt)).length"
    )
    assert nameless == 0


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_screen(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for place in ("#ENR-009", "#STD-003", "#SEC-005"):
        page.evaluate(f"document.querySelectorAll('{place} details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(scheme: Any, page: Page) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{page.url.partition('#')[0]}#SWI-002")
    assert page.evaluate(CONTRAST) == []


CONTRAST = """
() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$/.test(found) && !/color\\(/.test(found)) return found;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const words = "h1, h2, h3, p, .badge, .soft, .level, .id, code, .verdict strong, td, th, dt, dd, button, a";
  for (const node of document.querySelectorAll(words)) {
    if (!node.checkVisibility()) continue;
    const pair = [light(getComputedStyle(node).color), light(ground(node))].sort().reverse();
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) faint.push(`${node.className} ${node.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
}
"""


def test_a_column_is_headed_in_one_line_whatever_is_in_the_others(browser: Browser) -> None:
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.set_content(html.page(report(scenario(Verdict.FAIL, actual="refused " * 200)), Path("kmc-report")))
    heights = opened.evaluate("[...document.querySelectorAll('th')].map(each => each.clientHeight)")
    assert len(heights) == 4
    assert max(heights) < 40
    opened.close()


def test_it_prints_what_failed_opened(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#SWI-002 blockquote")).to_be_visible()
    expect(page.locator("#SWI-002 .steps").first).to_be_visible()
    expect(page.locator("#ENR-009 .steps:visible")).to_have_count(1)
    expect(page.locator(".filters")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details[open]")).to_have_count(0)


def test_print_is_dark_on_white_and_keeps_the_fills_that_words_stand_on(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')") == "#1d2330"
    assert page.evaluate("getComputedStyle(document.querySelector('.badge.fail')).printColorAdjust") == "exact"


def test_markup_of_a_target_is_text_in_the_page(browser: Browser, judge: Any) -> None:
    ran = judge("SpeaksMarkup", "--only", "SWI-002")
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.goto(f"file://{ran.folder}/report.html")
    opened.locator("#SWI-002 summary").first.click()
    opened.locator("#SWI-002 .scenario summary").first.click()
    expect(opened.get_by_text("document.title='taken'").first).to_be_visible()
    assert opened.title() != "taken"
    context.close()
