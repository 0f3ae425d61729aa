"""How it goes, live: rates and how much of them is used, tiers and what each of them got.

What was got is told since an earlier look, and is None where there was none.
"""

from collections.abc import Iterator

from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace
from fulfiller.domain.validity import SECOND
from fulfiller.ops.figures import Figures
from fulfiller.ops.modes import length
from fulfiller.ops.pulse import Pulse
from fulfiller.ops.refused import refused_per_s
from fulfiller.ops.shares import TierFigures
from fulfiller.service.dispatch import Lane
from fulfiller.service.traffic import Waiting

KEY_WIDTH = 24
SINCE_WIDTH = 23
"""Of `oldest 71 s of 10 min`, so that shares stand below each other."""
Json = dict[str, object]


def issued_per_s(pulse: Pulse, before: Pulse | None, campaign: str | None = None) -> float | None:
    """Return the coupons issued per second since an earlier look, of a campaign or of all."""
    if before is None or pulse.at <= before.at:
        return None
    issued = _issued(pulse, campaign) - _issued(before, campaign)
    return issued * SECOND / (pulse.at - before.at)


def ceiling(pulse: Pulse, before: Pulse | None) -> Json | None:
    """Return the rate of the whole service for programs, None if there is none."""
    pace = pulse.traffic.paces.get(SERVICE_RATE)
    if pace is None:
        return None
    return _rate(pace, pulse) | {"issued_per_s": _rounded(issued_per_s(pulse, before))}


def as_json(each: Figures, pulse: Pulse, before: Pulse | None) -> Json:
    """Return how a campaign goes for programs."""
    own = pulse.traffic.paces.get((each.campaign, EVERY_KEY))
    return {
        "issued_per_s": _rounded(issued_per_s(pulse, before, each.campaign)),
        "refused_per_s": _rounded(refused_per_s(pulse, before, each.campaign)),
        "issuing_rate": None if own is None else _rate(own, pulse),
        "tiers": {str(tier.tier): _tier(tier, each, pulse, before) for tier in each.tiers},
        "limits": [_limit(pace, waiting, pulse) for pace, waiting in _limited(each, pulse)],
    }


def ceiling_said(pulse: Pulse) -> str:
    """Return the rate of the whole service in a few words; nothing if there is none."""
    pace = pulse.traffic.paces.get(SERVICE_RATE)
    return "" if pace is None else f"{pace.rate} over all campaigns, {used(pace, pulse):.0%} used"


def late(pulse: Pulse) -> str:
    """Return the lanes that wait longer than it is stated that they do, such as festival/p0."""
    return ", ".join(
        f"{each.campaign}/{tier.tier}"
        for each in pulse.campaigns
        for tier in each.tiers
        if _is_late(tier, _oldest(tier, each, pulse))
    )


def said(each: Figures, pulse: Pulse, before: Pulse | None) -> Iterator[str]:
    """Yield a line for the rate, for each tier in which somebody waits or got, for each limit."""
    own = pulse.traffic.paces.get((each.campaign, EVERY_KEY))
    if own is not None:
        per_s = issued_per_s(pulse, before, each.campaign)
        now = "" if per_s is None else f" · issued {per_s:,.1f}/s"
        yield f"issuing rate {own.rate}{now} · {used(own, pulse):.0%} used"
    for tier in each.tiers:
        got = _got(tier, each, before)
        if tier.waiting or got:
            yield _tier_said(tier, got, _oldest(tier, each, pulse))
    for pace, waiting in _limited(each, pulse):
        yield _limit_said(pace, waiting, pulse)


def used(pace: Pace, pulse: Pulse) -> float:
    """Return how much of what a rate gives now is used: 1 is all of it."""
    return min(1.0, pace.ahead(pulse.at) / pace.rate.burst_span)


def _tier_said(tier: TierFigures, got: float | None, oldest: int | None) -> str:
    longest = tier.longest_wait_s * SECOND
    since = (
        "only for a limit" if oldest is None else f"oldest {length(oldest)} of {length(longest)}"
    )
    share = f"share {tier.share:3.0%}" + ("" if got is None else f", got {got:4.0%}")
    late = " · LATE" if _is_late(tier, oldest) else ""
    return f"{tier.tier}  {tier.waiting:>9,} wait · {since:<{SINCE_WIDTH}} · {share}{late}"


def _is_late(tier: TierFigures, oldest: int | None) -> bool:
    return oldest is not None and oldest > tier.longest_wait_s * SECOND


def _limit_said(pace: Pace, waiting: Waiting, pulse: Pulse) -> str:
    _, key = pace.scope
    name = key if len(key) <= KEY_WIDTH else f"{key[: KEY_WIDTH - 1]}…"
    count = f"{waiting.claims:,}{'+' if waiting.more else ''} wait"
    oldest = length(max(0, pulse.at - waiting.since))
    return f"{name}  limit {pace.rate}, {used(pace, pulse):.0%} used · {count} · oldest {oldest}"


def _tier(tier: TierFigures, each: Figures, pulse: Pulse, before: Pulse | None) -> Json:
    got, oldest = _got(tier, each, before), _oldest(tier, each, pulse)
    return {
        "waiting": tier.waiting,
        "oldest_s": None if oldest is None else oldest / SECOND,
        "longest_wait_s": tier.longest_wait_s,
        "share": round(tier.share, 3),
        "got": None if got is None else round(got, 3),
    }


def _limit(pace: Pace, waiting: Waiting, pulse: Pulse) -> Json:
    return {
        "limit_key": pace.scope[1],
        **_rate(pace, pulse),
        "waiting": waiting.claims,
        "more_waiting": waiting.more,
        "oldest_s": max(0, pulse.at - waiting.since) / SECOND,
    }


def _rate(pace: Pace, pulse: Pulse) -> Json:
    return {
        "rate": str(pace.rate),
        "per_s": _rounded(pace.rate.per_s),
        "used": round(used(pace, pulse), 3),
    }


def _limited(each: Figures, pulse: Pulse) -> Iterator[tuple[Pace, Waiting]]:
    for scope, waiting in pulse.traffic.limited.items():
        if scope[0] == each.campaign:
            yield pulse.traffic.paces[scope], waiting


def _got(tier: TierFigures, each: Figures, before: Pulse | None) -> float | None:
    """Return a tier's part of what its campaign issued since an earlier look, if it did."""
    earlier = None if before is None else before.of(each.campaign)
    if earlier is None:
        return None
    gained = {one.tier: one.issued for one in each.tiers}
    for one in earlier.tiers:
        gained[one.tier] = gained.get(one.tier, 0) - one.issued
    total = sum(gained.values())
    return gained[tier.tier] / total if total > 0 else None


def _oldest(tier: TierFigures, each: Figures, pulse: Pulse) -> int | None:
    since = pulse.traffic.oldest.get(Lane(each.campaign, tier.tier))
    return None if since is None else max(0, pulse.at - since)


def _issued(pulse: Pulse, campaign: str | None) -> int:
    if campaign is None:
        return pulse.sum("issued")
    found = pulse.of(campaign)
    return 0 if found is None else found.issued


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
