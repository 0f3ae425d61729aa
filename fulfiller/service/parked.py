"""Parked claims, as operators look for them: by campaign, tier, age and reason, in pages."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Lane
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT
from fulfiller.service.yard import Yard

PAGE = 500
"""Claims read, and moved, at a time."""


class Rows(Store, Yard, Protocol):
    """A store that shows parked claims, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which parked claims are meant: those to which all of this applies.

    `before`: parked before this instant. `reason`: a part of what they were parked for,
    in capitals or not.
    """

    campaign: str | None = None
    tier: Tier | None = None
    before: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked claim, since when, by whom, and why."""

    claim: OpenClaim
    since: int
    actor: str
    reason: str


def parked(choice: Choice, store: Rows) -> Iterator[Parked]:
    """Yield the parked claims that are meant, by campaign and tier, the oldest first."""
    for lane in _lanes(choice, store):
        after = FRONT
        while page := store.parked(lane, after=after, limit=PAGE):
            after = (page[-1].ready_at, page[-1].id)
            for each in explained(page, lane, store):
                if _is_meant(each, choice):
                    yield each


def named(ids: Collection[ClaimId], store: Rows) -> list[Parked]:
    """Return those of these claims that are parked, in the order of their ids."""
    lanes: defaultdict[Lane, list[OpenClaim]] = defaultdict(list)
    for row in store.opened(ids).values():
        if row.stage is Stage.PARKED:
            lanes[Lane(row.campaign, row.tier)].append(row)
    found = [each for lane, rows in lanes.items() for each in explained(rows, lane, store)]
    return sorted(found, key=lambda each: each.claim.id)


def explained(claims: Sequence[OpenClaim], lane: Lane, store: Yard) -> list[Parked]:
    """Return parked claims of a lane with what the event log knows of each."""
    why: dict[ClaimId, Event] = {}
    for event in store.setbacks(lane, [claim.id for claim in claims]):
        if event.kind is Kind.CLAIM_PARKED:
            why.update(dict.fromkeys(event.ids, event))
    return [_parked(claim, why.get(claim.id)) for claim in claims]


def _lanes(choice: Choice, store: Store) -> Iterator[Lane]:
    """Yield the lanes in which something is parked, as their stripes say."""
    for campaign in store.campaigns():
        if choice.campaign not in (None, campaign.id):
            continue
        stripes = store.stripes(campaign.id)
        for tier in Tier:
            if choice.tier in (None, tier) and counted(stripes, Count.PARKED, tier):
                yield Lane(campaign.id, tier)


def _parked(claim: OpenClaim, event: Event | None) -> Parked:
    """Return a claim as parked; one whose event is missing is shown all the same."""
    if event is None:
        return Parked(claim, claim.ready_at, "", "")
    return Parked(claim, event.at, event.actor, event.detail)


def _is_meant(each: Parked, choice: Choice) -> bool:
    if choice.before is not None and each.since >= choice.before:
        return False
    return choice.reason is None or choice.reason.casefold() in each.reason.casefold()
