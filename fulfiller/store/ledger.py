"""The laws of money: the stripes among themselves, against the terms, against the tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.stripe import Count, Purse, Stripe, total
from fulfiller.domain.tier import Tier
from fulfiller.service.extend import promised, said
from fulfiller.store import hot, rows
from fulfiller.store.laws import Finding
from fulfiller.store.snapshot import Snapshot
from fulfiller.store.statement import listed

STRIPES = f"select {listed(hot.STRIPE)} from stripe order by campaign, number"

# What the ledger must say, by stripe: the money of open claims and coupons.
MONEY = """
  select campaign, stripe, 'reserved' as name, cast(sum(amount) as bigint) as number
    from open_claim group by campaign, stripe
  union all
  select campaign, stripe, case state when 'redeemed' then 'redeemed' else 'issued' end,
    cast(sum(amount) as bigint)
    from coupon where state <> 'revoked' group by campaign, stripe, 3"""

# What the ledger must say, by stripe and tier: the claims that still know their stripe.
PLACED = """
  select campaign, stripe, tier, stage as name, count(*) as number
    from open_claim group by campaign, stripe, tier, stage
  union all
  select campaign, stripe, tier, 'issued', count(*) from coupon group by campaign, stripe, tier"""

# What the ledger must say, by campaign and tier: claims don't name a stripe, nor do outcomes.
SUMMED = """
  select campaign, tier, 'entered' as name, count(*) as number
    from claim group by campaign, tier
  union all
  select c.campaign, c.tier, o.ending, count(*)
    from outcome o join claim c on c.claim_id = o.claim_id group by c.campaign, c.tier, o.ending"""

EXTENSIONS = f"""
  select campaign, detail from event where kind = '{Kind.CAMPAIGN_EXTENDED}' order by id"""

PURSES = (Purse.RESERVED, Purse.ISSUED, Purse.REDEEMED)
PLACED_COUNTS = (Count.WAITLISTED, Count.ACCEPTED, Count.PARKED, Count.ISSUED)
SUMMED_COUNTS = (Count.ENTERED, Count.DECLINED, Count.CANCELLED)
Figures = dict[tuple[object, ...], int]
"""Figures by what they are figures of: campaign, stripe or not, tier or not, name."""


def findings(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what the ledger says about itself, the terms and the tables."""
    stripes = [rows.stripe(hot.STRIPE, tuple(row.values())) for row in snapshot.rows(STRIPES)]
    terms = {row["id"]: row["terms"] for row in snapshot.rows("select id, terms from campaign")}
    campaigns = {name: rows.campaign(text) for name, text in terms.items()}
    grouped: defaultdict[str, list[Stripe]] = defaultdict(list)
    for stripe in stripes:
        grouped[stripe.key.campaign].append(stripe)
    held = f"{len(stripes):,} stripes"
    yield _found("stripes balance, with nothing below zero", _unbalanced(stripes), held)
    yield _found("campaigns are whole", _partial(campaigns, grouped, snapshot), _many(campaigns))
    shortened = _shortened(campaigns, snapshot)
    yield _found("extended coupons stay extended", shortened, _many(campaigns))
    yield _found("no money beyond the budget", _overspent(campaigns, grouped), _many(campaigns))
    yield _found("sold out is true", _unsold(campaigns, grouped, snapshot), _many(campaigns))
    money = _differing(_money(stripes), _asked(snapshot, MONEY, "stripe"))
    yield _found("each purse holds what open claims and coupons are worth", money, held)
    placed = _differing(_placed(stripes), _asked(snapshot, PLACED, "stripe", "tier"))
    summed = _differing(_summed(stripes), _asked(snapshot, SUMMED, "tier"))
    yield _found("the counts are those of the tables", chain(placed, summed), held)


def _found(law: str, flaws: Iterable[str], held: str) -> Finding:
    flaw = next(iter(flaws), None)
    return Finding(law, ok=flaw is None, detail=held if flaw is None else flaw)


def _many(campaigns: Mapping[str, Campaign]) -> str:
    return f"{len(campaigns):,} campaigns"


def _unbalanced(stripes: Iterable[Stripe]) -> Iterator[str]:
    for stripe in stripes:
        if (flaw := stripe.broken()) is not None:
            yield f"stripe {stripe.key.number} of {stripe.key.campaign}: {flaw}"


def _partial(
    campaigns: Mapping[str, Campaign], grouped: Mapping[str, list[Stripe]], snapshot: Snapshot
) -> Iterator[str]:
    """Yield what is missing of a campaign: its mode, its stripes, the event of its birth."""
    modes = {row["scope"] for row in snapshot.rows("select scope from mode")}
    born: defaultdict[str, list[int]] = defaultdict(list)
    births = f"select campaign, amount from event where kind = '{Kind.CAMPAIGN_CREATED}'"
    for row in snapshot.rows(births):
        born[row["campaign"]].append(row["amount"])
    for name in sorted(modes ^ {SERVICE, *campaigns}):
        yield f"{name} has a mode or a campaign, but not both"
    for name in sorted(grouped.keys() | campaigns.keys() | born.keys()):
        campaign, numbers = campaigns.get(name), [s.key.number for s in grouped.get(name, ())]
        if campaign is None or numbers != list(range(campaign.stripes)):
            yield f"{name} has stripes {numbers}"
        elif born[name] != [campaign.budget]:
            yield f"{name} has a budget of {campaign.budget}, its creation says {born[name]}"


def _shortened(campaigns: Mapping[str, Campaign], snapshot: Snapshot) -> Iterator[str]:
    """Yield campaigns whose floor is not what their last extension has promised."""
    details = {row["campaign"]: row["detail"] for row in snapshot.rows(EXTENSIONS)}
    for name in sorted(details.keys() & campaigns.keys()):
        floor = campaigns[name].floor
        told = promised(details[name])
        if told != said(floor or 0):
            yield f"{name} promised to be {told}, its terms say floor {floor}"


def _overspent(
    campaigns: Mapping[str, Campaign], grouped: Mapping[str, list[Stripe]]
) -> Iterator[str]:
    for name in sorted(campaigns):
        budget, stripes = campaigns[name].budget, grouped.get(name, [])
        limit, spent = total(stripes, Purse.LIMIT), sum(total(stripes, p) for p in PURSES)
        if limit != budget:
            yield f"the stripes of {name} are limited to {limit}, its budget is {budget}"
        if spent > budget:
            yield f"{name} has spent {spent} of {budget}"


def _unsold(
    campaigns: Mapping[str, Campaign], grouped: Mapping[str, list[Stripe]], snapshot: Snapshot
) -> Iterator[str]:
    exhausted = snapshot.rows("select scope from mode where exhausted order by scope")
    for name in (row["scope"] for row in exhausted if row["scope"] in campaigns):
        left = total(grouped.get(name, []), Purse.AVAILABLE)
        if left >= campaigns[name].value.amount:
            yield f"{name} is marked exhausted with {left} left"


def _money(stripes: Iterable[Stripe]) -> Figures:
    return {
        (stripe.key.campaign, stripe.key.number, str(purse)): stripe[purse]
        for stripe in stripes
        for purse in PURSES
    }


def _placed(stripes: Iterable[Stripe]) -> Figures:
    return {
        (stripe.key.campaign, stripe.key.number, int(tier), str(count)): stripe.counts[tier, count]
        for stripe in stripes
        for tier in Tier
        for count in PLACED_COUNTS
    }


def _summed(stripes: Iterable[Stripe]) -> Figures:
    sums: defaultdict[tuple[object, ...], int] = defaultdict(int)
    for stripe in stripes:
        for tier in Tier:
            for count in SUMMED_COUNTS:
                key = (stripe.key.campaign, int(tier), str(count))
                sums[key] += stripe.counts[tier, count]
    return sums


def _asked(snapshot: Snapshot, query: str, *by: str) -> Figures:
    names = ("campaign", *by, "name")
    return {tuple(row[name] for name in names): row["number"] for row in snapshot.rows(query)}


def _differing(said: Figures, counted: Figures) -> Iterator[str]:
    """Yield where ledger and tables differ; what only one of them has counts as 0 there."""
    for key in sorted(said.keys() | counted.keys(), key=str):
        if said.get(key, 0) != counted.get(key, 0):
            what = " ".join(map(str, key))
            yield f"{what}: the ledger says {said.get(key, 0)}, the tables {counted.get(key, 0)}"
