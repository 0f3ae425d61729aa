"""The tally: how many tasks workers have begun, and of how many of them Flower was told.

Each heartbeat of a worker says how many tasks it has begun since it started, so a lost event
shows even if whoever lost it never knew: a broker that cut Flower off, a link that broke, a
worker that does not send events of tasks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BEGUN = "task-started"
BEATS = ("worker-online", "worker-heartbeat", "worker-offline")
OVER = "worker-offline"
WORKERS_MAX = 1_000
"""As many as Flower itself remembers; of others what was counted is kept in one sum."""
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks that were begun, and of those how many Flower was told of."""

    begun: int = 0
    seen: int = 0

    @property
    def missed(self) -> int:
        """Return of how many Flower was not told."""
        return max(0, self.begun - self.seen)

    def __add__(self, other: "Tasks") -> "Tasks":
        """Return both together."""
        return Tasks(self.begun + other.begun, self.seen + other.seen)


class Worker:
    """One worker process between its first heartbeat and its last.

    A heartbeat overtakes events that wait to be sent along with others, so what is told of
    those begun before it is complete only when the next one comes.
    """

    def __init__(self, beat: Event) -> None:
        """Count from this heartbeat on."""
        self._pid = beat.get("pid")
        self._since = self._beat_at = beat["timestamp"]
        self._had = self._begun = beat["processed"]
        self._seen = self._later = 0
        self.settled = Tasks()

    def is_of(self, event: Event) -> bool:
        """Return whether an event is of this process and no later one of the same name."""
        return bool(event.get("pid") == self._pid)

    def goes_on(self, beat: Event) -> bool:
        """Return whether a heartbeat follows the last one."""
        return self.is_of(beat) and beat["processed"] >= self._begun

    def beat(self, beat: Event) -> None:
        """Take the next heartbeat: what was begun before the last one is settled."""
        self.settled = Tasks(self._begun - self._had, self._seen)
        self._seen += self._later
        self._later = 0
        self._begun, self._beat_at = beat["processed"], beat["timestamp"]
        if beat["type"] == OVER:
            # Its last word: events of tasks went out before it.
            self.settled = Tasks(self._begun - self._had, self._seen)

    def see(self, event: Event) -> None:
        """Count a task that was begun."""
        if event["timestamp"] > self._beat_at:
            self._later += 1
        elif event["timestamp"] > self._since:
            self._seen += 1


class Tally:
    """Counts over all workers, since Flower first heard of each; not to be shared by threads."""

    def __init__(self) -> None:
        """Have heard nothing yet."""
        self._workers: dict[str, Worker] = {}
        self._gone = Tasks()

    @property
    def tasks(self) -> Tasks:
        """Return the tasks of which everything must have come by now."""
        return sum((worker.settled for worker in self._workers.values()), self._gone)

    @property
    def workers(self) -> int:
        """How many workers are counted one by one."""
        return len(self._workers)

    def event(self, event: Event) -> None:
        """Count an event, of whichever kind, in the order in which they come."""
        kind = event["type"]
        if kind == BEGUN:
            worker = self._workers.get(event["hostname"])
            if worker is not None and worker.is_of(event):
                worker.see(event)
        elif kind in BEATS and "processed" in event:
            self._beat(event)

    def _beat(self, beat: Event) -> None:
        name = beat["hostname"]
        worker = self._workers.get(name)
        if worker is not None and worker.goes_on(beat):
            worker.beat(beat)
            return
        self._forget(name)
        if len(self._workers) >= WORKERS_MAX:
            self._forget(next(iter(self._workers)))
        self._workers[name] = Worker(beat)

    def _forget(self, name: str) -> None:
        worker = self._workers.pop(name, None)
        if worker is not None:
            self._gone += worker.settled
