"""Hints and claim ids for the tests of the broker."""

from itertools import count

from fulfiller.clock import new_claim_id
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Hint, Lane

_instants = count(1_770_336_000_000_000, 1_000)


def ids(number: int) -> tuple[ClaimId, ...]:
    """Return fresh claim ids."""
    return tuple(new_claim_id(next(_instants)) for _ in range(number))


def hint(number: int = 1, *, campaign: str = "spring-festival", tier: Tier = Tier.P1) -> Hint:
    """Return a hint of that many fresh claims."""
    return Hint(Lane(campaign, tier), ids(number))
