"""Bring a database's schema up to date, with alembic."""

import logging
from pathlib import Path
from threading import Event

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
PAUSE_S = 0.5
"""Between two tries: those who waited behind the first write in the meantime."""
TAKEN = (
    "the schema was not changed: a transaction held one of its tables for too long;"
    " run it again: fulfiller store upgrade"
)

log = logging.getLogger(__name__)


def upgrade(url: str, revision: str = "head", *, tries: int = 1) -> None:
    """Create or migrate the schema behind a store URL; running it again changes nothing.

    Raises Raced where a table was not free in time at any of the tries, between which whoever
    waits behind a migration gets through, and StoreUnavailable where nobody answers.
    """
    _touch(url)
    store = open_store(url, application="migration")
    try:
        for left in reversed(range(tries)):
            if _is_migrated(store.link, revision):
                return
            if left:
                log.warning("a table is in use: others go first, then the migration tries again")
                Event().wait(PAUSE_S)
    finally:
        store.close()
    raise Raced(TAKEN)


def _is_migrated(link: Link, revision: str) -> bool:
    """Migrate all the way in one transaction; False, with nothing changed, if a table is taken."""
    try:
        with link.writing(), link.engine.begin() as connection:
            command.upgrade(_config(connection), revision)
    except OperationalError as fault:
        if isinstance(fault.orig, LockNotAvailable):
            return False
        raise StoreUnavailable(str(fault.orig)) from fault
    return True


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
