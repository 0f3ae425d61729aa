"""A coupon: what a claim turns into, and the states it can be in.

    issued ◄──► reserved ──► redeemed ──► issued   (rolled back)
       │            │
       └────────────┴──► revoked                   (money back, slot not freed)

Expired is not a state: it is derived by `validity.py` on every look.
"""

from dataclasses import dataclass
from enum import StrEnum

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.error import IllegalMove
from fulfiller.domain.tier import Tier

COUPON_PREFIX = "cpn_"


class CouponState(StrEnum):
    """Where a coupon stands."""

    ISSUED = "issued"
    RESERVED = "reserved"
    REDEEMED = "redeemed"
    REVOKED = "revoked"


COUPON_MOVES = {
    CouponState.ISSUED: frozenset({CouponState.RESERVED, CouponState.REVOKED}),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon as stored: without its code, which is recomputed from key id and salt."""

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

    @property
    def public_id(self) -> str:
        """Return the coupon's id as callers see it: its claim's UUID behind `cpn_`."""
        return COUPON_PREFIX + self.claim_id
