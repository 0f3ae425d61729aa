"""A coupon: what a claim turns into, and the states it can be in.

    issued ◄──► reserved ──► redeemed ◄──► issued   (and rolled back)
       │            │
       └────────────┴──► revoked                    (money back, slot not freed)

Expired is not a state: it is derived by `validity.py` on every look, and so is the end of a
reservation that has run out.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.error import IllegalMove
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import Pause, valid_until

COUPON_PREFIX = "cpn_"


class CouponState(StrEnum):
    """Where a coupon stands."""

    ISSUED = "issued"
    RESERVED = "reserved"
    REDEEMED = "redeemed"
    REVOKED = "revoked"


class Standing(StrEnum):
    """What a coupon is worth to somebody who looks at it now: its state, or expired."""

    ISSUED = "issued"
    RESERVED = "reserved"
    REDEEMED = "redeemed"
    REVOKED = "revoked"
    EXPIRED = "expired"


COUPON_MOVES = {
    CouponState.ISSUED: frozenset(
        {CouponState.RESERVED, CouponState.REDEEMED, CouponState.REVOKED}
    ),
    CouponState.RESERVED: frozenset(
        {CouponState.ISSUED, CouponState.REDEEMED, CouponState.REVOKED}
    ),
    CouponState.REDEEMED: frozenset({CouponState.ISSUED}),
    CouponState.REVOKED: frozenset[CouponState](),
}


def check_coupon_move(old: CouponState, new: CouponState) -> None:
    """Raise IllegalMove unless a coupon may go from `old` to `new`."""
    if new not in COUPON_MOVES[old]:
        raise IllegalMove("coupon", old, new)


class Coupon(Struct, frozen=True, kw_only=True, gc=False):
    """A coupon as stored: without its code, which is recomputed from key id and salt.

    `revision` counts its moves. `checkout` is the idempotency key under which it is reserved
    or redeemed, `held_until` the exclusive end of a reservation.
    """

    claim_id: ClaimId
    campaign: str
    account: str
    stripe: int
    tier: Tier
    amount: int
    key_id: int
    salt: int
    lookup: bytes
    issued_at: int
    valid_until: int
    state: CouponState = CouponState.ISSUED
    revision: int = 0
    held_until: int | None = None
    checkout: str | None = None

    @property
    def public_id(self) -> str:
        """Return the coupon's id as callers see it: its claim's UUID behind `cpn_`."""
        return COUPON_PREFIX + self.claim_id

    def effective(self, now: int) -> CouponState:
        """Return the state at a moment: a reservation that has run out is none."""
        if self.state is CouponState.RESERVED and now >= (self.held_until or 0):
            return CouponState.ISSUED
        return self.state

    def end(self, *, now: int, floor: int | None, pauses: Iterable[Pause] = ()) -> int:
        """Return the exclusive instant at which it stops being valid.

        `floor` is its campaign's; `pauses` are those that its campaign grants credit for.
        """
        return valid_until(
            self.valid_until, issued_at=self.issued_at, now=now, floor=floor, pauses=pauses
        )

    def standing(self, *, now: int, floor: int | None, pauses: Iterable[Pause] = ()) -> Standing:
        """Return what it is worth at a moment."""
        state = self.effective(now)
        open_still = state in (CouponState.ISSUED, CouponState.RESERVED)
        if open_still and now >= self.end(now=now, floor=floor, pauses=pauses):
            return Standing.EXPIRED
        return Standing(state)
