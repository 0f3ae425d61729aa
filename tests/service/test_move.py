"""The small moves: cancel, park, replay, abandon; each decides once and repeats harmlessly."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from fulfiller.domain.claim import ClaimId, Stage, State
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Accepted, Ending, Refused, Why
from fulfiller.domain.stripe import Count, Purse, counted
from fulfiller.service.move import abandon, park, replay
from tests.domain.festival import VALUE
from tests.service.stall import Stall, last, wish


def _park(stall: Stall, *ids: ClaimId) -> tuple[ClaimId, ...]:
    return park(ids, "it is bad", store=stall.store, now=stall.now, actor="worker")


def _replay(stall: Stall, *ids: ClaimId) -> tuple[ClaimId, ...]:
    return replay(ids, store=stall.store, now=stall.now, actor="operator:li")


def _abandon(stall: Stall, *ids: ClaimId) -> tuple[ClaimId, ...]:
    return abandon(ids, "it is lost", store=stall.store, now=stall.now, actor="operator:li")


def _count(stall: Stall, count: Count) -> int:
    return counted(stall.store.stripes("festival"), count)


def test_a_cancel_gives_money_and_place_back() -> None:
    """The claim ends, its money is free, and its user may claim again."""
    stall = Stall(last(1))
    (claim,) = stall.claims(1)
    assert stall.cancel(claim)
    assert stall.state(claim) is State.CANCELLED
    outcome = stall.store.shelves.outcomes[claim]
    assert (outcome.ending, outcome.actor, outcome.at) == (Ending.CANCELLED, "shop", stall.now)
    assert (stall.money(Purse.AVAILABLE), stall.money(Purse.RESERVED)) == (VALUE, 0)
    user = stall.store.shelves.claims[claim].user
    (again,) = stall.accept(wish(user, key="again"))
    assert isinstance(again, Accepted)
    assert (again.claim.turn, again.claim.slot_turn) == (1, 1)
    stall.audit()


def test_only_its_account_cancels_a_claim() -> None:
    """To anybody else it looks unknown, and nothing moves."""
    stall = Stall()
    (claim,) = stall.claims(1)
    assert not stall.cancel(claim, account="rival")
    assert stall.state(claim) is State.ACCEPTED
    assert stall.events(Kind.CLAIM_CANCELLED) == []
    stall.audit()


def test_a_cancel_is_once() -> None:
    """A second one finds nothing, and money does not come back twice."""
    stall = Stall()
    (claim,) = stall.claims(1)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(stall.cancel, [claim] * 8))
    assert sorted(told) == [False] * 7 + [True]
    assert len(stall.events(Kind.CLAIM_CANCELLED)) == 1
    stall.audit()


def test_what_is_issued_or_parked_or_unknown_is_not_cancelled() -> None:
    """A coupon that is out is out; what an operator has to look at stays where it is."""
    stall = Stall()
    issued, parked = stall.claims(2)
    stall.issue(issued)
    _park(stall, parked)
    assert not any(map(stall.cancel, (issued, parked, stall.new_id())))
    assert [stall.state(claim) for claim in (issued, parked)] == [State.ISSUED, State.PARKED]
    stall.audit()


def test_issue_and_cancel_at_once_have_one_winner() -> None:
    """Whoever moves the open row decides, and there is one open row."""
    stall = Stall()
    claims = stall.claims(30)
    with ThreadPoolExecutor(4) as pool:
        issuing = [pool.submit(stall.issue, claim) for claim in claims]
        cancelled = [claim for claim in reversed(claims) if stall.cancel(claim)]
        issued = [claim for future in issuing for claim in future.result().issued]
    assert sorted(issued + cancelled) == sorted(claims)
    stall.audit()


def test_a_parked_claim_keeps_its_money() -> None:
    """Nobody else may have it meanwhile, and a repeat finds nothing to park."""
    stall = Stall(last(1))
    (claim,) = stall.claims(1)
    assert _park(stall, claim, stall.new_id()) == (claim,)
    assert _park(stall, claim) == ()
    assert stall.state(claim) is State.PARKED
    assert stall.money(Purse.RESERVED) == VALUE
    assert stall.accept(wish("late")) == (Refused(Why.SOLD_OUT),)
    assert [event.detail for event in stall.events(Kind.CLAIM_PARKED)] == ["it is bad"]
    stall.audit()


def test_a_replayed_claim_starts_afresh() -> None:
    """It counts as ready from now on, without the attempts and the offer of its first life."""
    stall = Stall()
    (claim,) = stall.claims(1)
    stall.store.attempt([claim])
    _park(stall, claim)
    stall.now += 60
    assert _replay(stall, claim) == (claim,)
    assert _replay(stall, claim) == ()
    row = stall.store.shelves.open[claim]
    assert (row.stage, row.ready_at, row.offered_at) == (Stage.ACCEPTED, stall.now, None)
    assert row.attempts == 0
    assert stall.issue(claim).issued == (claim,)
    stall.audit()


def test_an_abandoned_claim_gives_its_money_back_and_wakes() -> None:
    """The next one gets the coupon; the user who was declined keeps no second chance."""
    stall = Stall(last(1))
    (claim,) = stall.claims(1)
    _park(stall, claim)
    assert stall.accept(wish("late")) == (Refused(Why.SOLD_OUT),)
    assert _abandon(stall, claim) == (claim,)
    assert _abandon(stall, claim) == ()
    assert stall.state(claim) is State.DECLINED
    outcome = stall.store.shelves.outcomes[claim]
    assert (outcome.reason, outcome.actor) == ("it is lost", "operator:li")
    user = stall.store.shelves.claims[claim].user
    stall.audit()
    (friend, late) = stall.accept(wish(user, key="new", grant="friend"), wish("late"))
    assert friend == Refused(Why.USER_LIMIT)
    assert isinstance(late, Accepted)
    stall.audit()


@pytest.mark.parametrize("move", [_replay, _abandon])
def test_only_parked_claims_are_replayed_or_abandoned(
    move: Callable[..., tuple[ClaimId, ...]],
) -> None:
    """What waits for a worker, or is done, is no operator's business."""
    stall = Stall()
    waiting, issued = stall.claims(2)
    stall.issue(issued)
    before = len(stall.store.shelves.events)
    assert move(stall, waiting, issued) == ()
    assert len(stall.store.shelves.events) == before


def test_each_move_is_counted_where_it_belongs() -> None:
    """The gauges follow the claims, and what entered is always accounted for."""
    stall = Stall()
    claims = stall.claims(6)
    stall.issue(claims[0])
    stall.cancel(claims[1])
    _park(stall, *claims[2:5])
    _abandon(stall, claims[2])
    _replay(stall, claims[3])
    wanted = {
        Count.ENTERED: 6,
        Count.ISSUED: 1,
        Count.CANCELLED: 1,
        Count.DECLINED: 1,
        Count.PARKED: 1,
        Count.ACCEPTED: 2,
        Count.WAITLISTED: 0,
    }
    assert {count: _count(stall, count) for count in Count} == wanted
    stall.audit()
