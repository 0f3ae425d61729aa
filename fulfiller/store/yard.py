"""The yard over a link: parked claims, and the events that brought them there."""

from collections.abc import Collection, Mapping, Sequence

from fulfiller.domain.claim import ClaimId, OpenClaim
from fulfiller.domain.event import Event
from fulfiller.service.dispatch import Lane
from fulfiller.store import hot, rows
from fulfiller.store.statement import Call
from fulfiller.store.till import Till


class Yard(Till):
    """Parked claims in one database."""

    def parked(self, lane: Lane, *, after: tuple[int, ClaimId], limit: int) -> Sequence[OpenClaim]:
        """Return parked claims of a lane behind `(ready_at, id)`, in that order."""
        args = {"campaign": lane.campaign, "tier": lane.tier.value, "limit": limit}
        behind = {"ready_at": after[0], "after": after[1]}
        found = self.link.read((Call(hot.PARKED, args | behind),))[0]
        return list(map(rows.open_claim, found))

    def opened(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, OpenClaim]:
        """Return the open rows of these claims; those that are done or unknown are left out."""
        found = self.link.read((Call(hot.VIEW_OPEN, {"ids": tuple(ids)}),))[0]
        return {row.id: row for row in map(rows.open_claim, found)}

    def setbacks(self, lane: Lane, ids: Collection[ClaimId]) -> Sequence[Event]:
        """Return the lane's events that parked or replayed any of these claims, oldest first."""
        args = {"campaign": lane.campaign, "tier": lane.tier.value, "ids": tuple(ids)}
        return list(map(rows.event, self.link.read((Call(hot.SETBACKS, args),))[0]))
