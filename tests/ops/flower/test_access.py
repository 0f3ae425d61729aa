"""Everybody can use our pages: by axe-core and by us, in light and dark, on a phone and a desk."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from playwright.sync_api import Browser, Page, expect

from fulfiller.domain.claim import public_id
from fulfiller.domain.pace import EVERY_KEY, Rate
from fulfiller.service.issue import issue
from fulfiller.service.move import abandon, park
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import hold, pause
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import press, taken_in
from tests.ops.flower.access import barriers, flaws
from tests.ops.flower.browser import DESK, PHONE, confirm, fill_in, looking, started
from tests.ops.flower.conftest import Begin
from tests.ops.flower.door import PLAIN, Door
from tests.ops.flower.reader import REASON, act, crowd, opened
from tests.ops.test_cli import runner
from tests.ops.test_report import event_day

PERSON = "li"
WORDS = "en.opening.paused = 'We pause for lanterns.'"


@dataclass(frozen=True, slots=True)
class Stage:
    """A Flower that steers, with something of everything to show, and a report of it."""

    door: Door
    campaign: str
    claim: str
    report: Path

    @property
    def steer(self) -> str:
        """Where the campaign is steered."""
        return f"/campaigns/steer/{self.campaign}"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all of these tests."""
    with started(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def stage(begin: Begin, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Claims in every state, rates, a pause, a hold, and a merchant's own limit."""
    folder = tmp_path_factory.mktemp("access")
    copyfile(_sqlite_template, folder / "store.db")
    url = f"sqlite:///{folder / 'store.db'}"
    with closing(open_store(url, application="test")) as store:
        campaign, claim = _played(store)
    door = begin(url, *PLAIN, "--read_only=false")
    return Stage(door, campaign, claim, _reported(folder, _sqlite_template))


def _reported(folder: Path, template: Path) -> Path:
    """Return the report of an event of ten minutes, on a store of its own."""
    copyfile(template, folder / "event.db")
    url = f"sqlite:///{folder / 'event.db'}"
    with closing(open_store(url, application="test")) as store:
        event_day(store)
    file = folder / "report.html"
    run = runner(FULFILLER_HOME=str(folder), FULFILLER_STORE_URL=url)
    assert run("campaign", "report", "festival", "--out", str(file)).exit_code == 0
    return file


def _played(store: SqlStore) -> tuple[str, str]:
    campaign = opened(store, waitlist_cap=50)
    (mine,) = taken_in(store, PERSON, campaign=campaign.id, key="a")
    ids = crowd(store, campaign, 7)
    issue([mine, *ids[:3]], press(store))
    park(ids[4:6], "ValueError: bad", store=store, now=store.now(), actor="worker")
    abandon(ids[4:5], "lost", store=store, now=store.now(), actor="operator:li")
    by = By(reason=REASON, actor="operator:li", now=store.now())
    for key, rate in ((EVERY_KEY, "500/s"), ("shop-7", "9/h")):
        set_rate((campaign.id, key), Rate.parse(rate), by, store=store)
    for steered in (pause, hold):
        steered(campaign.id, act(store), store=store)
    crowd(store, campaign, 2)
    taken_in(store, PERSON, campaign=opened(store).id, key="b")
    store.announce("worker", 2, ttl_s=600)
    return campaign.id, public_id(mine)


def _campaigns(page: Page, stage: Stage) -> None:
    page.goto("/campaigns")
    page.get_by_role("article", name=stage.campaign, exact=True).locator("summary").click()


def _campaign(page: Page, stage: Stage) -> None:
    page.goto(f"/campaigns/view/{stage.campaign}")
    expect(page.locator(".campaign-picture path.line").first).to_be_attached()
    page.get_by_text("As a table").first.click()


def _steer(page: Page, stage: Stage) -> None:
    """All forms, one of them with a flaw."""
    page.goto(stage.steer)
    fill_in(page, "pause", reason=REASON, **{"for": "soon"})
    expect(page.get_by_role("alert")).to_be_visible()


def _preview(page: Page, stage: Stage) -> None:
    page.goto(stage.steer)
    fill_in(page, "patience", reason=REASON, words=WORDS)
    expect(page.get_by_role("heading", name="What they will hear")).to_be_visible()


def _end(page: Page, stage: Stage) -> None:
    page.goto(stage.steer)
    fill_in(page, "end", reason=REASON)
    expect(page.get_by_label(f"Type {stage.campaign} to confirm")).to_be_focused()


def _done(page: Page, stage: Stage) -> None:
    page.goto(stage.steer)
    fill_in(page, "rate", reason=REASON, rate="400/s", key="shop-8")
    assert "Done: Issuing rate" in confirm(page)


def _found(page: Page, _: Stage) -> None:
    page.goto("/campaigns/search")
    page.get_by_label("What you know of it").fill(PERSON)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_text("2 claims are meant")).to_be_visible()


WAYS: dict[str, Callable[[Page, Stage], object]] = {
    "campaigns": _campaigns,
    "a campaign": _campaign,
    "steer all": lambda page, _: page.goto("/campaigns/steer"),
    "steer a campaign": _steer,
    "a preview to confirm": _preview,
    "an end to confirm": _end,
    "done": _done,
    "search": _found,
    "a story": lambda page, stage: page.goto(f"/campaigns/story/{stage.claim}"),
    "a report": lambda page, stage: page.goto(stage.report.as_uri()),
}
"""Each of our pages, and how one gets there."""


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_kept_out(browser: Browser, stage: Stage, way: str) -> None:
    """Nothing for axe-core; no faint picture, no skipped heading, nothing sideways."""
    with looking(browser, stage.door, reduced_motion="reduce") as page:
        WAYS[way](page, stage)
        found = {}
        for scheme in ("light", "dark"):
            for size in (PHONE, DESK):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size(size)  # type: ignore[arg-type]
                in_color = scheme == "dark"
                found[scheme, size["width"]] = barriers(page, in_color=in_color) + flaws(page)
        assert {seen: found[seen] for seen in found if found[seen]} == {}


def test_a_barrier_is_found(browser: Browser, stage: Stage) -> None:
    """Whoever looks sees: a text that fades, a field without a name, a line that runs on."""
    with looking(browser, stage.door, stage.steer, reduced_motion="reduce") as page:
        page.evaluate(SPOILED)
        rules = {each.partition(":")[0] for each in barriers(page) + flaws(page)}
        assert {"color-contrast", "label", "twice", "wider than the page"} <= rules


SPOILED = """() => {
    document.querySelector("h1").style.color = "rgb(200, 200, 200)";
    document.querySelector("#pause-reason").removeAttribute("id");
    document.querySelector("#hold-reason").id = "unhold-reason";
    document.querySelector(".campaigns-card").style.width = "3000px";
}"""
