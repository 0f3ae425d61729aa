"""Plain Celery, the baseline: one claim, one task, one transaction, on our own tables.

`celery -A fulfiller.ops.bench.plain worker` starts it. It keeps every guarantee that ours
keeps: whoever deletes the open row decides, and coupon, event and ledger move with it. It
differs from ours in one thing, the claims that share a task; what else could be held against
a baseline is settled in its favor:

- Prefork with as many children as our worker has, each with one connection of its own,
  opened after the fork. No ORM: four bare statements, prepared by the driver.
- Our Celery settings: late acknowledgement, JSON, no results. But no task events, although
  ours sends them: Celery's own default is none, and with them it is slower by a third.
  Prefetching more than one made no difference.
- Spared what ours does besides: the stock transport instead of our screened one, no gossip,
  no line in the log per task.
- The messages lie in the queue before the clock starts; sending them costs about a
  millisecond each and is not counted.

On SQLite it runs our own issuing with one claim at a time, for the queue of writers there is
the store's.
"""

from collections.abc import Callable
from functools import cache

import psycopg
from celery.signals import worker_ready

from fulfiller.broker.app import celery_app
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import mint
from fulfiller.ops.bench.task import PLAIN_TASK
from fulfiller.service.issue import issue
from fulfiller.settings import load
from fulfiller.wiring import open_parts, press

TAKE = (
    "delete from open_claim where claim_id = %s::uuid and stage = 'accepted'"
    " returning campaign, tier, account, stripe, amount"
)
COUPON = (
    "insert into coupon (claim_id, campaign, account, stripe, tier, amount, key_id, salt,"
    " lookup, issued_at, valid_until, state)"
    " values (%s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s, 'issued')"
)
EVENT = (
    "insert into event (at, campaign, tier, kind, ids, amount, actor, detail, xid)"
    " values (%s, %s, %s, 'claim.issued', %s, %s, 'plain', '', pg_current_xact_id()::text::bigint)"
)
STRIPE = (
    "update stripe set reserved = reserved - %(amount)s, issued = issued + %(amount)s,"
    " p{tier}_accepted = p{tier}_accepted - 1, p{tier}_issued = p{tier}_issued + 1"
    " where campaign = %(campaign)s and number = %(stripe)s"
)

settings = load()
app = celery_app(
    settings.broker_url,
    worker_concurrency=settings.worker_slots,
    worker_send_task_events=False,
    # What we print is meant for whoever started us, and must not become a line of a log.
    worker_redirect_stdouts=False,
)


@app.task(name=PLAIN_TASK)
def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon in one transaction."""
    _issuer()(ClaimId(claim_id))


@worker_ready.connect
def _announce(**_: object) -> None:
    print("ready plain celery", flush=True)


@cache
def _issuer() -> Callable[[ClaimId], object]:
    """Return how this child issues; called in it first, so that its connections are its own."""
    parts = open_parts(settings, application="plain")
    if not settings.store_url.startswith("postgresql://"):
        own = press(parts, "plain")
        return lambda claim_id: issue((claim_id,), own)
    connection = psycopg.connect(settings.store_url, autocommit=True)

    def transact(claim_id: ClaimId) -> None:
        with connection.transaction():
            row = connection.execute(TAKE, (claim_id,)).fetchone()
            if row is None:
                return
            campaign, tier, account, stripe, amount = row
            now = parts.clock.now()
            terms = parts.store.terms(campaign)
            until = now if terms is None else terms.validity.own(now)
            code = mint(claim_id, 0, parts.code_key)
            connection.execute(
                COUPON,
                (claim_id, campaign, account, stripe, tier, amount, parts.code_key.id,
                 code.lookup, now, until),
            )  # fmt: skip
            raw_id = bytes.fromhex(claim_id.replace("-", ""))
            connection.execute(EVENT, (now, campaign, tier, raw_id, amount))
            money = {"amount": amount, "campaign": campaign, "stripe": stripe}
            connection.execute(STRIPE.format(tier=tier).encode(), money)

    return transact
