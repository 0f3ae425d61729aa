"""Claims accepted and issued on a store, as the door and a worker do it."""

from collections.abc import Sequence

from fulfiller.clock import StoreClock
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.domain.money import Money
from fulfiller.domain.validity import DAY, Validity
from fulfiller.service.create import create
from fulfiller.service.issue import Press, issue
from fulfiller.service.serving import FRONT
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import Truth
from tests.stack.backlog import pile

NAME = "proxied"


def accepted(store: Truth, claims: int) -> Sequence[ClaimId]:
    """Open a campaign, accept so many claims, and return their ids."""
    now = store.now()
    campaign = Campaign(
        id=NAME,
        owner="owner",
        value=Money(100, "CNY"),
        budget=100 * claims,
        opens_at=now,
        closes_at=now + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
    )
    store.add_account("owner", at=now)
    store.add_account("caller", at=now)
    assert create(campaign, store=store, now=now, actor="test")
    pile(store, NAME, claims)
    assert isinstance(store, SqlStore)
    return [
        ready.id
        for sight in store.lanes()
        for ready in store.ready(sight.lane, after=FRONT, limit=claims)
    ]


def issued(store: Truth, ids: Sequence[ClaimId]) -> int:
    """Issue claims, and return how many have their coupon."""
    press = Press(
        store=store,
        key=CodeKey.derive(1, b"nobody keeps the coupons of a test"),
        now=StoreClock(store.now).now,
        actor="test",
    )
    issue(ids, press)
    return sum(view.coupon is not None for view in store.view(ids).values())
