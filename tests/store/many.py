"""Many coupons in a store, and a count of the rows that a block writes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from fulfiller.domain.validity import DAY
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import START, VALUE

TABLES = ("campaign", "coupon", "coupon_act", "event", "stripe", "mode", "claim", "outcome")


def lookup_of(number: int) -> bytes:
    """Return the lookup hash of a coupon by its number."""
    return f"{number:016}".encode()


def fill(store: SqlStore, number: int) -> None:
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
def written(store: SqlStore) -> Iterator[dict[str, int]]:
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
    "create table if not exists written (place text)",
    "delete from written",
    *(
        f"create trigger if not exists {how}_{table} after {how} on {table}"
        f" begin insert into written values ('{table}'); end"
        for table in TABLES
        for how in ("insert", "update", "delete")
    ),
)
