"""A campaign in figures: phase, mode, backlog, money; what `status` and `campaign` show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fulfiller.domain.breaker import Mode, Reading, thresholds
from fulfiller.domain.campaign import Campaign, Phase, phase, policy
from fulfiller.domain.mode import Gauge, ModeRow
from fulfiller.domain.money import Money
from fulfiller.domain.stripe import Count, Purse, backlog, counted, total
from fulfiller.domain.validity import SECOND
from fulfiller.ops.modes import length, said, told, word
from fulfiller.ops.shares import TierFigures, tier_figures
from fulfiller.service.port import Store

COUNTS = ("entered", "backlog", "waitlisted", "parked", "issued", "declined", "cancelled")
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an operator wants to know about a campaign at a glance.

    `gauge` holds the numbers that its breaker is judged by, as the keeper last saw them;
    `refused_by` the refused claims by the code of the problem.
    """

    campaign: str
    at: int
    phase: Phase
    row: ModeRow
    gauge: Gauge
    entered: int
    backlog: int
    waitlisted: int
    parked: int
    issued: int
    declined: int
    cancelled: int
    budget: Money
    reserved: Money
    left: Money
    refused_by: Mapping[str, int] = field(default_factory=dict)
    tiers: tuple[TierFigures, ...] = ()

    @property
    def word(self) -> str:
        """Return the mode in a word; a held campaign issues nothing, whatever its mode."""
        return word(self.row)

    @property
    def is_flowing(self) -> bool:
        """Return whether it admits and issues, and nobody has forced it to."""
        return self.row.mode is Mode.FLOWING and not self.row.held and not self.row.state.forced

    @property
    def is_busy(self) -> bool:
        """Return whether there is more to tell than that nothing happens."""
        return bool(self.backlog or self.waitlisted) or not self.is_flowing

    @property
    def said(self) -> str:
        """Return the mode with its cause, since when, by whom and until when."""
        return said(self.row, self.at)

    @property
    def refused(self) -> int:
        """Return the claims that intakes have told to be refused, as of a second ago."""
        return sum(self.refused_by.values())

    @property
    def drain_s(self) -> float | None:
        """Return the seconds that the backlog takes at the issuing rate, None if unknown."""
        return replace(self.gauge.reading, backlog=self.backlog).drain_s

    @property
    def vitals(self) -> str:
        """Return what the breaker is judged by, in a line."""
        rate = self.gauge.reading.rate
        parts = (
            f"threshold {_count(self.gauge.threshold)}",
            f"resume {_count(self.gauge.resume_at)}",
            "rate unknown" if rate is None else f"{rate:,.0f}/s",
            f"drain {seconds(self.drain_s)}",
            f"oldest {seconds(self.gauge.reading.oldest_s)}",
        )
        return " · ".join(parts)

    def as_json(self) -> dict[str, object]:
        """Return the figures for programs: money in minor units."""
        drain_s = self.drain_s
        return {
            "campaign": self.campaign,
            "phase": self.phase.value,
            "says": self.said,
            **told(self.row),
            **{name: getattr(self, name) for name in COUNTS},
            "refused": self.refused,
            "refused_by": dict(self.refused_by),
            "threshold": self.gauge.threshold,
            "resume_at": self.gauge.resume_at,
            "rate_per_s": _rounded(self.gauge.reading.rate),
            # JSON knows no infinity: a rate of 0 beside it says the same.
            "drain_s": None if drain_s == NEVER else _rounded(drain_s),
            "oldest_s": _rounded(self.gauge.reading.oldest_s),
            "currency": self.budget.currency,
            "budget": self.budget.amount,
            "reserved": self.reserved.amount,
            "left": self.left.amount,
        }


def seconds(span_s: float | None) -> str:
    """Return seconds in words; None is unknown, and without progress it takes for ever."""
    if span_s is None:
        return "unknown"
    return "never" if span_s == NEVER else length(int(span_s * SECOND))


def figures(
    store: Store, *, now: int, campaigns: Sequence[Campaign] | None = None
) -> tuple[Figures, ...]:
    """Return the figures of these campaigns, or of all."""
    modes, refused = store.modes(), store.refusals()
    chosen = store.campaigns() if campaigns is None else campaigns
    found = (_figures(each, modes[each.id], store, now) for each in chosen)
    return tuple(replace(each, refused_by=refused.get(each.campaign, {})) for each in found)


def gauge_of(campaign: Campaign, row: ModeRow) -> Gauge:
    """Return what a campaign is judged by, before any keeper's look from its terms alone."""
    if row.gauge is not None:
        return row.gauge
    high, low = thresholds(Reading(), policy(campaign))
    return Gauge(
        at=0,
        reading=Reading(),
        threshold=None if high is None else int(high),
        resume_at=None if low is None else int(low),
    )


def _figures(campaign: Campaign, row: ModeRow, store: Store, now: int) -> Figures:
    stripes = store.stripes(campaign.id)
    currency = campaign.value.currency
    return Figures(
        campaign=campaign.id,
        at=now,
        phase=phase(campaign, now=now, exhausted=row.exhausted),
        row=row,
        gauge=gauge_of(campaign, row),
        entered=counted(stripes, Count.ENTERED),
        backlog=backlog(stripes),
        waitlisted=counted(stripes, Count.WAITLISTED),
        parked=counted(stripes, Count.PARKED),
        issued=counted(stripes, Count.ISSUED),
        declined=counted(stripes, Count.DECLINED),
        cancelled=counted(stripes, Count.CANCELLED),
        budget=Money(total(stripes, Purse.LIMIT), currency),
        reserved=Money(total(stripes, Purse.RESERVED), currency),
        left=Money(total(stripes, Purse.AVAILABLE), currency),
        tiers=tier_figures(campaign, stripes),
    )


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
