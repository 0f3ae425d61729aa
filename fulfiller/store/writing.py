"""What a transaction writes, as steps in the one order that every writer keeps.

Inserts are sorted by their unique key and stripes ascend, last before the marks on the mode
row: two writers that meet then wait for each other instead of deadlocking.
"""

from collections.abc import Iterable
from operator import attrgetter

from fulfiller.domain.stripe import Delta, Purse
from fulfiller.service.port import StripeMove, Writes
from fulfiller.store import hot, rows
from fulfiller.store.statement import Call, Fill, Insert, Step

by_person = attrgetter("campaign", "user", "slot")
by_id = attrgetter("id")
by_claim = attrgetter("claim_id")
by_caller = attrgetter("account", "key")
by_stripe = attrgetter("key.campaign", "key.number")


def steps(writes: Writes) -> list[Step]:
    """Return the steps of a transaction."""
    return [
        *_inserts(writes),
        *_fence(writes.fence),
        *_paces(writes),
        *_moves(writes.stripes),
        *_marks(writes),
    ]


def _inserts(writes: Writes) -> Iterable[Step]:
    yield from _fill(hot.ADD_CLAIMS, map(rows.claim_cells, sorted(writes.claims, key=by_person)))
    yield from _fill(hot.ADD_OPEN, map(rows.open_cells, sorted(writes.opened, key=by_id)))
    yield from _fill(hot.ADD_KEYS, map(rows.key_cells, sorted(writes.keys, key=by_caller)))
    yield from _fill(hot.ADD_COUPONS, map(rows.coupon_cells, sorted(writes.coupons, key=by_claim)))
    yield from _fill(hot.ADD_ACTS, map(rows.act_cells, sorted(writes.acts, key=by_caller)))
    yield from _fill(
        hot.ADD_OUTCOMES, map(rows.outcome_cells, sorted(writes.outcomes, key=by_claim))
    )
    yield from _fill(hot.ADD_EVENTS, map(rows.event_cells, writes.events))


def _fill(insert: Insert, cells: Iterable[tuple[object, ...]]) -> Iterable[Step]:
    if filled := list(cells):
        yield Fill(insert, filled)


def _fence(epoch: int | None) -> Iterable[Step]:
    if epoch is not None:
        yield Call(hot.FENCE, {"fence": epoch})


def _paces(writes: Writes) -> Iterable[Step]:
    for move in sorted(writes.paces, key=attrgetter("scope")):
        yield Call(hot.MOVE_PACE, rows.pace_move(move))


def _moves(moves: Iterable[StripeMove]) -> Iterable[Step]:
    for move in sorted(moves, key=by_stripe):
        columns = named(move.delta)
        guarded = move.guard is not None
        if guarded:
            # What the guard drives below zero has to be named, moved or not.
            columns = {Purse.AVAILABLE.value: 0} | columns
        args: dict[str, object] = {"campaign": move.key.campaign, "number": move.key.number}
        args |= columns | ({"guard": move.guard} if guarded else {})
        yield Call(hot.move_stripe(tuple(columns), guarded=guarded), args)


def named(delta: Delta) -> dict[str, int]:
    """Return a delta by column name, in a stable order, so that few statements cover all."""
    money = {purse.value: amount for purse, amount in sorted(delta.money.items())}
    counts = {f"{tier}_{count}": step for (tier, count), step in sorted(delta.counts.items())}
    return money | counts


def _marks(writes: Writes) -> Iterable[Step]:
    if writes.exhausted:
        yield Call(hot.EXHAUST, {"campaigns": sorted(writes.exhausted)})
    if writes.woken:
        yield Call(hot.WAKE, {"campaigns": sorted(writes.woken)})
