"""Read the store once in a while: money, backlog, how long claims take, who is left behind."""

from collections import deque
from collections.abc import Iterable

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId
from fulfiller.domain.mode import ruling
from fulfiller.domain.stripe import Count, Purse, backlog, counted, total
from fulfiller.ops.demo.reading import Reading, Tally, percentile
from fulfiller.service.port import ClaimView
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth

LATEST = 300
"""Waits that the figures on the screen are taken from."""
PENDING_MAX = 600
PAGE = 1_000


class Watch:
    """What the store says of one campaign, and how long sampled claims took."""

    def __init__(self, store: Truth, campaign: Campaign) -> None:
        """Watch a campaign through a store of our own."""
        self._store = store
        self._campaign = campaign
        self._pending: deque[ClaimId] = deque(maxlen=PENDING_MAX)
        self._latest: deque[float] = deque(maxlen=LATEST)
        self.waits_ms: list[float] = []

    @property
    def coupons(self) -> int:
        """Return how many coupons the campaign has in all."""
        return self._campaign.coupons

    def sample(self, public_ids: Iterable[str]) -> None:
        """Follow these claims until they have their coupon."""
        self._pending.extend(bare(each) for each in public_ids)

    def read(self, elapsed_s: float, tally: Tally, workers: tuple[tuple[str, str], ...]) -> Reading:
        """Return what there is to know at this moment."""
        self._follow()
        stripes = self._store.stripes(self._campaign.id)
        value = self._campaign.value.amount
        modes = self._store.modes()
        row = ruling(modes, self._campaign.id)
        return Reading(
            elapsed_s=elapsed_s,
            tally=tally,
            issued=counted(stripes, Count.ISSUED),
            backlog=backlog(stripes),
            waiting=counted(stripes, Count.WAITLISTED),
            mode=row.mode,
            cause=row.cause,
            left=total(stripes, Purse.AVAILABLE) // value,
            coupons=self._campaign.coupons,
            p50_ms=percentile(self._latest, 0.50),
            p95_ms=percentile(self._latest, 0.95),
            workers=workers,
        )

    def older(self, instant: int) -> int:
        """Return how many claims have been ready since before an instant, counted to a page."""
        return sum(
            ready.ready_at <= instant
            for sight in self._store.lanes()
            for ready in self._store.ready(sight.lane, after=FRONT, limit=PAGE)
        )

    def now(self) -> int:
        """Return the store's clock."""
        return self._store.now()

    def _follow(self) -> None:
        views = self._store.view(tuple(self._pending))
        for claim_id in list(self._pending):
            wait_ms = _wait_ms(views.get(claim_id))
            if wait_ms is not None:
                self._pending.remove(claim_id)
                self._latest.append(wait_ms)
                self.waits_ms.append(wait_ms)


def bare(public_id: str) -> ClaimId:
    """Return a claim's id as the store knows it."""
    return ClaimId(public_id.removeprefix(CLAIM_PREFIX))


def _wait_ms(view: ClaimView | None) -> float | None:
    if view is None or view.coupon is None:
        return None
    return (view.coupon.issued_at - view.claim.accepted_at) / 1_000
