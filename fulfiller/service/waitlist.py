"""The port to the waitlist: places in line, cheap for ten million people.

The keeper cuts each lane's line into blocks and counts them; a place is the sum of the blocks
before it and a count inside its own. Admission empties blocks from the front, cancels thin
them out anywhere; the counts follow within seconds, and nothing of this is ever done by accept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.claim import ClaimId
from fulfiller.service.dispatch import Lane

Place = tuple[int, ClaimId]
"""A place in line: when the claim became ready, and its id."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a lane's line, behind the block before it up to and with `end`."""

    end: Place
    count: int


class Waitlist(Protocol):
    """Who waits, and how many before whom."""

    def ahead(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, int]:
        """Return how many of their lane wait before each of these waitlisted claims."""

    def blocks(self, lane: Lane) -> Sequence[Block]:
        """Return the blocks of a lane's line, first come first."""

    def count_waiting(self, lane: Lane, *, after: Place, until: Place) -> int:
        """Return how many of a lane wait behind one place, up to and with another."""

    def keep_blocks(
        self, lane: Lane, *, gone: Sequence[Place], new: Sequence[Block], fence: int
    ) -> None:
        """Store blocks of a lane's line, and forget those that end at a place that is gone.

        A block whose count has changed is among both. Raise Deposed on another lease.
        """
