"""Flower's campaigns while the store is away, empty or new: said, with the remedy."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from shutil import copyfile

import psycopg

from fulfiller.domain.money import Money
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from tests.ops.flower.conftest import Begin
from tests.ops.flower.reader import opened, page, reads, told
from tests.waiting import until


def test_from_no_store_to_the_first_campaign(begin: Begin, sqlite_url: str, tmp_path: Path) -> None:
    """`fulfiller flower` below a prefix: each thing that is missing is named with its remedy."""
    file = tmp_path / "later" / "store.db"
    door = begin(f"sqlite:///{file}", "fulfiller", "flower", "--url_prefix=ops", prefix="/ops")
    words = page(door, "/ops/campaigns")
    assert "The store can't be read" in words
    assert "fulfiller doctor" in words
    answer = door.ask("GET", "/ops/api/campaigns", login=True)
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "SQLite" in answer.json()["error"]
    assert door.ask("GET", "/ops/workers", login=True).status_code == HTTPStatus.OK
    file.parent.mkdir()
    until(lambda: "fulfiller store upgrade" in page(door, "/ops/campaigns"))
    copyfile(sqlite_url.removeprefix("sqlite:///"), file)
    until(lambda: "No campaigns yet" in page(door, "/ops/campaigns"))
    assert "fulfiller campaign create config/campaigns/spring" in page(door, "/ops/campaigns")
    with closing(open_store(f"sqlite:///{file}")) as store:
        festival = opened(store, value=Money(25, "JPY"), budget=1_000)
    until(lambda: f"{festival.id} flowing" in page(door, "/ops/campaigns"))
    assert "1,000 JPY in all" in page(door, "/ops/campaigns")


def test_a_store_that_goes_away_leaves_what_was_last_seen(
    begin: Begin, postgres: Server, postgres_url: str
) -> None:
    """The page says so, with the age of what it keeps showing; Flower's own pages go on."""
    with closing(open_store(postgres_url)) as store:
        festival = opened(store)
    door = begin(postgres_url)
    reads(door, festival, "0 entered")
    postgres.kill()
    until(lambda: "The store can't be read PostgreSQL" in page(door))
    assert re.search(r"What follows was read \d+ s ago", page(door))
    assert told(door, festival)["entered"] == 0
    assert door.ask("GET", "/workers", login=True).status_code == HTTPStatus.OK
    postgres.restart()
    until(lambda: "can't be read" not in page(door))


def test_a_store_that_is_slow_keeps_nobody_else_waiting(begin: Begin, postgres_url: str) -> None:
    """While the page waits for a lock, Flower's event loop answers everybody else."""
    door = begin(postgres_url)
    until(lambda: "No campaigns" in page(door))
    with psycopg.connect(postgres_url) as line, ThreadPoolExecutor(1) as viewers:
        line.execute("lock table mode in access exclusive mode")
        waiting = viewers.submit(lambda: until(lambda: "can't be read" in page(door)))
        until(lambda: _waits(postgres_url))
        assert door.ask("GET", "/workers", login=True).status_code == HTTPStatus.OK
        assert _waits(postgres_url)
        assert waiting.result()
        line.rollback()
    until(lambda: "can't be read" not in page(door))


def _waits(url: str) -> bool:
    """Return whether somebody waits for a lock."""
    with psycopg.connect(url) as line:
        answer = line.execute(
            "select 1 from pg_locks where not granted and database ="
            " (select oid from pg_database where datname = current_database())"
        )
        return answer.fetchone() is not None
