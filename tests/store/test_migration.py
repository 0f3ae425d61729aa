"""Migrations: they end where the models are, and only add while an older version runs."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from fulfiller.store.migrating import upgrade
from fulfiller.store.opening import open_store
from fulfiller.store.proof import prove
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.table import ClaimRow
from fulfiller.store.table_line import PaceRow
from fulfiller.store.table_staff import LeaseRow
from tests.store.healthy import healthy


@pytest.fixture
def opened(store_url: str) -> Iterator[SqlStore]:
    """A migrated store of this test's own, once of each kind."""
    with closing(open_store(store_url, application="test")) as store:
        yield store


def test_migrations_end_where_the_models_are(opened: SqlStore) -> None:
    """Whoever changes a model without a migration, or the reverse, is told so."""
    with opened.link.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        # All tables share one metadata once their modules are imported.
        assert ClaimRow.metadata is PaceRow.metadata is LeaseRow.metadata
        assert compare_metadata(context, ClaimRow.metadata) == []


def test_a_version_before_coupons_in_hand_goes_on_writing(opened: SqlStore, store_url: str) -> None:
    """Coupons written without the new columns are issued, unmoved, and break no law."""
    claims = healthy(opened)
    with opened.link.engine.begin() as connection:
        named = (
            "claim_id, campaign, account, stripe, tier, amount, key_id, salt, lookup, issued_at,"
            " valid_until, state"
        )
        connection.execute(text(f"create table kept as select {named} from coupon"))
        connection.execute(text("delete from coupon where revision is null"))
        connection.execute(
            text(
                f"insert into coupon ({named}) select {named} from kept"
                " where claim_id not in (select claim_id from coupon)"
            )
        )
        connection.execute(text("drop table kept"))
    view = opened.view([claims["issued"]])[claims["issued"]]
    assert view.coupon is not None
    assert (view.coupon.revision, view.coupon.checkout) == (0, None)
    upgrade(store_url)
    assert [finding for finding in prove(store_url) if not finding.ok] == []
