"""Amend a campaign by hand: its thresholds, the weights of its tiers, its end.

One row and one event each. Intakes read the terms with every group of claims and the keeper
reads them each second, so that is how soon a change holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from fulfiller.domain.campaign import Campaign, Publication
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.terms import campaign_from_terms, terms_from_campaign
from fulfiller.domain.tier import Tier
from fulfiller.service.port import Store
from fulfiller.service.rates import By

TRIES = 8
"""Times the terms may change under our hands before we give up."""
UNSET = "unset"
OVER = (Publication.ENDED, Publication.ARCHIVED)
Knobs = Mapping[str, int | None]
"""What can be turned of a campaign, by name; None is whatever follows from other terms."""
Telling = Callable[[Campaign, Campaign], Event]
"""Returns what the log is told, of the terms before and after."""


class Amendment(StrEnum):
    """What asking for it ended in."""

    AMENDED = "amended"
    ALREADY = "already"
    UNKNOWN_CAMPAIGN = "unknown_campaign"


@dataclass(frozen=True, slots=True)
class Amended:
    """What became of it, and the campaign as it was before and is now."""

    how: Amendment
    before: Campaign | None = None
    campaign: Campaign | None = None


def set_thresholds(campaign_id: str, stated: Knobs, by: By, *, store: Store) -> Amended:
    """Set `backlog_threshold` and `resume_threshold`, in claims; what is not stated stays.

    None leaves a threshold to what follows from promise and rate. Raises InvalidCampaign,
    naming the field, where they contradict each other.
    """
    return _amend(
        campaign_id, lambda known: changed(known, stated), _turning(thresholds, by), store
    )


def set_weights(campaign_id: str, stated: Mapping[Tier, int], by: By, *, store: Store) -> Amended:
    """Set the weights of tiers; what is not stated stays. Raises InvalidCampaign below 1."""
    return _amend(campaign_id, lambda known: weighed(known, stated), _turning(weights, by), store)


def end(campaign_id: str, by: By, *, store: Store) -> Amended:
    """Close a campaign for newcomers, at once and for good; open claims are still honored."""

    def ended(campaign: Campaign) -> Campaign:
        over = campaign.publication in OVER
        return campaign if over else replace(campaign, publication=Publication.ENDED)

    def event(old: Campaign, _: Campaign) -> Event:
        return _event(old, Kind.CAMPAIGN_ENDED, by.reason, by)

    return _amend(campaign_id, ended, event, store)


def changed(campaign: Campaign, stated: Mapping[str, object]) -> Campaign:
    """Return a campaign with other terms; raise InvalidCampaign on the first flaw."""
    return campaign_from_terms(terms_from_campaign(campaign) | dict(stated))


def weighed(campaign: Campaign, stated: Mapping[Tier, int]) -> Campaign:
    """Return a campaign with other weights; raise InvalidCampaign on the first flaw."""
    tiers = {
        str(tier): asdict(terms) | {"weight": stated.get(tier, terms.weight)}
        for tier, terms in campaign.tiers.items()
    }
    return changed(campaign, {"tiers": tiers})


def thresholds(campaign: Campaign) -> Knobs:
    """Return a campaign's thresholds by name, in claims."""
    return {
        "backlog_threshold": campaign.backlog_threshold,
        "resume_threshold": campaign.resume_threshold,
    }


def weights(campaign: Campaign) -> Knobs:
    """Return the weights of a campaign's tiers by name."""
    return {f"weight of {tier}": terms.weight for tier, terms in campaign.tiers.items()}


def turned(of: Callable[[Campaign], Knobs], old: Campaign, new: Campaign) -> list[str]:
    """Return in words what differs between two versions of a campaign's terms."""
    before, after = of(old), of(new)
    return [
        f"{name} {_number(before[name])} -> {_number(after[name])}"
        for name in before
        if before[name] != after[name]
    ]


def _amend(
    campaign_id: str,
    change: Callable[[Campaign], Campaign],
    event: Telling,
    store: Store,
) -> Amended:
    for _ in range(TRIES):
        campaign = store.campaign(campaign_id)
        if campaign is None:
            return Amended(Amendment.UNKNOWN_CAMPAIGN)
        new = change(campaign)
        if new == campaign:
            return Amended(Amendment.ALREADY, campaign, campaign)
        if store.amend_campaign(campaign, new, event(campaign, new)):
            return Amended(Amendment.AMENDED, campaign, new)
    message = f"the terms of {campaign_id} changed {TRIES} times meanwhile"
    raise Raced(message)


def _turning(of: Callable[[Campaign], Knobs], by: By) -> Telling:
    """Return what tells the log which of these were turned, from where to where."""

    def event(old: Campaign, new: Campaign) -> Event:
        detail = f"{', '.join(turned(of, old, new))}: {by.reason}"
        return _event(old, Kind.CAMPAIGN_CHANGED, detail, by)

    return event


def _event(campaign: Campaign, kind: Kind, detail: str, by: By) -> Event:
    return Event(at=by.now, campaign=campaign.id, kind=kind, actor=by.actor, detail=detail)


def _number(value: int | None) -> str:
    return UNSET if value is None else str(value)
