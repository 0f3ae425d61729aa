"""SAQ: two processes on Redis, jobs on an event loop, each recorded until it is done."""

import asyncio
from collections.abc import Iterable
from typing import Any

from saq import Queue

from fulfiller.ops.bench.transaction import POOL, asynchronous
from fulfiller.ops.bench.transaction import settings as ours

queue = Queue.from_url(ours().broker_url)


async def issue_one(_context: Any, *, claim_id: str) -> None:
    """Issue one claim's coupon."""
    await asynchronous()(claim_id)


settings = {"queue": queue, "functions": [issue_one], "concurrency": POOL}


def send(ids: Iterable[str]) -> None:
    """Put a job for each claim into the queue."""
    asyncio.run(_send(ids))


async def _send(ids: Iterable[str]) -> None:
    await queue.connect()
    for claim_id in ids:
        # The record of a job that is done is not wanted: that is what a ttl below 0 says.
        await queue.enqueue("issue_one", claim_id=claim_id, ttl=-1, retries=1)
    await queue.disconnect()
