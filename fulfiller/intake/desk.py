"""A desk: one thread with a store of its own, doing jobs that may take their time."""

import asyncio
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

from fulfiller.domain.error import StoreUnavailable
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import unavailable
from fulfiller.intake.sighting import Viewer

T = TypeVar("T")
JOBS_MAX = 1_000
PAUSE_S = 0.05
PAUSE_MAX_S = 0.5


class Desk:
    """Jobs go in on the event loop and are done, in order, in the desk's thread."""

    def __init__(self, parts: IntakeParts, name: str) -> None:
        """Do nothing yet."""
        self._parts = parts
        self._inbox: SimpleQueue[_Job | None] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(target=self._work, name=f"intake-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was begun and end the thread."""
        self._stopping.set()
        self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    async def do(self, work: Callable[[Viewer], T]) -> T:
        """Return what `work` returns; raise a 503 if the store does not answer in time.

        Until then a store that fails is asked again, so `work` must be fit to be repeated.
        """
        if self._inbox.qsize() >= JOBS_MAX:
            raise unavailable("too many requests wait for the store")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        self._inbox.put(job)
        try:
            async with asyncio.timeout(self._parts.limits.deadline_s):
                result: T = await job.future
        except TimeoutError:
            raise unavailable() from None
        return result

    def _work(self) -> None:
        store = self._parts.open_store()
        viewer = Viewer(self._parts, store)
        while (job := self._inbox.get()) is not None:
            self._attend(job, viewer)
        store.close()

    def _attend(self, job: "_Job", viewer: Viewer) -> None:
        pause_s = PAUSE_S
        while not job.future.done():
            try:
                job.end(partial(job.future.set_result, job.work(viewer)))
            except StoreUnavailable:
                if self._stopping.wait(pause_s):
                    job.end(partial(job.future.set_exception, unavailable()))
                    return
                pause_s = min(2 * pause_s, PAUSE_MAX_S)
            except Exception as fault:  # noqa: BLE001 - it belongs to whoever asked
                job.end(partial(job.future.set_exception, fault))
                return
            else:
                return


class _Job:
    """A piece of work and the future of whoever waits for it."""

    __slots__ = ("future", "loop", "work")

    def __init__(
        self,
        work: Callable[[Viewer], Any],
        loop: asyncio.AbstractEventLoop,
        future: "asyncio.Future[Any]",
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future

    def end(self, told: Callable[[], None]) -> None:
        self.loop.call_soon_threadsafe(self._tell, told)

    def _tell(self, told: Callable[[], None]) -> None:
        if not self.future.done():
            told()
