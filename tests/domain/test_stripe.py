"""Stripes: whatever is booked in double entry, no money and no claim appears or vanishes."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.stripe import (
    PARTS,
    SHARES,
    Count,
    Delta,
    Purse,
    Stripe,
    StripeKey,
    backlog,
    counted,
    portions,
    total,
)
from fulfiller.domain.tier import Tier

AMOUNTS = st.integers(0, 10**6)
TRANSFERS = st.tuples(st.sampled_from(PARTS), st.sampled_from(PARTS), AMOUNTS)
STEPS = st.tuples(st.sampled_from(Tier), st.sampled_from(SHARES), st.sampled_from(SHARES))


def _stripe(available: int, counts: Mapping[tuple[Tier, Count], int] | None = None) -> Stripe:
    money = {Purse.LIMIT: available, Purse.AVAILABLE: available}
    return Stripe(key=StripeKey("festival", 0), money=money, counts=counts or {})


def _transfer(source: Purse, target: Purse, amount: int) -> Delta:
    return Delta({source: -amount}).plus(Delta({target: amount}))


@settings(max_examples=40)
@given(AMOUNTS, st.lists(TRANSFERS, max_size=20), st.lists(STEPS, max_size=20))
def test_double_entries_conserve_money_and_claims(
    available: int,
    transfers: list[tuple[Purse, Purse, int]],
    steps: list[tuple[Tier, Count, Count]],
) -> None:
    """After any sequence of entries that stay above zero, the books balance."""
    stripe = _stripe(available, {(tier, Count.ENTERED): 5 for tier in Tier})
    stripe = stripe.moved(Delta(counts={(tier, Count.WAITLISTED): 5 for tier in Tier}))
    deltas = [_transfer(*transfer) for transfer in transfers]
    deltas += [
        Delta(counts={(t, old): -1}).plus(Delta(counts={(t, new): 1})) for t, old, new in steps
    ]
    for delta in deltas:
        moved = stripe.moved(delta)
        below_zero = min(moved.money.values()) < 0 or min(moved.counts.values()) < 0
        assert (moved.broken() is not None) == below_zero
        stripe = stripe if below_zero else moved
    assert sum(stripe[purse] for purse in PARTS) == stripe[Purse.LIMIT] == available
    assert counted([stripe], Count.ENTERED) == 20 == sum(counted([stripe], c) for c in SHARES)


@settings(max_examples=40)
@given(st.lists(TRANSFERS, max_size=10))
def test_many_changes_are_one_change(transfers: list[tuple[Purse, Purse, int]]) -> None:
    """Booking one by one and booking the sum leave the same stripe behind."""
    one_by_one, summed = _stripe(100), Delta()
    for transfer in transfers:
        one_by_one = one_by_one.moved(_transfer(*transfer))
        summed = summed.plus(_transfer(*transfer))
    together = _stripe(100).moved(summed)
    assert {p: together[p] for p in Purse} == {p: one_by_one[p] for p in Purse}


@pytest.mark.parametrize(
    ("delta", "law"),
    [
        (Delta({Purse.AVAILABLE: -101, Purse.RESERVED: 101}), "available is -1, below zero"),
        (Delta({Purse.AVAILABLE: -1}), "limit is 100, its parts sum to 99"),
        (Delta({Purse.ISSUED: 1}), "limit is 100, its parts sum to 101"),
        (Delta(counts={(Tier.P1, Count.ENTERED): 1}), "p1: entered 1, accounted for 0"),
        (Delta(counts={(Tier.P3, Count.PARKED): 1}), "p3: entered 0, accounted for 1"),
        (Delta(counts={(Tier.P0, Count.ISSUED): -1}), "p0 issued is -1, below zero"),
    ],
)
def test_a_broken_stripe_names_its_law(delta: Delta, law: str) -> None:
    """Whoever finds books that don't balance is told which figures disagree."""
    assert _stripe(100).broken() is None
    assert _stripe(100).moved(delta).broken() == law


@settings(max_examples=40)
@given(st.integers(0, 10**7), st.integers(1, 5_000), st.integers(1, 64))
def test_portions_are_whole_coupons_as_even_as_can_be(amount: int, value: int, number: int) -> None:
    """Nothing is lost, no two stripes differ by more than a coupon, the rest lies on the first."""
    cut = portions(amount, value, number)
    rest = amount % value
    coupons = [(cut[0] - rest) // value, *(part // value for part in cut[1:])]
    assert sum(cut) == amount
    assert len(cut) == number
    assert [part % value for part in cut] == [rest] + [0] * (number - 1)
    assert max(coupons) - min(coupons) <= 1
    assert sum(coupons) == amount // value


def test_sums_run_over_stripes_and_tiers() -> None:
    """The backlog counts what is accepted on every stripe and in every tier, and nothing else."""
    stripes = [
        _stripe(7, {(Tier.P0, Count.ACCEPTED): 1, (Tier.P3, Count.ACCEPTED): 2}),
        _stripe(9, {(Tier.P3, Count.ACCEPTED): 4, (Tier.P3, Count.PARKED): 8}),
    ]
    assert total(stripes, Purse.AVAILABLE) == 16
    assert total(stripes, Purse.ISSUED) == 0
    assert backlog(stripes) == 7
    assert counted(stripes, Count.ACCEPTED, Tier.P3) == 6


def test_stripes_are_locked_by_campaign_then_number() -> None:
    """Everybody sorts the same way, so that nobody waits in a circle."""
    keys = [StripeKey("b", 1), StripeKey("a", 10), StripeKey("a", 9), StripeKey("b", 0)]
    assert sorted(keys) == [keys[2], keys[1], keys[3], keys[0]]
