"""Work that is done by itself: at once when claims come in, and often for what takes time."""

from threading import Event, Thread

from fulfiller.testing.crew import Crew

EVERY_S = 0.05
"""How often ramps, rates and doubts are looked after."""


class Unasked:
    """A thread in which a crew works unasked."""

    def __init__(self, crew: Crew) -> None:
        """Do nothing yet."""
        self._crew = crew
        self._bell = Event()
        self._over = Event()
        self._fault: Exception | None = None
        self._thread = Thread(target=self._run, name="fulfiller-unasked", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ring(self) -> None:
        """There is something to do."""
        self._bell.set()

    def stop(self) -> None:
        """End; raise what kept the crew from working, such as a hook that fails."""
        self._over.set()
        self._bell.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            self._crew.work()
            while not self._over.is_set():
                self._bell.wait(EVERY_S)
                self._bell.clear()
                # At the end once more: what was taken in before is issued.
                self._crew.work()
        except Exception as fault:  # noqa: BLE001 - raised where a test sees it, in `stop`
            self._fault = fault
