"""Create a campaign: its terms, its money cut into stripes, and the event that says so."""

from dataclasses import replace

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Purse, Stripe, StripeKey, portions
from fulfiller.service.port import Store

STEERED = ("floor", "patience", "issuing_rate", "backlog_threshold", "resume_threshold", "tiers")
"""Terms that operators may change while a campaign runs."""


def create(campaign: Campaign, *, store: Store, now: int, actor: str) -> bool:
    """Store a new campaign; False if its id is taken, by these very terms or by others."""
    event = Event(
        at=now,
        campaign=campaign.id,
        kind=Kind.CAMPAIGN_CREATED,
        amount=campaign.budget,
        actor=actor,
    )
    return store.create_campaign(campaign, stripes(campaign), event)


def is_created(stored: Campaign | None, wanted: Campaign) -> bool:
    """Return whether a campaign exists as wanted, whatever was steered by hand since."""
    if stored is None or (stored.floor or 0) < (wanted.floor or 0):
        return False
    moved = {name: getattr(stored, name) for name in STEERED}
    return replace(wanted, **moved) == stored


def stripes(campaign: Campaign) -> tuple[Stripe, ...]:
    """Return a campaign's stripes as they are at birth: all of its money available."""
    cut = portions(campaign.budget, campaign.value.amount, campaign.stripes)
    return tuple(
        Stripe(
            key=StripeKey(campaign.id, number),
            money={Purse.LIMIT: money, Purse.AVAILABLE: money},
            counts={},
        )
        for number, money in enumerate(cut)
    )
