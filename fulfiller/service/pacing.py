"""Pacing inside the issue transaction: claims beyond the rate stay open, at no cost to them.

Release paces what is offered; this is what holds whatever happens to hints. The rate's row
is locked until the transaction ends, and the time is the store's.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from fulfiller.domain.claim import ClaimId, OpenClaim
from fulfiller.domain.pace import Paced
from fulfiller.service.port import Unit


@dataclass(frozen=True, slots=True)
class Portion:
    """What may be issued now, what stays open and is ready later, and the rates made use of."""

    going: tuple[OpenClaim, ...]
    late: tuple[OpenClaim, ...] = ()
    paces: tuple[Paced, ...] = ()


def within_rate(unit: Unit[OpenClaim], refused: Collection[ClaimId]) -> Portion:
    """Return which of a unit's rows may be issued; those that were refused cost no rate."""
    rows = tuple(unit.rows)
    if not unit.paced:
        return Portion(rows)
    now, paces = unit.pace(sorted(unit.paced))
    room = {pace.campaign: pace.room(now) for pace in paces}
    used = dict.fromkeys(room, 0)
    going: list[OpenClaim] = []
    late: list[OpenClaim] = []
    for row in rows:
        if row.campaign in room and row.id not in refused:
            if used[row.campaign] == room[row.campaign]:
                late.append(row)
                continue
            used[row.campaign] += 1
        going.append(row)
    after = {
        pace.campaign: replace(pace, tat=pace.after(used[pace.campaign], now)) for pace in paces
    }
    return Portion(
        tuple(going),
        tuple(_later(row, after[row.campaign].free_at(now)) for row in late),
        tuple(Paced(pace.campaign, pace.tat) for pace in after.values() if used[pace.campaign]),
    )


def _later(row: OpenClaim, ready_at: int) -> OpenClaim:
    """Return a row that is ready anew, so that offers from before count for nothing."""
    return replace(row, ready_at=max(ready_at, row.ready_at + 1), offered_at=None)
