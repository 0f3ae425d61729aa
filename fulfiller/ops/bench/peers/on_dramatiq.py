"""dramatiq: two processes of eight threads on Redis, acknowledged when done."""

from collections.abc import Iterable

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from fulfiller.ops.bench.transaction import settings, transact

dramatiq.set_broker(RedisBroker(url=settings().broker_url))


@dramatiq.actor(max_retries=0)
def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon."""
    transact(claim_id)


def send(ids: Iterable[str]) -> None:
    """Put a task for each claim into the queue."""
    for claim_id in ids:
        issue_one.send(claim_id)
