"""A scrape with everything in it that an intake can ever tell."""

from fulfiller.broker.message import Flaw
from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.breaker import Reading
from fulfiller.domain.key import Scope
from fulfiller.domain.mode import SERVICE, Gauge
from fulfiller.domain.pace import SERVICE_RATE, Rate
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits
from fulfiller.service.keep import LEASE
from fulfiller.service.rates import By, set_rate
from tests.intake.door import Door, body, opened, show, submit
from tests.intake.limited import limits
from tests.intake.stage import AT_ONCE

AUDIT = frozenset({Scope.AUDIT_READ})


def full_scrape(store_url: str, broker_url: str) -> str:
    """Return what Prometheus gets of an intake at which everything has happened once."""
    once = limits(user=("1/h", 2))
    with opened(store_url, broker_url=broker_url, limits=AT_ONCE, door=once) as door:
        door.campaign(backlog_threshold=100, issuing_rate="10/s", waitlist_cap=50)
        with door.caller() as caller:
            submit(caller, "one")
            submit(caller, "two", body(campaign="nowhere"))
            submit(caller, "three", body("li"))
        _keep(door)
        _disturb(broker_url)
        with door.caller("prometheus", AUDIT) as caller:
            return caller.get("/metrics").text


def _keep(door: Door) -> None:
    """Leave what a keeper, a worker and an operator leave in the store."""
    show(door, rate=2.0)
    store = door.store
    fence = store.lease(LEASE, "test", ttl_s=60)
    assert fence is not None
    store.show_gauges({SERVICE: Gauge(at=store.now(), reading=Reading(store_s=0.1))}, fence=fence)
    store.announce("worker", 2, ttl_s=60)
    by = By(actor="operator:li", reason="a check", now=store.now())
    set_rate(SERVICE_RATE, Rate(36_000), by, store=store)


def _disturb(broker_url: str) -> None:
    """Leave what workers leave in the broker."""
    queue = CeleryQueue(broker_url)
    queue.set_aside(b"?", Flaw.UNDECODABLE)
    queue.count_submitted({"accepted": 1})
    waits = Waits()
    waits.add((9_000, 80_000_000))
    queue.count_waits({Tier.P2: waits})
    queue.close()
