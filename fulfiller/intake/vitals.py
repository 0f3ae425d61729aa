"""The series of a campaign's vitals: what its breaker is judged by, and what people wait for.

All of it is from one survey, the same that keepers govern by. No limit key is in it: merchants
are many, and what one of them said of itself is between it and the campaign.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from prometheus_client.core import Metric

from fulfiller.domain.breaker import Pressure, Reading, thresholds
from fulfiller.domain.campaign import Campaign, Phase, phase, policy
from fulfiller.domain.stripe import Count
from fulfiller.domain.tier import Tier
from fulfiller.intake.families import Values, gauge
from fulfiller.service.govern import count_of
from fulfiller.service.helm import Survey
from fulfiller.service.outlook import wait_of

SECOND = 1_000_000
CAMPAIGN = ("campaign",)


def vitals(survey: Survey) -> Iterator[Metric]:
    """Yield the series of all campaigns."""
    yield from _of_backlog(survey)
    yield from _of_pace(survey)
    yield from _of_waiting(survey)
    about = "Reports of partners that are in force, by what they say; never by who says it."
    yield gauge("pressure", about, ("campaign", "pressure"), _pressed(survey))


def _of_backlog(survey: Survey) -> Iterator[Metric]:
    found = [(name, _thresholds(survey, name)) for name in survey.campaigns]
    about = "Accepted claims above which a campaign pauses, as in effect now."
    highs = [((name,), float(high)) for name, (high, _) in found if high is not None]
    yield gauge("backlog_threshold_claims", about, CAMPAIGN, highs)
    about = "Accepted claims at or below which its backlog is no reason to stay paused."
    lows = [((name,), float(low)) for name, (_, low) in found if low is not None]
    yield gauge("backlog_resume_claims", about, CAMPAIGN, lows)
    about = "How long a campaign's oldest accepted claim has been ready; 0 if none waits."
    ages = [((name,), _age_s(survey, name)) for name in survey.campaigns]
    yield gauge("oldest_claim_age_seconds", about, CAMPAIGN, ages)


def _thresholds(survey: Survey, name: str) -> tuple[int | None, int | None]:
    """Return the thresholds that a keeper has shown last, or else those of the terms alone."""
    shown = survey.modes[name].gauge
    if shown is not None:
        return shown.threshold, shown.resume_at
    high, low = thresholds(Reading(), policy(survey.campaigns[name]))
    return None if high is None else int(high), None if low is None else int(low)


def _age_s(survey: Survey, name: str) -> float:
    return max(0, survey.now - survey.oldest.get(name, survey.now)) / SECOND


def _of_pace(survey: Survey) -> Iterator[Metric]:
    readings = [(name, _reading(survey, name)) for name in survey.campaigns]
    about = "Claims issued per second while any waited, of late; 0 is no progress."
    rates = [((name,), seen.rate) for name, seen in readings if seen.rate is not None]
    yield gauge("issuing_rate_claims_per_second", about, CAMPAIGN, rates)
    about = "How long the backlog takes at that rate; +Inf without progress."
    drains = [((name,), seen.drain_s) for name, seen in readings if seen.drain_s is not None]
    yield gauge("drain_seconds", about, CAMPAIGN, drains)


def _reading(survey: Survey, name: str) -> Reading:
    """Return what the keeper read last, with the backlog of now."""
    shown = survey.modes[name].gauge
    last = Reading() if shown is None else shown.reading
    return replace(last, backlog=count_of(survey.sums[name], Count.ACCEPTED))


def _of_waiting(survey: Survey) -> Iterator[Metric]:
    about = "Claims that keep a place in line until their campaign admits them."
    yield gauge("waitlisted_claims", about, ("campaign", "tier"), _waitlisted(survey))
    about = "How long somebody waits who comes now, in the usual tier; no `high` if none is sure."
    yield gauge("estimated_wait_seconds", about, ("campaign", "bound"), _waits(survey))


def _waitlisted(survey: Survey) -> Values:
    """Yield the tiers that anybody ever came in by."""
    for name in survey.campaigns:
        sums = survey.sums[name]
        for tier in Tier:
            if sums.get((tier, Count.ENTERED)):
                yield (name, str(tier)), sums.get((tier, Count.WAITLISTED), 0)


def _waits(survey: Survey) -> Values:
    """Yield the estimates of the campaigns that take claims in at all."""
    for campaign in survey.campaigns.values():
        if not _takes_claims(campaign, survey):
            continue
        tier = campaign.default_tier
        ahead = survey.sums[campaign.id].get((tier, Count.WAITLISTED), 0)
        wait = wait_of(campaign, survey, tier=tier, ahead=ahead, now=survey.now)
        yield (campaign.id, "low"), wait.low_s
        if wait.high_s is not None:
            yield (campaign.id, "high"), wait.high_s


def _takes_claims(campaign: Campaign, survey: Survey) -> bool:
    exhausted = survey.modes[campaign.id].exhausted
    return phase(campaign, now=survey.now, exhausted=exhausted) is Phase.ACTIVE


def _pressed(survey: Survey) -> Values:
    counted = Counter((report.campaign, report.pressure) for report in survey.reports)
    for name in survey.campaigns:
        for pressure in Pressure:
            yield (name, str(pressure)), counted[name, pressure]
