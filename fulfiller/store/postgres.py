"""The PostgreSQL link: psycopg 3, each batch one pipelined round trip.

A batch on the autocommitting connection is one implicit transaction up to the Sync, so a
whole accept is one round trip. An aborted pipeline poisons a psycopg connection for good,
because it forgets which statements were prepared: after any error a new one is opened.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import psycopg
from psycopg.errors import (
    CheckViolation,
    DeadlockDetected,
    IntegrityError,
    SerializationFailure,
    UniqueViolation,
)
from psycopg.types.string import TextLoader
from sqlalchemy import Engine, create_engine

from fulfiller.domain.error import Deposed, Raced, StoreError, StoreUnavailable
from fulfiller.store.array import literal
from fulfiller.store.link import Result
from fulfiller.store.pattern import Patterns
from fulfiller.store.statement import Call, Fill, Step

CONNECT_TIMEOUT_S = 3
PATIENCE_MS = {"keeper": (2_000, 1_000), "migration": (0, 1_500), "bench": (0, 2_000)}
"""Statement and lock timeouts by application: a keeper gives up sooner than its lease, and
moving a large table or counting it may take as long as it takes. Whoever comes after a migration
that waits for a table waits behind it: it gives up sooner than they do."""
PATIENCE_DEFAULT_MS = (5_000, 2_000)
IDLE_IN_TRANSACTION_MS = 10_000
"""A stopped process must not hold row locks for longer than this.

A pipeline ends with a message behind its Sync, which stops the timer of idle transactions for
good; PostgreSQL 17 has one that goes on.
"""
TRANSACTION_TIMEOUT_SINCE = 170_000
LIMIT_TRANSACTIONS = f"set transaction_timeout = {IDLE_IN_TRANSACTION_MS}".encode()
ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Seconds, and milliseconds for the last: a server that vanished without a word (its machine is
gone, or a firewall forgot us) is noticed within some ten seconds, whatever is asked of it."""
RACES = (UniqueViolation, CheckViolation, DeadlockDetected, SerializationFailure)
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""The last says, among others, that a stopped process found its transaction timed out."""
Cursor = psycopg.Cursor[tuple[object, ...]]
Connection = psycopg.Connection[tuple[object, ...]]


class PostgresLink:
    """One connection of one thread, opened when needed and renewed after any error."""

    dialect = "postgresql"

    def __init__(self, url: str, application: str) -> None:
        """Remember where to connect to; nothing is opened yet."""
        self._url = url
        self._application = application
        self._connection: Connection | None = None
        self._engine: Engine | None = None
        self._patterns = Patterns()

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine for everything that is not hot."""
        if self._engine is None:
            url = self._url.replace("postgresql://", "postgresql+psycopg://", 1)
            self._engine = create_engine(
                url,
                pool_pre_ping=True,
                pool_size=1,
                max_overflow=1,
                connect_args=self._connecting(),
            )
        return self._engine

    def read(self, steps: Sequence[Step]) -> list[Result]:
        """Run reading steps in one round trip and return the rows of each."""
        return self.write(steps)

    def write(self, steps: Sequence[Step]) -> list[Result]:
        """Run steps as one transaction in one round trip and return the rows of each."""
        with self._faults():
            return self._batch(steps)

    @contextmanager
    def begin(self, steps: Sequence[Step]) -> Iterator["PostgresOpen"]:
        """Open a transaction with a first batch; roll it back unless it is committed."""
        with self._faults():
            unit = PostgresOpen(self, self._batch(steps, first="begin"))
        try:
            yield unit
        finally:
            if not unit.over:
                self._roll_back()

    def writing(self) -> AbstractContextManager[None]:
        """Writers through the engine need nothing more than their transaction."""
        return nullcontext()

    def close(self) -> None:
        """Close the connection and the engine's pool."""
        self._drop()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def go_on(self, steps: Sequence[Step]) -> list[Result]:
        """Run one more batch of a transaction and return the rows of each step."""
        with self._faults():
            return self._batch(steps)

    def finish(self, steps: Sequence[Step]) -> None:
        """Run the last batch of a transaction and commit it."""
        with self._faults():
            self._batch(steps, last="commit")

    def _batch(self, steps: Sequence[Step], first: str = "", last: str = "") -> list[Result]:
        connection = self._connected()
        with connection.pipeline():
            if first:
                connection.execute(first)
            cursors = [_send(connection, step, self._patterns) for step in steps]
            if last:
                connection.execute(last)
        return [_rows(cursor) for cursor in cursors]

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True, **self._connecting())
            # Ids stay text: a UUID object per row would cost more than the rest of the row.
            self._connection.adapters.register_loader("uuid", TextLoader)
            limits = self._patience_ms[0] > 0
            if limits and self._connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
                self._connection.execute(LIMIT_TRANSACTIONS)
        return self._connection

    @property
    def _patience_ms(self) -> tuple[int, int]:
        return PATIENCE_MS.get(self._application, PATIENCE_DEFAULT_MS)

    def _connecting(self) -> dict[str, Any]:
        """Return what every connection is opened with, so that none waits for ever."""
        statement_ms, lock_ms = self._patience_ms
        return {
            "connect_timeout": CONNECT_TIMEOUT_S,
            **ALIVE,
            "application_name": f"fulfiller {self._application}",
            "options": f"-c statement_timeout={statement_ms} -c lock_timeout={lock_ms}"
            f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}",
        }

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute("rollback")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Translate what went wrong, and never use that connection again."""
        try:
            yield
        except psycopg.Error as fault:
            self._drop()
            raise _translated(fault) from fault
        except BaseException:
            self._drop()
            raise


class PostgresOpen:
    """A transaction after its first batch."""

    def __init__(self, link: PostgresLink, results: list[Result]) -> None:
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


def _send(connection: Connection, step: Step, patterns: Patterns) -> Cursor:
    """Queue a step. Every parameter travels as text, so its statement is prepared once."""
    if isinstance(step, Call):
        sql, lists = step.statement.postgresql, step.statement.lists
        args = {name: _bound(value, lists.get(name)) for name, value in step.args.items()}
        return connection.execute(sql, args)
    return _filled(connection, step, patterns)


def _filled(connection: Connection, step: Fill, patterns: Patterns) -> Cursor:
    """Queue an insert; what all rows have in common travels once, and is read once."""
    columns = list(zip(*step.rows, strict=True))
    shared = patterns.of(step.insert, columns)
    parts = list(zip(columns, step.insert.kinds, shared, strict=True))
    # As the statement has them: first what stands for itself, then what is unpacked into rows.
    args = [_bound(column[0], None) for column, _, one in parts if one]
    args += [literal(column, kind) for column, kind, one in parts if not one]
    return connection.execute(step.insert.filled(shared), args)


def _bound(value: object, kind: str | None) -> str | None:
    if kind is not None:
        return literal(value, kind)  # type: ignore[arg-type]
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return None if value is None else str(value)


def _rows(cursor: Cursor) -> Result:
    return [] if cursor.description is None else cursor.fetchall()


def _translated(fault: psycopg.Error) -> Exception:
    constraint = fault.diag.constraint_name
    if constraint == "lease_epoch":
        return Deposed("the keeper's lease has another epoch")
    if isinstance(fault, RACES):
        return Raced(str(fault), constraint)
    if isinstance(fault, AWAY):
        return StoreUnavailable(f"PostgreSQL: {fault}")
    if isinstance(fault, IntegrityError):
        return StoreError(str(fault))
    return fault
