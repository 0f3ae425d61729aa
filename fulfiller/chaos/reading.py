"""Reading: the books of a store, once nobody writes to it any more."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from fulfiller.chaos.books import Books
from fulfiller.domain.code import CodeKey
from fulfiller.store.audit import Audit, audit
from fulfiller.store.memory import MemoryStore
from fulfiller.store.sqlstore import SqlStore


def books_of(
    store: MemoryStore | SqlStore,
    *,
    keys: Mapping[int, CodeKey] | None = None,
    captured: Sequence[bytes] = (),
) -> Books:
    """Return the books of a store; `keys` made its codes, and `captured` is what was seen."""
    found = audit(store)
    parts = {field.name: getattr(found, field.name) for field in fields(Audit)}
    return Books(**parts, keys=dict(keys or {}), captured=captured)
