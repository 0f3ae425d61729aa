"""The tiers of a campaign in figures: who waits, how long, and which share each of them gets."""

from collections.abc import Sequence
from dataclasses import dataclass

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.stripe import Count, Stripe, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.turns import longest_wait_s, share


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFigures:
    """A tier of a campaign: claims that wait and were issued, and what it is promised."""

    tier: Tier
    waiting: int
    issued: int
    share: float
    longest_wait_s: int


def tier_figures(campaign: Campaign, stripes: Sequence[Stripe]) -> tuple[TierFigures, ...]:
    """Return the figures of all tiers."""
    return tuple(
        TierFigures(
            tier=tier,
            waiting=counted(stripes, Count.ACCEPTED, tier),
            issued=counted(stripes, Count.ISSUED, tier),
            share=share(tier, campaign.tiers),
            longest_wait_s=longest_wait_s(tier, campaign.tiers),
        )
        for tier in campaign.tiers
    )
