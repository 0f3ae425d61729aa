"""Coupons in hand, and campaigns whose terms change: that part of the in-memory store."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Event
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.validity import Pause
from fulfiller.service.port import Key, Writes
from fulfiller.service.till import CouponSight
from fulfiller.store.locks import RowLocks
from fulfiller.store.memory_refusals import MemoryRefusals
from fulfiller.store.memory_unit import MemoryUnit
from fulfiller.store.shelves import Shelves


class MemoryTill(MemoryRefusals):
    """Coupons by their lookup hashes, and their moves."""

    def __init__(
        self, shelves: Shelves, now: Callable[[], int], pause: Callable[[], None] | None
    ) -> None:
        """Keep them on these shelves; `pause` is called while somebody else holds a row."""
        super().__init__(shelves, now)
        self._locks = RowLocks(pause)

    def look_coupon(self, lookup: bytes, caller: Key) -> CouponSight | None:
        """Return the coupon behind a lookup hash, all of it as at one moment."""
        with self._latch:
            claim_id = self.shelves.lookups.get(lookup)
            if claim_id is None:
                return None
            coupon = self.shelves.coupons[claim_id]
            owner = self.shelves.campaigns[coupon.campaign].owner
            if caller[0] not in ("", coupon.account, owner):
                return None
            acts = (act for act in self.shelves.acts.values() if (act.account, act.key) == caller)
            campaign = self.shelves.campaigns[coupon.campaign]
            spans = self.pauses(campaign.id) if campaign.pause_credit else ()
            return CouponSight(coupon, campaign, tuple(acts), tuple(spans))

    def pauses(self, campaign: str) -> Sequence[Pause]:
        """Return the spans in which a campaign or the service was paused; they may overlap."""
        with self._latch:
            return [span for scope in (campaign, SERVICE) for span in self._spans(scope)]

    @contextmanager
    def move_coupon(self, old: Coupon, new: Coupon) -> Iterator[MemoryUnit[Coupon]]:
        """Move a coupon that has still `old`'s state and revision, and return it as it is now."""
        with self._locks.held(object(), [("coupon", old.claim_id)]):
            with self._latch:
                found = self.shelves.coupons.get(old.claim_id)
            same = found is not None and (found.state, found.revision) == (old.state, old.revision)

            def commit(writes: Writes) -> None:
                with self._moving(writes), self._latch:
                    self.shelves.commit(writes)
                    self.shelves.coupons[new.claim_id] = new

            yield MemoryUnit([new] if same else [], commit)

    def _moving(self, writes: Writes, holder: object | None = None) -> AbstractContextManager[None]:
        """Hold the rates and stripes that are moved: whoever has them locked is waited for."""
        paces = [("pace", move.scope) for move in writes.paces]
        return self._locks.held(holder or object(), [*paces, *(s.key for s in writes.stripes)])

    def _spans(self, scope: str) -> Iterator[Pause]:
        yield from self.shelves.pauses.get(scope, ())
        row = self.shelves.modes.get(scope)
        if row is not None and row.mode is Mode.PAUSED:
            yield Pause(row.since, None)

    def amend_campaign(self, old: Campaign, new: Campaign, event: Event) -> bool:
        """Replace a campaign's terms; False if they are `old` no longer."""
        modes = self.shelves.modes
        with self._latch:
            if self.shelves.campaigns.get(old.id) != old:
                return False
            self.shelves.campaigns[old.id] = new
            if new.publication is not old.publication:
                moved = modes[old.id].generation + 1
                modes[old.id] = replace(modes[old.id], generation=moved)
            self.shelves.events.append(event)
            return True
