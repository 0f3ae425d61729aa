"""Flower at stampede speed: what it did not hear of is noticed, counted, and said."""

from collections.abc import Iterator
from contextlib import closing
from signal import Signals
from typing import Any

import pytest
from celery.events import EventDispatcher
from redis import Redis

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.ops.embedded.server import Server
from tests.ops.flower.door import Door
from tests.ops.flower.reader import page
from tests.waiting import until

WORKER = "one@test"
PER_MESSAGE = 500
LIMIT = 1 << 20
"""Bytes that the broker keeps for whoever does not read what is told, in these tests."""


class Pool:
    """Sends the events of a worker, or keeps some of them back."""

    def __init__(self, door: Door, events: EventDispatcher) -> None:
        """Have begun nothing."""
        self._door = door
        self._events = events
        self._begun = 0

    def work(self, tasks: int, *, told: bool = True) -> None:
        """Begin tasks, and tell of them or not."""
        for _ in range(tasks):
            self._begun += 1
            if told:
                task = f"task-{self._begun}"
                self._events.send("task-received", uuid=task, name=ISSUE_TASK, args="x", kwargs="")
                self._events.send("task-started", uuid=task)
        self._events.flush()

    def beat(self) -> None:
        """Tell how many tasks were begun."""
        self._events.send("worker-heartbeat", freq=2, active=0, processed=self._begun)

    def settled(self) -> dict[str, int]:
        """Return what Flower says once it knows of all that was begun."""

        def known() -> dict[str, int] | None:
            self.beat()
            tasks: dict[str, int] = asked(self._door)
            return tasks if tasks["begun"] == self._begun else None

        return until(known, within_s=30, what="Flower knows of all tasks") or {}


def asked(door: Door) -> dict[str, Any]:
    """Return what Flower says of tasks."""
    told: dict[str, Any] = door.ask("GET", "/api/campaigns", login=True).json()["tasks"]
    return told


@pytest.fixture
def pool(alone: tuple[Door, Server]) -> Iterator[Pool]:
    """A worker that Flower has heard of."""
    door, broker = alone
    with closing(celery_app(broker.url)) as app, app.connection_for_write() as connection:
        events = app.events.Dispatcher(
            connection, hostname=WORKER, buffer_group=("task",), buffer_limit=PER_MESSAGE
        )
        opened = Pool(door, events)

        def heard() -> bool:
            opened.beat()
            return WORKER in door.ask("GET", "/workers?json=1", login=True).text

        until(heard, within_s=30, what="Flower listens")
        yield opened


def test_what_flower_missed_stands_on_its_pages(alone: tuple[Door, Server], pool: Pool) -> None:
    """First nothing, then some; for people, for programs and for Prometheus."""
    door, _ = alone
    pool.work(3)
    assert pool.settled()["seen"] == 3
    assert "Flower saw" not in page(door)
    pool.work(2, told=False)
    assert pool.settled()["seen"] == 3
    assert "Flower saw 3 of 5 tasks" in page(door)
    assert "come from the store, and are whole" in page(door)
    metrics = door.ask("GET", "/metrics", login=True).text
    assert "fulfiller_flower_tasks_begun_total 5.0" in metrics
    assert "fulfiller_flower_tasks_seen_total 3.0" in metrics


def test_a_flower_that_the_broker_cut_off_counts_what_it_missed_and_listens_again(
    alone: tuple[Door, Server], pool: Pool
) -> None:
    """It stands still while more is told than the broker keeps for it."""
    door, broker = alone
    with Redis.from_url(broker.url) as client:
        client.config_set("client-output-buffer-limit", f"pubsub {LIMIT} 0 0")
        cut = client.info("stats")["client_output_buffer_limit_disconnections"]
        door.process.send(Signals.SIGSTOP)

        def is_cut() -> bool:
            pool.work(PER_MESSAGE)
            now = client.info("stats")["client_output_buffer_limit_disconnections"]
            return bool(now > cut)

        until(is_cut, within_s=30, what="the broker has cut Flower off")
        door.process.send(Signals.SIGCONT)
    after = pool.settled()
    assert after["seen"] < after["begun"]
    pool.work(PER_MESSAGE)
    assert pool.settled()["seen"] == after["seen"] + PER_MESSAGE
    assert " tasks begun since it listens (the broker cut it off" in page(door)
