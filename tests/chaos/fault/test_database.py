"""Sessions of PostgreSQL that end, are killed, find no room or wait: seen by one of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from fulfiller.chaos.fault.database import ConnectionLimit, KillBackend, Lock, TerminateBackends
from fulfiller.chaos.fault.outage import DatabaseRestart, Ending
from fulfiller.ops.embedded.server import Server
from tests.chaos.fault.ring import Ring, Sham, seen, unseen
from tests.waiting import until

Victim = psycopg.Connection[Any]


def test_only_the_sessions_of_those_named_are_ended(store_ring: Ring, victim: Victim) -> None:
    """Another process's session goes on, and without any nothing is seen."""
    assert unseen(TerminateBackends(of="intake"), store_ring).struck() == 0
    assert victim.execute("select 1").fetchone() == (1,)
    wound = TerminateBackends(of="worker").begin(store_ring)
    assert wound.struck() == 1
    assert seen(wound) == "1 sessions are gone"
    with pytest.raises(psycopg.errors.AdminShutdown):
        victim.execute("select 1")
    wound.heal()
    _works(store_ring)


def test_all_sessions_are_ended(store_ring: Ring, victim: Victim) -> None:
    """Without a name everybody's are."""
    wound = TerminateBackends().begin(store_ring)
    seen(wound)
    with pytest.raises(psycopg.OperationalError):
        victim.execute("select 1")


def test_a_killed_backend_makes_the_server_recover(
    store_ring: Ring, victim: Victim, postgres: Server
) -> None:
    """Everybody loses the session, the server itself goes on."""
    assert unseen(KillBackend(of="intake"), store_ring).struck() == 0
    old, bystander = postgres.pid, psycopg.connect(store_ring.store_url)
    wound = KillBackend(of="worker").begin(store_ring)
    assert "recovered" in seen(wound)
    for line in (victim, bystander):
        with pytest.raises(psycopg.OperationalError):
            line.execute("select 1")
    bystander.close()
    wound.heal()
    assert postgres.pid == old
    _works(store_ring)


@pytest.mark.parametrize("how", ["immediate", "kill", "fast"])
def test_a_database_that_comes_back_runs_since_then(
    store_ring: Ring, victim: Victim, postgres: Server, how: Ending
) -> None:
    """While it is down nothing is seen; what was committed is there afterwards."""
    victim.execute("create table kept as select 1 as one")
    wound = DatabaseRestart(how=how).begin(store_ring)
    assert not postgres.running
    assert wound.seen() is None
    wound.heal()
    assert "runs since" in seen(wound)
    with pytest.raises(psycopg.OperationalError):
        victim.execute("select 1")
    _works(store_ring, "select one from kept")


def test_a_database_that_was_not_ended_is_not_seen(store_ring: Ring) -> None:
    """Whatever the arena says, it runs since it did."""
    wound = DatabaseRestart().begin(
        Sham(servers=store_ring.servers, store_url=store_ring.store_url)
    )
    wound.heal()
    assert wound.struck() == 1
    assert wound.seen() is None


@pytest.mark.parametrize("evict", [False, True])
def test_nobody_else_gets_a_connection(store_ring: Ring, victim: Victim, *, evict: bool) -> None:
    """Newcomers are refused, those who were there stay unless they are evicted."""
    wound = ConnectionLimit(evict=evict).begin(store_ring)
    assert "after" in seen(wound)
    with pytest.raises(psycopg.OperationalError, match=r"too many clients|connection slots"):
        until(lambda: psycopg.connect(store_ring.store_url).close())
    if evict:
        with pytest.raises(psycopg.OperationalError):
            until(lambda: victim.execute("select 1").fetchone() is None)
    else:
        assert victim.execute("select 1").fetchone() == (1,)
    wound.heal()
    until(lambda: _connects(store_ring))
    _works(store_ring)


def test_whoever_needs_a_locked_table_waits(store_ring: Ring, victim: Victim) -> None:
    """A lock that blocks nobody is not seen; one that does is, and ends when it is healed."""
    wound = unseen(Lock(), store_ring)
    until(wound.struck)
    assert wound.seen() is None
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(lambda: victim.execute("select count(*) from stripe").fetchone())
        assert seen(wound) == "1 sessions waited for table stripe"
        assert not waiting.done()
        wound.heal()
        assert waiting.result(5) == (0,)


def _connects(ring: Ring) -> bool:
    try:
        psycopg.connect(ring.store_url).close()
    except psycopg.OperationalError:
        return False
    return True


def _works(ring: Ring, question: str = "select 1") -> None:
    with psycopg.connect(ring.store_url) as line:
        assert line.execute(question.encode()).fetchone() == (1,)
