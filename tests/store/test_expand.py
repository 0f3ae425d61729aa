"""Migrations expand: whatever the version before writes and reads goes on working."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from fulfiller.ops.embedded.server import Server
from fulfiller.store import migrating
from fulfiller.store.migrating import upgrade
from fulfiller.store.opening import open_store

VERSIONS = sorted(path.name[1:5] for path in (migrating.SCRIPTS / "versions").glob("v[0-9]*_*.py"))
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
