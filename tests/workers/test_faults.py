"""Workers and a broker in trouble: they wait, come back, and go on by themselves."""

from pathlib import Path
from signal import SIGCONT, SIGSTOP, SIGTERM

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.claim import Stage
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from tests.processes import Process
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival
from tests.workers.watch import events, of_kind

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def offered_until_issued(festival: Festival, queue: CeleryQueue, number: int = 5) -> None:
    """Offer claims, again and again as a keeper would, until they are issued."""
    ids = festival.accept(number)

    def issued() -> bool:
        queue.publish([festival.hint(ids)])
        return festival.issued(ids)

    until(issued, within_s=20)


def test_a_broker_that_only_reads_does_not_end_a_worker(
    worker: Process, festival: Festival, queue: CeleryQueue, redis: Redis
) -> None:
    """READONLY, as in a failover, is waited out."""
    redis.replicaof("127.0.0.1", 1)
    try:
        worker.says("read only replica")
    finally:
        redis.replicaof("NO", "ONE")
    offered_until_issued(festival, queue)
    assert worker.alive


def test_a_broker_that_is_full_does_not_end_a_worker(
    worker: Process, festival: Festival, queue: CeleryQueue, redis: Redis
) -> None:
    """Out of memory is waited out, also in the midst of taking a task in."""
    ids = festival.accept(5)
    worker.send(SIGSTOP)
    queue.publish([festival.hint(ids)])
    redis.config_set("maxmemory", 1)
    worker.send(SIGCONT)
    try:
        worker.says("used memory > 'maxmemory'")
    finally:
        redis.config_set("maxmemory", 0)
    offered_until_issued(festival, queue)
    assert worker.alive


def test_a_broker_that_restarts_is_found_again(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server
) -> None:
    """A killed broker costs hints at most, never a worker."""
    valkey.kill()
    worker.says("Connection to broker lost", within_s=20)
    valkey.restart()
    offered_until_issued(festival, queue)
    assert worker.alive


def test_a_broker_that_was_emptied_is_served_on(
    worker: Process, festival: Festival, queue: CeleryQueue, redis: Redis
) -> None:
    """FLUSHALL takes queues and bindings away, and nothing else."""
    offered_until_issued(festival, queue)
    redis.flushall()
    offered_until_issued(festival, queue)
    assert worker.alive


def test_a_worker_announces_its_slots(
    store_url: str, start_worker: StartWorker, festival: Festival
) -> None:
    """How many tasks it runs at once is in the store as soon as it is ready."""
    start_worker(store_url, slots=2)
    assert festival.store.slots() == 2


def test_a_worker_asked_to_end_finishes_what_it_runs(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server
) -> None:
    """SIGTERM waits for the running task and its coupons, and exits with 0."""
    ids = festival.accept(20)
    with events(valkey.url) as seen, festival.store.take(ids[:1], (Stage.ACCEPTED,)):
        queue.publish([festival.hint(ids)])
        until(lambda: of_kind(seen, "task-started"))
        worker.send(SIGTERM)
        worker.says("Warm shutdown")
    assert worker.popen.wait(30) == 0
    assert festival.issued(ids)


def test_a_store_that_refuses_is_announced_to_once_in_the_log(
    start_worker: StartWorker, store_url: str
) -> None:
    """A worker starts without a store, says so once, and announces when it comes."""
    file = Path(store_url.removeprefix("sqlite:///"))
    away = file.rename(file.with_name("away.db"))
    worker = start_worker(store_url)
    worker.says("slots.not_announced")
    file.unlink(missing_ok=True)
    away.rename(file)
    store = open_store(store_url)
    until(lambda: store.slots() == 1, within_s=10)
    store.close()
    assert worker.text().count("slots.not_announced") == 1
