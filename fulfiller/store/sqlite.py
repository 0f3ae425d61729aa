"""The SQLite link: WAL, full sync, and a queue for writers in front of BEGIN IMMEDIATE.

SQLite's own busy handler sleeps while the lock is retaken within microseconds and starves
the workers; an advisory lock on a side file makes writers sleep in the kernel and wake in
turn. The file lock is opened for each turn, so that no forked child shares it.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from fulfiller.domain.error import Deposed, Raced, StoreUnavailable
from fulfiller.store.link import Result
from fulfiller.store.statement import Call, Step

BUSY_S = 30
PRAGMAS = ("journal_mode = wal", "synchronous = full", f"busy_timeout = {BUSY_S * 1000}")
UNIQUE = {
    "claim.turn": "claim_identity",
    "claim.slot_turn": "claim_slot",
    "coupon.lookup": "coupon_lookup",
}
"""Unique constraints by their last column, which is all that SQLite's message tells."""
RACES = ("UNIQUE", "CHECK")
"""What a lost race breaks; anything else that is refused is our own fault."""
_latches: dict[tuple[int, str], Lock] = {}


class SqliteLink:
    """One connection of one thread, opened when needed and renewed after any error."""

    dialect = "sqlite"

    def __init__(self, path: str) -> None:
        """Remember the file; nothing is opened yet."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine for everything that is not hot."""
        if self._engine is None:
            self._engine = create_engine(f"sqlite:///{self._path}", poolclass=NullPool)
            event.listen(self._engine, "connect", _prepare)
        return self._engine

    def read(self, steps: Sequence[Step]) -> list[Result]:
        """Run reading steps in one snapshot and return the rows of each."""
        with self._faults():
            return self._run("begin", steps, "commit")

    def write(self, steps: Sequence[Step]) -> list[Result]:
        """Run steps as one transaction and return the rows of each."""
        with self.writing(), self._faults():
            return self._run("begin immediate", steps, "commit")

    @contextmanager
    def begin(self, steps: Sequence[Step]) -> Iterator["SqliteOpen"]:
        """Open a transaction with a first batch; roll it back unless it is committed."""
        with self.writing():
            with self._faults():
                unit = SqliteOpen(self, self._run("begin immediate", steps))
            try:
                yield unit
            finally:
                if not unit.over:
                    self._drop()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer, among the threads of this process and among processes."""
        with _latches.setdefault((os.getpid(), self._path), Lock()):
            descriptor = _opened(f"{self._path}.lock")
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def close(self) -> None:
        """Close the connection and the engine."""
        self._drop()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def go_on(self, steps: Sequence[Step]) -> list[Result]:
        """Run one more batch of a transaction and return the rows of each step."""
        with self._faults():
            return self._run("", steps)

    def finish(self, steps: Sequence[Step]) -> None:
        """Run the last batch of a transaction and commit it."""
        with self._faults():
            self._run("", steps, "commit")

    def _run(self, first: str, steps: Sequence[Step], last: str = "") -> list[Result]:
        connection = self._connected()
        if first:
            connection.execute(first)
        results = [_ran(connection, step) for step in steps]
        if last:
            connection.execute(last)
        return results

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            _prepare(self._connection, None)
        return self._connection

    def _drop(self) -> None:
        """Close the connection, which rolls back whatever was open on it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            self._drop()
            raise _translated(fault) from fault
        except BaseException:
            self._drop()
            raise


class SqliteOpen:
    """A transaction after its first batch."""

    def __init__(self, link: SqliteLink, results: list[Result]) -> None:
        """Keep the rows of the first batch."""
        self.results = results
        self.over = False
        self._link = link

    def more(self, steps: Sequence[Step]) -> list[Result]:
        """Run one more batch; whoever fails in it has nothing left to roll back."""
        self.over = True
        results = self._link.go_on(steps)
        self.over = False
        return results

    def commit(self, steps: Sequence[Step]) -> None:
        """Run the last batch and commit."""
        self.over = True
        self._link.finish(steps)


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise StoreUnavailable(f"SQLite: {fault}") from fault


def _ran(connection: sqlite3.Connection, step: Step) -> Result:
    if isinstance(step, Call):
        lists = step.statement.lists
        args = {
            name: json.dumps(list(value)) if name in lists else value  # type: ignore[call-overload]
            for name, value in step.args.items()
        }
        return connection.execute(step.statement.sqlite, args).fetchall()
    connection.executemany(step.insert.sqlite, step.rows)
    return []


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"pragma {pragma}")


def _translated(fault: sqlite3.Error) -> Exception:
    message = str(fault)
    if isinstance(fault, sqlite3.IntegrityError) and message.startswith(RACES):
        constraint = _constraint(message)
        if constraint == "lease_epoch":
            return Deposed("the keeper's lease has another epoch")
        return Raced(message, constraint)
    if isinstance(fault, sqlite3.OperationalError) and "no such" not in message:
        return StoreUnavailable(f"SQLite: {message}")
    return fault


def _constraint(message: str) -> str:
    """Return a constraint's name from a message that names columns, or the check."""
    column = message.rsplit(" ", 1)[-1]
    return UNIQUE.get(column, f"{column.split('.')[0]}_pkey" if "." in column else column)
