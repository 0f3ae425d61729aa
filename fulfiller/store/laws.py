"""The laws that one query can judge: each names the rows that break it.

Sets are compared by stacking both sides and grouping by claim, which both databases do with
bounded memory, by spilling to disk; no row travels to Python unless it breaks a law.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fulfiller.domain.coupon import CouponState
from fulfiller.domain.event import Kind
from fulfiller.domain.validity import DAY
from fulfiller.store.snapshot import Snapshot

ENTERING = (Kind.CLAIM_ACCEPTED, Kind.CLAIM_WAITLISTED)
TERMINAL = (Kind.CLAIM_ISSUED, Kind.CLAIM_DECLINED, Kind.CLAIM_CANCELLED)
MONEYLESS = (
    Kind.BUDGET_GATHERED,
    Kind.CAMPAIGN_CHANGED,
    Kind.CAMPAIGN_EXTENDED,
    Kind.CAMPAIGN_ENDED,
    *(
        kind
        for kind in Kind
        if kind.startswith(("mode.", "pressure.", "patience.", "rate.", "mark."))
    ),
)
OF_COUPONS = {
    Kind.COUPON_RESERVED: CouponState.RESERVED,
    Kind.COUPON_RELEASED: CouponState.ISSUED,
    Kind.COUPON_REDEEMED: CouponState.REDEEMED,
    Kind.COUPON_ROLLED_BACK: CouponState.ISSUED,
    Kind.COUPON_REVOKED: CouponState.REVOKED,
}
"""What happens to coupons, and the state that it leaves them in."""
CLOCKS_APART = DAY
"""By how much a coupon may look older than its claim: what two readings of one store's clock may
differ by.

A process that was answered slowly lags behind by seconds; but a clock that is set right takes all
that it was ahead out of the coupons of claims from before, such as the hours between its local
time and UTC. No time zone is a day away, and 1970 or another unit are always further.
"""
OF_CLAIMS = (*(kind for kind in Kind if kind.startswith("claim.")), *OF_COUPONS)


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a law holds, over how much, or which row breaks it first."""

    law: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A law, the query for its offenders, first come first, and how to speak of one.

    `over` is the table whose rows it judges.
    """

    name: str
    over: str
    offenders: str
    says: str


def judge(law: Law, snapshot: Snapshot) -> Finding:
    """Return whether a law holds in a snapshot."""
    first = f"{law.offenders} order by 1 limit 1"
    for offender in snapshot.rows(first):
        return Finding(law.name, ok=False, detail=law.says.format_map(dict(offender)))
    rows = snapshot.number(f"select count(*) from {law.over}")
    return Finding(law.name, ok=True, detail=f"{rows:,} rows of {law.over}")


def _kinds(kinds: Iterable[Kind]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


_LEFT_AT = " ".join(f"when '{kind}' then '{state}'" for kind, state in OF_COUPONS.items())


LAWS = (
    Law(
        name="each claim is open, issued or ended, and just one of these",
        over="claim",
        offenders="""
          select claim_id, sum(known) as known, sum(open) as open, sum(issued) as issued,
            sum(ended) as ended
          from (
            select claim_id, 1 as known, 0 as open, 0 as issued, 0 as ended from claim
            union all select claim_id, 0, 1, 0, 0 from open_claim
            union all select claim_id, 0, 0, 1, 0 from coupon
            union all select claim_id, 0, 0, 0, 1 from outcome
          ) place
          group by claim_id
          having sum(known) <> 1 or sum(open) + sum(issued) + sum(ended) <> 1""",
        says="clm_{claim_id} has {known} claim, {open} open, {issued} coupon, {ended} outcome rows",
    ),
    Law(
        name="at most one coupon per claim",
        over="coupon",
        offenders="""
          select claim_id, count(*) as coupons from coupon group by claim_id having count(*) > 1""",
        says="clm_{claim_id} has {coupons} coupons",
    ),
    Law(
        name="no coupon is older than its claim",
        over="coupon",
        offenders=f"""
          select c.claim_id, o.issued_at, c.accepted_at from claim c
            join coupon o on o.claim_id = c.claim_id
          where o.issued_at < c.accepted_at - {CLOCKS_APART}""",
        says="cpn_{claim_id} was issued at {issued_at}, its claim was accepted at {accepted_at}",
    ),
    Law(
        name="codes are distinct",
        over="coupon",
        offenders="""
          select min(cast(claim_id as text)) as claim_id, count(*) as coupons
          from coupon group by lookup having count(*) > 1""",
        says="the code of cpn_{claim_id} belongs to {coupons} coupons",
    ),
    Law(
        name="no user has more than the campaign allows",
        over="claim",
        offenders="""
          select g.campaign, g."user", g.claims, k.per_user_limit
          from (
            select c.campaign, c."user", count(*) as claims from claim c
            where not exists (
              select 1 from outcome o where o.claim_id = c.claim_id and o.ending = 'cancelled')
            group by c.campaign, c."user" having count(*) > 1) g
          join (select id, {user_limit} as per_user_limit from campaign) k on k.id = g.campaign
          where g.claims > k.per_user_limit""",
        says="user {user!r} has {claims} claims in {campaign}, {per_user_limit} are allowed",
    ),
    Law(
        name="each identity is held once",
        over="claim",
        offenders="""
          select c.campaign, c."user", c."grant", count(*) as claims from claim c
          where not exists (
            select 1 from outcome o where o.claim_id = c.claim_id and o.ending = 'cancelled')
          group by c.campaign, c."user", c."grant" having count(*) > 1""",
        says="user {user!r} holds grant {grant!r} of {campaign} with {claims} claims",
    ),
    Law(
        name="open rows, coupons and outcomes agree with their claims",
        over="claim",
        offenders="""
          select c.claim_id, 'open row' as place from claim c
            join open_claim o on o.claim_id = c.claim_id
          where o.campaign <> c.campaign or o.account <> c.account or o.tier <> c.tier
            or o.amount <> c.amount or o."user" <> c."user" or o."grant" <> c."grant"
            or o.slot <> c.slot or coalesce(o.limit_key, '') <> coalesce(c.limit_key, '')
          union all
          select c.claim_id, 'coupon' from claim c join coupon o on o.claim_id = c.claim_id
          where o.campaign <> c.campaign or o.account <> c.account or o.tier <> c.tier
            or o.amount <> c.amount
          union all
          select c.claim_id, 'outcome' from claim c join outcome o on o.claim_id = c.claim_id
          where o.campaign <> c.campaign""",
        says="the {place} of clm_{claim_id} contradicts its claim",
    ),
    Law(
        name="each key leads to a claim of its account",
        over="caller_key",
        offenders="""
          select k.account, k.key, k.claim_id from caller_key k
          where not exists (
            select 1 from claim c where c.claim_id = k.claim_id and c.account = k.account)""",
        says="key {key!r} of {account} leads to clm_{claim_id}, which is no claim of theirs",
    ),
    Law(
        name="each claim has a key that leads to it",
        over="claim",
        offenders="""
          select claim_id from (
            select claim_id from claim except select claim_id from caller_key) unled""",
        says="no key leads to clm_{claim_id}",
    ),
    Law(
        name="each claim entered the log once",
        over="claim",
        offenders=f"""
          select claim_id, sum(known) as known, sum(entered) as entered from (
            select claim_id, 1 as known, 0 as entered from claim
            union all select claim_id, 0, 1 from {{log}} l where kind in ({_kinds(ENTERING)})
          ) seen
          group by claim_id having sum(known) <> 1 or sum(entered) <> 1""",
        says="clm_{claim_id} has {known} claim rows and entered the log {entered} times",
    ),
    Law(
        name="each coupon and outcome is one event, and the other way round",
        over="event",
        offenders=f"""
          select claim_id, kind, sum(stored) as stored, sum(logged) as logged from (
            select claim_id, '{Kind.CLAIM_ISSUED}' as kind, 1 as stored, 0 as logged from coupon
            union all select claim_id, 'claim.' || ending, 1, 0 from outcome
            union all select claim_id, kind, 0, 1 from {{log}} l where kind in ({_kinds(TERMINAL)})
          ) seen
          group by claim_id, kind having sum(stored) <> sum(logged) or sum(logged) > 1""",
        says="clm_{claim_id}: {kind} is {stored} times in the tables, {logged} times in the log",
    ),
    Law(
        name="no refusal without its reason",
        over="outcome",
        offenders="""
          select claim_id, actor from outcome
          where ending = 'declined' and trim(reason) = ''""",
        says="clm_{claim_id} was declined by {actor}, who gave no reason",
    ),
    Law(
        name="open claims stand where the log left them",
        over="open_claim",
        offenders=f"""
          with folded as (
            select o.claim_id, o.stage, case
              when count(*) filter (where l.kind = '{Kind.CLAIM_PARKED}')
                > count(*) filter (where l.kind = '{Kind.CLAIM_REPLAYED}') then 'parked'
              when count(*) filter (where l.kind = '{Kind.CLAIM_WAITLISTED}')
                > count(*) filter (where l.kind = '{Kind.CLAIM_ADMITTED}') then 'waitlisted'
              else 'accepted' end as left_at
            from {{log}} l join open_claim o on o.claim_id = l.claim_id
            group by o.claim_id, o.stage)
          select claim_id, stage, left_at from folded where stage <> left_at""",
        says="clm_{claim_id} is {stage}, by the log it is {left_at}",
    ),
    Law(
        name="coupons stand where the log left them, each move under a key",
        over="coupon_act",
        offenders=f"""
          with moved as (
            select claim_id, count(*) as logged, max(event) as newest
            from {{log}} l where kind in ({_kinds(OF_COUPONS)}) group by claim_id),
          done as (select claim_id, count(*) as keyed from coupon_act group by claim_id),
          seen as (
            select c.claim_id, c.state, coalesce(c.revision, 0) as revision,
              coalesce(case e.kind {_LEFT_AT} end, 'issued') as left_at,
              coalesce(m.logged, 0) as logged, coalesce(d.keyed, 0) as keyed
            from coupon c left join moved m on m.claim_id = c.claim_id
              left join event e on e.id = m.newest left join done d on d.claim_id = c.claim_id)
          select claim_id, state, left_at, revision, logged, keyed from seen
          where state <> left_at or revision <> logged or revision <> keyed
          union all
          select claim_id, 'lost', 'lost', 0, 0, 1 from coupon_act a
          where not exists (select 1 from coupon c where c.claim_id = a.claim_id)""",
        says="cpn_{claim_id} is {state} after {revision} moves, by the log it is {left_at} after"
        " {logged}, {keyed} of them under a key",
    ),
    Law(
        name="events name claims of their campaign and tier",
        over="event",
        offenders="""
          select l.event, l.claim_id from {log} l
            left join claim c on c.claim_id = l.claim_id
          where c.campaign is null or c.campaign <> l.campaign or c.tier <> coalesce(l.tier, -1)""",
        says="event {event} names clm_{claim_id}, which is not of its campaign and tier",
    ),
    Law(
        name="events move as much money as their claims are worth",
        over="event",
        offenders=f"""
          with worth as (
            select l.event, sum(c.amount) as amount, count(*) as claims
            from {{log}} l join claim c on c.claim_id = l.claim_id group by l.event)
          select e.id, e.kind, e.amount, coalesce(w.amount, 0) as worth, length(e.ids) as packed
          from event e left join worth w on w.event = e.id
          where (e.kind in ({_kinds(OF_CLAIMS)})
              and (e.amount <> coalesce(w.amount, 0)
                or length(e.ids) <> 16 * coalesce(w.claims, 0) or w.claims is null))
            or (e.kind in ({_kinds(MONEYLESS)}) and e.amount <> 0)
            or e.kind not in ({_kinds(tuple(Kind))})""",
        says="event {id} ({kind}, {packed} bytes of ids) says {amount}, its claims say {worth}",
    ),
)
