"""Handle a coupon in hand: reserve, release, redeem, roll back, revoke; each once per key.

Look, decide, move: one guarded update decides who was first, and key, event and money are
written in the same transaction. Whoever loses the race looks again. A repeat under the same
key is answered as long as what it did still stands, and told so when it no longer does: a
redemption that was rolled back is not made again by a request that was late.
"""

from dataclasses import dataclass

from msgspec import structs

from fulfiller.domain.act import Act, CouponWhy, Verb
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.coupon import Coupon, CouponState, Standing, check_coupon_move
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Delta, Purse, StripeKey
from fulfiller.domain.validity import SECOND, Pause
from fulfiller.service.port import StripeMove, Writes
from fulfiller.service.till import CouponSight, Till

OPERATOR = ""
"""Stands for the account of an operator, who may handle every coupon."""
NO_KEY = ""
"""Whoever only looks has no idempotency key."""
LOSSES_MAX = 40
"""Lost races after which an order is given up as Raced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody wants done to the coupon behind a lookup hash, under their key."""

    verb: Verb
    lookup: bytes
    account: str
    key: str
    actor: str
    reason: str = ""
    hold_s: int = 0


@dataclass(frozen=True, slots=True)
class Handled:
    """It is done, or `replayed` was done before; the coupon as it is now, and its campaign.

    `pauses` are those that the campaign grants credit for.
    """

    coupon: Coupon
    campaign: Campaign
    replayed: bool = False
    pauses: tuple[Pause, ...] = ()

    @property
    def sight(self) -> CouponSight:
        """Return the coupon as whoever looks at it now sees it."""
        return CouponSight(self.coupon, self.campaign, pauses=self.pauses)


@dataclass(frozen=True, slots=True)
class Denied:
    """Nothing was done."""

    why: CouponWhy


def see(lookup: bytes, account: str, *, store: Till) -> CouponSight | None:
    """Return a coupon to its claim's account or its campaign's owner; to others it is unknown."""
    sight = store.look_coupon(lookup, (account, NO_KEY))
    if sight is None or account not in (sight.coupon.account, sight.campaign.owner, OPERATOR):
        return None
    return sight


def handle(order: Order, *, store: Till, now: int) -> Handled | Denied:
    """Do what is ordered, once; raise StoreUnavailable if the store does not answer.

    Only the campaign's owner may: a foreign coupon is as unknown as one that does not exist,
    and takes the same look into the store.
    """
    for _ in range(LOSSES_MAX):
        sight = store.look_coupon(order.lookup, (order.account, order.key))
        if sight is None or order.account not in (sight.campaign.owner, OPERATOR):
            return Denied(CouponWhy.UNKNOWN_COUPON)
        decided = decide(order, sight, now=now)
        if not isinstance(decided, Coupon):
            return decided
        if _written(order, sight.coupon, decided, store=store, now=now):
            return Handled(decided, sight.campaign, pauses=sight.pauses)
    message = f"an order lost {LOSSES_MAX} races in a row"
    raise Raced(message)


def decide(order: Order, sight: CouponSight, *, now: int) -> Coupon | Handled | Denied:
    """Return the coupon as it is to become; or what was done before; or why it may not be."""
    coupon = sight.coupon
    for act in sight.acts:
        if act.claim_id != coupon.claim_id:
            return Denied(CouponWhy.KEY_REUSED)
        if act.verb is order.verb:
            return _repeated(act, sight, now)
    why = _refusal(order, sight, now)
    return _after(order, sight, now) if why is None else Denied(why)


def _repeated(act: Act, sight: CouponSight, now: int) -> Handled | Denied:
    coupon = sight.coupon
    stands = act.revision == coupon.revision and coupon.effective(now) is _TARGET[act.verb]
    if not stands:
        return Denied(CouponWhy.MOVED_ON)
    return Handled(coupon, sight.campaign, replayed=True, pauses=sight.pauses)


def _refusal(order: Order, sight: CouponSight, now: int) -> CouponWhy | None:
    coupon = sight.coupon
    standing = sight.standing(now=now)
    why = _REFUSED[order.verb].get(standing)
    if why is not None or standing not in _KEYED:
        return why
    if coupon.checkout == order.key and order.verb is not Verb.RESERVE:
        return None
    # Who reserves again under a key of theirs was answered before: this is another's.
    if order.account == OPERATOR and order.verb is Verb.ROLL_BACK:
        return None
    return _OF_ANOTHER.get(order.verb)


def _after(order: Order, sight: CouponSight, now: int) -> Coupon:
    """Return the coupon after the order; nothing is held beyond its validity."""
    coupon, target = sight.coupon, _TARGET[order.verb]
    check_coupon_move(coupon.effective(now), target)
    held = target is CouponState.RESERVED
    return structs.replace(
        coupon,
        state=target,
        revision=coupon.revision + 1,
        held_until=min(now + order.hold_s * SECOND, sight.end(now=now)) if held else None,
        checkout=order.key if order.verb in (Verb.RESERVE, Verb.REDEEM) else None,
    )


def _written(order: Order, old: Coupon, new: Coupon, *, store: Till, now: int) -> bool:
    """Move the coupon with all that belongs to it; False if somebody else was first."""
    try:
        with store.move_coupon(old, new) as unit:
            if unit.rows:
                unit.commit(_writes(order, new, now))
            return bool(unit.rows)
    except Raced:
        return False


def _writes(order: Order, coupon: Coupon, now: int) -> Writes:
    act = Act(
        account=order.account,
        key=order.key,
        verb=order.verb,
        claim_id=coupon.claim_id,
        revision=coupon.revision,
        at=now,
    )
    event = Event(
        at=now,
        campaign=coupon.campaign,
        tier=coupon.tier,
        kind=_KIND[order.verb],
        ids=(coupon.claim_id,),
        amount=coupon.amount,
        actor=order.actor,
        detail=order.reason,
    )
    return Writes(
        acts=(act,),
        events=(event,),
        stripes=_stripes(order.verb, coupon),
        woken=(coupon.campaign,) if order.verb is Verb.REVOKE else (),
    )


def _stripes(verb: Verb, coupon: Coupon) -> tuple[StripeMove, ...]:
    """Return where its money goes; a coupon that is held stays in the purse `issued`."""
    if verb not in _PURSES:
        return ()
    source, target = _PURSES[verb]
    delta = Delta({source: -coupon.amount, target: coupon.amount})
    return (StripeMove(StripeKey(coupon.campaign, coupon.stripe), delta),)


_TARGET = {
    Verb.RESERVE: CouponState.RESERVED,
    Verb.RELEASE: CouponState.ISSUED,
    Verb.REDEEM: CouponState.REDEEMED,
    Verb.ROLL_BACK: CouponState.ISSUED,
    Verb.REVOKE: CouponState.REVOKED,
}
_KIND = {
    Verb.RESERVE: Kind.COUPON_RESERVED,
    Verb.RELEASE: Kind.COUPON_RELEASED,
    Verb.REDEEM: Kind.COUPON_REDEEMED,
    Verb.ROLL_BACK: Kind.COUPON_ROLLED_BACK,
    Verb.REVOKE: Kind.COUPON_REVOKED,
}
_PURSES = {
    Verb.REDEEM: (Purse.ISSUED, Purse.REDEEMED),
    Verb.ROLL_BACK: (Purse.REDEEMED, Purse.ISSUED),
    Verb.REVOKE: (Purse.ISSUED, Purse.AVAILABLE),
}
_SPENT = {
    Standing.REVOKED: CouponWhy.COUPON_REVOKED,
    Standing.REDEEMED: CouponWhy.ALREADY_REDEEMED,
}
_UNUSABLE = _SPENT | {Standing.EXPIRED: CouponWhy.COUPON_EXPIRED}
_REFUSED = {
    Verb.RESERVE: _UNUSABLE,
    Verb.REDEEM: _UNUSABLE,
    Verb.RELEASE: _SPENT
    | dict.fromkeys((Standing.ISSUED, Standing.EXPIRED), CouponWhy.NOT_RESERVED),
    Verb.ROLL_BACK: {
        Standing.REVOKED: CouponWhy.COUPON_REVOKED,
        Standing.ISSUED: CouponWhy.NOT_REDEEMED,
        Standing.RESERVED: CouponWhy.NOT_REDEEMED,
        Standing.EXPIRED: CouponWhy.NOT_REDEEMED,
    },
    Verb.REVOKE: _SPENT,
}
"""What is refused by the coupon's standing alone."""
_KEYED = frozenset({Standing.RESERVED, Standing.REDEEMED})
"""Standings that belong to the key under which they came about."""
_OF_ANOTHER = {
    Verb.RESERVE: CouponWhy.COUPON_RESERVED,
    Verb.REDEEM: CouponWhy.COUPON_RESERVED,
    Verb.RELEASE: CouponWhy.NOT_RESERVED,
    Verb.ROLL_BACK: CouponWhy.NOT_REDEEMED,
}
"""What whoever holds another key is told of them."""
