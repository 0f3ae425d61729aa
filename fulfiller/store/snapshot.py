"""One snapshot of a whole database, to be read for as long as a proof takes.

Everything read through it is of one moment, whatever is written meanwhile: REPEATABLE READ
READ ONLY on PostgreSQL, one deferred transaction on SQLite. Nobody waits for it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, text
from sqlalchemy.exc import DBAPIError

from fulfiller.domain.error import StoreUnavailable
from fulfiller.store.opening import open_store

BATCH = 1_000
Row = Mapping[str, Any]
"""A row by column name, typed by the law that reads it."""

# Long reads are what this is for: no timeout, room to sort, no compiling of short queries.
SETTINGS = ("statement_timeout = 0", "lock_timeout = 0", "work_mem = '64MB'", "jit = off")

# An event packs its claims; here each is a row of its own: event, campaign, tier, kind, claim_id.
LOG = {
    "postgresql": """log as (
        select event.id as event, campaign, tier, kind,
          cast(encode(substring(ids from 16 * n + 1 for 16), 'hex') as uuid) as claim_id
        from event, generate_series(0, length(ids) / 16 - 1) as n)""",
    "sqlite": """spelled as (
        select event.id as event, campaign, tier, kind,
          lower(hex(substr(ids, 16 * n + 1, 16))) as h
        from event join number on n < length(ids) / 16),
      log as (
        select event, campaign, tier, kind, substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-'
          || substr(h, 13, 4) || '-' || substr(h, 17, 4) || '-' || substr(h, 21) as claim_id
        from spelled)""",
}
USER_LIMIT = {
    "postgresql": "cast(cast(terms as json) ->> 'per_user_limit' as integer)",
    "sqlite": "json_extract(terms, '$.per_user_limit')",
}
# Positions within an event; a range of them is one index look-up.
NUMBERS = (
    "create temp table number (n integer primary key)",
    """insert into number with recursive up(n) as (
        select 0 union all
        select n + 1 from up where 16 * (n + 1) < (select max(length(ids)) from event)
      ) select n from up""",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it was at one moment."""

    connection: Connection
    dialect: str

    def rows(self, query: str) -> list[Row]:
        """Return the rows of a query."""
        return [dict(row) for row in self._run(query).mappings()]

    def number(self, query: str) -> int:
        """Return the one number that a query asks for."""
        return int(self._run(query).scalar_one())

    def stream(self, query: str) -> Iterator[Row]:
        """Yield the rows of a query, with a batch of them in memory at a time."""
        for row in self._run(query, yield_per=BATCH).mappings():
            yield dict(row)

    def _run(self, query: str, **options: int) -> CursorResult[Any]:
        """Run a query in which `{log}` and `{user_limit}` stand for words of the dialect."""
        spoken = query.format(log=LOG[self.dialect], user_limit=USER_LIMIT[self.dialect])
        return self.connection.execute(text(spoken), execution_options=options)


@contextmanager
def snapshot(store_url: str) -> Iterator[Snapshot]:
    """Open a snapshot of the database behind a store URL."""
    store = open_store(store_url, application="verify")
    try:
        with store.link.engine.connect() as connection:
            _begin(connection)
            yield Snapshot(connection, connection.dialect.name)
    except DBAPIError as fault:
        raise StoreUnavailable(str(fault.orig)) from fault
    finally:
        store.close()


def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("begin")
        for statement in NUMBERS:
            connection.exec_driver_sql(statement)
        return
    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    for setting in SETTINGS:
        connection.exec_driver_sql(f"set local {setting}")
