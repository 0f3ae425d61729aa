"""Sweep: offer again what was lost on the way, from the front of every lane.

A claim was lost if later claims of its lane overtook it by three seconds, or if it has been
open for three seconds while its queue is empty. Claims that committed late, behind the
cursor, were never offered and are found here too. Waits between offers double, 3, 6, 12 s;
the third offer goes alone and counts as an attempt, because a claim that kills its worker
never reaches the worker's own counting. While no worker is known, nothing is counted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fulfiller.domain.claim import ClaimId
from fulfiller.service.dispatch import Flow, Hint, Lane, LaneSight, Queue, Ready
from fulfiller.service.front import Front, fronts
from fulfiller.service.issue import ATTEMPTS_MAX
from fulfiller.service.memory import Memory, Offer
from fulfiller.service.move import park
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT, HINT_MAX, intake_offer, stands

PATIENCE = 3_000_000
"""Microseconds before the first repeat of an offer."""
PATIENCE_MAX = 12_000_000
ALONE_FROM = 3
"""The offer from which on a claim travels alone and is counted."""
WORN = "it was offered too often"


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a lane has to be offered again: together, and one by one."""

    together: tuple[ClaimId, ...]
    alone: tuple[ClaimId, ...]


def sweep(memory: Memory, *, store: Store, queue: Queue, now: int, fence: int | None = None) -> int:
    """Offer again what is overdue in every lane; return the number of claims offered.

    `fence` is the epoch of the keeper's lease; raises Deposed if that is lost.
    """
    depths = queue.depths()
    if depths is None:
        return 0
    sights = store.lanes()
    memory.keep({sight.lane for sight in sights})
    # Workers that can't reach the store announce no slots: what they leave open is no poison.
    # Not covered: workers that answer, but are too old to understand what they are offered.
    staffed = bool(sights) and store.slots() > 0
    desk = _Desk(memory, store, queue, now, fence, staffed)
    flows = _flows(sights, store)
    return sum(
        _sweep_lane(lane, mine, desk, empty=not depths.get(lane.tier))
        for lane, mine in flows.items()
    )


def _flows(sights: Sequence[LaneSight], store: Store) -> dict[Lane, list[Flow]]:
    """Return the flows of these lanes, by lane."""
    flows: dict[Lane, list[Flow]] = {sight.lane: [] for sight in sights}
    for flow in store.board(sorted({lane.campaign for lane in flows})).flows if flows else ():
        if flow.lane in flows:
            flows[flow.lane].append(flow)
    return flows


@dataclass(frozen=True, slots=True)
class _Desk:
    memory: Memory
    store: Store
    queue: Queue
    now: int
    fence: int | None
    staffed: bool


def overdue(
    rows: Sequence[Ready],
    offers: Mapping[ClaimId, Offer],
    *,
    cursor: tuple[int, ClaimId],
    now: int,
    overtaken: int,
) -> Overdue:
    """Return which of these open rows have to be offered again.

    `overtaken`: offers made before this instant have been overtaken by others of the lane.
    """
    late = [row for row in rows if _is_late(row, offers.get(row.id), cursor, now, overtaken)]
    alone = {row.id for row in late if _times(offers.get(row.id)) + 1 >= ALONE_FROM}
    return Overdue(
        together=tuple(row.id for row in late if row.id not in alone),
        alone=tuple(row.id for row in late if row.id in alone),
    )


def _sweep_lane(lane: Lane, flows: Sequence[Flow], desk: "_Desk", *, empty: bool) -> int:
    """Offer again what is overdue in a lane: each flow is read from its own front.

    One front for all would be blocked by whoever waits there for a rate of its own.
    """
    read = fronts(flows, memory=desk.memory, store=desk.store)
    newest = max((_settled(front, desk.memory) for front in read), default=0)
    newest = max(newest, _vanished(lane, flows, desk.memory), desk.memory.done.get(lane, 0))
    desk.memory.done[lane] = newest
    overtaken = desk.now if empty else newest - PATIENCE
    return sum(_offer_again(front.flow, front.rows, overtaken, desk) for front in read)


def _settled(front: Front, memory: Memory) -> int:
    offers = memory.offers.setdefault(front.flow, {})
    return _settle(front.rows, offers, complete=front.whole)


def _vanished(lane: Lane, flows: Collection[Flow], memory: Memory) -> int:
    """Forget flows that have no claims left, and return when their newest offer was made."""
    gone = [flow for flow in memory.offers if flow.lane == lane and flow not in flows]
    offers = [offer.at for flow in gone for offer in memory.offers.pop(flow).values()]
    return max(offers, default=0)


def _offer_again(flow: Flow, rows: Sequence[Ready], overtaken: int, desk: "_Desk") -> int:
    offers = desk.memory.offers[flow]
    due = overdue(
        rows,
        offers,
        cursor=desk.memory.cursors.get(flow, FRONT),
        now=desk.now,
        overtaken=overtaken,
    )
    alone = _counted(due.alone, desk) if desk.staffed else ()
    together = due.together if desk.staffed else due.together + due.alone
    for claim_id in together + alone:
        offers[claim_id] = Offer(desk.now, _times(offers.get(claim_id)) + 1)
    desk.queue.publish(_hints(flow.lane, together, alone))
    return len(together) + len(alone)


def _settle(rows: Sequence[Ready], offers: dict[ClaimId, Offer], *, complete: bool) -> int:
    """Note offers that intakes made, forget those that are done, return the newest done one.

    An offer is done when its claim is no longer among the open rows, or ready anew; beyond a
    page that was cut off, only ids older than its end can be judged. Ids are UUIDv7 and sort
    by time.
    """
    answered = [row.id for row in rows if row.id in offers and not stands(offers[row.id], row)]
    still = {row.id for row in rows}
    horizon = max(still, default="") if not complete else None
    done = [i for i in offers if i not in still and (horizon is None or i <= horizon)]
    newest = max((offers.pop(claim_id).at for claim_id in [*done, *answered]), default=0)
    for row in rows:
        if (offer := intake_offer(row)) is not None:
            offers.setdefault(row.id, offer)
    return newest


def _is_late(
    row: Ready, offer: Offer | None, cursor: tuple[int, ClaimId], now: int, overtaken: int
) -> bool:
    if offer is None:
        return (row.ready_at, row.id) <= cursor
    patience = min(PATIENCE << (offer.times - 1), PATIENCE_MAX)
    return now - offer.at >= patience and offer.at <= overtaken


def _times(offer: Offer | None) -> int:
    return 0 if offer is None else offer.times


def _counted(ids: Sequence[ClaimId], desk: "_Desk") -> tuple[ClaimId, ...]:
    """Count an attempt at each, park what is worn out, return what may be offered alone."""
    if not ids:
        return ()
    counts = desk.store.attempt(ids, fence=desk.fence)
    worn = [claim_id for claim_id in ids if counts.get(claim_id, 0) > ATTEMPTS_MAX]
    if worn:
        park(worn, WORN, store=desk.store, now=desk.now, actor="keeper", fence=desk.fence)
    return tuple(claim_id for claim_id in ids if claim_id not in worn)


def _hints(lane: Lane, together: Sequence[ClaimId], alone: Sequence[ClaimId]) -> tuple[Hint, ...]:
    full = range(0, len(together), HINT_MAX)
    return tuple(Hint(lane, tuple(together[at : at + HINT_MAX])) for at in full) + tuple(
        Hint(lane, (claim_id,)) for claim_id in alone
    )
