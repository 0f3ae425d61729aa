"""A made-up pool, a process of its own: the events of as many tasks a second as are ordered.

It says what workers of a pool say that is larger than the machine, and does none of the work.
An order has the broker, tasks per second and seconds; the report how many tasks it began.
"""

from contextlib import closing
from threading import Event
from typing import Any
from uuid import uuid4

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import ISSUE_TASK
from fulfiller.clock import monotonic
from fulfiller.ops.bench.aide import orders, report

HOSTNAME = "many@bench"
TICK_S = 0.02
BEAT_S = 2.0
BEATS_BEHIND = 2
"""After the last task, so that it is settled what was heard."""
KINDS = ("task-received", "task-started", "task-succeeded")


class Pool:
    """Sends events as a Celery worker does, 24 in a message."""

    def __init__(self, dispatcher: Any) -> None:
        """Have begun nothing."""
        self._events = dispatcher
        self._pause = Event()
        self.begun = 0

    def work(self, per_s: float, seconds: float) -> None:
        """Begin tasks at a pace, however long it takes to tell of them."""
        began_s = beat_s = monotonic()
        self.beat()
        while (now_s := monotonic()) < began_s + seconds:
            for _ in range(round((now_s - began_s) * per_s) - self.begun):
                self._task()
            if now_s > beat_s + BEAT_S:
                beat_s = now_s
                self.beat()
            self._pause.wait(TICK_S)
        for _ in range(BEATS_BEHIND):
            self._events.flush()
            self.beat()

    def beat(self) -> None:
        """Tell how many tasks were begun."""
        self._events.send("worker-heartbeat", freq=BEAT_S, active=0, processed=self.begun)

    def _task(self) -> None:
        self.begun += 1
        task = {"uuid": str(uuid4())}
        about = {"name": ISSUE_TASK, "args": "festival p2 x1", "kwargs": "{}", "retries": 0}
        self._events.send(KINDS[0], **task, **about)
        self._events.send(KINDS[1], **task)
        self._events.send(KINDS[2], **task, result="1 issued", runtime=0.002)


def main() -> None:
    """Follow orders until ended."""
    for words in orders():
        with closing(celery_app(words["broker"])) as app, app.connection_for_write() as line:
            events = app.events.Dispatcher(line, hostname=HOSTNAME, buffer_group=("task",))
            pool = Pool(events)
            pool.work(words["per_s"], words["seconds"])
        report(begun=pool.begun)


if __name__ == "__main__":
    main()
