"""A floor to look at: a real store with campaigns, claims, rates and no broker."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from fulfiller.broker.queue import CeleryQueue
from fulfiller.clock import new_claim_id
from fulfiller.domain.campaign import TierTerms, tier_terms
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.pace import Rate, RateScope
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, SECOND
from fulfiller.ops.pulse import Pulse, look
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press, issue
from fulfiller.service.rates import By, set_rate
from fulfiller.wiring import Truth
from tests.contract.world import FESTIVAL, KEY, request

DEAD_BROKER = "redis://127.0.0.1:9/0"
TIERS = tier_terms() | {Tier.P0: TierTerms(weight=3, longest_wait_s=60)}
_users = count(1)


@dataclass(frozen=True, slots=True)
class Floor:
    """A real store with a queue that is away, as an operator finds them."""

    store: Truth
    queue: CeleryQueue = field(default_factory=lambda: CeleryQueue(DEAD_BROKER))

    def campaign(self, name: str, **terms: Any) -> None:
        """Create a campaign that is open now, for as many coupons as anybody needs here."""
        now = self.store.now()
        usual = replace(FESTIVAL, id=name, budget=10**9, opens_at=now - DAY, closes_at=now + DAY)
        campaign = replace(usual, tiers=TIERS, **terms)
        assert create(campaign, store=self.store, now=now, actor="test")

    def claims(self, number: int, tier: Tier, *, ago_s: int = 0, **more: Any) -> list[ClaimId]:
        """Take in claims as if some time ago."""
        at = self.store.now() - ago_s * SECOND
        asked = [request(f"u{next(_users)}", tier=tier, **more) for _ in range(number)]
        circumstances = Round(now=at, new_id=lambda: new_claim_id(at))
        answers = accept(asked, store=self.store, circumstances=circumstances)
        return [answer.claim.id for answer in answers if isinstance(answer, Accepted)]

    def issue(self, ids: list[ClaimId]) -> int:
        """Do a worker's work, and return how many coupons it gave."""
        now = self.store.now()
        return len(issue(ids, Press(store=self.store, key=KEY, now=lambda: now)).issued)

    def rate(self, scope: RateScope, rate: str) -> None:
        """Set a rate."""
        by = By(reason="a check", actor="operator:li", now=self.store.now())
        set_rate(scope, Rate.parse(rate), by, store=self.store)

    def look(self) -> Pulse:
        """Take the pulse."""
        return look(self.store, self.queue)
