"""Faults of processes: killed, stopped and woken, ended softly and started again."""

import os
from contextlib import suppress
from signal import Signals
from threading import Event
from typing import ClassVar

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.errand import Errand
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.sight import GONE, STOPPED, children, descendants, state
from fulfiller.chaos.fault.watch import Watched

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


class KillChild(Fault, tag="kill-child", kw_only=True, frozen=True):
    """One child of a process is killed with SIGKILL: of a worker, one that runs tasks.

    An idle worker takes up to five seconds to notice.
    """

    needs: ClassVar[frozenset[Need]] = PROCESSES
    on: str = "worker"

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"a child of {self.on} is killed"

    def begin(self, arena: Arena) -> Wound:
        """Kill the child that was started first."""
        return _ChildKilled(self, arena)


class Stop(Fault, tag="stop", kw_only=True, frozen=True):
    """A process and all its descendants are stopped with SIGSTOP, and wake after `for_s`."""

    needs: ClassVar[frozenset[Need]] = PROCESSES
    on: str
    for_s: float = 5.0

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is stopped for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Stop them."""
        return _Stopped(self, arena)


class End(Fault, tag="end", kw_only=True, frozen=True):
    """Processes are ended softly and started again, one after the other: a rolling restart.

    Between two of them it waits `apart_s`, as long as `for_s` lasts; then the rest follow at once.
    """

    needs: ClassVar[frozenset[Need]] = PROCESSES
    on: str | tuple[str, ...]
    apart_s: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """Return whom it ends, in this order."""
        return (self.on,) if isinstance(self.on, str) else self.on

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{', then '.join(self.names)}: ended softly and started again"

    def begin(self, arena: Arena) -> Wound:
        """Begin with the first."""
        return _Ended(self, arena)


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


class _ChildKilled(Watched):
    def __init__(self, fault: KillChild, arena: Arena) -> None:
        self._on, self._arena = fault.on, arena
        self._parent = arena.pid(fault.on)
        self._before = () if self._parent is None else children(self._parent)
        self._child = min(self._before, default=None)
        if self._child is not None:
            with suppress(ProcessLookupError):
                os.kill(self._child, Signals.SIGKILL)

    def struck(self) -> int:
        return int(self._child is not None)

    def look(self) -> str | None:
        # Children of a parent that was replaced are others, too, and say nothing of this fault.
        if self._child is None or self._parent is None or self._arena.pid(self._on) != self._parent:
            return None
        now = children(self._parent)
        fresh = set(now) - set(self._before)
        if self._child in now or not fresh:
            return None
        return f"child {self._child} of {self._parent} is gone, {min(fresh)} is in its place"


class _Stopped(Watched):
    def __init__(self, fault: Stop, arena: Arena) -> None:
        self._on, self._arena = fault.on, arena
        main = arena.pid(fault.on)
        self._pids = () if main is None else (main, *descendants(main))
        self._send(Signals.SIGSTOP)

    def struck(self) -> int:
        return len(self._pids)

    def look(self) -> str | None:
        states = [state(pid) for pid in self._pids]
        stopped = states.count(STOPPED)
        # One of them may have ended by itself; all that are left have to stand still.
        if not stopped or stopped + states.count(GONE) < len(states):
            return None
        return f"{stopped} processes of {self._on} were in state {STOPPED}"

    def undo(self) -> None:
        self._send(Signals.SIGCONT)

    def _send(self, number: Signals) -> None:
        if not self._pids:
            return
        self._arena.kill(self._on, number, group=True)
        # Those in groups of their own, as sessions of PostgreSQL are.
        for pid in self._pids[1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


class _Ended(Watched):
    def __init__(self, fault: End, arena: Arena) -> None:
        self._fault, self._arena = fault, arena
        self._before = {name: (arena.pid(name), arena.starts(name)) for name in fault.names}
        self._struck = 0
        self._errand = Errand(self._end_all)

    def struck(self) -> int:
        return self._struck

    def look(self) -> str | None:
        told = [self._replaced(name) for name in self._fault.names]
        return None if None in told else ", ".join(filter(None, told))

    def undo(self) -> None:
        self._errand.finish()

    def _end_all(self, over: Event) -> None:
        for number, name in enumerate(self._fault.names):
            if number:
                over.wait(self._fault.apart_s)
            self._arena.restart(name)
            self._struck += 1

    def _replaced(self, name: str) -> str | None:
        old, starts = self._before[name]
        new = self._arena.pid(name)
        if new in (None, old) or self._arena.starts(name) == starts:
            return None
        return f"{name}: {old} gave way to {new}"
