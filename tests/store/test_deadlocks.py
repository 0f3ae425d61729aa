"""Deadlocks on PostgreSQL: whoever is ended has lost a race, and simply tries again.

For a deadlock a stranger with a plain connection waits first, and for a minute; the store's
own wait closes the circle, so that it is the store whom PostgreSQL ends, a second later.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from fulfiller.domain.claim import OpenClaim, Stage
from fulfiller.domain.error import Raced
from fulfiller.domain.outcome import Accepted, Answer
from fulfiller.domain.stripe import Count
from fulfiller.service.book import ending, moves
from fulfiller.service.issue import issue
from fulfiller.service.port import StripeMove, Writes
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import Truth
from tests.contract.crowd import LONGEST_S, aside
from tests.contract.world import VALUE, ask, closing, found, new_id, press, request, taken_in
from tests.waiting import until

WAITING = """select count(*) from pg_stat_activity
  where wait_event_type = 'Lock' and datname = current_database()"""
STRICT = "'repeatable read'"
STRIPE = "select from stripe where number = {} for update"
Line = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    """A store on PostgreSQL."""
    opened = open_store(postgres_url, application="test")
    yield opened
    opened.close()


@pytest.fixture
def stranger(postgres_url: str) -> Iterator[Line]:
    """A connection whose transaction lasts as long as the test, and that never gives in."""
    with psycopg.connect(postgres_url) as opened:
        opened.execute("set deadlock_timeout = '1min'")
        yield opened
        opened.rollback()


@pytest.fixture
def gate(postgres_url: str) -> Iterator[Line]:
    """A connection that holds others up."""
    with psycopg.connect(postgres_url) as opened:
        yield opened
        opened.rollback()


def _run(line: Line, sql: str) -> Line:
    line.execute(sql.encode())
    return line


def _waiting(url: str, number: int) -> Callable[[], bool]:
    """Return whether so many connections wait for a lock."""

    def seen() -> bool:
        with psycopg.connect(url, autocommit=True) as line:
            return line.execute(WAITING).fetchone() == (number,)

    return seen


def test_a_write_that_loses_a_deadlock_has_lost_a_race(
    store: SqlStore, stranger: Line, postgres_url: str
) -> None:
    """It says Raced, nothing of it is left, and the same connection's next step is fine."""
    found(store, stripes=1)
    ids = taken_in(store, "a")
    with ThreadPoolExecutor(1) as pool:
        with store.take(ids, (Stage.ACCEPTED,)) as unit:
            _run(stranger, STRIPE.format(0))
            asking = pool.submit(_run, stranger, "select from open_claim for update")
            until(_waiting(postgres_url, 1))
            with pytest.raises(Raced, match="deadlock detected"):
                unit.commit(Writes(stripes=_cancelled(unit.rows)))
        asking.result(LONGEST_S).rollback()
    assert list(issue(ids, press(store)).issued) == ids


def test_a_write_that_can_not_be_serialized_has_lost_a_race(
    store: SqlStore, stranger: Line, postgres_url: str
) -> None:
    """Where a database insists on repeatable reads, whoever sees old rows tries again."""
    found(store, stripes=1)
    ids = taken_in(store, "a")
    database = postgres_url.rpartition("/")[2]
    _run(stranger, f"alter database {database} set default_transaction_isolation = {STRICT}")
    stranger.commit()
    with closing(lambda: open_store(postgres_url, application="strict")) as strict:
        with strict.take(ids, (Stage.ACCEPTED,)) as unit:
            _run(stranger, "update stripe set issued = issued").commit()
            with pytest.raises(Raced, match="could not serialize"):
                unit.commit(Writes(stripes=_cancelled(unit.rows)))
        assert list(issue(ids, press(strict)).issued) == ids


def test_an_accept_that_loses_a_deadlock_tries_again(
    store: SqlStore, stranger: Line, gate: Line, postgres_url: str
) -> None:
    """Whoever asked hears nothing of it: the claims are accepted."""
    found(store, stripes=2, budget=2 * VALUE)
    _run(gate, STRIPE.format(0))
    _run(stranger, STRIPE.format(1))
    # With a migration's patience for locks, so that the gate may be shut for a while.
    patient = aside(
        lambda: open_store(postgres_url, application="migration"), _one_from_each_stripe
    )
    until(_waiting(postgres_url, 1))
    with ThreadPoolExecutor(1) as pool:
        taken = f"insert into caller_key values ('shop', 'a', '{new_id()}', '', 0)"
        pressing = pool.submit(_run, stranger, taken)
        until(_waiting(postgres_url, 2))
        gate.rollback()
        pressing.result(LONGEST_S).rollback()
    assert [type(answer) for answer in patient.result(LONGEST_S)] == [Accepted] * 2


def _cancelled(claims: Sequence[OpenClaim]) -> tuple[StripeMove, ...]:
    return moves((claim, ending(claim.stage, Count.CANCELLED)) for claim in claims)


def _one_from_each_stripe(store: Truth) -> tuple[Answer, ...]:
    return ask(store, request("a"), request("b"))
