"""The series of what a campaign has promised, and of what is in force that it must hold against.

Alerts compare what is with these: no threshold of a campaign is written into a rule.
"""

from collections.abc import Iterator

from prometheus_client.core import Metric

from fulfiller.domain.campaign import Phase, phase, policy
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pace import Rate
from fulfiller.intake.families import Values, gauge
from fulfiller.service.helm import Survey

SECOND = 1_000_000
CAMPAIGN = ("campaign",)


def promises(survey: Survey) -> Iterator[Metric]:
    """Yield the series of all campaigns."""
    campaigns = survey.campaigns
    about = "1 for the phase that a campaign is in."
    yield gauge("phase", about, ("campaign", "phase"), _phases(survey))
    about = "How long the backlog may take at most, as people were promised."
    spans = [((name,), float(each.promise_s)) for name, each in campaigns.items()]
    yield gauge("promise_seconds", about, CAMPAIGN, spans)
    about = "The age at which the oldest accepted claim pauses its campaign."
    ages = [((name,), float(policy(each).oldest_s)) for name, each in campaigns.items()]
    yield gauge("oldest_claim_limit_seconds", about, CAMPAIGN, ages)
    about = "Claims that may wait in line at most; without a cap there is none."
    caps = [
        ((name,), float(each.waitlist_cap))
        for name, each in campaigns.items()
        if each.waitlist_cap is not None
    ]
    yield gauge("waitlist_cap_claims", about, CAMPAIGN, caps)
    about = "Issuing rates that are set; the scope `*` is the whole service."
    yield gauge("rate_limit_claims_per_second", about, ("scope",), _rates(survey))
    about = "Since when a scope has been in its mode; the scope `*` is the whole service."
    since = [((row.scope,), row.since / SECOND) for row in survey.modes.values() if row.since]
    yield gauge("mode_since_timestamp_seconds", about, ("scope",), since)
    about = "How long the store took to answer the keeper, as it last saw."
    seen = survey.modes[SERVICE].gauge
    answers = [] if seen is None else [((), seen.reading.store_s)]
    yield gauge("store_answer_seconds", about, (), answers)


def _phases(survey: Survey) -> Values:
    for name, campaign in survey.campaigns.items():
        at = phase(campaign, now=survey.now, exhausted=survey.modes[name].exhausted)
        for each in Phase:
            yield (name, str(each)), float(each is at)


def _rates(survey: Survey) -> Values:
    for name, campaign in survey.campaigns.items():
        if campaign.issuing_rate is not None:
            yield (name,), Rate.parse(campaign.issuing_rate).per_s
    if survey.ceiling is not None:
        yield (SERVICE,), survey.ceiling.per_s
