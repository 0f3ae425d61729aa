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

ISOLATED = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

PREPARATIONS = {
    # Long reads are what this is for: no timeout, room to sort, no compiling of short queries.
    "postgresql": tuple(
        f"set local {setting}"
        for setting in (
            "statement_timeout = 0",
            "idle_in_transaction_session_timeout = 0",
            "work_mem = '64MB'",
            "jit = off",
        )
    ),
    "sqlite": (),
}
UNPACKED = {
    "postgresql": (),
    # Unpacking is slow here, so it is done once, to a temporary file.
    "sqlite": (
        "create temp table number (n integer primary key)",
        """insert into number with recursive up(n) as (
             select 0 union all
             select n + 1 from up where 16 * (n + 1) < (select max(length(ids)) from event)
           ) select n from up""",
        """create temp table log as
           with spelled as (
             select event.id as event, campaign, tier, kind,
               lower(hex(substr(ids, 16 * n + 1, 16))) as h
             from event join number on n < length(ids) / 16)
           select event, campaign, tier, kind, substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-'
             || substr(h, 13, 4) || '-' || substr(h, 17, 4) || '-' || substr(h, 21) as claim_id
           from spelled""",
    ),
}

# An event packs its claims; here each is a row of its own: event, campaign, tier, kind, claim_id.
LOG = {
    # An event of 500 claims lies outside of its row. Put together once (`whole`), not once per
    # claim, which took two thirds of a whole proof. And it stays behind the second fence: a join
    # that spills to disk would write all of it for each claim.
    "postgresql": """(
        select event, campaign, tier, kind,
          cast(encode(substring(whole from 16 * n + 1 for 16), 'hex') as uuid) as claim_id
        from (
            select id as event, campaign, tier, kind, ids || cast('' as bytea) as whole
            from event offset 0) as plain,
          generate_series(0, length(whole) / 16 - 1) as n
        offset 0)""",
    "sqlite": "log",
}
USER_LIMIT = {
    "postgresql": "cast(cast(terms as json) ->> 'per_user_limit' as integer)",
    "sqlite": "json_extract(terms, '$.per_user_limit')",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it was at one moment."""

    connection: Connection
    dialect: str

    def rows(self, query: str, **args: object) -> list[Row]:
        """Return the rows of a query, with a value for each name behind a colon."""
        return [dict(row) for row in self._run(query, args).mappings()]

    def number(self, query: str) -> int:
        """Return the one number that a query asks for."""
        return int(self._run(query).scalar_one())

    def stream(self, query: str, **args: object) -> Iterator[Row]:
        """Yield the rows of a query, with a batch of them in memory at a time."""
        found = self._run(query, args, yield_per=BATCH)
        try:
            for row in found.mappings():
                yield dict(row)
        finally:
            found.close()

    def _run(
        self, query: str, args: Mapping[str, object] | None = None, **options: int
    ) -> CursorResult[Any]:
        """Run a query in which `{log}` and `{user_limit}` stand for words of the dialect."""
        spoken = query.format(log=LOG[self.dialect], user_limit=USER_LIMIT[self.dialect])
        return self.connection.execute(text(spoken), dict(args or {}), execution_options=options)


@contextmanager
def snapshot(store_url: str, *, unpacked: bool = True) -> Iterator[Snapshot]:
    """Open a snapshot of the database behind a store URL.

    Whoever does not ask for `{log}` can do without having it unpacked.
    """
    store = open_store(store_url, application="verify")
    try:
        with store.link.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(**ISOLATED)
            yield seen_through(connection, unpacked=unpacked)
    except DBAPIError as fault:
        raise StoreUnavailable(str(fault.orig)) from fault
    finally:
        store.close()


def seen_through(connection: Connection, *, unpacked: bool = True) -> Snapshot:
    """Prepare a connection for long reads; its transaction decides what they see."""
    dialect = connection.dialect.name
    if dialect == "sqlite" and not _is_open(connection):
        connection.exec_driver_sql("begin")
    for statement in PREPARATIONS[dialect] + (UNPACKED[dialect] if unpacked else ()):
        connection.exec_driver_sql(statement)
    return Snapshot(connection, dialect)


def _is_open(connection: Connection) -> bool:
    """Return whether SQLite is in a transaction, which its driver opens only for writing."""
    return bool(connection.connection.driver_connection.in_transaction)  # type: ignore[union-attr]
