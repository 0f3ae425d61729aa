"""What this intake knows of modes and backlogs: read four times a second, and kept if need be.

Claims are decided by what their own transaction reads; this is for what people are told, and
for telling it while the store does not answer: the last known state stands.
"""

import asyncio
import logging
from queue import Empty, SimpleQueue
from threading import Thread

from fulfiller.intake.parts import IntakeParts, Truth
from fulfiller.service.helm import Survey

EVERY_S = 0.25
SOON_S = 0.05
"""How long to wait before asking again as long as nothing was seen at all."""
AWAY_S = 1.0
"""Seconds without an answer after which the store counts as away."""
log = logging.getLogger(__name__)


class Outlook:
    """A thread with a store of its own that keeps the last survey at hand."""

    def __init__(self, parts: IntakeParts) -> None:
        """Know nothing yet."""
        self._parts = parts
        self._survey: Survey | None = None
        self._seen_at = float("-inf")
        self._ends: SimpleQueue[None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="intake-outlook", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """End the thread."""
        self._ends.put(None)
        await asyncio.to_thread(self._thread.join)

    @property
    def survey(self) -> Survey | None:
        """Return the last survey, however old; None before the first."""
        return self._survey

    @property
    def away(self) -> bool:
        """Return whether the store has not answered for a while."""
        return self._parts.monotonic() - self._seen_at > AWAY_S

    def now(self, survey: Survey) -> int:
        """Return the store's time, carried on from a survey by this machine's clock."""
        return survey.now + int(max(0.0, self._parts.monotonic() - self._seen_at) * 1_000_000)

    def _work(self) -> None:
        store: Truth | None = None
        while not self._asked_to_end():
            try:
                store = store or self._parts.open_store()
                self._survey = store.survey()
                self._seen_at = self._parts.monotonic()
            except Exception as fault:  # noqa: BLE001 - what was seen last stands, whatever it is
                log.debug("outlook.blind %s", fault)
        if store is not None:
            store.close()

    def _asked_to_end(self) -> bool:
        try:
            self._ends.get(timeout=EVERY_S if self._survey is not None else SOON_S)
        except Empty:
            return False
        return True
