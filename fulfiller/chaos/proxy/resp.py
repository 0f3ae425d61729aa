"""What is read of Redis's protocol: which command a reply belongs to, and whether it says no.

Replies come in the order of commands, but for what is pushed: RESP3 marks that, and in RESP2 only
those connections get it that subscribe or monitor, which are read no further.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto

from fulfiller.chaos.proxy.framing import Reader, Unit, Unreadable
from fulfiller.chaos.proxy.order import Moment

LINE_MAX = 65_536
WORD_MAX = 32
"""Longer words are no command of interest."""
END = b"\r\n"
MOMENTS = {b"BRPOP": Moment.BRPOP_REPLY, b"LPUSH": Moment.LPUSH_REPLY}
SUBSCRIBING = {b"SUBSCRIBE", b"UNSUBSCRIBE", b"PSUBSCRIBE", b"PUNSUBSCRIBE"} | {
    b"SSUBSCRIBE",
    b"SUNSUBSCRIBE",
}
UNMATCHED = {b"MONITOR", b"SYNC", b"PSYNC"}
GREETING = {b"HELLO", b"RESET"}
NIL = {b"$-1", b"*-1", b"_"}
SIMPLE, BULK, LISTS, MAPS = b"+-:_#,(", b"$=!", b"*~>", b"%|"


class Turn(Enum):
    """What a reply changes for those that follow."""

    VERSION = auto()
    """It tells which protocol is spoken from now on."""
    DISORDER = auto()
    """From here on replies don't match commands."""


@dataclass(slots=True)
class Talk:
    """What both ways of a connection know together; `owed` are the replies to come."""

    owed: deque[Moment | Turn | None] = field(default_factory=deque)
    resp3: bool = False


class Commands(Reader):
    """What a client says."""

    def __init__(self, talk: Talk) -> None:
        """Begin with a connection."""
        super().__init__()
        self._talk = talk
        self._left = 0
        self._words: list[bytes] = []
        self._queueing = False
        self._queued: Moment | None = None

    def _unit(self, buffer: bytes, at: int) -> Unit | None:
        line = _line(buffer, at)
        if line is None:
            return None
        size = len(line) + len(END)
        if self._left:
            return self._argument(buffer, at + size, line)
        if line[:1] == b"*":
            self._left = max(0, int(line[1:]))
        elif line.strip():
            self._end(line.split()[:2])
        return Unit(size)

    def _argument(self, buffer: bytes, at: int, line: bytes) -> Unit | None:
        length = int(line[1:])
        if line[:1] != b"$" or length < 0:
            raise Unreadable(line)
        if len(self._words) < 2 and length <= WORD_MAX:
            if len(buffer) < at + length:
                return None
            self._words.append(buffer[at : at + length])
        self._left -= 1
        if not self._left:
            words, self._words = self._words, []
            self._end(words)
        return Unit(len(line) + len(END) + length + len(END))

    def _end(self, words: list[bytes]) -> None:
        """Note which reply a whole command will get."""
        name, *more = [word.upper() for word in words] or [b""]
        if name in UNMATCHED or (name == b"CLIENT" and more == [b"REPLY"]):
            self._talk.owed.append(Turn.DISORDER)
        elif name in SUBSCRIBING:
            if not self._talk.resp3:
                self._talk.owed.append(Turn.DISORDER)
        elif name in GREETING:
            self._queueing = False
            self._talk.owed.append(Turn.VERSION)
        else:
            self._talk.owed.append(self._moment(name))

    def _moment(self, name: bytes) -> Moment | None:
        if name == b"MULTI":
            self._queueing, self._queued = True, None
            return None
        if name in {b"EXEC", b"DISCARD"}:
            self._queueing = False
            return self._queued if name == b"EXEC" else None
        if self._queueing:
            self._queued = Moment.LPUSH_REPLY if name == b"LPUSH" else self._queued
            return None
        return MOMENTS.get(name)


class Replies(Reader):
    """What a server answers."""

    def __init__(self, talk: Talk) -> None:
        """Begin with a connection."""
        super().__init__()
        self._talk = talk
        self._left = 0

    def _unit(self, buffer: bytes, at: int) -> Unit | None:
        line = _line(buffer, at)
        if line is None:
            return None
        # Attributes come before a reply and are none.
        fresh = not self._left and line[:1] != b"|"
        moments = self._match(line) if fresh else ()
        size = self._size(line)
        return Unit(size, moments)

    def _size(self, line: bytes) -> int:
        """Return the size of a line with what belongs to it alone, and count what follows."""
        kind = line[:1]
        size = len(line) + len(END)
        top = not self._left
        self._left -= 0 if top else 1
        if kind in SIMPLE:
            return size
        length = int(line[1:])
        if kind in BULK:
            return size + (length + len(END) if length >= 0 else 0)
        if kind in LISTS:
            self._left += max(0, length)
        elif kind in MAPS:
            self._left += 2 * length
            # An attribute is followed by what it belongs to, which at the top is a fresh reply.
            self._left += int(kind == b"|" and not top)
        else:
            raise Unreadable(line)
        return size

    def _match(self, line: bytes) -> tuple[Moment, ...]:
        if line[:1] == b">":
            return ()
        if not self._talk.owed:
            raise Unreadable(line)
        owed = self._talk.owed.popleft()
        if owed is Turn.DISORDER:
            self.give_up()
        elif owed is Turn.VERSION:
            self._talk.resp3 = line[:1] == b"%"
        elif isinstance(owed, Moment) and line[:1] != b"-" and line not in NIL:
            return (owed,)
        return ()


def _line(buffer: bytes, at: int) -> bytes | None:
    """Return the line that begins there without its end, or None until that is there."""
    end = buffer.find(END, at, at + LINE_MAX)
    if end >= 0:
        return buffer[at:end]
    if len(buffer) - at >= LINE_MAX:
        raise Unreadable(f"no line of {LINE_MAX} bytes is expected here")
    return None


def redis_readers() -> tuple[Reader, Reader]:
    """Return readers of a connection's two ways: to the server, and back."""
    talk = Talk()
    there, back = Commands(talk), Replies(talk)
    there.other, back.other = back, there
    return there, back
