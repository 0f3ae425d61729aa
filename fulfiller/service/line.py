"""Count places in line: the keeper's blocks of each lane's waitlist, kept up to date.

At each round the front block is counted anew, since admission empties it, and one more in
turn, since people cancel anywhere; behind the last block new ones are cut as the line grows.
Each step is bounded, however long the line.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.stripe import Count
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT
from fulfiller.service.waitlist import Block, Place, Waitlist

PORTION = 200
"""Lanes that a keeper looks at in one round to find what the one before it has left."""
BLOCK = 1_000
"""Claims in a block when it is cut."""
CUT_MAX = 20
"""Blocks cut at the end of a line in one round."""
SETTLE = 2_000_000
"""Microseconds after which nobody who committed late can still join before a place."""


class CountedStore(Store, Waitlist, Protocol):
    """The store with the waitlist in it."""


@dataclass(slots=True)
class Clerk:
    """What a counting keeper remembers: the blocks of each lane, and whose turn it is.

    `unseen` are the lanes in which the keeper before it may have left some; None is all of them.
    """

    blocks: dict[Lane, list[Block]] = field(default_factory=dict)
    turn: int = 0
    unseen: list[Lane] | None = None

    @property
    def busy(self) -> bool:
        """Return whether there is something to count even if nobody waits."""
        return bool(self.blocks) or self.unseen is None or bool(self.unseen)

    def forget(self) -> None:
        """Start over."""
        self.blocks.clear()
        self.unseen = None

    def next_unseen(self, lanes: Iterable[Lane]) -> list[Lane]:
        """Return some lanes that were not looked at yet, of all there were at first."""
        if self.unseen is None:
            self.unseen = sorted(lanes, key=_order)
        some, self.unseen = self.unseen[:PORTION], self.unseen[PORTION:]
        return some


def count_places(clerk: Clerk, *, store: CountedStore, fence: int) -> None:
    """Bring the blocks of every lane up to date; raises Deposed on a lost lease."""
    survey = store.survey()
    clerk.turn += 1
    lanes = {Lane(name, tier) for name in survey.sums for tier in Tier}
    waiting = {
        lane for lane in lanes if survey.sums[lane.campaign].get((lane.tier, Count.WAITLISTED), 0)
    }
    visited = waiting.union(clerk.blocks, clerk.next_unseen(lanes))
    for lane in sorted(visited, key=_order):
        known = clerk.blocks.get(lane)
        old = list(store.blocks(lane)) if known is None else known
        new = _counted(lane, old, clerk.turn, store)
        waiting_there = survey.sums.get(lane.campaign, {}).get((lane.tier, Count.WAITLISTED), 0)
        if waiting_there - sum(block.count for block in new) >= BLOCK:
            new += _cut(lane, new[-1].end if new else FRONT, store, survey.now)
        _keep(lane, old, new, store, fence)
        clerk.blocks[lane] = new
        if not new and lane not in waiting:
            del clerk.blocks[lane]


def _order(lane: Lane) -> tuple[str, int]:
    return lane.campaign, lane.tier


def _keep(lane: Lane, old: list[Block], new: list[Block], store: CountedStore, fence: int) -> None:
    before, after = set(old), set(new)
    gone = [block.end for block in old if block not in after]
    changed = [block for block in new if block not in before]
    if gone or changed:
        store.keep_blocks(lane, gone=gone, new=changed, fence=fence)


def _counted(lane: Lane, blocks: list[Block], turn: int, store: CountedStore) -> list[Block]:
    """Count the front and one more block; drop blocks at the front that are empty."""
    counted = list(blocks)
    if counted:
        _count(lane, counted, turn % len(counted), store)
    while counted:
        _count(lane, counted, 0, store)
        if counted[0].count:
            break
        del counted[0]
    return counted


def _count(lane: Lane, blocks: list[Block], index: int, store: CountedStore) -> None:
    after = blocks[index - 1].end if index else FRONT
    end = blocks[index].end
    blocks[index] = Block(end, store.count_waiting(lane, after=after, until=end))


def _cut(lane: Lane, after: Place, store: CountedStore, now: int) -> list[Block]:
    """Return new blocks for those who joined behind a place, full ones only."""
    rows = store.ready(lane, after=after, limit=CUT_MAX * BLOCK, stage=Stage.WAITLISTED)
    settled = [row for row in rows if row.ready_at <= now - SETTLE]
    ends = settled[BLOCK - 1 :: BLOCK]
    return [Block((row.ready_at, ClaimId(row.id)), BLOCK) for row in ends]
