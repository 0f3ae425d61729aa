"""Faults of processes: killed, stopped and woken, ended softly and started again."""

from signal import Signals
from typing import ClassVar

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.fault import Fault, Wound

PROCESSES = frozenset({Need.PROCESSES})


class Kill(Fault, tag="kill", kw_only=True, frozen=True):
    """A process is killed with SIGKILL, with all its descendants if `group`."""

    needs: ClassVar[frozenset[Need]] = PROCESSES
    on: str
    group: bool = True

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is killed"

    def begin(self, arena: Arena) -> Wound:
        """Kill it."""
        return _Killed(self, arena)


class _Killed(Wound):
    def __init__(self, fault: Kill, arena: Arena) -> None:
        self._on, self._arena = fault.on, arena
        self._pid = arena.pid(fault.on)
        self._starts = arena.starts(fault.on)
        arena.kill(fault.on, Signals.SIGKILL, group=fault.group)

    def heal(self) -> None:
        pass

    def struck(self) -> int:
        return int(self._pid is not None)

    def seen(self) -> str | None:
        pid = self._arena.pid(self._on)
        if pid in (None, self._pid) or self._arena.starts(self._on) == self._starts:
            return None
        return f"process {self._pid} is gone, {pid} is in its place"
