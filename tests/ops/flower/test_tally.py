"""The tally: what workers say they have begun, against what Flower was told of it."""

from itertools import count
from typing import Any

import pytest

from fulfiller.ops.flower.hearing.tally import WORKERS_MAX, Tally, Tasks


class Worker:
    """Sends events as Celery's workers do, some of which are lost."""

    def __init__(self, tally: Tally, name: str = "one@host") -> None:
        """Have begun nothing."""
        self._tally = tally
        self._name = name
        self._clock = count(1)
        self.pid = 4711
        self.begun = 0

    def beat(self, kind: str = "worker-heartbeat") -> None:
        """Tell how many tasks were begun."""
        self._tally.event(self._event(kind, processed=self.begun))

    def begin(self) -> dict[str, Any]:
        """Begin a task; return what Flower may be told of it, at once, later or never."""
        self.begun += 1
        return self._event("task-started", uuid=f"task-{self.begun}")

    def work(self, tasks: int) -> None:
        """Begin tasks of which Flower is told."""
        for _ in range(tasks):
            self._tally.event(self.begin())

    def _event(self, kind: str, **fields: Any) -> dict[str, Any]:
        at = float(next(self._clock))
        return {"type": kind, "hostname": self._name, "pid": self.pid, "timestamp": at, **fields}


@pytest.fixture
def tally() -> Tally:
    """A tally that has heard nothing."""
    return Tally()


def test_all_that_was_begun_and_told_is_seen(tally: Tally) -> None:
    """From the first heartbeat on; what the worker had done before is no part of it."""
    worker = Worker(tally)
    worker.begun = 100
    worker.work(3)
    worker.beat()
    worker.work(5)
    worker.beat()
    assert tally.tasks == Tasks(0, 0)
    worker.beat()
    assert tally.tasks == Tasks(5, 5)
    assert tally.tasks.missed == 0


def test_what_is_lost_is_counted(tally: Tally) -> None:
    """Whoever lost it: only the worker's own count tells."""
    worker = Worker(tally)
    worker.beat()
    worker.work(5)
    for _ in range(7):
        worker.begin()
    worker.beat()
    worker.beat()
    assert tally.tasks == Tasks(12, 5)
    assert tally.tasks.missed == 7


def test_what_comes_behind_its_heartbeat_is_not_lost(tally: Tally) -> None:
    """Events of tasks wait to be sent together, and a heartbeat overtakes them."""
    worker = Worker(tally)
    worker.beat()
    late = [worker.begin() for _ in range(4)]
    worker.beat()
    for event in late:
        tally.event(event)
    worker.work(2)
    worker.beat()
    assert tally.tasks == Tasks(4, 4)
    worker.beat()
    assert tally.tasks == Tasks(6, 6)


def test_lost_heartbeats_hide_nothing(tally: Tally) -> None:
    """The next one has the sum."""
    worker = Worker(tally)
    worker.beat()
    for _ in range(9):
        worker.begin()
    worker.work(1)
    worker.beat()
    worker.beat()
    assert tally.tasks == Tasks(10, 1)


@pytest.mark.parametrize("pid", [4711, 4712])
def test_a_worker_that_starts_again_begins_anew(tally: Tally, pid: int) -> None:
    """What it had done stays counted; even if the system gave it the same number."""
    worker = Worker(tally)
    worker.beat()
    worker.work(5)
    worker.beat()
    worker.beat()
    worker.pid, worker.begun = pid, 0
    worker.beat("worker-online")
    worker.work(2)
    worker.beat()
    worker.beat()
    assert tally.tasks == Tasks(7, 7)


def test_a_worker_that_leaves_has_told_all(tally: Tally) -> None:
    """Its last word settles what the next heartbeat would have."""
    worker = Worker(tally)
    worker.beat()
    worker.work(5)
    worker.beat("worker-offline")
    assert tally.tasks == Tasks(5, 5)


def test_it_remembers_no_more_workers_than_flower(tally: Tally) -> None:
    """Of those who are forgotten the sum stays."""
    for number in range(WORKERS_MAX + 10):
        worker = Worker(tally, f"worker-{number}@host")
        worker.beat()
        worker.work(1)
        worker.beat()
        worker.beat()
    assert tally.tasks == Tasks(WORKERS_MAX + 10, WORKERS_MAX + 10)
    assert tally.workers == WORKERS_MAX
