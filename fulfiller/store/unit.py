"""A transaction over a link, between its first round trip and its last."""

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from fulfiller.domain.pace import Pace, RateScope
from fulfiller.service.port import Writes
from fulfiller.store import hot, rows
from fulfiller.store.link import Open
from fulfiller.store.statement import Call
from fulfiller.store.writing import steps

Row = TypeVar("Row")


class SqlUnit(Generic[Row]):
    """A transaction with the rows that its first round trip took or locked."""

    def __init__(self, opened: Open, found: Sequence[Row], *, paced: bool = False) -> None:
        """Keep the rows, and whether any of them may have a rate."""
        self.rows = found
        self.paced = paced
        self._open = opened

    def pace(self, scopes: Collection[RateScope], *, locked: bool) -> tuple[int, Sequence[Pace]]:
        """Return those of these rates that there are, maybe locked, with the store's time."""
        asked = hot.LOCK_PACES if locked else hot.LOOK_PACES
        (found,) = self._open.more((Call(asked, rows.scopes(scopes)),))
        now = max((_int(cells[4]) for cells in found), default=0)
        return now, [rows.pace(cells[:4]) for cells in found]

    def commit(self, writes: Writes) -> None:
        """Write and commit in one round trip."""
        self._open.commit(steps(writes))


def _int(cell: object) -> int:
    return int(str(cell))
