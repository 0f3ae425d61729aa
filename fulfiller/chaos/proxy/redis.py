"""A conversation with Redis or Valkey, followed just closely enough to know its moments."""

from collections import deque

from fulfiller.chaos.proxy.terms import Moment

LINES = frozenset(b"+-:_#,(")
BULKS = frozenset(b"$=!")
LISTS = {ord("*"): 1, ord("~"): 1, ord(">"): 1, ord("%"): 2, ord("|"): 2}
LIST, PUSH = ord("*"), ord(">")
DEAF = frozenset({b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR"})
"""After these, what comes back answers nothing that was asked."""
QUEUED = b"(queued)"
PUSHED = b"EXEC with LPUSH"


def end_of(data: bytes, at: int) -> int:
    """Return where the value that begins at `at` ends, or -1 if it is not whole yet.

    Raise ValueError for what is no RESP.
    """
    left = 1
    while left:
        line = data.find(b"\r\n", at)
        if line < 0:
            return -1
        kind = data[at]
        if kind in LINES:
            at = line + 2
        elif kind in BULKS:
            length = int(data[at + 1 : line])
            at = line + 2 + (length + 2 if length >= 0 else 0)
            if at > len(data):
                return -1
        elif kind in LISTS:
            left += max(0, int(data[at + 1 : line])) * LISTS[kind]
            at = line + 2
        else:
            raise ValueError(f"no RESP: {data[at : at + 20]!r}")
        left -= 1
    return at


class Redis:
    """Both directions of one connection; each answer belongs to the oldest unanswered command."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._asked: deque[bytes] = deque()
        self._deaf = False
        self._multi = False
        self._pushes = False

    @staticmethod
    def cut(data: bytes, at: int, *, asking: bool) -> int:
        """Return where the next message ends, or -1 if it is not whole yet."""
        if asking and data[at] != LIST:
            # Said as people would type it.
            line = data.find(b"\r\n", at)
            return line + 2 if line >= 0 else -1
        return end_of(data, at)

    def asked(self, message: bytes) -> Moment | None:
        """Hear a command; nothing strikes before an answer."""
        name = _name(message)
        if name in DEAF:
            self._deaf = True
        elif name == b"MULTI":
            self._multi, self._pushes = True, False
        elif name in (b"EXEC", b"DISCARD"):
            self._multi = False
            name = PUSHED if name == b"EXEC" and self._pushes else name
        elif self._multi:
            self._pushes = self._pushes or name == b"LPUSH"
            name = QUEUED
        self._asked.append(name)
        return None

    def told(self, message: bytes) -> Moment | None:
        """Hear an answer, and return which moment it is."""
        if self._deaf or message[0] == PUSH or not self._asked:
            return None
        name = self._asked.popleft()
        if name == b"BRPOP" and message.startswith(b"*2"):
            return Moment.BRPOP_REPLY
        if name in (b"LPUSH", PUSHED) and message[:1] in b":*" and not message.startswith(b"*-1"):
            return Moment.LPUSH_REPLY
        return None


def _name(message: bytes) -> bytes:
    """Return the command's name: the second line of its second part, or its first word."""
    if message[:1] != b"*":
        return b"".join(message.split(None, 1)[:1]).upper()
    parts = message.split(b"\r\n", 3)
    return parts[2].upper() if len(parts) > 2 else b""
