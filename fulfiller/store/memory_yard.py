"""Parked claims, and what brought them there: that part of the in-memory store."""

from collections.abc import Collection, Mapping, Sequence

from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.event import SETBACKS, Event
from fulfiller.service.dispatch import Lane
from fulfiller.store.memory_till import MemoryTill


class MemoryYard(MemoryTill):
    """Parked claims on dictionaries."""

    def parked(self, lane: Lane, *, after: tuple[int, ClaimId], limit: int) -> Sequence[OpenClaim]:
        """Return parked claims of a lane behind `(ready_at, id)`, in that order."""
        with self._latch:
            rows = [
                row
                for row in self.shelves.open.values()
                if row.stage is Stage.PARKED and Lane(row.campaign, row.tier) == lane
            ]
        rows.sort(key=lambda row: (row.ready_at, row.id))
        return [row for row in rows if (row.ready_at, row.id) > after][:limit]

    def opened(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, OpenClaim]:
        """Return the open rows of these claims; those that are done or unknown are left out."""
        with self._latch:
            return {i: self.shelves.open[i] for i in ids if i in self.shelves.open}

    def setbacks(self, lane: Lane, ids: Collection[ClaimId]) -> Sequence[Event]:
        """Return the lane's events that parked or replayed any of these claims, oldest first."""
        wanted = set(ids)
        with self._latch:
            return [
                event
                for event in self.shelves.events
                if event.kind in SETBACKS
                and (event.campaign, event.tier) == (lane.campaign, lane.tier)
                and not wanted.isdisjoint(event.ids)
            ]
