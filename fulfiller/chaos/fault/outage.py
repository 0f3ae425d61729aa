"""Faults of servers that end and come back: with all they had, with less, or with nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path
from signal import Signals
from threading import Event
from typing import Any, ClassVar, Literal

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import ask_broker, ask_store, broker, fresh_key
from fulfiller.chaos.fault.errand import Errand
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched

Ending = Literal["kill", "immediate", "fast"]
SIGNALS: dict[Ending, Signals] = {
    "kill": Signals.SIGKILL,
    "immediate": Signals.SIGQUIT,
    "fast": Signals.SIGINT,
}
LOGS = ("appendonlydir/*.incr.aof", "appendonly.aof")
"""Where writes are appended: since Redis 7 a folder of files, before it one file."""
COMMAND = b"\r\n*"
"""Where a command of the log ends and the next one begins."""


class BrokerRestart(Fault, tag="broker-restart", kw_only=True, frozen=True):
    """The broker is killed and comes back after `for_s`.

    `cut_tail_bytes` are cut off its append-only log meanwhile, as by a machine that lost power;
    with `empty` it comes back with nothing.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.OWN_BROKER})
    cut_tail_bytes: int = 0
    empty: bool = False

    @property
    def words(self) -> str:
        """Return what it does."""
        loss = f" without the last {self.cut_tail_bytes} bytes" if self.cut_tail_bytes else ""
        return f"the broker is killed and comes back{' empty' if self.empty else loss}"

    def begin(self, arena: Arena) -> Wound:
        """Kill it; healing starts it again."""
        return _BrokerAway(self, arena)


class DatabaseRestart(Fault, tag="database-restart", kw_only=True, frozen=True):
    """PostgreSQL ends and comes back after `for_s`.

    `how` is `immediate` (it recovers as from a crash), `kill` (the same without a farewell) or
    `fast` (in order, sessions cut off).
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.POSTGRES, Need.OWN_STORE})
    how: Ending = "immediate"

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"PostgreSQL is restarted ({self.how})"

    def begin(self, arena: Arena) -> Wound:
        """End it; healing starts it again."""
        return _StoreAway(self, arena)


class _Away(Watched):
    """A server that is down until it is healed."""

    def __init__(self, arena: Arena, name: str, number: Signals) -> None:
        self._arena = arena
        self._down = Event()
        self._struck = 0
        self._errand = Errand(lambda over: arena.strike(name, number, lambda: self._stay(over)))
        while not self._down.is_set() and not self._errand.done:
            self._down.wait(0.05)

    def struck(self) -> int:
        return self._struck

    def undo(self) -> None:
        self._errand.finish()

    def _stay(self, over: Event) -> None:
        try:
            self.meddle()
            self._struck = 1
        finally:
            self._down.set()
        over.wait()

    def meddle(self) -> None:
        """Do something to what the server left; nothing by default."""


class _BrokerAway(_Away):
    def __init__(self, fault: BrokerRestart, arena: Arena) -> None:
        self._fault, self._marker = fault, fresh_key()
        self._lost = b""
        with broker(arena) as client:
            client.set(self._marker, "here")
            self._run_id = _run_id(client)
        super().__init__(arena, "broker", Signals.SIGKILL)

    def meddle(self) -> None:
        folder = self._arena.folder("broker")
        if self._fault.empty:
            _empty(folder)
        elif self._fault.cut_tail_bytes:
            self._lost = _cut(folder, self._fault.cut_tail_bytes)

    def look(self) -> str | None:
        return ask_broker(self._arena, self._told)

    def _told(self, client: Any) -> str | None:
        now = _run_id(client)
        if now == self._run_id:
            return None
        told = f"run {self._run_id[:8]} of the broker gave way to run {now[:8]}"
        known = bool(client.exists(self._marker))
        if self._fault.empty:
            return None if known else f"{told}, which knows nothing of before"
        if self._fault.cut_tail_bytes:
            # The mark may be in what was kept: others wrote after it.
            writes = self._lost.count(COMMAND)
            return f"{told}, {writes} writes were cut off" if writes or not known else None
        return told if known else None


class _StoreAway(_Away):
    def __init__(self, fault: DatabaseRestart, arena: Arena) -> None:
        self._begun = ask_store(
            arena, lambda line: _first(line, "select pg_postmaster_start_time()")
        )
        super().__init__(arena, "store", SIGNALS[fault.how])

    def look(self) -> str | None:
        now = ask_store(self._arena, lambda line: _first(line, "select pg_postmaster_start_time()"))
        if now is None or now == self._begun:
            return None
        return f"PostgreSQL runs since {now}, and before that since {self._begun}"


def _run_id(client: Any) -> str:
    return str(client.info("server")["run_id"])


def _first(line: Any, statement: str) -> object:
    return line.execute(statement).fetchone()[0]


def _logs(folder: Path) -> list[Path]:
    return sorted(file for pattern in LOGS for file in folder.glob(pattern))


def _cut(folder: Path, size: int) -> bytes:
    """Cut so much off the end of the newest log that has it, and return what that was."""
    file = max(_logs(folder), key=lambda log: log.stat().st_mtime_ns)
    whole = file.read_bytes()
    kept = max(0, len(whole) - size)
    with file.open("r+b") as log:
        log.truncate(kept)
    return whole[kept:]


def _empty(folder: Path) -> None:
    for left in (*folder.glob("appendonly*"), *folder.glob("*.rdb")):
        erase: Callable[[Path], object] = shutil.rmtree if left.is_dir() else Path.unlink
        erase(left)
