"""What a leading keeper remembers, so that nothing has to be written to remember it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from msgspec import Struct

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.pace import Pace, RateScope
from fulfiller.service.dispatch import Board, Flow, Lane
from fulfiller.service.turns import TierTurns, Turns


class Offer(Struct, frozen=True, gc=False):
    """When a claim was last offered by this keeper, and how often."""

    at: int
    times: int = 1


@dataclass(slots=True)
class Memory:
    """What a leading keeper remembers of each lane and its flows.

    A cursor behind what it released, the offers not known to be done, and by lane when the
    newest offer that is done was made; `paces` are the rates as far as they were made use of
    by what was offered, `newcomers` how much of them went past a backlog. `board` is what was
    last read of flows and rates, and `board_at` when; `aged_at` when its ages were last looked for.
    """

    cursors: dict[Flow, tuple[int, ClaimId]] = field(default_factory=dict)
    offers: dict[Flow, dict[ClaimId, Offer]] = field(default_factory=dict)
    done: dict[Lane, int] = field(default_factory=dict)
    paces: dict[RateScope, Pace] = field(default_factory=dict)
    newcomers: dict[str, Pace] = field(default_factory=dict)
    campaigns: Turns[str] = field(default_factory=Turns)
    tiers: dict[str, TierTurns] = field(default_factory=dict)
    turn: int = 0
    board: Board | None = None
    board_at: int = 0
    aged_at: int = 0

    def keep(self, lanes: Collection[Lane]) -> None:
        """Forget every other lane: empty and held ones start afresh."""
        kept = set(lanes)
        for flows in (self.cursors, self.offers):
            for flow in [flow for flow in flows if flow.lane not in kept]:
                del flows[flow]
        for lane in self.done.keys() - kept:
            del self.done[lane]

    def forget(self) -> None:
        """Start over: everything accepted is offered again, which is allowed and harmless."""
        self.keep(())
        self.paces.clear()
        self.newcomers.clear()
        self.board = None
