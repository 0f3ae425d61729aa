"""The publisher: fresh claims reach the broker at once, in big hints under load, or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from statistics import median
from threading import Event
from typing import cast

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.clock import StoreClock, monotonic, new_claim_id
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier
from fulfiller.intake.parts import Broker, IntakeParts, Limits
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.intake.publisher import BUSY_GAP_S, GAP_S, MUCH, Publisher
from fulfiller.ops.embedded.server import Server
from fulfiller.service.dispatch import Lane
from fulfiller.store.opening import open_store
from tests.intake.door import CODE_KEY, PEPPER, opened, submit
from tests.waiting import until

LANE = Lane("spring-festival", Tier.P2)
_ids = count()


def _claims(number: int) -> Sequence[tuple[Lane, ClaimId]]:
    return [(LANE, new_claim_id(next(_ids))) for _ in range(number)]


@contextmanager
def _running(parts: IntakeParts) -> Iterator[Publisher]:
    import asyncio

    publisher = Publisher(parts)
    publisher.start()
    yield publisher
    asyncio.run(publisher.stop())


@pytest.fixture
def parts(sqlite_url: str, valkey: Server) -> Iterator[IntakeParts]:
    """Parts whose broker is a real one."""
    clock_store = open_store(sqlite_url, application="test clock")
    yield IntakeParts(
        open_store=partial(open_store, sqlite_url),
        open_queue=partial(CeleryQueue, valkey.url),
        now=StoreClock(clock_store.now).now,
        monotonic=monotonic,
        new_claim_id=new_claim_id,
        code_key=CODE_KEY,
        pepper=PEPPER,
        library=read_library(shipped_phrases()),
        limits=replace(Limits(), hint_max=100),
    )
    clock_store.close()


@pytest.fixture
def queue(valkey: Server) -> Iterator[CeleryQueue]:
    """The broker as a test sees it."""
    opened = CeleryQueue(valkey.url)
    yield opened
    opened.close()


def _has(queue: CeleryQueue, number: int) -> bool:
    return _depth(queue) == number


def _depth(queue: CeleryQueue) -> int:
    return (queue.depths() or {}).get(Tier.P2, -1)


def test_a_lone_claim_is_offered_at_once(sqlite_url: str, valkey: Server) -> None:
    """From the door to the broker's queue, marked in the store as offered."""
    queue = CeleryQueue(valkey.url)
    with opened(sqlite_url, broker_url=valkey.url) as door, door.caller() as caller:
        door.campaign()
        until(door.app.publisher.short, what="the queues are known")
        assert submit(caller, "one").status_code == 202
        until(lambda: _depth(queue) == 1, within_s=5)
        (row,) = door.store.ready(LANE, after=(0, ClaimId("")), limit=10)
        assert row.offered_at == row.ready_at
    queue.close()


def test_short_queues_are_known_and_long_ones_too(parts: IntakeParts, queue: CeleryQueue) -> None:
    """Empty queues are short; with two tasks per slot only tiers above those that wait are."""
    with _running(parts) as publisher:
        until(lambda: publisher.short() == frozenset(Tier))
        publisher.offer(_claims(400))
        until(lambda: _depth(queue) == 4)
        until(lambda: publisher.short() == {Tier.P0, Tier.P1}, within_s=2)


def test_what_comes_together_goes_together(parts: IntakeParts, queue: CeleryQueue) -> None:
    """Claims that trickle in share hints: the first goes alone, then one goes out each 25 ms."""
    with _running(parts) as publisher:
        until(publisher.short)
        began = monotonic()
        for _ in range(60):
            publisher.offer(_claims(1))
            Event().wait(0.002)
        took_s = monotonic() - began
    assert 2 <= _depth(queue) <= took_s / GAP_S + 3


def test_behind_a_lone_claim_hardly_anybody_waits(parts: IntakeParts, queue: CeleryQueue) -> None:
    """At rest claims come one by one, and each goes out by itself within some milliseconds."""
    took_s = []
    with _running(parts) as publisher:
        until(publisher.short)
        for number in range(1, 12):
            began = monotonic()
            publisher.offer(_claims(1))
            until(partial(_has, queue, number))
            took_s.append(monotonic() - began)
    assert median(took_s) < GAP_S / 2


def test_while_much_goes_out_hints_wait_longer(parts: IntakeParts, queue: CeleryQueue) -> None:
    """Behind a large hint the next one fills for 100 ms: a task costs the same with one claim."""
    with _running(parts) as publisher:
        until(publisher.short)
        began = monotonic()
        publisher.offer(_claims(MUCH))
        until(lambda: _depth(queue) == 1)
        publisher.offer(_claims(1))
        until(lambda: _depth(queue) == 2)
        assert monotonic() - began >= BUSY_GAP_S


def test_a_full_hint_waits_for_nothing(parts: IntakeParts, queue: CeleryQueue) -> None:
    """However many come at once, they go out in full hints, none left behind."""
    with _running(parts) as publisher:
        publisher.offer(_claims(250))
        until(lambda: _depth(queue) == 3)


def test_a_dead_broker_is_offered_nothing_until_it_is_back(
    parts: IntakeParts, valkey: Server
) -> None:
    """While the broker is dead no queue counts as short; soon after it is back they do."""
    with _running(parts) as publisher:
        until(publisher.short)
        valkey.kill()
        publisher.offer(_claims(1))
        until(lambda: not publisher.short(), within_s=5)
        valkey.restart()
        until(lambda: publisher.short() == frozenset(Tier), within_s=10)


def test_a_frozen_broker_is_offered_nothing(parts: IntakeParts, valkey: Server) -> None:
    """What is known of a broker that hangs is soon worth nothing."""
    with _running(parts) as publisher:
        until(publisher.short)
        valkey.freeze()
        try:
            until(lambda: not publisher.short(), within_s=5)
        finally:
            valkey.thaw()
        until(lambda: publisher.short() == frozenset(Tier), within_s=10)


class Stuck:
    """A queue that answers once, and then never again until it is let go."""

    def __init__(self, free: Event) -> None:
        """Keep what frees it."""
        self._free = free
        self._asked = False

    def depths(self) -> Mapping[Tier, int]:
        """Answer the first time, hang from then on."""
        if self._asked:
            self._free.wait()
        self._asked = True
        return dict.fromkeys(Tier, 0)


def test_old_knowledge_is_none(parts: IntakeParts) -> None:
    """A publisher that hangs itself, whatever holds it, has no queue count as short for long."""
    free = Event()
    stuck = replace(parts, open_queue=lambda: cast("Broker", Stuck(free)))
    with _running(stuck) as publisher:
        try:
            until(publisher.short)
            until(lambda: not publisher.short(), within_s=5)
        finally:
            free.set()
