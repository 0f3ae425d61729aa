"""Faults of PostgreSQL's sessions: ended, killed, used up, and kept waiting for a lock."""

import os
from signal import Signals
from threading import Event
from typing import Any, ClassVar

import psycopg
from psycopg import sql

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import US, ask_store, store
from fulfiller.chaos.fault.errand import Errand
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched

OURS = "fulfiller"
"""What the names of our processes begin with, as PostgreSQL knows them."""
POSTGRES = frozenset({Need.POSTGRES})
AGAIN_S = 0.05
LOCK_WITHIN_S = 10
THEIRS = (
    "from pg_stat_activity where backend_type = 'client backend' and datname = current_database()"
    " and application_name <> %(us)s and starts_with(application_name, %(of)s)"
)
Session = tuple[int, object]
"""Number and birth of a session: numbers come again."""


class TerminateBackends(Fault, tag="terminate-backends", kw_only=True, frozen=True):
    """PostgreSQL ends sessions: those of the processes `of` (`worker`, `intake`), or of all."""

    needs: ClassVar[frozenset[Need]] = POSTGRES
    of: str = ""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"PostgreSQL ends the sessions of {self.of or 'all'}"

    def begin(self, arena: Arena) -> Wound:
        """End them."""
        return _Terminated(self, arena)


class KillBackend(Fault, tag="kill-backend", kw_only=True, frozen=True):
    """One server process is killed, of a session of the processes `of`, and PostgreSQL recovers.

    It ends all sessions then, and is away for as long as it replays its log.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.POSTGRES, Need.OWN_STORE})
    of: str = ""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"a server process of PostgreSQL for {self.of or 'anybody'} is killed"

    def begin(self, arena: Arena) -> Wound:
        """Kill it."""
        return _BackendKilled(self, arena)


class ConnectionLimit(Fault, tag="connection-limit", kw_only=True, frozen=True):
    """All connections of PostgreSQL are taken for `for_s`; with `evict` those in use, too."""

    needs: ClassVar[frozenset[Need]] = POSTGRES
    for_s: float = 3.0
    evict: bool = True

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"PostgreSQL has no connection left for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Take them."""
        return _Occupied(self, arena)


class Lock(Fault, tag="lock", kw_only=True, frozen=True):
    """A table is locked for `for_s`, so that whoever wants to read or write it waits."""

    needs: ClassVar[frozenset[Need]] = POSTGRES
    for_s: float = 3.0
    table: str = "stripe"

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"table {self.table} is locked for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Lock it."""
        return _Locked(self, arena)


class _Terminated(Watched):
    def __init__(self, fault: TerminateBackends, arena: Arena) -> None:
        self._arena = arena
        with store(arena) as line:
            self._struck = _sessions(line, fault.of)
            for pid, _ in self._struck:
                line.execute("select pg_terminate_backend(%s)", (pid,))

    def struck(self) -> int:
        return len(self._struck)

    def look(self) -> str | None:
        left = ask_store(self._arena, lambda line: _left(line, self._struck))
        return None if left != 0 or not self._struck else f"{len(self._struck)} sessions are gone"


class _BackendKilled(Watched):
    def __init__(self, fault: KillBackend, arena: Arena) -> None:
        self._arena, self._victim = arena, None
        with store(arena) as line:
            self._vitals = _vitals(line)
            found = line.execute(
                f"select pid {THEIRS} order by state = 'active' desc, query_start desc limit 1",
                _of(fault.of),
            ).fetchone()
        if found is not None:
            self._victim = int(found[0])
            os.kill(self._victim, Signals.SIGKILL)

    def struck(self) -> int:
        return int(self._victim is not None)

    def look(self) -> str | None:
        now = ask_store(self._arena, _vitals)
        if now is None or self._vitals is None or self._victim is None:
            return None
        (begun, writer), (still, other) = self._vitals, now
        # A crash replaces the servants of a server that itself goes on.
        if still != begun or other == writer:
            return None
        return f"PostgreSQL has recovered: checkpointer {writer} gave way to {other}"


class _Occupied(Watched):
    def __init__(self, fault: ConnectionLimit, arena: Arena) -> None:
        self._fault, self._arena = fault, arena
        self._held: list[psycopg.Connection[Any]] = []
        self._refusal: str | None = None
        # Before the last one is taken: nobody can be ended without a session.
        self._line = store(arena)
        self._errand = Errand(self._occupy)

    def struck(self) -> int:
        return len(self._held)

    def look(self) -> str | None:
        return self._refusal

    def undo(self) -> None:
        try:
            self._errand.finish()
        finally:
            for line in (*self._held, self._line):
                line.close()

    def _occupy(self, over: Event) -> None:
        """Take what is free, and what becomes free, until it is over."""
        while not over.is_set():
            try:
                self._held.append(store(self._arena))
            except psycopg.OperationalError as refusal:
                self._refused(str(refusal))
                over.wait(AGAIN_S)

    def _refused(self, said: str) -> None:
        if "too many clients" in said or "connection slots" in said:
            last = said.strip().splitlines()[-1].rpartition("FATAL: ")[2].strip()
            self._refusal = f"after {len(self._held)} more connections: {last}"
            if self._fault.evict:
                for pid, _ in _sessions(self._line, ""):
                    self._line.execute("select pg_terminate_backend(%s)", (pid,))


class _Locked(Watched):
    def __init__(self, fault: Lock, arena: Arena) -> None:
        self._arena, self._table, self._pid = arena, fault.table, 0
        self._errand = Errand(self._hold)

    def struck(self) -> int:
        return int(self._pid != 0)

    def look(self) -> str | None:
        blocked = ask_store(
            self._arena,
            lambda line: line.execute(
                "select count(*) from pg_locks"
                " where not granted and %s = any(pg_blocking_pids(pid))",
                (self._pid,),
            ).fetchone(),
        )
        if not self._pid or blocked is None or not blocked[0]:
            return None
        return f"{blocked[0]} sessions waited for table {self._table}"

    def undo(self) -> None:
        self._errand.finish()

    def _hold(self, over: Event) -> None:
        with store(self._arena) as line, line.transaction():
            line.execute(sql.SQL("set local lock_timeout = {}").format(f"{LOCK_WITHIN_S} s"))
            table = sql.Identifier(self._table)
            line.execute(sql.SQL("lock table {} in access exclusive mode").format(table))
            self._pid = line.info.backend_pid
            over.wait()


def _of(process: str) -> dict[str, str]:
    return {"us": US, "of": f"{OURS} {process}" if process else ""}


def _sessions(line: psycopg.Connection[Any], of: str) -> list[Session]:
    """Return the sessions of these processes, or of everybody but us."""
    return line.execute(f"select pid, backend_start {THEIRS}", _of(of)).fetchall()


def _left(line: psycopg.Connection[Any], sessions: list[Session]) -> int:
    """Return how many of these sessions there still are."""
    now = line.execute("select pid, backend_start from pg_stat_activity").fetchall()
    return len(set(sessions) & set(now))


def _vitals(line: psycopg.Connection[Any]) -> tuple[object, object] | None:
    """Return when PostgreSQL was started, and the number of its checkpointer."""
    return line.execute(
        "select pg_postmaster_start_time(), pid from pg_stat_activity"
        " where backend_type = 'checkpointer'"
    ).fetchone()
