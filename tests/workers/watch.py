"""Celery's events, as Flower gets them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

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
