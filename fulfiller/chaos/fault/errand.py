"""Errands: work of a fault that takes a while, beside whoever runs the scenario."""

from collections.abc import Callable
from threading import Event, Thread


class Errand:
    """A function that runs in a thread until it returns or is told that its time is over.

    It is handed an event that is set when it has to end. What it raises is raised by `finish`.
    """

    def __init__(self, work: Callable[[Event], None]) -> None:
        """Begin."""
        self._over = Event()
        self._failure: BaseException | None = None
        self._work = work
        self._thread = Thread(target=self._run, name="fault", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Return whether it has come to its end, good or bad."""
        return not self._thread.is_alive()

    def finish(self) -> None:
        """Tell it to end and wait for that; raise what went wrong in it."""
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._work(self._over)
        except BaseException as failure:  # noqa: BLE001 - raised again where it is waited for
            self._failure = failure
