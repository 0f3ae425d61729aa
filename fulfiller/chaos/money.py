"""Money: stripes and snapshots among themselves, against the terms, and against the tables."""

from collections import Counter
from collections.abc import Iterator, Mapping

from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket
from fulfiller.chaos.testimony import Testimony
from fulfiller.domain.coupon import CouponState
from fulfiller.domain.outcome import Ending
from fulfiller.domain.stripe import PARTS, Count, Purse
from fulfiller.domain.tier import Tier
from fulfiller.service.book import STAGE_COUNT

SPENT = (Purse.RESERVED, Purse.ISSUED, Purse.REDEEMED)
PURSE_OF = {
    CouponState.ISSUED: Purse.ISSUED,
    CouponState.RESERVED: Purse.ISSUED,
    CouponState.REDEEMED: Purse.REDEEMED,
}
"""Where a coupon's money lies; a revoked one has none."""
ENDED = {Ending.DECLINED: Count.DECLINED, Ending.CANCELLED: Count.CANCELLED}
Figures = Counter[tuple[object, ...]]


def judge_budgets(index: Index, heard: Testimony, docket: Docket) -> None:
    """S3: in the end and in every snapshot no campaign has spent more than its budget."""
    for where, campaign, purses in _readings(index, heard):
        docket.judged("S3", 1)
        budget = index.books.campaigns[campaign].budget
        spent = sum(purses.get(purse, 0) for purse in SPENT)
        if spent > budget:
            docket.charge("S3", f"{where} {campaign} has spent {spent} of {budget}")


def judge_conservation(index: Index, heard: Testimony, docket: Docket) -> None:
    """S4: limit = available + reserved + issued + redeemed = budget, and so say the tables."""
    for stripe in index.books.stripes:
        docket.judged("S4", 1)
        if (flaw := stripe.broken()) is not None:
            docket.charge("S4", f"stripe {stripe.key.number} of {stripe.key.campaign}: {flaw}")
    for where, campaign, purses in _readings(index, heard):
        docket.judged("S4", 1)
        limit = purses.get(Purse.LIMIT, 0)
        parts = sum(purses.get(purse, 0) for purse in PARTS)
        budget = index.books.campaigns[campaign].budget
        if limit != budget or parts != budget or min(purses.values()) < 0:
            text = f"{where} {campaign} has a limit of {limit}, parts of {parts}"
            docket.charge("S4", f"{text} and a budget of {budget}")
    _judge_tables(index, docket)


def _readings(index: Index, heard: Testimony) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """Yield every reading of a campaign's purses that there is: snapshots, then the end."""
    campaigns = index.books.campaigns
    for line in heard.snapshots:
        for campaign, purses in (line.purses or {}).items():
            if campaign in campaigns:
                yield f"snapshot {line.call}:", campaign, purses
    sums: dict[str, Counter[str]] = {name: Counter() for name in campaigns}
    for stripe in index.books.stripes:
        # Whatever is not of a campaign is charged by the tables.
        for purse, amount in stripe.money.items():
            sums.get(stripe.key.campaign, Counter())[purse] += amount
    for campaign, found in sums.items():
        yield "in the end", campaign, dict.fromkeys(Purse, 0) | dict(found)


def _judge_tables(index: Index, docket: Docket) -> None:
    said, counted = _said(index), _counted(index)
    for key in sorted(said.keys() | counted.keys(), key=str):
        if said[key] != counted[key]:
            what = " ".join(map(str, key))
            text = f"{what}: the ledger says {said[key]}, the tables {counted[key]}"
            docket.charge("S4", text)


def _said(index: Index) -> Figures:
    """Return what stripes say: money and placed claims by stripe, totals by campaign."""
    figures: Figures = Counter()
    for stripe in index.books.stripes:
        campaign, number = stripe.key.campaign, stripe.key.number
        for purse in SPENT:
            figures[campaign, number, purse] += stripe[purse]
        for (tier, count), value in stripe.counts.items():
            summed = count in (Count.ENTERED, Count.DECLINED, Count.CANCELLED)
            key = (campaign, tier, count) if summed else (campaign, number, tier, count)
            figures[key] += value
    return figures


def _counted(index: Index) -> Figures:
    """Return the same of open rows, coupons, outcomes and claims.

    Each claim counts once: what is in two places at once is charged as that.
    """
    figures: Figures = Counter()
    claims, coupons, outcomes = index.claims, index.coupons, index.outcomes
    entered: Counter[tuple[str, Tier]] = Counter((c.campaign, c.tier) for c in claims.values())
    for (campaign, tier), number in entered.items():
        figures[campaign, tier, Count.ENTERED] = number
    for coupon in coupons.values():
        purse = PURSE_OF.get(coupon.state)
        if purse is not None:
            figures[coupon.campaign, coupon.stripe, purse] += coupon.amount
        figures[coupon.campaign, coupon.stripe, coupon.tier, Count.ISSUED] += 1
    for claim_id in outcomes.keys() - coupons.keys():
        claim = claims.get(claim_id)
        if claim is not None:
            figures[claim.campaign, claim.tier, ENDED[outcomes[claim_id].ending]] += 1
    for claim_id in index.opened.keys() - coupons.keys() - outcomes.keys():
        row = index.opened[claim_id]
        figures[row.campaign, row.stripe, Purse.RESERVED] += row.amount
        figures[row.campaign, row.stripe, row.tier, STAGE_COUNT[row.stage]] += 1
    return figures
