"""The ledger of a campaign, cut into stripes so that writers don't queue for one row.

Money per stripe, in minor units: `limit = available + reserved + issued + redeemed`.
Claims per stripe and tier: `entered = issued + declined + cancelled + waitlisted + accepted
+ parked`, the first three of which are totals and the last three gauges. A campaign's
backlog is the sum of `accepted`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain
from typing import TypeVar

from fulfiller.domain.tier import Tier


class Purse(StrEnum):
    """Where the money of a stripe lies."""

    LIMIT = "limit"
    AVAILABLE = "available"
    RESERVED = "reserved"
    ISSUED = "issued"
    REDEEMED = "redeemed"


class Count(StrEnum):
    """What is counted per tier: totals first, then gauges of open claims."""

    ENTERED = "entered"
    ISSUED = "issued"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    PARKED = "parked"


PARTS = tuple(purse for purse in Purse if purse is not Purse.LIMIT)
SHARES = tuple(count for count in Count if count is not Count.ENTERED)
Tally = tuple[Tier, Count]
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class StripeKey:
    """One stripe of one campaign; sorts in the order in which stripes are locked."""

    campaign: str
    number: int

    def __lt__(self, other: "StripeKey") -> bool:
        """Order by campaign, then number: every writer locks in this order."""
        return (self.campaign, self.number) < (other.campaign, other.number)


@dataclass(frozen=True, slots=True)
class Delta:
    """What one transaction adds to a stripe: money and counts, negative where it takes."""

    money: Mapping[Purse, int] = field(default_factory=dict)
    counts: Mapping[Tally, int] = field(default_factory=dict)

    def plus(self, other: "Delta") -> "Delta":
        """Return both changes as one."""
        return Delta(_added(self.money, other.money), _added(self.counts, other.counts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripe:
    """One stripe's money and counts at one moment."""

    key: StripeKey
    money: Mapping[Purse, int]
    counts: Mapping[Tally, int]

    def __getitem__(self, purse: Purse) -> int:
        """Return the money in one purse."""
        return self.money.get(purse, 0)

    def moved(self, delta: Delta) -> "Stripe":
        """Return the stripe after a change, unchecked; `broken` says whether it may stand."""
        return replace(
            self,
            money=_added(self.money, delta.money),
            counts=_added(self.counts, delta.counts),
        )

    def broken(self) -> str | None:
        """Return the first law that this stripe breaks, or None when its books balance."""
        books: Iterable[tuple[Purse | Tally, int]] = chain(self.money.items(), self.counts.items())
        for name, value in books:
            if value < 0:
                return f"{_name(name)} is {value}, below zero"
        parts = sum(self[purse] for purse in PARTS)
        if self[Purse.LIMIT] != parts:
            return f"limit is {self[Purse.LIMIT]}, its parts sum to {parts}"
        return next(filter(None, map(self._uncounted, Tier)), None)

    def _uncounted(self, tier: Tier) -> str | None:
        entered = self.counts.get((tier, Count.ENTERED), 0)
        parts = sum(self.counts.get((tier, count), 0) for count in SHARES)
        return None if entered == parts else f"{tier}: entered {entered}, accounted for {parts}"


def total(stripes: Iterable[Stripe], purse: Purse) -> int:
    """Return the money of one purse over all stripes."""
    return sum(stripe[purse] for stripe in stripes)


def counted(stripes: Iterable[Stripe], count: Count, tier: Tier | None = None) -> int:
    """Return one count over all stripes, for one tier or for all of them."""
    tiers = Tier if tier is None else (tier,)
    return sum(stripe.counts.get((t, count), 0) for stripe in stripes for t in tiers)


def backlog(stripes: Iterable[Stripe]) -> int:
    """Return the claims accepted and not yet done: the figure the circuit breaker reads."""
    return counted(stripes, Count.ACCEPTED)


def portions(amount: int, value: int, stripes: int) -> list[int]:
    """Cut an amount into whole coupons per stripe, as even as can be.

    What is less than a coupon is kept on the first stripe, where it can't be spent but is
    not lost. `amount`, `value`: minor units, value > 0.
    """
    coupons, rest = divmod(amount, value)
    each, extra = divmod(coupons, stripes)
    cut = [(each + (number < extra)) * value for number in range(stripes)]
    cut[0] += rest
    return cut


def _added(left: Mapping[K, int], right: Mapping[K, int]) -> dict[K, int]:
    summed = dict(left)
    for name, value in right.items():
        summed[name] = summed.get(name, 0) + value
    return summed


def _name(name: Purse | Tally) -> str:
    return str(name) if isinstance(name, Purse) else f"{name[0]} {name[1]}"
