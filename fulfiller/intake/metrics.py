"""The route `/metrics`: what Prometheus scrapes, for keys with the scope `audit:read`.

A scrape has a thread, a store and a queue of its own and is answered from memory for a
second, so that no number of scrapers is felt by claims.
"""

import asyncio

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.process_collector import ProcessCollector

from fulfiller.domain.key import Scope
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Receive, Reply
from fulfiller.intake.gauges import Books, Queues, read_broker, read_store
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import Broker, IntakeParts
from fulfiller.intake.problem import Problem
from fulfiller.intake.series import Series
from fulfiller.intake.sighting import Viewer

PATH = "/metrics"
MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Handler of `/metrics`, with the thread that reads what it tells."""

    def __init__(self, parts: IntakeParts, keys: Keys) -> None:
        """Read nothing yet."""
        self._parts = parts
        self._keys = keys
        self._desk = Desk(parts, "metrics")
        self._broker: Broker | None = None
        self._series = Series(parts.tally)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self._series)
        ProcessCollector(registry=self._registry)
        self._text = b""
        self._until = float("-inf")
        self._reading: asyncio.Task[bytes] | None = None

    def start(self) -> None:
        """Start the thread."""
        self._desk.start()

    async def stop(self) -> None:
        """End the thread."""
        await self._desk.stop()
        if self._broker is not None:
            self._broker.close()

    async def show(self, asked: Asked, _receive: Receive) -> Reply:
        """Return all figures as text; one reading serves all who ask within a second."""
        await self._keys.account(asked.headers.get(b"authorization"), Scope.AUDIT_READ)
        if self._until <= self._parts.monotonic():
            if self._reading is None:
                self._reading = asyncio.create_task(self._read())
            self._text = await asyncio.shield(self._reading)
        return Reply(200, self._text, content_type=MEDIA_TYPE)

    async def _read(self) -> bytes:
        try:
            text = await self._desk.do(self._told)
        except Problem:
            # The store holds the thread up: what this process counted is told all the same.
            text = self._written(None, None)
        self._until = self._parts.monotonic() + self._parts.limits.metrics_ttl_s
        self._reading = None
        return text

    def _told(self, viewer: Viewer) -> bytes:
        if self._broker is None:
            self._broker = self._parts.open_queue()
        return self._written(read_store(viewer.store), read_broker(self._broker))

    def _written(self, books: Books | None, queues: Queues | None) -> bytes:
        self._series.books, self._series.queues = books, queues
        return generate_latest(self._registry)
