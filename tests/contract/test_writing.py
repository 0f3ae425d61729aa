"""A write is whole or nothing, and a lost race says what it was lost over."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from fulfiller.domain.claim import Claim, State
from fulfiller.domain.error import Deposed, Raced
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.stripe import Count, Delta, Purse, StripeKey
from fulfiller.domain.tier import Tier
from fulfiller.service.port import StripeMove, Writes
from fulfiller.wiring import Truth
from tests.contract.switches import BOTH, switch
from tests.contract.world import (
    FESTIVAL,
    START,
    VALUE,
    binding,
    claim,
    coupon,
    event,
    everything,
    found,
    opened,
    sums,
    writes,
)

LEFT = 2_500 * VALUE
"""What each of the festival's four stripes holds at first."""


def entering(claims: int = 1, *, guard: int | None = None, stripe: int = 0) -> StripeMove:
    """Return the move of claims that come in on one stripe."""
    money = {Purse.AVAILABLE: -VALUE * claims, Purse.RESERVED: VALUE * claims}
    counts = {(Tier.P2, Count.ENTERED): claims, (Tier.P2, Count.ACCEPTED): claims}
    return StripeMove(StripeKey("festival", stripe), Delta(money, counts), guard)


def outcome(of: Claim) -> Outcome:
    """Return the end of a cancelled claim."""
    return Outcome(
        claim_id=of.id,
        campaign=of.campaign,
        ending=Ending.CANCELLED,
        reason="",
        actor="shop",
        at=START,
    )


def test_a_write_is_seen_whole(truth: Truth) -> None:
    """Claim, open row, key, event and money arrive together."""
    found(truth)
    mine = claim("li")
    truth.write(writes(mine, entering()))
    shown = truth.view([mine.id])[mine.id]
    assert (shown.claim, shown.state) == (mine, State.ACCEPTED)
    assert sums(truth.stripes("festival"))["reserved"] == VALUE
    assert truth.unsealed(after=(0, 0), limit=9)[-1].event == event(mine.id, amount=VALUE)


def test_nothing_to_write_is_falsy() -> None:
    """Whoever has nothing to say can spare the round trip."""
    assert not Writes(fence=3)
    assert Writes(exhausted=("festival",))


def _same_claim(first: Claim) -> Writes:
    return writes(structs.replace(claim("b"), id=first.id))


def _same_identity(first: Claim) -> Writes:
    other = claim(first.user, slot=2)
    return writes(other, keys=(binding(other, "another key"),))


def _same_slot(first: Claim) -> Writes:
    other = claim(first.user, grant="friend")
    return writes(other, keys=(binding(other, "another key"),))


def _same_key(first: Claim) -> Writes:
    other = claim("b")
    return writes(other, keys=(binding(other, first.user),))


def _same_code(first: Claim) -> Writes:
    other = claim("b")
    taken = coupon(first).lookup
    return Writes(claims=(other,), coupons=(coupon(other, lookup=taken),))


def _same_coupon(first: Claim) -> Writes:
    return Writes(coupons=(coupon(first, lookup=b"another code"),))


def _same_outcome(first: Claim) -> Writes:
    return Writes(outcomes=(outcome(first),))


def _same_open_row(first: Claim) -> Writes:
    return Writes(opened=(opened(first),))


RACES: dict[str, Callable[[Claim], Writes]] = {
    "claim_pkey": _same_claim,
    "claim_identity": _same_identity,
    "claim_slot": _same_slot,
    "caller_key_pkey": _same_key,
    "coupon_lookup": _same_code,
    "coupon_pkey": _same_coupon,
    "outcome_pkey": _same_outcome,
    "open_claim_pkey": _same_open_row,
}


@pytest.mark.parametrize("over", RACES)
def test_a_lost_race_names_what_it_was_lost_over(truth: Truth, over: str) -> None:
    """Whoever comes second is told over what, and nothing of theirs is written."""
    found(truth)
    first = claim("a")
    truth.write(writes(first, coupons=(coupon(first),), outcomes=(outcome(first),)))
    before = everything(truth)
    bystander = claim("bystander")
    second = RACES[over](first)
    crowd = replace(second, claims=(*second.claims, bystander), events=(event(bystander.id),))
    with pytest.raises(Raced) as lost:
        truth.write(replace(crowd, stripes=(entering(),)))
    assert lost.value.over == over
    assert everything(truth) == before
    assert truth.view([bystander.id]) == {}


@pytest.mark.parametrize("over", ["claim_identity", "claim_slot", "caller_key_pkey"])
def test_a_race_within_one_write_is_lost_as_well(truth: Truth, over: str) -> None:
    """Two rows of one transaction collide as two transactions would."""
    found(truth)
    first = claim("a")
    second = RACES[over](first)
    both = replace(
        second,
        claims=(first, *second.claims),
        opened=(opened(first), *second.opened),
        keys=(binding(first, first.user), *second.keys),
    )
    with pytest.raises(Raced) as lost:
        truth.write(both)
    assert lost.value.over == over
    assert truth.view([first.id]) == {}


def test_money_that_is_not_there_can_not_be_taken(truth: Truth) -> None:
    """No stripe goes below zero; whoever tries has read something old."""
    found(truth)
    before = everything(truth)
    truth.write(Writes(stripes=(entering(2_500),)))
    with pytest.raises(Raced) as lost:
        truth.write(writes(claim("li"), entering()))
    assert str(lost.value.over).startswith("stripe")
    truth.write(Writes(stripes=(entering(-2_500),)))
    assert everything(truth) == before


@pytest.mark.parametrize(
    "delta",
    [
        Delta({Purse.AVAILABLE: VALUE}, {}),
        Delta({}, {(Tier.P0, Count.ENTERED): 1}),
        Delta({}, {(Tier.P0, Count.ACCEPTED): -1, (Tier.P0, Count.ISSUED): 1}),
    ],
    ids=["money from nowhere", "a claim in no state", "an issue of nothing"],
)
def test_unbalanced_books_are_refused(truth: Truth, delta: Delta) -> None:
    """A stripe's parts sum to its limit, its claims to those that entered."""
    found(truth)
    before = everything(truth)
    with pytest.raises(Raced) as lost:
        truth.write(Writes(stripes=(StripeMove(StripeKey("festival", 1), delta),)))
    assert str(lost.value.over).startswith("stripe")
    assert everything(truth) == before


@pytest.mark.parametrize("scope", BOTH)
def test_a_moved_mode_loses_a_guarded_write(truth: Truth, scope: str) -> None:
    """What was decided under a mode that has moved since is not written."""
    found(truth)
    truth.write(writes(claim("a"), entering(guard=0)))
    switch(truth, scope, generation=3)
    before = everything(truth)
    with pytest.raises(Raced) as lost:
        truth.write(writes(claim("b"), entering(guard=0)))
    assert str(lost.value.over).startswith("stripe")
    assert everything(truth) == before
    truth.write(writes(claim("b"), entering(guard=3)))


def test_modes_of_campaign_and_service_are_guarded_together(truth: Truth) -> None:
    """The guard is the sum of both generations."""
    found(truth)
    switch(truth, SERVICE, generation=2)
    switch(truth, "festival", generation=5)
    truth.write(writes(claim("a"), entering(guard=7)))
    with pytest.raises(Raced):
        truth.write(writes(claim("b"), entering(guard=5)))


def test_another_campaigns_mode_does_not_matter(truth: Truth) -> None:
    """A guard is about one campaign and the service, and about nobody else."""
    found(truth)
    found(truth, id="other")
    switch(truth, "other", generation=9)
    truth.write(writes(claim("a"), entering(guard=0)))


def test_several_stripes_move_together_or_not_at_all(truth: Truth) -> None:
    """One stripe that refuses stops the others."""
    found(truth)
    before = everything(truth)
    with pytest.raises(Raced):
        truth.write(Writes(stripes=(entering(stripe=3), entering(2_501, stripe=1))))
    assert everything(truth) == before
    truth.write(Writes(stripes=(entering(stripe=3), entering(2, stripe=1))))
    assert sums(truth.stripes("festival"))["reserved"] == 3 * VALUE


def test_a_wrong_fence_deposes(truth: Truth) -> None:
    """A keeper that no longer leads writes nothing."""
    found(truth)
    epoch = truth.lease("keeper", "old", ttl_s=60)
    assert epoch is not None
    truth.write(Writes(events=(event(kind=Kind.BUDGET_GATHERED, tier=None),), fence=epoch))
    truth.release_lease("keeper", "old")
    assert truth.lease("keeper", "new", ttl_s=60) == epoch + 1
    before = everything(truth)
    with pytest.raises(Deposed):
        truth.write(writes(claim("li"), entering(), fence=epoch))
    assert everything(truth) == before
    truth.write(writes(claim("li"), entering(), fence=epoch + 1))


def test_marks_are_written_with_the_rest(truth: Truth) -> None:
    """Exhausted is set once; waking clears it and moves the money's generation."""
    found(truth)
    truth.write(Writes(exhausted=("festival",)))
    assert truth.modes()["festival"].exhausted
    truth.write(Writes(woken=("festival",)))
    woken = truth.modes()["festival"]
    assert (woken.exhausted, woken.money_generation, woken.generation) == (False, 1, 0)


def test_waking_who_is_awake_changes_nothing(truth: Truth) -> None:
    """A cancel in a campaign with money left wakes nobody."""
    found(truth)
    truth.write(Writes(woken=("festival",)))
    assert truth.modes()["festival"].money_generation == 0


def test_a_store_goes_on_after_lost_races(truth: Truth) -> None:
    """Losing leaves no trace in the connection either, however often it happens."""
    found(truth)
    first = claim("a")
    truth.write(writes(first))
    for _ in range(12):
        with pytest.raises(Raced):
            truth.write(_same_key(first))
        mine = claim(f"after-{_}")
        truth.write(writes(mine, entering(guard=0)))
        assert truth.view([mine.id])
    assert LEFT - truth.stripes("festival")[0][Purse.AVAILABLE] == 12 * VALUE
    assert truth.campaign("festival") == FESTIVAL
