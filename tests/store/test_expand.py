"""Migrations expand: whatever the version before writes and reads goes on working."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, inspect

from fulfiller.ops.cli import cli
from fulfiller.ops.embedded.server import Server
from fulfiller.store import migrating
from fulfiller.store.checkup import schema
from fulfiller.store.migrating import upgrade
from fulfiller.store.opening import open_store
from fulfiller.store.statement import Call, statement
from tests.waiting import until

VERSIONS = sorted(path.name[1:5] for path in (migrating.SCRIPTS / "versions").glob("v[0-9]*_*.py"))
TOUCH = Call(statement("update open_claim set attempts = attempts + 1"), {})
WAITING = """select 1 from pg_stat_activity where wait_event_type = 'Lock'
  and application_name = 'fulfiller migration' and datname = current_database()"""
Columns = dict[tuple[str, str], tuple[str, bool, bool]]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    store = open_store(server.url, application="test")
    with store.link.engine.connect() as connection:
        bare = connection.execution_options(isolation_level="AUTOCOMMIT")
        bare.exec_driver_sql("drop database if exists expanding")
        bare.exec_driver_sql("create database expanding template template0")
    store.close()
    yield server.url.rsplit("/", 1)[0] + "/expanding"


def _columns(engine: Engine) -> Columns:
    """Return each column with its type, whether it may be null, and whether it has a default."""
    looked = inspect(engine)
    return {
        (table, column["name"]): (
            str(column["type"]),
            bool(column["nullable"]),
            column.get("default") is not None,
        )
        for table in looked.get_table_names()
        for column in looked.get_columns(table)
    }


def _uniques(engine: Engine) -> set[tuple[str, tuple[str, ...]]]:
    """Return the columns that a row may not share with another, primary keys too."""
    looked = inspect(engine)
    indexes = {table: looked.get_indexes(table) for table in looked.get_table_names()}
    return {
        (table, tuple(columns))
        for table in indexes
        for columns in (
            looked.get_pk_constraint(table)["constrained_columns"],
            *(each["column_names"] for each in looked.get_unique_constraints(table)),
            *(
                map(str, each["column_names"])
                for each in looked.get_indexes(table)
                if each["unique"]
            ),
        )
    }


def test_no_migration_takes_or_adds_a_guard_of_racers(empty_url: str) -> None:
    """What one row may not share with another is the same for both versions that write."""
    before: set[tuple[str, tuple[str, ...]]] = set()
    for version in VERSIONS:
        upgrade(empty_url, version)
        store = open_store(empty_url, application="test")
        after = _uniques(store.link.engine)
        store.close()
        old = {table for table, _ in before}
        assert {each for each in after if each[0] in old} == before, f"version {version}"
        before = after
    assert ("claim", ("campaign", "user", "slot", "slot_turn")) in before


def test_each_migration_only_adds(empty_url: str) -> None:
    """No column goes, changes its type or becomes required; a new one may be left out."""
    before: Columns = {}
    for version in VERSIONS:
        upgrade(empty_url, version)
        store = open_store(empty_url, application="test")
        after = _columns(store.link.engine)
        store.close()
        tables = {table for table, _ in before}
        assert before.items() <= after.items(), f"version {version} took or changed something"
        added = {name: how for name, how in after.items() if name not in before}
        required = [
            name
            for name, (_, nullable, default) in added.items()
            if name[0] in tables and not nullable and not default
        ]
        assert required == [], f"version {version} wants what the one before does not write"
        before = after
    assert before


@pytest.mark.parametrize("empty_url", ["postgres"], indirect=True)
def test_a_migration_steps_aside_for_who_holds_its_tables(empty_url: str) -> None:
    """It gives up sooner than those behind it, changes nothing, and a second run succeeds."""
    upgrade(empty_url, VERSIONS[0])
    with (
        closing(open_store(empty_url, application="intake")) as intake,
        closing(open_store(empty_url, application="intake")) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        with intake.link.begin([TOUCH]) as unit:
            migration = pool.submit(_upgraded, empty_url)
            until(lambda: _waits(empty_url))
            behind = pool.submit(other.link.write, [TOUCH])
            code, said = migration.result()
            assert behind.result() == [[]]
            unit.commit([TOUCH])
        assert (code, "held one of its tables" in said) == (1, True), said
        assert schema(empty_url).revision == VERSIONS[0]
        assert _upgraded(empty_url)[0] == 0
        assert schema(empty_url).revision == schema(empty_url).head


def _upgraded(url: str) -> tuple[int, str]:
    """Return the exit code of `fulfiller store upgrade`, and what it said."""
    done = CliRunner().invoke(
        cli, ("store", "upgrade", "--tries=1"), env={"FULFILLER_STORE_URL": url}
    )
    return done.exit_code, done.output


def _waits(url: str) -> bool:
    with psycopg.connect(url) as line:
        return line.execute(WAITING).fetchone() is not None
