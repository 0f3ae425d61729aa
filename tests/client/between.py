"""Something between client and service: a real TCP server that spoils answers on the way."""

import socket
import socketserver
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

Spoil = Callable[[socket.socket, bytes, Callable[[bytes], bytes]], None]
"""Does what it likes with a client's connection, a request, and the way to the service."""


def lost(line: socket.socket, request: bytes, forward: Callable[[bytes], bytes]) -> None:
    """Let the service answer, and lose the answer."""
    forward(request)
    line.close()


def dropped(line: socket.socket, _request: bytes, _forward: Callable[[bytes], bytes]) -> None:
    """Hang up before the service hears of it."""
    line.close()


def busy(line: socket.socket, _request: bytes, _forward: Callable[[bytes], bytes]) -> None:
    """Answer 503 and ask for a second of patience, as a full service does."""
    body = b'{"status": 503, "code": "unavailable", "retry_after_s": 1}'
    line.sendall(_reply(b"503 busy", body, b"retry-after: 1\r\n"))


def half_full(line: socket.socket, _request: bytes, _forward: Callable[[bytes], bytes]) -> None:
    """Answer a batch of two: no place for the first in the next five minutes, no store now."""
    full = b'{"status": 503, "code": "waitlist_full", "retry_after_s": 300}'
    away = b'{"status": 503, "code": "unavailable", "retry_after_s": 0}'
    results = b",".join(b'{"status": 503, "problem": %s}' % each for each in (full, away))
    line.sendall(_reply(b"207 each", b'{"results": [%s]}' % results))


def proxy_page(line: socket.socket, _request: bytes, _forward: Callable[[bytes], bytes]) -> None:
    """Answer with the web page of a proxy that finds nobody behind it."""
    line.sendall(_reply(b"502 bad gateway", b"<html>bad gateway</html>"))


@dataclass(slots=True)
class Between:
    """The address to talk to, what is still to be spoiled, and what was asked so far."""

    url: str = ""
    spoils: deque[Spoil] = field(default_factory=deque)
    requests: list[bytes] = field(default_factory=list)

    def keys(self) -> list[bytes]:
        """Return the idempotency keys that were sent, in order."""
        return [
            line.partition(b": ")[2]
            for request in self.requests
            for line in request.split(b"\r\n")
            if line.lower().startswith(b"idempotency-key: ")
        ]


@contextmanager
def between(service_url: str, spoils: Iterable[Spoil]) -> Iterator[Between]:
    """Stand between a client and the service until the block ends."""
    host, _, port = service_url.removeprefix("http://").partition(":")
    state = Between(spoils=deque(spoils))

    def forward(request: bytes) -> bytes:
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(request)
            return line.makefile("rb").read()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            request = _read(self.request)
            if not request:
                return
            state.requests.append(request)
            if state.spoils:
                state.spoils.popleft()(self.request, request, forward)
            else:
                self.request.sendall(forward(request))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def _read(line: socket.socket) -> bytes:
    """Read one request, and have the service close after it so that its answer has an end."""
    said = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in said:
            piece = line.recv(65_536)
            if not piece:
                return b""
            said += piece
        head, _, body = said.partition(b"\r\n\r\n")
        while len(body) < _length(head):
            body += line.recv(65_536)
        return head.replace(b"keep-alive", b"close") + b"\r\n\r\n" + body
    return b""


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length: "):
            return int(line.partition(b": ")[2])
    return 0


def _reply(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    length = b"content-length: %d\r\nconnection: close\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + length + more + b"\r\n" + body
