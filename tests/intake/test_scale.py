"""GET /v1/scale: what autoscalers read, from the books, without what workers can't help with."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from fulfiller.client import AsyncClient, Client, Scale
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.key import Scope
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Rate, RateScope
from fulfiller.service.issue import Press, issue
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import Act, hold
from tests.intake.conforming import conforms, document_of
from tests.intake.door import CODE_KEY, NAME, Door, body, code, opened, show
from tests.intake.stage import AT_ONCE

AUDIT = frozenset({Scope.AUDIT_READ})
SHOP = "shop-7"


@pytest.fixture
def fresh(store_url: str) -> Iterator[Door]:
    """A door that has read nothing before and reads anew for everyone; four slots work."""
    with opened(store_url, limits=AT_ONCE) as door:
        door.campaign()
        door.store.announce("worker1", 4, ttl_s=60)
        yield door


def scaled(door: Door, query: str = "") -> dict[str, Any]:
    """Return what an autoscaler is told."""
    with door.caller("keda", AUDIT) as caller:
        answer = caller.get(f"/v1/scale{query}")
    conforms(answer, "show_scale", document_of(door))
    told: dict[str, Any] = answer.json()
    return told


def claims(door: Door, number: int, campaign: str = NAME, **more: object) -> list[ClaimId]:
    """Take claims in, and return their ids."""
    names = [f"{campaign}{more}{n}" for n in range(number)]
    each = [body(name, campaign, **more) | {"idempotency_key": name} for name in names]
    with door.caller() as caller:
        results = caller.post("/v1/claims/batch", json={"claims": each}).json()["results"]
    assert [result["status"] for result in results] == [202] * number
    return [ClaimId(result["claim"]["claim_id"].removeprefix("clm_")) for result in results]


def limit(door: Door, scope: RateScope) -> None:
    """Set a rate that lets two claims go now, and the next in half an hour."""
    by = By(reason="a check", actor="operator:li", now=door.store.now())
    set_rate(scope, Rate.parse("2/h"), by, store=door.store)


def work(door: Door, ids: list[ClaimId]) -> int:
    """Do a worker's work, and return how many coupons it gave."""
    press = Press(store=door.store, key=CODE_KEY, now=door.parts.now)
    return len(issue(tuple(ids), press).issued)


def test_the_backlog_is_what_workers_could_issue(fresh: Door) -> None:
    """Neither what is held, nor what waits for its shop's rate, nor what is done."""
    limit(fresh, (NAME, SHOP))
    fresh.campaign("still")
    usual, shop = claims(fresh, 20), claims(fresh, 7, limit_key=SHOP)
    claims(fresh, 5, campaign="still")
    assert scaled(fresh)["backlog"] == 32
    now = fresh.store.now()
    hold("still", Act(reason="a check", actor="operator:li", now=now), store=fresh.store)
    assert scaled(fresh)["backlog"] == 27
    assert work(fresh, shop) == 2
    assert scaled(fresh)["backlog"] == 20
    assert work(fresh, usual[:8]) == 8
    assert scaled(fresh) == {
        "backlog": 12,
        "drain_s": None,
        "workers": 4,
        "suggested_workers": 4,
    }


def test_a_crowd_that_waits_for_its_shop_asks_for_nobody(
    fresh: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than is counted of them: the others are counted instead; of both, nothing changes."""
    monkeypatch.setattr("fulfiller.service.scale.COUNTED_MAX", 10)
    limit(fresh, (NAME, SHOP))
    assert work(fresh, claims(fresh, 30, limit_key=SHOP)) == 2
    claims(fresh, 9)
    assert scaled(fresh)["backlog"] == 9
    claims(fresh, 1, locale="en")
    show(fresh, rate=0.001)
    assert (scaled(fresh)["backlog"], scaled(fresh)["suggested_workers"]) == (0, 4)


def test_workers_are_suggested_from_what_was_measured(fresh: Door) -> None:
    """Fast enough: no more of them. Too slow: as many as the promise takes, up to the most."""
    fresh.campaign("quick", promise_s=100)
    claims(fresh, 10, campaign="quick")
    claims(fresh, 10)
    show(fresh, rate=2.0)
    assert scaled(fresh) == {
        "backlog": 20,
        "drain_s": 10.0,
        "workers": 4,
        "suggested_workers": 4,
    }
    # Twenty in half of a hundred seconds at 0.02 a second and slot.
    show(fresh, rate=0.08)
    assert scaled(fresh)["suggested_workers"] == 20
    assert scaled(fresh, "?max=12")["suggested_workers"] == 12


@pytest.mark.parametrize("scope", [(NAME, EVERY_KEY), SERVICE_RATE])
def test_a_backlog_that_waits_for_its_rate_asks_for_nobody(fresh: Door, scope: RateScope) -> None:
    """Whether the rate is the campaign's or the service's."""
    limit(fresh, scope)
    ids = claims(fresh, 50)
    show(fresh, rate=0.001)
    assert scaled(fresh)["backlog"] == 50
    assert work(fresh, ids) == 2
    told = scaled(fresh)
    assert (told["backlog"], told["suggested_workers"]) == (0, 4)


def test_what_comes_in_is_measured_from_one_question_to_the_next(
    fresh: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first nobody is sent home; then as many stay as what came takes, and at rest one."""
    monkeypatch.setattr("fulfiller.intake.scale.SPAN", 0)
    show(fresh, rate=0.4)
    assert scaled(fresh)["suggested_workers"] == 4
    assert work(fresh, claims(fresh, 40)) == 40
    # Forty in a moment, at a tenth of a claim per second and slot: more than there may be.
    assert scaled(fresh, "?max=30")["suggested_workers"] == 30
    assert scaled(fresh) == {
        "backlog": 0,
        "drain_s": 0.0,
        "workers": 4,
        "suggested_workers": 1,
    }


def test_a_most_that_is_none_is_named(sqlite_door: Door) -> None:
    """422 with the parameter, never a guess."""
    with sqlite_door.caller("keda", AUDIT) as caller:
        wrong = [caller.get(f"/v1/scale?max={said}") for said in ("0", "x", "", "1.5", "10001")]
    assert [(a.status_code, code(a)) for a in wrong] == [(422, "invalid")] * 5
    assert {a.json()["errors"][0]["parameter"] for a in wrong} == {"max"}


def test_all_who_ask_within_a_second_share_a_reading(sqlite_url: str) -> None:
    """So that asking can't be made to hurt."""
    with opened(sqlite_url) as door:
        door.campaign()
        before = scaled(door)
        claims(door, 3)
        assert scaled(door) == before


def test_both_clients_read_it(sqlite_door: Door) -> None:
    """As numbers, with the most that one asked for."""

    async def story(key: str) -> Scale:
        async with AsyncClient(sqlite_door.url, key) as client:
            return await client.scale(max_workers=1)

    sqlite_door.store.announce("worker1", 4, ttl_s=60)
    claims(sqlite_door, 3)
    key = sqlite_door.key("keda", AUDIT)
    with Client(sqlite_door.url, key) as client:
        told = client.scale()
    assert (told.backlog, told.drain_s, told.workers) == (3, None, 4)
    assert told.suggested_workers >= 4
    assert asyncio.run(story(key)).suggested_workers == 1
