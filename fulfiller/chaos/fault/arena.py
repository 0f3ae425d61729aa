"""The arena: where faults strike, as far as it can be reached from here."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from signal import Signals
from typing import Protocol

from fulfiller.chaos.proxy.process import Proxy


class Need(StrEnum):
    """What a fault can't do without; an arena that lacks it skips the fault, and says so."""

    PROCESSES = "processes of this machine that were started for the run"
    PROXY = "the fault proxy before store and broker"
    POSTGRES = "a store on PostgreSQL"
    SQLITE = "a store on SQLite"
    BROKER = "a broker on Redis or Valkey that can be reached from here"
    OWN_STORE = "a PostgreSQL server that was started for the run"
    OWN_BROKER = "a Valkey server that was started for the run"
    CLOCKS = "the PyPI package libfaketime (pip install libfaketime)"
    STRACE = "the program strace (apt-get install strace), and leave to trace processes"
    LINUX = "Linux"


class Arena(Protocol):
    """A stack under fire.

    Its processes have names: `intake`, `keeper`, `worker1`, `worker2` and so on, and `store` and
    `broker` for the servers that were started for the run. Where a fault takes a name, `worker`
    alone stands for the first of them.
    """

    @property
    def offers(self) -> frozenset[Need]:
        """Return what faults may count on here."""

    @property
    def store_url(self) -> str:
        """Return the URL of the store itself, past any proxy."""

    @property
    def broker_url(self) -> str:
        """Return the URL of the broker itself, past any proxy."""

    @property
    def intake_url(self) -> str:
        """Return the URL of the door."""

    @property
    def campaign(self) -> str:
        """Return the campaign that the run's claims are for."""

    @property
    def proxy(self) -> Proxy:
        """Return the fault proxy; only where `Need.PROXY` is offered.

        Its legs are called by process and server: `worker1/broker`, `intake/store`.
        """

    @property
    def clocks(self) -> Mapping[str, Path]:
        """Return the files that libfaketime reads, by the name of the process it deceives."""

    def names(self) -> Sequence[str]:
        """Return the names of all processes."""

    def pid(self, name: str) -> int | None:
        """Return the number of a process, or None while it is being replaced."""

    def starts(self, name: str) -> int:
        """Return how often a process was started, the first time included."""

    def kill(self, name: str, number: Signals, *, group: bool = False) -> None:
        """Signal a process, with all its descendants if so asked; if it dies it is replaced."""

    def restart(self, name: str) -> None:
        """End a process softly and start it again."""

    def folder(self, name: str) -> Path:
        """Return where a server of the run keeps its data: of `store` or of `broker`."""

    def strike(self, name: str, number: Signals, meanwhile: Callable[[], None]) -> None:
        """End a server with a signal, do something while it is down, and start it again."""
