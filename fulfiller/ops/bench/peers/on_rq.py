"""RQ: two of its simple workers on Redis, which spare it a fork for each job."""

from collections.abc import Iterable

from redis import Redis
from rq import Queue

from fulfiller.ops.bench.transaction import settings, transact


def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon."""
    transact(claim_id)


def send(ids: Iterable[str]) -> None:
    """Put a job for each claim into the queue."""
    queue = Queue("bench", connection=Redis.from_url(settings().broker_url))
    for claim_id in ids:
        queue.enqueue(issue_one, claim_id, result_ttl=0)
