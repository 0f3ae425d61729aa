"""A transaction of the in-memory store, between its first step and its end."""

from collections.abc import Callable, Collection, Sequence
from typing import Generic, Protocol, TypeVar

from fulfiller.domain.pace import Pace, RateScope
from fulfiller.service.port import Writes

Row = TypeVar("Row")
Paces = tuple[int, Sequence[Pace]]


def _unpaced(_: Collection[RateScope], *, locked: bool) -> Paces:  # noqa: ARG001 - nothing is
    return 0, ()


class Pacing(Protocol):
    """How a unit reads rates."""

    def __call__(self, scopes: Collection[RateScope], /, *, locked: bool) -> Paces:
        """Return those of these rates that there are, maybe locked, with the store's time."""


class MemoryUnit(Generic[Row]):
    """A transaction with the rows that its first step took or locked."""

    def __init__(
        self,
        rows: Sequence[Row],
        commit: Callable[[Writes], None],
        pace: Pacing = _unpaced,
        *,
        paced: bool = False,
    ) -> None:
        """Keep the rows, what to do with the rest, and whether there may be a rate to keep."""
        self.rows = rows
        self.paced = paced
        self._commit = commit
        self._pace = pace

    def pace(self, scopes: Collection[RateScope], *, locked: bool) -> Paces:
        """Return those of these rates that there are, maybe locked, with the store's time."""
        return self._pace(scopes, locked=locked)

    def commit(self, writes: Writes) -> None:
        """Write and commit, or raise and leave everything as it was."""
        self._commit(writes)
