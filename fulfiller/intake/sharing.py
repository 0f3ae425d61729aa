"""Door limits of several intakes: each tells the others whom it let in, ten times a second.

Every intake decides by what it knows, and none waits for this. So one may let in what it does
not know that the others let in: with N intakes, over every window of w seconds, at most
`rate * w + N * burst + (N - 1) * rate * s`, where s is how old news are, 0.2 s and the trip. That
is the worst case, of somebody who empties all buckets in the same instant; what is heard late
still counts, so that the excess is made up for. An intake that starts hears of the last five
seconds. While the broker is away or is no Redis, each intake keeps its limits alone, and a
gauge says so.

Libraries for this (such as `limits`) ask Redis at every hit: a round trip for each claim, and
requests that hang while it is frozen. Here whom everybody let in travels in one message for a
tenth of a second, 16 bytes each.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from fulfiller.domain.bucket import SECOND, News
from fulfiller.intake.buckets import Buckets
from fulfiller.intake.parts import Broker, IntakeParts

log = logging.getLogger(__name__)
EVERY_S = 0.1
AWAY_S = 1.0
"""Pause before a broker that did not answer is asked again."""


class Sharing:
    """A thread with a queue of its own that exchanges what intakes let in."""

    def __init__(self, parts: IntakeParts, buckets: Sequence[Buckets]) -> None:
        """Share nothing yet."""
        self._parts = parts
        self._buckets = buckets
        self._broker: Broker | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake-sharing")
        parts.tally.limits_shared = False

    def start(self) -> None:
        """Begin to exchange."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Give the connection back and end the thread."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _work(self) -> None:
        while True:
            try:
                shared = await self._exchange()
            except Exception as fault:  # noqa: BLE001 - limits are kept here, whatever it is
                log.debug("sharing.failed %s", fault)
                shared = False
            self._parts.tally.limits_shared = shared
            await asyncio.sleep(EVERY_S if shared else AWAY_S)

    async def _exchange(self) -> bool:
        """Tell whom this intake let in, and hear of the others'; return whether it worked."""
        said = {each.name: each.say() for each in self._buckets}
        loop = asyncio.get_running_loop()
        news = await loop.run_in_executor(self._thread, self._tell, said)
        now = int(self._parts.monotonic() * SECOND)
        for each in news or ():
            for buckets in self._buckets:
                buckets.hear(each.let_in.get(buckets.name, b""), now - each.age)
        return news is not None

    # In the thread

    def _tell(self, said: Mapping[str, bytes]) -> Sequence[News] | None:
        if self._broker is None:
            self._broker = self._parts.open_queue()
        return self._broker.tell_doors(said)

    def _close(self) -> None:
        if self._broker is not None:
            self._broker.close()
