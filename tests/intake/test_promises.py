"""What alerts compare with: promises, limits, phases, and a ledger that adds up or does not."""

import sqlite3
from contextlib import closing

from fulfiller.domain.breaker import Reading
from fulfiller.domain.campaign import BreakerTerms, Publication
from fulfiller.domain.mode import SERVICE, Gauge
from fulfiller.domain.pace import SERVICE_RATE, Rate
from fulfiller.service.keep import LEASE
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import Act, pause
from tests.intake.door import NAME, Door, body, submit
from tests.intake.test_metrics import scrape

SECOND = 1_000_000


def test_promises_are_those_of_the_terms(door: Door) -> None:
    """Spans, caps and rates as stated; a cap and a rate that nobody set are not told."""
    door.campaign(
        "strict",
        promise_s=30,
        breaker=BreakerTerms(oldest_s=20),
        waitlist_cap=50,
        issuing_rate="7200/h",
    )
    told = scrape(door)
    assert told.values("promise_seconds", "campaign") == {NAME: 600, "strict": 30}
    assert told.values("oldest_claim_limit_seconds", "campaign") == {NAME: 600, "strict": 20}
    assert told.values("waitlist_cap_claims", "campaign") == {"strict": 50}
    assert told.values("rate_limit_claims_per_second", "scope") == {"strict": 2}


def test_the_ceiling_is_the_rate_of_the_whole_service(sqlite_door: Door) -> None:
    """It stands beside those of campaigns, under the scope of all of them."""
    store = sqlite_door.store
    by = By(actor="operator:li", reason="a check", now=store.now())
    set_rate(SERVICE_RATE, Rate(36_000), by, store=store)
    assert scrape(sqlite_door).values("rate_limit_claims_per_second", "scope") == {SERVICE: 10}


def test_each_campaign_is_in_one_phase(sqlite_door: Door) -> None:
    """Whatever it is, the others are 0, so that a sum over campaigns counts them."""
    sqlite_door.campaign("ended", publication=Publication.ENDED)
    told = scrape(sqlite_door)
    for name, phase in ((NAME, "active"), ("ended", "ended")):
        phases = told.values("phase", "phase", campaign=name)
        assert [each for each, is_in in phases.items() if is_in] == [phase]
        assert len(phases) == 6


def test_since_when_it_is_paused(sqlite_door: Door) -> None:
    """In seconds; a campaign flows since it was made, the service never moved and tells none."""
    before = scrape(sqlite_door).values("mode_since_timestamp_seconds", "scope")
    now = sqlite_door.store.now()
    assert set(before) == {NAME}
    assert before[NAME] < now / SECOND
    act = Act(reason="a check", actor="operator:li", now=now, until=now + SECOND)
    assert pause(NAME, act, store=sqlite_door.store).changed
    since = scrape(sqlite_door).values("mode_since_timestamp_seconds", "scope")
    assert since == {NAME: now / SECOND}


def test_how_slow_the_store_is_the_keeper_says(sqlite_door: Door) -> None:
    """Nothing before its first look, and then what it saw last."""
    assert scrape(sqlite_door).value("store_answer_seconds") is None
    store = sqlite_door.store
    fence = store.lease(LEASE, "test", ttl_s=60)
    assert fence is not None
    gauge = Gauge(at=store.now(), reading=Reading(store_s=0.7))
    store.show_gauges({SERVICE: gauge}, fence=fence)
    assert scrape(sqlite_door).value("store_answer_seconds") == 0.7


def test_workers_are_counted_while_they_say_so(sqlite_door: Door) -> None:
    """Each with its slots; their names are in no label."""
    assert scrape(sqlite_door).value("workers") == 0
    sqlite_door.store.announce("worker-canary", 3, ttl_s=60)
    sqlite_door.store.announce("another", 2, ttl_s=60)
    told = scrape(sqlite_door)
    assert (told.value("workers"), told.value("worker_slots")) == (2, 5)
    assert "canary" not in told.text


def test_the_budget_is_told_in_coupons(door: Door) -> None:
    """A thousand of them; one that is promised is no longer there for others."""
    with door.caller() as caller:
        submit(caller, "li", body("li"))
    kinds = scrape(door).values("budget_coupons", "kind", campaign=NAME)
    left = {"limit": 1_000, "available": 999, "reserved": 1, "issued": 0, "redeemed": 0}
    assert kinds == left


def test_a_ledger_that_does_not_add_up_shows(sqlite_door: Door) -> None:
    """Money and claims by how much; what one stripe misses no other can make up for."""
    told = scrape(sqlite_door)
    assert told.value("ledger_difference_minor_units", campaign=NAME, currency="CNY") == 0
    assert told.value("ledger_difference_claims", campaign=NAME) == 0
    with closing(sqlite3.connect(sqlite_door.store_url.removeprefix("sqlite:///"))) as line, line:
        line.execute("pragma ignore_check_constraints = on")
        line.execute("update stripe set issued = issued + 700 where number = 0")
        line.execute("update stripe set available = available - 700 where number = 1")
        line.execute("update stripe set p2_entered = p2_entered + 3 where number = 0")
        line.execute("update stripe set p0_issued = p0_issued + 2 where number = 1")
    told = scrape(sqlite_door)
    assert told.value("ledger_difference_minor_units", campaign=NAME, currency="CNY") == 1_400
    assert told.value("ledger_difference_claims", campaign=NAME) == 5
