"""huey: two processes on a Redis list. A task that a killed worker had in hand is lost."""

from collections.abc import Iterable

from huey import RedisHuey

from fulfiller.ops.bench.transaction import settings, transact

huey = RedisHuey("bench", url=settings().broker_url, results=False)


@huey.task()
def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon."""
    transact(claim_id)


def send(ids: Iterable[str]) -> None:
    """Put a task for each claim into the queue."""
    for claim_id in ids:
        issue_one(claim_id)
