"""Bring a database's schema up to date, with alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.store.link import Link
from fulfiller.store.opening import open_store

SQLITE = "sqlite:///"
SCRIPTS = Path(__file__).parent / "migration"
TAKEN = (
    "the schema was not changed: a transaction held one of its tables for too long;"
    " run it again: fulfiller store upgrade"
)


def upgrade(url: str, revision: str = "head") -> None:
    """Create or migrate the schema behind a store URL; running it again changes nothing.

    Raises Raced where a table is not free in time, and StoreUnavailable where nobody answers.
    """
    _touch(url)
    store = open_store(url, application="migration")
    link: Link = store.link
    try:
        with link.writing(), link.engine.begin() as connection:
            command.upgrade(_config(connection), revision)
    except OperationalError as fault:
        if isinstance(fault.orig, LockNotAvailable):
            raise Raced(TAKEN) from fault
        raise StoreUnavailable(str(fault.orig)) from fault
    finally:
        store.close()


def _touch(url: str) -> None:
    """Create an SQLite file for its owner alone: it names people, and SQLite leaves it open."""
    file = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and file.parent.is_dir():
        file.touch(mode=0o600)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
