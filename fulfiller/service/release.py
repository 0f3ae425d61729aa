"""Release: publish full hints for accepted claims while the broker's queues are short.

The backlog lives in the store and the broker is kept shallow, so that tasks are full under
load, priorities can't be defeated by a pile of messages, and losing the broker is a small
repair. Release only reads the store; what it offered it remembers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import NOTHING, Board, Flow, Hint, LaneSight, Queue
from fulfiller.service.memory import Memory, Offer
from fulfiller.service.port import Store
from fulfiller.service.serving import NEW, Serving, Taken

TASKS_PER_SLOT = 2
"""With this many tasks per worker slot the queues are long enough, all together."""
SLOTS_UNKNOWN = 2
"""Slots assumed while no worker has announced any."""
BOARD = 20_000
"""Microseconds for which what was read of flows, rates and slots is good enough.

A caller that comes beside a flood waits for as long: with 50,000 its 95th percentile was 92 ms
instead of 65 without the flood.
"""
AGES = 100_000
"""Microseconds for which it is good enough when the oldest claim of a flow became ready.

Who looks for it steps over all that was issued since the last vacuum, which at full speed was a
fifth of what issuing cost the database.
"""
AGED_MAX = 100
"""Flows of which ages are told again at most: their names travel with each question."""


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did: claims offered, and whether the broker took them."""

    claims: int = 0
    broker: bool = True


def room(depth: int, slots: int) -> int:
    """Return how many more tasks the queues may hold; `slots` 0 means unknown."""
    return max(0, TASKS_PER_SLOT * (slots or SLOTS_UNKNOWN) - depth)


def short(depths: Mapping[Tier, int], slots: int) -> frozenset[Tier]:
    """Return the tiers to which another task may be published now.

    All of them while the queues are short together; else those that nothing waits in and that
    come before all others in which something does: a lower tier's tasks are no reason to wait.
    """
    if room(sum(depths.values()), slots):
        return frozenset(depths)
    busy = min(tier for tier, depth in depths.items() if depth)
    return frozenset(tier for tier in depths if tier < busy)


def release(memory: Memory, *, store: Store, queue: Queue, now: int) -> Released:
    """Fill the queues, each campaign, tier and flow in its turn."""
    # Asked first: at rest there is nothing to offer, and then nobody else need be asked.
    lanes = store.lanes()
    depths = queue.depths() if lanes else {}
    if not depths:
        return Released(broker=depths is not None)
    serving = Serving(memory, store=store, now=now)
    board = _board(memory, lanes, store, now)
    serving.open(lanes, board)
    waiting = dict(depths)
    taken: list[Taken] = []
    while one := serving.next(short(waiting, board.slots)):
        waiting[one.lane.tier] += 1
        taken.append(one)
    return Released(sum(len(one.ids) for one in taken), _offer(taken, memory, queue, now))


def _board(memory: Memory, lanes: Collection[LaneSight], store: Store, now: int) -> Board:
    known = {flow.lane for flow in memory.board.flows} if memory.board is not None else set()
    stale = now - memory.board_at >= BOARD or any(sight.lane not in known for sight in lanes)
    if memory.board is None or stale:
        campaigns = sorted({sight.lane.campaign for sight in lanes})
        memory.board = store.board(campaigns, _ages(memory, now))
        memory.board_at = now
    return memory.board


def _ages(memory: Memory, now: int) -> Mapping[Flow, int]:
    """Return when the oldest claim of flows with a backlog became ready, if that is good enough.

    Who has none is looked for each time: taken for older than they are they would wait in line.
    """
    board = memory.board
    if board is not None and now - memory.aged_at < AGES and len(board.flows) <= AGED_MAX:
        return {flow: ready_at for flow, ready_at in board.flows.items() if ready_at < now - NEW}
    memory.aged_at = now
    return NOTHING


def _offer(taken: Collection[Taken], memory: Memory, queue: Queue, now: int) -> bool:
    """Publish and remember; a failure is remembered too, since some may have arrived."""
    offer = Offer(now)
    for one in taken:
        for flow, ids in one.flows.items():
            memory.offers.setdefault(flow, {}).update(dict.fromkeys(ids, offer))
    hints = [Hint(one.lane, one.ids) for one in taken]
    return not hints or queue.publish(hints)
