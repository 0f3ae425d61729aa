"""Extend a campaign: one row written, and every coupon of it is valid for longer at once.

The campaign's floor says until when no coupon of it ends; readers derive each coupon's end
from it on every look. What was promised is never taken back: a floor only rises.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.validity import moment
from fulfiller.service.port import Store

TRIES = 8
"""Times the terms may change under our hands before we give up."""
WHY = ": "
"""What stands before a reason, and in no instant."""


class Extension(StrEnum):
    """What asking for it ended in."""

    EXTENDED = "extended"
    ALREADY = "already"
    SHORTER = "shorter"
    PAST = "past"
    UNKNOWN_CAMPAIGN = "unknown_campaign"


@dataclass(frozen=True, slots=True)
class Extended:
    """What became of it, and the campaign as it is now."""

    how: Extension
    campaign: Campaign | None = None


def extend(
    campaign_id: str, until: int, *, store: Store, now: int, actor: str, reason: str = ""
) -> Extended:
    """Let no coupon of a campaign end before `until`, which is exclusive."""
    for _ in range(TRIES):
        campaign = store.campaign(campaign_id)
        if campaign is None:
            return Extended(Extension.UNKNOWN_CAMPAIGN)
        if campaign.floor == until:
            return Extended(Extension.ALREADY, campaign)
        if until <= now:
            return Extended(Extension.PAST, campaign)
        if until <= max(campaign.floor or 0, campaign.validity.until or 0):
            return Extended(Extension.SHORTER, campaign)
        longer = replace(campaign, floor=until)
        if store.amend_campaign(campaign, longer, _event(longer, now, actor, reason)):
            return Extended(Extension.EXTENDED, longer)
    message = f"the terms of {campaign_id} changed {TRIES} times meanwhile"
    raise Raced(message)


def said(until: int) -> str:
    """Return how the event log says it, before the reason if there is one."""
    return f"valid until {moment(until).isoformat()}"


def promised(detail: str) -> str:
    """Return what the event log has said, without the reason."""
    return detail.partition(WHY)[0]


def _event(campaign: Campaign, now: int, actor: str, reason: str) -> Event:
    return Event(
        at=now,
        campaign=campaign.id,
        kind=Kind.CAMPAIGN_EXTENDED,
        actor=actor,
        detail=said(campaign.floor or 0) + (f"{WHY}{reason}" if reason else ""),
    )
