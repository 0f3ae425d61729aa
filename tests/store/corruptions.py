"""Ways to spoil a healthy database, each with the law that must find it."""

from dataclasses import dataclass

PLACES = "each claim is open, issued or ended, and just one of these"
ONE_COUPON = "at most one coupon per claim"
IN_TIME = "no coupon is older than its claim"
CODES = "codes are distinct"
LIMIT = "no user has more than the campaign allows"
IDENTITY = "each identity is held once"
AGREE = "open rows, coupons and outcomes agree with their claims"
KEYS_LEAD = "each key leads to a claim of its account"
KEYED = "each claim has a key that leads to it"
ENTERED = "each claim entered the log once"
ENDINGS = "each coupon and outcome is one event, and the other way round"
REASONS = "no refusal without its reason"
STAGES = "open claims stand where the log left them"
NAMED = "events name claims of their campaign and tier"
MOVED = "events move as much money as their claims are worth"
BALANCE = "stripes balance, with nothing below zero"
WHOLE = "campaigns are whole"
BUDGET = "no money beyond the budget"
SOLD_OUT = "sold out is true"
PURSES = "each purse holds what open claims and coupons are worth"
COUNTS = "the counts are those of the tables"
SEALS = "the sealed log is whole, in order, and unaltered"


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way to spoil a database, the law that must find it, and words of its finding.

    In the statements `:issued` and the like stand for the claims of `healthy`. Other laws
    may be broken by the same change; `bare` are tables that lose their constraints first.
    """

    law: str
    statements: tuple[str, ...]
    says: str
    bare: tuple[str, ...] = ()


def spoilt(law: str, *statements: str, says: str, bare: str = "") -> Corruption:
    """Return a corruption; `bare` names tables, with spaces between them."""
    return Corruption(law, statements, says, tuple(bare.split()))


CORRUPTIONS = {
    "a coupon lost": spoilt(
        PLACES, "delete from coupon where claim_id = :issued", says="clm_{issued} has 1 claim, 0"
    ),
    "an open row kept beside a coupon": spoilt(
        PLACES,
        'insert into open_claim select :issued, campaign, tier, account, "user", "grant", slot,'
        " stripe, amount, limit_key, stage, ready_at, offered_at, attempts, flow"
        " from open_claim where claim_id = :accepted",
        says="clm_{issued} has 1 claim, 1 open, 1 coupon, 0 outcome rows",
    ),
    "a coupon for a cancelled claim": spoilt(
        PLACES,
        "update coupon set claim_id = :cancelled where claim_id = :issued",
        says=" has 1 claim, 0 open, ",
    ),
    "a coupon for nobody": spoilt(
        PLACES,
        "insert into outcome select :nobody, campaign, ending, reason, actor, at from outcome"
        " where claim_id = :cancelled",
        says="clm_{nobody} has 0 claim, 0 open, 0 coupon, 1 outcome rows",
    ),
    "a second coupon": spoilt(
        ONE_COUPON,
        "insert into coupon select * from coupon where claim_id = :issued",
        says="clm_{issued} has 2 coupons",
        bare="coupon",
    ),
    "a coupon from 1970": spoilt(
        IN_TIME,
        "update coupon set issued_at = 0 where claim_id = :issued",
        says="cpn_{issued} was issued at 0, its claim was accepted at ",
    ),
    "a claim from another day than its coupon": spoilt(
        IN_TIME,
        "update claim set accepted_at = accepted_at + 86400000001 where claim_id = :issued",
        says="cpn_{issued} was issued at ",
    ),
    "a code given twice": spoilt(
        CODES,
        "update coupon set lookup = (select lookup from coupon where claim_id = :issued)",
        says="coupons",
        bare="coupon",
    ),
    "a user over the limit": spoilt(
        LIMIT,
        "update claim set \"user\" = 'p3-0', slot = 1, \"grant\" = 'b' where claim_id = :parked",
        "update claim set \"user\" = 'p3-0', slot = 3, \"grant\" = 'c' where claim_id = :accepted",
        says="user 'p3-0' has 3 claims in festival, 2 are allowed",
        bare="claim",
    ),
    "an identity held twice": spoilt(
        IDENTITY,
        "update claim set \"user\" = 'p3-0', slot = 2, turn = 1 where claim_id = :accepted",
        says="user 'p3-0' holds grant 'default' of festival with 2 claims",
    ),
    "an open row that says another amount": spoilt(
        AGREE,
        "update open_claim set amount = amount + 1 where claim_id = :accepted",
        says="the open row of clm_{accepted} contradicts its claim",
    ),
    "a coupon moved to another account": spoilt(
        AGREE,
        "update coupon set account = 'thief' where claim_id = :issued",
        says="the coupon of clm_{issued} contradicts its claim",
    ),
    "a key of another account": spoilt(
        KEYS_LEAD,
        "update caller_key set account = 'thief' where claim_id = :accepted",
        says="key 'p3-5' of thief leads to clm_{accepted}",
    ),
    "a key that leads nowhere": spoilt(
        KEYS_LEAD,
        "update caller_key set claim_id = :nobody where claim_id = :accepted",
        says="leads to clm_{nobody}",
    ),
    "a claim without a key": spoilt(
        KEYED, "delete from caller_key where claim_id = :waitlisted", says="clm_{waitlisted}"
    ),
    "an event lost": spoilt(
        ENTERED,
        "delete from event where kind = 'claim.waitlisted'"
        " and id not in (select event_id from seal)",
        says="clm_{unsealed} has 1 claim rows and entered the log 0 times",
    ),
    "a claim lost": spoilt(
        ENTERED,
        "delete from claim where claim_id = :unsealed",
        says="clm_{unsealed} has 0 claim rows and entered the log 1 times",
    ),
    "an issue logged twice": spoilt(
        ENDINGS,
        "insert into event (at, campaign, tier, kind, ids, amount, actor, detail)"
        " select at, campaign, tier, kind, ids, amount, actor, detail from event"
        " where kind = 'claim.issued' and tier = 3",
        says="claim.issued is 1 times in the tables, 2 times in the log",
    ),
    "a cancel logged as a decline": spoilt(
        ENDINGS,
        "update event set kind = 'claim.declined' where kind = 'claim.cancelled' and tier = 3",
        says="clm_{cancelled}: claim.",
    ),
    "a refusal that nobody explains": spoilt(
        REASONS,
        "update outcome set reason = ' ' where claim_id = :abandoned",
        says="clm_{abandoned} was declined by operator:li",
    ),
    "a parked claim at work": spoilt(
        STAGES,
        "update open_claim set stage = 'accepted' where claim_id = :parked",
        says="clm_{parked} is accepted, by the log it is parked",
    ),
    "a claim that left the waitlist by itself": spoilt(
        STAGES,
        "update open_claim set stage = 'accepted' where claim_id = :waitlisted",
        says="clm_{waitlisted} is accepted, by the log it is waitlisted",
    ),
    "an event of another tier": spoilt(
        NAMED,
        "update event set tier = 1 where kind = 'claim.issued' and tier = 3",
        says="which is not of its campaign and tier",
    ),
    "an event that moved more": spoilt(
        MOVED,
        "update event set amount = amount + 1 where kind = 'claim.issued' and tier = 3",
        says="(claim.issued, 32 bytes of ids) says 5001, its claims say 5000",
    ),
    "an event with half an id": spoilt(
        MOVED,
        "update event set ids = substr(ids, 1, 24) where kind = 'claim.issued' and tier = 3",
        says="(claim.issued, 24 bytes of ids)",
    ),
    "an event of no known kind": spoilt(
        MOVED,
        "update event set kind = 'claim.gifted' where kind = 'claim.issued' and tier = 3",
        says="(claim.gifted, 32 bytes of ids)",
    ),
    "a mark that moves money": spoilt(
        MOVED,
        "update event set kind = 'mark.set', amount = 7 where kind = 'budget.gathered'",
        says="(mark.set, 0 bytes of ids) says 7",
    ),
    "a debt": spoilt(
        BALANCE,
        "update stripe set available = -1, reserved = reserved + available + 1 where number = 1",
        says="stripe 1 of festival: available is -1, below zero",
        bare="stripe",
    ),
    "a stripe out of balance": spoilt(
        BALANCE,
        "update stripe set available = available + 1 where number = 1",
        says="stripe 1 of festival: limit is",
        bare="stripe",
    ),
    "a claim unaccounted for": spoilt(
        BALANCE,
        "update stripe set p3_entered = p3_entered + 1 where number = 0",
        says="stripe 0 of festival: p3: entered 7, accounted for 6",
        bare="stripe",
    ),
    "a budget made larger": spoilt(
        BUDGET,
        'update stripe set "limit" = "limit" + 1, available = available + 1'
        " where number = 1 and campaign = 'festival'",
        says="the stripes of festival are limited to 25000001, its budget is 25000000",
    ),
    "a coupon beyond the budget": spoilt(
        BUDGET,
        'update stripe set "limit" = "limit" + 10000, reserved = reserved + 10000'
        " where number = 1 and campaign = 'small'",
        says="the stripes of small are limited to 17507",
    ),
    "a stripe lost": spoilt(
        WHOLE,
        "delete from stripe where campaign = 'small' and number = 1",
        says="small has stripes [0]",
    ),
    "a mode lost": spoilt(
        WHOLE, "delete from mode where scope = 'festival'", says="festival has a mode or a campaign"
    ),
    "a campaign sold out too early": spoilt(
        SOLD_OUT,
        "update mode set exhausted = true where scope = 'festival'",
        says="festival is marked exhausted with",
    ),
    "money in the wrong purse": spoilt(
        PURSES,
        "update stripe set issued = issued + 2500, reserved = reserved - 2500"
        " where campaign = 'festival' and number = 0",
        says="festival 0 issued: the ledger says 22500, the tables 20000",
    ),
    "a coupon redeemed behind the ledger's back": spoilt(
        PURSES,
        "update coupon set state = 'redeemed' where claim_id = :issued",
        says="the ledger says 20000, the tables 17500",
    ),
    "a coupon counted on another tier": spoilt(
        COUNTS,
        "update stripe set p3_issued = p3_issued - 1, p3_entered = p3_entered - 1,"
        " p2_issued = p2_issued + 1, p2_entered = p2_entered + 1"
        " where campaign = 'festival' and number = 0",
        says="festival 0 2 issued: the ledger says 3, the tables 2",
    ),
    "a cancel counted as a decline": spoilt(
        COUNTS,
        "update stripe set p3_cancelled = p3_cancelled - 1, p3_declined = p3_declined + 1"
        " where campaign = 'festival' and number = 0",
        says="festival 3 cancelled: the ledger says 0, the tables 1",
    ),
    "a gap in the seals": spoilt(
        SEALS, "delete from seal where number = 5", says="seal 6: it follows 4"
    ),
    "the first seal lost": spoilt(
        SEALS, "delete from seal where number = 1", says="seal 2: it follows 0"
    ),
    "a sealed event lost": spoilt(
        SEALS,
        "delete from event where id = (select event_id from seal where number = 7)",
        says="seal 7: its event",
    ),
    "a sealed event rewritten": spoilt(
        SEALS,
        "update event set actor = 'nobody' where id = (select event_id from seal where number = 7)",
        says="seal 7: the digest is not that of event",
    ),
    "a digest rewritten": spoilt(
        SEALS,
        "update seal set digest = (select digest from seal where number = 3) where number = 4",
        says="seal 4: the digest is not that of event",
    ),
    "events sealed out of order": spoilt(
        SEALS,
        "update seal set number = -4 where number = 4",
        "update seal set number = 4 where number = 5",
        "update seal set number = 5 where number = -4",
        says="seal 4: the digest",
    ),
    "a seal of another transaction": spoilt(
        SEALS,
        "update seal set xid = xid + 1 where number = 9",
        says="seal 9: it says transaction",
    ),
    "an event slipped in before the last seal": spoilt(
        SEALS,
        "insert into event (id, at, campaign, tier, kind, ids, amount, actor, detail)"
        " select -1, at, campaign, tier, kind, ids, amount, actor, detail from event"
        " where kind = 'budget.gathered'",
        says="1 events before seal",
    ),
}
