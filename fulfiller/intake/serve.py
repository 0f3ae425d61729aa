"""Serve the intake on a port with uvicorn: graceful at the end, and short with the slow."""

import asyncio
import signal
import socket
from collections.abc import Callable
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit
from types import FrameType
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from fulfiller.intake.app import App
from fulfiller.intake.exchange import HEAD_MAX, encode, fresh_id
from fulfiller.intake.problem import MEDIA_TYPE, Code, Problem, unavailable

KEEP_ALIVE_S = 75
ARRIVAL_S = 10.0
"""A request must have arrived whole by then, counted from its first byte."""
END_S = 10
BACKLOG = 2048
CONNECTIONS_MAX = 4_096
FILES = 2 * CONNECTIONS_MAX
"""Open files that a process asks the system for, where it is given less to begin with."""
LOOK_TICKS = 2
"""Every so many ticks of uvicorn, of which there are ten a second, the slow are looked for."""


def run(app: App, host: str, port: int, ready: Callable[[str], None], *, proxies: str = "") -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the address. Port 0 takes a free one.

    `proxies` are those whose word for whom they asked is believed.
    """
    soft, hard = getrlimit(RLIMIT_NOFILE)
    if soft < FILES:
        setrlimit(RLIMIT_NOFILE, (FILES if hard == RLIM_INFINITY else min(FILES, hard), hard))
    with listen(host, port) as listener:
        number = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        server = Server(app, lambda: ready(f"http://{shown}:{number}"), proxies=proxies)
        server.run(sockets=[listener])


def announce(url: str) -> None:
    """Print the line that says that the intake is listening."""
    print(f"ready intake {url}", flush=True)  # noqa: T201 - supervisors wait for this line


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class Server(uvicorn.Server):
    """Uvicorn that says when it listens, cuts the slow, and ends with exit code 0."""

    def __init__(
        self,
        app: App,
        ready: Callable[[], None],
        *,
        arrival_s: float = ARRIVAL_S,
        connections_max: float = CONNECTIONS_MAX,
        proxies: str = "",
    ) -> None:
        """Take the app; `ready` is called once connections are accepted."""
        super().__init__(
            uvicorn.Config(
                app,
                http=type("Bounded", (Patient,), {"connections_max": connections_max}),
                loop="uvloop",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                # Anybody may write anything into X-Forwarded-For.
                proxy_headers=bool(proxies),
                forwarded_allow_ips=proxies,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=END_S,
            )
        )
        self._app = app
        self._ready = ready
        self._arrival_s = arrival_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer whoever waits, finish what was taken in, end."""
        self._app.close()
        await super().shutdown(sockets=sockets)

    async def on_tick(self, counter: int) -> bool:
        """Cut requests that take too long to arrive, five times a second."""
        if counter % LOOK_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Patient):
                    connection.cut(now - self._arrival_s)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """End in order at the first signal, at once at a second SIGINT."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


class Patient(HttpToolsProtocol):
    """A connection that knows since when it owes us the rest of a request."""

    connections_max: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait: a new connection owes a request."""
        super().connection_made(transport)
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

    def on_message_begin(self) -> None:
        """Begin to wait for the rest."""
        super().on_message_begin()
        # What came along with its beginning may belong to the request before, so it's not counted.
        self._head_size = 0
        if self.owes_since is None:
            self.owes_since = self.loop.time()

    def on_message_complete(self) -> None:
        """Nothing is owed any longer."""
        super().on_message_complete()
        self.owes_since = None

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
        owing = {
            other: other.owes_since
            for other in self.connections
            if isinstance(other, Patient) and other.owes_since is not None
        }
        slowest = min(owing, key=owing.__getitem__)
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
