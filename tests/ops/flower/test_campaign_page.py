"""The page of one campaign: what Flower serves of it, live and as it was, and to whom."""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from http import HTTPStatus
from io import StringIO
from pathlib import Path
from time import monotonic  # noqa: TID251 - how long a pause takes to be seen is what is tested
from typing import Any

import httpx
import pytest

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.stripe import Count, Purse, counted, total
from fulfiller.ops.flower import seam
from fulfiller.service.issue import issue
from fulfiller.service.move import cancel
from fulfiller.service.steer import pause
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import press
from tests.ops.flower.door import Door
from tests.ops.flower.reader import CAMPAIGN_PATHS, PEOPLE, REASON, act, crowd, opened
from tests.waiting import until

STATIC = Path(seam.__file__).parent / "static"
ASSETS_MAX = 60_000
"""Bytes of all our scripts and styles together, as they travel."""
VISIBLE_S = 2.0
VIEWERS = 5


@pytest.fixture
def festival(page_store: SqlStore) -> Campaign:
    """A campaign that is open, with a low threshold."""
    return opened(page_store)


def text(door: Door, path: str) -> str:
    """Return what is served, as people read it."""
    markup = door.ask("GET", path, login=True).text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup)))


def now(door: Door, campaign: Campaign) -> dict[str, Any]:
    """Return what a poll tells."""
    path = f"/campaigns/live?campaign={campaign.id}&once=1"
    told: dict[str, Any] = door.ask("GET", path, login=True).json()
    return told


def series(door: Door, campaign: Campaign, query: str = "range=5m") -> httpx.Response:
    """Return what was."""
    return door.ask("GET", f"/api/campaigns/{campaign.id}/series?{query}", login=True)


@contextmanager
def stream(door: Door, campaign: Campaign) -> Iterator[Iterator[str]]:
    """Listen; yields the payloads as they come."""
    url = f"{door.url}/campaigns/live?campaign={campaign.id}"
    with httpx.stream("GET", url, auth=door.auth, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        yield (line.removeprefix("data: ") for line in lines if line.startswith("data: "))


@pytest.mark.parametrize("path", CAMPAIGN_PATHS)
def test_strangers_see_nothing(page_door: Door, path: str) -> None:
    """Each of these routes asks for Flower's own login."""
    answer = page_door.ask("GET", path, login=False)
    assert (answer.status_code, answer.text) in {(401, "Access denied"), (401, "")}


def test_after_a_drain_every_figure_is_the_stores(
    page_door: Door, page_store: SqlStore, festival: Campaign
) -> None:
    """On the page, in what is live, and in the newest row of the series: exactly."""
    ids = crowd(page_store, festival, 7)
    issue(ids[:6], press(page_store))
    now_us = page_store.now()
    assert cancel(ids[6], store=page_store, now=now_us, account="shop", actor="test")
    stripes = page_store.stripes(festival.id)
    until(lambda: '"issued">6<' in now(page_door, festival)["head"])
    page = text(page_door, f"/campaigns/view/{festival.id}")
    shown = {count: counted(stripes, count) for count in Count}
    for words in (
        "7 entered = 6 issued + 0 declined + 1 cancelled + 0 waitlisted + 0 accepted + 0 parked",
        "0 doubles among 6 coupons",
        "overspend 0",
        "Backlog 0 In line 0 Issued 6",
        "p2 7 6 0 1 0 0 0",
        "9,994 coupons, 249,850.00 CNY",
    ):
        assert words in page, words
    columns = until(lambda: (seen := series(page_door, festival).json()["columns"]) and seen)
    newest = {name: values[-1] for name, values in columns.items()}
    for count in (Count.ENTERED, Count.ISSUED, Count.DECLINED, Count.CANCELLED, Count.PARKED):
        assert newest[count.value] == shown[count]
    assert newest["backlog_p2"] == shown[Count.ACCEPTED] == 0
    assert newest["available"] == total(stripes, Purse.AVAILABLE)
    assert newest["reserved"] == total(stripes, Purse.RESERVED) == 0


def test_a_pause_is_seen_within_two_seconds_by_all_viewers(
    page_door: Door, page_store: SqlStore, festival: Campaign
) -> None:
    """Who did it and why is in the same message, which is the very same for everybody."""
    until(lambda: " flowing " in _words(json.dumps(now(page_door, festival))))
    with ExitStack() as stack:
        viewers = [stack.enter_context(stream(page_door, festival)) for _ in range(VIEWERS)]
        assert all(" flowing " in _words(next(viewer)) for viewer in viewers)
        pause(festival.id, act(page_store), store=page_store)
        began = monotonic()
        told = [next(each for each in viewer if " paused " in _words(each)) for viewer in viewers]
        assert monotonic() - began < VISIBLE_S
    assert len(set(told)) == 1
    assert REASON in _words(told[0])
    assert "Paused" in json.loads(told[0])["marks"]
    marks = series(page_door, festival).json()["marks"]
    assert [(each["kind"], each["by"]) for each in marks] == [("paused", "operator:li")]
    stretches = series(page_door, festival, "range=all").json()["stretches"]
    assert [(each["kind"], each["to"]) for each in stretches] == [("paused", None)]


def test_the_series_is_a_table_too(page_door: Door, festival: Campaign) -> None:
    """CSV with the campaign and the range in its name, each range at its own step."""
    until(lambda: series(page_door, festival).status_code == HTTPStatus.OK)
    answer = series(page_door, festival, "range=1h&format=csv")
    assert answer.headers["content-disposition"].endswith(f'"{festival.id}-1h.csv"')
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert (rows[-1]["entered"], rows[-1]["threshold"], rows[-1]["at"][-1]) == ("0", "10", "Z")
    steps = [series(page_door, festival, f"range={r}").json()["step_s"] for r in ("5m", "1h", "9h")]
    assert steps == [1, 10, 60]


@pytest.mark.parametrize("query", ["range=2d", "format=xml"])
def test_what_nobody_can_answer_is_refused_with_a_remedy(
    page_door: Door, festival: Campaign, query: str
) -> None:
    """The field and what it may be."""
    answer = series(page_door, festival, query)
    name = query.partition("=")[0]
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert f"{name} is " in answer.reason_phrase


def test_an_unknown_campaign_says_what_to_run(page_door: Door) -> None:
    """And its name is no markup."""
    path = "/campaigns/view/%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    answer = page_door.ask("GET", path, login=True)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "fulfiller campaign list" in answer.text
    assert "<script>alert" not in answer.text
    assert page_door.ask("GET", "/api/campaigns/x/series", login=True).status_code == 404


def test_nobody_is_named(page_door: Door, page_store: SqlStore, festival: Campaign) -> None:
    """No user, key, phone, claim or code is on the page, in what is live, or in the series."""
    ids = crowd(page_store, festival, 4)
    issue(ids[:2], press(page_store))
    until(lambda: '"issued">2<' in now(page_door, festival)["head"])
    coupons = [each.coupon for each in page_store.view(ids).values() if each.coupon is not None]
    secret = {PEOPLE, "example.com", *ids, *(each.lookup.hex() for each in coupons)}
    for path in (
        f"/campaigns/view/{festival.id}",
        f"/campaigns/live?campaign={festival.id}&once=1",
        f"/api/campaigns/{festival.id}/series?range=all",
    ):
        told = page_door.ask("GET", path, login=True).text
        assert [word for word in secret if word in told] == []


@pytest.mark.parametrize("path", ["/campaigns", "/campaigns/view/{}"])
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(
    page_door: Door, festival: Campaign, path: str
) -> None:
    """A strict policy, and a page, Flower's frame included, that lives by it."""
    answer = page_door.ask("GET", path.format(festival.id), login=True)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", answer.text) == []


def test_scripts_and_styles_are_light() -> None:
    """All of ours together, for the whole of the pages."""
    assert sum(len(gzip.compress(file.read_bytes())) for file in STATIC.iterdir()) < ASSETS_MAX


def _words(payload: str) -> str:
    markup = json.loads(payload).get("head", "")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup)))
