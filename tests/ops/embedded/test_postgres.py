"""The embedded store: a real server with a password, durable through a crash."""

from pathlib import Path

import psycopg
import pytest

from fulfiller.ops.embedded import postgres as embedded
from fulfiller.ops.embedded.server import Server


def _ask(url: str, *statements: str) -> object:
    """Run statements and return the one value that the last of them gives."""
    with psycopg.connect(url, autocommit=True) as line:
        answers = [line.execute(statement.encode()) for statement in statements]
        row = answers[-1].fetchone() if answers[-1].description else None
    return row and row[0]


def test_what_is_committed_outlives_a_crash(postgres: Server) -> None:
    """Killing the server loses nothing that was committed, and the same url serves again."""
    _ask(postgres.url, "create table kept as select 42 as n")
    postgres.kill()
    postgres.restart()
    assert _ask(postgres.url, "select n from kept") == 42
    _ask(postgres.url, "drop table kept")


def test_a_wrong_password_is_refused(postgres: Server) -> None:
    """Other users of the machine can't walk into the store."""
    with (
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
        psycopg.connect(postgres.url, password="guess"),
    ):
        pass


@pytest.mark.fsync
def test_writes_are_synced_unless_told_otherwise(postgres: Server) -> None:
    """A commit is on disk when it is answered."""
    assert _ask(postgres.url, "show fsync") == "on"
    assert _ask(postgres.url, "show synchronous_commit") == "on"


def test_a_second_start_finds_the_same_data(home: Path) -> None:
    """Data, user and password stay in the folder for the next start."""
    for expected in (None, "again"):
        server = embedded.start(home / "twice", fsync=False)
        try:
            comment = "select shobj_description(oid, 'pg_database') from pg_database"
            mine = f"{comment} where datname = current_database()"
            assert _ask(server.url, mine) == expected
            _ask(server.url, "comment on database fulfiller is 'again'")
        finally:
            server.stop()


def test_each_test_has_a_database_of_its_own(postgres: Server, postgres_url: str) -> None:
    """The url of a test leads to a copy that starts out migrated."""
    assert postgres_url != postgres.url
    assert _ask(postgres_url, "select count(*) from alembic_version") == 1
