"""The Celery door in trouble: the store away, workers killed in the act, and nothing lost."""

import os
from functools import partial
from signal import SIGKILL
from typing import Any

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import key
from fulfiller.ops.embedded.server import Server
from tests.processes import Process
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import NAME, Festival
from tests.workers.upstream import (
    Upstream,
    claim,
    counted_up,
    entered,
    raw,
    sent_ten_times,
)
from tests.workers.watch import events, of_kind

pytestmark = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)


def test_nothing_is_lost_while_the_store_is_away(
    worker: Process,
    festival: Festival,
    queue: CeleryQueue,
    upstream: Upstream,
    postgres: Server,
    redis: Redis,
) -> None:
    """Messages go back to the queue they came from, whatever they say of it, until it is back."""
    sent_ten_times(festival, queue, upstream)
    festival.store.close()
    postgres.kill()
    # As celery-node writes it: the name of the list stands where the name of the queue belongs.
    redis.lpush(key("claims.in"), raw(upstream.message(claim("wang", "order-5"))))
    upstream.python(*[upstream.message(claim(f"user-{n}", f"order-{n}")) for n in range(5)])
    until(lambda: worker.text().count("StoreUnavailable") >= 2, within_s=20)
    assert counted_up(queue, accepted=1, repeated=9)
    assert "Traceback" not in worker.text()
    postgres.restart()
    until(partial(counted_up, queue, accepted=7, repeated=9), within_s=30)
    assert entered(festival) == 7
    assert worker.alive
    until(lambda: redis.llen(key("claims.in")) + redis.hlen(key("unacked")) == 0)


def test_a_worker_killed_in_the_act_leaves_its_message(
    start_worker: StartWorker,
    store_url: str,
    festival: Festival,
    queue: CeleryQueue,
    upstream: Upstream,
    redis: Redis,
) -> None:
    """Killed between taking and committing, a child or all of it: the message comes again."""
    first = start_worker(store_url)
    (child,) = first.children()
    with festival.store.lock(NAME), events(upstream.broker_url) as told:
        upstream.python(upstream.message(claim("li", "order-1")))
        until(lambda: len(of_kind(told, "task-started")) == 1, within_s=20)
        os.kill(child, SIGKILL)
        until(lambda: len(of_kind(told, "task-started")) == 2, within_s=20)
        first.kill()
    assert redis.hlen(key("unacked")) == 1
    # What waits for five minutes to pass, as Celery's visibility timeout has it.
    index = key("unacked_index")
    tags: Any = redis.zrange(index, 0, -1)
    redis.zadd(index, dict.fromkeys(tags, 0))
    start_worker(store_url)
    # What the database has of the killed child's transaction it may still commit: then this is
    # the repeat that is harmless.
    one, other = {"accepted": 1}, {"repeated": 1}
    ends = [partial(counted_up, queue, **each) for each in (one, other, one | other)]
    until(lambda: any(end() for end in ends), within_s=30)
    assert entered(festival) == 1
