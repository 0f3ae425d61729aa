"""A campaign's panel on the page, and the board of all panels, made from one sight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fulfiller.domain.breaker import Mode, Reading
from fulfiller.domain.campaign import Campaign, Phase, phase, policy
from fulfiller.domain.mode import SERVICE, Gauge, ModeRow
from fulfiller.domain.money import Money
from fulfiller.domain.stripe import SHARES, Count, Purse, Stripe, counted, total
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.ops.figures import gauge_of
from fulfiller.ops.flower.lookout import Sight
from fulfiller.ops.flower.phrase import Scene, campaign_said, service_said, state
from fulfiller.ops.modes import word
from fulfiller.service.govern import SERVICE_POLICY

ORDER = (Phase.ACTIVE, Phase.EXHAUSTED, Phase.SCHEDULED, Phase.DRAFT, Phase.ENDED)
"""What runs comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLine:
    """A tier's claims."""

    tier: Tier
    counts: Mapping[Count, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All that the page tells of one campaign; there are no people in it.

    `reading` has the backlog of this moment, and the rest as the keeper last saw it.
    """

    campaign: Campaign
    phase: Phase
    row: ModeRow
    state: str
    says: str
    gauge: Gauge
    reading: Reading
    oldest_s: float | None
    tiers: tuple[TierLine, ...]
    purses: Mapping[Purse, Money]

    def count(self, count: Count) -> int:
        """Return a count over all tiers."""
        return sum(line.counts[count] for line in self.tiers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The service's own mode, and the panels of its campaigns."""

    at: int
    service: ModeRow
    state: str
    says: str
    keeper: str | None
    panels: tuple[Panel, ...]


def board(sight: Sight) -> Board:
    """Return what a sight shows."""
    survey = sight.survey
    service = survey.modes[SERVICE]
    reading = Reading() if service.gauge is None else service.gauge.reading
    scene = Scene(row=service, reading=reading, rules=SERVICE_POLICY, now=survey.now)
    panels = [
        _panel(survey.campaigns[campaign], stripes, sight)
        for campaign, stripes in sight.stripes.items()
    ]
    return Board(
        at=survey.now,
        service=service,
        state=word(service),
        says=service_said(scene),
        keeper=sight.keeper,
        panels=tuple(sorted(panels, key=_rank)),
    )


def _panel(campaign: Campaign, stripes: Sequence[Stripe], sight: Sight) -> Panel:
    survey = sight.survey
    row = survey.modes[campaign.id]
    gauge = gauge_of(campaign, row)
    reading = replace(gauge.reading, backlog=counted(stripes, Count.ACCEPTED), held=row.held)
    stands = phase(campaign, now=survey.now, exhausted=row.exhausted)
    scene = Scene(row=row, reading=reading, rules=policy(campaign), now=survey.now)
    return Panel(
        campaign=campaign,
        phase=stands,
        row=row,
        state=state(survey.modes, campaign.id),
        says=campaign_said(campaign, stands, scene, survey.modes[SERVICE]),
        gauge=gauge,
        reading=reading,
        oldest_s=_age_s(survey.oldest.get(campaign.id), survey.now),
        tiers=tuple(_tier(tier, stripes) for tier in Tier),
        purses={purse: Money(total(stripes, purse), campaign.value.currency) for purse in Purse},
    )


def _tier(tier: Tier, stripes: Sequence[Stripe]) -> TierLine:
    counts = {count: counted(stripes, count, tier) for count in (Count.ENTERED, *SHARES)}
    return TierLine(tier=tier, counts=counts)


def _age_s(since: int | None, now: int) -> float | None:
    return None if since is None else max(0, now - since) / SECOND


def _rank(panel: Panel) -> tuple[int, bool, str]:
    """Sort by phase; within one, what does not flow stands before what does."""
    flows = panel.state == Mode.FLOWING.value
    return ORDER.index(panel.phase), flows, panel.campaign.id
