"""Plans: what is rare is found by its own index, whatever else lies in the table."""

from contextlib import closing

from sqlalchemy import text

from fulfiller.domain.tier import Tier
from fulfiller.store import hot
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore


def _plan(store: SqlStore) -> str:
    """Return how the database finds out what became of a parked claim."""
    tier = Tier.P2.value
    ids = "00000000-0000-7000-8000-000000000000"
    with store.link.engine.connect() as line:
        if line.dialect.name == "sqlite":
            sql = text(f"explain query plan {hot.SETBACKS.sqlite}")
            found = line.execute(sql, {"campaign": "c", "tier": tier, "ids": f'["{ids}"]'})
            return "\n".join(str(row[-1]) for row in found)
        # Nothing lies in the table yet, so that reading all of it would be cheaper.
        line.exec_driver_sql("set enable_seqscan = off")
        args = {"campaign": "c", "tier": tier, "ids": f"{{{ids}}}"}
        found = line.exec_driver_sql(f"explain {hot.SETBACKS.postgresql}", args)
        return "\n".join(str(row[0]) for row in found)


def test_setbacks_are_found_without_reading_the_log(store_url: str) -> None:
    """The condition of the statement is the condition of the index, word for word."""
    with closing(open_store(store_url, application="test")) as store:
        assert "event_setback" in _plan(store)
