"""What PostgreSQL is set to: our own is ready for millions of claims, and another is found out."""

from pathlib import Path

import pytest

from fulfiller.ops.embedded import postgres
from fulfiller.store.endurance import unprepared


def test_our_own_server_is_prepared(postgres_url: str) -> None:
    """Nothing is amiss with how we start it."""
    assert unprepared(postgres_url) == {}


def test_a_file_needs_nothing(sqlite_url: str) -> None:
    """SQLite has no such settings."""
    assert unprepared(sqlite_url) == {}


def test_a_server_as_it_is_shipped_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With PostgreSQL's own settings it is said which of them are too small, and how small."""
    monkeypatch.setattr(postgres, "ENDURING", {})
    server = postgres.start(tmp_path, fsync=False)
    try:
        short = unprepared(server.url)
    finally:
        server.stop()
    assert short == {"autovacuum_naptime": "60 s", "max_wal_size": "1024 MB"}
