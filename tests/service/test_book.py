"""Book: every entry balances, and a transaction is summed up per stripe and per lane."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.claim import OpenClaim, Stage
from fulfiller.domain.event import Kind
from fulfiller.domain.stripe import SHARES, Count, Purse, StripeKey
from fulfiller.domain.tier import Tier
from fulfiller.service.book import Entry, ending, entering, events, issuing, moves, shifting
from tests.domain.festival import VALUE
from tests.service.stall import Stall

ENTRIES = {
    **{f"entering {stage}": entering(stage) for stage in Stage},
    "issuing": issuing(),
    **{
        f"ending {stage} {count}": ending(stage, count)
        for stage in Stage
        for count in (Count.CANCELLED, Count.DECLINED)
    },
    **{f"shifting {old} {new}": shifting(old, new) for old in Stage for new in Stage if old != new},
}


def _row(number: int = 0, *, stripe: int = 0, tier: Tier = Tier.P2, amount: int = 1) -> OpenClaim:
    stall = Stall()
    return OpenClaim(
        id=stall.new_id(),
        campaign=f"campaign-{number % 2}",
        tier=tier,
        account="shop",
        user="li",
        grant="default",
        slot=1,
        stripe=stripe,
        amount=amount,
        limit_key=None,
        stage=Stage.ACCEPTED,
        ready_at=0,
        offered_at=None,
        attempts=0,
    )


ROWS = st.builds(
    _row,
    st.integers(0, 1),
    stripe=st.integers(0, 2),
    tier=st.sampled_from(Tier),
    amount=st.integers(1, 9),
)


def _shares(counts: Mapping[tuple[Tier, Count], int]) -> int:
    return sum(step for (_, count), step in counts.items() if count in SHARES)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_balances(name: str) -> None:
    """Money leaves one purse for another; what enters is counted once among its shares."""
    (move,) = moves([(_row(amount=VALUE), ENTRIES[name])])
    assert sum(move.delta.money.values()) == 0
    assert sorted(move.delta.money.values()) in ([], [-VALUE, VALUE])
    assert _shares(move.delta.counts) == move.delta.counts.get((Tier.P2, Count.ENTERED), 0)


@pytest.mark.parametrize("stage", Stage)
def test_money_goes_the_way_of_the_claim(stage: Stage) -> None:
    """It is reserved on entry, issued with the coupon, free again after an ending."""
    assert entering(stage).purses == (Purse.AVAILABLE, Purse.RESERVED)
    assert issuing().purses == (Purse.RESERVED, Purse.ISSUED)
    assert ending(stage, Count.CANCELLED).purses == (Purse.RESERVED, Purse.AVAILABLE)
    assert shifting(stage, Stage.PARKED).purses is None


@settings(max_examples=30)
@given(st.lists(st.tuples(ROWS, st.sampled_from(list(ENTRIES.values()))), max_size=12))
def test_a_transaction_moves_each_stripe_once(booked: list[tuple[OpenClaim, Entry]]) -> None:
    """Stripes ascend, none comes twice, and the sums are those of the single entries."""
    summed = moves(booked)
    keys = [move.key for move in summed]
    assert keys == sorted(set(keys))
    singly = [moves([one])[0] for one in booked]
    for move in summed:
        mine = [single.delta for single in singly if single.key == move.key]
        for purse in Purse:
            assert move.delta.money.get(purse, 0) == sum(d.money.get(purse, 0) for d in mine)
        for tally in move.delta.counts:
            assert move.delta.counts[tally] == sum(d.counts.get(tally, 0) for d in mine)


def test_guards_are_those_of_the_campaign() -> None:
    """Only what is decided on a mode is guarded by it."""
    booked = [(_row(0), entering(Stage.ACCEPTED)), (_row(1), entering(Stage.ACCEPTED))]
    guards = {"campaign-0": 5, "campaign-1": 6}
    assert [(m.key, m.guard) for m in moves(booked, guards)] == [
        (StripeKey("campaign-0", 0), 5),
        (StripeKey("campaign-1", 0), 6),
    ]
    assert [move.guard for move in moves(booked)] == [None, None]


@settings(max_examples=30)
@given(st.lists(ROWS, max_size=12))
def test_each_lane_has_one_event(rows: list[OpenClaim]) -> None:
    """Every claim stands in exactly one event, with its money."""
    logged = events(rows, Kind.CLAIM_ISSUED, now=7, actor="worker", detail="why")
    lanes = [(event.campaign, event.tier) for event in logged]
    assert sorted(set(lanes)) == sorted(lanes)
    assert sum(len(event.ids) for event in logged) == len(rows)
    for event in logged:
        mine = [row for row in rows if (row.campaign, row.tier) == (event.campaign, event.tier)]
        assert event.ids == tuple(row.id for row in mine)
        assert event.amount == sum(row.amount for row in mine)
        assert (event.at, event.actor, event.detail) == (7, "worker", "why")
