"""The statements that serve lanes: which have claims, which flows they have, what stands next."""

from fulfiller.domain.tier import Tier
from fulfiller.store.statement import statement


def walk(which: str, below: str = "") -> str:
    """Return the SQL that walks through the flows of campaigns' lanes, tier by tier, backwards.

    Each step lands on the newest claim of a flow. Its oldest stand behind all that was issued
    since the last vacuum, whose places in the index are still there to be stepped over.
    """
    last = "select max(flow) from open_claim o where o.campaign = {}.{} and o.tier = {}.tier"
    last += " and o.stage = 'accepted'"
    tiers = " union all ".join(f"select {tier.value} as tier" for tier in Tier)
    return (
        "with recursive flow(campaign, tier, name) as ("
        f"select c.id, t.tier, ({last.format('c', 'id', 't')}{below}) from campaign c"
        f" cross join ({tiers}) t {which}"
        f" union all select f.campaign, f.tier, ({last.format('f', 'campaign', 'f')}"
        " and o.flow < f.name) from flow f where f.name is not null)"
    )


OLDEST_OF_FLOW = (
    "(select min(ready_at) from open_claim o where o.campaign = flow.campaign"
    " and o.tier = flow.tier and o.stage = 'accepted' and o.flow = flow.name)"
)

LANES = statement(
    f"select campaign, {', '.join(f'sum({t}_accepted)' for t in Tier)} from stripe"
    " where <unheld> group by campaign order by campaign",
    unheld="campaign not in (select scope from mode where held)"
    " and '*' not in (select scope from mode where held)",
)

# The order must name the table's column: an output alias would sort the whole backlog.
READY = statement(
    "select claim_id, ready_at, offered_at, attempts from open_claim"
    " where campaign = {campaign:text} and tier = {tier:smallint} and stage = {stage:text}"
    " and (ready_at, claim_id) > ({ready_at:bigint}, {after:uuid})"
    " order by open_claim.ready_at, open_claim.claim_id limit {limit:bigint}"
)

# The flows of campaigns' lanes, each one step down an index before the one behind, and when the
# oldest claim of each became ready, unless that is known well enough.
FLOWS = statement(
    f"{walk('where c.id {in:campaigns:text}')} select campaign, tier, name,"
    " case when campaign || ' ' || tier || ' ' || name {in:known:text} then null"
    f" else {OLDEST_OF_FLOW} end from flow where name is not null"
)

FLOW_PAGE = statement(
    "select claim_id, ready_at, offered_at, attempts from open_claim"
    " where campaign = {campaign:text} and tier = {tier:smallint} and stage = 'accepted'"
    " and flow = {flow:text} and (ready_at, claim_id) > ({ready_at:bigint}, {after:uuid})"
    " order by open_claim.ready_at, open_claim.claim_id limit {limit:bigint}"
)
