"""The embedded servers of a stack, each started again when it dies by itself."""

from collections.abc import Callable
from pathlib import Path
from signal import Signals
from threading import Event, Lock, Thread

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.embedded import postgres, valkey
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.supervise.logs import Logs
from fulfiller.ops.supervise.plan import EMBEDDED, POSTGRES, SQLITE, Plan

LOOK_S = 0.25
PAUSE_S = 1.0
"""The wait before a server is started again that did not come back."""


class Kept:
    """One server, and a thread that looks after it."""

    def __init__(self, name: str, server: Server, logs: Logs) -> None:
        """Begin to look after a running server."""
        self.name = name
        self.server = server
        self._logs = logs
        self._lock = Lock()
        self._leaving = Event()
        self._thread = Thread(target=self._keep, name=f"{name} keep", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Return the number of its process, or None while it is being replaced."""
        return self.server.pid if self.server.running else None

    def kill(self, number: Signals) -> None:
        """End it at once, freeze it or thaw it; if it ends it is started again."""
        with self._lock:
            match number:
                case Signals.SIGSTOP:
                    self.server.freeze()
                case Signals.SIGCONT:
                    self.server.thaw()
                case _:
                    self.server.kill()

    def strike(self, number: Signals, meanwhile: Callable[[], None]) -> None:
        """End it with a signal, do something while it is down, and start it again."""
        with self._lock:
            self.server.end(number)
            meanwhile()
            self.server.restart()

    def restart(self) -> None:
        """Stop it in order and start it again on the same port and data."""
        with self._lock:
            self.server.restart()

    def stop(self) -> None:
        """End it in order, and start it no more."""
        self._leaving.set()
        self._thread.join()
        self.server.stop()

    def _keep(self) -> None:
        while not self._leaving.wait(LOOK_S):
            with self._lock:
                if not self.server.running:
                    self._revive()

    def _revive(self) -> None:
        self._logs.note(f"{self.name} ended by itself: starting it again")
        try:
            self.server.restart()
        except (FulfillerError, OSError) as fault:
            self._logs.note(f"{self.name} did not come back: {fault}")
            self._leaving.wait(PAUSE_S)


def open_store(home: Path, plan: Plan, logs: Logs) -> tuple[str, Kept | None]:
    """Return the URL of the plan's store, and the server behind it if we run one."""
    if plan.store == SQLITE:
        return f"sqlite:///{home / 'fulfiller.db'}", None
    if plan.store != POSTGRES:
        return plan.store, None
    server = postgres.start(home)
    return server.url, Kept("store", server, logs)


def open_broker(home: Path, plan: Plan, logs: Logs) -> tuple[str, Kept | None]:
    """Return the URL of the plan's broker, and the server behind it if we run one."""
    if plan.broker != EMBEDDED:
        return plan.broker, None
    server = valkey.start(home)
    return server.url, Kept("broker", server, logs)
