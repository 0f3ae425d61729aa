"""Pausing behind everybody's back, for those who only look."""

from sqlalchemy import text as sql

from fulfiller.store.opening import open_store


def pause(url: str) -> None:
    """Pause the service behind everybody's back."""
    store = open_store(url)
    with store.link.engine.begin() as connection:
        connection.execute(sql("update mode set mode = 'paused' where scope = '*'"))
    store.close()
