"""A migration while older processes are at work: it waits its turn and holds nobody up."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest

from fulfiller.clock import monotonic
from fulfiller.ops.embedded.server import Server
from fulfiller.store import checkup
from fulfiller.store.migrating import upgrade
from fulfiller.store.postgres import PATIENCE_DEFAULT_MS, PATIENCE_MS

OLD = "0001"
MIGRATION_S = PATIENCE_MS["migration"][1] / 1000
TABLES = """select tablename from pg_tables
  where schemaname = 'public' and tablename <> 'alembic_version' order by tablename"""
CLAIMED = "insert into caller_key values ('shop', 'mine', gen_random_uuid(), '', 0)"
Line = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def old_url(postgres: Server) -> str:
    """A database with the schema of the first version."""
    with psycopg.connect(postgres.url, autocommit=True) as line:
        line.execute("drop database if exists aged with (force)")
        line.execute("create database aged template template0")
    url = postgres.url.rsplit("/", 1)[0] + "/aged"
    upgrade(url, OLD)
    return url


def _at_work(line: Line) -> None:
    """Hold every table as whoever writes to it does, with the patience of our processes."""
    line.execute(f"set lock_timeout = {PATIENCE_DEFAULT_MS[1]}".encode())
    for (table,) in line.execute(TABLES).fetchall():
        line.execute(f"lock table {table} in row exclusive mode".encode())


def _passed(url: str) -> float:
    """Write to every table as one more process, and return how long that took."""
    began = monotonic()
    with psycopg.connect(url) as line:
        _at_work(line)
    return monotonic() - began


def _tries(caplog: pytest.LogCaptureFixture) -> int:
    return caplog.text.count("then the migration tries again")


def test_a_migration_waits_for_older_processes_and_holds_nobody_up(
    old_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Intake and worker of the old schema are amid transactions: others still get through.

    What the two began they commit, and then the migration is made.
    """
    with ThreadPoolExecutor(1) as pool, ExitStack() as at_work:
        intake, worker = (at_work.enter_context(psycopg.connect(old_url)) for _ in range(2))
        _at_work(worker)
        intake.execute(CLAIMED)
        migration: Future[None] = pool.submit(upgrade, old_url, tries=100)
        waits = []
        while _tries(caplog) < 2:
            waits.append(_passed(old_url))
            assert not migration.done(), migration.result()
        # Each got all of its locks within its own patience, or it would have failed.
        assert max(waits) > MIGRATION_S / 3, "nobody ever met the migration"
        assert checkup.schema(old_url).revision == OLD
        intake.commit()
        worker.commit()
        migration.result(timeout=30)
    found = checkup.schema(old_url)
    assert found.revision == found.head
    with psycopg.connect(old_url) as line:
        assert line.execute("select count(*) from caller_key where key = 'mine'").fetchone() == (1,)
