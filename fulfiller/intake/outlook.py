"""What this intake knows of modes and backlogs: read four times a second, and kept if need be.

Claims are decided by what their own transaction reads; this is for what people are told, and
for telling it while the store does not answer: the last known state stands.
"""

import asyncio
import logging
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from fulfiller.domain.breaker import Mode
from fulfiller.domain.mode import ruling
from fulfiller.domain.stripe import Count
from fulfiller.intake.parts import IntakeParts, Truth
from fulfiller.service.govern import count_of
from fulfiller.service.helm import Survey

EVERY_S = 0.25
SOON_S = 0.05
"""How long to wait before asking again as long as nothing was seen at all."""
PATIENCE_S = 1.0
"""How long a look that is in a hurry is waited for."""
log = logging.getLogger(__name__)


Call = asyncio.Future[None] | None
"""What the thread is told: look at once, for whoever waits for that; or, with None, end."""


class Outlook:
    """A thread with a store of its own that keeps the last survey at hand."""

    def __init__(self, parts: IntakeParts) -> None:
        """Know nothing yet."""
        self._parts = parts
        self._survey: Survey | None = None
        self._seen_at = float("-inf")
        self._calls: SimpleQueue[Call] = SimpleQueue()
        self._thread = Thread(target=self._work, name="intake-outlook", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """End the thread."""
        self._calls.put(None)
        await asyncio.to_thread(self._thread.join)

    @property
    def survey(self) -> Survey | None:
        """Return the last survey, however old; None before the first."""
        return self._survey

    def now(self, survey: Survey) -> int:
        """Return the store's time, carried on from a survey by this machine's clock."""
        return survey.now + int(max(0.0, self._parts.monotonic() - self._seen_at) * 1_000_000)

    async def see(self, campaign: str) -> None:
        """Look at once if this campaign's pause is newer than the last survey; bounded in time."""
        if not self._knows(campaign):
            await self.look()

    async def look(self) -> None:
        """Look at once, and wait for a look that began after this was asked; bounded in time."""
        future = self._loop.create_future()
        self._calls.put(future)
        with suppress(TimeoutError):
            await asyncio.wait_for(future, PATIENCE_S)

    def _knows(self, campaign: str) -> bool:
        """Return whether the last survey shows why somebody should wait there."""
        survey = self._survey
        if survey is None or campaign not in survey.campaigns:
            return False
        waiting = count_of(survey.sums[campaign], Count.WAITLISTED)
        return bool(waiting) or ruling(survey.modes, campaign).mode is not Mode.FLOWING

    # In the thread

    def _work(self) -> None:
        store: Truth | None = None
        waiting: list[asyncio.Future[None]] = []
        while self._called(waiting):
            try:
                store = store or self._parts.open_store()
                self._survey = store.survey()
                self._seen_at = self._parts.monotonic()
                # Those who called while this look was under way are told by the next one.
                self._loop.call_soon_threadsafe(_tell, tuple(waiting))
                waiting.clear()
            except Exception as fault:  # noqa: BLE001 - what was seen last stands, whatever it is
                log.debug("outlook.blind %s", fault)
        if store is not None:
            store.close()

    def _called(self, waiting: "list[asyncio.Future[None]]") -> bool:
        """Wait until it is time to look again, and add who waits for it; False at the end."""
        with suppress(Empty):
            call = self._calls.get(timeout=EVERY_S if self._survey is not None else SOON_S)
            while call is not None:
                waiting.append(call)
                call = self._calls.get_nowait()
            return False
        return True


def _tell(waiting: "tuple[asyncio.Future[None], ...]") -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)
