"""A campaign: its terms, its tiers, and the phase it is in.

    draft ──► scheduled ──► active ◄──► exhausted
                               │            │
                               └──► ended ◄─┘ ──► archived

The phase is derived from the terms, the clock and whether the budget is exhausted; the end
of the window stops admission, and what was accepted before is still honored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from fulfiller.domain.breaker import Policy
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.money import Money
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import Validity

STRIPES_MAX = 64
PROMISE_S = 600
LONGEST_WAIT_S = {Tier.P0: 60, Tier.P1: 300, Tier.P2: 600, Tier.P3: 1800}
HOLD_S = 20
HOLD_MAX_S = 120
RAMP_S = 60
WEIGHTS = {Tier.P0: 8, Tier.P1: 4, Tier.P2: 2, Tier.P3: 1}


class Phase(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    ENDED = "ended"
    ARCHIVED = "archived"


class Publication(StrEnum):
    """What its owner decided about a campaign; the phase follows from it and the clock."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ENDED = "ended"
    ARCHIVED = "archived"


DECIDED = {
    Publication.DRAFT: Phase.DRAFT,
    Publication.ENDED: Phase.ENDED,
    Publication.ARCHIVED: Phase.ARCHIVED,
}
"""The phases that a publication decides alone; the clock has its say in the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTerms:
    """How a tier is served: its weight among the tiers and its stated longest wait."""

    weight: int
    longest_wait_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerTerms:
    """The breaker's advanced terms; spans in seconds, `oldest_s` is by default the promise."""

    oldest_s: int | None = None
    hold_s: int = HOLD_S
    hold_max_s: int = HOLD_MAX_S
    ramp_s: int = RAMP_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The terms of a campaign, as its owner wrote them.

    `patience` is its own wording of what people who wait are told, by language and phrase.
    `budget` is in minor units of the value's currency; `opens_at` and `closes_at` are
    microseconds since 1970, the latter exclusive; `promise_s` is the longest time to drain
    that people are promised; `backlog_threshold` and `resume_threshold` are claims.
    """

    id: str
    owner: str
    value: Money
    budget: int
    opens_at: int
    closes_at: int
    zone: str
    validity: Validity
    publication: Publication = Publication.PUBLISHED
    per_user_limit: int = 1
    default_tier: Tier = Tier.P2
    tiers: Mapping[Tier, TierTerms] = field(default_factory=lambda: tier_terms())  # noqa: PLW0108 - defined below
    promise_s: int = PROMISE_S
    backlog_threshold: int | None = None
    resume_threshold: int | None = None
    issuing_rate: str | None = None
    breaker: BreakerTerms = field(default_factory=BreakerTerms)
    waitlist_cap: int | None = None
    pause_credit: bool = False
    floor: int | None = None
    locale: str = "en"
    patience: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    code_source: str = "minted"
    stripes: int = 8

    def __post_init__(self) -> None:
        """Refuse terms that contradict each other, naming the field."""
        for field_name, problem in _problems(self):
            raise InvalidCampaign(field_name, problem)

    @property
    def coupons(self) -> int:
        """Return how many whole coupons the budget pays for."""
        return self.budget // self.value.amount


def policy(campaign: Campaign) -> Policy:
    """Return what a campaign's breaker is judged by."""
    terms = campaign.breaker
    return Policy(
        promise_s=campaign.promise_s,
        oldest_s=campaign.promise_s if terms.oldest_s is None else terms.oldest_s,
        backlog_threshold=campaign.backlog_threshold,
        resume_threshold=campaign.resume_threshold,
        hold_s=terms.hold_s,
        hold_max_s=terms.hold_max_s,
        ramp_s=terms.ramp_s,
    )


def phase(campaign: Campaign, *, now: int, exhausted: bool) -> Phase:
    """Return the phase of a campaign at a moment."""
    decided = DECIDED.get(campaign.publication)
    return decided or _phase_by_clock(campaign, now=now, exhausted=exhausted)


def _phase_by_clock(campaign: Campaign, *, now: int, exhausted: bool) -> Phase:
    if now >= campaign.closes_at:
        return Phase.ENDED
    if now < campaign.opens_at:
        return Phase.SCHEDULED
    return Phase.EXHAUSTED if exhausted else Phase.ACTIVE


def tier_terms() -> dict[Tier, TierTerms]:
    """Return the terms of the four tiers where a campaign does not state its own."""
    return {
        tier: TierTerms(weight=WEIGHTS[tier], longest_wait_s=LONGEST_WAIT_S[tier]) for tier in Tier
    }


def _problems(campaign: Campaign) -> list[tuple[str, str]]:
    checks = (
        ("id", _is_name(campaign.id), "use 1 to 64 lower-case letters, digits and hyphens"),
        ("value", campaign.value.amount > 0, "a coupon must be worth at least one minor unit"),
        ("budget", campaign.budget >= campaign.value.amount, "it does not pay for one coupon"),
        ("closes_at", campaign.closes_at > campaign.opens_at, "it must lie after opens_at"),
        ("zone", _is_zone(campaign.zone), f"{campaign.zone!r} is no time zone, try Asia/Shanghai"),
        ("per_user_limit", 1 <= campaign.per_user_limit <= 1000, "it must be 1 to 1000"),
        ("stripes", 1 <= campaign.stripes <= STRIPES_MAX, f"it must be 1 to {STRIPES_MAX}"),
        ("promise_s", campaign.promise_s > 0, "it must be at least one second"),
        ("code_source", campaign.code_source == "minted", "only `minted` codes exist so far"),
        ("validity", _is_dated(campaign.validity), "state either until or days, days at least 1"),
        ("validity", _outlasts(campaign), "coupons of the last hour would be born expired"),
        ("backlog_threshold", _at_least(campaign.backlog_threshold, 1), "it must be at least 1"),
        ("resume_threshold", _is_below(campaign), "it must lie below backlog_threshold"),
        (
            "breaker",
            campaign.breaker.hold_max_s >= campaign.breaker.hold_s,
            "hold_max_s is less than hold_s",
        ),
        ("waitlist_cap", _at_least(campaign.waitlist_cap, 0), "it must not be negative"),
    )
    return [(name, problem) for name, fine, problem in checks if not fine]


def _is_name(text: str) -> bool:
    plain = text.replace("-", "")
    return 1 <= len(text) <= 64 and plain.isascii() and plain.isalnum() and text == text.lower()


def _is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        return False
    return True


def _is_dated(validity: Validity) -> bool:
    return (validity.until is None) != (validity.days is None) and _at_least(validity.days, 1)


def _outlasts(campaign: Campaign) -> bool:
    until = campaign.validity.until
    return until is None or max(until, campaign.floor or until) >= campaign.closes_at


def _at_least(number: int | None, least: int) -> bool:
    return number is None or number >= least


def _is_below(campaign: Campaign) -> bool:
    low, high = campaign.resume_threshold, campaign.backlog_threshold
    return _at_least(low, 0) and (low is None or high is None or low < high)
