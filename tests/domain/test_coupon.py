"""Coupons: the drawing is the law here, too."""

from itertools import product

import pytest

from fulfiller.domain import coupon as module
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.coupon import COUPON_MOVES, Coupon, CouponState, check_coupon_move
from fulfiller.domain.error import IllegalMove
from fulfiller.domain.tier import Tier
from tests.domain.drawing import arrows, drawn

ARROWS = {(CouponState(old), CouponState(new)) for old, new in arrows(drawn(module.__doc__))}


def test_the_drawing_is_the_law() -> None:
    """Each arrow of the picture is a legal move, and each legal move an arrow."""
    assert {(old, new) for old, targets in COUPON_MOVES.items() for new in targets} == ARROWS


@pytest.mark.parametrize(("old", "new"), list(product(CouponState, CouponState)))
def test_only_drawn_moves_are_legal(old: CouponState, new: CouponState) -> None:
    """Every other pair of states is refused, with both of them named."""
    if (old, new) in ARROWS:
        check_coupon_move(old, new)
        return
    with pytest.raises(IllegalMove, match=f"^a coupon can't go from {old} to {new}$"):
        check_coupon_move(old, new)


def test_a_coupon_is_named_after_its_claim() -> None:
    """One claim, one coupon: they share the id behind their prefixes."""
    coupon = Coupon(
        claim_id=ClaimId("0190"),
        campaign="festival",
        account="shop",
        stripe=0,
        tier=Tier.P2,
        amount=1,
        key_id=1,
        salt=0,
        lookup=b"",
        issued_at=0,
        valid_until=0,
    )
    assert coupon.public_id == "cpn_0190"
    assert coupon.state is CouponState.ISSUED
