"""How long claims waited for their coupon: counted by workers, added up in the broker."""

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import QUEUE_NAMES
from fulfiller.clock import ClaimIds
from fulfiller.domain.claim import ClaimId, dated
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import BOUNDS_S, Waits
from tests.processes import Process
from tests.waiting import until
from tests.workers.festival import Festival
from workers.waits import AWAY_S, EVERY_S, LOOKED_AT, Tally

MILLISECOND = 1_000
NOON = 1_770_379_200_000_000
QUEUE = QUEUE_NAMES[Tier.P2]


class Broker:
    """Hears what a child has counted, unless it is away."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self.heard: list[tuple[Tier, int]] = []
        self.asked = 0
        self.is_away = False
        self.now_s = 0.0

    def tell(self, waits: dict[Tier, Waits]) -> bool:
        """Take it, or don't answer."""
        self.asked += 1
        if not self.is_away:
            self.heard += [(tier, sum(each.counts)) for tier, each in waits.items()]
        return not self.is_away

    def tally(self) -> Tally:
        """Return a child's tally that tells it."""
        return Tally(tell=self.tell, monotonic=lambda: self.now_s)  # type: ignore[arg-type]


def claims(number: int, waited_ms: int = 7) -> list[ClaimId]:
    """Return claims that came so long before noon."""
    return [ClaimIds()(NOON - waited_ms * MILLISECOND) for _ in range(number)]


def test_a_claims_id_says_when_it_came() -> None:
    """To the millisecond."""
    assert dated(ClaimIds()(NOON + 1_999)) == NOON + MILLISECOND


def test_waits_lie_in_their_buckets() -> None:
    """At a bound below it, beyond the last one in a bucket of their own, and none below nothing."""
    waits = Waits()
    waits.add([-5, 5_000, 5_001, 3_600_000_000, 3_600_000_001])
    found = {bound: n for bound, n in zip((*BOUNDS_S, "beyond"), waits.counts, strict=True) if n}
    assert found == {0.005: 2, 0.01: 1, 3_600.0: 1, "beyond": 1}
    assert waits.sum_ms == 5 + 5 + 3_600_000 + 3_600_000


@pytest.mark.parametrize("number", [1, LOOKED_AT, LOOKED_AT + 1, 499, 500])
def test_every_claim_counts_once_however_few_are_looked_at(number: int) -> None:
    """Those that are looked at stand for the others."""
    broker = Broker()
    broker.tally().add(QUEUE, claims(number), NOON)
    assert broker.heard == [(Tier.P2, number)]


def test_a_child_tells_once_a_second_at_most() -> None:
    """At once after a rest; what comes in between goes with the next, and the rest at the end."""
    broker = Broker()
    tally = broker.tally()
    for _ in range(3):
        tally.add(QUEUE, claims(1), NOON)
    assert broker.heard == [(Tier.P2, 1)]
    broker.now_s += EVERY_S
    tally.add(QUEUE_NAMES[Tier.P0], claims(1), NOON)
    tally.add("claims.in", claims(1), NOON)
    tally.add(QUEUE, (), NOON)
    assert broker.heard[1:] == [(Tier.P2, 2), (Tier.P0, 1)]
    tally.add(QUEUE, claims(2), NOON)
    tally.flush()
    tally.flush()
    assert broker.heard[3:] == [(Tier.P2, 2)]


def test_a_broker_that_is_away_is_asked_rarely_and_told_all() -> None:
    """No task waits for it twice within half a minute."""
    broker = Broker()
    tally = broker.tally()
    broker.is_away = True
    for _ in range(5):
        broker.now_s += EVERY_S
        tally.add(QUEUE, claims(1), NOON)
    assert (broker.asked, broker.heard) == (1, [])
    broker.is_away = False
    broker.now_s += AWAY_S
    tally.add(QUEUE, claims(1), NOON)
    assert broker.heard == [(Tier.P2, 6)]


def test_what_children_count_is_added_up(queue: CeleryQueue) -> None:
    """By tier and bucket, until the broker is emptied."""
    assert queue.waits() == {}
    for each in (7_000, 70_000, 7_000):
        waits = Waits()
        waits.add([each])
        assert queue.count_waits({Tier.P1: waits})
    both = Waits()
    both.add([7_000, 70_000, 7_000])
    assert queue.waits() == {Tier.P1: both}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_worker_counts_what_it_issues(
    worker: Process, festival: Festival, queue: CeleryQueue
) -> None:
    """In the tier whose queue the hint came by, for metrics to be read."""
    ids = festival.accept(120)
    assert queue.publish([festival.hint(ids)])
    until(lambda: festival.issued(ids), within_s=20)
    until(lambda: {t: sum(w.counts) for t, w in (queue.waits() or {}).items()} == {Tier.P2: 120})
    assert worker.alive
