"""The series of a campaign's money, and of its ledger: whether what must add up does."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.core import Metric

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.stripe import PARTS, SHARES, Count, Purse, Stripe, counted, total
from fulfiller.domain.tier import Tier
from fulfiller.intake.families import Values, gauge

Stripes = Mapping[str, Sequence[Stripe]]


def purses(campaigns: Mapping[str, Campaign], stripes: Stripes) -> Iterator[Metric]:
    """Yield the series of all campaigns."""
    about = "The budget, in minor units of its currency: `limit` is the sum of the other kinds."
    names = ("campaign", "currency", "kind")
    yield gauge("budget_minor_units", about, names, _money(campaigns, stripes))
    about = "The budget in whole coupons of the campaign's value, rounded down."
    yield gauge("budget_coupons", about, ("campaign", "kind"), _coupons(campaigns, stripes))
    about = "Money by which stripes miss `limit = available + reserved + issued + redeemed`: 0."
    amiss = [
        ((name, each.value.currency), sum(map(_money_amiss, stripes[name])))
        for name, each in campaigns.items()
    ]
    yield gauge("ledger_difference_minor_units", about, ("campaign", "currency"), amiss)
    about = "Claims by which stripes miss `entered` = the sum of the other six counts: 0."
    claims = [((name,), sum(map(_claims_amiss, stripes[name]))) for name in campaigns]
    yield gauge("ledger_difference_claims", about, ("campaign",), claims)


def _money(campaigns: Mapping[str, Campaign], stripes: Stripes) -> Values:
    for name, campaign in campaigns.items():
        for purse in Purse:
            yield (name, campaign.value.currency, str(purse)), total(stripes[name], purse)


def _coupons(campaigns: Mapping[str, Campaign], stripes: Stripes) -> Values:
    for name, campaign in campaigns.items():
        for purse in Purse:
            yield (name, str(purse)), total(stripes[name], purse) // campaign.value.amount


def _money_amiss(stripe: Stripe) -> int:
    """Return the money that is missing or too much, so that stripes can't make up for another."""
    return abs(stripe[Purse.LIMIT] - sum(stripe[purse] for purse in PARTS))


def _claims_amiss(stripe: Stripe) -> int:
    return sum(
        abs(
            counted((stripe,), Count.ENTERED, tier)
            - sum(counted((stripe,), share, tier) for share in SHARES)
        )
        for tier in Tier
    )
