"""What intakes tell each other through a real broker: all of it once, and the newest at least."""

from collections.abc import Iterator

import pytest
from redis import Redis

from fulfiller.broker.door import KEPT_MS
from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import DOOR_KEY, key
from fulfiller.ops.embedded.server import Server

LI, WANG = b"l" * 16, b"w" * 16
HOUR_NS = 3_600 * 10**9


@pytest.fixture
def redis(valkey: Server) -> Iterator[Redis]:
    """The broker, looked at with plain Redis commands."""
    with Redis.from_url(valkey.url) as line:
        yield line


@pytest.fixture
def both(valkey: Server) -> Iterator[tuple[CeleryQueue, CeleryQueue]]:
    """The queues of two intakes."""
    one, other = CeleryQueue(valkey.url), CeleryQueue(valkey.url)
    yield one, other
    one.close()
    other.close()


def heard(queue: CeleryQueue) -> list[dict[str, bytes]]:
    """Return what an intake hears, which is never old."""
    news = queue.tell_doors({})
    assert news is not None
    assert all(0 <= each.age < HOUR_NS for each in news)
    return [dict(each.let_in) for each in news]


def test_everything_is_heard_once_and_nothing_by_whoever_told(
    both: tuple[CeleryQueue, CeleryQueue],
) -> None:
    """Of every limit, in order; and silence leaves no entry."""
    one, other = both
    assert one.tell_doors({"user": LI, "account": WANG}) == []
    assert one.tell_doors({"user": b"", "account": b""}) == []
    assert one.tell_doors({"user": WANG + LI}) == []
    assert heard(other) == [{"user": LI, "account": WANG}, {"user": WANG + LI}]
    assert heard(other) == []


def test_a_broker_whose_clock_was_ahead_is_heard_again(
    both: tuple[CeleryQueue, CeleryQueue], redis: Redis
) -> None:
    """After a failover, numbers may begin lower: whoever tells something notices that."""
    one, other = both
    redis.xadd(key(DOOR_KEY), {"by": "x", "user": LI}, id="9999999999999-0")
    assert heard(other) == [{"user": LI}]
    redis.flushall()
    assert other.tell_doors({"user": LI}) == []
    one.tell_doors({"user": WANG})
    assert heard(other) == [{"user": WANG}]


def test_what_is_old_goes(both: tuple[CeleryQueue, CeleryQueue], redis: Redis) -> None:
    """The stream holds some seconds, however long it has been told in."""
    one, _ = both
    now_ms = redis.time()[0] * 1_000
    for number in range(20):
        # Large ones, for Redis lets go of what is old by the node.
        past = now_ms - 10 * KEPT_MS + number
        redis.xadd(key(DOOR_KEY), {"by": "x", "user": LI * 1_000}, id=f"{past}-0")
    for _ in range(3):
        one.tell_doors({"user": WANG})
    assert redis.xlen(key(DOOR_KEY)) <= 4


def test_other_brokers_pass_nothing_on() -> None:
    """Limits are kept alone there, and that is no fault."""
    queue = CeleryQueue("memory://")
    assert queue.tell_doors({"user": LI}) is None
    assert queue.fault is None
    queue.close()
