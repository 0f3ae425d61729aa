"""Plain Celery, the baseline: one claim, one task, one transaction, on our own tables.

`celery -A fulfiller.ops.bench.plain worker` starts it. It keeps every guarantee that ours
keeps: whoever deletes the open row decides, and coupon, event and ledger move with it. It
differs from ours in one thing, the claims that share a task; what else could be held against
a baseline is settled in its favor:

- Prefork with as many children as our worker has, each with one connection of its own,
  opened after the fork; or threads, several times as many. The transaction is that of
  `fulfiller.ops.bench.transaction`.
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

from celery.signals import worker_ready

from fulfiller.broker.app import celery_app
from fulfiller.ops.bench.task import PLAIN_TASK
from fulfiller.ops.bench.transaction import settings, transact

app = celery_app(
    settings().broker_url,
    worker_concurrency=settings().worker_slots,
    worker_send_task_events=False,
    # What we print is meant for whoever started us, and must not become a line of a log.
    worker_redirect_stdouts=False,
)


@app.task(name=PLAIN_TASK)
def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon in one transaction."""
    transact(claim_id)


@worker_ready.connect
def _announce(**_: object) -> None:
    print("ready plain celery", flush=True)
