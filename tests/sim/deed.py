"""Deeds: the same acts on two stores, drawn by dice from what the first one holds.

Each deed draws what it needs first and returns what is done to a store; so the simulated store
and a real one are asked for the very same, and must answer the same.
"""

from collections.abc import Callable
from dataclasses import replace

from msgspec import structs

from fulfiller.domain.act import Verb
from fulfiller.domain.breaker import Reading
from fulfiller.domain.claim import Stage
from fulfiller.domain.code import mint
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import Gauge
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Rate
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY
from fulfiller.service import move, steer
from fulfiller.service.accept import accept
from fulfiller.service.amend import end, set_thresholds, set_weights
from fulfiller.service.book import moves, shifting
from fulfiller.service.consolidate import consolidate
from fulfiller.service.decide import Round
from fulfiller.service.extend import extend
from fulfiller.service.issue import Press, issue
from fulfiller.service.keep import LEASE
from fulfiller.service.mark import mark
from fulfiller.service.port import Writes
from fulfiller.service.rates import By, set_rate
from fulfiller.service.redeem import Order, handle
from fulfiller.service.seal import seal
from fulfiller.service.waitlist import Block
from fulfiller.wiring import Truth
from tests.contract.world import KEY, START, claim, coupon, event, opened, writes
from tests.sim.reads import read
from tests.sim.teller import Deed, Teller

LONG_S = 10_000.0


def _accept(teller: Teller) -> Deed:
    requests = [teller.request() for _ in range(teller.dice.randint(1, 5))]
    ids = [teller.fresh() for _ in requests]
    start, now = teller.dice.randrange(4), teller.now

    def deed(store: Truth) -> object:
        fresh = iter(ids)
        circumstances = Round(now=now, new_id=lambda: next(fresh, ids[0]), start=start)
        return accept(requests, store=store, circumstances=circumstances)

    return deed


def _issue(teller: Teller) -> Deed:
    ids, now = teller.ids(), teller.now
    again = teller.dice.random() < 0.3
    return lambda store: issue(ids, Press(store=store, key=KEY, now=lambda: now), redelivered=again)


def _cancel(teller: Teller) -> Deed:
    ids, now = teller.ids(most=1), teller.now
    account = teller.dice.choice(("shop", "rival"))

    def deed(store: Truth) -> object:
        return [move.cancel(i, store=store, now=now, account=account, actor="account") for i in ids]

    return deed


def _park(teller: Teller) -> Deed:
    ids, now = teller.ids(Stage.ACCEPTED, most=2), teller.now
    return lambda store: sorted(move.park(ids, "worn", store=store, now=now, actor="worker"))


def _replay(teller: Teller) -> Deed:
    ids, now = teller.ids(Stage.PARKED), teller.now
    return lambda store: sorted(move.replay(ids, store=store, now=now, actor="operator:test"))


def _abandon(teller: Teller) -> Deed:
    ids, now = teller.ids(Stage.PARKED, most=1), teller.now
    return lambda store: sorted(
        move.abandon(ids, "hopeless", store=store, now=now, actor="operator:test")
    )


def _attempt(teller: Teller) -> Deed:
    ids, fence = teller.ids(), teller.dice.choice((None, None, 99))
    return lambda store: dict(store.attempt(ids, fence=fence))


def _admit(teller: Teller) -> Deed:
    ids, now = teller.ids(Stage.WAITLISTED), teller.now

    def deed(store: Truth) -> object:
        with store.shift(ids, Stage.WAITLISTED, Stage.ACCEPTED, ready_at=now) as unit:
            rows = sorted(unit.rows, key=lambda row: row.id)
            if rows:
                entry = shifting(Stage.WAITLISTED, Stage.ACCEPTED)
                unit.commit(Writes(stripes=moves((row, entry) for row in rows)))
            return rows

    return deed


def _look_in(teller: Teller) -> Deed:
    """Take rows and leave them: nothing has happened."""
    ids = teller.ids()
    stages = teller.dice.sample(tuple(Stage), 2)
    unheld = teller.dice.random() < 0.5

    def deed(store: Truth) -> object:
        with store.take(ids, stages, unheld=unheld) as unit:
            return sorted(row.id for row in unit.rows)

    return deed


def _gather(teller: Teller) -> Deed:
    now, campaign = teller.now, teller.dice.choice(("festival", "other", "none"))
    return lambda store: consolidate(campaign, store=store, now=now)


def _pause(teller: Teller) -> Deed:
    scope, act = teller.scope(), teller.act()
    how = teller.dice.choice((steer.pause, steer.let_flow, steer.let_go))
    return lambda store: how(scope, act, store=store)


def _hold(teller: Teller) -> Deed:
    scope, act = teller.scope(), teller.act()
    how = teller.dice.choice((steer.hold, steer.unhold, steer.unhold))
    return lambda store: how(scope, act, store=store)


def _late_move(teller: Teller) -> Deed:
    """Move a mode that has moved on since it was read."""
    scope, at = teller.scope(), teller.now
    old = teller.model.shelves.modes[scope]
    stale = replace(old, generation=old.generation - teller.dice.randrange(2))
    new = replace(old, cause="late", generation=old.generation + 1)
    said = event(campaign=scope, kind=Kind.MODE_PAUSED, tier=None, at=at)
    return lambda store: store.move_mode(stale, new, said)


def _rate(teller: Teller) -> Deed:
    """Set a rate that leaves room for all there is: whom it leaves out is the store's choice."""
    text = teller.dice.choice((None, "1000/s", "5000/s"))
    scope = teller.dice.choice((SERVICE_RATE, ("festival", EVERY_KEY), ("other", "shop-1")))
    by = By(reason="trace", actor="operator:test", now=teller.now)
    rate = None if text is None else Rate.parse(text)
    return lambda store: set_rate(scope, rate, by, store=store)


def _extend(teller: Teller) -> Deed:
    now, until = teller.now, START + teller.dice.randint(20, 90) * DAY
    return lambda store: extend("festival", until, store=store, now=now, actor="operator:test")


def _amend(teller: Teller) -> Deed:
    by = By(reason="trace", actor="operator:test", now=teller.now)
    high, weight = teller.dice.choice((None, 40, 400)), teller.dice.randint(1, 9)
    if teller.dice.random() < 0.5:
        stated = {"backlog_threshold": high, "resume_threshold": None}
        return lambda store: set_thresholds("festival", stated, by, store=store)
    return lambda store: set_weights("festival", {Tier.P1: weight}, by, store=store)


def _mark(teller: Teller) -> Deed:
    scope, now = teller.dice.choice(("festival", "*", "none")), teller.now
    return lambda store: mark(scope, "a mark", actor="operator:test", at=now, store=store)


def _end(teller: Teller) -> Deed:
    """End the campaign that matters less: what is open of it goes on."""
    by = By(reason="trace", actor="operator:test", now=teller.now)
    name = "other" if teller.dice.random() < 0.1 else "none"
    return lambda store: end(name, by, store=store)


def _turn_away(teller: Teller) -> Deed:
    """Tell of refusals, or put together all that was told."""
    intake, code = teller.dice.choice("ab"), teller.dice.choice(("sold_out", "ended"))
    counts = {(teller.dice.choice(("festival", "none")), code): teller.dice.randrange(9)}
    old = teller.dice.random() < 0.2

    def deed(store: Truth) -> object:
        if old:
            store.fold_refusals(before=store.now() + DAY)
        else:
            store.tell_refusals(intake, counts)
        return {name: dict(codes) for name, codes in store.refusals().items()}

    return deed


def _handle(teller: Teller) -> Deed:
    coupons = sorted(teller.model.shelves.coupons) or [teller.fresh()]
    claim_id, now = teller.dice.choice(coupons), teller.now
    order = Order(
        verb=teller.dice.choice(tuple(Verb)),
        lookup=mint(claim_id, 0, KEY).lookup,
        account=teller.dice.choice(("owner", "owner", "", "shop")),
        key=f"till {teller.dice.randrange(4)}",
        actor="owner",
        reason="trace",
        hold_s=5,
    )
    return lambda store: handle(order, store=store, now=now)


def _lease(teller: Teller) -> Deed:
    """Get the lease, or give it back; the epoch is what fences compare with."""
    holder = teller.dice.choice(("a", "b"))
    if teller.dice.random() < 0.3:
        return lambda store: store.release_lease(LEASE, holder)
    return lambda store: (store.lease(LEASE, holder, ttl_s=LONG_S), store.leader(LEASE))


def _fenced(teller: Teller) -> Deed:
    """Seal, show a gauge or keep a block, with the right epoch or with another."""
    fence = teller.model.shelves.epoch() + teller.dice.choice((0, 0, 1))
    lane, at = teller.lane(), teller.now
    gauge = {lane.campaign: Gauge(at=at, reading=Reading(backlog=at % 7))}
    block = Block(end=(at, teller.fresh()), count=at % 5)
    what = teller.dice.randrange(3)

    def deed(store: Truth) -> object:
        if what == 0:
            return seal(store=store, fence=fence)
        if what == 1:
            store.show_gauges(gauge, fence=fence)
        else:
            store.keep_blocks(lane, gone=(), new=(block,), fence=fence)
        return None

    return deed


def _collide(teller: Teller) -> Deed:
    """Write what a constraint refuses: a key, an identity, a slot, a code, a sum below zero."""
    claims = sorted(teller.model.shelves.claims.values(), key=lambda each: each.id)
    if not claims:
        return lambda _: None
    old = teller.dice.choice(claims)
    bad = (
        writes(structs.replace(claim("new"), id=old.id)),
        writes(structs.replace(old, id=teller.fresh(), slot=9, turn=old.turn)),
        writes(structs.replace(old, id=teller.fresh(), grant="else", turn=9)),
        Writes(coupons=(coupon(old), structs.replace(coupon(old), lookup=b"else" * 4))),
        Writes(coupons=(coupon(old), structs.replace(coupon(old), claim_id=teller.fresh()))),
        Writes(opened=(opened(old), opened(old))),
    )
    wrong = bad[teller.dice.randrange(len(bad))]
    return lambda store: store.write(replace(wrong, keys=(), events=()))


DEEDS: dict[str, Callable[[Teller], Deed]] = {
    "accept": _accept, "accept more": _accept, "issue": _issue, "cancel": _cancel, "park": _park,
    "replay": _replay, "abandon": _abandon, "attempt": _attempt, "admit": _admit,
    "look in": _look_in, "gather": _gather, "pause": _pause, "hold": _hold,
    "move late": _late_move, "rate": _rate, "extend": _extend, "handle": _handle,
    "amend": _amend, "end": _end, "turn away": _turn_away, "mark": _mark,
    "lease": _lease, "fenced": _fenced, "collide": _collide, "read": read, "read more": read,
}  # fmt: skip
"""Every deed by its name."""


def draw(teller: Teller) -> tuple[str, Deed]:
    """Return a deed and its name; time goes on a little."""
    teller.wait()
    name = teller.dice.choice(tuple(DEEDS))
    return name, DEEDS[name](teller)
