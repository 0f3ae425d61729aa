"""The bench's audience in front of a real Flower, and the figures that come of its looking."""

from urllib.parse import urlsplit

import pytest

from fulfiller.domain.campaign import Campaign
from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.flower.figures import pages, ratio, speed
from fulfiller.ops.bench.flower.flood import Flood
from fulfiller.ops.bench.flower.gallery import AUDIENCE
from fulfiller.ops.bench.flower.run import Found
from fulfiller.ops.bench.flower.speed import ALONE, ARMS, ASKED, PRESENT, WATCHED, Run
from fulfiller.ops.bench.sample import Sample
from fulfiller.settings import surroundings
from fulfiller.store.sqlstore import SqlStore
from tests.ops.flower.door import Door
from tests.ops.flower.reader import opened

WITHIN_S = 20.0
VIEWERS = 3
POOL_US = {ALONE: 40.0, PRESENT: 40.0, WATCHED: 41.0, ASKED: 44.0}
CROWDS = {"rest_1": [5.0, 4.0], "rest_50": [5.5, 4.1], "work_1": [30.0], "work_50": [31.0]}


@pytest.fixture
def festival(page_store: SqlStore) -> Campaign:
    """A campaign to look at."""
    return opened(page_store)


def test_it_looks_and_asks(page_door: Door, festival: Campaign) -> None:
    """Streams that have been told something, and pages with the time that each took."""
    where = urlsplit(page_door.url)
    with Aide(AUDIENCE, surroundings()) as audience:
        audience.order(host=where.hostname, port=where.port, login=":".join(page_door.auth))
        assert audience.await_report(WITHIN_S) == {"ready": True}
        audience.order(viewers=VIEWERS, path=f"/campaigns/live?campaign={festival.id}")
        assert audience.await_report(WITHIN_S) == {"viewers": VIEWERS}
        audience.order(ask=["/campaigns", "/nowhere"])
        audience.order(stop=True)
        took_ms = audience.await_report(WITHIN_S)["took_ms"]
    assert took_ms["/campaigns"][0] > 0
    assert took_ms["/nowhere"][0] == -1


def _run(arm: str, scale: float) -> Run:
    flower = {} if arm == ALONE else {"flower": (1.0 if arm == PRESENT else 2.0) * scale}
    return Run(
        arm=arm,
        sample=Sample(promised=1, rate=1_000, cpu_us={"worker": POOL_US[arm] * scale, **flower}),
        took_ms={"/tasks": [5.0, 7.0, -1.0]} if arm == ASKED else {},
        tasks={} if arm == ALONE else {"begun": 10, "seen": 9, "events_dropped": 1},
        mib=0.0 if arm == ALONE else 90.0,
        store_us={WATCHED: 0.6, ASKED: 1.4}.get(arm, 0.0) * scale,
    )


def test_each_round_is_measured_by_its_own_baseline() -> None:
    """A round twice as slow as another says the same."""
    runs = [_run(arm, scale) for scale in (1.0, 2.0) for arm in ARMS]
    told = speed(runs)
    assert told["pool_ratio"] == {PRESENT: 1, WATCHED: 41 / 40, ASKED: 44 / 40}
    assert told["whole_ratio"] == {PRESENT: 41 / 40, WATCHED: 43 / 40, ASKED: 46 / 40}
    assert told["page_share"] == {WATCHED: 1.6 / 40, ASKED: 2.4 / 40}
    assert told["tasks"] == {"begun": 60, "seen": 54, "events_dropped": 6}
    assert pages(runs)["/tasks"] == {"p50": 6.0, "p95": 7.0, "max": 7.0, "asked": 4, "failed": 2}
    assert ratio([5.5, 4.1], [5.0, 4.0]) == pytest.approx((1.1 + 1.025) / 2)


def test_people_read_what_programs_do() -> None:
    """Viewers, drains with their verdict, and pages."""
    runs = [_run(arm, 1.0) for arm in ARMS]
    flood = Flood(
        per_s=500, begun=5_000, seen=4_999, dropped=3, used_ms=250, mib=99, took_ms={"/": [9, 8]}
    )
    found = Found(CROWDS, {"full": runs, "lone": runs}, [flood], {"rounds": 1})
    words = " ".join(found.words.split())
    assert "at rest 4.50 4.80 1.06" in words
    assert "Watched by one: the pool pays 1.02 of what it does alone, with Flower 1.07" in words
    assert "a viewer adds 4.0 % of the pool's cost" in words
    assert "Flower saw 27 of 30 tasks and let 3 events go." in words
    assert "500 tasks/s 100.0 % 3 250 99 9" in words
    assert found.data["viewers_ratio"] == {"rest": pytest.approx(1.0625), "work": 31 / 30}
