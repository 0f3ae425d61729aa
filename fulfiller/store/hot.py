"""The hot statements, each with its intent; names come from the SQLModel tables."""

from functools import lru_cache

from fulfiller.domain.stripe import Count
from fulfiller.domain.tier import Tier
from fulfiller.store.statement import Statement, insert, listed, names, statement
from fulfiller.store.table import (
    COUNTS,
    FEW,
    MONEY,
    CallerKeyRow,
    ClaimRow,
    CouponActRow,
    CouponRow,
    EventRow,
    ModeRecord,
    OpenClaimRow,
    OutcomeRow,
    SealRow,
)

CLAIM = names(ClaimRow)
OPEN_CLAIM = names(OpenClaimRow)
COUPON = names(CouponRow)
NEW_COUPON = names(CouponRow, "revision", "held_until", "checkout")
"""What issuing writes of a coupon; the rest is of those that were moved."""
ACT = names(CouponActRow)
OUTCOME = names(OutcomeRow)
CALLER_KEY = names(CallerKeyRow)
EVENT = names(EventRow, "id", "xid")
MODE = names(ModeRecord, "pauses")
"""What deciding and governing takes of a mode; past pauses matter only to coupons."""
GAUGES = tuple(f"{tier}_{count}" for count in (Count.WAITLISTED, Count.ACCEPTED) for tier in Tier)
STRIPE = ("campaign", "number", *MONEY, *COUNTS)
STRIPE_SIGHT = ("campaign", "number", "available", *GAUGES)

# Accept: what a group must know before it is decided.

LOOK_MODES = statement(f"select {listed(MODE)} from mode where scope {{in:scopes:text}}")

LOOK_CAMPAIGNS = statement("select id, terms from campaign where id {in:campaigns:text}")

LOOK_STRIPES = statement(
    f"select {listed(STRIPE_SIGHT)} from stripe where campaign {{in:campaigns:text}}"
    " order by campaign, number"
)

# Accounts times keys is a superset of the pairs asked for; the caller picks its own.
LOOK_KEYS = statement(
    f"select {listed(CALLER_KEY)} from caller_key"
    " where account {in:accounts:text} and key {in:keys:text}"
)

# A user's claims with whether each was cancelled, which is what frees identity and slot.
# A plain subquery: for `exists` PostgreSQL may hash the whole of outcome instead.
LOOK_PRIORS = statement(
    'select claim_id, campaign, "user", account, "grant", slot,'
    " (select 1 from outcome o where o.claim_id = claim.claim_id and o.ending = 'cancelled')"
    ' from claim where campaign {in:campaigns:text} and "user" {in:users:text}'
)

# Write: inserts in the order of their unique keys, so that no two writers deadlock.

ADD_CLAIMS = insert(ClaimRow, *CLAIM)
ADD_OPEN = insert(OpenClaimRow, *OPEN_CLAIM)
ADD_KEYS = insert(CallerKeyRow, *CALLER_KEY)
ADD_COUPONS = insert(CouponRow, *NEW_COUPON)
ADD_ACTS = insert(CouponActRow, *ACT)
ADD_OUTCOMES = insert(OutcomeRow, *OUTCOME)
ADD_EVENTS = insert(EventRow, *EVENT, extra="xid", value="pg_current_xact_id()::text::bigint")
ADD_SEALS = insert(SealRow, *names(SealRow))

# A keeper's write under an old epoch breaks the lease's check and with it the transaction.
FENCE = statement(
    "update lease set epoch = case when epoch = {fence:bigint} then epoch else -1 end"
    " where name = 'keeper'"
)

# Sold out, on the strength of locked stripes.
EXHAUST = statement("update mode set exhausted = true where scope {in:campaigns:text}")

# Money came back: wake whoever cached "sold out".
WAKE = statement(
    "update mode set exhausted = false, money_generation = money_generation + 1"
    " where scope {in:campaigns:text} and exhausted"
)


@lru_cache(maxsize=256)
def move_stripe(columns: tuple[str, ...], *, guarded: bool) -> Statement:
    """Return the statement that adds to these columns of one stripe, last before COMMIT.

    Guarded, it drives `available` below zero, which the check refuses, unless the mode
    generations of campaign and service still sum to what the decision was made on.
    """
    sets = [f'"{name}" = "{name}" + {{{name}:bigint}}' for name in columns]
    if guarded:
        held = "(select sum(generation) from mode where scope in ({campaign:text}, '*'))"
        keep = (
            f"case when {held} = {{guard:bigint}} then {{available:bigint}} else -available - 1 end"
        )
        sets = [s for s in sets if not s.startswith('"available"')]
        sets.insert(0, f"available = available + {keep}")
    return statement(
        f"update stripe set {', '.join(sets)}"
        " where campaign = {campaign:text} and number = {number:smallint}"
    )


# Moving open claims: whoever moves the open row decides.

TAKE = statement(
    f"delete from open_claim where claim_id {{in:ids:uuid}} and stage {{in:stages:text}}"
    f" returning {listed(OPEN_CLAIM)}"
)

# Claims of held campaigns stay open; the last column says whether there is a rate to keep.
TAKE_UNHELD = statement(
    f"delete from open_claim where claim_id {{in:ids:uuid}} and stage {{in:stages:text}}"
    f" and <unheld> returning {listed(OPEN_CLAIM)}, campaign in (select campaign from pace)"
    " or exists (select 1 from pace where campaign = '*')",
    unheld="campaign not in (select scope from mode where held)"
    " and '*' not in (select scope from mode where held)",
)

SHIFT = statement(
    "update open_claim set stage = {new:text} where claim_id {in:ids:uuid}"
    f" and stage = {{old:text}} returning {listed(OPEN_CLAIM)}"
)

# Ready anew: age, offers and attempts start over.
SHIFT_READY = statement(
    "update open_claim set stage = {new:text}, ready_at = {ready_at:bigint}, offered_at = null,"
    f" attempts = 0 where claim_id {{in:ids:uuid}} and stage = {{old:text}}"
    f" returning {listed(OPEN_CLAIM)}"
)

ATTEMPT = statement(
    "update open_claim set attempts = attempts + 1"
    " where claim_id {in:ids:uuid} and stage = 'accepted' returning claim_id, attempts"
)

# Rates, and the time by the same clock. Campaigns times keys is a superset of the scopes asked
# for, and harmless.
LOOK_PACES = statement(
    "select campaign, limit_key, per_hour, tat, {now_us} from pace"
    " where campaign {in:campaigns:text} and limit_key {in:limit_keys:text}"
)

# Locked until the transaction ends.
LOCK_PACES = statement(
    "select campaign, limit_key, per_hour, tat, {now_us} from pace"
    " where campaign {in:campaigns:text} and limit_key {in:limit_keys:text}"
    " order by campaign, limit_key <for_update>",
    for_update="",
)

# As `Pace.after` moves it, and below zero, which the check refuses, if that does not leave it
# kept; what lies beyond all that can be owed was left by a clock set back.
_MOVED = "case when tat > {beyond:bigint} or tat < {at:bigint} then {at:bigint} else tat end"
MOVE_PACE = statement(
    "update pace set tat = case"
    f" when per_hour = {{per_hour:bigint}} and {_MOVED} <= {{latest:bigint}}"
    f" then {_MOVED} + {{span:bigint}} else -1 end"
    " where campaign = {campaign:text} and limit_key = {limit_key:text}"
)

LOCK_STRIPES = statement(
    f"select {listed(STRIPE)} from stripe where campaign = {{campaign:text}}"
    " order by number <for_update>",
    for_update="",
)

# The spans in which a scope was paused: "start-end start-end start-", the last while it lasts.
_PAUSED = (
    "(select coalesce(pauses, '') || case when mode = 'paused' then ' ' || since || '-' else '' end"
    " from mode where scope = {})"
).format
_SERVICE = "'*'"


def spans(campaign: str) -> str:
    """Return the SQL that reads the pauses of a campaign, named in SQL, and of the service."""
    return f"{_PAUSED(campaign)} || ' ' || {_PAUSED(_SERVICE)}"


# Only campaigns that grant pause credit have their pauses read: the terms are JSON of ours, in
# which a quote within a text has a backslash before it.
CREDITED = (
    "case when replace(k.terms, '\"pause_credit\":true', '') <> k.terms"
    f" then {spans('c.campaign')} end"
)

# Handling coupons. One statement and so one moment; the same one whoever asks, and whether
# there is such a coupon or not, so that no answer can be told from another by its time. Of a
# coupon that is no business of theirs no row comes back, and there is nothing to unpack.
LOOK_COUPON = statement(
    f"select k.terms, {CREDITED}, {listed(COUPON, 'c')}, {listed(ACT, 'a')} from coupon c"
    " join campaign k on k.id = c.campaign"
    " left join coupon_act a on a.account = {account:text} and a.key = {key:text}"
    " where c.lookup = {lookup:bytea} and ({account:text} in ('', c.account, k.owner))"
)

PAUSES = statement(f"select {spans('{campaign:text}')}")

# Whoever moves the coupon decides.
MOVE_COUPON = statement(
    "update coupon set state = {state:text}, revision = {revision:integer},"
    " held_until = {held_until:bigint}, checkout = {checkout:text}"
    " where claim_id = {claim_id:uuid} and state = {old_state:text}"
    f" and coalesce(revision, 0) = {{old_revision:integer}} returning {listed(COUPON)}"
)

# Reading claims as they are now.

VIEW_CLAIMS = statement(f"select {listed(CLAIM)} from claim where claim_id {{in:ids:uuid}}")
OF_ACCOUNT = statement(
    "select claim_id from claim where claim_id {in:ids:uuid} and account = {account:text}"
)
VIEW_OPEN = statement(f"select {listed(OPEN_CLAIM)} from open_claim where claim_id {{in:ids:uuid}}")
VIEW_STAGES = statement("select claim_id, stage from open_claim where claim_id {in:ids:uuid}")
VIEW_COUPONS = statement(f"select {listed(COUPON)} from coupon where claim_id {{in:ids:uuid}}")
VIEW_OUTCOMES = statement(f"select {listed(OUTCOME)} from outcome where claim_id {{in:ids:uuid}}")

PARKED = statement(
    f"select {listed(OPEN_CLAIM)} from open_claim"
    " where campaign = {campaign:text} and tier = {tier:smallint} and stage = 'parked'"
    " and (ready_at, claim_id) > ({ready_at:bigint}, {after:uuid})"
    " order by open_claim.ready_at, open_claim.claim_id limit {limit:bigint}"
)

# The condition on kinds is that of a small index, word for word.
SETBACKS = statement(
    f"select {listed(EVENT)} from event where {FEW} and campaign = {{campaign:text}}"
    " and tier = {tier:smallint} and exists (<members> where <member> {in:ids:uuid}) order by id",
    members="with recursive member(n) as (select 0 union all"
    " select n + 1 from member where 16 * (n + 1) < length(ids))"
    " select 1 from (select lower(hex(substr(ids, 16 * n + 1, 16))) as h from member)",
    member="substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-' || substr(h, 13, 4) || '-'"
    " || substr(h, 17, 4) || '-' || substr(h, 21)",
)

# Keeping.

READ_STRIPES = statement(
    f"select {listed(STRIPE)} from stripe where campaign = {{campaign:text}} order by number"
)

LAST_SEAL = statement("select number, xid, event_id, digest from seal order by number desc limit 1")

# Behind a position and below every running transaction: nothing can come before these later.
# SQLite numbers no transactions, for they come one by one. It would search for both numbers by
# the first alone and walk through the whole log: 43 ms for 500,000 events, against 0.1 by id.
UNSEALED = statement(
    f"select xid, id, {listed(EVENT)} from event"
    " where <behind> and <settled> order by <position> limit {limit:bigint}",
    behind="id > {id:bigint}",
    settled="1 = 1",
    position="event.id",
)

# The sealed log, as its readers follow it.
SEALED = statement(
    f"select s.number, {', '.join(f'e.{name}' for name in EVENT)} from seal s"
    " join event e on e.id = s.event_id"
    " where s.number > {number:bigint} and e.kind {in:kinds:text}"
    " order by s.number limit {limit:bigint}"
)

NOW = statement("select {now_us}")

# One statement acquires, renews or is refused: no row comes back while another holds it.
LEASE = statement(
    "insert into lease (name, holder, epoch, expires_at)"
    " values ({name:text}, {holder:text}, 1, {now_us} + {ttl_us:bigint})"
    " on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at,"
    " epoch = lease.epoch + case when lease.holder = excluded.holder"
    " and lease.expires_at > {now_us} then 0 else 1 end"
    " where lease.holder = excluded.holder or lease.expires_at <= {now_us} returning epoch"
)

RELEASE_LEASE = statement(
    "update lease set expires_at = 0 where name = {name:text} and holder = {holder:text}"
)

LEADER = statement("select holder from lease where name = {name:text} and expires_at > {now_us}")

ANNOUNCE = statement(
    "insert into worker (name, slots, expires_at)"
    " values ({name:text}, {slots:smallint}, {now_us} + {ttl_us:bigint})"
    " on conflict (name) do update set slots = excluded.slots, expires_at = excluded.expires_at"
)

SLOTS = statement("select coalesce(sum(slots), 0) from worker where expires_at > {now_us}")

WORKERS = statement("select name, slots from worker where expires_at > {now_us} order by name")
