"""Send requests over raw connections, closed loop or at the times they are due.

One thread and bare sockets, and of a reply nothing is read but its status, its length and how
its claims fared, because whoever sends shares the machine with whom it measures.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from math import inf
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from fulfiller.clock import monotonic
from fulfiller.ops.bench.answers import LOST, count, hangs_up
from fulfiller.ops.bench.asking import Ask
from fulfiller.ops.bench.histogram import Histogram
from fulfiller.ops.bench.line import Line

SILENCE_S = 60.0
"""How long a server may leave everybody without an answer."""


@dataclass(slots=True)
class Record:
    """What came of the requests; moments are those of the monotonic clock.

    `statuses` counts claims. `waits` are the times from due to answered, and `replies` those
    from sent to answered where the two differ.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    waits: Histogram = field(default_factory=Histogram)
    replies: Histogram = field(default_factory=Histogram)
    sent: int = 0
    began_s: float = 0.0
    sent_s: float = 0.0
    ended_s: float = 0.0


class Sender:
    """Sends every request once over a fixed number of connections, one at a time on each.

    Without `due_s` a connection sends again as soon as it is answered. With it a request is
    sent when it is due, or when a connection is free after that; its wait counts from when
    it was due, so that a server that stalls can't hide those it kept waiting.
    """

    def __init__(
        self, asks: Iterable[Ask], due_s: Iterable[float] | None = None, *, until_s: float = inf
    ) -> None:
        """Send nothing yet; `due_s` are seconds from the start, ascending.

        What found no free connection until `until_s` is not sent at all.
        """
        self.record = Record()
        self._asks = iter(asks)
        self._due_s: Iterator[float] | None = None if due_s is None else iter(due_s)
        self._until_s = until_s
        self._next: Ask | None = None
        self._next_s = 0.0
        self._under_way = 0
        self._idle: deque[Line] = deque()
        self._selector = DefaultSelector()

    def connect(self, host: str, ports: Sequence[int], connections: int) -> None:
        """Open the connections, spread evenly over the doors."""
        self._doors = cycle((host, port) for port in ports)
        for _ in range(connections):
            self._idle.append(self._join())

    def run(self) -> Record:
        """Send everything, hang up when each request has its answer, return what came of it."""
        began_s = monotonic()
        self.record.began_s = self.record.sent_s = self.record.ended_s = began_s
        self._until_s += began_s
        self._advance()
        self._wake()
        while self._under_way or self._next is not None:
            self._listen()
            self._wake()
        while self._idle:
            self._idle.popleft().socket.close()
        self._selector.close()
        return self.record

    def _listen(self) -> None:
        """Attend to whoever has something to say until the next request is due."""
        due_s = self._next_s - monotonic() if self._next and self._idle else SILENCE_S
        ready = self._selector.select(max(0.0, due_s))
        if not ready and due_s == SILENCE_S:
            raise TimeoutError(f"{self._under_way} requests had no answer for {SILENCE_S:.0f} s")
        for key, events in ready:
            self._attend(key.data, events)

    def _attend(self, line: Line, events: int) -> None:
        try:
            if events & EVENT_WRITE and line.push():
                self._selector.modify(line.socket, EVENT_READ, line)
            reply = line.hear() if events & EVENT_READ else b""
        except OSError:
            self._replace(line)
            return
        # What nobody asked for is a farewell, and the end of the connection follows it.
        if reply and line.claims:
            self._note(line, reply)

    def _note(self, line: Line, reply: bytes) -> None:
        """Note an answer; the line is free for another request."""
        record, now_s = self.record, monotonic()
        record.ended_s = now_s
        count(reply, line.claims, record.statuses)
        record.waits.add(now_s - line.due_s)
        if self._due_s is not None:
            record.replies.add(now_s - line.sent_s)
        self._under_way -= 1
        line.claims = 0
        if hangs_up(reply):
            self._replace(line)
        else:
            self._idle.append(line)

    def _replace(self, line: Line) -> None:
        """Note what was under way over a connection that broke, and go on over another one."""
        self._selector.unregister(line.socket)
        line.socket.close()
        if line.claims:
            self.record.ended_s = monotonic()
            self.record.statuses[LOST] += line.claims
            self._under_way -= 1
        elif line in self._idle:
            self._idle.remove(line)
        self._idle.append(self._join())

    def _join(self) -> Line:
        line = Line(next(self._doors))
        self._selector.register(line.socket, EVENT_READ, line)
        return line

    def _wake(self) -> None:
        """Send what is due over what is idle, unless it comes too late."""
        # Read once for all that are sent: a latency may look longer for that, and never shorter.
        now_s = monotonic()
        if now_s >= self._until_s:
            self._next = None
        while self._idle and self._next is not None and self._next_s <= now_s:
            self._send(self._idle.popleft(), self._next, now_s)

    def _send(self, line: Line, ask: Ask, now_s: float) -> None:
        request, line.claims = ask
        line.sent_s = now_s
        line.due_s = now_s if self._due_s is None else self._next_s
        self._under_way += 1
        self.record.sent += line.claims
        self.record.sent_s = now_s
        self._advance()
        try:
            if not line.ask(request):
                self._selector.modify(line.socket, EVENT_READ | EVENT_WRITE, line)
        except OSError:
            self._replace(line)

    def _advance(self) -> None:
        """Have the next request ready, and know when it is due."""
        self._next = next(self._asks, None)
        if self._due_s is not None and self._next is not None:
            self._next_s = self.record.began_s + next(self._due_s)
