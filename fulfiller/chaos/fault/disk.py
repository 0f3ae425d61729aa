"""Faults of the store's disk: it takes long to sync, or it is full."""

from pathlib import Path
from typing import ClassVar, cast

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import US, store
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.sight import descendants
from fulfiller.chaos.fault.trace import Tracer
from fulfiller.chaos.fault.watch import Watched

TRACING = frozenset({Need.LINUX, Need.STRACE, Need.PROCESSES})
SYNCS = ("fsync", "fdatasync")
GROWTHS = ("pwrite64", "pwritev", "pwritev2", "fallocate")
"""How files get longer. Some of these calls write where there was something before, too."""
FULL = "No space left on device"
DELAYED, INJECTED = "(DELAYED)", "(INJECTED)"
SQLITE = "sqlite:///"
BYSTANDERS = ("broker", "flower")
"""Processes that never write into the store."""
TABLES = (
    "select current_setting('data_directory') || '/' || pg_relation_filepath(oid) from pg_class"
    " where relkind in ('r', 'i', 't', 'm') and relpersistence = 'p'"
    " and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
)


class SlowFsync(Fault, tag="slow-fsync", kw_only=True, frozen=True):
    """Each sync to disk of the store takes `delay_ms` longer, for `for_s`."""

    needs: ClassVar[frozenset[Need]] = TRACING
    for_s: float = 5.0
    delay_ms: float = 300.0

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"each fsync of the store takes {self.delay_ms:g} ms longer for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Slow them down."""
        return _Slow(self, arena)


class DiskFull(Fault, tag="disk-full", kw_only=True, frozen=True):
    """The disk below the store's tables is full for `for_s`.

    On PostgreSQL the log of writes lies on another one: where that is full, PostgreSQL ends
    itself, which `database-restart` shows. On SQLite the log is one of the files.
    """

    needs: ClassVar[frozenset[Need]] = TRACING
    for_s: float = 5.0

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"the store's disk is full for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Fill it."""
        return _Full(arena)


class _Slow(Watched):
    def __init__(self, fault: SlowFsync, arena: Arena) -> None:
        pids = (*_writers(arena), *_servants(arena))
        self._tracer = Tracer(pids, SYNCS, f"delay_enter={round(fault.delay_ms * 1_000)}")

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        delayed = self._tracer.count(DELAYED)
        return f"{delayed} syncs were late" if delayed else None

    def undo(self) -> None:
        self._tracer.release()


class _Full(Watched):
    def __init__(self, arena: Arena) -> None:
        self._log = _log(arena)
        self._begun = 0 if self._log is None else self._log.stat().st_size
        self._tracer = Tracer(_writers(arena), GROWTHS, "error=ENOSPC", _files(arena))

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        refused = self._tracer.count(INJECTED)
        if not refused or self._log is None:
            return f"{refused} writes were refused: {FULL}" if refused else None
        with self._log.open("rb") as log:
            log.seek(self._begun)
            said = log.read().count(FULL.encode())
        return f"PostgreSQL's log says {said} times: {FULL}" if said else None

    def undo(self) -> None:
        self._tracer.release()


def _on_sqlite(arena: Arena) -> bool:
    return arena.store_url.startswith(SQLITE)


def _writers(arena: Arena) -> tuple[int, ...]:
    """Return whoever makes the store's files longer: sessions and what forks them, or everybody."""
    if not _on_sqlite(arena):
        return (_server(arena), *_listed(arena, "backend_type = 'client backend'"))
    mains = (arena.pid(name) for name in arena.names() if not name.startswith(BYSTANDERS))
    return tuple(pid for main in mains if main is not None for pid in (main, *descendants(main)))


def _servants(arena: Arena) -> tuple[int, ...]:
    """Return the processes of PostgreSQL that serve nobody in particular."""
    return () if _on_sqlite(arena) else _listed(arena, "backend_type <> 'client backend'")


def _listed(arena: Arena, where: str) -> tuple[int, ...]:
    with store(arena) as line:
        found = line.execute(
            f"select pid from pg_stat_activity where application_name <> %s and {where}",  # noqa: S608 - words of our own
            (US,),
        ).fetchall()
    return tuple(int(pid) for (pid,) in found)


def _server(arena: Arena) -> int:
    # Written down by itself, so that it need not be a process with a name.
    with store(arena) as line:
        told = line.execute("show data_directory").fetchone()
    return int(Path(*(told or ()), "postmaster.pid").read_text().split()[0])


def _files(arena: Arena) -> tuple[str, ...]:
    if _on_sqlite(arena):
        file = arena.store_url.removeprefix(SQLITE)
        return (file, f"{file}-wal", f"{file}-journal")
    with store(arena) as line:
        return tuple(cast("str", file) for (file,) in line.execute(TABLES).fetchall())


def _log(arena: Arena) -> Path | None:
    """Return the file that PostgreSQL writes its log to, None if that is no file, or SQLite."""
    if _on_sqlite(arena):
        return None
    log = Path(f"/proc/{_server(arena)}/fd/2").resolve()
    return log if log.is_file() else None
