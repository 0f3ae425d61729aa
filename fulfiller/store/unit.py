"""A transaction over a link, between its first round trip and its last."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from fulfiller.service.port import Writes
from fulfiller.store.link import Open
from fulfiller.store.writing import steps

Row = TypeVar("Row")


class SqlUnit(Generic[Row]):
    """A transaction with the rows that its first round trip took or locked."""

    def __init__(self, opened: Open, found: Sequence[Row]) -> None:
        """Keep the rows."""
        self.rows = found
        self._open = opened

    def commit(self, writes: Writes) -> None:
        """Write and commit in one round trip."""
        self._open.commit(steps(writes))
