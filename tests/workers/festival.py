"""A campaign for tests of the workers, with claims that are accepted and wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import text

from fulfiller.clock import new_claim_id
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, Request, State
from fulfiller.domain.money import Money
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.stripe import Purse
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import Validity
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.dispatch import Hint, Lane
from fulfiller.service.serving import FRONT
from fulfiller.store.sqlstore import SqlStore

NAME = "spring-festival"
ACCOUNT = "teahouse"
VALUE = Money(2_500, "CNY")
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
            value=VALUE,
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
        circumstances = Round(now=now, new_id=lambda: new_claim_id(now))
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

    def issued_coupons(self) -> int:
        """Return how many coupons the campaign's books know."""
        return sum(stripe[Purse.ISSUED] for stripe in self.store.stripes(NAME)) // VALUE.amount

    def poison(self, claim_id: ClaimId) -> None:
        """Make a claim cost more than was ever reserved, which no transaction may book."""
        statement = text("update open_claim set amount = :amount where claim_id = :claim_id")
        link = self.store.link
        with link.writing(), link.engine.begin() as connection:
            connection.execute(statement, {"amount": 10**12, "claim_id": claim_id})

    def was_tried(self, claim_id: ClaimId, times: int) -> bool:
        """Return whether an accepted claim was counted as tried so many times."""
        return self.attempts(claim_id) == times

    def attempts(self, claim_id: ClaimId) -> int:
        """Return how often an accepted claim was counted as tried."""
        lane = Lane(NAME, Tier.P2)
        rows = self.store.ready(lane, after=FRONT, limit=10_000)
        return next(row.attempts for row in rows if row.id == claim_id)


def _request(number: int) -> Request:
    return Request(
        account=ACCOUNT,
        campaign=NAME,
        user=f"person-{number}@example.com",
        key=f"key-{number}",
        fingerprint=b"%032d" % number,
    )
