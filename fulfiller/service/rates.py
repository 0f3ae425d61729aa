"""Set a rate: of the whole service, of a campaign, or of one merchant (a limit key) in it.

It holds from the next issue transaction on, in every worker; release follows in a twentieth
of a second.
"""

from dataclasses import dataclass
from enum import StrEnum

from fulfiller.domain.event import Event, Kind
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Rate, RateScope
from fulfiller.service.port import Store


class Change(StrEnum):
    """What asking for it ended in."""

    CHANGED = "changed"
    ALREADY = "already"
    UNKNOWN_CAMPAIGN = "unknown_campaign"


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of it, and the rate that there was before."""

    how: Change
    before: Rate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who sets a rate, why, and when."""

    reason: str
    actor: str
    now: int


def set_rate(scope: RateScope, rate: Rate | None, by: By, *, store: Store) -> Changed:
    """Set a rate or, with None, let its claims go as fast as they can."""
    campaign, limit_key = scope
    known = {pace.scope: pace.rate for pace in store.rates(campaign)}
    before = known.get(scope)
    if scope != SERVICE_RATE and store.campaign(campaign) is None:
        return Changed(Change.UNKNOWN_CAMPAIGN)
    if before == rate:
        return Changed(Change.ALREADY, before)
    event = Event(
        at=by.now,
        campaign=campaign,
        kind=Kind.RATE_CHANGED,
        actor=by.actor,
        detail=said(limit_key, rate, by.reason),
    )
    done = store.set_rate(scope, rate, event)
    return Changed(Change.CHANGED if done else Change.UNKNOWN_CAMPAIGN, before)


def said(limit_key: str, rate: Rate | None, reason: str) -> str:
    """Return how the event log says it."""
    where = f" at {limit_key}" if limit_key != EVERY_KEY else ""
    return f"{'no limit' if rate is None else rate}{where}: {reason}"
