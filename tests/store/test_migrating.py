"""Migrations: they make the very guards that the models describe, and run once."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Inspector, inspect, text
from sqlmodel import SQLModel

from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.store.migrating import upgrade
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import Truth
from tests.contract.world import everything, found, taken_in

NEEDED = {
    ("stripe", "stripe_no_debt"),
    ("stripe", "stripe_balance"),
    ("stripe", "stripe_counted"),
    ("lease", "lease_epoch"),
    ("pace", "pace_kept"),
    ("claim", "claim_identity"),
    ("claim", "claim_slot"),
    ("coupon", "coupon_lookup"),
}
"""What the store's promises hang on: without these, the rest could agree on nothing."""


def sql(store: Truth) -> SqlStore:
    """Return the store as the SQL store that it is here."""
    assert isinstance(store, SqlStore)
    return store


def _guards(connection: Connection) -> set[tuple[str, str | None, str]]:
    """Return each CHECK and UNIQUE with its table, its name and what it says."""
    seen = inspect(connection)
    return {
        (name, guard["name"], said)
        for name in seen.get_table_names()
        for guard, said in (*_checks(seen, name), *_uniques(seen, name))
    }


def _checks(seen: Inspector, name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    for check in seen.get_check_constraints(name):
        yield check, " ".join(str(check["sqltext"]).split())


def _uniques(seen: Inspector, name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    for unique in seen.get_unique_constraints(name):
        yield unique, ", ".join(unique["column_names"])


def test_models_and_migrations_agree_on_guards(store: Truth) -> None:
    """The guards of the ledger, which no comparison looks at, say the same in both."""
    created = SqlStore(sql(store).link)
    with created.link.engine.connect() as connection:
        migrated = _guards(connection)
    with created.link.writing(), created.link.engine.begin() as connection:
        SQLModel.metadata.drop_all(connection)
        SQLModel.metadata.create_all(connection)
    with created.link.engine.connect() as connection:
        assert _guards(connection) == migrated
    assert {(table, name) for table, name, _ in migrated} >= NEEDED


def test_migrating_again_changes_nothing(store: Truth, store_url: str) -> None:
    """Every start may migrate; what is there stays there."""
    found(store)
    taken_in(store, "li")
    before = everything(store)
    upgrade(store_url)
    upgrade(store_url)
    assert everything(store) == before
    with sql(store).link.engine.connect() as connection:
        assert connection.execute(text("select count(*) from alembic_version")).scalar_one() == 1


def test_the_mode_of_the_service_is_there_from_the_start(store: Truth) -> None:
    """A fresh database flows."""
    assert store.modes() == {SERVICE: ModeRow(scope=SERVICE)}
