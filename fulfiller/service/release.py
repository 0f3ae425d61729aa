"""Release: publish full hints for accepted claims while the broker's queues are short.

The backlog lives in the store and the broker is kept shallow, so that tasks are full under
load, priorities can't be defeated by a pile of messages, and losing the broker is a small
repair. Release only reads the store; what it offered it remembers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.pace import Pace, Rate
from fulfiller.domain.tier import Tier
from fulfiller.service.memory import Memory, Offer
from fulfiller.service.port import Hint, Lane, LaneSight, Queue, Ready, Store

HINT_MAX = 500
"""Claims in one hint at most."""
TASKS_PER_SLOT = 2
"""A queue with this many tasks per worker slot is long enough."""
SLOTS_UNKNOWN = 2
"""Slots assumed while no worker has announced any."""
FRESH = 3_000_000
"""Microseconds for which an intake's own offer keeps release from offering the same."""
FRONT = (0, ClaimId("00000000-0000-0000-0000-000000000000"))
"""The cursor before every claim."""


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did: claims offered, and whether every queue it looked at is fed."""

    claims: int = 0
    broker: bool = True


def room(depth: int, slots: int) -> int:
    """Return how many more tasks a queue may hold; `slots` 0 means unknown."""
    return max(0, TASKS_PER_SLOT * (slots or SLOTS_UNKNOWN) - depth)


def short(depths: dict[Tier, int], slots: int) -> frozenset[Tier]:
    """Return the tiers whose queue is short enough to publish to at once."""
    return frozenset(tier for tier, depth in depths.items() if room(depth, slots) > 0)


def release(memory: Memory, *, store: Store, queue: Queue, now: int) -> Released:
    """Fill every tier's queue from its lanes in turn; the first lane moves on each time."""
    # Asked first: at rest there is nothing to offer, and then nobody else need be asked.
    lanes = store.lanes()
    depths = queue.depths() if lanes else {}
    if depths is None:
        return Released(broker=False)
    slots = store.slots() if lanes else 0
    memory.turn += 1
    offered = 0
    for tier, depth in sorted(depths.items()):
        mine = _turned([sight for sight in lanes if sight.lane.tier is tier], memory)
        hints = _fill(mine, room(depth, slots), memory, store, now)
        if hints and not _offer(hints, memory, queue, now):
            return Released(offered, broker=False)
        offered += sum(len(hint.ids) for hint in hints)
    return Released(offered)


def _turned(lanes: list[LaneSight], memory: Memory) -> list[LaneSight]:
    """Rotate the lanes, so that no campaign is always served first."""
    start = memory.turn % max(1, len(lanes))
    return lanes[start:] + lanes[:start]


def _fill(
    lanes: Sequence[LaneSight], tasks: int, memory: Memory, store: Store, now: int
) -> list[Hint]:
    """Take one hint from each lane in turn until the queue is full or the lanes are dry."""
    hints: list[Hint] = []
    turn = list(lanes)
    while turn and len(hints) < tasks:
        dry: list[LaneSight] = []
        for sight in islice(turn, tasks - len(hints)):
            hint = _next(sight.lane, memory, store, now)
            if hint is None:
                dry.append(sight)
            else:
                hints.append(hint)
        turn = [sight for sight in turn if sight not in dry]
    return hints


def _next(lane: Lane, memory: Memory, store: Store, now: int) -> Hint | None:
    """Return the next hint behind the lane's cursor, and move the cursor behind it.

    Rows that an intake has just offered itself are passed over; the sweep looks after them.
    Rows that are ready only later are the last of their lane and stay before the cursor.
    Where there is an issuing rate, a hint is small, and there is none before its time.
    """
    pace = _pace(lane.campaign, memory, store)
    limit = HINT_MAX if pace is None else min(HINT_MAX, pace.rate.hint_max, pace.room(now))
    while limit and (rows := _due(lane, memory, store, now, limit)):
        memory.cursors[lane] = (rows[-1].ready_at, rows[-1].id)
        known = memory.offers.get(lane, {})
        fresh = tuple(
            row.id
            for row in rows
            if not stands(known.get(row.id), row) and not _just_offered(row, now)
        )
        if fresh:
            if pace is not None:
                memory.tats[lane.campaign] = pace.after(len(fresh), now)
            return Hint(lane, fresh)
    return None


def _pace(campaign_id: str, memory: Memory, store: Store) -> Pace | None:
    """Return a campaign's rate and how far it was made use of by what was offered."""
    campaign = store.terms(campaign_id)
    if campaign is None or campaign.issuing_rate is None:
        return None
    return Pace(campaign_id, Rate.parse(campaign.issuing_rate), memory.tats.get(campaign_id, 0))


def stands(offer: Offer | None, row: Ready) -> bool:
    """Return whether an offer says anything of a claim, which may have become ready anew."""
    return offer is not None and offer.at >= row.ready_at


def _due(lane: Lane, memory: Memory, store: Store, now: int, limit: int) -> list[Ready]:
    rows = store.ready(lane, after=memory.cursors.get(lane, FRONT), limit=limit)
    return [row for row in rows if row.ready_at <= now]


def _just_offered(row: Ready, now: int) -> bool:
    return row.offered_at is not None and now - row.offered_at < FRESH


def _offer(hints: Collection[Hint], memory: Memory, queue: Queue, now: int) -> bool:
    """Publish and remember; a failure is remembered too, since some may have arrived."""
    for hint in hints:
        memory.offers.setdefault(hint.lane, {}).update({i: Offer(now) for i in hint.ids})
    return queue.publish(tuple(hints))
