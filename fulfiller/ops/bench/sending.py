"""Send prepared requests over raw connections, closed loop or at the times they are due.

A reply is read for its status and its length and nothing else, because whoever sends shares
the machine with whom it measures.
"""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex

from fulfiller.clock import monotonic

HEAD_END = b"\r\n\r\n"
LOST = "lost"
"""What stands for the status of a request whose connection broke."""
_length = re.compile(rb"(?i)\r\ncontent-length: *(\d+)").search


@dataclass(slots=True)
class Record:
    """What came of the requests: statuses, seconds from due to answered, begin and end."""

    statuses: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    began_s: float = 0.0
    ended_s: float = 0.0


class Sender:
    """Sends every request once over a fixed number of connections, one at a time on each.

    Without `due_s` a connection sends again as soon as it is answered. With it a request is
    sent when it is due, or when a connection is free after that; its latency counts from when
    it was due, so that a server that stalls can't hide those it kept waiting.
    """

    def __init__(self, requests: Sequence[bytes], due_s: Sequence[float] | None = None) -> None:
        """Send nothing yet; `due_s` are seconds from the start, ascending."""
        self.record = Record()
        self._requests = requests
        self._due_s = due_s
        self._sent = 0
        self._released = len(requests) if due_s is None else 0
        self._idle: deque[Line] = deque()

    async def connect(self, host: str, port: int, connections: int) -> None:
        """Open the connections."""
        self._loop = asyncio.get_running_loop()
        self._door = (host, port)
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._idle.extend(await asyncio.gather(*(self._join() for _ in range(connections))))

    async def run(self) -> None:
        """Send everything and return when each request has its answer."""
        self.record.began_s = monotonic()
        if self._due_s is None:
            self._wake()
        else:
            self._release()
        await self._over
        while self._idle:
            self._idle.popleft().transport.close()

    def heard(self, line: "Line", status: str) -> None:
        """Note an answer and send what is next."""
        now = self.record.ended_s = monotonic()
        self.record.statuses[status] += 1
        self.record.latencies_s.append(now - line.since_s)
        self._settle(line)

    def lost(self) -> None:
        """Note a request whose connection broke, and go on over another one."""
        self.record.ended_s = monotonic()
        self.record.statuses[LOST] += 1
        joining = self._loop.create_task(self._join())
        joining.add_done_callback(self._joined)

    async def _join(self) -> "Line":
        _, line = await self._loop.create_connection(lambda: Line(self), *self._door)
        return line

    def _joined(self, joining: "asyncio.Task[Line]") -> None:
        if (fault := joining.exception()) is None:
            self._settle(joining.result())
        elif not self._over.done():
            self._over.set_exception(fault)

    def _settle(self, line: "Line") -> None:
        """Send the next request over a line, or let it rest; end when all have answers."""
        if self._sent < self._released:
            self._send(line)
            return
        self._idle.append(line)
        if self.record.statuses.total() == len(self._requests):
            with suppress(asyncio.InvalidStateError):
                self._over.set_result(None)

    def _wake(self) -> None:
        while self._idle and self._sent < self._released:
            self._send(self._idle.popleft())

    def _release(self) -> None:
        """Release what is due, and come back when the next one is."""
        due_s = self._due_s or ()
        now_s = monotonic() - self.record.began_s
        while self._released < len(due_s) and due_s[self._released] <= now_s:
            self._released += 1
        self._wake()
        if self._released < len(due_s):
            self._loop.call_later(due_s[self._released] - now_s, self._release)

    def _send(self, line: "Line") -> None:
        number = self._sent
        self._sent += 1
        since_s = None if self._due_s is None else self.record.began_s + self._due_s[number]
        line.ask(self._requests[number], monotonic() if since_s is None else since_s)


class Line(asyncio.Protocol):
    """One connection with at most one request under way."""

    __slots__ = ("_asking", "_heard", "_sender", "since_s", "transport")

    transport: asyncio.Transport

    def __init__(self, sender: Sender) -> None:
        """Belong to a sender."""
        self.since_s = 0.0
        self._sender = sender
        self._heard = b""
        self._asking = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the transport."""
        self.transport = transport

    def ask(self, request: bytes, since_s: float) -> None:
        """Send a request whose latency counts from `since_s`."""
        self.since_s = since_s
        self._asking = True
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Hand an answer on once it is whole."""
        heard = self._heard + data if self._heard else data
        if not is_whole(heard):
            self._heard = heard
            return
        self._heard = b""
        self._asking = False
        self._sender.heard(self, heard[9:12].decode("latin-1"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so if somebody waits for an answer."""
        del exc
        if self._asking:
            self._asking = False
            self._sender.lost()


def is_whole(heard: bytes) -> bool:
    """Return whether these bytes hold a reply with all of its body."""
    end = heard.find(HEAD_END)
    if end < 0:
        return False
    length = _length(heard, 0, end)
    return len(heard) >= end + len(HEAD_END) + (int(length[1]) if length else 0)


def claim_requests(host: str, key: str, campaign: str, claims: int) -> list[bytes]:
    """Return requests for one claim each, every one by somebody else."""
    head = (
        f"POST /v1/claims HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\n"
    )
    return [_request(head, campaign) for _ in range(claims)]


def _request(head: str, campaign: str) -> bytes:
    body = f'{{"campaign":"{campaign}","user":"{token_hex(8)}"}}'
    ending = f"Idempotency-Key: {token_hex(8)}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + ending + body).encode()
