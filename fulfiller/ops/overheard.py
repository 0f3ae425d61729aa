"""A queue that is listened to: who publishes through it need not know that anybody listens."""

from collections.abc import Sequence

from fulfiller.clock import monotonic
from fulfiller.ops.trail import Trail
from fulfiller.service.dispatch import Hint, Queue


class Overheard:
    """The broker as a keeper sees it, with a trail that hears what was offered."""

    def __init__(self, queue: Queue, trail: Trail) -> None:
        """Stand before a queue."""
        self._trail = trail
        self._queue = queue
        self.depths = queue.depths
        self.intact = queue.intact
        self.mark = queue.mark

    def publish(self, hints: Sequence[Hint]) -> bool:
        """Offer claims to the workers, and tell of it if the broker took them."""
        began = monotonic()
        taken = self._queue.publish(hints)
        if taken and hints and self._trail.on:
            self._trail.offered(hints, began)
        return taken
