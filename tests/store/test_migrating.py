"""Migrations: they make the very guards that the models describe, and run once."""

from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.store import table
from fulfiller.store.migrating import upgrade
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import Truth
from tests.contract.world import everything, found, taken_in


def sql(store: Truth) -> SqlStore:
    """Return the store as the SQL store that it is here."""
    assert isinstance(store, SqlStore)
    return store


def _checks(connection: Connection) -> set[tuple[str, str | None]]:
    seen = inspect(connection)
    return {
        (name, check["name"])
        for name in seen.get_table_names()
        for check in seen.get_check_constraints(name)
    }


def test_models_and_migrations_agree_on_checks(store: Truth, store_url: str) -> None:
    """The guards of the ledger, which no comparison looks at, say the same in both."""
    created = SqlStore(sql(store).link)
    with created.link.engine.connect() as connection:
        migrated = _checks(connection)
        texts = _check_texts(connection)
    with created.link.writing(), created.link.engine.begin() as connection:
        SQLModel.metadata.drop_all(connection)
        SQLModel.metadata.create_all(connection)
    with created.link.engine.connect() as connection:
        assert _checks(connection) == migrated
        assert _check_texts(connection) == texts
    assert store_url
    assert {"stripe_no_debt", "stripe_balance", "stripe_counted"} <= {name for _, name in migrated}


def _check_texts(connection: Connection) -> dict[str | None, str]:
    found_checks = inspect(connection).get_check_constraints(table.StripeRow.__tablename__)
    return {check["name"]: " ".join(str(check["sqltext"]).split()) for check in found_checks}


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
