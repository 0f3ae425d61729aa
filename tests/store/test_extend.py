"""Extending a campaign writes one row, however many coupons become valid for longer."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from fulfiller.domain.validity import DAY, end_of_day
from fulfiller.service.extend import Extension, extend
from fulfiller.service.port import Writes
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import FESTIVAL, START, VALUE, found

TABLES = ("campaign", "coupon", "coupon_act", "event", "stripe", "mode", "claim", "outcome")
UNTIL = end_of_day(date(2026, 3, 31), FESTIVAL.zone)


@pytest.fixture
def opened(store_url: str) -> Iterator[SqlStore]:
    """A migrated store of this test's own, once of each kind."""
    with closing(open_store(store_url, application="test")) as store:
        yield store


@pytest.mark.parametrize("coupons", [1_000, 100_000])
def test_extending_writes_one_row_however_many_coupons_there_are(
    opened: SqlStore, coupons: int
) -> None:
    """One campaign row and one event, no coupon; and every coupon is valid for longer."""
    found(opened, budget=coupons * VALUE)
    _fill(opened, coupons)
    with _written(opened) as wrote:
        done = extend("festival", UNTIL, store=opened, now=START, actor="test")
    assert done.how is Extension.EXTENDED
    assert wrote == {"campaign": 1, "event": 1}
    sight = opened.look_coupon(_lookup(coupons - 1), ("owner", "key"))
    assert sight is not None
    assert sight.coupon.valid_until < UNTIL
    assert sight.coupon.end(now=START, floor=sight.campaign.floor) == UNTIL


def test_the_count_of_rows_sees_a_coupon_that_is_written(opened: SqlStore) -> None:
    """What proves that none was written would have noticed one."""
    found(opened)
    _fill(opened, 2)
    sight = opened.look_coupon(_lookup(1), ("owner", "key"))
    assert sight is not None
    moved = replace(sight.coupon, revision=1)
    with _written(opened) as wrote, opened.move_coupon(sight.coupon, moved) as unit:
        unit.commit(Writes())
    assert wrote == {"coupon": 1}


def _lookup(number: int) -> bytes:
    return f"{number:016}".encode()


def _fill(store: SqlStore, number: int) -> None:
    """Write that many coupons of the festival."""
    numbers, claim_id, lookup = _NUMBERED[store.link.dialect]
    _run(
        store,
        [
            f"""insert into coupon (claim_id, campaign, account, stripe, tier, amount, key_id, salt,
                  lookup, issued_at, valid_until, state)
                select {claim_id}, 'festival', 'shop', 0, 2, {VALUE}, 1, 0, {lookup}, {START},
                  {START + DAY}, 'issued' from {numbers.format(last=number - 1)}"""
        ],
    )


_NUMBERED = {
    "postgresql": (
        "generate_series(0, {last}) as n",
        "('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid",
        "convert_to(lpad(n::text, 16, '0'), 'UTF8')",
    ),
    "sqlite": (
        """(with recursive up(n) as (
             select 0 union all select n + 1 from up where n < {last}) select n from up)""",
        "printf('01900000-0000-7000-8000-%012d', n)",
        "cast(printf('%016d', n) as blob)",
    ),
}
"""Numbers from 0 on, and an id and a lookup hash for each."""


@contextmanager
def _written(store: SqlStore) -> Iterator[dict[str, int]]:
    """Count the rows that are inserted and updated within the block, by table.

    PostgreSQL knows who wrote each row; for SQLite triggers keep count.
    """
    postgres = store.link.dialect == "postgresql"
    _run(store, [] if postgres else _TRIGGERS)
    (before,) = _run(store, ["select pg_current_xact_id()::text" if postgres else "select 0"])
    wrote: dict[str, int] = {}
    yield wrote
    count = (
        f"select count(*) from {{0}} where xmin::text::bigint > {before}"
        if postgres
        else "select count(*) from written where place = '{0}'"
    )
    numbers = dict(zip(TABLES, _run(store, map(count.format, TABLES)), strict=True))
    wrote |= {table: int(str(number)) for table, number in numbers.items() if number}


def _run(store: SqlStore, statements: Iterable[str]) -> list[object]:
    """Run statements and return the first cell of each that gives one."""
    with store.link.writing(), store.link.engine.begin() as connection:
        results = [
            connection.execute(text(statement.replace(":", "\\:"))) for statement in statements
        ]
        return [result.scalar() for result in results if result.returns_rows]


_TRIGGERS = (
    "create table written (place text)",
    *(
        f"create trigger {how}_{table} after {how} on {table}"
        f" begin insert into written values ('{table}'); end"
        for table in TABLES
        for how in ("insert", "update", "delete")
    ),
)
