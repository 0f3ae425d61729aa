"""Samples: the figures of one campaign at one moment, in the shape in which rings keep them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from fulfiller.domain.estimate import Wait
from fulfiller.domain.mode import Gauge
from fulfiller.domain.stripe import Count, Purse, Stripe, counted, total
from fulfiller.domain.tier import Tier
from fulfiller.ops.flower.history.spread import Spread, joined
from fulfiller.ops.flower.history.told import UNJUDGED, Kept, added

TIERS = len(Tier)
NOBODY = (0,) * TIERS


class Levels(Struct, frozen=True, gc=False):
    """What was read of the store: gauges of claims, money in minor units, and what rules it.

    `told` is what newcomers of the usual tier are told: at least and at most so many seconds.
    """

    backlog: tuple[int, ...]
    waitlisted: int
    parked: int
    available: int
    reserved: int
    threshold: int | None
    resume_at: int | None
    oldest_s: float
    told: tuple[float, float | None] | None = None


class Sample(Struct, frozen=True, gc=False):
    """A campaign at an instant in microseconds.

    `totals` only grow: entered, issued, declined, cancelled, in this order. `levels` is None
    for what was put together from the log; `waits` are those that ended since the last sample;
    `refused` are all claims that intakes have told to be refused, None where nobody knows;
    `kept` is how many of those who got their coupon since then waited no longer than told.
    """

    at: int
    totals: tuple[int, int, int, int]
    levels: Levels | None = None
    waits: Spread = {}
    refused: int | None = None
    kept: Kept = UNJUDGED


TOTALS = (Count.ENTERED, Count.ISSUED, Count.DECLINED, Count.CANCELLED)


def sampled(
    at: int, stripes: Sequence[Stripe], gauge: Gauge, oldest_s: float | None, told: Wait | None
) -> Sample:
    """Return a campaign as its stripes and its gauge say, with what its newcomers are told."""
    entered, issued, declined, cancelled = (counted(stripes, count) for count in TOTALS)
    levels = Levels(
        backlog=tuple(counted(stripes, Count.ACCEPTED, tier) for tier in Tier),
        waitlisted=counted(stripes, Count.WAITLISTED),
        parked=counted(stripes, Count.PARKED),
        available=total(stripes, Purse.AVAILABLE),
        reserved=total(stripes, Purse.RESERVED),
        threshold=gauge.threshold,
        resume_at=gauge.resume_at,
        oldest_s=oldest_s or 0.0,
        told=None if told is None else (told.low_s, told.high_s),
    )
    return Sample(at, (entered, issued, declined, cancelled), levels)


def merged(old: Sample, new: Sample) -> Sample:
    """Return two moments as one: totals and money of the later, of what waits the worse."""
    return Sample(
        at=new.at,
        totals=new.totals,
        levels=_worse(old.levels, new.levels),
        waits=joined(old.waits, new.waits),
        refused=old.refused if new.refused is None else new.refused,
        kept=added(old.kept, new.kept),
    )


def back_from(first: Sample, minutes: Mapping[int, Sequence[int]]) -> list[Sample]:
    """Return samples before the first one, from what was added to the totals in each minute.

    `minutes` has, by number since 1970, the sums of the order of `totals`.
    """
    found: list[Sample] = []
    totals = first.totals
    for minute in sorted(minutes, reverse=True):
        end = min((minute + 1) * MINUTE - 1, first.at - 1)
        found.append(Sample(end, totals))
        entered, issued, declined, cancelled = (
            max(0, had - came) for had, came in zip(totals, minutes[minute], strict=True)
        )
        totals = (entered, issued, declined, cancelled)
        if minute - 1 not in minutes:
            # The minute before was still: without this point a rate would be drawn across it.
            found.append(Sample(minute * MINUTE - 1, totals))
    return found[::-1]


MINUTE = 60_000_000


def _worse(old: Levels | None, new: Levels | None) -> Levels | None:
    if old is None or new is None:
        return new or old
    return replace(
        new,
        backlog=max(old.backlog, new.backlog, key=sum),
        waitlisted=max(old.waitlisted, new.waitlisted),
        parked=max(old.parked, new.parked),
        oldest_s=max(old.oldest_s, new.oldest_s),
    )
