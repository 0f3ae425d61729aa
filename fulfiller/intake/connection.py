"""One connection to the intake: uvicorn's, with deadlines for the slow and one write per answer."""

import asyncio
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from itertools import count
from operator import attrgetter
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from fulfiller.intake.exchange import HEAD_MAX, WHOLE, Scope, encode, fresh_id
from fulfiller.intake.problem import MEDIA_TYPE, Code, Header, Problem, unavailable

turns = count()
"""Numbers for whoever begins to owe a request, in that order."""
PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}


class Patient(HttpToolsProtocol):
    """A connection that knows since when it owes us the rest of a request."""

    connections_max: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait: a new connection owes a request."""
        super().connection_made(transport)
        # The loop's clock stands still for a millisecond, in which many may begin to owe.
        self.turn = next(turns)
        self.owes_since: float | None = self.loop.time()
        self._head_size: int | None = None
        if len(self.connections) > self.connections_max:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Read on; a head that grows without end is refused before it is whole."""
        known = self._head_size
        super().data_received(data)
        if known is not None and self._head_size is not None:
            self._head_size += len(data)
            if self._head_size > HEAD_MAX and not self.transport.is_closing():
                self.refuse(Problem(Code.HEAD_TOO_LARGE))

    def on_headers_complete(self) -> None:
        """The head is whole, and its size is known."""
        self._head_size = None
        super().on_headers_complete()
        # An extension that can be called is none that uvicorn's annotation foresees.
        cast("Scope", self.scope)["extensions"] = {WHOLE: partial(self._answer, self.cycle)}

    def on_message_begin(self) -> None:
        """Begin to wait for the rest."""
        super().on_message_begin()
        # What came along with its beginning may belong to the request before, so it's not counted.
        self._head_size = 0
        if self.owes_since is None:
            self.turn = next(turns)
            self.owes_since = self.loop.time()

    def on_message_complete(self) -> None:
        """Nothing is owed any longer."""
        super().on_message_complete()
        self.owes_since = None

    def _answer(
        self, cycle: RequestResponseCycle, status: int, fields: Sequence[Header], body: bytes
    ) -> bool:
        """Send a whole answer in one piece; False where uvicorn has to do it in its own way.

        In two pieces, as ASGI has it, an answer is two system calls, and each gives up the
        interpreter to the committer's thread.
        """
        if not cycle.keep_alive or cycle.disconnected or cycle.flow.write_paused:
            return False
        lines = [b"%s: %s" % field for field in (*cycle.default_headers, *fields)]
        head = b"\r\n".join([b"HTTP/1.1 %d %s" % (status, PHRASES[status]), *lines])
        if head.count(b"\n") != len(lines):
            # Whatever it is that would break the head, uvicorn says what.
            return False
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"%s\r\n\r\n%s" % (head, body))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def cut(self, before: float) -> None:
        """Hang up if the rest of a request is owed since longer ago."""
        if self.owes_since is None or self.owes_since >= before:
            return
        # There is no cycle before the first request, whatever uvicorn's annotation says.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and cycle.more_body and cycle.response_started:
            self.transport.close()
        else:
            self.refuse(Problem(Code.TIMED_OUT))

    def _make_room(self) -> None:
        """Hang up on whoever has owed us a request for longest: slow ones keep nobody out."""
        owing = (
            other
            for other in self.connections
            if isinstance(other, Patient) and other.owes_since is not None
        )
        slowest = min(owing, key=attrgetter("turn"))
        slowest.refuse(unavailable("there are too many connections"))

    def send_400_response(self, msg: str) -> None:
        """Tell what is no HTTP at all as a problem too."""
        self.refuse(Problem(Code.MALFORMED, msg))

    def refuse(self, problem: Problem) -> None:
        """Tell a problem and hang up; what was asked for did not arrive whole and is not known."""
        self.owes_since = None
        request_id = fresh_id()
        body = encode(problem.body(instance="", request_id=request_id))
        title = problem.kind.title.encode()
        said = [
            (b"content-type", MEDIA_TYPE),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *problem.headers(),
        ]
        head = b"".join(b"%s: %s\r\n" % each for each in said)
        status = b"HTTP/1.1 %d %s\r\n" % (problem.kind.status, title)
        self.transport.write(status + head + b"\r\n" + body)
        self.transport.close()
