"""A browser drives a control from the campaigns' page to the event log, by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Kind
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.steer.test_controls import last
from tests.ops.flower.steer.visitor import OPERATOR, PASSWORD, REASON, Steered
from tests.waiting import until

PHONE = {"width": 360, "height": 740}
UNNAMED = """() => [...document.querySelectorAll("input, textarea, button, select, a")]
    .filter((each) => each.type !== "hidden" && each.checkVisibility())
    .filter((each) => !(each.labels?.length || each.ariaLabel || each.textContent.trim()
        || each.querySelector("img[alt], svg")))
    .map((each) => each.outerHTML)"""
NARROW = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


def entered(browser: Browser, **how: object) -> BrowserContext:
    """Return a browser in which the operator has logged in."""
    login = {"username": OPERATOR, "password": PASSWORD}
    return browser.new_context(http_credentials=login, viewport=PHONE, **how)  # type: ignore[arg-type]


def test_a_pause_by_keyboard_and_without_scripts(
    browser: Browser, steered: Steered, store: SqlStore, festival: Campaign
) -> None:
    """Filled in, read, confirmed with Enter; the log has it, and the page shows it."""
    context = entered(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{steered.door.url}/campaigns")
    way = page.get_by_role("link", name=f"Steer {festival.id}")
    # Without scripts the page shows what the last look at the store has seen.
    until(lambda: way.count() or not page.reload())
    way.press("Enter")
    reason = page.get_by_role("region", name="Pause", exact=True).get_by_label("Reason")
    reason.fill(REASON)
    reason.press("Enter")
    assert "newcomers get a place in line" in page.locator("#will-happen").inner_text()
    command = f"fulfiller campaign pause {festival.id} --reason '{REASON}'"
    assert page.locator("#command").inner_text() == command
    assert store.modes()[festival.id].mode is Mode.FLOWING
    page.get_by_role("button", name="Pause").press("Enter")
    assert "Done: Pause" in page.get_by_role("status").inner_text()
    assert f"paused by flower:{OPERATOR}: {REASON}" in page.locator("[data-now=pause]").inner_text()
    assert store.modes()[festival.id].mode is Mode.PAUSED
    event = last(store)
    assert (event.kind, event.actor, event.detail, event.campaign) == (
        Kind.MODE_PAUSED,
        f"flower:{OPERATOR}",
        REASON,
        festival.id,
    )
    context.close()


def test_the_pages_fit_a_phone_and_name_every_field(
    browser: Browser, steered: Steered, festival: Campaign
) -> None:
    """With scripts, nothing that the strict policy forbids is tried on any of the three pages."""
    context = entered(browser)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.goto(f"{steered.door.url}/campaigns/steer/{festival.id}")
    _sound(page)
    region = page.get_by_role("region", name="End", exact=True)
    region.get_by_label("Reason").fill(REASON)
    region.get_by_role("button").click()
    assert page.get_by_label(f"Type {festival.id} to confirm").evaluate(
        "(each) => each === document.activeElement"
    )
    _sound(page)
    page.keyboard.type(festival.id)
    page.keyboard.press("Enter")
    page.get_by_text("Done: End").wait_for()
    _sound(page)
    assert errors == []
    context.close()


def _sound(page: Page) -> None:
    assert page.evaluate(NARROW)
    assert page.evaluate(UNNAMED) == []
