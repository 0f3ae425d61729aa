"""`client.events()`: outcomes without polling each claim, resumable, in both clients."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import httpx

from fulfiller.client import AsyncClient, Client, Outcome
from fulfiller.domain.outcome import Accepted
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press, issue
from fulfiller.service.outcomes import SCAN_MAX
from fulfiller.service.seal import seal
from tests.contract.world import new_id, request
from tests.intake.door import CODE_KEY, NAME, Door


def _sealed(door: Door) -> int:
    fence = door.store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    return seal(store=door.store, fence=fence)


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


def test_pages_that_are_all_of_others_are_passed(door: Door) -> None:
    """An empty page that says there is more is no end, neither for who follows nor else."""
    tasks, each = 2 * SCAN_MAX // 500, 500
    door.campaign("large", budget=tasks * each * 2_500)
    press = Press(store=door.store, key=CODE_KEY, now=door.parts.now)
    for task in range(tasks):
        wishes = [request(f"u{task}-{n}", campaign="large", account="noodles") for n in range(each)]
        now = door.store.now()
        answers = accept(wishes, store=door.store, circumstances=Round(now=now, new_id=new_id))
        issue([one.claim.id for one in answers if isinstance(one, Accepted)], press)
    with Client(door.url, door.key("teahouse")) as client:
        (mine,) = _issued(door, client, "li")
        assert client.get(mine).coupon
        while _sealed(door):
            pass
        first = httpx.get(
            f"{door.url}/v1/events", headers={"authorization": f"Bearer {door.key('teahouse')}"}
        ).json()
        told = [list(client.events(follow=False)), list(islice(client.events(), 1))]
    assert (first["outcomes"], first["poll_after_s"]) == ([], 0)
    assert [[one.claim.claim_id for one in each] for each in told] == [[mine], [mine]]


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
