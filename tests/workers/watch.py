"""What can be watched: Celery's events, as Flower gets them, and all that a broker holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from redis import Redis

from fulfiller.broker.app import celery_app
from tests.waiting import until

Event = dict[str, Any]


@contextmanager
def events(broker_url: str) -> Iterator[list[Event]]:
    """Yield a list to which events are added as they arrive; they are heard from then on."""
    seen: list[Event] = []
    with celery_app(broker_url).connection_for_read() as connection:
        receiver = celery_app(broker_url).events.Receiver(connection, handlers={"*": seen.append})
        thread = Thread(target=receiver.capture, kwargs={"wakeup": False}, daemon=True)
        thread.start()
        # A worker says every two seconds that it lives, so hearing one means being heard.
        until(lambda: seen, within_s=10, what="a worker's heartbeat")
        yield seen
        receiver.should_stop = True
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
