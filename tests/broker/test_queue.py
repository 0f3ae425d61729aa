"""The queue port on a real broker: what is published, and what a sick broker costs."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import key
from fulfiller.clock import monotonic
from fulfiller.domain.claim import public_id
from fulfiller.domain.tier import Tier
from fulfiller.ops.embedded.server import Server
from fulfiller.service.serving import HINT_MAX
from tests.broker.samples import hint

CALL_S = 1.3
"""A call to a broker that does not answer: its timeout of a second, and some air."""


@pytest.fixture
def queue(valkey: Server) -> Iterator[CeleryQueue]:
    """A queue on an empty broker."""
    opened = CeleryQueue(valkey.url)
    yield opened
    opened.close()


@pytest.fixture
def redis(valkey: Server) -> Iterator[Redis]:
    """The same broker, looked at with plain Redis commands."""
    with Redis.from_url(valkey.url) as line:
        yield line


def raw(redis: Redis, tier: Tier) -> list[dict[str, Any]]:
    """Return the messages of a tier's queue as they lie in Redis, oldest first."""
    elements: Any = redis.lrange(key(f"claims.{tier}"), 0, -1)
    return [json.loads(element) for element in reversed(elements)]


def test_a_hint_lies_in_the_queue_of_its_tier_with_headers_for_people(
    queue: CeleryQueue, redis: Redis
) -> None:
    """The arguments are one list of public ids, and the headers say what they are."""
    offered = hint(3, tier=Tier.P0)
    assert queue.publish([offered])
    (message,) = raw(redis, Tier.P0)
    headers = message["headers"]
    assert headers["task"] == "claims.issue"
    assert {name: headers[name] for name in ("v", "campaign", "tier", "n")} == {
        "v": 1,
        "campaign": "spring-festival",
        "tier": "p0",
        "n": 3,
    }
    args, kwargs, _ = json.loads(b64decode(message["body"]))
    assert args == [[public_id(claim_id) for claim_id in offered.ids]]
    assert kwargs == {}
    assert headers["eta"] is None
    assert headers["ignore_result"] is True


def test_people_see_a_lone_claim_by_its_id_and_many_by_their_number(
    queue: CeleryQueue, redis: Redis
) -> None:
    """What Flower and logs show of the arguments is an id, or campaign, tier and number."""
    lone, many = hint(1), hint(HINT_MAX)
    assert queue.publish([lone, many])
    shown = [message["headers"]["argsrepr"] for message in raw(redis, Tier.P1)]
    assert shown == [public_id(lone.ids[0]), f"spring-festival p1 x{HINT_MAX}"]


def test_hints_of_one_call_travel_in_one_write(queue: CeleryQueue, redis: Redis) -> None:
    """A publication of many hints is one stream for the broker, not a call for each."""
    queue.publish([hint()])
    assert _reads(redis, lambda: queue.publish([hint(2) for _ in range(20)])) < 10
    assert queue.depths() == {Tier.P0: 0, Tier.P1: 21, Tier.P2: 0, Tier.P3: 0}


def test_depths_count_the_tasks_of_every_tier(queue: CeleryQueue) -> None:
    """Tiers without tasks are there, too."""
    queue.publish([hint(tier=Tier.P3), hint(tier=Tier.P3), hint(5, tier=Tier.P1)])
    assert queue.depths() == {Tier.P0: 0, Tier.P1: 1, Tier.P2: 0, Tier.P3: 2}


def test_more_than_a_thousand_ids_are_refused_before_anything_is_sent(
    queue: CeleryQueue,
) -> None:
    """A hint that workers would set aside is not published, nor what came with it."""
    assert not queue.publish([hint(2), hint(1_001)])
    assert queue.fault == "a hint carries at most 1000 ids"
    assert not any((queue.depths() or {}).values())


def test_a_frozen_broker_costs_a_second_and_is_used_again_when_it_thaws(
    queue: CeleryQueue, valkey: Server
) -> None:
    """Every call comes back in bounded time with nothing, first and later ones alike."""
    assert queue.publish([hint()])
    valkey.freeze()
    assert _timed(lambda: queue.publish([hint(HINT_MAX)])) is False
    assert "TimeoutError" in str(queue.fault)
    assert _timed(queue.depths) is None
    assert _timed(lambda: queue.intact("one")) is None
    assert _timed(lambda: queue.mark("one")) is False
    valkey.thaw()
    assert queue.mark("two")
    assert queue.intact("two") is True
    assert queue.fault is None


def test_a_killed_broker_is_noticed_and_found_again(queue: CeleryQueue, valkey: Server) -> None:
    """Calls fail at once while it is away, and work again when it is back."""
    assert queue.publish([hint()])
    valkey.kill()
    assert not queue.publish([hint()])
    assert not queue.publish([hint()])
    assert "ConnectionError" in str(queue.fault)
    assert queue.depths() is None
    valkey.restart()
    assert queue.publish([hint()])
    assert (queue.depths() or {})[Tier.P1] >= 1


def test_a_broker_that_is_full_refuses_and_recovers(queue: CeleryQueue, redis: Redis) -> None:
    """Out of memory is a no, not an exception."""
    redis.config_set("maxmemory", 1)
    try:
        assert not queue.publish([hint()])
        assert "OutOfMemoryError" in str(queue.fault)
    finally:
        redis.config_set("maxmemory", 0)
    assert queue.publish([hint()])


def test_total_loss_is_seen_by_the_epoch(queue: CeleryQueue, redis: Redis) -> None:
    """A broker that was emptied no longer knows the epoch, and never knew another."""
    assert queue.intact("one") is False
    assert queue.mark("one")
    assert queue.intact("one") is True
    assert queue.intact("two") is False
    redis.flushall()
    assert queue.intact("one") is False


def test_brokers_without_pipelines_take_hints_one_by_one() -> None:
    """Where kombu can't batch, hints are published singly and depths asked by declaring."""
    queue = CeleryQueue("memory://")
    assert queue.publish([hint(tier=Tier.P0), hint(3, tier=Tier.P2), hint(tier=Tier.P2)])
    assert queue.depths() == {Tier.P0: 1, Tier.P1: 0, Tier.P2: 2, Tier.P3: 0}
    assert queue.intact("any") is True
    queue.close()


def _reads(redis: Redis, call: Callable[[], object]) -> int:
    """Return how often the server read from a connection during a call."""
    before = _stat(redis, "total_reads_processed")
    call()
    return _stat(redis, "total_reads_processed") - before


def _stat(redis: Redis, name: str) -> int:
    stats: Any = redis.info("stats")
    return int(stats[name])


def _timed(call: Callable[[], object]) -> object:
    begun = monotonic()
    answer = call()
    assert monotonic() - begun < CALL_S
    return answer
