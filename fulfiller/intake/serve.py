"""Serve the intake on a port with uvicorn: graceful at the end, and short with the slow."""

import asyncio
import signal
import socket
from collections.abc import Callable
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit
from types import FrameType

import uvicorn

from fulfiller.intake.app import App
from fulfiller.intake.arrivals import Arrivals
from fulfiller.intake.connection import Patient

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
    # In one write, for the log has a thread of its own and may go to the same place.
    print(f"ready intake {url}\n", end="", flush=True)  # noqa: T201 - supervisors wait for this line


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
        self._arrivals: list[Arrivals] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen in our own way, then say so."""
        await super().startup(sockets=[])
        if self.started:
            loop = asyncio.get_running_loop()
            for listener in sockets or ():
                listener.listen(BACKLOG)
                self._arrivals.append(Arrivals(listener, self._connection, loop))
            self._ready()

    def _connection(self) -> asyncio.Protocol:
        """Return what speaks with one connection, made as uvicorn makes its own."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer whoever waits, finish what was taken in, end."""
        for each in self._arrivals:
            await each.close()
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
