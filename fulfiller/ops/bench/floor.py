"""The floor: our rows into our tables by bare statements, as fast as the database takes them.

A process of its own, of which the bench runs as many as our worker has children. It takes its
share of the hints, full ones, straight from the store: no broker, no Celery, no keeper, and none
of our code but the minting of codes. It trusts what we check: that all claims of a hint are of
one campaign, tier and account, that nothing is held, paced or racing. On SQLite it runs our own
issuing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import psycopg

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import lookup_of
from fulfiller.domain.tier import Tier
from fulfiller.ops.bench.aide import orders, report
from fulfiller.ops.bench.transaction import Row, Write
from fulfiller.service.dispatch import Lane
from fulfiller.service.issue import issue
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT, HINT_MAX
from fulfiller.settings import load
from fulfiller.wiring import Parts, open_parts, press

LIMIT = 10_000_000
TAKE = (
    "delete from open_claim where claim_id = any(%s::uuid[]) and stage = 'accepted'"
    " returning claim_id::text, stripe, campaign, account, tier, amount"
)
COUPONS = (
    "insert into coupon (claim_id, campaign, account, stripe, tier, amount, key_id, salt,"
    " lookup, issued_at, valid_until, state)"
    " select id, %s, %s, stripe, %s, %s, %s, 0, lookup, %s, %s, 'issued'"
    " from unnest(%s::uuid[], %s::smallint[], %s::bytea[]) as u(id, stripe, lookup)"
)
EVENT = (
    "insert into event (at, campaign, tier, kind, ids, amount, actor, detail, xid)"
    " values (%s, %s, %s, 'claim.issued', %s, %s, 'floor', '', pg_current_xact_id()::text::bigint)"
)
STRIPE = (
    "update stripe set reserved = reserved - %s, issued = issued + %s,"
    " p{tier}_accepted = p{tier}_accepted - %s, p{tier}_issued = p{tier}_issued + %s"
    " where campaign = %s and number = %s"
)
Press = Callable[[Sequence[ClaimId]], int]
"""Issues a hint and returns how many coupons that made."""


def share(
    store: Store, lane: Lane, *, number: int, of: int, hint_max: int
) -> list[tuple[ClaimId, ...]]:
    """Return every `of`th full hint of a lane, beginning with the `number`th."""
    ids = tuple(row.id for row in store.ready(lane, after=FRONT, limit=LIMIT))
    hints = [ids[start : start + hint_max] for start in range(0, len(ids), hint_max)]
    return hints[number::of]


def ours(parts: Parts) -> Press:
    """Return our own issuing."""
    own = press(parts, "floor")
    return lambda hint: len(issue(hint, own).issued)


def bare(parts: Parts) -> Press:
    """Return the same by bare statements: two round trips and a commit."""
    line = psycopg.connect(load().store_url, autocommit=True)

    def transact(hint: Sequence[ClaimId]) -> int:
        with line.pipeline():
            line.execute("begin")
            took = line.execute(TAKE, (_array(hint),))
        rows = took.fetchall()
        writes = list(_writes(rows, parts))
        with line.pipeline():
            for statement, args in writes:
                line.execute(statement, args)
            line.execute("commit")
        return len(rows)

    return transact


def _writes(rows: Sequence[Row], parts: Parts) -> Iterator[Write]:
    """Yield what is written for claims whose open rows were taken, stripes ascending and last."""
    ids, stripes, campaigns, accounts, tiers, amounts = zip(*rows, strict=True)
    campaign, tier, amount, key = campaigns[0], tiers[0], amounts[0], parts.code_key
    now, terms = parts.clock.now(), parts.store.terms(campaign)
    until = now if terms is None else terms.validity.own(now)
    lookups = _array(f'"\\\\x{lookup_of(each, 0, key).hex()}"' for each in ids)
    common = (campaign, accounts[0], tier, amount, key.id, now, until)
    yield COUPONS.encode(), (*common, _array(ids), _array(map(str, stripes)), lookups)
    packed = bytes.fromhex("".join(ids).replace("-", ""))
    yield EVENT.encode(), (now, campaign, tier, packed, amount * len(ids))
    for stripe, number in sorted(Counter(stripes).items()):
        money = number * amount
        move = STRIPE.format(tier=tier).encode()
        yield move, (money, money, number, number, campaign, stripe)


def _array(words: Iterable[str]) -> str:
    return "{" + ",".join(words) + "}"


def main() -> None:
    """Take the share that is ordered, wait for the word, issue it."""
    settings = load()
    parts = open_parts(settings, application="floor")
    issued = bare(parts) if settings.store_url.startswith("postgresql://") else ours(parts)
    hearing = orders()
    words = next(hearing)
    lane = Lane(words["campaign"], Tier(words["tier"]))
    mine = share(parts.store, lane, number=words["number"], of=words["of"], hint_max=HINT_MAX)
    parts.store.terms(lane.campaign)
    parts.clock.now()
    report(ready=sum(map(len, mine)))
    next(hearing)
    report(issued=sum(map(issued, mine)))
    # What it used is read from outside, so it stays until it is ended.
    next(hearing, None)


if __name__ == "__main__":
    main()
