"""A transaction over a link, between its first round trip and its last."""

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from fulfiller.domain.pace import EVERY_KEY, Pace, RateScope
from fulfiller.service.port import Writes
from fulfiller.store import hot, rows
from fulfiller.store.link import Open, Result
from fulfiller.store.statement import Call
from fulfiller.store.writing import steps

Row = TypeVar("Row")
FORESEEN_MAX = 16
"""Rates that are read without being asked for: each costs the database some microseconds."""


class Foresight:
    """The rates that transactions of this process have read, and that the next may read, too.

    They are read along with its first batch, which saves a round trip of its own.
    """

    def __init__(self) -> None:
        """Foresee nothing yet."""
        self.scopes: frozenset[RateScope] = frozenset()

    def learn(self, scopes: Collection[RateScope]) -> None:
        """Expect these rates again, unless there are limit keys among them: those are many."""
        if all(limit_key == EVERY_KEY for _, limit_key in scopes):
            known = self.scopes if len(self.scopes) < FORESEEN_MAX else frozenset()
            self.scopes = known.union(scopes)
        else:
            self.scopes = frozenset()

    def calls(self) -> Sequence[Call]:
        """Return what reads them, which is nothing while none are expected."""
        return (Call(hot.LOOK_PACES, rows.scopes(self.scopes)),) if self.scopes else ()


class SqlUnit(Generic[Row]):
    """A transaction with the rows that its first round trip took or locked."""

    def __init__(
        self,
        opened: Open,
        found: Sequence[Row],
        *,
        paced: bool = False,
        foresight: Foresight | None = None,
    ) -> None:
        """Keep the rows, and whether any may have a rate, some of which may be read already."""
        self.rows = found
        self.paced = paced
        self._open = opened
        self._foresight = foresight or Foresight()
        self._foreseen = self._foresight.scopes

    def pace(self, scopes: Collection[RateScope], *, locked: bool) -> tuple[int, Sequence[Pace]]:
        """Return those of these rates that there are, maybe locked, with the store's time."""
        if not locked and self._foreseen and self._foreseen.issuperset(scopes):
            return _paces(self._open.results[1], scopes)
        self._foresight.learn(scopes)
        asked = hot.LOCK_PACES if locked else hot.LOOK_PACES
        (found,) = self._open.more((Call(asked, rows.scopes(scopes)),))
        return _paces(found, scopes)

    def commit(self, writes: Writes) -> None:
        """Write and commit in one round trip."""
        self._open.commit(steps(writes))


def _paces(found: Result, scopes: Collection[RateScope]) -> tuple[int, Sequence[Pace]]:
    """Return the store's time and the rates that were asked for, among others that were found."""
    now = max((int(str(cells[4])) for cells in found), default=0)
    paces = [rows.pace(cells[:4]) for cells in found]
    return now, [pace for pace in paces if pace.scope in scopes]
