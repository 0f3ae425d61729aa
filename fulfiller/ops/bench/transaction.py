"""One claim in one transaction, for everybody who is measured against us.

It keeps every guarantee that ours keeps: whoever deletes the open row decides, and coupon,
event and ledger move with it. No ORM: four bare statements, prepared by the driver, on a
connection of each process or thread, or on a pool for those who wait on an event loop.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from threading import local
from typing import Any

import psycopg

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import lookup_of
from fulfiller.service.issue import issue
from fulfiller.settings import Settings, load
from fulfiller.wiring import Parts, open_parts, press

POOL = 8
"""Connections of a process that waits on an event loop."""
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
Row = tuple[Any, ...]
Write = tuple[bytes, tuple[object, ...] | Mapping[str, object]]
_mine = local()


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return load()


@cache
def _parts() -> Parts:
    return open_parts(settings(), application="plain")


def writes(claim_id: ClaimId, row: Row) -> Iterator[Write]:
    """Yield what is written for a claim whose open row was taken, and with which parameters."""
    parts = _parts()
    campaign, tier, account, stripe, amount = row
    now = parts.clock.now()
    terms = parts.store.terms(campaign)
    until = now if terms is None else terms.validity.own(now)
    key = parts.code_key
    lookup = lookup_of(claim_id, 0, key)
    coupon = (claim_id, campaign, account, stripe, tier, amount, key.id, lookup, now, until)
    yield COUPON.encode(), coupon
    raw_id = bytes.fromhex(claim_id.replace("-", ""))
    yield EVENT.encode(), (now, campaign, tier, raw_id, amount)
    money = {"amount": amount, "campaign": campaign, "stripe": stripe}
    yield STRIPE.format(tier=tier).encode(), money


def transact(claim_id: str) -> None:
    """Issue one claim's coupon; on SQLite by our own issuing, whose queue of writers is there."""
    if not settings().store_url.startswith("postgresql://"):
        issue((ClaimId(claim_id),), press(_parts(), "plain"))
        return
    connection = _connection()
    with connection.transaction():
        row = connection.execute(TAKE, (claim_id,)).fetchone()
        for statement, args in writes(ClaimId(claim_id), row) if row else ():
            connection.execute(statement, args)


@cache
def asynchronous() -> Callable[[str], Awaitable[None]]:
    """Return the same for an event loop, on which a pool is opened with the first claim."""
    from psycopg_pool import AsyncConnectionPool

    pool = AsyncConnectionPool(settings().store_url, min_size=POOL, max_size=POOL, open=False)
    _parts().clock.now()

    async def transact_there(claim_id: str) -> None:
        await pool.open()
        async with pool.connection() as connection:
            row = await (await connection.execute(TAKE, (claim_id,))).fetchone()
            for statement, args in writes(ClaimId(claim_id), row) if row else ():
                await connection.execute(statement, args)

    return transact_there


def _connection() -> psycopg.Connection[Row]:
    """Return this thread's connection, opened in it, and so after a fork."""
    found: psycopg.Connection[Row] | None = getattr(_mine, "connection", None)
    if found is None:
        found = _mine.connection = psycopg.connect(settings().store_url, autocommit=True)
    return found
