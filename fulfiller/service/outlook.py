"""The outlook of those who wait: how long, why, and what to tell them; pure, from a survey."""

from collections.abc import Mapping
from hashlib import blake2b

from fulfiller.domain.breaker import RAMP_FROM, Breaker, Mode, Signal
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.estimate import Basis, Prospect, Wait, estimate
from fulfiller.domain.mode import SERVICE, ModeRow, held, ruling
from fulfiller.domain.pace import Rate
from fulfiller.domain.patience import Patience, Reason, Situation
from fulfiller.domain.stripe import Count, Tally
from fulfiller.domain.tier import Tier
from fulfiller.service.govern import count_of
from fulfiller.service.helm import Survey

SECOND = 1_000_000
REASONS = {
    Signal.BACKLOG: Reason.CROWD,
    Signal.DRAIN: Reason.SLOW,
    Signal.AGE: Reason.SLOW,
    Signal.PRESSURE: Reason.PARTNERS,
    Signal.STORE: Reason.SYSTEMS,
}
UPDATE_S = 30
"""Seconds until there is news, where nothing says better."""
LATE_S = 1.5
"""A hold that is over is seen at the next round of governing, a second later at most."""
JITTER_SHARE = 0.2
JITTER_MIN_S = 5.0
JITTER_MAX_S = 600.0


def wait_of(campaign: Campaign, survey: Survey, *, tier: Tier, ahead: int, now: int) -> Wait:
    """Return how long somebody waits who has this many of their tier before them."""
    sums = survey.sums[campaign.id]
    low, high, basis = _rates(campaign, survey.modes)
    row = ruling(survey.modes, campaign.id)
    state = row.state
    ramping = state.mode is Mode.RAMPING
    return estimate(
        Prospect(
            ahead=ahead + _of_others(sums, tier, ahead),
            backlog=count_of(sums, Count.ACCEPTED),
            rate_low=low,
            rate_high=high,
            pause_s=_pause_s(campaign, survey, now),
            ramp_s=0.0 if state.mode is Mode.FLOWING else _ramp_s(campaign, state),
            ramp_done_s=(now - state.since) / SECOND if ramping else 0.0,
            ramp_from=RAMP_FROM,
            late_s=LATE_S if state.mode is Mode.PAUSED else 0.0,
            basis=basis,
        )
    )


def patience_of(campaign: Campaign, survey: Survey, situation: Situation, *, now: int) -> Patience:
    """Return what there is to tell anybody who waits at a campaign; their own place is theirs."""
    row = ruling(survey.modes, campaign.id)
    return Patience(
        situation=situation,
        reason=_reason(row, survey.modes, campaign.id),
        ahead=None,
        wait=None,
        since=None if row.mode is Mode.FLOWING else row.since,
        come_back_at=None,
        next_update_at=_next_update(row, now),
        valid_until=promised_until(campaign),
        zone=campaign.zone,
    )


def promised_until(campaign: Campaign) -> int | None:
    """Return until when every coupon of a campaign is valid at least, if it has such a date.

    Pause credit comes on top for those who had their coupon before the pause: it is each
    coupon's own, and promised to nobody in common.
    """
    dates = [date for date in (campaign.validity.until, campaign.floor) if date is not None]
    return max(dates, default=None)


def come_back_s(campaign: Campaign, survey: Survey, user: str, now: int) -> float | None:
    """Return after how many seconds a place should be free, later by a share of one's own.

    The share is a digest of the user's name: the same each time, never earlier than told, and
    spread so that those who were turned away together don't return together.
    """
    waiting = count_of(survey.sums[campaign.id], Count.WAITLISTED)
    wait = wait_of(campaign, survey, tier=campaign.default_tier, ahead=waiting, now=now)
    pause_s = _pause_s(campaign, survey, now)
    if pause_s is None:
        return None
    line_s = JITTER_MAX_S if wait.high_s is None else wait.high_s - pause_s
    spread = min(max(line_s * JITTER_SHARE, JITTER_MIN_S), JITTER_MAX_S)
    return pause_s + 1 + spread * share_of(user)


def share_of(user: str) -> float:
    """Return a number from 0 to 1 that is a user's own."""
    return int.from_bytes(blake2b(user.encode(), digest_size=4).digest()) / 2**32


def _of_others(sums: Mapping[Tally, int], tier: Tier, ahead: int) -> int:
    """Return how many of other tiers are admitted meanwhile: the tiers take turns."""
    others = (sums.get((other, Count.WAITLISTED), 0) for other in Tier if other is not tier)
    return sum(min(waiting, ahead) for waiting in others)


def _rates(
    campaign: Campaign, modes: Mapping[str, ModeRow]
) -> tuple[float | None, float | None, Basis]:
    gauge = modes[campaign.id].gauge
    limit = None if campaign.issuing_rate is None else Rate.parse(campaign.issuing_rate).per_s
    if gauge is None or not gauge.reading.rate:
        return limit, limit, Basis.PLANNED
    low = gauge.rate_low or gauge.reading.rate
    high = gauge.rate_high or gauge.reading.rate
    low, high = min(low, gauge.reading.rate), max(high, gauge.reading.rate)
    return (
        (low, high, Basis.MEASURED)
        if limit is None
        else (
            min(low, limit),
            min(high, limit),
            Basis.MEASURED,
        )
    )


def _pause_s(campaign: Campaign, survey: Survey, now: int) -> float | None:
    """Return what is left of the pause: the hold, and until the backlog is low; None if unknown."""
    rows = [survey.modes[scope] for scope in (campaign.id, SERVICE)]
    left = [_row_pause_s(row, now) for row in rows]
    if any(each is None for each in left):
        return None
    own = survey.modes[campaign.id]
    falling = _falling_s(own, survey) if own.mode is Mode.PAUSED else 0.0
    return max(falling, *(each for each in left if each is not None))


def _row_pause_s(row: ModeRow, now: int) -> float | None:
    until = 0
    if row.hold is not None or row.held:
        if row.hold is None or row.hold.until is None:
            return None
        until = row.hold.until
    state = row.state
    if state.mode is Mode.PAUSED:
        if state.forced is not None and state.forced.until is None:
            return None
        until = max(until, state.until, state.forced.until or 0 if state.forced else 0)
    return max(0, until - now) / SECOND


def _falling_s(row: ModeRow, survey: Survey) -> float:
    gauge = row.gauge
    if gauge is None or gauge.resume_at is None or not gauge.reading.rate:
        return 0.0
    backlog = count_of(survey.sums[row.scope], Count.ACCEPTED)
    return max(0, backlog - gauge.resume_at) / gauge.reading.rate


def _ramp_s(campaign: Campaign, state: Breaker) -> float:
    if state.mode is Mode.RAMPING:
        return (state.until - state.since) / SECOND
    return campaign.breaker.ramp_s


def _reason(row: ModeRow, modes: Mapping[str, ModeRow], campaign: str) -> Reason | None:
    if row.state.forced is not None or held(modes, campaign):
        return Reason.OPERATOR
    return next((REASONS[signal] for signal in row.state.signals), Reason.CROWD)


def _next_update(row: ModeRow, now: int) -> int:
    """Return when there will be news: at the end of the hold or the ramp, or soon."""
    planned = row.state.until if row.mode is not Mode.FLOWING else 0
    return planned if planned > now else now + UPDATE_S * SECOND
