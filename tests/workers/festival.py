"""A campaign for tests of the workers, with claims that are accepted and wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from fulfiller.clock import claim_ids
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, Request, State
from fulfiller.domain.money import Money
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import Validity
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.port import Hint, Lane
from fulfiller.store.sqlstore import SqlStore

NAME = "spring-festival"
ACCOUNT = "teahouse"
HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Festival:
    """A campaign that pays for a million coupons of 25 yuan."""

    store: SqlStore
    users: "count[int]" = field(default_factory=count)

    @classmethod
    def begin(cls, store: SqlStore) -> "Festival":
        """Create the campaign and the account that claims."""
        now = store.now()
        store.add_account(ACCOUNT, at=now)
        campaign = Campaign(
            id=NAME,
            owner=ACCOUNT,
            value=Money(2_500, "CNY"),
            budget=2_500_000_000,
            opens_at=now - HOUR,
            closes_at=now + HOUR,
            zone="Asia/Shanghai",
            validity=Validity(days=3),
        )
        assert create(campaign, store=store, now=now, actor="test")
        return cls(store)

    def accept(self, number: int = 1) -> tuple[ClaimId, ...]:
        """Have claims of so many people accepted, and return their ids."""
        now = self.store.now()
        requests = [_request(next(self.users)) for _ in range(number)]
        circumstances = Round(now=now, new_id=claim_ids(lambda: now))
        answers = accept(requests, store=self.store, circumstances=circumstances)
        return tuple(answer.claim.id for answer in answers if isinstance(answer, Accepted))

    def hint(self, ids: Sequence[ClaimId]) -> Hint:
        """Return a hint that offers these claims."""
        return Hint(Lane(NAME, Tier.P2), tuple(ids))

    def states(self, ids: Sequence[ClaimId]) -> list[State]:
        """Return where these claims stand."""
        views = self.store.view(ids)
        return [views[claim_id].state for claim_id in ids]

    def issued(self, ids: Sequence[ClaimId]) -> bool:
        """Return whether all of these claims have their coupon."""
        return set(self.states(ids)) == {State.ISSUED}

    def attempts(self, claim_id: ClaimId) -> int:
        """Return how often an accepted claim was counted as tried."""
        lane = Lane(NAME, Tier.P2)
        rows = self.store.ready(lane, after=(0, ClaimId("")), limit=10_000)
        return next(row.attempts for row in rows if row.id == claim_id)


def _request(number: int) -> Request:
    return Request(
        account=ACCOUNT,
        campaign=NAME,
        user=f"person-{number}@example.com",
        key=f"key-{number}",
        fingerprint=b"%032d" % number,
    )
