"""Pauses on every kind of store: kept by whoever ends them, and credited where terms say so."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec import structs

from fulfiller.domain.act import CouponWhy, Verb
from fulfiller.domain.breaker import Mode, Reading
from fulfiller.domain.campaign import Campaign, policy
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import mint
from fulfiller.domain.coupon import Coupon, CouponState
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.validity import DAY, SECOND, Pause, Validity
from fulfiller.service.govern import SERVICE_POLICY, move, trip
from fulfiller.service.issue import Press, issue
from fulfiller.service.port import Writes
from fulfiller.service.redeem import Denied, Handled, Order, handle, see
from fulfiller.service.steer import Act, hold, let_flow, let_go, pause, unhold
from fulfiller.store.rows import pauses
from fulfiller.wiring import Truth
from tests.contract.world import KEY, START, found, taken_in

MINUTE = 60 * SECOND
BACKLOG = 20
TERMS = {"validity": Validity(days=1), "backlog_threshold": 10, "pause_credit": True}


def act(minute: int) -> Act:
    """Return what an operator does so many minutes after the start."""
    return Act(reason="a check", actor="operator:li", now=START + minute * MINUTE)


def span(start: int, end: int | None) -> Pause:
    """Return a pause by its minutes."""
    return Pause(START + start * MINUTE, None if end is None else START + end * MINUTE)


def stepped(store: Truth, campaign: Campaign, minute: int, backlog: int = 0) -> Mode:
    """Let a breaker see a backlog, as the keeper does, and return the mode it is in then."""
    row = store.modes()[campaign.id]
    after = move(row, Reading(backlog=backlog), policy(campaign), act(minute).now, "keeper")
    assert after is None or store.move_mode(row, *after)
    return store.modes()[campaign.id].mode


def issued(store: Truth, claim_id: ClaimId, minute: int) -> None:
    """Turn a claim into a coupon, so many minutes after the start."""
    press = Press(store=store, key=KEY, now=lambda: act(minute).now)
    assert issue((claim_id,), press).issued == (claim_id,)


def given(store: Truth) -> ClaimId:
    """Issue a coupon at the start."""
    (claim_id,) = taken_in(store, "li")
    issued(store, claim_id, 0)
    return claim_id


def done(
    store: Truth, claim_id: ClaimId, at: int, verb: Verb = Verb.REDEEM, hold_s: int = 0
) -> Handled | Denied:
    """Let the owner do something with a coupon at an instant."""
    lookup = mint(claim_id, 0, KEY).lookup
    order = Order(
        verb=verb, lookup=lookup, account="owner", key=f"{claim_id} {at}", actor="", hold_s=hold_s
    )
    return handle(order, store=store, now=at)


def credited(store: Truth, claim_id: ClaimId) -> Sequence[Pause]:
    """Return the pauses that whoever looks at a coupon sees."""
    sight = see(mint(claim_id, 0, KEY).lookup, "owner", store=store)
    assert sight is not None
    return sight.pauses


def test_a_breaker_s_pause_is_kept(truth: Truth) -> None:
    """From when it trips to when it ramps; the ramp is none, and a trip out of it is a new one."""
    campaign = found(truth, **TERMS)
    assert stepped(truth, campaign, 1, BACKLOG) is Mode.PAUSED
    assert list(truth.pauses("festival")) == [span(1, None)]
    assert stepped(truth, campaign, 5) is Mode.RAMPING
    assert stepped(truth, campaign, 6, BACKLOG) is Mode.PAUSED
    assert stepped(truth, campaign, 10) is Mode.RAMPING
    assert stepped(truth, campaign, 20) is Mode.FLOWING
    assert list(truth.pauses("festival")) == [span(1, 5), span(6, 10)]


def test_an_operator_s_pause_is_kept(truth: Truth) -> None:
    """Also one that was a breaker's at first, and one that is overruled; a hold is no pause."""
    campaign = found(truth, **TERMS)
    assert stepped(truth, campaign, 1, BACKLOG) is Mode.PAUSED
    assert pause("festival", act(2), store=truth).changed
    assert hold("festival", act(3), store=truth).changed
    assert let_go("festival", act(4), store=truth).changed
    assert unhold("festival", act(5), store=truth).changed
    assert pause("festival", act(6), store=truth).changed
    assert let_flow("festival", act(9), store=truth).changed
    assert list(truth.pauses("festival")) == [span(1, 4), span(6, 9)]


def test_an_intake_s_trip_is_kept(truth: Truth) -> None:
    """Whoever pauses a campaign, and whoever ends it, need not know of each other."""
    campaign = found(truth, **TERMS)
    row = truth.modes()["festival"]
    assert trip(campaign, row, BACKLOG, store=truth, now=act(1).now)
    assert not trip(campaign, row, BACKLOG, store=truth, now=act(2).now)
    assert stepped(truth, campaign, 3) is Mode.RAMPING
    assert list(truth.pauses("festival")) == [span(1, 3)]


def test_a_pause_of_the_service_is_every_campaign_s(truth: Truth) -> None:
    """By an operator or by its own breaker; what another campaign does is nobody else's."""
    found(truth, **TERMS)
    found(truth, id="other")
    assert pause("other", act(0), store=truth).changed
    assert pause(SERVICE, act(1), store=truth).changed
    assert pause("festival", act(2), store=truth).changed
    assert let_go(SERVICE, act(3), store=truth).changed
    assert sorted(truth.pauses("festival"), key=lambda each: each.start) == [
        span(1, 3),
        span(2, None),
    ]
    row = truth.modes()[SERVICE]
    after = move(row, Reading(store_s=9.0), SERVICE_POLICY, act(7).now, "keeper")
    assert after is not None
    assert truth.move_mode(row, *after)
    assert set(truth.pauses("other")) == {span(0, None), span(1, 3), span(7, None)}


def test_whoever_lost_the_race_leaves_no_pause_behind(truth: Truth) -> None:
    """Of two who end a pause one does, and there is one span."""
    found(truth, **TERMS)
    assert pause("festival", act(1), store=truth).changed
    old = truth.modes()["festival"]
    assert let_go("festival", act(2), store=truth).changed
    event = truth.unsealed(after=(0, 0), limit=99)[-1].event
    assert not truth.move_mode(old, replace(old, mode=Mode.FLOWING, since=act(9).now), event)
    assert list(truth.pauses("festival")) == [span(1, 2)]


@pytest.mark.parametrize("scope", ["festival", SERVICE])
def test_whoever_had_a_coupon_gets_the_pause_back(truth: Truth, scope: str) -> None:
    """Thirty minutes more to redeem it; a coupon that came after the pause has none of that."""
    found(truth, **TERMS)
    early, late = taken_in(truth, "early", "late")
    issued(truth, early, 0)
    assert pause(scope, act(10), store=truth).changed
    assert let_go(scope, act(40), store=truth).changed
    issued(truth, late, 40)
    ends = {early: START + DAY + 30 * MINUTE, late: START + DAY + 40 * MINUTE}
    for claim_id, end in ends.items():
        assert done(truth, claim_id, end) == Denied(CouponWhy.COUPON_EXPIRED)
        reserved = done(truth, claim_id, end - 2, Verb.RESERVE, hold_s=60)
        assert isinstance(reserved, Handled)
        assert reserved.coupon.held_until == reserved.sight.end(now=end) == end
        assert done(truth, claim_id, end) == Denied(CouponWhy.COUPON_EXPIRED)


def test_pauses_that_overlap_are_credited_once(truth: Truth) -> None:
    """A campaign that was paused while the service was lost that time once."""
    found(truth, **TERMS)
    claim_id = given(truth)
    for scope, start, end in (("festival", 10, 30), (SERVICE, 20, 40)):
        assert pause(scope, act(start), store=truth).changed
        assert let_go(scope, act(end), store=truth).changed
    end = START + DAY + 30 * MINUTE
    assert done(truth, claim_id, end) == Denied(CouponWhy.COUPON_EXPIRED)
    redeemed = done(truth, claim_id, end - 1)
    assert isinstance(redeemed, Handled)
    assert redeemed.coupon.state is CouponState.REDEEMED


def test_a_campaign_without_pause_credit_has_no_pauses_read(truth: Truth) -> None:
    """Whatever its own words say: the statement looks for the term, not for the text."""
    words = {"en": {"opening": {"paused": '"pause_credit":true,'}}}
    found(truth, **TERMS | {"pause_credit": False, "patience": words})
    claim_id = given(truth)
    assert pause("festival", act(10), store=truth).changed
    assert let_go("festival", act(40), store=truth).changed
    assert pause(SERVICE, act(50), store=truth).changed
    assert credited(truth, claim_id) == ()
    assert done(truth, claim_id, START + DAY) == Denied(CouponWhy.COUPON_EXPIRED)
    assert isinstance(done(truth, claim_id, START + DAY - 1), Handled)


def test_a_look_and_a_question_see_the_same_pauses(truth: Truth) -> None:
    """The till reads them with the coupon, whoever shows claims reads them beside it."""
    found(truth, **TERMS)
    claim_id = given(truth)
    assert list(credited(truth, claim_id)) == list(truth.pauses("festival")) == []
    assert pause("festival", act(1), store=truth).changed
    assert let_go("festival", act(2), store=truth).changed
    assert pause(SERVICE, act(3), store=truth).changed
    seen = [span(1, 2), span(3, None)]
    assert list(credited(truth, claim_id)) == list(truth.pauses("festival")) == seen


def test_no_coupon_moves_with_a_pause(truth: Truth) -> None:
    """Its row says the same before and after."""
    found(truth, **TERMS)
    claim_id = given(truth)
    before = _coupon(truth, claim_id)
    assert pause("festival", act(1), store=truth).changed
    assert let_go("festival", act(2), store=truth).changed
    assert _coupon(truth, claim_id) == before
    with truth.move_coupon(before, structs.replace(before, revision=1)) as unit:
        unit.commit(Writes())
    assert _coupon(truth, claim_id) != before


def test_spans_are_read_as_they_are_written() -> None:
    """One after the other, the last without an end while it lasts; and none at all."""
    assert pauses(" 3-5 9-10  12-") == (Pause(3, 5), Pause(9, 10), Pause(12, None))
    assert pauses(" ") == ()


def _coupon(store: Truth, claim_id: ClaimId) -> Coupon:
    held = store.view([claim_id])[claim_id].coupon
    assert held is not None
    return held
