"""The proof finds what is wrong, names it by the right law, and is content otherwise."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest
from sqlalchemy import Connection, text

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.error import StoreUnavailable
from fulfiller.store.migrating import upgrade
from fulfiller.store.opening import open_store
from fulfiller.store.proof import Finding, findings, prove
from fulfiller.store.snapshot import seen_through, snapshot
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import new_id
from tests.store.corruptions import CORRUPTIONS, Corruption
from tests.store.coupon_corruptions import COUPON_CORRUPTIONS
from tests.store.healthy import healthy
from tests.store.mode_corruptions import MODE_CORRUPTIONS

EVERY = CORRUPTIONS | COUPON_CORRUPTIONS | MODE_CORRUPTIONS


@pytest.fixture
def books(store_url: str) -> Iterator[tuple[SqlStore, dict[str, ClaimId]]]:
    """A healthy database and its claims by kind."""
    store = open_store(store_url, application="test")
    yield store, healthy(store) | {"nobody": new_id()}
    store.close()


def _broken(store_url: str) -> dict[str, str]:
    return _named(prove(store_url))


def _named(found: Sequence[Finding]) -> dict[str, str]:
    return {finding.law: finding.detail for finding in found if not finding.ok}


def _spoil(connection: Connection, corruption: Corruption, claims: dict[str, ClaimId]) -> None:
    """Spoil a database within a transaction that is rolled back later."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("begin")
    for table in corruption.bare:
        _bare(connection, table)
    for statement in corruption.statements:
        named = {name: claims[name] for name in claims if f":{name}" in statement}
        assert connection.execute(text(statement), named).rowcount > 0


def _bare(connection: Connection, table: str) -> None:
    """Put a copy without any constraint in a table's place."""
    connection.execute(text(f"create table bare as select * from {table}"))
    connection.execute(text(f"drop table {table}"))
    connection.execute(text(f"alter table bare rename to {table}"))


def test_a_healthy_database_breaks_no_law(
    books: tuple[SqlStore, dict[str, ClaimId]], store_url: str
) -> None:
    """With claims in every state the proof finds nothing, and says over how much."""
    assert books
    found = prove(store_url)
    assert [finding for finding in found if not finding.ok] == []
    assert {finding.law for finding in found} == {spoilt.law for spoilt in EVERY.values()}
    assert all(any(map(str.isdigit, finding.detail)) for finding in found)


def test_an_empty_database_breaks_no_law(store_url: str) -> None:
    """Before anything happened there is nothing to object to."""
    assert _broken(store_url) == {}


def test_each_corruption_is_found_by_its_law(
    books: tuple[SqlStore, dict[str, ClaimId]], subtests: pytest.Subtests
) -> None:
    """Whatever is spoilt, the law that speaks of it is broken and names the row."""
    store, claims = books
    for how, corruption in EVERY.items():
        with subtests.test(how), store.link.engine.connect() as connection:
            _spoil(connection, corruption, claims)
            broken = _named(findings(seen_through(connection)))
            assert corruption.law in broken
            assert corruption.says.format_map(claims) in broken[corruption.law]
            connection.rollback()


def test_writers_are_not_waited_for(
    books: tuple[SqlStore, dict[str, ClaimId]], store_url: str
) -> None:
    """The proof is of one moment: what an open transaction has taken counts as not taken."""
    store, claims = books
    with store.take([claims["accepted"]], (Stage.ACCEPTED,)) as unit:
        assert unit.rows
        assert _broken(store_url) == {}


def test_the_proof_is_of_one_moment(store_url: str) -> None:
    """What is committed while it reads belongs to the next proof."""
    with closing(open_store(store_url, application="test")) as store, snapshot(store_url) as seen:
        assert seen.number("select count(*) from claim") == 0
        healthy(store)
        assert seen.number("select count(*) from claim") == 0
        assert _named(findings(seen)) == {}


def test_a_database_that_was_never_migrated_is_no_healthy_one(tmp_path: object) -> None:
    """Without tables there is nothing to prove, and that is said instead of praised."""
    with pytest.raises(StoreUnavailable, match="no such table"):
        prove(f"sqlite:///{tmp_path}/empty.db")
    upgrade(f"sqlite:///{tmp_path}/empty.db")
    assert _broken(f"sqlite:///{tmp_path}/empty.db") == {}
