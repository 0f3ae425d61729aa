"""Switches that have no verb yet, thrown directly in the store: held, and the mode's moves."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, update

from fulfiller.domain.mode import SERVICE
from fulfiller.store.memory import MemoryStore
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.table import ModeRecord
from fulfiller.wiring import Truth

BOTH = ("festival", SERVICE)
"""The scopes that matter to a claim of the festival."""


def switch(store: Truth, scope: str, **changes: Any) -> None:
    """Change the mode row of a scope."""
    if isinstance(store, MemoryStore):
        modes = store.shelves.modes
        modes[scope] = replace(modes[scope], **changes)
        return
    assert isinstance(store, SqlStore)
    with store.link.writing(), Session(store.link.engine) as session:
        session.exec(update(ModeRecord).where(col(ModeRecord.scope) == scope).values(**changes))
        session.commit()
