"""The page of one campaign in a real browser: alive, readable for everybody, on any screen."""

import re
from collections.abc import Iterator
from statistics import median
from time import monotonic  # noqa: TID251 - how long a move takes to be seen is what is tested

import pytest
from playwright.sync_api import Browser, Page, expect

from fulfiller.domain.campaign import Campaign
from fulfiller.service.issue import issue
from fulfiller.service.steer import hold, let_flow, pause
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import press
from tests.ops.flower.browser import DESK, PHONE, login, looking, started
from tests.ops.flower.door import Door
from tests.ops.flower.reader import act, crowd, opened

CHARTS = 6
VISIBLE_S = 2.0


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all of these tests."""
    with started(chromium) as browser:
        yield browser


@pytest.fixture
def festival(page_store: SqlStore) -> Campaign:
    """A campaign with something of everything to show."""
    campaign = opened(page_store)
    issue(crowd(page_store, campaign, 6)[:4], press(page_store))
    return campaign


def _path(campaign: Campaign, query: str = "") -> str:
    return f"/campaigns/view/{campaign.id}{query}"


def _is_drawn(page: Page) -> None:
    expect(page.locator(".campaign-picture path.line").first).to_be_attached()
    expect(page.locator("#campaign-refreshed")).to_have_text(re.compile("^Live, read"))


def test_it_lives(
    browser: Browser, page_door: Door, page_store: SqlStore, festival: Campaign
) -> None:
    """Figures, charts and the line for screen readers follow what happens, without a reload."""
    with looking(browser, page_door, _path(festival)) as page:
        _is_drawn(page)
        assert page.locator(".campaign-picture").count() == CHARTS
        crowd(page_store, festival, 3)
        expect(page.locator("[data-figure=backlog]")).to_have_text("5")
        pause(festival.id, act(page_store), store=page_store)
        expect(page.locator(f"[data-scope={festival.id}]")).to_have_text("paused")
        expect(page.locator("#campaign-news")).to_have_text(f"{festival.id}: paused")
        assert page.locator(".shade-paused").count() >= CHARTS
        expect(page.locator("path.mark-paused")).to_have_count(CHARTS)
        expect(page.locator("table:has-text('What happened')")).to_contain_text("operator:li")


def test_without_a_stream_it_asks(
    browser: Browser, page_door: Door, page_store: SqlStore, festival: Campaign
) -> None:
    """Whoever is behind something that lets no stream through still sees what happens."""
    context = browser.new_context(extra_http_headers=login(page_door))
    page = context.new_page()
    page.route(re.compile(r"/campaigns/live\?campaign=[^&]+$"), lambda route: route.abort())
    page.goto(page_door.url + _path(festival))
    expect(page.locator("#campaign-refreshed")).to_have_text(re.compile("^Asked, read"))
    hold(festival.id, act(page_store), store=page_store)
    expect(page.locator(f"[data-scope={festival.id}]")).to_have_text("held")
    context.close()


def test_it_stands_still_when_told_to_and_when_nobody_sees_it(
    browser: Browser, page_door: Door, page_store: SqlStore, festival: Campaign
) -> None:
    """By keyboard; and going on shows at once what was missed."""
    with looking(browser, page_door, _path(festival)) as page:
        _is_drawn(page)
        page.locator("#campaign-still").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#campaign-refreshed")).to_have_text("Stands still")
        crowd(page_store, festival, 1)
        page.keyboard.press("Enter")
        expect(page.locator("[data-figure=backlog]")).to_have_text("3")
        _hide(page, hidden=True)
        expect(page.locator("#campaign-refreshed")).to_have_text("Waits until it is seen")
        _hide(page, hidden=False)
        expect(page.locator("#campaign-refreshed")).to_have_text(re.compile("^Live, read"))


def _hide(page: Page, *, hidden: bool) -> None:
    """Tell the page what a browser tells the page of a tab that is put behind another."""
    said = "true" if hidden else "false"
    page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{ value: {said}, configurable: true }});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_the_address_holds_the_view(browser: Browser, page_door: Door, festival: Campaign) -> None:
    """From the overview to a campaign, to another range, and to its table behind a chart."""
    with looking(browser, page_door, "/campaigns") as page:
        page.get_by_role("link", name=festival.id, exact=True).click()
        _is_drawn(page)
        page.get_by_role("link", name="1 h", exact=True).click()
        expect(page).to_have_url(re.compile(r"\?range=1h$"))
        expect(page.get_by_role("link", name="1 h", exact=True)).to_have_attribute(
            "aria-current", "true"
        )
        _is_drawn(page)
        page.get_by_text("As a table").first.click()
        expect(page.locator("details[open] table tbody tr").first).to_contain_text("2")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_what_is_pressed_is_large_enough_for_a_thumb(
    browser: Browser, page_door: Door, festival: Campaign, size: dict[str, int]
) -> None:
    """Ranges and links above the charts are 44 pixels high; axe asks for 24."""
    with looking(browser, page_door, _path(festival), viewport=size) as page:
        boxes = [each.bounding_box() for each in page.locator(".campaign-bar :is(a, button)").all()]
        assert len(boxes) > 4
        assert all(box is not None and box["height"] >= 44 for box in boxes)


def test_a_move_is_seen_within_two_seconds(
    browser: Browser, page_door: Door, page_store: SqlStore, festival: Campaign
) -> None:
    """In the middle of three moves, from the commit to both pages, the overview and its own."""
    with (
        looking(browser, page_door, "/campaigns") as overview,
        looking(browser, page_door, _path(festival)) as own,
    ):
        _is_drawn(own)
        took_s = []
        for n in range(3):
            move, state = ((pause, "paused"), (let_flow, "flowing"))[n % 2]
            move(festival.id, act(page_store, lasts_s=3600), store=page_store)
            began = monotonic()
            for page in (own, overview):
                page.evaluate(SHOWS, [f"[data-scope={festival.id}]", state])
            took_s.append(monotonic() - began)
    assert median(took_s) < VISIBLE_S, took_s


SHOWS = """([scope, state]) => new Promise((done) => {
    const look = () => document.querySelector(scope)?.textContent === state && done();
    new MutationObserver(look).observe(document.body,
        { subtree: true, childList: true, characterData: true });
    look();
})"""
