"""A disk that is slow or full: seen by whoever writes, and in what the database says of it."""

import os
from time import perf_counter
from typing import Any

import psycopg
import pytest

from fulfiller.chaos.fault.disk import DiskFull, SlowFsync
from fulfiller.chaos.fault.trace import CannotTrace, Tracer, can_trace
from fulfiller.domain.stripe import Count, counted
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth
from tests.chaos.fault.ring import Ring, seen
from tests.stack.backlog import pile
from tests.stack.opening import opened
from tests.waiting import until

Victim = psycopg.Connection[Any]
ROWS = "insert into claims_of_ours select repeat('x', 1000) from generate_series(1, 100)"


@pytest.fixture(autouse=True)
def _tracing(strace: str) -> None:
    """Skip where strace may not do what it is for."""
    if not can_trace():
        pytest.skip(f"{strace} may not trace processes here")


@pytest.fixture
def table(victim: Victim) -> Victim:
    """A session with a table that it fills."""
    victim.execute("create table claims_of_ours (filling text)")
    return victim


@pytest.mark.fsync
def test_each_sync_of_the_database_is_late(store_ring: Ring, table: Victim) -> None:
    """Also for sessions that begin later; nobody who syncs, nothing seen; healed it is fast."""
    wound = SlowFsync(delay_ms=200).begin(store_ring)
    assert wound.seen() is None
    assert _took(table) >= 0.2
    with psycopg.connect(store_ring.store_url, autocommit=True) as newcomer:
        assert _took(newcomer) >= 0.2
    assert "late" in seen(wound)
    wound.heal()
    assert _took(table) < 0.2


def test_a_full_disk_refuses_what_makes_tables_longer(store_ring: Ring, table: Victim) -> None:
    """As a full disk does, with 53100, and the session goes on; healed everything does."""
    wound = DiskFull().begin(store_ring)
    assert wound.seen() is None
    with pytest.raises(psycopg.errors.DiskFull):
        table.execute(ROWS)
    assert table.execute("select count(*) from claims_of_ours").fetchone() == (0,)
    assert "log says 1 times" in seen(wound)
    wound.heal()
    table.execute(ROWS)
    assert table.execute("select count(*) from claims_of_ours").fetchone() == (100,)


def test_a_full_disk_below_sqlite_lets_no_process_write(
    ring: Ring, stack: Stack, truth: Truth
) -> None:
    """Workers issue nothing until it is healed, and then everything; we ourselves may write."""
    opened(truth, "full")
    until(lambda: all(stack.is_ready(name) for name in ("keeper", "worker1")), within_s=30)
    wound = DiskFull().begin(ring)
    pile(truth, "full", 20)
    assert "No space left" in seen(wound)
    assert _issued(truth) == 0
    wound.heal()
    until(lambda: _issued(truth) == 20, within_s=30)


def test_who_is_not_there_can_not_be_traced() -> None:
    """The message has strace's own words."""
    with pytest.raises(CannotTrace, match="strace does not take hold"):
        Tracer([os.getpid(), os.getpid()], ("no_such_call",), "delay_enter=1")


def _took(line: Victim) -> float:
    begun = perf_counter()
    line.execute("insert into claims_of_ours values ('x')")
    return perf_counter() - begun


def _issued(truth: Truth) -> int:
    return counted(truth.stripes("full"), Count.ISSUED)
