"""The port to coupons in hand; every store implements it beside its own."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.act import Act
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.coupon import Coupon
from fulfiller.service.port import Key, Unit


@dataclass(frozen=True, slots=True)
class CouponSight:
    """A coupon, its campaign, and what was done under a caller's key to this or another one."""

    coupon: Coupon
    campaign: Campaign
    acts: tuple[Act, ...] = ()


class Till(Protocol):
    """Coupons by their codes, and their moves: whoever moves the coupon decides."""

    def look_coupon(self, lookup: bytes, caller: Key) -> CouponSight | None:
        """Return the coupon behind a lookup hash, all of it as at one moment."""

    def move_coupon(self, old: Coupon, new: Coupon) -> AbstractContextManager[Unit[Coupon]]:
        """Move a coupon that has still `old`'s state and revision, and return it as it is now."""
