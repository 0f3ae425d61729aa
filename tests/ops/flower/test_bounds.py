"""Flower's memory: whatever comes in, it keeps the newest up to a bound and lets the rest go."""

from typing import Any

import pytest
from celery.events import EventDispatcher

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.ops.embedded.server import Server
from tests.ops.flower.conftest import Begin
from tests.ops.flower.door import Door
from tests.waiting import until

TASKS, WORKERS = 5_000, 1_000
"""What config/flowerconfig.py allows."""
MORE = 50
PER_MESSAGE = 500
LAST = "the last of all"


@pytest.mark.timeout(180)
def test_it_keeps_no_more_than_its_bounds(
    begin: Begin, lasting_broker: Server, sqlite_url: str
) -> None:
    """More tasks and workers than fit: of both the bound is kept, and the newest are among them."""
    door = begin(sqlite_url)
    app = celery_app(lasting_broker.url)
    with app.connection_for_write() as connection:
        events = app.events.Dispatcher(
            connection, hostname="one@test", buffer_group=("task",), buffer_limit=PER_MESSAGE
        )
        _send_until_heard(door, events)
        for number in range(WORKERS + MORE):
            events.hostname = f"worker-{number}@test"
            events.send("worker-heartbeat", freq=60)
        for number in range(TASKS + MORE):
            _received(events, f"task-{number}")
        _received(events, LAST)
        events.flush()
        until(lambda: _knows(door, LAST), within_s=60, what="the last task")
    app.close()
    tasks = _told(door, f"/api/tasks?limit={2 * TASKS}")
    workers = {worker["hostname"] for worker in _told(door, "/workers?json=1")["data"]}
    assert len(tasks) == TASKS
    assert (LAST in tasks, "task-0" in tasks) == (True, False)
    assert len(workers) == WORKERS
    # Whoever sent the tasks was heard last, and the first ones were forgotten for the others.
    assert f"worker-{WORKERS + MORE - 1}@test" in workers
    assert "one@test" not in workers


def _send_until_heard(door: Door, events: EventDispatcher) -> None:
    """Send a task until Flower shows it: before it listens, events are heard by nobody."""

    def heard() -> bool:
        _received(events, "first")
        events.flush()
        return _knows(door, "first")

    until(heard, within_s=30, what="Flower listens")


def _received(events: EventDispatcher, task_id: str) -> None:
    events.send("task-received", uuid=task_id, name=ISSUE_TASK, args="festival p2 x1", kwargs="")


def _knows(door: Door, task_id: str) -> bool:
    return door.ask("GET", f"/api/task/info/{task_id}", login=True).is_success


def _told(door: Door, path: str) -> Any:
    answer = door.ask("GET", path, login=True)
    answer.raise_for_status()
    return answer.json()
