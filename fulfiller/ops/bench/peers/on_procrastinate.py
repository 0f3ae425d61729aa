"""procrastinate: two processes of eight jobs at a time, with PostgreSQL itself as the queue.

Its tables lie beside ours; a job could be deferred in the very transaction of a claim, which
is its strength and is not measured here.
"""

import asyncio
from collections.abc import Iterable

from procrastinate import App, PsycopgConnector

from fulfiller.ops.bench.transaction import asynchronous, settings

app = App(connector=PsycopgConnector(conninfo=settings().store_url, min_size=2, max_size=10))


@app.task(name="issue_one")
async def issue_one(claim_id: str) -> None:
    """Issue one claim's coupon."""
    await asynchronous()(claim_id)


def send(ids: Iterable[str]) -> None:
    """Make its tables and put a job for each claim into the queue."""
    asyncio.run(_send(ids))


async def _send(ids: Iterable[str]) -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for claim_id in ids:
            await issue_one.defer_async(claim_id=claim_id)
