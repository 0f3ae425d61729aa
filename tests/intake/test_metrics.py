"""What Prometheus scrapes: true figures under conventional names, for those who may see them."""

import subprocess
from collections.abc import Mapping
from http import HTTPStatus

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from fulfiller.broker.message import Flaw
from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.key import Scope
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits
from fulfiller.ops.embedded.server import Server
from fulfiller.service.keep import LEASE
from tests.intake.door import NAME, Door, body, opened, submit
from tests.intake.full import AUDIT, full_scrape
from tests.intake.stage import AT_ONCE
from tests.waiting import until

P2 = {"campaign": NAME, "tier": "p2"}


class Scrape:
    """Everything that one scrape brought."""

    def __init__(self, text: str) -> None:
        """Read it as Prometheus does."""
        self.text = text
        self.samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def value(self, name: str, **labels: str) -> float | None:
        """Return a figure of the service, or None if it is not told."""
        full = f"fulfiller_{name}"
        found = [s.value for s in self.samples if s.name == full and s.labels == labels]
        return found[0] if found else None

    def values(self, name: str, label: str, **labels: str) -> Mapping[str, float]:
        """Return figures by one of their labels."""
        full = f"fulfiller_{name}"
        chosen = [s for s in self.samples if s.name == full and labels.items() <= s.labels.items()]
        return {s.labels[label]: s.value for s in chosen}


def scrape(door: Door) -> Scrape:
    """Return what a scraper gets from a door that reads anew each time."""
    with door.caller("prometheus", AUDIT) as caller:
        return Scrape(caller.get("/metrics").text)


@pytest.mark.parametrize("scope", [None, *Scope])
def test_only_auditors_read_them(quiet_door: Door, scope: Scope | None) -> None:
    """Every scope but one is turned away, and so is nobody at all."""
    key = quiet_door.key("someone", frozenset({scope})) if scope else "none"
    answer = httpx.get(f"{quiet_door.url}/metrics", headers={"authorization": f"Bearer {key}"})
    expected = {None: HTTPStatus.UNAUTHORIZED, Scope.AUDIT_READ: HTTPStatus.OK}
    assert answer.status_code == expected.get(scope, HTTPStatus.FORBIDDEN)


def test_claims_and_money_are_those_of_the_books(door: Door) -> None:
    """Totals, open claims, money and age follow what happened, on each kind of store."""
    with door.caller() as caller:
        claims = [submit(caller, user, body(user)).json() for user in ("li", "wang", "zhao")]
        caller.delete(f"/v1/claims/{claims[1]['claim_id']}")
    door.issue(claims[0])
    told = scrape(door)
    totals = {"entered": 3, "issued": 1, "declined": 0, "cancelled": 1}
    assert told.values("claims_total", "state", **P2) == totals
    waiting = {"waitlisted": 0, "accepted": 1, "parked": 0}
    assert told.values("open_claims", "state", **P2) == waiting
    money = {"limit": 2_500_000, "available": 2_495_000, "reserved": 2_500, "issued": 2_500}
    kinds = told.values("budget_minor_units", "kind", campaign=NAME, currency="CNY")
    assert kinds == money | {"redeemed": 0}
    age_s = told.value("oldest_ready_age_seconds", **P2)
    assert age_s is not None
    assert 0 < age_s < 60


def test_the_service_is_told_as_it_stands(sqlite_door: Door) -> None:
    """Modes as 0 and 1, whether a keeper leads, the slots of the workers."""
    before = scrape(sqlite_door)
    assert before.values("mode", "mode", scope=NAME) == {"flowing": 1, "paused": 0, "ramping": 0}
    assert before.value("held", scope="*") == 0
    assert (before.value("keeper_leading"), before.value("worker_slots")) == (0, 0)
    sqlite_door.store.lease(LEASE, "me", ttl_s=60)
    sqlite_door.store.announce("worker1", 3, ttl_s=60)
    after = scrape(sqlite_door)
    assert (after.value("keeper_leading"), after.value("worker_slots")) == (1, 3)
    assert after.value("store_up") == 1
    assert len(after.values("build_info", "version")) == 1


def test_what_an_intake_counts_is_its_own(sqlite_url: str) -> None:
    """Requests by route and status, refusals by code, in batches too, and groups by size."""
    with opened(sqlite_url, limits=AT_ONCE) as door, door.caller() as caller:
        door.campaign()
        submit(caller, "one")
        submit(caller, "one")
        submit(caller, "two", body(campaign="nowhere"))
        batch = [
            body("a") | {"idempotency_key": "a"},
            body(campaign="x") | {"idempotency_key": "b"},
        ]
        caller.post("/v1/claims/batch", json={"claims": batch})
        told = scrape(door)
    statuses = told.values("intake_requests_total", "status", route="submit_claim")
    assert statuses == {"202": 1, "200": 1, "404": 1}
    assert told.value("intake_requests_total", route="submit_claims", status="207") == 1
    assert told.value("intake_refused_total", code="unknown_campaign") == 2
    name = "intake_request_duration_seconds"
    assert told.value(f"{name}_count", route="submit_claim") == 3
    assert told.value(f"{name}_bucket", route="submit_claim", le="+Inf") == 3
    assert (told.value(f"{name}_sum", route="submit_claim") or 0) > 0
    assert told.value("intake_group_claims_sum") == 5


def test_the_broker_is_told_or_missed(sqlite_url: str, valkey: Server) -> None:
    """Messages by queue and quarantined ones by flaw; nothing but "down" once it is gone."""
    with (
        opened(sqlite_url, broker_url=valkey.url, limits=AT_ONCE) as door,
        Redis.from_url(valkey.url) as redis,
    ):
        redis.rpush("fulfiller:claims.p3", b"one", b"two")
        queue = CeleryQueue(valkey.url)
        queue.set_aside(b"?", Flaw.UNDECODABLE)
        waits = Waits()
        waits.add([9_000, 9_000, 70_000_000])
        queue.count_waits({Tier.P0: waits})
        queue.close()
        told = scrape(door)
        assert told.value("broker_up") == 1
        assert told.values("queue_messages", "queue")["claims.p3"] == 2
        assert "claims.in" in told.values("queue_messages", "queue")
        assert told.values("quarantined_total", "flaw") == {"undecodable": 1}
        buckets = told.values("claim_wait_seconds_bucket", "le", tier="p0")
        assert (buckets["0.005"], buckets["0.01"], buckets["+Inf"]) == (0, 2, 3)
        assert told.value("claim_wait_seconds_sum", tier="p0") == 70.018
        valkey.kill()
        gone = scrape(door)
        assert gone.value("broker_up") == 0
        assert gone.values("queue_messages", "queue") == {}


def test_a_dead_store_leaves_what_the_intake_counted(postgres: Server, postgres_url: str) -> None:
    """While the store is away a scrape says so, instead of failing."""
    with opened(postgres_url, limits=AT_ONCE) as door, door.caller("prometheus", AUDIT) as caller:
        door.campaign()
        assert Scrape(caller.get("/metrics").text).value("store_up") == 1
        postgres.kill()
        until(lambda: Scrape(caller.get("/metrics").text).value("store_up") == 0)
        gone = Scrape(caller.get("/metrics").text)
        assert gone.values("claims_total", "state") == {}
        assert (gone.value("intake_requests_total", route="metrics", status="200") or 0) > 0


def test_scrapers_share_a_reading(sqlite_url: str) -> None:
    """Within a second everybody gets the same figures: scraping can't be made to hurt."""
    with opened(sqlite_url) as door, door.caller("prometheus", AUDIT) as caller:
        first = caller.get("/metrics").text
        assert all(caller.get("/metrics").text == first for _ in range(5))


def test_promtool_finds_no_fault(sqlite_url: str, valkey: Server, promtool: str) -> None:
    """`promtool check metrics` has nothing to say about names, units and help, of any series."""
    text = full_scrape(sqlite_url, valkey.url)
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    told = {sample.name for sample in Scrape(text).samples}
    assert len([name for name in told if name.startswith("fulfiller_")]) >= 40
    assert told >= {"fulfiller_door_refused_total", "fulfiller_door_limits_shared"}


def test_no_figure_names_a_person(sqlite_door: Door) -> None:
    """Users, keys and claims are in no label: what grows with people is no metric."""
    with sqlite_door.caller() as caller:
        claim = submit(caller, "canary-key", body("canary-user", limit_key="canary-limit")).json()
    told = scrape(sqlite_door).text
    assert "canary" not in told
    assert claim["claim_id"].removeprefix("clm_") not in told
