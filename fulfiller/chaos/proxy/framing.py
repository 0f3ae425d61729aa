"""Reading along: bytes of one way of a connection are cut where a moment begins.

Nothing is changed, and little is kept back: the head of a message until it can be told what it
is. A connection that can't be read goes on unread, for good and both ways.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

from fulfiller.chaos.proxy.order import Moment


class Piece(NamedTuple):
    """Bytes that go on, with the moments that begin with the first of them.

    An `answer` goes back to where the bytes came from, which then were for us alone.
    """

    data: bytes
    moments: tuple[Moment, ...] = ()
    answer: bytes = b""


class Unit(NamedTuple):
    """The next bytes of a stream that belong together; they need not be there yet."""

    size: int
    moments: tuple[Moment, ...] = ()
    answer: bytes = b""


class Unreadable(ValueError):
    """This is not what was said to be spoken here."""


class Reader(ABC):
    """One way of a connection, read incrementally."""

    def __init__(self) -> None:
        """Have read nothing yet."""
        self.blind = False
        self.other: Reader = self
        self._held = b""
        self._ahead = 0

    def feed(self, data: bytes) -> list[Piece]:
        """Take bytes as they came and return those that may go on."""
        buffer = self._held + data
        end, found = (len(buffer), []) if self.blind else self._read(buffer)
        self._held = buffer[end:]
        return _cut(buffer, end, found)

    def rest(self) -> bytes:
        """Return what was kept back when the stream has ended."""
        held, self._held = self._held, b""
        return held

    def give_up(self) -> None:
        """Read no more, here or on the way back, where nothing would match any longer."""
        self.blind = self.other.blind = True

    def _read(self, buffer: bytes) -> tuple[int, list[tuple[int, Unit]]]:
        """Return how far it was read, and the units that matter with their places."""
        at = self._ahead
        found: list[tuple[int, Unit]] = []
        try:
            while at < len(buffer) and not self.blind and (unit := self._unit(buffer, at)):
                if unit.moments or unit.answer:
                    found.append((at, unit))
                at += unit.size
        except ValueError:
            self.give_up()
        if self.blind:
            at = len(buffer)
        self._ahead = max(0, at - len(buffer))
        return min(at, len(buffer)), found

    @abstractmethod
    def _unit(self, buffer: bytes, at: int) -> Unit | None:
        """Return the unit that begins there, or None until more is there; raise ValueError."""


def _cut(buffer: bytes, end: int, found: list[tuple[int, Unit]]) -> list[Piece]:
    """Return the bytes up to an end in as few pieces as that takes."""
    pieces = []
    start = 0
    moments: tuple[Moment, ...] = ()
    for at, unit in found:
        if start < at:
            pieces.append(Piece(buffer[start:at], moments))
        start, moments = at, unit.moments
        if unit.answer:
            pieces.append(Piece(b"", (), unit.answer))
            start += unit.size
    if start < end:
        pieces.append(Piece(buffer[start:end], moments))
    return pieces
