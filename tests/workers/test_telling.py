"""A worker tells of its tasks in few messages, and of all of them."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from fulfiller.broker.queue import CeleryQueue
from fulfiller.ops.embedded.server import Server
from tests.processes import Process
from tests.waiting import until
from tests.workers.festival import Festival
from tests.workers.watch import events, of_kind

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
TASKS = 30
ENDED = "task-succeeded"


@pytest.fixture
def messages(redis: Redis) -> Iterator[list[object]]:
    """Lend a list of the messages that tell of tasks, as the broker passes them on."""
    heard: list[object] = []
    pubsub: Any = redis.pubsub  # whose types the library does not tell
    with closing(pubsub(ignore_subscribe_messages=True)) as line:
        line.psubscribe(**{"*celeryev/task*": heard.append})
        thread = line.run_in_thread(sleep_time=0.01)
        yield heard
        thread.stop()
        thread.join()


def test_events_of_tasks_travel_together(
    worker: Process,
    festival: Festival,
    queue: CeleryQueue,
    valkey: Server,
    messages: list[object],
) -> None:
    """Fewer messages than tasks, each of which has three events; none is left behind."""
    ids = festival.accept(TASKS)
    with events(valkey.url) as seen:
        assert queue.publish([festival.hint([claim_id]) for claim_id in ids])
        until(lambda: len(of_kind(seen, ENDED)) == TASKS, within_s=30)
        assert len(of_kind(seen, "task-started")) == TASKS
    assert 0 < len(messages) < TASKS
    assert worker.alive


def test_a_worker_that_leaves_tells_what_it_still_has_to(
    worker: Process, festival: Festival, queue: CeleryQueue, valkey: Server
) -> None:
    """What waits for others to be sent with is sent."""
    ids = festival.accept(3)
    with events(valkey.url) as seen:
        assert queue.publish([festival.hint([claim_id]) for claim_id in ids])
        until(lambda: festival.issued(ids))
        worker.stop()
        until(lambda: len(of_kind(seen, ENDED)) == 3)
