"""The two ways to get hold of open claims, for tests that care for neither in particular."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.service.port import Unit, Writes
from fulfiller.wiring import Truth
from tests.contract.world import event

ACCEPTED = (Stage.ACCEPTED,)
Enter = Callable[[Truth, list[ClaimId]], AbstractContextManager[Unit[OpenClaim]]]


def take(store: Truth, ids: list[ClaimId]) -> AbstractContextManager[Unit[OpenClaim]]:
    """Take accepted claims."""
    return store.take(ids, ACCEPTED)


def park(store: Truth, ids: list[ClaimId]) -> AbstractContextManager[Unit[OpenClaim]]:
    """Shift accepted claims to parked."""
    return store.shift(ids, Stage.ACCEPTED, Stage.PARKED)


MOVES: dict[str, Enter] = {"take": take, "shift": park}


def rows(store: Truth, ids: list[ClaimId], enter: Enter = take) -> list[ClaimId]:
    """Return what a unit gets, and leave it uncommitted."""
    with enter(store, ids) as unit:
        return [row.id for row in unit.rows]


def committed(store: Truth, ids: list[ClaimId], enter: Enter = take) -> list[ClaimId]:
    """Return what a unit gets, and commit it with an event about it."""
    with enter(store, ids) as unit:
        got = [row.id for row in unit.rows]
        unit.commit(Writes(events=(event(*got),)))
        return got
