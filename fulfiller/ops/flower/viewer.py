"""A viewer: one stream to somebody who looks, to which bytes go that all viewers share."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from tornado.iostream import IOStream, StreamClosedError

from fulfiller.clock import monotonic

PATIENCE_S = 60.0
"""Who has not taken a message for so long is gone, or as good as gone."""


@dataclass(frozen=True)
class Frame:
    """A server-sent event, made once for all who get it."""

    bare: bytes

    @cached_property
    def chunk(self) -> bytes:
        """The same as a chunk of HTTP/1.1."""
        return b"%x\r\n%b\r\n" % (len(self.bare), self.bare)


def event(told: bytes) -> Frame:
    """Return an event that tells something."""
    return Frame(b"data: " + told + b"\n\n")


BREATH = Frame(b": still here\n\n")


class Viewer:
    """Somebody who looks. No more than one frame ever waits for a slow one; others are left out.

    `chunked` is how HTTP/1.1 sends what has no length, and HTTP/1.0 does not know.
    """

    def __init__(self, stream: IOStream, *, chunked: bool) -> None:
        """Write nothing yet."""
        self._stream = stream
        self._chunked = chunked
        self._taken_at = monotonic()
        self._missed = False

    def when_gone(self, told: Callable[[], None]) -> None:
        """Call back once the stream is closed, by whomever."""
        self._stream.set_close_callback(told)

    @property
    def is_gone(self) -> bool:
        """Whether the stream is closed, also if that was before anybody wanted to be told."""
        return bool(self._stream.closed())

    def close(self) -> None:
        """End the stream."""
        self._stream.close()

    def send(self, news: Frame | None, whole: Callable[[], Frame]) -> None:
        """Send what is new; to whoever missed something, all of it as soon as there is room."""
        if self.is_gone:
            return
        if self._stream.writing():
            self._missed = True
            if monotonic() - self._taken_at > PATIENCE_S:
                self.close()
            return
        self._taken_at = monotonic()
        frame = whole() if self._missed else news
        self._missed = False
        if frame is not None:
            self._write(frame.chunk if self._chunked else frame.bare)

    def _write(self, data: bytes) -> None:
        with suppress(StreamClosedError):
            sent = self._sent(data)
            if sent < len(data):
                self._stream.write(memoryview(data)[sent:])

    def _sent(self, data: bytes) -> int:
        """Send straight through the socket, at half the cost; return how many bytes it took."""
        if type(self._stream) is not IOStream:
            # What is encrypted has to go through the stream.
            return 0
        try:
            return int(self._stream.socket.send(data))
        except BlockingIOError:
            return 0
        except OSError:
            self.close()
            return len(data)
