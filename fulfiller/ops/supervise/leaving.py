"""Leave on a signal: softly at the first, at once at the second."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FROM_SIGNAL = 128
"""Shells add a signal's number to this to say what ended a program."""


class Leaving(KeyboardInterrupt):
    """Somebody asked this process to end; it travels up through whatever was under way."""


@contextmanager
def on_signals(abandon: Callable[[], None]) -> Iterator[None]:
    """Raise Leaving in the main thread at the first signal; at the second kill all and exit."""
    asked: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            abandon()
            # Not sys.exit: that would wait for what was just given up.
            os._exit(FROM_SIGNAL + number)
        raise Leaving

    before = {number: signal.signal(number, hear) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
