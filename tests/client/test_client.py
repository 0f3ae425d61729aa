"""The clients against the real door: typed results, typed errors, and twins that agree."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from fulfiller.client import (
    AsyncClient,
    Claim,
    Client,
    ClientError,
    Ended,
    Forbidden,
    IdentityTaken,
    Invalid,
    KeyReused,
    NewClaim,
    NotCancellable,
    Refused,
    SoldOut,
    Unauthorized,
    Unknown,
    UserLimit,
)
from fulfiller.domain.claim import State
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from tests.intake.door import HOUR, NAME, Door

HEAVY = ("sqlmodel", "celery", "sqlalchemy", "kombu", "fastapi", "pydantic", "fulfiller.store",
         "fulfiller.intake", "fulfiller.broker", "psycopg", "redis")  # fmt: skip


def _client(door: Door, account: str = "teahouse") -> Client:
    return Client(door.url, door.key(account))


def test_from_a_claim_to_its_coupon(door: Door) -> None:
    """Submit, wait, and hold a coupon whose value and end are typed."""
    with _client(door) as client, ThreadPoolExecutor(1) as pool:
        claim = client.submit(NAME, "li", tier="p1", locale="zh-Hans-CN")
        assert (claim.state, claim.done, claim.replayed) == (State.ACCEPTED, False, False)
        waiting = pool.submit(client.wait, claim.claim_id, within_s=20)
        door.issue({"claim_id": claim.claim_id})
        issued = waiting.result(timeout=20)
    assert (issued.state, issued.done) == (State.ISSUED, True)
    assert issued.coupon
    assert issued.coupon.value == Money(2_500, "CNY")
    assert issued.coupon.valid_until > datetime(2020, 1, 1, tzinfo=UTC)
    assert issued.tier == "p1"


def test_a_claim_is_found_by_its_key(door: Door) -> None:
    """Whatever ASCII the key is made of; a key that nobody used is unknown."""
    with _client(door) as client:
        for number, key in enumerate(("order-42", "a+b &c=%20", 'so "quoted"', "\\")):
            claim = client.submit(NAME, f"user-{number}", key=key)
            assert client.find(key).claim_id == claim.claim_id
        with pytest.raises(Unknown):
            client.find("never used")


def test_submitting_again_is_told_as_a_repeat(door: Door) -> None:
    """With a key of one's own the claim comes back as it is now."""
    with _client(door) as client:
        first = client.submit(NAME, "li", key='my "own" \\ key')
        door.issue({"claim_id": first.claim_id})
        again = client.submit(NAME, "li", key='my "own" \\ key')
    assert (again.claim_id, again.replayed, again.state) == (first.claim_id, True, State.ISSUED)


def test_a_wait_ends_with_its_time(door: Door) -> None:
    """A claim that is not done in time is returned as it is."""
    with _client(door) as client:
        claim = client.wait(client.submit(NAME, "li").claim_id, within_s=0.3)
    assert not claim.done


def test_cancel_and_get(door: Door) -> None:
    """A cancelled claim is told as such, by the cancel and ever after."""
    with _client(door) as client:
        claim = client.submit(NAME, "li")
        assert client.cancel(claim.claim_id).state is State.CANCELLED
        assert client.get(claim.claim_id).state is State.CANCELLED


def test_many_claims_have_a_result_each(door: Door) -> None:
    """2,500 claims in three chunks, each with its result in its place, flaws included."""
    claims = [NewClaim(campaign=NAME, user=f"u{n}") for n in range(2_500)]
    claims[7] = NewClaim(campaign="nowhere", user="u7")
    claims[1_500] = NewClaim(campaign=NAME, user="")
    door.campaign("large", budget=2_500 * 2_500)
    with _client(door) as client:
        results = client.submit_many(
            [c if c.campaign != NAME else NewClaim(campaign="large", user=c.user) for c in claims]
        )
        assert client.submit_many([]) == []
    assert len(results) == 2_500
    assert isinstance(results[7], Unknown)
    assert isinstance(results[1_500], Invalid)
    users = [result.user for result in results if isinstance(result, Claim)]
    assert users == [f"u{n}" for n in range(2_500) if n not in (7, 1_500)]
    assert door.entered("large") == 2_498


def test_a_chunk_fits_into_a_batch(door: Door) -> None:
    """The longest claims are cut into chunks by size, not only by number."""
    long = "乐" * 128
    door.campaign("large", budget=2_500 * 2_500)
    claims = [
        NewClaim(campaign="large", user=f"{n}{long}"[:128], grant=long, limit_key=long)
        for n in range(1_000)
    ]
    with _client(door) as client:
        results = client.submit_many(claims)
    assert all(isinstance(result, Claim) for result in results)


def _refusals(door: Door) -> list[tuple[type[ClientError], Callable[[Client], object], str, int]]:
    door.campaign("tiny", budget=2_500)
    door.campaign("over", opens_at=0, closes_at=HOUR)
    with _client(door, "noodles") as other:
        other.submit(NAME, "theirs")
        other.submit("tiny", "theirs")
    with _client(door) as client:
        done = client.submit(NAME, "done", key="used").claim_id
    door.issue({"claim_id": done})
    return [
        (Invalid, lambda c: c.submit(NAME, "x" * 129), "invalid", 422),
        (Unknown, lambda c: c.submit("nowhere", "li"), "unknown_campaign", 404),
        (Unknown, lambda c: c.get("clm_../../x"), "unknown_claim", 404),
        (SoldOut, lambda c: c.submit("tiny", "li"), "sold_out", 409),
        (Ended, lambda c: c.submit("over", "li"), "ended", 410),
        (UserLimit, lambda c: c.submit(NAME, "done", grant="more"), "user_limit", 409),
        (IdentityTaken, lambda c: c.submit(NAME, "theirs"), "identity_taken", 409),
        (KeyReused, lambda c: c.submit(NAME, "li", key="used"), "key_reused", 422),
        (NotCancellable, lambda c: c.cancel(done), "not_cancellable", 409),
    ]


def test_refusals_are_typed(door: Door) -> None:
    """Each refusal has a class of its own, with the facts of the problem on it."""
    with _client(door) as client:
        for kind, call, code, status in _refusals(door):
            with pytest.raises(kind) as caught:
                call(client)
            error = caught.value
            assert isinstance(error, Refused)
            assert (error.code, error.status) == (code, status)
            assert error.detail
            assert error.request_id
            assert error.code in str(error)


def test_keys_that_do_not_open_are_typed(door: Door) -> None:
    """A wrong key and a missing scope are told apart."""
    with Client(door.url, "ful_x_y") as client, pytest.raises(Unauthorized):
        client.submit(NAME, "li")
    key = door.key("teahouse", frozenset({Scope.CLAIM_READ}))
    with Client(door.url, key) as client, pytest.raises(Forbidden):
        client.submit(NAME, "li")


def test_the_twins_have_the_same_methods() -> None:
    """Whatever the blocking client can do, the async one can, with the same arguments."""
    methods = [name for name in dir(Client) if not name.startswith("_")]
    assert methods == [name for name in dir(AsyncClient) if not name.startswith("_")]
    for name in methods:
        blocking, awaiting = getattr(Client, name), getattr(AsyncClient, name)
        asked = [inspect.signature(method).parameters for method in (blocking, awaiting)]
        assert asked[0] == asked[1]
        assert inspect.iscoroutinefunction(awaiting) or inspect.isasyncgenfunction(awaiting)
        assert blocking.__doc__ == awaiting.__doc__


def test_the_async_twin_does_the_same(door: Door) -> None:
    """Submit, submit many, get, wait, cancel and be refused, on asyncio."""

    async def story() -> tuple[Claim, list[Claim | ClientError], Claim, Claim]:
        async with AsyncClient(door.url, door.key("teahouse")) as client:
            claims = await asyncio.gather(*(client.submit(NAME, f"u{n}") for n in range(20)))
            door.issue({"claim_id": claims[0].claim_id})
            many = await client.submit_many(
                [NewClaim(campaign=NAME, user="u1"), NewClaim(campaign="nowhere", user="u")]
            )
            with pytest.raises(Unknown):
                await client.get("clm_x")
            issued = await client.wait(claims[0].claim_id)
            return claims[1], many, issued, await client.cancel(claims[2].claim_id)

    claim, many, issued, cancelled = asyncio.run(story())
    assert isinstance(many[0], Claim)
    assert (many[0].claim_id, many[0].replayed) == (claim.claim_id, True)
    assert isinstance(many[1], Unknown)
    assert issued.coupon
    assert cancelled.state is State.CANCELLED


def test_the_client_is_light() -> None:
    """Importing it brings in no database, no Celery and nothing of the service's own doors."""
    script = (
        f"import sys, fulfiller.client\nprint([m for m in sys.modules if m.startswith({HEAVY!r})])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
