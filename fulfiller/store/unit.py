"""A transaction over a link, between its first round trip and its last."""

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from fulfiller.domain.pace import Pace, Rate
from fulfiller.service.port import Writes
from fulfiller.store import hot
from fulfiller.store.link import Open
from fulfiller.store.statement import Call
from fulfiller.store.writing import steps

Row = TypeVar("Row")


class SqlUnit(Generic[Row]):
    """A transaction with the rows that its first round trip took or locked."""

    def __init__(self, opened: Open, found: Sequence[Row], paced: Collection[str] = ()) -> None:
        """Keep the rows, and which of their campaigns have a rate."""
        self.rows = found
        self.paced = paced
        self._open = opened

    def pace(self, campaigns: Collection[str]) -> tuple[int, Sequence[Pace]]:
        """Lock the rates of campaigns and return them, with the store's time."""
        (found,) = self._open.more((Call(hot.LOCK_PACES, {"campaigns": sorted(campaigns)}),))
        paces = [Pace(str(cells[0]), Rate(_int(cells[1])), _int(cells[2])) for cells in found]
        return max((_int(cells[3]) for cells in found), default=0), paces

    def commit(self, writes: Writes) -> None:
        """Write and commit in one round trip."""
        self._open.commit(steps(writes))


def _int(cell: object) -> int:
    return int(str(cell))
