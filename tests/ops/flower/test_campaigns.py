"""The campaigns inside Flower: what each one does and why, for whoever logs in and nobody else."""

import re
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from shutil import copyfile

import httpx
import pytest

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.stripe import Count, Purse, counted, total
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY
from fulfiller.ops.flower import seam
from fulfiller.service.govern import trip
from fulfiller.service.issue import issue
from fulfiller.service.steer import Act, hold, let_flow, let_go, pause, unhold
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.switches import switch
from tests.contract.world import START, found, new_id, press
from tests.ops.flower.conftest import Begin
from tests.ops.flower.door import PLAIN, Door
from tests.ops.flower.reader import CAMPAIGN_PATHS, PEOPLE, act, crowd, opened, page, reads, told
from tests.waiting import until

PATHS = ("/campaigns", "/campaigns/board", "/api/campaigns")
FLOWERS_OWN = (
    "/", "/workers", "/tasks", "/broker", "/metrics", "/api/workers", "/api/tasks",
    "/static/css/flower.css",
)  # fmt: skip


@pytest.fixture(scope="module")
def url(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store in which each test has a campaign of its own."""
    file = tmp_path_factory.mktemp("campaigns") / "store.db"
    copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def door(begin: Begin, url: str) -> Door:
    """Flower on that store, whose pages show at once what has happened."""
    return begin(url, "tests.ops.flower.often", *PLAIN[1:])


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """The same store."""
    with closing(open_store(url, application="test")) as opened:
        yield opened


@pytest.fixture
def festival(store: SqlStore) -> Campaign:
    """A campaign that is open, with a low threshold."""
    return opened(store)


@pytest.mark.parametrize("path", [*PATHS, "/campaigns/asset/campaigns.js"])
def test_strangers_see_nothing(door: Door, path: str) -> None:
    """Each of our routes asks for Flower's own login, style and script, too."""
    answer = door.ask("GET", path, login=False)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.text in {"Access denied", ""}
    assert door.ask("GET", path, login=True).status_code == HTTPStatus.OK


def test_no_route_is_left_out() -> None:
    """A route that is added here has to be asked for its login above."""
    patterns = [route.regex for route in seam.routes(lambda: open_store("sqlite:////x"))]
    searches = ("/campaigns/search", f"/campaigns/story/clm_{new_id()}")
    shown = (*PATHS, *CAMPAIGN_PATHS, "/campaigns/asset/campaigns.js", *searches)
    assert all(any(pattern.fullmatch(path) for path in shown) for pattern in patterns)


@pytest.mark.parametrize("path", FLOWERS_OWN)
def test_flowers_own_pages_are_as_they_were(door: Door, path: str) -> None:
    """With one more tab on each page that people read."""
    answer = door.ask("GET", path, login=True)
    assert answer.status_code == HTTPStatus.OK
    is_page = "Primary navigation" in answer.text
    assert is_page is (path in {"/", "/workers", "/tasks", "/broker"})
    assert ('href="/campaigns"' in answer.text) is is_page


def test_the_page_is_one_of_flowers_own(door: Door, festival: Campaign) -> None:
    """In its frame, with its tab marked; nothing comes from another machine."""
    reads(door, festival, " flowing ")
    text = door.ask("GET", "/campaigns", login=True).text
    tab = re.search(r'<a class="nav-link active"\s+href="/campaigns"\s+aria-current="page"', text)
    assert tab is not None
    assert festival.id in text
    assert re.findall(r'(?:src|href)="((?:https?:)?//[^"]+)"', text) == [
        "https://flower.readthedocs.io/", "https://github.com/mher/flower",
    ]  # fmt: skip
    for name in re.findall(r'"(/campaigns/asset/[^"]+)"', text):
        assert door.ask("GET", name, login=True).status_code == HTTPStatus.OK


def test_only_the_two_files_are_served(door: Door) -> None:
    """The route of style and script leads nowhere else."""
    for name in ("../pages.py", "..%2fpages.py", "%2e%2e/seam.py", "x.css"):
        url = f"{door.url}/campaigns/asset/{name}"
        user, _, password = door.login.read_text().strip().partition(":")
        assert httpx.get(url, auth=(user, password)).status_code in {403, 404}


def test_a_flowing_campaign_shows_its_figures(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """Backlog against its threshold, tiers, money, and the books: all in words."""
    crowd(store, festival, 3, tier=Tier.P1)
    ids = crowd(store, festival, 4)
    issue(ids[:2], press(store))
    words = reads(door, festival, "7 entered = 2 issued")
    expected = (
        f"{festival.id} flowing active",
        "5 claims accepted and not yet issued; pauses above 10, clear again at 5",
        "250,000.00 CNY in all",
        "Issued 50.00 CNY", "Reserved 125.00 CNY", "Available 249,825.00 CNY",
        "p1 3 0 0", "p2 2 0 2",
        "+ 0 declined + 0 cancelled + 0 waitlisted + 5 accepted + 0 parked",
    )  # fmt: skip
    assert [each for each in expected if each not in words] == []


def test_what_programs_hear_is_what_the_store_has(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """Counts, tiers and money are the sums of the stripes; instants and words stand beside."""
    issue(crowd(store, festival, 6)[:3], press(store))
    heard = until(lambda: (found := told(door, festival)) and found["issued"] and found)
    stripes = store.stripes(festival.id)
    assert {each.value: heard[each.value] for each in Count} == {
        each.value: counted(stripes, each) for each in Count
    }
    assert heard["money"] == {each.value: total(stripes, each) for each in Purse}
    assert heard["money"]["issued"] == 3 * festival.value.amount
    assert heard["tiers"]["p2"]["accepted"] == heard["backlog"] == 3
    assert (heard["threshold"], heard["resume_at"], heard["currency"]) == (10, 5, "CNY")
    assert (heard["state"], heard["mode"], heard["held"]) == ("flowing", "flowing", False)


def test_a_pause_by_the_breaker_says_why_and_what_comes_next(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """The figures that decided, when the hold ends, and what it then waits for."""
    crowd(store, festival, 10)
    row = store.modes()[festival.id]
    assert trip(festival, row, 12, store=store, now=store.now())
    crowd(store, festival, 2)
    words = reads(door, festival, "2 waitlisted")
    assert re.search(
        r"paused active Paused(?: for \d+ s)?: backlog 12 > threshold 10\."
        r" The hold ends in \d+ s, then it ramps up over 60 s once these are clear: backlog\.",
        words,
    ), words
    assert told(door, festival)["mode"] == "paused"


def test_a_pause_whose_hold_is_over_says_what_it_waits_for(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """Long ago as it was: it ramps as soon as the backlog is clear."""
    crowd(store, festival, 9)
    switch(store, festival.id, mode=Mode.PAUSED, since=START, cause="backlog 12 > threshold 10")
    words = reads(door, festival, " paused ")
    assert re.search(r"Paused for \d+ d: backlog 12 > threshold 10\. The hold is over;", words)
    assert "ramps up over 60 s once these are clear: backlog." in words


def test_a_forced_pause_says_who_and_until_when(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """With the end where there is one, else with the command that ends it."""
    pause(festival.id, act(store, lasts_s=600), store=store)
    words = reads(door, festival, "by operator:li until")
    assert re.search(r"until \d\d:\d\d:\d\dZ: the shops are full\. Then it ramps up over", words)
    assert told(door, festival)["forced"]["by"] == "operator:li"
    pause(festival.id, act(store), store=store)
    reads(door, festival, f"somebody resumes it: fulfiller campaign resume {festival.id}")


def test_a_ramp_says_how_far_it_is(door: Door, store: SqlStore, festival: Campaign) -> None:
    """Resumed by hand it begins at a tenth."""
    pause(festival.id, act(store), store=store)
    let_go(festival.id, act(store), store=store)
    reads(door, festival, r" ramping .*it admits 1\d ?% of its pace, and all of it in \d+ s")


def test_a_forced_flow_says_that_nothing_pauses_it(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """An operator who overrules the signals is named."""
    let_flow(festival.id, act(store, lasts_s=600), store=store)
    reads(door, festival, "by operator:li until .* Until then no signal pauses it")


def test_a_held_campaign_says_that_nothing_is_lost(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """Held is a word of its own, beside a pause and alone."""
    hold(festival.id, act(store), store=store)
    words = reads(door, festival, " held active ")
    assert "Issuing is held" in words
    assert "by operator:li: the shops are full." in words
    assert "its money stays reserved" in words
    pause(festival.id, act(store), store=store)
    reads(door, festival, " paused, held ")


def test_the_service_stands_above_all_campaigns(
    door: Door, store: SqlStore, festival: Campaign
) -> None:
    """A service that is held is said on top and in each campaign, whose state is the service's."""
    hold(SERVICE, act(store), store=store)
    try:
        words = reads(door, festival, f"{festival.id} held active Flowing")
        assert "counts for all campaigns" in words
        assert told(door, festival)["held"] is False
        assert re.search("The service held .* Issuing is held", page(door))
    finally:
        unhold(SERVICE, act(store), store=store)
    reads(door, festival, " flowing ")


def test_phases_are_said(door: Door, store: SqlStore) -> None:
    """What is not open yet says when it opens, and what is over that it is honored."""
    later = opened(store, opens_at=store.now() + DAY // 2)
    over = found(store, id="over")
    reads(door, later, r"scheduled .*It opens at ")
    reads(door, over, "ended .*what was accepted is still honored")


def test_a_missing_keeper_is_said(door: Door, store: SqlStore) -> None:
    """Without one no mode moves; with one, nothing is said of it."""
    until(lambda: "No keeper leads" in page(door))
    assert store.lease("keeper", "host 4711", ttl_s=60) is not None
    until(lambda: "No keeper leads" not in page(door))
    assert door.ask("GET", "/api/campaigns", login=True).json()["keeper"] == "host 4711"
    store.release_lease("keeper", "host 4711")


def test_nobody_is_named(door: Door, store: SqlStore, festival: Campaign) -> None:
    """No user, key, phone, claim or code is on any page or in any answer of ours."""
    ids = crowd(store, festival, 4)
    issue(ids[:2], press(store))
    reads(door, festival, "2 issued")
    coupons = [each.coupon for each in store.view(ids).values() if each.coupon is not None]
    secret = {PEOPLE, "example.com", *ids, *(each.lookup.hex() for each in coupons)}
    assert len(secret) == 8
    for path in PATHS:
        text = door.ask("GET", path, login=True).text
        assert festival.id in text
        assert [word for word in secret if word in text] == []


def test_a_name_is_no_markup(door: Door, store: SqlStore, festival: Campaign) -> None:
    """Whatever a reason says, it is shown and never run."""
    evil = Act(reason="<script>alert(1)</script>", actor="operator:li", now=store.now())
    pause(festival.id, evil, store=store)
    reads(door, festival, "operator:li")
    text = door.ask("GET", "/campaigns", login=True).text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
