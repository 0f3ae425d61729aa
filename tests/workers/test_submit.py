"""The Celery door: claims from anybody's Celery client are in the store, once, or refused."""

from functools import partial

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.ops.embedded.server import Server
from tests.processes import Process
from tests.waiting import until
from tests.workers.conftest import SECRET
from tests.workers.festival import ACCOUNT, NAME, Festival
from tests.workers.upstream import Upstream, claim, make_key


@pytest.fixture
def upstream(festival: Festival, valkey: Server) -> Upstream:
    """An upstream with a key that may do what it wants."""
    return Upstream(valkey.url, make_key(festival.store, SECRET))


def counted_up(queue: CeleryQueue, **outcomes: int) -> bool:
    """Return whether exactly these outcomes were counted so far."""
    return queue.submitted() == outcomes


def entered(festival: Festival) -> int:
    """Return how many claims the books know."""
    stripes = festival.store.stripes(NAME)
    return sum(counted(stripes, Count.ENTERED, tier) for tier in Tier)


def test_a_claim_sent_ten_times_is_one_claim(
    worker: Process, festival: Festival, queue: CeleryQueue, upstream: Upstream
) -> None:
    """Whoever is in doubt sends again: one claim, one place, found by its key."""
    upstream.python(*[upstream.message(claim("li", "order-1"))] * 10)
    until(partial(counted_up, queue, accepted=1, repeated=9), within_s=20)
    assert entered(festival) == 1
    found = festival.store.by_key([(ACCOUNT, "order-1")])
    view = festival.store.view(found.values())
    assert [seen.claim.user for seen in view.values()] == ["li"]
    worker.says(f"{ACCOUNT}: accepted=1")
