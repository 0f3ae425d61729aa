"""taskiq: two processes on a Redis list, tasks on an event loop.

What a killed worker had in hand is lost: its list broker does not acknowledge.
"""

import asyncio
from collections.abc import Iterable

from taskiq_redis import ListQueueBroker

from fulfiller.ops.bench.transaction import asynchronous, settings

broker = ListQueueBroker(url=settings().broker_url)


@broker.task
async def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon."""
    await asynchronous()(claim_id)


def send(ids: Iterable[str]) -> None:
    """Put a task for each claim into the queue."""
    asyncio.run(_send(ids))


async def _send(ids: Iterable[str]) -> None:
    await broker.startup()
    for claim_id in ids:
        await issue_one.kiq(claim_id)
    await broker.shutdown()
