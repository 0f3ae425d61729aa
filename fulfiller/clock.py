"""The only place that reads clocks: the store's time, monotonic time, and ids made from it.

Wall clocks of different machines disagree and jump. Every process therefore takes the
store's time and carries it on with its own monotonic clock.
"""

import os
from collections.abc import Callable
from struct import calcsize, unpack
from threading import Lock
from time import monotonic as _monotonic
from time import monotonic_ns, time_ns

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.error import StoreError

REREAD = 10_000_000
"""Microseconds after which the store is asked again."""
RETRY = 1_000_000
"""Microseconds after which a store is asked again that did not answer, or took long."""
LONG = 500_000
"""Microseconds from which on an answer says too little of when it was given."""
TRIES = 4
"""Times that a first answer which took long is asked for again: it can be held against nothing."""
COUNTER_BITS = 12
RANDOM_BITS = 62
NOISE = "512Q"
"""Random numbers drawn at a time."""
VERSION_AND_VARIANT = 7 << 76 | 2 << 62


def monotonic() -> float:
    """Return seconds of a clock that never jumps; only differences mean something."""
    return _monotonic()


def wall_clock() -> int:
    """Return this machine's own idea of the time, in microseconds: only to be compared."""
    return time_ns() // 1_000


def _monotonic_us() -> int:
    return monotonic_ns() // 1_000


class StoreClock:
    """The store's time in microseconds, carried on between readings.

    It never goes backwards: when the store's clock has jumped back, this one goes on at half
    speed until the store has caught up, so that waits still end. Safe to share by threads.
    """

    def __init__(
        self, read_store_now: Callable[[], int], *, ticks: Callable[[], int] = _monotonic_us
    ) -> None:
        """Read the store on first use; `ticks` are monotonic microseconds."""
        self._read = read_store_now
        self._ticks = ticks
        self._lock = Lock()
        self._offset: int | None = None
        self._due = 0
        self._last = (0, 0)

    def now(self) -> int:
        """Return microseconds since 1970 by the store's clock.

        Raises what the reading raises if the store has never answered; later failures are
        bridged by the monotonic clock.
        """
        with self._lock:
            if self._offset is None or self._ticks() >= self._due:
                self._reread()
            return self._advance(self._offset or 0)

    def _reread(self) -> None:
        try:
            stored, took = self._ask()
            for _ in range(TRIES):
                if self._offset is not None or took < LONG:
                    break
                stored, took = self._ask()
        except StoreError:
            if self._offset is None:
                raise
            self._due = self._ticks() + RETRY
            return
        heard = self._ticks()
        # As if read when heard: an answer that took a while makes this clock late by a little
        # and never early. One that took long, since this process was stopped or the store was,
        # bounds the time from both sides, and what was known before stands between them.
        late = stored - heard
        known = late if self._offset is None or took < LONG else self._offset
        self._offset = min(max(late, known), late + took)
        self._due = heard + (REREAD if took < LONG else RETRY)

    def _ask(self) -> tuple[int, int]:
        """Return what the store says, and how long that took."""
        asked = self._ticks()
        stored = self._read()
        return stored, self._ticks() - asked

    def _advance(self, offset: int) -> int:
        ticks = self._ticks()
        said, at = self._last
        now = max(ticks + offset, said + (ticks - at) // 2)
        self._last = (now, ticks)
        return now


class ClaimIds:
    """Makes claim ids: UUIDv7 as text, each sorting behind the one before it.

    The twelve bits below the millisecond are the fraction, or one more than last time.
    """

    def __init__(self) -> None:
        self._last = 0
        self._noise: list[int] = []
        self._lock = Lock()
        # Two processes must never go on with the same noise.
        os.register_at_fork(after_in_child=self._noise.clear)

    def __call__(self, now_us: int) -> ClaimId:
        """Return a fresh id dated by this instant."""
        stamp, noise = self._next(now_us)
        head, tail = stamp >> COUNTER_BITS, stamp & (1 << COUNTER_BITS) - 1
        noise &= (1 << RANDOM_BITS) - 1
        text = f"{head << 80 | tail << 64 | noise | VERSION_AND_VARIANT:032x}"
        return ClaimId(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")

    def _next(self, now_us: int) -> tuple[int, int]:
        """Return a strictly rising stamp, milliseconds and 1/4096 of them, and fresh noise."""
        milliseconds, rest = divmod(now_us, 1_000)
        stamp = milliseconds << COUNTER_BITS | (rest << COUNTER_BITS) // 1_000
        with self._lock:
            self._last = max(stamp, self._last + 1)
            if not self._noise:
                # In blocks: each draw gives up the interpreter, and beside a busy event loop
                # getting it back took 200 us per claim.
                self._noise.extend(unpack(NOISE, os.urandom(calcsize(NOISE))))
            return self._last, self._noise.pop()


new_claim_id = ClaimIds()
"""The one source of this process."""


def claim_ids(now: Callable[[], int]) -> Callable[[], ClaimId]:
    """Return a source of fresh claim ids that are dated by a clock."""
    return lambda: new_claim_id(now())
