"""A worker tells of its tasks in few messages: each costs whoever sends it and whoever hears it."""

from typing import Any

from celery.bootsteps import StartStopStep

GATHER_S = 0.2
"""For how long events of tasks wait for others; Celery sends them at each turn of its loop."""
Consumer = Any
"""Celery's, whose attributes its stubs don't know."""


class Gather(StartStopStep):
    """Send the events of tasks together; heartbeats go at once, as ever."""

    requires = ("celery.worker.consumer.events:Events",)

    def __init__(self, parent: Consumer, **options: Any) -> None:
        """Have nothing to send."""
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Consumer) -> None:
        """Wait a while before what is gathered is sent; a reconnect brings a new dispatcher."""
        self._timer = None
        dispatcher = parent.event_dispatcher
        if dispatcher.on_send_buffered is not None:
            # Pools without Celery's own loop send each event at once.
            dispatcher.on_send_buffered = lambda: self._plan(parent)

    def stop(self, parent: Consumer) -> None:
        """Send what is left, as long as there is a line to send it over."""
        if self._timer is not None:
            self._timer.cancel()
            self._send(parent)

    def _plan(self, parent: Consumer) -> None:
        if self._timer is None:
            self._timer = parent.timer.call_after(GATHER_S, self._send, (parent,))

    def _send(self, parent: Consumer) -> None:
        self._timer = None
        if parent.event_dispatcher:
            parent.event_dispatcher.flush()
