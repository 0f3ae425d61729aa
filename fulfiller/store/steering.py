"""The statements that govern modes and keep places in line, each with its intent."""

from fulfiller.domain.claim import Stage
from fulfiller.domain.flow import LIMITED
from fulfiller.store.hot import MODE
from fulfiller.store.lanes import OLDEST_OF_FLOW, walk
from fulfiller.store.statement import insert, listed, names, statement
from fulfiller.store.table import COUNTS
from fulfiller.store.table_line import PressureRow, WaitlistBlockRow

REPORT = names(PressureRow)
BLOCK = names(WaitlistBlockRow)

# Every campaign's counts over its stripes.
SUMS = statement(
    f"select campaign, {', '.join(f'sum({name})' for name in COUNTS)} from stripe group by campaign"
)

TERMS = statement("select id, terms from campaign order by id")

ALL_MODES = statement(f"select {listed(MODE)} from mode")

UNLIMITED = f" and o.flow < '{LIMITED}'"

# When the oldest accepted claim became ready, flow by flow; those that wait for their own limit
# are left out: that they take long is meant.
OLDEST = statement(
    f"{walk('', UNLIMITED)} select campaign, min({OLDEST_OF_FLOW}) from flow"
    " where name is not null group by campaign"
)

REPORTS = statement(
    f"select {listed(REPORT)} from pressure where expires_at > {{now_us}} and pressure is not null"
)

CEILING = statement("select per_hour from pace where campaign = '*' and limit_key = ''")

# Compare and set: no row comes back if somebody else moved the mode meanwhile. Whoever ends a
# pause leaves its span behind, by what the row says of its beginning.
MOVE_MODE = statement(
    "update mode set mode = {mode:text}, held = {held:boolean}, since = {since:bigint},"
    " cause = {cause:text}, breaker = {breaker:text}, hold = {hold:text},"
    " switched_at = {switched_at:bigint}, generation = generation + 1,"
    " pauses = case when mode = 'paused' and {mode:text} <> 'paused'"
    " then coalesce(pauses || ' ', '') || since || '-' || {since:bigint} else pauses end"
    " where scope = {scope:text} and generation = {generation:bigint} returning generation"
)

SHOW_GAUGE = statement("update mode set gauge = {gauge:text} where scope = {scope:text}")

ADD_REPORT = statement(
    f"insert into pressure ({listed(REPORT)})"
    " values ({campaign:text}, {limit_key:text}, {pressure:text}, {reason:text}, {account:text},"
    " {at:bigint}, {expires_at:bigint})"
    " on conflict (campaign, limit_key) do update set pressure = excluded.pressure,"
    " reason = excluded.reason, account = excluded.account, at = excluded.at,"
    " expires_at = excluded.expires_at"
)

# Places in line: how many are in the whole blocks before it, and where the last of these ends.
BEFORE = (
    "from waitlist_block b where b.campaign = c.campaign and b.tier = c.tier"
    " and (b.end_at, b.end_id) < (c.ready_at, c.claim_id)"
)
LAST = "order by b.end_at desc, b.end_id desc limit 1"
PLACES = statement(
    f"select c.claim_id, c.campaign, c.tier, c.ready_at, (select sum(b.count) {BEFORE}),"
    f" (select b.end_at {BEFORE} {LAST}), (select b.end_id {BEFORE} {LAST})"
    f" from open_claim c where c.claim_id {{in:ids:uuid}} and c.stage = '{Stage.WAITLISTED}'"
)

BLOCKS = statement(
    "select end_at, end_id, count from waitlist_block"
    " where campaign = {campaign:text} and tier = {tier:smallint} order by end_at, end_id"
)

COUNT_WAITING = statement(
    "select count(*) from open_claim where campaign = {campaign:text} and tier = {tier:smallint}"
    f" and stage = '{Stage.WAITLISTED}'"
    " and (ready_at, claim_id) > ({after_at:bigint}, {after_id:uuid})"
    " and (ready_at, claim_id) <= ({until_at:bigint}, {until_id:uuid})"
)

DROP_BLOCKS = statement(
    "delete from waitlist_block where campaign = {campaign:text} and tier = {tier:smallint}"
    " and end_id {in:ends:uuid}"
)

ADD_BLOCKS = insert(WaitlistBlockRow, *BLOCK)
