"""The till over a link: coupons by their lookup hash, and their moves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fulfiller.domain.coupon import Coupon
from fulfiller.domain.validity import Pause
from fulfiller.service.port import Key
from fulfiller.service.till import CouponSight
from fulfiller.store import hot, rows
from fulfiller.store.rates import Rates
from fulfiller.store.statement import Call
from fulfiller.store.unit import SqlUnit


class Till(Rates):
    """Coupons in hand, in one database."""

    def look_coupon(self, lookup: bytes, caller: Key) -> CouponSight | None:
        """Return the coupon behind a lookup hash, all of it as at one moment."""
        account, key = caller
        args = {"lookup": lookup, "account": account, "key": key}
        found = self.link.read((Call(hot.LOOK_COUPON, args),))[0]
        if not found:
            return None
        (terms, spans, *mine), acts = found[0], 2 + len(hot.COUPON)
        return CouponSight(
            rows.coupon(tuple(mine[: len(hot.COUPON)])),
            rows.campaign(str(terms)),
            tuple(rows.act(cells[acts:]) for cells in found if cells[acts] is not None),
            rows.pauses(str(spans or "")),
        )

    def pauses(self, campaign: str) -> Sequence[Pause]:
        """Return the spans in which a campaign or the service was paused; they may overlap."""
        found = self.link.read((Call(hot.PAUSES, {"campaign": campaign}),))[0]
        return rows.pauses(str(found[0][0] or ""))

    @contextmanager
    def move_coupon(self, old: Coupon, new: Coupon) -> Iterator[SqlUnit[Coupon]]:
        """Move a coupon that has still `old`'s state and revision, and return it as it is now."""
        args = {
            "claim_id": old.claim_id,
            "old_state": old.state.value,
            "old_revision": old.revision,
            "state": new.state.value,
            "revision": new.revision,
            "held_until": new.held_until,
            "checkout": new.checkout,
        }
        with self.link.begin((Call(hot.MOVE_COUPON, args),)) as opened:
            yield SqlUnit(opened, list(map(rows.coupon, opened.results[0])))
