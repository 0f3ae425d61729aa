"""What a leading keeper remembers, so that nothing has to be written to remember it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from fulfiller.domain.claim import ClaimId
from fulfiller.service.port import Lane


@dataclass(slots=True)
class Offer:
    """When a claim was last offered by this keeper, and how often."""

    at: int
    times: int = 1


@dataclass(slots=True)
class Memory:
    """What a leading keeper remembers of each lane.

    A cursor behind what it released, the offers not known to be done, and when the newest
    offer that is done was made; `turn` says which lane is served first, `tats` by campaign
    when what was offered will have been issued at its rate.
    """

    cursors: dict[Lane, tuple[int, ClaimId]] = field(default_factory=dict)
    offers: dict[Lane, dict[ClaimId, Offer]] = field(default_factory=dict)
    done: dict[Lane, int] = field(default_factory=dict)
    turn: int = 0
    tats: dict[str, int] = field(default_factory=dict)

    def keep(self, lanes: Collection[Lane]) -> None:
        """Forget every other lane: empty and held ones start afresh."""
        for notes in (self.cursors, self.offers, self.done):
            for lane in notes.keys() - set(lanes):
                del notes[lane]

    def forget(self) -> None:
        """Start over: everything accepted is offered again, which is allowed and harmless."""
        self.keep(())
        self.tats.clear()
