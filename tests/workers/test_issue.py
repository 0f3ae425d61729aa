"""The issue task in real workers: coupons come out, once, whatever happens on the way."""

import json
import os
from functools import partial
from signal import SIGKILL
from typing import Any

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.broker.topology import key
from fulfiller.domain.claim import Stage, State
from fulfiller.ops.embedded.server import Server
from fulfiller.service.issue import ATTEMPTS_MAX
from tests.processes import Process
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival
from tests.workers.watch import events, of_kind

QUEUE = key("claims.p2")
ON_POSTGRES = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)


def test_a_hint_becomes_coupons(worker: Process, festival: Festival, queue: CeleryQueue) -> None:
    """Five hundred claims of one hint are issued by one task, which names no person."""
    ids = festival.accept(500)
    assert queue.publish([festival.hint(ids)])
    until(lambda: festival.issued(ids), within_s=20)
    worker.says("issued=500 left=0 parked=0")
    assert "person-" not in worker.text()


@ON_POSTGRES
def test_a_hint_that_comes_again_issues_nothing_more(
    worker: Process, festival: Festival, queue: CeleryQueue
) -> None:
    """Three deliveries of a claim leave one coupon, and the books say so."""
    ids = festival.accept(10)
    assert queue.publish([festival.hint(ids)] * 3)
    worker.says("issued=10 left=0 parked=0")
    until(lambda: worker.text().count("issued=0 left=0 parked=0") == 2, within_s=20)
    assert festival.issued(ids)
    assert festival.issued_coupons() == 10


@ON_POSTGRES
def test_a_redelivered_hint_is_counted_and_runs_singly(
    start_worker: StartWorker,
    store_url: str,
    festival: Festival,
    queue: CeleryQueue,
    redis: Redis,
) -> None:
    """What may have killed a child is counted before it runs, and the others go on."""
    ids = festival.accept(3)
    festival.poison(ids[1])
    queue.publish([festival.hint(ids)])
    message: Any = redis.rpop(QUEUE)
    redelivered = json.loads(message)
    redelivered["properties"]["delivery_info"]["redelivered"] = True
    redis.lpush(QUEUE, json.dumps(redelivered))
    worker = start_worker(store_url)
    worker.says("issued=2 left=1 parked=0")
    assert festival.attempts(ids[1]) == 1
    assert festival.states(ids) == [State.ISSUED, State.ACCEPTED, State.ISSUED]


def test_a_poison_claim_is_parked_alone_in_the_end(
    worker: Process, festival: Festival, queue: CeleryQueue
) -> None:
    """A claim that breaks a constraint does not keep the others of its hint from coupons."""
    ids = festival.accept(20)
    poison, healthy = ids[7], ids[:7] + ids[8:]
    festival.poison(poison)
    queue.publish([festival.hint(ids)])
    until(lambda: festival.issued(healthy), within_s=20)
    for attempt in range(1, ATTEMPTS_MAX):
        until(partial(festival.was_tried, poison, attempt), within_s=20)
        queue.publish([festival.hint([poison])])
    until(lambda: festival.states([poison]) == [State.PARKED], within_s=20)
    worker.says("issued=0 left=0 parked=1")


@ON_POSTGRES
def test_a_killed_child_costs_no_claim(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server
) -> None:
    """A hint whose child is killed in the midst of it is delivered again, and issued."""
    ids = festival.accept(50)
    (child,) = worker.children()
    with events(valkey.url) as seen, festival.store.take(ids[:1], (Stage.ACCEPTED,)):
        queue.publish([festival.hint(ids)])
        until(lambda: of_kind(seen, "task-started"), within_s=10)
        os.kill(child, SIGKILL)
        until(lambda: child not in worker.children(), within_s=10)
    until(lambda: festival.issued(ids), within_s=15)
    assert "WorkerLostError" in worker.text()
    assert festival.issued_coupons() == 50


@ON_POSTGRES
def test_a_store_that_is_away_leaves_claims_for_later(
    worker: Process, festival: Festival, queue: CeleryQueue, postgres: Server
) -> None:
    """The task ends and is acknowledged, and the next hint works when the store is back."""
    ids, first = festival.accept(5), festival.accept(1)
    queue.publish([festival.hint(first)])
    worker.says("issued=1")
    postgres.kill()
    queue.publish([festival.hint(ids)])
    worker.says("left=5 StoreUnavailable")
    postgres.restart()
    queue.publish([festival.hint(ids)])
    worker.says("issued=5")
    assert worker.alive


@ON_POSTGRES
def test_a_frozen_store_holds_a_worker_up_for_half_a_second(
    worker: Process, postgres: Server, festival: Festival
) -> None:
    """Announcing gives up in time, so that a worker's main process goes on serving."""
    assert festival.store.slots() == 1
    postgres.freeze()
    worker.says("slots.not_announced fault=TimeoutError", within_s=10)
    postgres.thaw()
    assert worker.alive
