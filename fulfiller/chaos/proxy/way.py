"""One way of a connection: bytes come in, wait for as long as the leg is sick, and go out in order.

No more than `HELD_MAX` wait here: behind that the sender has to.
"""

import asyncio
from collections import deque
from math import inf
from typing import Protocol

from fulfiller.chaos.proxy.framing import Piece, Reader
from fulfiller.chaos.proxy.leg import Leg
from fulfiller.chaos.proxy.order import Blow

HELD_MAX = 1 << 20
"""Bytes that may wait: what a link of 10 MB/s with 100 ms each way has under way."""
SLICES = 20
"""Slices a second that a throttled leg passes on, so that it trickles instead of gushing."""
LOST = Piece(b"")
"""Stands in line behind the last bytes of a sender that reset its connection."""
END = Piece(b"")
"""Stands in line behind the last bytes of a sender that has said all."""


class Owner(Protocol):
    """The connection that a way belongs to."""

    def cut(self, way: "Way") -> None:
        """A blow cuts it at this point of the way."""

    def lost(self) -> None:
        """A sender's reset has arrived where it was going."""

    def done(self) -> None:
        """All of one way has gone out."""


class Way:
    """One way of a connection: 0 is to the server, 1 is back."""

    def __init__(self, owner: Owner, leg: Leg, number: int, reader: Reader) -> None:
        """Carry nothing yet."""
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self.lossy = self.done = False
        self._owner = owner
        self._leg, self._number, self._reader = leg, number, reader
        self._loop = asyncio.get_running_loop()
        self._line: deque[tuple[float, Piece]] = deque()
        self._out: list[bytes] = []
        self._size = 0
        self._stalled_until = 0.0
        self._blocked = self._ended = self._over = False
        self._timer: asyncio.TimerHandle | None = None

    def take(self, data: bytes) -> None:
        """Take bytes from the sender."""
        if self._over:
            return
        if self._leg.toxic.black_hole or self.lossy:
            self.lossy = True
            self._leg.bytes_swallowed += len(data)
            return
        now = self._loop.time()
        for piece in self._reader.feed(data):
            self._append(now, piece)
        self.run()
        if self.sink is not None and not self._blocked:
            self._leg.bytes_held += min(self._size, len(data))

    def finish(self, last: Piece) -> None:
        """Take the news that the sender says no more: END or LOST."""
        if self._over or (self._ended and last is END):
            return
        self._ended = True
        self.lossy = self.lossy or self._leg.toxic.black_hole
        if not self.lossy:
            now = self._loop.time()
            self._append(now, Piece(self._reader.rest()))
            self._append(now, last)
            self.run()

    def block(self, *, blocked: bool) -> None:
        """Heed whether the receiver can take more."""
        self._blocked = blocked
        self.run()

    def stop(self) -> None:
        """Carry nothing any more."""
        self._over = True
        self._line.clear()
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()

    def run(self) -> None:
        """Pass on what may go now, and come again when more may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._line and (wait_s := self._wait_s()) <= 0:
            self._pass(self._line.popleft())
        self._flush()
        if self._line and wait_s < inf:
            self._timer = self._loop.call_later(wait_s, self.run)
        self._press()

    def _append(self, now: float, piece: Piece) -> None:
        self._line.append((now, piece))
        self._size += len(piece.data)

    def _wait_s(self) -> float:
        """Return how long the first piece in line has to wait still."""
        toxic = self._leg.toxic
        if toxic.frozen or self._blocked or self.sink is None:
            return inf
        due = max(self._line[0][0] + toxic.latency_s, self._stalled_until)
        if toxic.bytes_per_s is not None:
            due = max(due, self._leg.free_at[self._number])
        return due - self._loop.time()

    def _pass(self, first: tuple[float, Piece]) -> None:
        came_at, piece = first
        self._size -= len(piece.data)
        if piece.moments and (arm := self._leg.judge(piece.moments)) is not None:
            if arm.blow is Blow.CUT:
                self._flush()
                self._owner.cut(self)
                return
            self._stalled_until = self._loop.time() + arm.stall_s
            self._put_back(came_at, piece.data)
        elif piece is END:
            self._close()
        elif piece is LOST:
            self._owner.lost()
        elif piece.answer:
            _write(self.source, piece.answer)
        elif piece.data:
            self._send(came_at, piece.data)

    def _send(self, came_at: float, data: bytes) -> None:
        rate = self._leg.toxic.bytes_per_s
        if rate is not None:
            slice_size = max(1, rate // SLICES)
            if len(data) > slice_size:
                self._put_back(came_at, data[slice_size:])
                data = data[:slice_size]
            self._leg.free_at[self._number] = self._loop.time() + len(data) / rate
        self._out.append(data)

    def _flush(self) -> None:
        """Write what has passed, in one go: a write each would be most of the cost."""
        if self._out:
            out, self._out = self._out, []
            _write(self.sink, b"".join(out))

    def _put_back(self, came_at: float, data: bytes) -> None:
        self._line.appendleft((came_at, Piece(data)))
        self._size += len(data)

    def _close(self) -> None:
        self._flush()
        if self.sink is not None and not self.sink.is_closing():
            self.sink.write_eof()
        self.done = True
        self._owner.done()

    def _press(self) -> None:
        """Let the sender wait while too much waits here."""
        source = self.source
        if source is None or self._over:
            return
        if self._size > HELD_MAX or self.sink is None:
            source.pause_reading()
        else:
            source.resume_reading()


def _write(to: asyncio.Transport | None, data: bytes) -> None:
    if to is not None and not to.is_closing():
        to.write(data)
