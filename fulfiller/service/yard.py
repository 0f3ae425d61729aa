"""The port to parked claims, for operators; every store implements it beside its own."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from fulfiller.domain.claim import ClaimId, OpenClaim
from fulfiller.domain.event import Event
from fulfiller.service.dispatch import Lane


class Yard(Protocol):
    """Where claims are parked, and what brought them there."""

    def parked(self, lane: Lane, *, after: tuple[int, ClaimId], limit: int) -> Sequence[OpenClaim]:
        """Return parked claims of a lane behind `(ready_at, id)`, in that order."""

    def opened(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, OpenClaim]:
        """Return the open rows of these claims; those that are done or unknown are left out."""

    def setbacks(self, lane: Lane, ids: Collection[ClaimId]) -> Sequence[Event]:
        """Return the lane's events that parked or replayed any of these claims, oldest first."""
