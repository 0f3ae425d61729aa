"""`client.events()`: outcomes without polling each claim, resumable, in both clients."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from fulfiller.client import AsyncClient, Client, Outcome
from fulfiller.service.seal import seal
from tests.intake.door import NAME, Door


def _sealed(door: Door) -> None:
    fence = door.store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    seal(store=door.store, fence=fence)


def _issued(door: Door, client: Client, *users: str) -> list[str]:
    """Submit, issue and seal a claim for each; return their ids in that order."""
    ids = [client.submit(NAME, user).claim_id for user in users]
    for claim_id in ids:
        door.issue({"claim_id": claim_id})
    _sealed(door)
    return ids


def test_outcomes_come_in_order_and_end_at_the_present(door: Door) -> None:
    """Each claim once, with its coupon; without following, the iterator ends."""
    with Client(door.url, door.key("teahouse")) as client:
        ids = _issued(door, client, "li", "wang", "zhao")
        told = list(client.events(follow=False))
        assert [outcome.claim.claim_id for outcome in told] == ids
        assert all(outcome.claim.coupon for outcome in told)
        assert list(client.events(told[0].after, follow=False)) == told[1:]
        assert list(client.events(told[-1].after, follow=False)) == []


def test_a_follower_waits_for_what_is_still_to_come(door: Door) -> None:
    """The iterator hears what ends after it was asked."""
    with Client(door.url, door.key("teahouse")) as client, ThreadPoolExecutor(1) as pool:
        first = _issued(door, client, "li")
        hearing = pool.submit(lambda: list(islice(client.events(), 2)))
        second = _issued(door, client, "wang")
        told = hearing.result(20)
    assert [outcome.claim.claim_id for outcome in told] == first + second


def test_the_async_client_hears_the_same(door: Door) -> None:
    """The twin yields equal outcomes."""
    key = door.key("teahouse")
    with Client(door.url, key) as client:
        _issued(door, client, "li", "wang")
        told = list(client.events(follow=False))

    async def heard() -> list[Outcome]:
        async with AsyncClient(door.url, key) as twin:
            return [outcome async for outcome in twin.events(follow=False)]

    assert asyncio.run(heard()) == told
