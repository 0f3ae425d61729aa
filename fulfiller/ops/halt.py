"""Halt: SIGTERM or SIGINT as something to wait for."""

import os
import select
import signal

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Halt:
    """Set once the process has been told to end; made by the main thread, once.

    A pipe, not a threading.Event: a handler that sets an event runs in the midst of the
    very wait whose lock it needs, and now and then that is for ever.
    """

    def __init__(self) -> None:
        """Take over both signals."""
        self.asked = False
        self._ear, self._mouth = os.pipe()
        for number in SIGNALS:
            signal.signal(number, self._hear)

    def wait(self, timeout_s: float) -> bool:
        """Wait until told to end, but not longer than this; return whether that came."""
        if not self.asked:
            select.select([self._ear], [], [], timeout_s)
        return self.asked

    def _hear(self, _number: int, _frame: object) -> None:
        self.asked = True
        os.write(self._mouth, b"!")
