"""The committer's relief: a thread that commits one group at a time, beside the committer."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.sighting import Viewer

G = TypeVar("G")


class Relief(Generic[G]):
    """Serves what it is given with a store of its own; whoever gives looks first if it is free."""

    def __init__(self, serve: Callable[[G, Viewer], None], parts: IntakeParts) -> None:
        """Do nothing yet."""
        self._serve = serve
        self._parts = parts
        self._inbox: SimpleQueue[G | None] = SimpleQueue()
        self.free = True
        """Whether it would begin at once."""
        self._thread = Thread(target=self._work, name="intake-relief", daemon=True)

    def start(self) -> None:
        """Start the thread, which connects only when it has something to do."""
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was given and end the thread."""
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    @property
    def alive(self) -> bool:
        """Return whether the thread is there."""
        return self._thread.is_alive()

    def give(self, group: G) -> None:
        """Have a group served; called by one thread, and only while this one is free."""
        self.free = False
        self._inbox.put(group)

    def _work(self) -> None:
        store = self._parts.open_store()
        viewer = Viewer(self._parts, store)
        while (group := self._inbox.get()) is not None:
            self._serve(group, viewer)
            self.free = True
        store.close()
