"""Coupons through the clients: typed, once per key, and told when it no longer holds."""

import asyncio

import pytest

from fulfiller.client import (
    AlreadyRedeemed,
    AsyncClient,
    Client,
    CouponExpired,
    Forbidden,
    MovedOn,
    Unknown,
)
from fulfiller.client.error import Problem, error_from
from fulfiller.domain.coupon import Standing
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from tests.intake.door import NAME, Door

TILL = frozenset({Scope.COUPON_REDEEM, Scope.CLAIM_READ})


def _code(door: Door) -> str:
    with Client(door.url, door.key("teahouse")) as upstream:
        claim = upstream.submit(NAME, "li")
        door.issue({"claim_id": claim.claim_id})
        coupon = upstream.get(claim.claim_id).coupon
        assert coupon is not None
        assert upstream.coupon(coupon.code).valid_until == coupon.valid_until
        return coupon.code


def test_a_checkout_redeems_and_rolls_back(door: Door) -> None:
    """Once under its key, however often it asks; another one is told whose it is not."""
    code = _code(door)
    with Client(door.url, door.key("palace", TILL)) as till:
        first, again = (till.redeem(code, key="checkout 4") for _ in range(2))
        with pytest.raises(AlreadyRedeemed):
            till.redeem(code, key="checkout 5")
        back = till.roll_back(code, key="checkout 4")
        with pytest.raises(MovedOn):
            till.redeem(code, key="checkout 4")
    assert (first.state, first.value) == (Standing.REDEEMED, Money(2_500, "CNY"))
    assert (first.replayed, again.replayed) == (False, True)
    assert (first.campaign, first.coupon_id[:4]) == (NAME, "cpn_")
    assert back.state is Standing.ISSUED


def test_the_async_twin_does_the_same(door: Door) -> None:
    """On a loop of somebody else's, with the same types and errors."""
    code, key = _code(door), door.key("palace", TILL)

    async def work() -> Standing:
        async with AsyncClient(door.url, key) as till:
            await till.redeem(code, key="one")
            await till.roll_back(code, key="one")
            return (await till.coupon(code)).state

    assert asyncio.run(work()) is Standing.ISSUED


def test_who_may_not_learns_nothing(door: Door) -> None:
    """A foreign coupon is unknown, and without the scope nothing opens."""
    code = _code(door)
    with Client(door.url, door.key("thief", TILL)) as thief, pytest.raises(Unknown):
        thief.redeem(code, key="one")
    with Client(door.url, door.key("palace")) as reader, pytest.raises(Forbidden):
        reader.redeem(code, key="one")


def test_an_expired_coupon_has_an_error_of_its_own() -> None:
    """Whoever catches it need not compare codes."""
    assert isinstance(error_from(Problem(410, code="coupon_expired")), CouponExpired)
