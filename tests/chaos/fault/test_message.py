"""Messages delivered again, out of order, poisoned: seen in queues, and in what workers do."""

from typing import Any
from uuid import uuid4

import pytest
from kombu import Connection
from redis import Redis

from fulfiller.broker.message import read
from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import (
    ISSUE_TASK,
    KEY_PREFIX,
    QUARANTINED_KEY,
    key,
    queue_name,
)
from fulfiller.chaos.fault.element import made, said, task_id
from fulfiller.chaos.fault.message import Duplicate, Reorder, Resend
from fulfiller.chaos.fault.poison import NOBODY, POISON, Poison
from fulfiller.chaos.fault.process import Stop
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.wiring import Truth
from tests.chaos.fault.ring import Ring, seen, unseen
from tests.stack.backlog import pile
from tests.stack.opening import opened
from tests.waiting import until

QUEUE = queue_name(Tier.P1)
CLAIMS = 5


@pytest.fixture
def hints(broker_ring: Ring) -> list[bytes]:
    """Some hints in a queue that nobody serves, as our own publisher writes them."""
    queue = CeleryQueue(broker_ring.broker_url)
    lane = Lane("ring", Tier.P1)
    assert queue.publish([Hint(lane, (ClaimId(str(uuid4())),)) for _ in range(CLAIMS)])
    queue.close()
    with Redis.from_url(broker_ring.broker_url) as client:
        return _waiting(client)


def test_an_element_made_by_hand_is_read_like_one_of_ours(hints: list[bytes]) -> None:
    """Both have an id, and say to their task what they were given."""
    ours = made(QUEUE, ISSUE_TASK, [[NOBODY]])
    assert NOBODY.encode() in said(ours)
    assert b"clm_" in said(hints[0])
    assert task_id(ours) != task_id(hints[0])
    assert task_id(b"garbage") is None
    assert said(b"garbage") == b""
    assert isinstance(read([[NOBODY]], {}, {"v": 1}), tuple)


def test_each_message_is_copied_once_and_so_often(
    broker_ring: Ring, redis: Redis, hints: list[bytes]
) -> None:
    """Copies are not copied, and newcomers are for as long as it lasts."""
    wound = Duplicate(copies=3).begin(broker_ring)
    redis.lpush(key(QUEUE), made(QUEUE, ISSUE_TASK, [[NOBODY]]))
    until(lambda: wound.struck() == 3 * (CLAIMS + 1))
    assert f"{CLAIMS + 1} messages got {3 * (CLAIMS + 1)} copies" in seen(wound)
    wound.heal()
    found = _waiting(redis)
    assert len(found) == 4 * (CLAIMS + 1)
    assert {found.count(hint) for hint in hints} == {4}
    redis.lpush(key(QUEUE), made(QUEUE, ISSUE_TASK, [[NOBODY]]))
    assert redis.llen(key(QUEUE)) == 4 * (CLAIMS + 1) + 1


def test_no_messages_are_no_duplicates(broker_ring: Ring) -> None:
    """And none is out of order."""
    for fault in (Duplicate(), Reorder(), Reorder(how="shuffle")):
        wound = unseen(fault, broker_ring)
        wound.heal()
        assert wound.struck() == 0


def test_a_queue_is_turned_round(broker_ring: Ring, redis: Redis, hints: list[bytes]) -> None:
    """Every other look it is the other way; nothing is lost or added."""
    wound = Reorder().begin(broker_ring)
    wound.heal()
    times = wound.struck()
    assert "stood elsewhere" in seen(wound)
    expected = hints[::-1] if times % 2 else hints
    assert _waiting(redis) == expected


def test_a_queue_is_shuffled(broker_ring: Ring, redis: Redis, hints: list[bytes]) -> None:
    """In a way that is not just backwards; nothing is lost or added."""
    wound = Reorder(how="shuffle").begin(broker_ring)
    until(lambda: _waiting(redis) not in (hints, hints[::-1]))
    wound.heal()
    assert sorted(_waiting(redis)) == sorted(hints)
    assert seen(wound)


def test_poison_in_a_queue_that_nobody_serves_is_not_seen(broker_ring: Ring, redis: Redis) -> None:
    """Until it has been taken out and counted; neither alone is enough."""
    wound = unseen(Poison(), broker_ring)
    queue = key(queue_name(Tier.P2))
    assert redis.llen(queue) == wound.struck() == len(POISON)
    for _, flaw in POISON.values():
        if flaw is not None:
            assert wound.seen() is None
            redis.hincrby(key(QUARANTINED_KEY), flaw, 1)
    assert wound.seen() is None
    redis.rename(queue, "elsewhere")
    redis.rename(key(QUARANTINED_KEY), "aside")
    assert wound.seen() is None
    redis.rename("aside", key(QUARANTINED_KEY))
    assert seen(wound)


def test_a_worker_sets_poison_aside_and_goes_on(ring: Ring, stack: Stack, truth: Truth) -> None:
    """Every sort of it, as what it is; the worker and its children are the same afterwards."""
    until(lambda: stack.is_ready("worker1"), within_s=30)
    main, starts = stack.pid("worker1"), stack.starts("worker1")
    wound = Poison(copies=2).begin(ring)
    words = seen(wound, within_s=20)
    assert "4 unknown_task" in words
    with Redis.from_url(ring.broker_url) as client:
        aside = sum(map(int, client.hvals(key(QUARANTINED_KEY))))
    assert aside >= 2 * sum(flaw is not None for _, flaw in POISON.values())
    assert (stack.pid("worker1"), stack.starts("worker1")) == (main, starts)
    opened(truth, "antidote")
    pile(truth, "antidote", 3)
    until(lambda: _issued(truth, "antidote") == 3, within_s=20)
    wound.heal()


def test_claims_that_are_done_are_offered_again_for_nothing(
    ring: Ring, stack: Stack, truth: Truth
) -> None:
    """The hints are worked off, and no coupon is added; without claims nothing is seen."""
    opened(truth, "done")
    ring.campaign = "done"
    assert unseen(Resend(), ring).struck() == 0
    pile(truth, "done", 10)
    until(lambda: _issued(truth, "done") == 10, within_s=20)
    until(lambda: stack.is_ready("worker1"), within_s=30)
    stopped = Stop(on="worker").begin(ring)
    wound = Resend(claims=8, copies=2).begin(ring)
    assert wound.struck() == 16
    assert wound.seen() is None
    stopped.heal()
    assert "16 hints" in seen(wound, within_s=20)
    assert _issued(truth, "done") == 10


def test_a_message_in_hand_is_copied_too(
    broker_ring: Ring, redis: Redis, hints: list[bytes]
) -> None:
    """What a consumer has taken and not acknowledged comes once more, while it has it."""
    options = {"global_keyprefix": KEY_PREFIX}
    with Connection(broker_ring.broker_url, transport_options=options) as line:
        taken = line.SimpleQueue(QUEUE).get(timeout=5)
        assert _waiting(redis) == hints[:-1]
        wound = Duplicate(copies=1).begin(broker_ring)
        wound.heal()
        assert wound.struck() == CLAIMS
        copies = [task_id(element) for element in _waiting(redis)]
        assert copies.count(taken.headers["id"]) == 1
        assert len(copies) == 2 * CLAIMS - 1


def _waiting(client: Redis) -> list[bytes]:
    found: Any = client.lrange(key(QUEUE), 0, -1)
    return list(found)


def _issued(truth: Truth, campaign: str) -> int:
    return counted(truth.stripes(campaign), Count.ISSUED)
