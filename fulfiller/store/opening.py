"""Open a store by its URL."""

from fulfiller.domain.error import SettingError
from fulfiller.store.postgres import PostgresLink
from fulfiller.store.sqlite import SqliteLink
from fulfiller.store.sqlstore import SqlStore

SCHEMES = "sqlite:////absolute/path.db or postgresql://user:password@host:5432/database"


def open_store(url: str, *, application: str = "fulfiller") -> SqlStore:
    """Return the store behind a URL, for the use of one thread; it connects when first used.

    `application` names the process to the database and chooses its timeouts.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "postgresql":
        return SqlStore(PostgresLink(url, application))
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqlStore(SqliteLink(rest[1:]))
    message = f"store_url {_masked(url)!r}: use {SCHEMES}"
    raise SettingError(message)


def _masked(url: str) -> str:
    """Return a URL without what may be a password."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}…" if "@" in rest else url
