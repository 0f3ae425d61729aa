"""What can be watched: Celery's events, as Flower gets them, and all that a broker holds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from redis import Redis

from fulfiller.broker.app import celery_app
from tests.waiting import until

Event = dict[str, Any]
CALL = "test-call"
"""An event that no worker sends: who hears it is connected."""


@contextmanager
def events(broker_url: str) -> Iterator[list[Event]]:
    """Yield a list to which events are added as they arrive; they are heard from then on."""
    seen: list[Event] = []
    began = time.time()  # noqa: TID251 - by which Celery dates events

    def hear(event: Event) -> None:
        # Workers send events of tasks together, a while later: those of a test before are not ours.
        if event["timestamp"] >= began:
            seen.append(event)

    app = celery_app(broker_url)
    with app.connection_for_read() as connection, app.connection_for_write() as line:
        receiver = app.events.Receiver(connection, handlers={"*": hear})
        thread = Thread(target=receiver.capture, kwargs={"wakeup": False}, daemon=True)
        thread.start()
        dispatcher = app.events.Dispatcher(line)

        def hears() -> bool:
            dispatcher.send(CALL)
            return bool(of_kind(seen, CALL))

        until(hears, what="an event of one's own")
        try:
            yield seen
        finally:
            receiver.should_stop = True
            # It looks whether to stop after each event, and once a second without any.
            dispatcher.send(CALL)
            thread.join()


def of_kind(seen: list[Event], kind: str) -> list[Event]:
    """Return the events of one kind."""
    return [event for event in list(seen) if event["type"] == kind]


def dumped(redis: Redis) -> str:
    """Return everything that the broker holds, as text."""
    readers: dict[object, Callable[[Any], object]] = {
        b"list": lambda name: redis.lrange(name, 0, -1),
        b"hash": redis.hgetall,
        b"zset": lambda name: redis.zrange(name, 0, -1),
        b"set": redis.smembers,
        b"string": redis.get,
        b"stream": redis.xrange,
    }
    found = [(name, readers[redis.type(name)](name)) for name in redis.scan_iter()]
    assert len(found) > 3
    return str(found)
