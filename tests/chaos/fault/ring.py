"""Rings: small arenas of real servers, and of a whole stack."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.proxy.process import Proxy
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.supervise.stack import Stack
from tests.waiting import until

NAMES = {"worker": "worker1"}
DATA = {"store": "postgres", "broker": "valkey"}


@dataclass(kw_only=True)
class Ring:
    """An arena of what it is given; what it was not given fails loudly."""

    servers: Mapping[str, Server] = field(default_factory=dict)
    stack: Stack | None = None
    store_url: str = ""
    broker_url: str = ""
    intake_url: str = ""
    campaign: str = "ring"
    home: Path = Path()
    clocks: Mapping[str, Path] = field(default_factory=dict)
    relay: Proxy | None = None
    offers: frozenset[Need] = frozenset(Need)

    @property
    def proxy(self) -> Proxy:
        """The proxy of this ring."""
        assert self.relay is not None
        return self.relay

    @property
    def running(self) -> Stack:
        """The stack of this ring."""
        assert self.stack is not None
        return self.stack

    def names(self) -> Sequence[str]:
        """Return the names of servers and of what a stack with one worker runs."""
        return (*self.servers, *(("intake", "keeper", "worker1", "flower") if self.stack else ()))

    def pid(self, name: str) -> int | None:
        """Return the number of a process."""
        if name in self.servers:
            return self.servers[name].pid if self.servers[name].running else None
        return self.running.pid(NAMES.get(name, name))

    def starts(self, name: str) -> int:
        """Return how often a process was started."""
        return self.running.starts(NAMES.get(name, name))

    def kill(self, name: str, number: Signals, *, group: bool = False) -> None:
        """Signal a process."""
        if name in self.servers:
            os.kill(self.servers[name].pid, number)
        else:
            self.running.kill(NAMES.get(name, name), number, group=group)

    def restart(self, name: str) -> None:
        """End a process softly and start it again."""
        self.running.restart(NAMES.get(name, name))

    def folder(self, name: str) -> Path:
        """Return where a server keeps its data."""
        return self.home / DATA[name]

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:
        """End a server, do something, start it again."""
        server = self.servers[name]
        os.kill(server.pid, number)
        until(lambda: not server.running)
        try:
            meanwhile()
        finally:
            server.restart()


class Sham(Ring):
    """An arena that says it ended a server, and did not."""

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:  # noqa: ARG002 - as an arena has it
        """Do nothing to it."""
        meanwhile()


def unseen(fault: Fault, arena: Arena) -> Wound:
    """Begin a fault that should have nothing to strike, and return its wound."""
    wound = fault.begin(arena)
    assert wound.seen() is None
    return wound


def seen(wound: Wound, *, within_s: float = 10.0) -> str:
    """Wait until a wound is seen, and return the words."""
    return str(until(wound.seen, within_s=within_s, what=f"{type(wound).__name__} seen"))
