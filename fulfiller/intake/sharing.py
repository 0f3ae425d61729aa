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
from collections.abc import Sequence
from threading import Event, Thread

from fulfiller.domain.bucket import SECOND, News
from fulfiller.intake.buckets import Buckets
from fulfiller.intake.parts import Broker, IntakeParts

EVERY_S = 0.1
AWAY_S = 1.0
"""Pause before a broker that did not answer is asked again."""


class Sharing:
    """A thread with a queue of its own that exchanges what intakes let in."""

    def __init__(self, parts: IntakeParts, buckets: Sequence[Buckets]) -> None:
        """Share nothing yet."""
        self._parts = parts
        self._buckets = buckets
        self._ended = Event()
        self._thread = Thread(target=self._work, name="intake-sharing", daemon=True)
        parts.tally.limits_shared = False

    def start(self) -> None:
        """Start the thread."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        await asyncio.to_thread(self._thread.join)

    def _hear(self, news: Sequence[News]) -> None:
        now = int(self._parts.monotonic() * SECOND)
        for each in news:
            for buckets in self._buckets:
                buckets.hear(each.let_in.get(buckets.name, b""), now - each.age)

    # In the thread

    def _work(self) -> None:
        broker = self._parts.open_queue()
        while not self._ended.wait(EVERY_S if self._exchange(broker) else AWAY_S):
            pass
        broker.close()

    def _exchange(self, broker: Broker) -> bool:
        """Tell whom this intake let in, and hear of the others'; return whether it worked."""
        said = {each.name: each.say() for each in self._buckets}
        news = broker.tell_doors(said)
        self._parts.tally.limits_shared = news is not None
        if news:
            self._loop.call_soon_threadsafe(self._hear, news)
        return news is not None
