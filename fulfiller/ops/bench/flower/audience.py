"""The audience, a process of its own: viewers of a live page, and somebody who asks for pages.

The first order says where Flower is, and `ready` is reported. `viewers` then says how many
streams of which page are open, which is reported once each has been told something; `ask`
begins to ask for pages in turn, and `stop` ends it: the report has milliseconds by page.
`heard` asks for the bytes that viewers have been told.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection
from selectors import EVENT_READ, DefaultSelector
from socket import create_connection, socket
from threading import Event, Thread
from typing import Any

from fulfiller.clock import monotonic
from fulfiller.ops.bench.aide import orders, report

READ = 1 << 18
BREATH_S = 0.05
"""Between two pages: who asks is one person, however fast Flower answers."""
TIMEOUT_S = 60.0
FIRST = b"data: "


class Viewers:
    """Streams of the live page, read and thrown away in a thread."""

    def __init__(self, words: dict[str, Any]) -> None:
        """Open none yet."""
        self._words = words
        self._open: list[socket] = []
        self._ready = DefaultSelector()
        self.bytes = 0
        Thread(target=self._read, daemon=True).start()

    def become(self, count: int, path: str) -> None:
        """Close all streams, and open so many of a page."""
        while self._open:
            line = self._open.pop()
            self._ready.unregister(line)
            line.close()
        while len(self._open) < count:
            line = self._opened(path)
            line.settimeout(0)
            self._open.append(line)
            self._ready.register(line, EVENT_READ)

    def _opened(self, path: str) -> socket:
        """Return a stream that has told its first news."""
        line = create_connection((self._words["host"], self._words["port"]), timeout=TIMEOUT_S)
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: bench\r\n"
            f"Authorization: {basic(self._words['login'])}\r\n\r\n".encode()
        )
        said = b""
        while FIRST not in said:
            more = line.recv(READ)
            if not more:
                raise ConnectionError(f"the stream was refused: {said[:200]!r}")
            said += more
        return line

    def _read(self) -> None:
        pause = Event()
        while True:
            for key, _ in self._ready.select(timeout=1.0):
                try:
                    said = key.fileobj.recv(READ)  # type: ignore[union-attr]
                except (OSError, ValueError):
                    said = b""
                self.bytes += len(said)
            if not self._open:
                # A selector that watches nothing may return at once.
                pause.wait(BREATH_S)


class Asker:
    """Asks for pages in turn, one after the other, in a thread."""

    def __init__(self, words: dict[str, Any], paths: Sequence[str]) -> None:
        """Begin."""
        self._words = words
        self._paths = paths
        self._over = Event()
        self.took_ms: defaultdict[str, list[float]] = defaultdict(list)
        self._thread = Thread(target=self._ask_all, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, list[float]]:
        """End after this turn; return milliseconds by path, -1 for an answer that was not OK."""
        self._over.set()
        self._thread.join()
        return dict(self.took_ms)

    def _ask_all(self) -> None:
        line = HTTPConnection(self._words["host"], self._words["port"], timeout=TIMEOUT_S)
        is_over = False
        while not is_over:
            for path in self._paths:
                self.took_ms[path].append(self._asked_ms(line, path))
                is_over = self._over.wait(BREATH_S)
        line.close()

    def _asked_ms(self, line: HTTPConnection, path: str) -> float:
        began_s = monotonic()
        line.request("GET", path, headers={"Authorization": basic(self._words["login"])})
        reply = line.getresponse()
        reply.read()
        took_ms = 1_000 * (monotonic() - began_s)
        return took_ms if reply.status == HTTPStatus.OK else -1.0


def basic(login: str) -> str:
    """Return a login as HTTP has it."""
    return f"Basic {b64encode(login.encode()).decode()}"


def main() -> None:
    """Follow orders until ended."""
    hearing = orders()
    words = next(hearing)
    viewers, asker = Viewers(words), None
    report(ready=True)
    for order in hearing:
        if "viewers" in order:
            viewers.become(order["viewers"], order["path"])
            report(viewers=order["viewers"])
        elif "heard" in order:
            report(bytes=viewers.bytes)
        elif "ask" in order:
            asker = Asker(words, order["ask"])
        elif asker is not None:
            report(took_ms=asker.stop())


if __name__ == "__main__":
    main()
