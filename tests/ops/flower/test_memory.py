"""Flower remembers so many tasks and workers, however many there were."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from celery.events import EventDispatcher

from fulfiller.broker.app import celery_app
from fulfiller.ops.embedded.server import Server
from tests.ops.flower.conftest import Begin
from tests.ops.flower.door import Door
from tests.waiting import until

TASKS_MAX, WORKERS_MAX = 10_000, 1_000
"""What config/flowerconfig.py allows."""
MORE = 50
TOLD_AT_ONCE = 1_000
"""Events per message: as workers tell of many tasks, and quick."""
TASK: dict[str, Any] = {"name": "claims.issue", "args": "festival p2 x500", "kwargs": "{}"}
MEMORY_MAX = 100 << 20
"""Bytes that all this may take: twice what the configuration promises of tasks alone."""


@pytest.fixture
def door(begin: Begin, sqlite_url: str) -> Door:
    """Flower with our configuration, to which nothing was told yet."""
    return begin(sqlite_url)


@pytest.fixture
def broker(_valkey: Server) -> str:
    """The address of the broker that Flower listens to."""
    return _valkey.url


def test_flower_keeps_no_more_than_its_configuration_says(door: Door, broker: str) -> None:
    """The oldest tasks and workers make room; its memory stays within what is promised."""
    before = _resident(door)
    with _telling(broker) as sender:
        until(lambda: _listens(door, sender), what="Flower listens")
        for number in range(TASKS_MAX + MORE):
            sender.send("task-received", uuid=f"task-{number}", **TASK)
        sender.flush()
        until(lambda: _known(door, TASKS_MAX + MORE - 1), within_s=60)
        assert not _known(door, MORE - 1)
        assert len(door.ask("GET", "/api/tasks", login=True).json()) == TASKS_MAX
        for number in range(WORKERS_MAX + MORE):
            sender.hostname = f"worker@{number}"
            sender.send("worker-heartbeat", freq=2, active=0)
        sender.flush()
    until(lambda: sender.hostname in _workers(door), within_s=60, what="the last worker")
    assert len(_workers(door)) == WORKERS_MAX
    assert _resident(door) - before < MEMORY_MAX


@contextmanager
def _telling(broker: str) -> Iterator[EventDispatcher]:
    """Send events as workers do, and many at once."""
    app = celery_app(broker)
    with app.connection_for_write() as line:
        yield app.events.Dispatcher(
            line, buffer_group={"task", "worker"}, buffer_limit=TOLD_AT_ONCE
        )


def _listens(door: Door, sender: EventDispatcher) -> bool:
    """Return whether Flower, which answers before it listens, has heard anything."""
    sender.send("worker-heartbeat", freq=2, active=0)
    sender.flush()
    return bool(_workers(door))


def _known(door: Door, number: int) -> bool:
    answer = door.ask("GET", f"/api/task/info/task-{number}", login=True)
    return answer.status_code == HTTPStatus.OK


def _workers(door: Door) -> dict[str, Any]:
    told: dict[str, Any] = door.ask("GET", "/api/workers?status=1", login=True).json()
    return told


def _resident(door: Door) -> int:
    """Return how many bytes of memory Flower has."""
    status = Path(f"/proc/{door.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) << 10
