"""A transaction of the in-memory store, between its first step and its end."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fulfiller.service.port import Writes

Row = TypeVar("Row")


class MemoryUnit(Generic[Row]):
    """A transaction with the rows that its first step took or locked."""

    def __init__(self, rows: Sequence[Row], commit: Callable[[Writes], None]) -> None:
        """Keep the rows and what to do with the rest."""
        self.rows = rows
        self._commit = commit

    def commit(self, writes: Writes) -> None:
        """Write and commit, or raise and leave everything as it was."""
        self._commit(writes)
