"""Refusals told to the store: about once a second, and only when there are any.

A request only counts, in a dictionary; the telling is a job of the desk that writes, so that
nobody waits for it, and a store that is away hears the sums later. An intake that is killed takes
what it has not yet told with it, a second's worth. What came in through Celery is counted in the
broker, and not here.
"""

import asyncio
import logging
from contextlib import suppress

from fulfiller.intake.desk import Desk
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.sighting import Viewer
from fulfiller.service.refused import Turned

EVERY_S = 1.0
LAST_S = 1.0
"""How long an intake that ends waits for the store to hear the rest."""
NAMED_S = 3_600.0
"""Whoever has told nothing for so long begins anew under another name, since its rows may have
been folded."""
SILENT_S = 24 * NAMED_S
"""Rows of intakes that have told nothing for so long are folded by the next one that begins."""
SECOND = 1_000_000
log = logging.getLogger(__name__)


class Refusals:
    """Tells the store what this intake counts as refused; on the event loop."""

    def __init__(self, parts: IntakeParts, desk: Desk) -> None:
        """Have told nothing yet."""
        self._parts = parts
        self._desk = desk
        self._name = ""
        self._told: dict[Turned, int] = {}
        self._base: dict[Turned, int] = {}
        self._told_at = parts.monotonic()

    def start(self) -> None:
        """Tell from now on."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Tell what is left, unless the store does not answer, and no more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        with suppress(TimeoutError):
            await asyncio.wait_for(self.tell(), LAST_S)

    async def tell(self) -> None:
        """Tell what was refused since the last time; what the store did not hear, the next does."""
        counts = dict(self._parts.tally.turned_away)
        changed = {each: n for each, n in counts.items() if n != self._told.get(each)}
        if not changed:
            return
        now = self._parts.monotonic()
        if now - self._told_at > NAMED_S:
            self._name, self._base = "", dict(self._told)
        told = {each: n - self._base.get(each, 0) for each, n in changed.items()}
        try:
            await self._desk.do(lambda viewer: self._write(viewer, told))
        except Exception as fault:  # noqa: BLE001 - they are counts, and no reason to fall silent
            log.debug("refusals.untold %s", fault)
            return
        self._told, self._told_at = counts, now

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.tell()

    def _write(self, viewer: Viewer, told: dict[Turned, int]) -> None:
        """Write it, in the desk's thread; whoever begins folds what others left behind."""
        if not self._name:
            now = self._parts.now()
            viewer.store.fold_refusals(before=now - int(SILENT_S * SECOND))
            self._name = self._parts.new_claim_id(now)
        viewer.store.tell_refusals(self._name, told)
