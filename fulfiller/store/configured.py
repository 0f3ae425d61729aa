"""What a PostgreSQL server is set to."""

from collections.abc import Iterable, Mapping

import psycopg

from fulfiller.domain.error import StoreUnavailable

CONNECT_TIMEOUT_S = 3
ASKED = "select name, setting, unit from pg_settings where name = any(%s) order by name"


def configured(url: str, names: Iterable[str]) -> Mapping[str, tuple[str, str | None]]:
    """Return settings by name, each with its unit; none for a store that is no such server."""
    if not url.startswith("postgresql://"):
        return {}
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as line:
            found = line.execute(ASKED, (list(names),)).fetchall()
    except psycopg.Error as fault:
        raise StoreUnavailable(f"PostgreSQL: {fault}") from fault
    return {name: (value, unit) for name, value, unit in found}
