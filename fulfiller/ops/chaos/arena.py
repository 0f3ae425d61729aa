"""The arena of a stack of our own: every process behind the fault proxy, every server ours."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from fulfiller.chaos.fault.arena import Need
from fulfiller.chaos.fault.clock import available, environ
from fulfiller.chaos.fault.trace import can_trace
from fulfiller.chaos.proxy.order import Speech
from fulfiller.chaos.proxy.process import Proxy
from fulfiller.ops.supervise.plan import POSTGRES, Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.settings import PREFIX, Settings

PROXIED = {"store": f"{PREFIX}STORE_URL", "broker": f"{PREFIX}BROKER_URL"}


class StackArena:
    """A stack below a folder, started for a run; a context manager that starts and ends it."""

    def __init__(
        self,
        home: Path,
        plan: Plan,
        *,
        campaign: str,
        tell: Callable[[str, str], None],
        deceived: Sequence[str] = (),
    ) -> None:
        """Start nothing yet; the processes in `deceived` get clocks that can be moved."""
        self.proxy = Proxy()
        self.campaign = campaign
        self._home = home
        self._deceived = deceived if available() else ()
        detoured = Plan(
            store=plan.store,
            workers=plan.workers,
            slots=plan.slots,
            keepers=plan.keepers,
            flower=False,
            variables=plan.variables,
            detour=self._detour,
        )
        self.stack = Stack(home, detoured, tell=tell, removing_home=True)

    @cached_property
    def offers(self) -> frozenset[Need]:
        """Return what faults may count on here."""
        postgres = self.stack.plan.store == POSTGRES
        found = {Need.PROCESSES, Need.PROXY, Need.BROKER, Need.OWN_BROKER}
        found |= {Need.POSTGRES, Need.OWN_STORE} if postgres else {Need.SQLITE}
        found |= {Need.LINUX} if sys.platform == "linux" else set()
        found |= {Need.STRACE} if can_trace() else set()
        found |= {Need.CLOCKS} if available() else set()
        return frozenset(found)

    @property
    def store_url(self) -> str:
        """Return the URL of the store itself, past the proxy."""
        return self.stack.settings.store_url

    @property
    def broker_url(self) -> str:
        """Return the URL of the broker itself, past the proxy."""
        return self.stack.settings.broker_url

    @property
    def intake_url(self) -> str:
        """Return the URL of the door."""
        return self.stack.urls.intake

    @property
    def clocks(self) -> Mapping[str, Path]:
        """Return the files that move clocks, by the process that goes by them."""
        return {name: self._home / f"{name}.clock" for name in self._deceived}

    def names(self) -> Sequence[str]:
        """Return the names of all processes."""
        return self.stack.names

    def pid(self, name: str) -> int | None:
        """Return the number of a process, or None while it is being replaced."""
        return self.stack.pid(name)

    def starts(self, name: str) -> int:
        """Return how often a process was started, the first time included."""
        return self.stack.starts(name)

    def kill(self, name: str, number: Signals, *, group: bool = False) -> None:
        """Signal a process, with all its descendants if so asked; if it dies it is replaced."""
        self.stack.kill(name, number, group=group)

    def restart(self, name: str) -> None:
        """End a process softly and start it again."""
        self.stack.restart(name)

    def folder(self, name: str) -> Path:
        """Return where a server keeps its data."""
        return self.stack.folder(name)

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:
        """End a server with a signal, do something while it is down, and start it again."""
        self.stack.strike(name, number, meanwhile)

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.stack.start()
        except BaseException:
            self.proxy.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, then the proxy."""
        try:
            self.stack.stop()
        finally:
            self.proxy.close()

    def _detour(self, name: str, settings: Settings) -> Mapping[str, str]:
        """Send a process to its servers by way of the proxy, over legs of its own."""
        urls = {"store": settings.store_url, "broker": settings.broker_url}
        more = {
            PROXIED[server]: self._by_proxy(f"{name}/{server}", url)
            for server, url in urls.items()
            if not url.startswith("sqlite")
        }
        return more | (environ(self.clocks[name]) if name in self.clocks else {})

    def _by_proxy(self, leg: str, url: str) -> str:
        there = urlsplit(url)
        speech = Speech.POSTGRES if there.scheme.startswith("postgres") else Speech.REDIS
        port = self.proxy.open(leg, there.hostname or "", there.port or 0, speech)
        login = there.netloc.rpartition("@")[0]
        netloc = f"{login}@127.0.0.1:{port}" if login else f"127.0.0.1:{port}"
        return there._replace(netloc=netloc).geturl()
