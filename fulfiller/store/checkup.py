"""A checkup of a database: what serves it, which schema it has, what stands before it."""

from dataclasses import dataclass

import psycopg
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from fulfiller.domain.error import StoreUnavailable
from fulfiller.store.migrating import SCRIPTS
from fulfiller.store.opening import open_store

CONNECT_TIMEOUT_S = 3
REFUSED = "unsupported startup parameter"
"""How PgBouncer turns a client away that brings settings of its own, as we do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The revision that a database has, None without tables, and the one that we need."""

    revision: str | None
    head: str


def server(url: str) -> str:
    """Return what serves a database, such as `PostgreSQL 18.1`; raise if nobody answers."""
    if url.startswith("sqlite"):
        return f"SQLite {_one(url, 'select sqlite_version()')}"
    return f"PostgreSQL {_one(url, 'show server_version')}"


def schema(url: str) -> Schema:
    """Return the schema's revision and ours."""
    head = ScriptDirectory(str(SCRIPTS)).get_current_head()
    store = open_store(url, application="doctor")
    try:
        with store.link.engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as fault:
        raise StoreUnavailable(str(fault)) from fault
    finally:
        store.close()
    return Schema(revision=revision, head=str(head))


def pooler(url: str) -> str | None:
    """Return what keeps connections to PostgreSQL from being our own, or None.

    In PgBouncer's transaction mode a connection meets another session at each transaction:
    settings, prepared statements and locks of one are then those of another.
    """
    if not url.startswith("postgresql://"):
        return None
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S, options="-c lock_timeout=0").close()
        return "a pooler in transaction mode" if _is_shared(url) else None
    except psycopg.Error as fault:
        if REFUSED in str(fault):
            return "a pooler that refuses settings of our own"
        raise StoreUnavailable(f"PostgreSQL: {fault}") from fault


def _is_shared(url: str) -> bool:
    """Return whether two connections meet in one session, or one wanders between two."""
    with (
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True) as ours,
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True) as other,
    ):
        before = _session(ours)
        with other.transaction():
            return _session(other) == before or _session(ours) != before


def _session(connection: psycopg.Connection) -> object:
    row = connection.execute("select pg_backend_pid()").fetchone()
    return None if row is None else row[0]


def _one(url: str, question: str) -> object:
    store = open_store(url, application="doctor")
    try:
        with store.link.engine.connect() as connection:
            return connection.execute(text(question)).scalar_one()
    except SQLAlchemyError as fault:
        raise StoreUnavailable(str(fault.__cause__ or fault)) from fault
    finally:
        store.close()
