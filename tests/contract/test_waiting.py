"""Waiting: a second taker stands behind the first one and sees what that one left."""

import pytest

from fulfiller.domain.claim import State
from fulfiller.domain.stripe import Delta, Purse, Stripe
from fulfiller.service.port import StripeMove, Writes
from fulfiller.wiring import Truth
from tests.contract.crowd import LONGEST_S, aside, waits
from tests.contract.moves import ACCEPTED, MOVES, committed
from tests.contract.world import (
    VALUE,
    Open,
    closing,
    event,
    everything,
    found,
    taken_in,
)


@pytest.mark.parametrize("second", MOVES)
@pytest.mark.parametrize("first", MOVES)
def test_a_second_taker_waits_and_finds_nothing(
    open_one: Open, truth: Truth, first: str, second: str
) -> None:
    """While somebody holds a row, whoever wants it waits; after the commit it is gone."""
    found(truth)
    mine = taken_in(truth, "a", "b")
    with closing(open_one) as other:
        with MOVES[first](other, mine) as unit:
            waiting = aside(open_one, lambda store: committed(store, mine, MOVES[second]))
            assert waits(waiting)
            unit.commit(Writes(events=(event(*mine),)))
        assert waiting.result(LONGEST_S) == []


@pytest.mark.parametrize("second", MOVES)
@pytest.mark.parametrize("first", MOVES)
def test_a_second_taker_gets_what_the_first_one_gave_back(
    open_one: Open, truth: Truth, first: str, second: str
) -> None:
    """After a rollback the one who waited has the rows."""
    found(truth)
    mine = taken_in(truth, "a", "b")
    with closing(open_one) as other:
        with MOVES[first](other, mine):
            waiting = aside(open_one, lambda store: committed(store, mine, MOVES[second]))
            assert waits(waiting)
        assert sorted(waiting.result(LONGEST_S)) == mine


def test_counting_attempts_waits_for_whoever_holds_the_claims(open_one: Open, truth: Truth) -> None:
    """What is being issued is not counted as tried meanwhile."""
    found(truth)
    mine = taken_in(truth, "a", "b")
    with closing(open_one) as other:
        with other.take(mine[:1], ACCEPTED) as unit:
            waiting = aside(open_one, lambda store: store.attempt(mine))
            assert waits(waiting)
            unit.commit(Writes(events=(event(mine[0]),)))
        assert waiting.result(LONGEST_S) == {mine[1]: 1}


def test_readers_never_wait(open_one: Open, truth: Truth) -> None:
    """Whoever only looks sees what was committed last, however many are writing."""
    found(truth)
    (mine,) = taken_in(truth, "a")
    with closing(open_one) as other, other.take([mine], ACCEPTED) as unit:
        assert unit.rows
        assert truth.view([mine])[mine].state is State.ACCEPTED
        assert len(truth.lanes()) == 1


def test_locked_stripes_are_whole_and_wait_for_writers(open_one: Open, truth: Truth) -> None:
    """While all stripes of a campaign are locked nobody moves its money."""
    found(truth)
    taken_in(truth, "before")
    with closing(open_one) as other:
        with other.lock("festival") as unit:
            assert [stripe.key.number for stripe in unit.rows] == [0, 1, 2, 3]
            assert unit.rows[0][Purse.RESERVED] == VALUE
            waiting = aside(open_one, lambda store: taken_in(store, "after"))
            assert waits(waiting)
            unit.commit(Writes(stripes=(_emptied(unit.rows[3]),)))
        assert len(waiting.result(LONGEST_S)) == 1
    available = [stripe[Purse.AVAILABLE] for stripe in truth.stripes("festival")]
    assert available[3] == 0
    assert sum(stripe[Purse.RESERVED] for stripe in truth.stripes("festival")) == 2 * VALUE


def test_a_lock_that_is_not_committed_changes_nothing(truth: Truth) -> None:
    """Stripes are free again after a look at them."""
    found(truth)
    before = everything(truth)
    for _ in range(2):
        with truth.lock("festival") as unit:
            assert len(unit.rows) == 4
    assert everything(truth) == before


def test_stripes_of_an_unknown_campaign_are_none(truth: Truth) -> None:
    """There is nothing to lock where there is no campaign."""
    with truth.lock("nowhere") as unit:
        assert list(unit.rows) == []


def _emptied(stripe: Stripe) -> StripeMove:
    """Return the move that takes a stripe's money away, as gathering does."""
    left = stripe[Purse.AVAILABLE]
    return StripeMove(stripe.key, Delta({Purse.LIMIT: -left, Purse.AVAILABLE: -left}))
