"""The ear: events go from the thread that receives them to Flower's loop in bounded batches.

Flower itself hands over each event by a call of its own, which costs a wake-up each, lets a
loop that falls behind pile up events without bound, and has its pages wait behind all of them.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Protocol
from zlib import crc32

from fulfiller.clock import monotonic
from fulfiller.ops.flower.hearing.tally import Event, Tally, Tasks

logger = logging.getLogger(__name__)
KEPT = 20_000
"""Events that may wait: some 20 MB, and about as much as Flower takes in in a second or two."""
WHOLE = 8
"""Of so many tasks one is still heard of from begin to end, once half of the room is taken."""
SLICE_S = 0.01
"""For how long events are taken in before pages get their turn."""
GATHER_S = 0.05
"""Between two looks for more events, while they come."""
Handle = Callable[[Event], object]


class Loop(Protocol):
    """What an ear wants of Tornado's loop."""

    def add_callback(self, callback: Callable[..., object], *args: object) -> object:
        """Call soon; from any thread."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> object:
        """Call after so many seconds."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How well Flower hears: tasks begun and seen, events let go and waiting."""

    tasks: Tasks
    dropped: int
    waiting: int


class Ear:
    """Takes events from one thread and hands them on in another, the loop's."""

    def __init__(self, kept: int = KEPT) -> None:
        """Hear nothing yet."""
        self._kept = kept
        self._tally = Tally()
        self._events: deque[Event] = deque()
        self._lock = Lock()
        self._is_called = False
        self._dropped = 0

    @property
    def hearing(self) -> Hearing:
        """Return how well it hears; for the loop."""
        return Hearing(self._tally.tasks, self._dropped, len(self._events))

    def take(self, event: Event, loop: Loop, handle: Handle) -> None:
        """Take an event in and have it handled in the loop."""
        with self._lock:
            if not self._fits(event):
                self._dropped += 1
                return
            self._events.append(event)
            is_called, self._is_called = self._is_called, True
        if not is_called:
            loop.add_callback(self._hand_on, loop, handle)

    def _fits(self, event: Event) -> bool:
        """Return whether there is room; workers are always heard, or they would seem lost."""
        if not event["type"].startswith("task-") or len(self._events) < self._kept // 2:
            return True
        is_chosen = crc32(str(event.get("uuid")).encode()) % WHOLE == 0
        return is_chosen and len(self._events) < self._kept

    def _hand_on(self, loop: Loop, handle: Handle) -> None:
        """Have events handled for a slice of time, then let the loop do other things.

        When all are, more are waited for without a wake-up for each; if none came, the next does.
        """
        until_s = monotonic() + SLICE_S
        handled = False
        while monotonic() < until_s:
            with self._lock:
                if not self._events:
                    self._is_called = handled
                    break
                event = self._events.popleft()
            self._handle(event, handle)
            handled = True
        else:
            loop.add_callback(self._hand_on, loop, handle)
            return
        if handled:
            loop.call_later(GATHER_S, self._hand_on, loop, handle)

    def _handle(self, event: Event, handle: Handle) -> None:
        try:
            handle(event)
            self._tally.event(event)
        except Exception:
            # One that nobody understands must not keep the others from being heard.
            logger.exception("An event of type %s was not understood", event.get("type"))
