"""How an upstream tests its own code against Fulfiller, in its own process and without servers.

The shop below is the upstream. It promises a customer a coupon, a place in line, or nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fulfiller.client import Claim, Client, SoldOut
from fulfiller.testing import Fulfiller

CAMPAIGN = "spring-festival"


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that hands out coupons: the code under test."""

    client: Client

    def order(self, number: int, user: str) -> str:
        """Claim a coupon for an order, and return what the customer reads."""
        try:
            claim = self.client.submit(CAMPAIGN, user=user, key=f"order-{number}")
        except SoldOut:
            return "Too late, all coupons are taken."
        return claim.message or self.told(claim)

    def told(self, claim: Claim) -> str:
        """Return what a customer reads of a claim."""
        return f"Your coupon: {claim.coupon.code}" if claim.coupon else "Your coupon is on its way."


@pytest.fixture
def fulfiller() -> Iterator[Fulfiller]:
    """A service with two coupons."""
    with Fulfiller() as fulfiller:
        fulfiller.campaign(CAMPAIGN, coupons=2)
        yield fulfiller


@pytest.fixture
def shop(fulfiller: Fulfiller) -> Shop:
    """A shop that claims there."""
    return Shop(fulfiller.client("shop"))


def test_a_customer_gets_the_coupon(shop: Shop, fulfiller: Fulfiller) -> None:
    """First a promise, then the code."""
    assert shop.order(1, "li") == "Your coupon is on its way."
    fulfiller.work()
    assert shop.order(1, "li") == f"Your coupon: {fulfiller.coupons(CAMPAIGN)[0].code}"


def test_a_customer_hears_why_it_takes_longer(shop: Shop, fulfiller: Fulfiller) -> None:
    """While the campaign is paused the service has the words for it."""
    fulfiller.pause(CAMPAIGN, "wrong value")
    assert shop.order(1, "li").startswith("Your place is kept.")


def test_a_customer_who_is_late_hears_so(shop: Shop, fulfiller: Fulfiller) -> None:
    """Others took the last one."""
    fulfiller.sell_out(CAMPAIGN)
    assert shop.order(1, "li") == "Too late, all coupons are taken."


def test_a_service_that_answers_late_gives_no_second_coupon(
    shop: Shop, fulfiller: Fulfiller
) -> None:
    """What was done and never heard of is asked for again, and is the same claim."""
    fulfiller.refuse_next(1, done=True)
    shop.order(1, "li")
    assert fulfiller.work() == 1
