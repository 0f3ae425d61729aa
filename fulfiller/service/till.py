"""The port to coupons in hand; every store implements it beside its own."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.act import Act
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.coupon import Coupon, Standing
from fulfiller.domain.validity import Pause
from fulfiller.service.port import Key, Unit


@dataclass(frozen=True, slots=True)
class CouponSight:
    """A coupon, its campaign, and what was done under a caller's key to this or another one.

    `pauses` are those of the campaign and of the service, if the campaign grants pause credit.
    """

    coupon: Coupon
    campaign: Campaign
    acts: tuple[Act, ...] = ()
    pauses: tuple[Pause, ...] = ()

    def end(self, *, now: int) -> int:
        """Return the exclusive instant at which the coupon stops being valid."""
        return self.coupon.end(now=now, floor=self.campaign.floor, pauses=self.pauses)

    def standing(self, *, now: int) -> Standing:
        """Return what the coupon is worth at a moment."""
        return self.coupon.standing(now=now, floor=self.campaign.floor, pauses=self.pauses)


class Till(Protocol):
    """Coupons by their codes, and their moves: whoever moves the coupon decides."""

    def look_coupon(self, lookup: bytes, caller: Key) -> CouponSight | None:
        """Return the coupon behind a lookup hash, all of it as at one moment.

        None if it is neither the caller's nor of a campaign of theirs, as if it did not exist,
        and for as much work; an operator, who has no account, sees every one.
        """

    def move_coupon(self, old: Coupon, new: Coupon) -> AbstractContextManager[Unit[Coupon]]:
        """Move a coupon that has still `old`'s state and revision, and return it as it is now."""

    def pauses(self, campaign: str) -> Sequence[Pause]:
        """Return the spans in which a campaign or the service was paused; they may overlap.

        One that lasts has no end.
        """
