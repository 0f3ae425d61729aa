"""SQLite's writers queue: whoever comes gets a turn soon, however busy somebody else is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from fulfiller.clock import monotonic
from fulfiller.domain.event import Kind
from fulfiller.service.port import Writes
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import event
from tests.processes import Process, start
from tests.store.greedy import ROWS
from tests.waiting import until

TURNS = 300
LONGEST_WAIT_S = 1.0


@pytest.fixture
def quiet(sqlite_url: str) -> Iterator[SqlStore]:
    """A store of somebody who writes now and then."""
    store = open_store(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def greedy(sqlite_url: str, tmp_path: Path) -> Iterator[Process]:
    """A process that writes without pause on the same file."""
    busy = start(["tests.store.greedy", sqlite_url], env={}, log=tmp_path / "greedy.log")
    yield busy
    busy.kill()


def turns(store: SqlStore) -> int:
    """Return how many turns the busy writer has had."""
    with store.link.engine.connect() as connection:
        rows = connection.execute(text("select count(*) from event where actor = 'greedy'"))
        return int(rows.scalar_one()) // ROWS


def test_a_busy_writer_starves_nobody(quiet: SqlStore, greedy: Process) -> None:
    """While another process writes in a tight loop, nobody waits a second for a turn."""
    until(lambda: turns(quiet) > 0, within_s=30, what=greedy.text() or "the first turn")
    waits = []
    while turns(quiet) < TURNS:
        begun = monotonic()
        quiet.write(Writes(events=(event(kind=Kind.BUDGET_GATHERED, tier=None),)))
        waits.append(monotonic() - begun)
    assert len(waits) >= TURNS // 10
    assert max(waits) < LONGEST_WAIT_S


def test_a_writer_that_dies_in_its_turn_blocks_nobody(quiet: SqlStore, greedy: Process) -> None:
    """The queue is the kernel's: it moves on when a process is killed."""
    until(lambda: turns(quiet) > 3, within_s=30)
    greedy.kill()
    begun = monotonic()
    quiet.write(Writes(events=(event(kind=Kind.BUDGET_GATHERED, tier=None),)))
    assert monotonic() - begun < LONGEST_WAIT_S
