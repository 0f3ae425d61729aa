"""One connection of the load generator, with at most one request under way."""

import socket

from fulfiller.ops.bench.answers import whole_bytes

READ_BYTES = 65_536


class Line:
    """A connection; `claims` is how many are in the request under way, 0 without one.

    The request was due at `due_s` and sent at `sent_s`, by the monotonic clock. Whatever the
    connection does after the other side has hung up raises an OSError.
    """

    __slots__ = ("_heard", "_rest", "_whole", "claims", "due_s", "sent_s", "socket")

    def __init__(self, door: tuple[str, int]) -> None:
        """Connect."""
        self.socket = socket.create_connection(door)
        self.socket.setblocking(False)  # noqa: FBT003 - the name of the method says it
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.claims = 0
        self.due_s = self.sent_s = 0.0
        self._rest = memoryview(b"")
        self._heard = b""
        self._whole = 0

    def ask(self, request: bytes) -> bool:
        """Send a request, or as much of it as the system takes; return whether that was all."""
        sent = self.socket.send(request)
        if sent == len(request):
            return True
        self._rest = memoryview(request)[sent:]
        return False

    def push(self) -> bool:
        """Send more of what the system did not take; return whether that was all."""
        self._rest = self._rest[self.socket.send(self._rest) :]
        return not self._rest

    def hear(self) -> bytes:
        """Return the answer once it is whole, and nothing before."""
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionResetError("the server hung up")
        heard = self._heard + data if self._heard else data
        whole = self._whole or whole_bytes(heard)
        if not whole or len(heard) < whole:
            self._heard, self._whole = heard, whole
            return b""
        self._heard, self._whole = b"", 0
        return heard
