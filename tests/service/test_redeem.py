"""Handling a coupon, decided: each verb at each standing, and what time does to it."""

from dataclasses import replace
from typing import Any

import pytest

from fulfiller.domain.act import Act, CouponWhy, Verb
from fulfiller.domain.coupon import Coupon, CouponState, Standing
from fulfiller.domain.validity import DAY, SECOND, Pause
from fulfiller.service.redeem import OPERATOR, Denied, Handled, Order, decide
from fulfiller.service.till import CouponSight
from tests.contract.world import FESTIVAL, START, claim, coupon

MINE, OTHER = "mine", "other"
END = START + DAY
CLAIM = claim("li")
R, X = CouponState.RESERVED, CouponState.REDEEMED
HELD: dict[str, Any] = {
    "state": R,
    "revision": 1,
    "checkout": MINE,
    "held_until": START + 60 * SECOND,
}
SPENT: dict[str, Any] = {"state": X, "revision": 1, "checkout": MINE}
STANDINGS: dict[Standing, dict[str, Any]] = {
    Standing.ISSUED: {},
    Standing.RESERVED: HELD,
    Standing.REDEEMED: SPENT,
    Standing.REVOKED: {"state": CouponState.REVOKED, "revision": 1},
    Standing.EXPIRED: {"valid_until": START},
}
W = CouponWhy
End = CouponWhy | CouponState
NO: dict[Standing, End] = dict.fromkeys(Standing, W.COUPON_REVOKED)
TABLE: dict[Verb, dict[Standing, End]] = {
    Verb.RESERVE: NO
    | {
        Standing.ISSUED: CouponState.RESERVED,
        Standing.RESERVED: W.COUPON_RESERVED,
        Standing.REDEEMED: W.ALREADY_REDEEMED,
        Standing.EXPIRED: W.COUPON_EXPIRED,
    },
    Verb.REDEEM: NO
    | {
        Standing.ISSUED: CouponState.REDEEMED,
        Standing.RESERVED: W.COUPON_RESERVED,
        Standing.REDEEMED: W.ALREADY_REDEEMED,
        Standing.EXPIRED: W.COUPON_EXPIRED,
    },
    Verb.RELEASE: NO
    | {
        Standing.ISSUED: W.NOT_RESERVED,
        Standing.RESERVED: W.NOT_RESERVED,
        Standing.REDEEMED: W.ALREADY_REDEEMED,
        Standing.EXPIRED: W.NOT_RESERVED,
    },
    Verb.ROLL_BACK: NO
    | {
        Standing.ISSUED: W.NOT_REDEEMED,
        Standing.RESERVED: W.NOT_REDEEMED,
        Standing.REDEEMED: W.NOT_REDEEMED,
        Standing.EXPIRED: W.NOT_REDEEMED,
    },
    Verb.REVOKE: NO
    | {
        Standing.ISSUED: CouponState.REVOKED,
        Standing.RESERVED: CouponState.REVOKED,
        Standing.REDEEMED: W.ALREADY_REDEEMED,
        Standing.EXPIRED: CouponState.REVOKED,
    },
}
"""What each verb ends in under a key of somebody else's."""
SAME_KEY = {
    (Verb.REDEEM, Standing.RESERVED): CouponState.REDEEMED,
    (Verb.RELEASE, Standing.RESERVED): CouponState.ISSUED,
    (Verb.ROLL_BACK, Standing.REDEEMED): CouponState.ISSUED,
}
"""And where the key under which it came about makes a difference."""


def sight(
    *acts: Act, floor: int | None = None, pauses: tuple[Pause, ...] = (), **changes: Any
) -> CouponSight:
    """Return a coupon as somebody sees it."""
    return CouponSight(coupon(CLAIM, **changes), replace(FESTIVAL, floor=floor), acts, pauses)


def decided(
    seen: CouponSight, verb: Verb, key: str = OTHER, *, at: int = START, account: str = "owner"
) -> Coupon | Handled | Denied:
    """Return what is decided of an order."""
    order = Order(verb=verb, lookup=b"", account=account, key=key, actor="test", hold_s=60)
    return decide(order, seen, now=at)


def done(verb: Verb, revision: int = 1, key: str = MINE) -> Act:
    """Return what was done to the coupon before."""
    return Act(account="owner", key=key, verb=verb, claim_id=CLAIM.id, revision=revision, at=START)


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("standing", Standing)
def test_each_verb_at_each_standing(verb: Verb, standing: Standing) -> None:
    """The whole table: what somebody with another key may do, and what they are told."""
    seen = sight(**STANDINGS[standing])
    assert seen.coupon.standing(now=START, floor=None) is standing
    wanted = TABLE[verb][standing]
    found = decided(seen, verb)
    assert found == Denied(wanted) if isinstance(wanted, CouponWhy) else _is(found, wanted)


@pytest.mark.parametrize(("verb", "standing"), list(SAME_KEY))
def test_the_key_of_a_checkout_goes_on_with_it(verb: Verb, standing: Standing) -> None:
    """What was begun under a key is finished under it."""
    found = decided(sight(**STANDINGS[standing]), verb, MINE)
    assert _is(found, SAME_KEY[verb, standing])


def test_a_reservation_runs_out_by_itself() -> None:
    """At its last instant it still holds, a microsecond later the coupon is anybody's."""
    seen, end = sight(**HELD), START + 60 * SECOND
    assert decided(seen, Verb.REDEEM, at=end - 1) == Denied(W.COUPON_RESERVED)
    assert _is(decided(seen, Verb.REDEEM, at=end), X)
    assert decided(seen, Verb.RELEASE, MINE, at=end) == Denied(W.NOT_RESERVED)
    assert decided(sight(done(Verb.RESERVE), **HELD), Verb.RESERVE, MINE, at=end) == Denied(
        W.MOVED_ON
    )


def test_nothing_is_held_beyond_its_validity() -> None:
    """A reservation made in the last second ends with the coupon."""
    found = decided(sight(), Verb.RESERVE, MINE, at=END - 1)
    assert isinstance(found, Coupon)
    assert found.held_until == END
    assert (found.checkout, found.revision) == (MINE, 1)


def test_a_floor_makes_an_expired_coupon_good_again() -> None:
    """Expired is derived: with another floor the same row is redeemed."""
    assert decided(sight(), Verb.REDEEM, at=END) == Denied(W.COUPON_EXPIRED)
    assert _is(decided(sight(floor=END + 1), Verb.REDEEM, at=END), X)
    assert decided(sight(floor=END + 1), Verb.REDEEM, at=END + 1) == Denied(W.COUPON_EXPIRED)


def test_a_pause_is_time_that_its_holder_gets_back() -> None:
    """To redeem in, and to be reserved in; one that lasts gives what it has lasted."""
    over = sight(pauses=(Pause(START + 10, START + 40),))
    assert _is(decided(over, Verb.REDEEM, at=END + 29), X)
    assert decided(over, Verb.REDEEM, at=END + 30) == Denied(W.COUPON_EXPIRED)
    held = decided(over, Verb.RESERVE, MINE, at=END + 29)
    assert isinstance(held, Coupon)
    assert held.held_until == END + 30
    lasting = sight(pauses=(Pause(END - 5, None),))
    assert _is(decided(lasting, Verb.REDEEM, at=END + 4), X)
    assert decided(lasting, Verb.REDEEM, at=END + 5) == Denied(W.COUPON_EXPIRED)


def test_a_repeat_tells_the_pauses_as_they_are_now() -> None:
    """What is shown of a coupon is the same whether it was done now or before."""
    pauses = (Pause(START, START + 30),)
    found = decided(sight(done(Verb.REDEEM), pauses=pauses, **SPENT), Verb.REDEEM, MINE)
    assert isinstance(found, Handled)
    assert found.sight.end(now=END) == END + 30


def test_a_repeat_is_answered_while_it_stands() -> None:
    """Also when the coupon has expired since: what was redeemed in time is redeemed."""
    seen = sight(done(Verb.REDEEM), **SPENT)
    found = decided(seen, Verb.REDEEM, MINE, at=END + DAY)
    assert found == Handled(seen.coupon, seen.campaign, replayed=True)


@pytest.mark.parametrize("verb", Verb)
def test_a_repeat_of_what_was_undone_is_told_so(verb: Verb) -> None:
    """Whatever the coupon is by now, an old request does nothing to it."""
    for standing in STANDINGS.values():
        seen = sight(done(verb), **standing | {"revision": 3})
        assert decided(seen, verb, MINE) == Denied(W.MOVED_ON)


def test_a_key_of_another_coupon_is_refused_before_anything_else() -> None:
    """Whatever the verb: one key, one checkout, one coupon."""
    foreign = replace(done(Verb.RESERVE), claim_id=claim("wang").id)
    for verb in Verb:
        assert decided(sight(foreign), verb, MINE) == Denied(W.KEY_REUSED)


def test_an_operator_rolls_back_whoever_redeemed() -> None:
    """They have no key of the till's; they don't redeem over a reservation all the same."""
    assert _is(decided(sight(**SPENT), Verb.ROLL_BACK, account=OPERATOR), CouponState.ISSUED)
    assert decided(sight(**HELD), Verb.REDEEM, account=OPERATOR) == Denied(W.COUPON_RESERVED)


def _is(found: object, state: CouponState) -> bool:
    """Return whether the coupon is to be in this state, one revision on."""
    assert isinstance(found, Coupon), found
    return found.state is state
